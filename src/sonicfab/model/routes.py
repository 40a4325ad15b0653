"""What switches route beside BGP with their neighbours: static routes, aggregates, and what BGP takes over."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, WithJsonSchema, model_validator

from sonicfab.model.fields import OneOrMany, RoleName, Strict, SwitchName, expected
from sonicfab.model.policies import PolicyName

Address = IPv4Address | IPv6Address
_WORDS = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


@dataclass(frozen=True, slots=True)
class NextHop:
    """Where a static route leads: an address, an interface (a port, a bundle, a network), or both."""

    address: Address | None
    interface: str = ""


def _next_hops(value: Any) -> Any:
    found = tuple(
        one if isinstance(one, NextHop) else _next_hop(one) for one in ([value] if isinstance(value, str) else value)
    )
    if len(set(found)) < len(found):
        raise expected("each next hop once", value)
    return found


def _next_hop(value: Any) -> NextHop:
    what = "a next hop: an address, an interface, or 'ADDRESS INTERFACE'"
    words = value.split() if isinstance(value, str) else []
    if not 1 <= len(words) <= 2:
        raise expected(what, value)
    try:
        address = ip_address(words[0])
    except ValueError:
        if len(words) == 2 or ":" in words[0] or "/" in words[0]:
            raise expected(what, value) from None
        return NextHop(None, words[0])
    if address.is_unspecified or address.is_multicast or address.is_loopback:
        raise expected("the address of a router", words[0])
    if address.is_link_local and len(words) == 1:
        raise expected(f"the interface beside a link-local address: '{words[0]} Ethernet0'", value)
    return NextHop(address, *words[1:])


def _no_vrf(value: Any) -> Any:
    raise expected("no `vrf`", value, "the fabric routes in the default VRF alone")


def _destination(value: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    if value.is_multicast or value.is_link_local or value.is_loopback:
        raise expected("a network that is routed", value)
    return value


Destination = Annotated[IPvAnyNetwork, AfterValidator(_destination)]


class OnSwitches(Strict):
    """Something that some switches have, or all of a role."""

    switches: OneOrMany[SwitchName] = ()
    role: RoleName | None = None

    @model_validator(mode="after")
    def _check_where(self) -> OnSwitches:
        if bool(self.switches) == bool(self.role):
            raise expected("either `switches` or a `role`", "both" if self.role else "neither")
        return self


class StaticRoute(OnSwitches):
    """A route to a prefix, over one next hop or several, or into nothing."""

    prefix: Destination
    via: Annotated[tuple[NextHop, ...], BeforeValidator(_next_hops), WithJsonSchema(_WORDS)] = ()
    blackhole: bool = False
    distance: Annotated[int, Field(ge=1, le=255)] = 1
    tag: Annotated[int, Field(ge=1, le=4294967295)] | None = None
    bfd: bool = False
    announce: bool = False
    vrf: Annotated[str | None, BeforeValidator(_no_vrf)] = None

    @model_validator(mode="after")
    def _check(self) -> StaticRoute:
        if bool(self.via) == self.blackhole:
            raise expected("either `via` or `blackhole: true`", "both" if self.blackhole else "neither")
        other = [one.address for one in self.via if one.address and one.address.version != self.prefix.version]
        if other:
            raise expected(f"next hops of IPv{self.prefix.version}, as the prefix", other[0])
        if self.bfd and any(one.address is None for one in self.via or (NextHop(None),)):
            raise expected("next hops with addresses for `bfd`", "one without", "BFD watches an address")
        return self


class Aggregate(OnSwitches):
    """A prefix that is told while there is a route within it; those stay."""

    prefix: Destination
    policy: PolicyName | None = None


class Redistribution(OnSwitches):
    """Routes of another protocol that BGP takes over, as far as a policy lets them through."""

    protocol: Literal["static", "connected", "kernel"]
    policy: PolicyName
