"""`route`: every loopback by all its planned paths, from whom it must be, and nothing else in the routing table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from sonicfab.plan.types import IpNetwork
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.parse import Route
from sonicfab.switch.parse_state import BgpState
from sonicfab.verify.checks.base import Check
from sonicfab.verify.checks.bgp import neighbors_of_others
from sonicfab.verify.checks.questions import BGP, RECORD, STORED_FRR, ZEBRA
from sonicfab.verify.expect import Expectations
from sonicfab.verify.paths import Way
from sonicfab.verify.results import CheckResult


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    routes = answers.get(ZEBRA).routes
    # without bgpd's word a route in zebra may be one that it kept of a bgpd that is gone: that is no success
    bgp = answers.get(BGP)
    yield from judge_routes(expected, routes, bgp.origins)
    theirs = _learned_of(bgp, neighbors_of_others(expected, answers))
    yield from judge_others(expected, {prefix: route for prefix, route in routes.items() if prefix not in theirs})


def _learned_of(bgp: BgpState, neighbors: Collection[str]) -> frozenset[str]:
    """The prefixes that are from those neighbours alone: what another's neighbour announces is as little ours as it is.

    bgpd knows a neighbour that is named by its port by the link-local address of the far end (FRR bgpd/bgp_route.c
    route_vty_out(): peerId is the address of the peer).
    """
    known = (bgp.sessions[one].address for one in neighbors if one in bgp.sessions)
    addresses = {*neighbors, *known} - {"", "none"}
    return frozenset(prefix for prefix, peers in bgp.learned.items() if peers and peers <= addresses)


def judge_routes(
    expected: Expectations, routes: Mapping[str, Route], origins: Mapping[str, frozenset[int]]
) -> Iterator[CheckResult]:
    """Every loopback of the fabric: installed, over all its paths, and originated by its own switch alone."""
    for far, addresses in expected.loopbacks.items():
        asn = expected.fabric.switches[far].asn
        for family, address in addresses.items():
            prefix = f"{address}/{address.max_prefixlen}"
            way = expected.ways[far, family]
            problem, seen = _fault(expected, routes.get(prefix), way, origins.get(prefix), asn)
            yield CheckResult(
                expected.plan.name,
                "route",
                prefix,
                family,
                far,
                "failed" if problem else "ok",
                _wanted(way),
                seen,
                problem=problem,
            )


def _fault(
    expected: Expectations, route: Route | None, way: Way, origins: frozenset[int] | None, asn: int
) -> tuple[str, str]:
    if route is None:
        return "no-route", "no BGP route"
    seen = f"via {', '.join(route.ports) or 'nothing'}"
    if not route.installed:
        return "not-installed", f"{seen}, {route.lacks or 'not installed'}"
    if not route.ports:
        return "not-installed", seen
    unknown = _unknown_to_swss(expected, route)
    if unknown:
        return "link-local-hop", f"{seen}: link-local next hop{'s' * (len(unknown) > 1)} on {', '.join(unknown)}"
    if origins is None:
        return "stale", f"{seen}, and bgpd has no such route"
    if strangers := origins - {asn}:
        return "origin", f"{seen}, announced by AS {', '.join(map(str, sorted(strangers)))}"
    if not way.certain:
        return "", seen
    extra = set(route.ports) - way.ports
    if extra:
        return "other-way", seen
    if len(route.ports) != way.count:
        return "paths", f"{seen}: {len(route.ports)} of {way.count} paths"
    return "", seen


def _unknown_to_swss(expected: Expectations, route: Route) -> list[str]:
    """Ports with a link-local next hop that the ASIC does not get.

    swss learns such a neighbour only on a port with `ipv6_use_link_local_only` (sonic-swss neighsyncd/neighsync.cpp;
    sonic-swss#1872): FRR and the kernel have the route, and traffic goes through the switch's CPU or nowhere.
    """
    ports = expected.ports
    return [port for port in route.link_local if port in ports and not ports[port].link_local]


def judge_others(expected: Expectations, routes: Mapping[str, Route]) -> Iterator[CheckResult]:
    """BGP routes that are neither a switch's loopback nor what hosts may announce."""
    hosts: tuple[IpNetwork, ...] = (*expected.fabric.hosts.ipv4, *expected.fabric.hosts.ipv6)
    for prefix, route in routes.items():
        if prefix in expected.known_prefixes or _is_hosts(prefix, hosts):
            continue
        family = "ipv6" if ":" in prefix else "ipv4"
        yield CheckResult(
            expected.plan.name,
            "route",
            prefix,
            family,
            "",
            "failed",
            "no such route",
            f"via {', '.join(route.ports) or 'nothing'}",
            problem="foreign",
        )


def _is_hosts(prefix: str, networks: tuple[IpNetwork, ...]) -> bool:
    one = ip_network(prefix)
    return one.prefixlen == one.max_prefixlen and any(
        one.version == network.version and one.network_address in network for network in networks
    )


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            yield CheckResult(
                expected.plan.name,
                "route",
                f"{address}/{address.max_prefixlen}",
                family,
                far,
                "failed",
                _wanted(expected.ways[far, family]),
                seen,
                problem="unanswered",
            )


def _wanted(way: Way) -> str:
    if not way.certain:
        return "an installed route"
    if way.count < len(way.ports):
        return f"an installed route over {way.count} of {len(way.ports)} equal paths"
    return f"an installed route via {', '.join(sorted(way.ports))}"


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (ZEBRA, BGP) if expected.config is None else (ZEBRA, BGP, STORED_FRR, RECORD)


CHECK = Check("route", "loopback routes", questions, judge, unasked)
