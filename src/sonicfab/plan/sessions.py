"""The BGP sessions of a fabric: one or two for each link, one for each host port, seen from either end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Literal

from sonicfab.configdb import natural_key
from sonicfab.ipam import link_ends
from sonicfab.plan.cabling import HostPort
from sonicfab.plan.types import Family, LinkPlan, PeerGroup, Session

_Groups = dict[str, list[tuple[Literal["fabric", "host"], Session]]]


def peer_groups(
    links: Iterable[LinkPlan],
    hosts: Iterable[HostPort],
    roles: Mapping[str, str],
    asns: Mapping[str, int],
    families: tuple[Family, ...],
) -> dict[str, tuple[PeerGroup, ...]]:
    """The peer-groups of each switch, in the order in which FRR prints them.

    A link whose ends have one ASN gets no session: eBGP needs two.
    """
    groups: dict[str, _Groups] = defaultdict(lambda: defaultdict(list))
    for link in links:
        if asns[link.a[0]] != asns[link.b[0]]:
            for switch, group, session in _link_sessions(link, roles, asns, families):
                groups[switch][group].append(("fabric", session))
    for host in hosts:
        session = Session(host.port, host.port, "", "", None, families, host.description or "host")
        groups[host.switch]["HOST"].append(("host", session))
    return {switch: tuple(_sorted(found)) for switch, found in groups.items()}


def _link_sessions(
    link: LinkPlan, roles: Mapping[str, str], asns: Mapping[str, int], families: tuple[Family, ...]
) -> Iterator[tuple[str, str, Session]]:
    """(switch, peer-group, session) for both ends."""
    networks = [network for network in (link.ipv4, link.ipv6) if network is not None]
    for (switch, port), (far, far_port), own_end in link.ends:
        group, description = roles[far].upper(), f"{far}:{far_port}"
        if not networks:
            yield switch, group, Session(port, port, far, far_port, asns[far], families, description)
        for network in networks:
            # with both families numbered, each has a session of its own; one alone carries all (RFC 8950)
            own: tuple[Family, ...] = ("ipv4",) if network.version == 4 else ("ipv6",)
            carried = own if len(networks) > 1 else families
            peer = str(link_ends(network)[1 - own_end].ip)
            session = Session(peer, port, far, far_port, asns[far], carried, description)
            yield switch, f"{group}-V{network.version}", session


def _sorted(groups: _Groups) -> Iterator[PeerGroup]:
    # bgpd keeps the members of a group together, the groups by name, ports before addresses, each in natural
    # order: peer_cmp() in FRR's bgpd/bgpd.c
    for name in sorted(groups):
        members = groups[name]
        sessions = sorted((session for _, session in members), key=_order)
        yield PeerGroup(name, members[0][0], sessions[0].families, tuple(sessions))


def _order(session: Session) -> tuple[int, int, tuple[tuple[int, str], ...]]:
    if session.peer == session.port:
        return 0, 0, natural_key(session.peer)
    return 1, int(ip_address(session.peer)), ()
