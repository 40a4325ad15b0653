"""Inventory and topology to a plan: the one place where the fabric is looked at as a whole. Pure, O(links)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from sonicfab.asn import is_private
from sonicfab.catalog import Catalog
from sonicfab.configdb import natural_key
from sonicfab.errors import KeyPath, Problem, Severity
from sonicfab.hints import did_you_mean, first_of
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.asns import of_a_pod, speaks_bgp, without_bgp
from sonicfab.plan.bgp import BgpPlan, IpNetwork
from sonicfab.plan.border import outside_plans, outside_problems
from sonicfab.plan.breakouts import break_out
from sonicfab.plan.cabling import Cabling, cables_alone, members, resolve
from sonicfab.plan.leave import unknown, useless
from sonicfab.plan.misplaced import misplaced
from sonicfab.plan.networks import Networks, attachments, resolve_networks, use_problems
from sonicfab.plan.numbers import Allotment, Numbered, allot
from sonicfab.plan.options import settled
from sonicfab.plan.origin import origin_problems
from sonicfab.plan.policy import told_inside
from sonicfab.plan.sessions import of_one_as, session_problems
from sonicfab.plan.settings import resolve_settings
from sonicfab.plan.speeds import impossible_fec, mixed_speeds
from sonicfab.plan.switches import Planner, Switches
from sonicfab.plan.types import (
    FabricPlan,
    HostPolicy,
    LoopbackPools,
    SwitchSettings,
)
from sonicfab.plan.unified import unified_problems


class PlanProblems(Exception):  # noqa: N818 - not an error of its own: the caller gives each problem its place
    """The plan cannot be made; `problems` are all that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = problems


def make_plan(
    inventory: Inventory,
    topology: Topology,
    recorded: Numbers,
    catalog: Catalog,
    build: str = "",
    *,
    unfit: bool = False,
) -> tuple[FabricPlan, Numbers, list[Problem]]:
    """The plan, what the numbers file must hold for it, and warnings.

    `build` replaces that of every switch; `unfit` makes a plan for builds that cannot run on their switches, too.

    Raises:
        PlanProblems: with everything that is wrong, not the first alone.
    """
    named = members(topology)
    problems = [
        Problem("topology", path, f"switch '{name}' is not in the inventory", did_you_mean(name, inventory.devices))
        for name, path in named.items()
        if name not in inventory.devices
    ]
    names = sorted((name for name in named if name in inventory.devices), key=natural_key)
    settings, found = resolve_settings(inventory, names, catalog, build, unfit=unfit)
    problems += found
    complete = len(settings) == len(named)
    settings, found = break_out(topology, settings, complete=complete)
    problems += found
    cabling, found = resolve(topology, settings, complete=complete)
    problems += [*found, *misplaced(cabling), *mixed_speeds(cabling, settings), *impossible_fec(cabling, settings)]
    inside, found = attachments(topology, cabling.others)
    problems += [*use_problems(topology), *found]
    networks, found = resolve_networks(topology, settings, cabling.links, inside, complete=complete)
    problems += found
    numbered = {name: Numbered(one.role, one.mac) for name, one in settings.items()}
    routed = [link.name for link in cabling.links if not link.vlans]
    unrouted = {name for name in settings if not speaks_bgp(topology, name)}
    of_one = {**of_a_pod(topology, settings), **of_one_as(cabling)}
    allotment, found = allot(topology, numbered, routed, recorded, of_one, unrouted)
    problems += [*found, *without_bgp(topology, cabling, networks), *_check(topology, cabling, allotment, settings)]
    problems += [*_check_management(topology, settings.values()), *useless(topology), *unknown(topology, settings)]
    if any(problem.severity == "error" for problem in problems):
        raise PlanProblems(problems)
    plan = _fabric(topology, settings, cabling, allotment, networks)
    problems += unified_problems(topology, plan)
    if any(problem.severity == "error" for problem in problems):
        raise PlanProblems(problems)
    return plan, allotment.record, problems


def problems_alone(value: Inventory | Topology, catalog: Catalog) -> list[Problem]:
    """What is wrong with an inventory or a topology whatever the other one says: for when that cannot be read."""
    if isinstance(value, Inventory):
        return resolve_settings(value, value.devices, catalog, partial=True)[1]
    return [*_check_families(value), *_check_overlaps(value), *cables_alone(value), *use_problems(value)]


def _fabric(
    topology: Topology,
    settings: Mapping[str, SwitchSettings],
    cabling: Cabling,
    allotment: Allotment,
    networks: Networks,
) -> FabricPlan:
    links = tuple(
        replace(
            link,
            ipv4=allotment.links_ipv4.get(link.name),
            ipv6=allotment.links_ipv6.get(link.name),
            flipped=link.name in allotment.flipped,
        )
        for link in cabling.links
    )
    ports_out = {(host.switch, host.outside.name): host.port for host in cabling.hosts if host.outside}
    outside = outside_plans(topology, ports_out)
    planner = Planner(topology, settings, links, cabling, allotment, networks, outside)
    hosts, most = topology.hosts, topology.hosts.max_prefixes
    return FabricPlan(
        name=topology.name,
        underlay=topology.underlay.addressing,
        mtu=topology.mtu,
        loopbacks=LoopbackPools(topology.loopbacks.ipv4, topology.loopbacks.ipv6),
        bgp=_shared_bgp(topology),
        hosts=HostPolicy(hosts.prefixes.ipv4, hosts.prefixes.ipv6, most.limit if most else None),
        links=links,
        switches=Switches(settings, planner.switch),
        networks=networks.plans,
        outside=outside,
        told=told_inside(topology),
    )


