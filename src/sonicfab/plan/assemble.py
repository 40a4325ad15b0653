"""Inventory and topology to a plan: the one place where the fabric is looked at as a whole. Pure, O(links)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from ipaddress import ip_interface, ip_network
from itertools import combinations
from typing import Literal

from sonicfab.asn import is_private
from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import natural_key
from sonicfab.errors import KeyPath, Problem, Severity
from sonicfab.hints import did_you_mean, first_of
from sonicfab.ipam import link_end
from sonicfab.model.fields import Endpoint
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import SONIC_MTU, SwitchEntry, Topology
from sonicfab.plan.asns import of_a_pod, speaks_bgp, without_bgp
from sonicfab.plan.bgp import BgpInstance, BgpPlan, IpNetwork, PeerGroup, RouteMap
from sonicfab.plan.border import outside_plans, outside_problems, outside_routing
from sonicfab.plan.breakouts import break_out
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.plan.cabling import Cabling, cables_alone, members, resolve
from sonicfab.plan.extra import Extra
from sonicfab.plan.interfaces import LOOPBACK, InterfaceKind
from sonicfab.plan.leave import left_on, unknown, useless
from sonicfab.plan.misplaced import misplaced
from sonicfab.plan.networks import Networks, attachments, resolve_networks, use_problems
from sonicfab.plan.numbers import Allotment, Numbered, allot
from sonicfab.plan.options import settled
from sonicfab.plan.origin import origin_problems, with_routes
from sonicfab.plan.outside import OutsidePlan
from sonicfab.plan.policy import told_inside
from sonicfab.plan.ports import NOTHING_SAID, PortSettings
from sonicfab.plan.sessions import of_one_as, routing, session_problems
from sonicfab.plan.settings import resolve_settings
from sonicfab.plan.speeds import impossible_fec, mixed_speeds, shared_speeds
from sonicfab.plan.types import (
    FabricPlan,
    HostPolicy,
    InterfacePlan,
    LinkPlan,
    LoopbackPools,
    Loopbacks,
    PortPlan,
    PortPlanUse,
    SwitchPlan,
    SwitchSettings,
)
from sonicfab.plan.unified import is_unified, unified_problems
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import PortTable, ports_of


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
    roles = {name: one.role for name, one in settings.items()}
    interfaces = _interfaces(links, cabling, allotment, networks)
    bgp_of = routing(topology, links, cabling.hosts, roles, allotment.asns)
    ports = _set_ports(topology, links, cabling, settings)
    ports_out = {(host.switch, host.outside.name): host.port for host in cabling.hosts if host.outside}
    outside = outside_plans(topology, ports_out)
    _add_outside(topology, outside, allotment, bgp_of)
    hosts, most = topology.hosts, topology.hosts.max_prefixes
    return FabricPlan(
        name=topology.name,
        underlay=topology.underlay.addressing,
        mtu=topology.mtu,
        loopbacks=LoopbackPools(topology.loopbacks.ipv4, topology.loopbacks.ipv6),
        bgp=_shared_bgp(topology),
        hosts=HostPolicy(hosts.prefixes.ipv4, hosts.prefixes.ipv6, most.limit if most else None),
        links=links,
        switches={
            name: replace(
                with_routes(
                    topology,
                    _switch(
                        one,
                        allotment,
                        *bgp_of[name],
                        ports[name],
                        interfaces[name],
                        cabling.port_channels.get(name, ()),
                        networks,
                    ),
                ),
                ownership=(topology.switches.get(name) or SwitchEntry()).ownership or topology.ownership,
                extra=Extra.of(topology, name),
                left=left_on(topology, name),
                unified=is_unified(topology, name),
            )
            for name, one in settings.items()
        },
        networks=networks.plans,
        outside=outside,
        told=told_inside(topology),
    )


def _add_outside(
    topology: Topology,
    outside: Iterable[OutsidePlan],
    allotment: Allotment,
    bgp_of: dict[str, tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]],
) -> None:
    """The sessions and policies towards neighbours of others, beside those of the fabric."""
    for name in sorted({one.switch for one in outside}):
        groups, maps = bgp_of[name]
        own = Loopbacks(allotment.ipv4.get(name), allotment.ipv6.get(name))
        out, policies = outside_routing(topology, outside, name, allotment.asns.get(name, 0), own)
        bgp_of[name] = tuple(sorted((*groups, *out), key=lambda one: one.name)), (*maps, *policies)


def _shared_bgp(topology: Topology) -> BgpPlan:
    bgp, common = topology.bgp, settled(topology.bgp)
    times = common.keepalive, common.hold, common.connect_retry
    return BgpPlan(*times, common.bfd, bgp.maximum_paths, bgp.suppress_fib_pending, bgp.defaults)


def _switch(
    settings: SwitchSettings,
    allotment: Allotment,
    groups: tuple[PeerGroup, ...],
    route_maps: tuple[RouteMap, ...],
    set_ports: Mapping[str, PortPlan],
    interfaces: Mapping[str, InterfacePlan],
    port_channels: tuple[PortChannelPlan, ...],
    networks: Networks,
) -> SwitchPlan:
    unused = dict(_unused_ports(settings))
    for name, speed in shared_speeds({name: port.speed for name, port in set_ports.items()}, settings).items():
        port = _port(settings.platform, settings.table[name], speed, SONIC_MTU, "unused")
        unused[name] = replace(port, decided=frozenset({"speed"}))
    loopbacks = Loopbacks(allotment.ipv4.get(settings.name), allotment.ipv6.get(settings.name))
    own = tuple(ip_network(one) for one in (loopbacks.ipv4, loopbacks.ipv6) if one is not None)
    asn = allotment.asns.get(settings.name, 0)
    return SwitchPlan(
        **{field.name: getattr(settings, field.name) for field in fields(settings)},
        asn=asn,
        loopbacks=loopbacks,
        ports=tuple(set_ports.get(name, port) for name, port in unused.items()),
        interfaces=interfaces,
        port_channels=port_channels,
        bgp=_instances(asn, loopbacks, own, groups, networks.announced(settings.name)),
        route_maps=route_maps if loopbacks.ipv4 else (),
        vlans=networks.vlans[settings.name],
    )


def _instances(
    asn: int,
    loopbacks: Loopbacks,
    own: tuple[IpNetwork, ...],
    groups: tuple[PeerGroup, ...],
    subnets: tuple[IpNetwork, ...],
) -> tuple[BgpInstance, ...]:
    """BGP of a switch: none without a loopback, which is its router id."""
    return (BgpInstance(asn, loopbacks.ipv4, own, groups, subnets=subnets),) if loopbacks.ipv4 else ()


def _unused_ports(switch: SwitchSettings) -> Mapping[str, PortPlan]:
    """The ports of a switch, nothing plugged in; one value for all switches of a model whose ports are as they came."""
    plain = _plain_ports(switch.platform, switch.build)
    if switch.table is ports_of(switch.platform, switch.build):
        return plain
    row = frozenset({"alias", "index", "lanes", "speed"})  # of a port that is there because the topology breaks one out
    return {
        name: port if name in plain and plain[name].lanes == port.lanes else replace(port, decided=row)
        for name, port in _unplugged(switch.platform, switch.table).items()
    }


@lru_cache(maxsize=64)
def _plain_ports(platform: Platform, build: Build) -> Mapping[str, PortPlan]:
    return _unplugged(platform, ports_of(platform, build))


def _unplugged(platform: Platform, table: PortTable) -> Mapping[str, PortPlan]:
    return {port.name: _port(platform, port, port.speed, SONIC_MTU, "unused") for port in table.values()}


def _port(
    platform: Platform,
    row: PlatformPort,
    speed: int,
    mtu: int,
    use: PortPlanUse,
    fec: str = "",
    said: PortSettings = NOTHING_SAID,
) -> PortPlan:
    """A port; what the topology says of it alone goes over what its use makes of it."""
    fec = said.fec or fec or platform.fec.get(speed, "")
    return PortPlan(
        row.name,
        row.alias,
        row.lanes,
        row.index,
        speed,
        "" if fec == "default" else fec,
        said.mtu or mtu,
        use,
        description=said.description or "",
        autoneg=None if said.autoneg == "default" else row.autoneg if said.autoneg is None else said.autoneg,
        adv_speeds=said.adv_speeds or (),
        adv_interface_types=said.adv_interface_types or (),
        admin=said.admin,
        decided=said.decided,
        subport=row.subport,
    )


def _set_ports(
    topology: Topology, links: Iterable[LinkPlan], cabling: Cabling, settings: Mapping[str, SwitchSettings]
) -> Mapping[str, Mapping[str, PortPlan]]:
    """The ports of which the topology says anything, by switch.

    The fabric's MTU is for ports in use alone: another one for all would be 50 more changes of each switch.
    """
    found: dict[str, dict[str, PortPlan]] = {name: {} for name in settings}
    members = cabling.members

    def put(end: Endpoint, speed: int, mtu: int, use: PortPlanUse, fec: str = "") -> PortPlan:
        switch, said = settings[end.switch], cabling.said(end)
        port = _port(switch.platform, switch.table[end.port], speed, mtu, use, fec, said)
        found[end.switch][end.port] = port
        return port

    for link in links:
        for end, far in ((end, far) for a, b in link.cables for end, far in ((a, b), (b, a))):
            mtu = members[end].mtu if end in members else link.mtu
            port = put(end, link.speed, mtu, "member" if link.members else "link", link.fec)
            description = str(far) if cabling.said(end).description is None else port.description
            found[end.switch][end.port] = replace(port, description=description, far=far)
    for end, one in members.items():
        if not one.far:
            port = put(end, one.speed, one.mtu, "member", one.fec)
            if cabling.said(end).description is None:
                found[end.switch][end.port] = replace(port, description=one.description)
    for host in cabling.hosts:
        if cabling.channel(Endpoint(host.switch, host.port)):
            continue
        port = put(
            Endpoint(host.switch, host.port), host.speed, host.mtu, "outside" if host.outside else "host", host.fec
        )
        found[host.switch][host.port] = replace(port, description=host.description or "host")
    for end, said in cabling.others.items():
        if row := settings[end.switch].table.get(end.port):
            use: PortPlanUse = said.use if said.use in ("access", "trunk") else "unused"
            put(end, said.speed or row.speed, SONIC_MTU if use == "unused" else topology.mtu, use)
    return found


def _interfaces(
    links: Iterable[LinkPlan], cabling: Cabling, allotment: Allotment, networks: Networks
) -> dict[str, dict[str, InterfacePlan]]:
    """The interfaces of each switch by name, ports in natural order."""
    found: dict[str, list[InterfacePlan]] = {name: [] for name in networks.vlans}
    for name, some in found.items():
        some += networks.interfaces(name)
    for link in links:
        if link.vlans:
            continue  # its ports are members of VLANs
        own = [network for network in (link.ipv4, link.ipv6) if network is not None]
        for position, (end, _, number) in enumerate(link.ends):
            found[end.switch].append(
                InterfacePlan(
                    end.port,
                    InterfaceKind.PORT_CHANNEL if link.members else InterfaceKind.PORT,
                    "link",
                    tuple(cable[position].port for cable in link.members),
                    link_local=not own,
                    addresses=tuple(link_end(network, number) for network in own),
                    mtu=cabling.said(end).mtu or link.mtu,
                )
            )
    for host in cabling.hosts:
        channel = cabling.channel(Endpoint(host.switch, host.port))
        kind = InterfaceKind.PORT_CHANNEL if channel else InterfaceKind.PORT
        members = channel.members if channel else ()
        numbered = host.outside.address if host.outside else ()
        addresses = tuple(ip_interface(str(one)) for one in numbered)
        own_use: Literal["host", "outside"] = "outside" if host.outside else "host"
        found[host.switch].append(
            InterfacePlan(
                host.port, kind, own_use, members, link_local=not addresses, addresses=addresses, mtu=host.mtu
            )
        )
    for name, some in found.items():
        both = (allotment.ipv4.get(name), allotment.ipv6.get(name))
        addresses = tuple(ip_interface(one) for one in both if one is not None)
        if addresses:
            some.append(InterfacePlan(LOOPBACK, InterfaceKind.LOOPBACK, addresses=addresses))
    return {
        name: {one.name: one for one in sorted(some, key=lambda one: natural_key(one.name))}
        for name, some in found.items()
    }


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
