"""Bundles of a topology: ports that are one interface, a SONiC port channel with LACP."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from sonicfab.endpoint import Endpoint
from sonicfab.model.fields import Fec, Mtu, OneOrMany, PortList, Speed, SwitchName, expected, port_list
from sonicfab.model.networks import VlanUse
from sonicfab.model.ports import Description
from sonicfab.model.sessions import UNSAID, SessionOptionsField

_CHANNEL = re.compile(r"PortChannel[0-9]{1,4}")
_SIDE = re.compile(r"([^:\s]+)\s*:\s*(?:\[(.*)\]|(.+))")

Members = tuple[tuple[Endpoint, Endpoint], ...]
"""The cables of a bundle between two switches, each with its end on the switch that is named first."""


def is_port_channel(name: str) -> bool:
    """True for PortChannel0 to PortChannel9999, as in sonic-portchannel.yang of all builds."""
    return _CHANNEL.fullmatch(name) is not None


def _channel_name(value: Any) -> str:
    if not isinstance(value, str) or not is_port_channel(value):
        raise expected("the name of a port channel: PortChannel0 to PortChannel9999", value)
    return value


def _side(text: str) -> tuple[Endpoint, ...]:
    match = _SIDE.fullmatch(text.strip())
    names = re.split(r"\s*,\s*", (match[2] or match[3] or "").strip()) if match else []
    if match is None or not all(names):
        return ()
    return tuple(Endpoint(match[1], port) for port in port_list(names))


def _members(value: Any) -> Members:
    if isinstance(value, tuple):
        return value
    sides = [_side(side) for side in re.split(r"\s+-+\s+", value.strip())] if isinstance(value, str) else []
    if len(sides) != 2 or not all(sides):
        example = "'spine1:[Ethernet120, Ethernet124] - spine2:[Ethernet0, Ethernet4]'"
        raise expected(f"the members at both ends, such as {example}", value)
    one, other = sides
    if len(one) != len(other):
        raise expected("as many members at one end as at the other", f"{len(one)} and {len(other)}")
    return tuple(zip(one, other, strict=True))


ChannelName = Annotated[str, BeforeValidator(_channel_name), WithJsonSchema({"type": "string"})]
BundleEnds = Annotated[Members, BeforeValidator(_members), WithJsonSchema({"type": "string"})]


ChannelNames = Annotated[
    Annotated[ChannelName, Tag("one")] | Annotated[dict[SwitchName, ChannelName], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, dict) else "one"),
]


class Bundle(VlanUse):
    """Ports that are one interface: cables between two switches (`link`), or `ports` of `switches` to a server.

    `name` is that of the port channel on all its switches, or says each switch's own; `link` pairs the members in
    order. What a bundle to a server is for is said in `ports` or `hosts`, by its name.
    """

    name: ChannelNames
    link: BundleEnds | None = None
    switches: OneOrMany[SwitchName] = ()
    ports: PortList = ()
    lacp_rate: Literal["slow", "fast"] | None = None
    min_links: Annotated[int, Field(ge=1, le=1024)] | None = None
    fallback: bool | None = None
    mtu: Mtu | None = None
    speed: Speed | None = None
    fec: Fec | None = None
    bgp: SessionOptionsField = UNSAID
    admin: Literal["up", "down"] | None = None
    description: Description | None = None

    @model_validator(mode="after")
    def _check(self) -> Bundle:
        if (self.link is None) != bool(self.switches and self.ports) or (self.link and (self.switches or self.ports)):
            given = ", ".join(one for one in ("link", "switches", "ports") if getattr(self, one)) or "none"
            raise expected("either link, to another switch, or switches and ports, to a server", given)
        if not self.link and (self.bgp != UNSAID or self.use):
            what, where = ("use", "ports") if self.use else ("bgp", "hosts")
            raise expected(f"no {what} for a bundle to a server", what, f"`{where}` says it by the name of the bundle")
        between = tuple(end.switch for end in self.link[0]) if self.link else self.switches
        if isinstance(self.name, dict) and set(self.name) != set(between):
            raise expected(f"a name for {' and one for '.join(between)}", ", ".join(self.name))
        members = len(self.link or self.ports)
        if self.min_links is not None and self.min_links > members:
            raise expected(f"at most as many min_links as members ({members})", str(self.min_links))
        return self

    def name_on(self, switch: str) -> str:
        """What its port channel is called on a switch of it."""
        return self.name if isinstance(self.name, str) else self.name[switch]
