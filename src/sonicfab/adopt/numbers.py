"""Numbers as they are: ASNs, loopbacks and link networks, with the pools that they would have come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

from sonicfab.adopt.links import FoundLink, Links
from sonicfab.adopt.policies import listed
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import IpInterface
from sonicfab.asn import PRIVATE_ASNS
from sonicfab.configdb import natural_key
from sonicfab.model.numbers import KeptNumbers, Numbers
from sonicfab.model.topology import Pools
from sonicfab.roles import Role

IpNetwork = IPv4Network | IPv6Network
_LOOPBACK_POOL = {4: 24, 6: 112}
"""A pool is at least this large: people give more room than today's switches fill."""
_LINK_POOL = {4: 24, 6: 112}
_LINK = {4: 31, 6: 127}
_ROOM = 100


@dataclass
class Numbering:
    """What the topology says of numbers, and what the numbers file keeps.

    Attributes:
        asn: role -> its pool as text.
        loopbacks, links: IP version -> pool; none where nothing is to be numbered.
        by_hand: switch -> what stands in the topology, because it comes from no pool.
        odd_links: link -> why it cannot be numbered as it is.
    """

    asn: dict[Role, str] = field(default_factory=dict)
    loopbacks: dict[int, IpNetwork] = field(default_factory=dict)
    links: dict[int, IpNetwork] = field(default_factory=dict)
    by_hand: dict[str, dict[str, object]] = field(default_factory=dict)
    kept: Numbers = field(default_factory=Numbers)
    odd_links: dict[FoundLink, str] = field(default_factory=dict)


def number(switches: Sequence[Seen], roles: Mapping[str, Role], links: Links) -> Numbering:
    """Pools that hold what there is, the numbers file that keeps it, and by hand what fits no pool."""
    found = Numbering()
    routed = [one for one in switches if one.asn]
    in_pool = _asns(found, routed, roles)
    kept: dict[str, dict[str, Any]] = {one.name: {"mac": one.mac} for one in routed}
    for one in routed:
        (kept if one.name in in_pool else found.by_hand).setdefault(one.name, {})["asn"] = one.asn
        if one.name in in_pool and "-" not in found.asn[roles[one.name]]:
            del kept[one.name]["asn"]  # all of the role share it: the topology says so
    for version in (4, 6):
        _loopbacks(found, routed, version, kept)
    networks = _link_networks(found, links.found, {one.name: one for one in switches})
    rows = {name: kept[name] for name in sorted(kept, key=natural_key) if len(kept[name]) > 1 or networks}
    kept_switches = {name: KeptNumbers.model_construct(None, **row) for name, row in rows.items()}
    found.kept = Numbers.model_construct(switches=kept_switches, links=networks)
    return found


def _asns(found: Numbering, routed: Sequence[Seen], roles: Mapping[str, Role]) -> set[str]:
    """The switches whose ASN is of their role's pool: one that all share, or a range without doublets."""
    of_role: dict[Role, list[Seen]] = {}
    for one in routed:
        of_role.setdefault(roles[one.name], []).append(one)
    taken = {one.asn: roles[one.name] for one in routed}
    inside: set[str] = set()
    for role, members in of_role.items():
        asns = [one.asn for one in members]
        if len(set(asns)) == 1 and len(asns) > 1:
            found.asn[role] = str(asns[0])
        elif len(set(asns)) == len(asns):
            pool = _range(asns, [asn for asn, other in taken.items() if other != role])
            if not pool:
                continue  # it would hold another role's
            found.asn[role] = pool
        else:
            continue
        inside |= {one.name for one in members}
    return inside


def _range(asns: Sequence[int], others: Sequence[int]) -> str:
    """A range around these numbers: the whole hundred where it is free; "" where another's is among them."""
    first, last = min(asns), max(asns)
    start, end = first - first % _ROOM + 1, last - last % _ROOM + _ROOM - 1
    for low, high in ((start, end), (first, end), (first, last)):
        if _private(low, high) == _private(first, last) and not any(low <= asn <= high for asn in others):
            return f"{low}-{high}" if high > low else str(low)
    return ""


