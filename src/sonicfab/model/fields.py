"""The kinds of values that stand in an inventory or a topology.

Files are read with every scalar as a string, so a MAC address is never a base-60 number and a switch
named `on` stays `on`; each kind here turns its string into a value, or says what it expected.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_interface
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from sonicfab.asn import AsnPool
from sonicfab.configdb import natural_key
from sonicfab.datafiles import as_facts, read_facts
from sonicfab.endpoint import Endpoint
from sonicfab.hints import did_you_mean
from sonicfab.ipam import is_address
from sonicfab.roles import Role

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")
_NOT_UNICAST: tuple[IPv4Network | IPv6Network, ...] = (
    *map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")),
    *map(IPv6Network, ("::/127", "fe80::/10", "ff00::/8")),
)
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+-]{0,63}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_SPEED = re.compile(r"(\d{1,4})\s?[gG]|(\d{3,7})")
_PORT_RANGE = re.compile(r"([A-Za-z]+)(\d+)\s*-\s*(?:\1)?(\d+)")


class Strict(BaseModel):
    """A mapping in a user's file: no unknown keys, no change after reading."""

    # its validator is built when it reads for the first time, as those inside of another one never do by themselves;
    # for the same reason what a key has by itself is `KIND.model_construct()`
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value  # `leaf1:` with nothing behind it sets nothing


def expected(what: str, value: object, hint: str = "") -> PydanticCustomError:
    """The error "expected WHAT, got VALUE"; `load` turns it into a diagnostic."""
    context = {"what": what, "got": shown(value), "hint": hint}
    return PydanticCustomError("sonicfab", "expected {what}, got {got}", context)


def shown(value: object) -> str:
    """A value as an error message names it."""
    if value is None:
        return "nothing"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a mapping" if isinstance(value, dict) else f"'{value}'"


def is_switch_name(value: str) -> bool:
    """True for letters, digits and inner hyphens, at most 63.

    DEVICE_METADATA hostname is at most 63 characters on every build (sonic-device_metadata.yang), and it becomes
    the host name of the box.
    """
    return _NAME.fullmatch(value) is not None


def _switch_name(value: str) -> str:
    if not is_switch_name(value):
        raise expected("a switch name (letters, digits and inner hyphens, at most 63)", value)
    return value


def _user_name(value: str) -> str:
    """No word that ssh or a shell would take for something else: it stands in commands to copy."""
    if not _USER.fullmatch(value):
        raise expected("a user name (letters, digits and . _ @ + -, at most 64)", value)
    return value


def _fabric_name(value: str) -> str:
    if not is_switch_name(value):
        raise expected("a fabric name (letters, digits and inner hyphens, at most 63)", value)
    return value


def with_length(value: Any) -> Any:
    """The text of an address, which must have its prefix length."""
    if isinstance(value, str) and "/" not in value:
        raise expected("an address with its prefix length such as 10.10.23.110/24", value)
    return value


def _interface_address(value: Any) -> IPv4Interface | IPv6Interface:
    """As pydantic's IPvAnyInterface, whose module takes longer to load than all of this one."""
    text = with_length(value)
    try:
        return ip_interface(text)
    except ValueError:
        raise PydanticCustomError("ip_any_interface", "value is not a valid IPv4 or IPv6 interface") from None


_HostAddress = TypeVar("_HostAddress", IPv4Interface, IPv6Interface)


def host_address(value: _HostAddress) -> _HostAddress:
    """An address that an interface may have: not that of its network, nor of several hosts."""
    network, address = value.network, value.ip
    if address.is_multicast or address.is_loopback or address.is_unspecified:
        raise expected("the address of an interface", value, "this one is multicast, loopback or unspecified")
    # RFC 1122 3.2.1.3 and RFC 3021 for IPv4; RFC 4291 2.6.1 and RFC 6164 for IPv6: a network of two addresses has no
    # address of its own
    if network.prefixlen < network.max_prefixlen - 1:
        if address == network.network_address:
            raise expected(f"an address in {network}", value, "this one is the network itself")
        if network.version == 4 and address == network.broadcast_address:
            raise expected(f"an address in {network}", value, "this one is the broadcast address of the network")
    return value


