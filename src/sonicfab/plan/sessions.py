"""The BGP sessions of a fabric: one or two for each link, one for each host port, seen from either end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address

from sonicfab.configdb import natural_key
from sonicfab.families import Family
from sonicfab.ipam import link_ends
from sonicfab.model.fields import NOWHERE
from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PeerGroup, RouteMap, Session
from sonicfab.plan.cabling import HostPort
from sonicfab.plan.policy import fabric_policies, host_policies, prefix_lists
from sonicfab.plan.types import LinkPlan
from sonicfab.roles import Role

_Groups = dict[str, list[Session]]


def routing(
    topology: Topology,
    links: Iterable[LinkPlan],
    hosts: Iterable[HostPort],
    roles: Mapping[str, Role],
    asns: Mapping[str, int],
) -> dict[str, tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]]:
    """The peer-groups of each switch, in the order in which FRR prints them, and their policies.

    A link whose ends have one ASN gets no session: eBGP needs two.
    """
    families = tuple(Family) if topology.loopbacks.ipv6 else (Family.IPV4,)
    lists = prefix_lists(topology)
    inside: dict[str, _Groups] = {name: defaultdict(list) for name in roles}
    outside: dict[str, _Groups] = {name: defaultdict(list) for name in roles}
    for link in links:
        if asns[link.a.switch] != asns[link.b.switch]:
            for switch, group, session in _link_sessions(link, roles, asns, families):
                inside[switch][group].append(session)
    for host in hosts:
        session = Session(host.port, host.port, NOWHERE, None, families, host.description or "host")
        outside[host.switch]["HOST"].append(session)
    found: dict[str, tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]] = {}
    for name in roles:
        numbered_ipv6 = any(":" in one.peer for sessions in inside[name].values() for one in sessions)
        fabric = fabric_policies(lists, global_next_hops=numbered_ipv6)
        host_maps = host_policies(lists) if outside[name] else ()
        groups = [_group(one, sessions, *fabric, bfd=topology.bgp.bfd) for one, sessions in inside[name].items()]
        most = topology.hosts.max_prefixes
        groups += [_group(one, sessions, *host_policies(lists), most) for one, sessions in outside[name].items()]
        # bgpd prints the groups by name: peer_group_cmp() in FRR's bgpd/bgpd.c
        found[name] = tuple(sorted(groups, key=lambda group: group.name)), (*fabric, *host_maps)
    return found


def _link_sessions(
    link: LinkPlan, roles: Mapping[str, Role], asns: Mapping[str, int], families: tuple[Family, ...]
) -> Iterator[tuple[str, str, Session]]:
    """(switch, peer-group, session) for both ends."""
    networks = [network for network in (link.ipv4, link.ipv6) if network is not None]
    for (switch, port), far, own_end in link.ends:
        group, asn = roles[far.switch].upper(), asns[far.switch]
        if not networks:
            yield switch, group, Session(port, port, far, asn, families, str(far))
        for network in networks:
            # with both families numbered, each has a session of its own; one alone carries all (RFC 8950)
            carried = (Family.of(network),) if len(networks) > 1 else families
            peer = str(link_ends(network)[1 - own_end].ip)
            session = Session(peer, port, far, asn, carried, str(far))
            yield switch, f"{group}-V{network.version}", session


def _group(
    name: str,
    sessions: list[Session],
    policy_in: RouteMap,
    policy_out: RouteMap,
    max_prefixes: int | None = None,
    *,
    bfd: bool = False,
) -> PeerGroup:
    # bgpd keeps the members of a group together, ports before addresses, each in natural order: peer_cmp() in FRR's
    # bgpd/bgpd.c
    members = tuple(sorted(sessions, key=_order))
    return PeerGroup(name, members[0].families, members, policy_in, policy_out, max_prefixes, bfd)


def _order(session: Session) -> tuple[int, int, tuple[tuple[int, str], ...]]:
    if session.peer == session.interface:
        return 0, 0, natural_key(session.peer)
    return 1, int(ip_address(session.peer)), ()
