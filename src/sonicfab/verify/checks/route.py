"""`route`: every loopback by all its planned paths, from whom it must be, and nothing else in the routing table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from sonicfab.families import Family
from sonicfab.frr.parts import aggregates, foreign, parts
from sonicfab.ipam import text_of
from sonicfab.plan.bgp import IpNetwork
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.bgp import BGP_STATE, BgpState
from sonicfab.switch.state.config import RECORD, STORED_CONFIG_DB, STORED_FRR
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.switch.state.routes import Route as RouteOfZebra
from sonicfab.verify.check import Check, Other, Seen, Wanted
from sonicfab.verify.checks.bgp import neighbors_of_others
from sonicfab.verify.expect import Expectations
from sonicfab.verify.paths import Paths
from sonicfab.verify.results import CheckResult, Problem


class Route(Check[Paths]):
    """Every loopback of every other switch is a BGP route that is installed (not queued, failed or refused by the ASIC,
    where zebra tells), over exactly the planned paths, and originated by its own AS. A BGP route that is neither a
    loopback, nor in `hosts: prefixes:`, nor what the topology takes from outside, nor its own aggregate or static route
    is a failure; an aggregate that another has saved on the switch is none.
    """

    what = "loopback routes"
    counted = ("route", "routes")
    order = 20
    shows = "sudo vtysh -c 'show ip route bgp'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        ours = () if expected.config is None else (STORED_FRR, STORED_CONFIG_DB, RECORD)
        return (ZEBRA_STATE, expected.bgp_state, *ours)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[Paths]]:
        """Every loopback of the fabric that comes here."""
        for far, addresses in expected.loopbacks.items():
            for family, address in addresses.items():
                way = expected.ways[far, family]
                yield Wanted(way, f"{text_of(address)}/{address.max_prefixlen}", _wanted(way), family, far)

    def judge(self, expected: Expectations, one: Wanted[Paths], answers: Answers) -> Seen:
        """Installed, over all its paths, and originated by its own switch alone."""
        # without bgpd's word a route in zebra may be one that it kept of a bgpd that is gone: that is no success
        route, origins = (
            answers.get(ZEBRA_STATE).routes.get(one.subject),
            answers.get(BGP_STATE).origins.get(one.subject),
        )
        return _seen(expected, route, one.about, origins, expected.fabric.switches[one.far].asn)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """BGP routes that are no switch's loopback, and that no host and no neighbour outside may announce."""
        routes, bgp = answers.get(ZEBRA_STATE).routes, answers.get(BGP_STATE)
        theirs = _learned_of(bgp, neighbors_of_others(expected, answers))
        hosts: tuple[IpNetwork, ...] = (*expected.fabric.hosts.ipv4, *expected.fabric.hosts.ipv6)
        for prefix, route in routes.items():
            if prefix in theirs or prefix in expected.known_prefixes or _is_hosts(prefix, hosts):
                continue
            if not (_comes_from_elsewhere(expected, prefix) or _is_anothers_aggregate(expected, answers, prefix)):
                family = Family.of(prefix)
                seen = Seen(f"via {', '.join(route.ports) or 'nothing'}", Problem.FOREIGN)
                yield Wanted(None, prefix, "no such route", family), seen

    def more(self, one: CheckResult) -> str:
        """See Check."""
        family = Family.of(one.subject)
        return f"sudo vtysh -c 'show bgp {family} unicast {one.subject}' says where the paths end"


def _comes_from_elsewhere(expected: Expectations, prefix: str) -> bool:
    """Whether the plan has it of a neighbour outside, of a static route or another protocol, or as an own aggregate."""
    network, fabric = ip_network(prefix), expected.fabric
    own = (one.prefix for instance in expected.plan.bgp for one in instance.aggregates)
    told = any(one.covers(network) for one in fabric.told)
    return told or network in own or any(one.may_announce(network) for one in fabric.outside)


_OWN = frozenset({"(unspec)"})
"""The peer of a path that bgpd has made itself (FRR bgpd/bgp_route.c route_vty_out(): "peerId" of the peer_self)."""


def _is_anothers_aggregate(expected: Expectations, answers: Answers, prefix: str) -> bool:
    """Whether the switch makes the route itself, of an aggregate that another has saved on it and that stays.

    Of what BGP has made itself, zebra gets aggregates alone: neither a `network` nor what is redistributed (FRR
    bgpd/bgp_route.c bgp_process_main_one(): BGP_ROUTE_AGGREGATE, never BGP_ROUTE_STATIC or BGP_ROUTE_REDISTRIBUTE).
    """
    return answers.get(BGP_STATE).learned.get(prefix) == _OWN and prefix in answers.made(
        "aggregates that stay", lambda them: _aggregates(expected, them)
    )