def _unicast(value: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if any(value.network_address in one and value.prefixlen >= one.prefixlen for one in _NOT_UNICAST):
        hint = "these addresses are loopback, link-local, multicast or reserved (RFC 6890)"
        raise expected("a network whose addresses can be routed", value, hint)
    return value


@cache
def timezones() -> tuple[str, ...]:
    """The names that a switch takes for a time zone."""
    return as_facts(tuple[str, ...], read_facts("", "timezones")["names"])


def _timezone(value: str) -> str:
    if value not in timezones():
        raise expected("a time zone such as Europe/Berlin or Etc/UTC", value, did_you_mean(value, timezones()))
    return value


@dataclass(frozen=True, slots=True)
class JumpHost:
    """A host to go through; "" and 0 where the text leaves them out."""

    user: str
    host: str
    port: int


def parse_jump_host(text: str) -> JumpHost:
    """`[user@]host[:port]`; an IPv6 address with a port stands in brackets, as for ssh.

    Raises:
        PydanticCustomError: it is not that.
    """
    user, at, place = text.rpartition("@")
    match = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::(\d+))?|([^:\[\]]+)(?::(\d+))?", place)
    address = place if match is None and is_address(place) else ""
    host = address or (match and (match[1] or match[3])) or ""
    port = int((match and (match[2] or match[4])) or 0)
    said = match is not None and (match[2] or match[4]) is not None
    fits = bool(host) and (is_address(host) if _looks_like_address(host) else _HOST.fullmatch(host) is not None)
    if not fits or (at and not _USER.fullmatch(user)) or (said and not 1 <= port <= 65535):
        hint = "an IPv6 address with a port stands in brackets: [2001:db8::1]:22"
        raise expected("a jump host such as jump.example.net, admin@192.0.2.9 or admin@192.0.2.9:2222", text, hint)
    return JumpHost(user, host, port)


def _jump_host(value: str) -> str:
    parse_jump_host(value)
    return value


def _looks_like_address(text: str) -> bool:
    return ":" in text or re.fullmatch(r"[0-9.]+", text) is not None


def _mac(value: str) -> str:
    text = value.strip().lower().replace("-", ":")
    if not _MAC.fullmatch(text):
        raise expected("a MAC address such as 90:2d:77:58:27:50", value)
    if int(text[:2], 16) & 1:
        hint = "this one is a group address: its first byte is odd"
        raise expected("the MAC address of one switch", value, hint)
    return text


def speed(value: Any) -> int:
    """Mb/s of a speed such as 25G.

    Raises:
        PydanticCustomError: it is none.
    """
    match = _SPEED.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise expected("a port speed such as 100G, 25G or 100000 (Mb/s)", value)
    return int(match[1]) * 1000 if match[1] else int(match[2])


def _host(value: str) -> str:
    if not (is_address(value) if _looks_like_address(value) else _HOST.fullmatch(value)):
        raise expected("an IP address or a host name", value)
    return value


def parse_asn(text: str) -> int:
    """A 2- or 4-byte AS number, plain (65501, 4200000001) or in dot form (64086.59905, RFC 5396).

    Raises:
        PydanticCustomError: it is neither, or out of range.
    """
    parts = text.strip().split(".")
    if not all(part.isdigit() for part in parts) or len(parts) > 2:
        raise expected("an AS number such as 65501 or 4200000001", text)
    number = int(parts[0]) if len(parts) == 1 else (int(parts[0]) << 16) + int(parts[1])
    if not 1 <= number <= 4294967294 or number == 65535 or (len(parts) == 2 and max(map(int, parts)) > 65535):
        # RFC 7300: 65535 and 4294967295 are the last of their ranges and reserved
        raise expected("an AS number between 1 and 4294967294 (65535 is reserved)", text)
    return number


def _asn(value: Any) -> int:
    if not isinstance(value, str):
        raise expected("an AS number such as 65501", value)
    return parse_asn(value)


