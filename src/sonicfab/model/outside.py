"""Neighbours that are none of the fabric: upstreams, firewalls, routers of others."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sonicfab.model.fields import Asn, Fec, InterfaceAddress, Mtu, OneOrMany, Speed, Strict, SwitchName, expected
from sonicfab.model.policies import ANY, DEFAULT_ROUTE, Prefixes, policy_name, read_prefixes
from sonicfab.model.sessions import UNSAID, SessionOptionsField
from sonicfab.roles import Role

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_TAKEN = {*(role.upper() for role in Role), "HOST", "IBGP", "FABRIC", "OUTSIDE"}


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise expected("a name (a letter, then letters, digits and _ -, at most 40)", value)
    if value.upper() in _TAKEN:
        raise expected("a name of its own", value, f"the fabric has sessions of the name {value.upper()}")
    return value


def _exchanged(value: Any) -> Any:
    if isinstance(value, str) and "/" not in value and value not in (DEFAULT_ROUTE, ANY):
        return policy_name(value)
    return read_prefixes(value)


_WORDS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
Exchanged = Annotated[str | Prefixes, BeforeValidator(_exchanged), WithJsonSchema(_WORDS)]
"""The name of a policy, or the prefixes that are let through."""


class Outside(Strict):
    """A neighbour of somebody else's, of one switch: its group of sessions has its name.

    `interface` is a port, a bundle, or the network (VLAN) that it is in. Without `peer` the session is unnumbered.
    """

    name: Annotated[str, AfterValidator(_name)]
    switch: SwitchName
    interface: str | None = None
    asn: Asn
    address: OneOrMany[InterfaceAddress] = ()
    peer: OneOrMany[IPv4Address | IPv6Address] = ()
    multihop: Annotated[int, Field(ge=2, le=255)] | None = None
    accept: Exchanged = ()
    announce: Exchanged = ()
    originate_default: bool = False
    bgp: SessionOptionsField = UNSAID
    mtu: Mtu | None = None
    speed: Speed | None = None
    fec: Fec | None = None
    description: Annotated[str, Field(max_length=80, pattern=r'^[^"\\\n]*$')] = ""

    @model_validator(mode="after")
    def _check(self) -> Outside:
        if bool(self.interface) == bool(self.multihop):
            got = "both" if self.interface else "neither"
            raise expected("either an `interface`, or `multihop` of a neighbour that is farther away", got)
        if self.multihop and (not self.peer or self.address):
            raise expected(
                "`peer` alone with `multihop`",
                "no peer" if not self.peer else "an address",
                "the session runs from the loopback",
            )
        if len({one.version for one in self.peer}) < len(self.peer):
            raise expected("at most one peer of each family", "two of one", "give another entry for the second")
        if self.address and not self.peer:
            raise expected("a `peer` for the address", "none", "without both the session is unnumbered")
        if self.bgp.session not in (None, "ebgp"):
            raise expected("an eBGP session", self.bgp.session, "what is of our own AS is a switch of the fabric")
        for peer in self.peer if self.address else ():
            if not any(peer in one.network and peer != one.ip for one in self.address):
                raise expected("a peer in the network of an address", peer)
        return self