def _shared_bgp(topology: Topology) -> BgpPlan:
    bgp, common = topology.bgp, settled(topology.bgp)
    times = common.keepalive, common.hold, common.connect_retry
    return BgpPlan(*times, common.bfd, bgp.maximum_paths, bgp.suppress_fib_pending, bgp.defaults)


def _check(
    topology: Topology, cabling: Cabling, allotment: Allotment, settings: Mapping[str, SwitchSettings]
) -> Iterator[Problem]:
    yield from _check_families(topology)
    yield from _check_overlaps(topology)
    deaf = [f"{one.name} ({one.build.name})" for one in settings.values() if not one.build.acknowledges_routes]
    if topology.bgp.suppress_fib_pending and deaf:
        message = f"zebra is not told when the ASIC has a route on {first_of(deaf)}: BGP would not wait for it"
        hint = "leave it out, or take a build whose zebra is told: community-202411 and later"
        yield Problem("topology", ("bgp", "suppress_fib_pending"), message, hint)
    for role, pool in topology.asn.items():
        if not (is_private(pool.first) and is_private(pool.last)):
            message = f"ASN {pool} of the role {role} is not private (RFC 6996)"
            yield Problem("topology", ("asn", role), message, severity="warning")
    yield from session_problems(topology, cabling, allotment.asns, {name: one.role for name, one in settings.items()})
    yield from outside_problems(topology, allotment.asns)
    yield from origin_problems(topology, settings)
    if any(not host.outside for host in cabling.hosts) and not (
        topology.hosts.prefixes.ipv4 or topology.hosts.prefixes.ipv6
    ):
        message = "hosts have ports, but no prefixes that they may announce: all they send is refused"
        yield Problem("topology", ("hosts",), message, "add `prefixes`", "warning", on_key=True)


def _check_families(topology: Topology) -> Iterator[Problem]:
    underlay, loopbacks = topology.underlay, topology.loopbacks
    if underlay.ipv4 and not underlay.ipv6 and loopbacks.ipv6:
        message = "an IPv4 underlay cannot carry the IPv6 loopbacks"
        hint = "add an ipv6 pool, use an ipv6 pool alone, or unnumbered"
        yield Problem("topology", ("underlay",), message, hint, on_key=True)


def _check_overlaps(topology: Topology) -> Iterator[Problem]:
    """Pools of different uses must not share addresses: a host could announce the loopback of a switch."""
    for (path, network), (other_path, other) in combinations([*_pools(topology), *_subnets(topology)], 2):
        if network.version == other.version and network.overlaps(other):
            message = f"{other} overlaps {network}, which is {'.'.join(map(str, path))}"
            yield Problem("topology", other_path, message)


def _check_management(topology: Topology, switches: Iterable[SwitchSettings]) -> Iterator[Problem]:
    """Pools must leave the management networks alone: they would hand out the gateway, or let hosts announce it.

    In a management VRF the same addresses are others, and that is odd only.
    """
    networks: dict[IpNetwork, list[SwitchSettings]] = {}
    routes: dict[IpNetwork, list[str]] = {}
    for switch in switches:
        networks.setdefault(switch.management.address.network, []).append(switch)
        for route in switch.management.routes:
            routes.setdefault(route, []).append(switch.name)
    for path, pool in _pools(topology):
        for network, members_ in networks.items():
            if network.version != pool.version or not network.overlaps(pool):
                continue
            outside = [one.name for one in members_ if not one.management.vrf]
            names = first_of(outside or [one.name for one in members_])
            message = f"{pool} overlaps {network}, the management network of {names}"
            severity: Severity = "error" if outside else "warning"
            hint = "take another network: addresses of the management network would be handed out or announced"
            yield Problem("topology", path, message, hint, severity)
        for route, names_ in routes.items():
            if route.version == pool.version and route.overlaps(pool):
                message = f"{first_of(names_)} would send what is for {pool} out of eth0: management.routes has {route}"
                hint = "name the networks that are reached over the management network, and no others"
                yield Problem("topology", path, message, hint, "warning")


def _subnets(topology: Topology) -> Iterator[tuple[KeyPath, IpNetwork]]:
    """The subnets of the networks, each once for a network, and those towards the outside."""
    for name, network in topology.networks.items():
        first = {one.network: path for path, one in reversed(network.interfaces)}
        yield from ((("networks", name, *path), one) for one, path in first.items())
    for index, neighbor in enumerate(topology.outside):
        yield from ((("outside", index, "address"), address.network) for address in neighbor.address)


def _pools(topology: Topology) -> list[tuple[KeyPath, IpNetwork]]:
    """Every network of the topology that addresses come from, and where it stands."""
    hosts = topology.hosts.prefixes
    pools: list[tuple[KeyPath, IpNetwork | None]] = [
        (("loopbacks", "ipv4"), topology.loopbacks.ipv4),
        (("loopbacks", "ipv6"), topology.loopbacks.ipv6),
        (("underlay", "ipv4"), topology.underlay.ipv4),
        (("underlay", "ipv6"), topology.underlay.ipv6),
        *((("hosts", "prefixes", "ipv4"), network) for network in hosts.ipv4),
        *((("hosts", "prefixes", "ipv6"), network) for network in hosts.ipv6),
    ]
    return [(path, network) for path, network in pools if network is not None]
