"""The BGP sessions of a fabric: one or two for each link, one for each host port, seen from either end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from itertools import combinations

from sonicfab.configdb import natural_key
from sonicfab.errors import KeyPath, Problem
from sonicfab.families import Family
from sonicfab.model.fields import NOWHERE
from sonicfab.model.sessions import IBGP, UNSAID, Kind, SessionSettings, hold_too_short
from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PeerGroup, RouteMap, Session
from sonicfab.plan.cabling import Cabling, HostPort
from sonicfab.plan.groupnames import group_word, name_problems, named
from sonicfab.plan.options import Options, Settled, in_common, own, settled
from sonicfab.plan.policy import fabric_policies, host_policies, internal_policy, prefix_lists
from sonicfab.plan.types import LinkPlan
from sonicfab.roles import Role

_Groups = dict[str, list[Session]]


def kind_of(link: LinkPlan, asns: Mapping[str, int]) -> Kind:
    """What runs over a link: as the topology says; where it does not, eBGP between two ASNs, nothing within one."""
    if link.bgp.session:
        return link.bgp.session
    one, other = asns.get(link.a.switch), asns.get(link.b.switch)
    return "ebgp" if one and other and one != other else "none"


def routing(
    topology: Topology,
    links: Iterable[LinkPlan],
    hosts: Iterable[HostPort],
    roles: Mapping[str, Role],
    asns: Mapping[str, int],
) -> dict[str, tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]]:
    """The peer-groups of each switch, in the order in which FRR prints them, and their policies."""
    families = tuple(Family) if topology.loopbacks.ipv6 else (Family.IPV4,)
    inside: dict[str, _Groups] = {name: defaultdict(list) for name in roles}
    outside: dict[str, list[Session]] = {name: [] for name in roles}
    of_links, of_hosts = _settled(topology)
    for link in links:
        kind = kind_of(link, asns)
        if kind != "none":
            for switch, group, session in _link_sessions(of_links, link, kind, roles, asns, families):
                inside[switch][group].append(session)
    for host in (one for one in hosts if not one.outside):
        options = of_hosts(host.bgp, "", host.port)
        description = host.bgp.description or host.description or "host"
        outside[host.switch].append(Session(host.port, host.port, NOWHERE, None, families, description, options))
    found: dict[str, tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]] = {}
    for name in roles:
        groups, policies = _groups(topology, inside[name], outside[name])
        found[name] = named(topology, name, groups), policies
    return found


def _groups(
    topology: Topology, inside: _Groups, outside: list[Session]
) -> tuple[list[PeerGroup], tuple[RouteMap, ...]]:
    """The peer-groups of a switch and its policies, from its sessions with switches, by group, and with servers."""
    lists = prefix_lists(topology)
    numbered_ipv6 = any(":" in one.peer for sessions in inside.values() for one in sessions)
    detours = any(map(_is_internal, inside))
    fabric = fabric_policies(lists, global_next_hops=numbered_ipv6, detours=detours)
    taken = internal_policy(lists, global_next_hops=numbered_ipv6)
    hosts = host_policies(lists, detours=detours) if outside else ()
    groups = []
    for name, sessions in inside.items():
        policies = (taken, fabric[1]) if _is_internal(name) else fabric
        groups.append(_group(name, sessions, *policies, settled(*_of_group(topology, name))))
    if outside:
        groups.append(_group("HOST", outside, *host_policies(lists, detours=detours), settled(*_of_hosts(topology))))
    return groups, (*fabric, *((taken,) if detours else ()), *hosts)


def _is_internal(group: str) -> bool:
    return group.lower().startswith(IBGP)


def _of_group(topology: Topology, group: str) -> tuple[SessionSettings, ...]:
    """The places that say something of all sessions of a group with switches, the nearest first."""
    word = group.lower().removesuffix("-v4").removesuffix("-v6")
    of_group = topology.bgp.groups.get(word)
    return (of_group, topology.bgp) if of_group else (topology.bgp,)


def _of_hosts(topology: Topology) -> tuple[SessionSettings, ...]:
    """The same of the sessions with servers; of the fabric's options, those have the timers alone."""
    hosts, bgp = topology.hosts, topology.bgp
    limit = SessionSettings(max_prefixes=hosts.max_prefixes)
    return hosts.bgp, limit, SessionSettings(keepalive=bgp.keepalive, hold=bgp.hold, connect_retry=bgp.connect_retry)


def _settled(topology: Topology) -> tuple[Settled, Settled]:
    """What the sessions with switches have, by group, and those with servers."""
    return Settled(lambda group: _of_group(topology, group)), Settled(lambda _: _of_hosts(topology))


def _link_sessions(
    settled: Settled,
    link: LinkPlan,
    kind: Kind,
    roles: Mapping[str, Role],
    asns: Mapping[str, int],
    families: tuple[Family, ...],
) -> Iterator[tuple[str, str, Session]]:
    """(switch, peer-group, session) for both ends."""
    networks = [network for network in (link.ipv4, link.ipv6) if network is not None]
    for (switch, port), far, own_end in link.ends:
        group, asn = group_word(kind, roles[far.switch]).upper(), asns[far.switch]
        options = settled(link.bgp, group, port)
        said = link.bgp.description or str(far)
        if not networks:
            yield switch, group, Session(port, port, far, asn, families, said, options)
        for network in networks:
            # with both families numbered, each has a session of its own; one alone carries all (RFC 8950)
            carried = (Family.of(network),) if len(networks) > 1 else families
            peer = str(network[1 - own_end])
            session = Session(peer, port, far, asn, carried, said, options)
            yield switch, f"{group}-V{network.version}", session


