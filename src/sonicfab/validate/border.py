"""Rules on what a switch has to do with the outside: policies, static routes, aggregates, and who may tell it what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.frr import conf
from sonicfab.frr.bgp import Bgp, FrrText, Neighbor
from sonicfab.ipam import is_address
from sonicfab.model.policies import Prefix
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import Owned, interface_table

_Network = IPv4Network | IPv6Network
_MARKS = re.compile(r"^\s*(ipv?6? route|aggregate-address|redistribute|neighbor \S+ remote-as \d) ?", re.MULTILINE)
"""One of these is on a switch that has to do with the outside; others are not read for it once more."""

_ANYTHING = {
    4: (ip_network("8.0.0.0/8"), ip_network("203.0.113.0/24")),
    6: (ip_network("2000::/8"), ip_network("2001:db8:1::/48")),
}
"""Whoever lets these in by one entry or another lets in everything, as far as anybody can tell."""


@dataclass
class _Entry:
    """Of a route-map; `lists` are the prefix lists that it asks, `more`: it asks, or does, something besides."""

    line: int
    permit: bool
    lists: list[str] = field(default_factory=list)
    more: bool = False


@dataclass(frozen=True)
class _Static:
    line: int
    prefix: _Network
    address: str
    interface: str
    bfd: bool


@dataclass
class _Text:
    maps: dict[str, list[_Entry]] = field(default_factory=dict)
    lists: dict[str, list[tuple[bool, Prefix]]] = field(default_factory=dict)
    statics: list[_Static] = field(default_factory=list)
    aggregates: dict[tuple[str, _Network], tuple[int, bool]] = field(default_factory=dict)
    redistributed: list[tuple[int, str]] = field(default_factory=list)

    def permits(self, name: str, network: _Network) -> bool:
        """Whether a route-map lets a prefix through for certain."""
        for one in self.maps.get(name, ()):
            matched = not one.lists or any(self._matches(of, network) for of in one.lists)
            if matched and not one.more:
                return one.permit
        return False

    def _matches(self, name: str, network: _Network) -> bool:
        return next((permit for permit, prefix in self.lists.get(name, ()) if prefix.covers(network)), False)


def check_border(text: str, read: FrrText, own: Iterable[Owned], config: ConfigDb, build: Build) -> Iterator[Finding]:
    """What is wrong with the policies, the static routes and the aggregates of a switch, in its default VRF."""
    if not _MARKS.search(text):
        return
    said, addresses = _read(text), list(own)
    yield from _unreached(said)
    yield from _routes(said, addresses, config, build)
    bgp = read.bgp
    for (_, prefix), (line, alone) in said.aggregates.items():
        yield from _aggregate(said, bgp, prefix, line, alone=alone)
    for line, protocol in said.redistributed:
        message = f"redistribute {protocol} without a route-map: BGP tells every such route, that of the management too"
        yield _line("SF-440", line, message)
    for one in bgp.sessions:
        if bgp.remote_as(one).isdigit() and bgp.is_external(one):
            yield from _neighbor(said, bgp, one, addresses)


def _line(code: str, line: int, message: str) -> Finding:
    return Finding(code, f"line {line}", message, line=line)


def _read(text: str) -> _Text:
    found = _Text()
    for number, context, line in conf.lines(text):
        words, head = line.split(), context[0].split() if context else []
        if head[:1] == ["route-map"] and head[2:3]:
            _of_map(found, head, words, number)
        elif head[:2] == ["router", "bgp"] and len(head) == 3 and len(context) > 1:
            _of_family(found, context[1], words, number)
        elif not context and words[1:2] == ["prefix-list"] and words[3:4] == ["seq"]:
            _of_list(found, words)
        elif not context and words[0] in ("ip", "ipv6") and words[1:2] == ["route"] and "vrf" not in words:
            _of_route(found, words, number)
    return found


def _of_map(found: _Text, head: list[str], words: list[str], number: int) -> None:
    entries = found.maps.setdefault(head[1], [])
    if not words:
        entries.append(_Entry(number, head[2] == "permit"))
    elif entries and words[0] == "match" and words[2:4] == ["address", "prefix-list"]:
        entries[-1].lists.append(words[4])
    elif entries and words[0] in ("match", "on-match", "call", "continue"):
        entries[-1].more = True


def _of_family(found: _Text, context: str, words: list[str], number: int) -> None:
    if words[:1] == ["aggregate-address"] and (network := _network(words[1])):
        found.aggregates[context, network] = (number, "summary-only" in words)
    elif words[:1] == ["redistribute"] and words[1:] and "route-map" not in words:
        found.redistributed.append((number, words[1]))


def _of_list(found: _Text, words: list[str]) -> None:
    rest = words[5:]  # permit PREFIX [ge N] [le N]
    network = ip_network("::/0" if words[0] == "ipv6" else "0.0.0.0/0") if rest[1:2] == ["any"] else None
    network = network or (_network(rest[1]) if rest[1:] else None)
    if network:
        ge, le = (int(rest[rest.index(word) + 1]) if word in rest[:-1] else 0 for word in ("ge", "le"))
        wide = network.max_prefixlen if rest[1] == "any" else le
        found.lists.setdefault(words[2], []).append((rest[0] == "permit", Prefix(network, ge, wide)))


def _of_route(found: _Text, words: list[str], number: int) -> None:
    network = _network(words[2]) if len(words) > 3 else None
    if network:
        address = words[3] if is_address(words[3]) else ""
        after = words[4] if address and words[4:] and words[4][0].isupper() else ""
        interface = after or ("" if address or words[3] in ("blackhole", "reject", "Null0") else words[3])
        found.statics.append(_Static(number, network, address, interface, "bfd" in words))


def _network(text: str) -> _Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _unreached(said: _Text) -> Iterator[Finding]:
    """Entries of a policy that are never asked, for one before them matches all that they would."""
    for name, entries in said.maps.items():
        for place, one in enumerate(entries):
            before = [other for other in entries[:place] if not other.more]
            if any(not other.lists for other in before):
                yield _line("SF-430", one.line, f"route-map {name}: an entry before this one matches everything")
                break
            asked = [prefix for of in one.lists for permit, prefix in said.lists.get(of, ()) if permit]
            other = [
                prefix
                for earlier in before
                if earlier.permit != one.permit
                for of in earlier.lists
                for permit, prefix in said.lists.get(of, ())
                if permit
            ]
            if asked and all(any(_holds(wide, narrow) for wide in other) for narrow in asked):
                verb = "denies" if one.permit else "permits"
                yield _line(
                    "SF-431", one.line, f"route-map {name}: an entry before this one {verb} all that it is about"
                )


def _holds(wide: Prefix, narrow: Prefix) -> bool:
    """Whether all that one permits is in the other."""
    if wide.network.version != narrow.network.version:
        return False
    longest = narrow.le or (narrow.network.max_prefixlen if narrow.ge else narrow.network.prefixlen)
    shortest = narrow.ge or narrow.network.prefixlen
    inside = wide.network.prefixlen <= narrow.network.prefixlen and narrow.network.network_address in wide.network
    most = wide.le or (wide.network.max_prefixlen if wide.ge else wide.network.prefixlen)
    return inside and (wide.ge or wide.network.prefixlen) <= shortest and longest <= most


def _routes(said: _Text, own: list[Owned], config: ConfigDb, build: Build) -> Iterator[Finding]:
    ours = {str(address.ip) for _, _, address, _ in own}
    subnets: Mapping[str, str] = {str(address.network): name for _, name, address, _ in own}
    for one in said.statics:
        shown = f"the static route to {one.prefix}"
        if one.address in ours:
            yield _line("SF-433", one.line, f"{shown} leads to {one.address}, an address of the switch")
        elif one.address and not one.interface:
            hop = ip_address(one.address)
            if not any(hop in address.network for _, _, address, _ in own if address.ip.version == hop.version):
                yield _line("SF-432", one.line, f"{shown} leads to {one.address}, which is on no subnet of the switch")
        if one.interface and one.interface not in config.get(interface_table(one.interface), {}):
            yield _line("SF-434", one.line, f"{shown} leads over {one.interface}, which is no interface that routes")
        if str(one.prefix) in subnets:
            message = f"{shown} is never used: {subnets[str(one.prefix)]} is in that network"
            yield _line("SF-435", one.line, message)
        if one.bfd and not build.static_bfd:
            yield _line("SF-439", one.line, f"{shown} has BFD, which FRR of {build.name} does not know there")


def _aggregate(said: _Text, bgp: Bgp, prefix: _Network, line: int, *, alone: bool) -> Iterator[Finding]:
    inside = [one for _, one in bgp.networks if _is_within(one, prefix)]
    lists = (one for entries in said.lists.values() for permit, one in entries if permit)
    told = [one for one in lists if one.network.version == prefix.version and one.network.overlaps(prefix)]
    longer = [one for one in told if one.network.prefixlen > prefix.prefixlen or one.ge or one.le]
    if not inside and not longer:
        yield _line("SF-436", line, f"aggregate-address {prefix}: no network and no policy has anything within it")
    if alone and inside:
        message = f"aggregate-address {prefix} summary-only: no neighbour is told {inside[0]} any more, nor the fabric"
        yield _line("SF-441", line, message)


def _is_within(one: str, prefix: _Network) -> bool:
    network = _network(one)
    return (
        network is not None
        and network.version == prefix.version
        and network.prefixlen > prefix.prefixlen
        and network.network_address in prefix
    )


def _neighbor(said: _Text, bgp: Bgp, one: Neighbor, own: list[Owned]) -> Iterator[Finding]:
    """One with an AS number of its own: it is somebody else's."""
    group = bgp.group_of(one)
    source = one.update_source or group.update_source
    loopbacks = {str(address.ip): name for table, name, address, _ in own if table == "LOOPBACK_INTERFACE"}
    if (source in loopbacks or source in loopbacks.values()) and not (one.multihop or group.multihop):
        message = f"neighbor {one.name} is asked from the loopback and has no ebgp-multihop"
        yield _line("SF-442", one.line, message)
    for family in sorted(bgp.families(one)):
        names = [use.name for use in bgp.filters(one, family, "in") if use.kind == "route-map"]
        for name in names[:1]:
            yield from _taken(said, bgp, one, name, family, own)


def _taken(said: _Text, bgp: Bgp, one: Neighbor, name: str, family: str, own: list[Owned]) -> Iterator[Finding]:
    version = 6 if family == "ipv6" else 4
    loopbacks = [
        address for table, _, address, _ in own if table == "LOOPBACK_INTERFACE" and address.ip.version == version
    ]
    ours = next((address.network for address in loopbacks if said.permits(name, address.network)), None)
    if ours is not None:
        message = f"route-map {name} takes {ours} from neighbor {one.name}, an address of the switch itself"
        yield _line("SF-437", one.line, message)
    limits = {**bgp.group_of(one).limits, **one.limits}
    if family not in limits and all(said.permits(name, probe) for probe in _ANYTHING[version]):
        message = f"neighbor {one.name} may announce every prefix of {family}, and as many as it likes"
        yield _line("SF-438", one.line, message)