def _asn_pool(value: Any) -> AsnPool:
    if isinstance(value, AsnPool):
        return value
    if not isinstance(value, str):
        raise expected("an AS number (shared by the role) or a range such as 65401-65499", value)
    first, _, last = value.partition("-")
    pool = AsnPool(parse_asn(first), parse_asn(last or first))
    if pool.last < pool.first:
        raise expected("a range from the smaller to the larger AS number", value)
    return pool


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is to be found, never the secret itself: `env:NAME` or `file:PATH`."""

    scheme: Literal["env", "file"]
    name: str

    def __str__(self) -> str:
        """As the user writes it."""
        return f"{self.scheme}:{self.name}"


def secret_ref(value: Any) -> SecretRef:
    """The reference that a text is.

    Raises:
        PydanticCustomError: it is none.
    """
    if isinstance(value, SecretRef):
        return value
    scheme, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    if scheme not in ("env", "file") or not name:
        # the value may be a password: it is not repeated, and `load` shows no excerpt for this kind
        raise PydanticCustomError("sonicfab_secret", "a secret must not stand in this file", {})
    return SecretRef("env" if scheme == "env" else "file", name)


def _secret_or_none(value: Any) -> Any:
    return value if value == "" else secret_ref(value)


def _ends(value: Any) -> tuple[Endpoint, Endpoint]:
    if isinstance(value, tuple):
        return value
    ends = ends_of(value) if isinstance(value, str) else ()
    if len(ends) != 2 or not all(end.switch and end.port for end in ends):
        raise expected("a link such as 'spine1:Ethernet112 - leaf1:Ethernet72'", value)
    return ends[0], ends[1]


def ends_of(link: str) -> tuple[Endpoint, ...]:
    """The ends that the text of a link names: two, unless it is none."""
    return tuple(Endpoint.of(end) for end in re.split(r"\s+-+\s+", link.strip()))


_MOST_PORTS = 1000


def port_list(value: Any) -> tuple[str, ...]:
    """The ports that a name, or a list of names and ranges, stands for.

    Raises:
        PydanticCustomError: it is none of these.
    """
    entries = [value] if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, str) and entry for entry in entries):
        raise expected("port names such as Ethernet0 or Ethernet38-47", value)
    names: list[str] = []
    for entry in entries:
        match = _PORT_RANGE.fullmatch(entry)
        if not match:
            names.append(entry)
            continue
        first, last = int(match[2]), int(match[3])
        if last < first:
            raise expected("a port range from the smaller to the larger number", entry)
        if last - first > _MOST_PORTS:  # no switch has as many; a slip must not become a list that fills the memory
            raise expected(f"a range of at most {_MOST_PORTS} ports", entry)
        names.extend(f"{match[1]}{number}" for number in range(first, last + 1))
    return tuple(names)


def ranges(ports: Iterable[str]) -> list[str]:
    """Ports in natural order, those in a row as `Ethernet0-3`: what `port_list` reads."""
    found: list[tuple[str, int, int]] = []
    for port in sorted(set(ports), key=natural_key):
        match = re.fullmatch(r"([A-Za-z]+)(0|[1-9][0-9]*)", port)
        if not match:
            found.append((port, -1, -1))
        elif found and found[-1][0] == match[1] and found[-1][2] + 1 == int(match[2]):
            found[-1] = (match[1], found[-1][1], int(match[2]))
        else:
            found.append((match[1], int(match[2]), int(match[2])))
    return [
        name if first < 0 else f"{name}{first}" + (f"-{last}" if last > first else "") for name, first, last in found
    ]


_Item = TypeVar("_Item")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


_STRING = WithJsonSchema({"type": "string"})
_PORTS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

SwitchName = Annotated[str, AfterValidator(_switch_name)]
RoleName = Annotated[Role, WithJsonSchema({"type": "string", "enum": list(Role)})]
UserName = Annotated[str, AfterValidator(_user_name)]
SiteName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
FabricName = Annotated[str, AfterValidator(_fabric_name)]
InterfaceAddress = Annotated[
    IPv4Interface | IPv6Interface,
    PlainValidator(_interface_address),
    AfterValidator(host_address),
    WithJsonSchema({"type": "string", "format": "ipvanyinterface"}),
]
NetworkV4 = Annotated[IPv4Network, AfterValidator(_unicast)]
NetworkV6 = Annotated[IPv6Network, AfterValidator(_unicast)]
Timezone = Annotated[str, AfterValidator(_timezone)]
JumpHostText = Annotated[str, AfterValidator(_jump_host)]
Mac = Annotated[str, AfterValidator(_mac)]
Speed = Annotated[int, BeforeValidator(speed), WithJsonSchema({"type": ["string", "integer"]})]
Asn = Annotated[int, BeforeValidator(_asn), WithJsonSchema({"type": ["string", "integer"]})]
AsnPoolField = Annotated[AsnPool, BeforeValidator(_asn_pool), WithJsonSchema({"type": ["string", "integer"]})]
Secret = Annotated[
    SecretRef, BeforeValidator(secret_ref), WithJsonSchema({"type": "string", "pattern": "^(env|file):.+"})
]
SecretOrNone = Annotated[
    SecretRef | Literal[""],
    BeforeValidator(_secret_or_none),
    WithJsonSchema({"type": "string", "pattern": "^((env|file):.+)?$"}),
]
Ends = Annotated[tuple[Endpoint, Endpoint], BeforeValidator(_ends), _STRING]
PortList = Annotated[tuple[str, ...], BeforeValidator(port_list), WithJsonSchema(_PORTS)]
HostName = Annotated[str, AfterValidator(_host)]
OneOrMany = Annotated[tuple[_Item, ...], BeforeValidator(_one_or_many)]
Fec = Literal["rs", "fc", "none"]
"""As in sonic-port.yang; its `auto` says nothing that two ends can agree on."""
Mtu = Annotated[int, Field(ge=1280, le=9216)]
"""Bytes; 9216 is the largest in sonic-port.yang, 1280 the smallest that IPv6 works with (RFC 8200)."""
