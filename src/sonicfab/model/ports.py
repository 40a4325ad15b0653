"""What ports are for and how they are set: the entries of the topology's `ports:`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sonicfab.breakouts import Mode
from sonicfab.model.fields import Mtu, OneOrMany, PortList, RoleName, Speed, Strict, SwitchName, expected, speed

PortUse = Literal["bgp", "access", "trunk", "unused"]
PortFec = Literal["default", "rs", "fc", "none", "auto"]
"""`default` writes none: what SONiC does by itself. The others are those of sonic-port.yang, where a build has them."""

Description = Annotated[str, Field(max_length=200, pattern=r'^[^"\\\n]*$')]


def _mode(value: Any) -> str:
    try:
        return Mode.of(str(value)).text
    except ValueError:
        raise expected("a breakout mode such as 4x25G, 2x50G or 1x100G", value) from None


def _autoneg(value: Any) -> Any:
    if value == "default" or isinstance(value, bool):
        return value
    if value not in ("true", "false"):
        raise expected("true, false or default", value)
    return value == "true"


def _advertised(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, (str, int)) else list(value)
    if words == ["all"]:
        return ("all",)
    return tuple(dict.fromkeys(str(speed(str(word))) for word in words))


def _types(value: Any) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else list(value)
    for word in words:
        if not isinstance(word, str) or not _TYPE.fullmatch(word) or (word == "all" and len(words) > 1):
            raise expected("all, or interface types such as CR4 and SR4", word)
    return tuple(dict.fromkeys(words))


_TYPE = re.compile(r"[A-Z][A-Z0-9]{1,9}|all|none")
_WORDS = WithJsonSchema({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
_Advertised = Annotated[tuple[str, ...], BeforeValidator(_advertised), _WORDS]
_Types = Annotated[tuple[str, ...], BeforeValidator(_types), _WORDS]


class PortsEntry(Strict):
    """Ports of some switches, of all of a role, or of the whole fabric, and what is set on them.

    Entries merge field by field, and later ones win. A port goes by its name or alias, a bundle by its name. What else
    an entry with `breakout` says is for all parts of the port.
    """

    switches: OneOrMany[SwitchName] = ()
    role: RoleName | None = None
    ports: PortList
    use: PortUse | None = None
    network: str | None = None
    networks: OneOrMany[str] | None = None
    native: str | None = None
    speed: Speed | None = None
    fec: PortFec | None = None
    autoneg: Annotated[bool | Literal["default"], BeforeValidator(_autoneg)] | None = None
    adv_speeds: _Advertised | None = None
    adv_interface_types: _Types | None = None
    admin: Literal["up", "down"] | None = None
    mtu: Mtu | None = None
    description: Description | None = None
    breakout: Annotated[str, BeforeValidator(_mode), WithJsonSchema({"type": "string"})] | None = None


SETTINGS = tuple(name for name in PortsEntry.model_fields if name not in ("switches", "role", "ports"))
"""The fields of an entry that set something."""