def _group(
    name: str, sessions: list[Session], policy_in: RouteMap, policy_out: RouteMap, default: Options
) -> PeerGroup:
    # bgpd keeps the members of a group together, ports before addresses, each in natural order: peer_cmp() in FRR's
    # bgpd/bgpd.c
    options = in_common(default, [one.options for one in sessions])
    members = tuple(_with_own(one, options) for one in sorted(sessions, key=_order))
    return PeerGroup(name, members[0].families, members, policy_in, policy_out, options, _is_internal(name))


def _with_own(one: Session, group: Options) -> Session:
    said = one.peer, one.interface, one.far, one.remote_asn, one.families, one.description, one.options
    return Session(*said, own(one.options, group))  # `replace` takes five times as long


def _order(session: Session) -> tuple[int, int, tuple[tuple[int, str], ...]]:
    if session.peer == session.interface:
        return 0, 0, natural_key(session.peer)
    return 1, int(ip_address(session.peer)), ()


def session_problems(
    topology: Topology, cabling: Cabling, asns: Mapping[str, int], roles: Mapping[str, Role]
) -> Iterator[Problem]:
    """Sessions that cannot be, or not as they are meant. `asns` lacks switches that have problems of their own."""
    of_links, of_hosts = _settled(topology)
    for link in cabling.links:
        one, other = (asns.get(end.switch) for end in (link.a, link.b))
        if one is None or other is None:
            continue
        name, said = link.name, link.bgp.session
        if one == other and said is None:
            message = f"both ends of {name} have ASN {one}: no BGP session is planned on this link"
            hint = "eBGP needs two ASNs; `bgp: ibgp` plans an internal session, `bgp: none` says that none is wanted"
            yield Problem("topology", link.path, message, hint, "warning")
        elif said == "ebgp" and one == other:
            hint = "give the switches two ASNs (`switches: {NAME: {asn: N}}`), or ask for `bgp: ibgp`"
            yield Problem("topology", link.path, f"eBGP on {name} needs two ASNs: both ends have {one}", hint)
        elif said == IBGP and one != other:
            message = f"iBGP on {name} needs one ASN: its ends have {one} and {other}"
            hint = "give both switches the same (`switches: {NAME: {asn: N}}`), or ask for `bgp: ebgp`"
            yield Problem("topology", link.path, message, hint)
        elif said != "none":
            yield from _of_link(topology, of_links, link, kind_of(link, asns), roles)
    yield from _meshes(cabling)
    sessions = [
        (end.switch, group_word(kind_of(link, asns), roles[far.switch]))
        for link in cabling.links
        if kind_of(link, asns) != "none"
        for end, far in ((link.a, link.b), (link.b, link.a))
    ]
    yield from name_problems(topology, sessions, roles, [one.switch for one in cabling.hosts if not one.outside])
    for path, host in {host.path: host.bgp for host in cabling.hosts if not host.outside}.items():
        if host.session not in (None, "ebgp"):
            message = f"the sessions with servers are eBGP: `{host.session}` cannot be asked for here"
            yield Problem("topology", (*path, "bgp"), message)
        yield from _timers(of_hosts(host, ""), (*path, "bgp"))


def _meshes(cabling: Cabling) -> Iterator[Problem]:
    """An internal neighbour passes nothing on that another one told it (RFC 4271 9.2): each needs one with each."""
    inside = [link for link in cabling.links if link.bgp.session == IBGP]
    joined = {frozenset((link.a.switch, link.b.switch)) for link in inside}
    switches = sorted({name for pair in joined for name in pair}, key=natural_key)
    words = of_one_as(cabling)
    for one, other in combinations(switches, 2):
        if words[one] == words[other] and frozenset((one, other)) not in joined:
            path = next(link.path for link in inside if one in (link.a.switch, link.b.switch))
            message = f"{one} and {other} have no iBGP session: what one has from a third switch it does not tell on"
            hint = "join each switch of the AS with each other"
            yield Problem("topology", path, message, hint, "warning", alike="no mesh")


def _of_link(
    topology: Topology, settled: Settled, link: LinkPlan, kind: Kind, roles: Mapping[str, Role]
) -> Iterator[Problem]:
    """What the two ends do not agree on: each has the options of its group, which may be two."""
    path: KeyPath = (*link.path[:2], "bgp") if link.bgp != UNSAID else ("bgp", "groups")
    ends = [settled(link.bgp, IBGP if kind == IBGP else roles[end.switch]) for end in (link.a, link.b)]
    for options in dict.fromkeys(ends) if link.bgp != UNSAID or topology.bgp.groups else ():
        yield from _timers(options, path)
    for name, what in (("password", "MD5 password"), ("bfd", "BFD")):
        if getattr(ends[0], name) != getattr(ends[1], name):
            message = f"the ends of {link.name} differ in {what}, which both must have alike"
            hint = f"say `{name}` of the link or of the fabric: groups tell the two ends apart"
            yield Problem("topology", path, message, hint, alike=f"ends differ in {name}")


def of_one_as(cabling: Cabling) -> dict[str, str]:
    """Switch -> one word for all that iBGP joins: they may have the same number by hand."""
    found: dict[str, str] = {}
    for link in cabling.links:
        if link.bgp.session == IBGP:
            one, other = (found.setdefault(end.switch, end.switch) for end in (link.a, link.b))
            found = {name: one if word == other else word for name, word in found.items()}
    return found


def _timers(options: Options, path: KeyPath) -> Iterator[Problem]:
    if hold_too_short(options.keepalive, options.hold):
        message = f"a hold time of {options.hold} s is less than three keepalives of {options.keepalive} s"
        hint = f"give a hold time of at least {3 * options.keepalive}"
        yield Problem("topology", path, message, hint, alike=message)
