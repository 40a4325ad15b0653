"""The BGP sessions of a fabric: one or two for each link, one for each host port, seen from either end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from socket import AF_INET, AF_INET6, inet_pton

from sonicfab.configdb import natural_key
from sonicfab.endpoint import NOWHERE
from sonicfab.errors import KeyPath, Problem
from sonicfab.families import Family
from sonicfab.ipam import end_text
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


class Routing:
    """The peer-groups of each switch, in the order in which FRR prints them, and its policies.

    What many switches have alike is one value for all of them.
    """

    def __init__(self, topology: Topology, roles: Mapping[str, Role], asns: Mapping[str, int]) -> None:
        self._topology, self._roles, self._asns = topology, roles, asns
        self._families = tuple(Family) if topology.loopbacks.ipv6 else (Family.IPV4,)
        self._of_links, self._of_hosts = _settled(topology)
        self._lists = prefix_lists(topology)
        self._policies = lru_cache(maxsize=None)(self._policies_of)
        self._of_group = lru_cache(maxsize=None)(lambda group: settled(*_of_group(topology, group)))
        self._of_all_hosts = settled(*_of_hosts(topology))
        self._host_groups: dict[tuple[object, ...], PeerGroup] = {}

    def of(
        self, name: str, links: Iterable[LinkPlan], hosts: Iterable[HostPort]
    ) -> tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]:
        """Those of a switch with these links and host ports."""
        inside: _Groups = defaultdict(list)
        for link in links:
            kind = kind_of(link, self._asns)
            if kind != "none":
                for group, session in self._over(link, kind, name):
                    inside[group].append(session)
        return self._groups(name, inside, [one for one in hosts if not one.outside])

    def _over(self, link: LinkPlan, kind: Kind, switch: str) -> Iterator[tuple[str, Session]]:
        """(peer-group, session) of a switch over a link."""
        (own, far, own_end) = link.ends[0] if link.a.switch == switch else link.ends[1]
        group, asn, port = group_word(kind, self._roles[far.switch]).upper(), self._asns[far.switch], own.port
        options = self._of_links(link.bgp, group, port)
        said = link.bgp.description or str(far)
        networks = [network for network in (link.ipv4, link.ipv6) if network is not None]
        if not networks:
            yield group, Session(port, port, far, asn, self._families, said, options)
        for network in networks:
            # with both families numbered, each has a session of its own; one alone carries all (RFC 8950)
            carried = (Family.of(network),) if len(networks) > 1 else self._families
            peer = end_text(network, 1 - own_end)
            yield f"{group}-V{network.version}", Session(peer, port, far, asn, carried, said, options)

    def _of_host(self, host: HostPort) -> Session:
        options = self._of_hosts(host.bgp, "", host.port)
        description = host.bgp.description or host.description or "host"
        return Session(host.port, host.port, NOWHERE, None, self._families, description, options)

    def _host_group(self, hosts: Sequence[HostPort], policies: tuple[RouteMap, RouteMap], detours: bool) -> PeerGroup:
        """Servers on the same ports of many switches, of whom the same is said, are one value for all of them."""
        said = ((one.port, one.description, id(one.bgp)) for one in hosts)  # which the topology holds
        key = (detours, *said)
        if key not in self._host_groups:
            sessions = [self._of_host(one) for one in hosts]
            self._host_groups[key] = _group("HOST", sessions, *policies, self._of_all_hosts)
        return self._host_groups[key]

    def _groups(
        self, name: str, inside: _Groups, outside: Sequence[HostPort]
    ) -> tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]:
        """The peer-groups of a switch and its policies, from its sessions with switches, by group, and its servers."""
        numbered_ipv6 = any(":" in one.peer for sessions in inside.values() for one in sessions)
        detours = any(map(_is_internal, inside))
        fabric, taken, hosts = self._policies(numbered_ipv6, detours)
        groups = []
        for group, sessions in inside.items():
            policies = (taken, fabric[1]) if _is_internal(group) else fabric
            groups.append(_group(group, sessions, *policies, self._of_group(group)))
        if outside:
            groups.append(self._host_group(outside, hosts, detours))
        policies_of_all = (*fabric, *((taken,) if detours else ()), *(hosts if outside else ()))
        return named(self._topology, name, groups), policies_of_all

    def _policies_of(
        self, numbered_ipv6: bool, detours: bool
    ) -> tuple[tuple[RouteMap, RouteMap], RouteMap, tuple[RouteMap, RouteMap]]:
        """The policies towards other switches, what is taken from one of the same AS, and those towards servers."""
        return (
            fabric_policies(self._lists, global_next_hops=numbered_ipv6, detours=detours),
            internal_policy(self._lists, global_next_hops=numbered_ipv6),
            host_policies(self._lists, detours=detours),
        )


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


def _group(
    name: str, sessions: list[Session], policy_in: RouteMap, policy_out: RouteMap, default: Options
) -> PeerGroup:
    # bgpd keeps the members of a group together, ports before addresses, each in natural order: peer_cmp() in FRR's
    # bgpd/bgpd.c
    options = in_common(default, [one.options for one in sessions])
    members = tuple([_with_own(one, options) for one in sorted(sessions, key=_order)])
    return PeerGroup(name, members[0].families, members, policy_in, policy_out, options, _is_internal(name))


def _with_own(one: Session, group: Options) -> Session:
    said = one.peer, one.interface, one.far, one.remote_asn, one.families, one.description, one.options
    return Session(*said, own(one.options, group))  # `replace` takes five times as long


def _order(session: Session) -> tuple[int, str | bytes]:
    if session.peer == session.interface:
        return 0, natural_key(session.peer)
    return 1, inet_pton(AF_INET6 if ":" in session.peer else AF_INET, session.peer)


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