def _aggregates(expected: Expectations, answers: Answers) -> frozenset[str]:
    """The aggregates of what was rendered, of a template or `extra`, and those of another beside it."""
    record, config = answers.find(RECORD), expected.config
    if config is None or record is None:
        return frozenset()
    rows, stored = answers.find(STORED_CONFIG_DB) or {}, answers.find(STORED_FRR) or ""
    if not config.frr:  # frrcfgd makes it of CONFIG_DB, where what was ours and is planned no more goes
        ours = config.config_db.get(_OF_FRRCFGD, {})
        left = (key for key in rows.get(_OF_FRRCFGD, {}) if key in ours or not record.has_row(_OF_FRRCFGD, key))
        return frozenset(key.rpartition("|")[2] for key in left if key.startswith("default|"))
    if config.planned is not None and config.planned.left.frr:
        names: Iterable[str] = parts(stored)
    else:
        names = (*parts(config.frr), *foreign(stored, config.frr, record.frr).parts)
    return aggregates(names) | rows.get(_OF_BGPCFGD, {}).keys()


_OF_FRRCFGD = "BGP_GLOBALS_AF_AGGREGATE_ADDR"
_OF_BGPCFGD = "BGP_AGGREGATE_ADDRESS"
"""From 202511 on bgpcfgd makes aggregates of its rows, whatever frr.conf says (sonic-buildimage
src/sonic-bgpcfgd/bgpcfgd/managers_aggregate_address.py)."""


def _learned_of(bgp: BgpState, neighbors: Collection[str]) -> frozenset[str]:
    """The prefixes that are from those neighbours alone: what another's neighbour announces is as little ours as it is.

    bgpd knows a neighbour that is named by its port by the link-local address of the far end (FRR bgpd/bgp_route.c
    route_vty_out(): peerId is the address of the peer).
    """
    known = (bgp.sessions[one].address for one in neighbors if one in bgp.sessions)
    addresses = {*neighbors, *known} - {"", "none"}
    return frozenset(prefix for prefix, peers in bgp.learned.items() if peers and peers <= addresses)


def _seen(
    expected: Expectations, route: RouteOfZebra | None, way: Paths, origins: frozenset[int] | None, asn: int
) -> Seen:
    if route is None:
        return Seen("no BGP route", Problem.NO_ROUTE)
    seen = f"via {', '.join(route.ports) or 'nothing'}"
    if not route.installed:
        return Seen(f"{seen}, {route.lacks or 'not installed'}", Problem.NOT_INSTALLED)
    if not route.ports:
        return Seen(seen, Problem.NOT_INSTALLED)
    unknown = _unknown_to_swss(expected, route)
    if unknown:
        text = f"{seen}: link-local next hop{'s' * (len(unknown) > 1)} on {', '.join(unknown)}"
        return Seen(text, Problem.LINK_LOCAL_HOP)
    if origins is None:
        return Seen(f"{seen}, and bgpd has no such route", Problem.STALE)
    if strangers := origins - {asn}:
        return Seen(f"{seen}, announced by AS {', '.join(map(str, sorted(strangers)))}", Problem.ORIGIN)
    if not way.certain:
        return Seen(seen)
    if set(route.ports) - way.ports:
        return Seen(seen, Problem.OTHER_WAY)
    if len(route.ports) != way.count:
        return Seen(f"{seen}: {len(route.ports)} of {way.count} paths", Problem.PATHS)
    return Seen(seen)


def _unknown_to_swss(expected: Expectations, route: RouteOfZebra) -> list[str]:
    """Interfaces with a link-local next hop that the ASIC does not get.

    swss learns such a neighbour only on a port with `ipv6_use_link_local_only` (sonic-swss neighsyncd/neighsync.cpp;
    sonic-swss#1872): FRR and the kernel have the route, and traffic goes through the switch's CPU or nowhere.
    """
    interfaces = expected.plan.interfaces
    return [name for name in route.link_local if name in interfaces and not interfaces[name].link_local]


def _is_hosts(prefix: str, networks: tuple[IpNetwork, ...]) -> bool:
    one = ip_network(prefix)
    return one.prefixlen == one.max_prefixlen and any(
        one.version == network.version and one.network_address in network for network in networks
    )


def _wanted(way: Paths) -> str:
    if not way.certain:
        return "an installed route"
    if way.count < len(way.ports):
        return f"an installed route over {way.count} of {len(way.ports)} equal paths"
    return f"an installed route via {', '.join(sorted(way.ports))}"
