"""What an frr.conf says of BGP, as far as rules ask for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sonicfab import frrconf

_FAMILIES = {f"address-family {family}{rest}": family for family in ("ipv4", "ipv6") for rest in ("", " unicast")}


@dataclass
class Neighbor:
    """A neighbour or a peer-group, with what it says of itself; a neighbour's group says the rest.

    Attributes:
        line: where it is first named.
        interface: it is reached by its port (BGP unnumbered).
        remote_as: a number, external, internal, or "".
        activated: families that `activate` names.
        maps: (family, in or out) -> route-map.
    """

    name: str
    line: int
    is_group: bool = False
    interface: bool = False
    group: str = ""
    remote_as: str = ""
    bfd: int = 0
    password: int = 0
    multihop: bool = False
    activated: set[str] = field(default_factory=set)
    maps: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)


@dataclass
class Bgp:
    """`router bgp` of the default VRF, and the policies of the whole file; numbers are lines.

    Attributes:
        asn: "" when there is no BGP.
        needs_policy: eBGP without a policy exchanges nothing.
        default_ipv4: every neighbour is activated for IPv4 unless told otherwise.
        networks: (family, prefix) -> line.
        statics: prefixes with a static route.
        route_maps, prefix_lists: names that are defined; those of prefix-lists with `ip` or `ipv6` before them.
        used_prefix_lists: (name as above, line).
    """

    asn: str = ""
    line: int = 0
    router_id: str = ""
    router_id_line: int = 0
    needs_policy: bool = True
    default_ipv4: bool = True
    neighbors: dict[str, Neighbor] = field(default_factory=dict)
    networks: dict[tuple[str, str], int] = field(default_factory=dict)
    statics: set[str] = field(default_factory=set)
    route_maps: set[str] = field(default_factory=set)
    prefix_lists: set[str] = field(default_factory=set)
    used_prefix_lists: list[tuple[str, int]] = field(default_factory=list)
    used_route_maps: list[tuple[str, int]] = field(default_factory=list)

    @property
    def sessions(self) -> Iterator[Neighbor]:
        """The neighbours that are no groups."""
        return (one for one in self.neighbors.values() if not one.is_group)

    def group_of(self, neighbor: Neighbor) -> Neighbor:
        """The neighbour's peer-group, or itself."""
        return self.neighbors.get(neighbor.group, neighbor)

    def remote_as(self, neighbor: Neighbor) -> str:
        """A number, external, internal, or ""."""
        return neighbor.remote_as or self.group_of(neighbor).remote_as

    def families(self, neighbor: Neighbor) -> set[str]:
        """The families that are active on a session."""
        own = neighbor.activated | self.group_of(neighbor).activated
        return own | {"ipv4"} if self.default_ipv4 else own

    def route_map(self, neighbor: Neighbor, family: str, direction: str) -> str:
        """The route-map of a session; "" for none."""
        for one in (neighbor, self.group_of(neighbor)):
            if (family, direction) in one.maps:
                return one.maps[family, direction][0]
        return ""

    def is_external(self, neighbor: Neighbor) -> bool:
        """True for eBGP."""
        remote = self.remote_as(neighbor)
        return remote == "external" or (remote.isdigit() and remote != self.asn)


def read_bgp(text: str) -> Bgp:
    """From the text of an frr.conf; what no rule asks for is passed over."""
    bgp = Bgp()
    if re.search(r"^frr defaults datacenter\s*$", text, re.MULTILINE):
        bgp.needs_policy = False  # FRR's profile for data centres has no ebgp-requires-policy
    for number, context, line in frrconf.lines(text):
        words = line.split()
        head = context[0].split() if context else []
        if head[:1] == ["route-map"]:
            bgp.route_maps.add(head[1])
            if words[:1] == ["match"] and "prefix-list" in words:
                bgp.used_prefix_lists.append((f"{words[1]} {words[-1]}", number))
        elif head[:2] == ["router", "bgp"] and "vrf" not in head:
            bgp.asn, bgp.line = head[2], bgp.line or number
            _router_line(bgp, number, context, words)
        elif words[1:2] == ["prefix-list"]:
            bgp.prefix_lists.add(f"{words[0]} {words[2]}")
        elif words[1:2] == ["route"] and len(words) > 2:
            bgp.statics.add(words[2])
        elif words[1:2] == ["protocol"] and "route-map" in words:
            bgp.used_route_maps.append((words[-1], number))
    return bgp


def _router_line(bgp: Bgp, number: int, context: frrconf.Context, words: list[str]) -> None:
    family = _FAMILIES.get(context[1], "") if len(context) > 1 else ""
    if len(context) > 1 and not family:
        return  # evpn, vpn ...: no rule asks
    first = words[0] if words else ""
    if first == "neighbor" and len(words) > 2:
        _neighbor_line(bgp, number, family, words)
    elif first == "network" and family and len(words) > 1:
        bgp.networks[family, words[1]] = number
        if "route-map" in words:
            bgp.used_route_maps.append((words[-1], number))
    elif words[:2] == ["bgp", "router-id"]:
        bgp.router_id, bgp.router_id_line = words[2], number
    elif words[:3] == ["no", "bgp", "ebgp-requires-policy"]:
        bgp.needs_policy = False
    elif words[:4] == ["no", "bgp", "default", "ipv4-unicast"]:
        bgp.default_ipv4 = False


def _neighbor_line(bgp: Bgp, number: int, family: str, words: list[str]) -> None:
    name, *rest = words[1:]
    one = bgp.neighbors.get(name)
    if one is None:
        one = bgp.neighbors[name] = Neighbor(name, number)
    if rest[0] == "interface":
        one.interface = True
        rest = rest[1:]
    if rest[:1] == ["v6only"]:
        rest = rest[1:]
    first = rest[0] if rest else ""
    if first == "peer-group":
        if len(rest) == 1:
            one.is_group = True
        else:
            one.group = rest[1]
    elif first == "remote-as":
        one.remote_as = rest[1]
    elif first == "bfd":
        one.bfd = number
    elif first == "password":
        one.password = number
    elif first in ("ebgp-multihop", "ttl-security"):
        one.multihop = True
    elif first == "activate" and family:
        one.activated.add(family)
    elif first == "route-map" and family and len(rest) == 3:
        one.maps[family, rest[2]] = (rest[1], number)


def dangling(bgp: Bgp) -> Iterator[tuple[str, str, int]]:
    """(kind, name, line) of route-maps and prefix-lists that are used and not defined."""
    for one in bgp.neighbors.values():
        for name, line in one.maps.values():
            if name not in bgp.route_maps:
                yield "route-map", name, line
    for name, line in bgp.used_route_maps:
        if name not in bgp.route_maps:
            yield "route-map", name, line
    for name, line in bgp.used_prefix_lists:
        if name not in bgp.prefix_lists:
            yield "prefix-list", name.split(" ")[-1], line