def _private(first: int, last: int) -> bool:
    return any(first in block and last in block for block in PRIVATE_ASNS)


def _loopbacks(found: Numbering, routed: Sequence[Seen], version: int, kept: dict[str, dict[str, Any]]) -> None:
    field_name = f"ipv{version}"
    have = {one.name: one.loopback(version) for one in routed}
    addresses = [address for address in have.values() if address is not None]
    if not addresses:
        return
    listed_pools = [pool for one in routed for pool in listed(one.frr, "LOOPBACKS", version)]
    pool = next((one for one in listed_pools if all(address in one for address in addresses)), None)
    found.loopbacks[version] = pool or cover(addresses, _LOOPBACK_POOL[version])
    for name, address in have.items():
        if address is not None:
            kept.setdefault(name, {})[field_name] = address


def cover(addresses: Iterable[IPv4Address | IPv6Address | IpNetwork], longest: int) -> IpNetwork:
    """The smallest network that holds all of them, and is no smaller than `longest` says."""
    networks = [ip_network(one) for one in addresses]
    network = networks[0].supernet(new_prefix=min(longest, networks[0].prefixlen))
    while not all(one.subnet_of(network) for one in networks):  # type: ignore[arg-type]
        network = network.supernet()
    return network


def _link_networks(found: Numbering, links: Sequence[FoundLink], switches: Mapping[str, Seen]) -> dict[str, Pools]:
    """The networks of the links, where they are numbered; the underlay is, when most of them are."""
    of_link = {link: _shared(link, switches) for link in links}
    routed = [link for link in links if _has_session(link, switches)]
    numbered = [link for link in routed if of_link[link]]
    if len(numbered) * 2 <= len(routed):
        found.odd_links = dict.fromkeys(numbered, "it has addresses, and the underlay of the others is unnumbered")
        return {}
    fitting = []
    for link in routed:
        short = [one for one, _ in of_link[link].values() if one.prefixlen != _LINK[one.version]]
        if not of_link[link]:
            found.odd_links[link] = "it is unnumbered, and the others have addresses"
        elif short:
            found.odd_links[link] = f"its network is {short[0]}: links have a /31 or a /127"
        else:
            fitting.append(link)
    for version in (4, 6):
        networks = [of_link[link][version][0] for link in fitting if version in of_link[link]]
        if networks:
            found.links[version] = cover(networks, _LINK_POOL[version])
    rows = {}
    for link in fitting:
        pools: dict[str, Any] = {f"ipv{version}": network for version, (network, _) in of_link[link].items()}
        flipped = {flip for _, flip in of_link[link].values()}
        if len(flipped) > 1 or len(pools) != len(found.links):
            found.odd_links[link] = "its addresses are not in the same order in both families, or one is missing"
            continue
        ends = link.ends[::-1] if flipped.pop() else link.ends
        rows[f"{ends[0]} - {ends[1]}"] = Pools.model_construct(None, **pools)
    return rows


def _shared(link: FoundLink, switches: Mapping[str, Seen]) -> dict[int, tuple[IpNetwork, bool]]:
    """IP version -> the network that both ends have an address of, and whether the second end has the lower one."""
    a, b = (switches[end.switch].addresses.get(end.port, ()) for end in link.ends)
    found: dict[int, tuple[IpNetwork, bool]] = {}
    for one in a:
        far = next((other for other in b if other.network == one.network and other.ip != one.ip), None)
        if far is not None:
            found.setdefault(one.version, (one.network, _lower(far, one)))
    return found


def _lower(one: IpInterface, other: IpInterface) -> bool:
    return int(one.ip) < int(other.ip)


def _has_session(link: FoundLink, switches: Mapping[str, Seen]) -> bool:
    return any(one.interface == end.port for end in link.ends for one in switches[end.switch].sessions)
