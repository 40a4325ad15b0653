"""What switches route and tell beside BGP with their neighbours: static routes, aggregates, redistribution. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sonicfab.errors import KeyPath, Problem
from sonicfab.hints import did_you_mean, first_of
from sonicfab.model.routes import NextHop, OnSwitches
from sonicfab.model.topology import Topology
from sonicfab.plan.asns import speaks_bgp
from sonicfab.plan.policy import named_policy
from sonicfab.plan.routes import Aggregate, Redistribution, StaticRoute
from sonicfab.plan.types import SwitchPlan, SwitchSettings

_Entries = Iterator[tuple[KeyPath, OnSwitches]]


def _entries(topology: Topology) -> _Entries:
    for section in ("routes", "aggregates", "redistribute"):
        yield from (((section, index), one) for index, one in enumerate(getattr(topology, section)))


def _is_on(one: OnSwitches, switch: SwitchSettings) -> bool:
    return switch.name in one.switches or one.role == switch.role


def with_routes(topology: Topology, switch: SwitchPlan) -> SwitchPlan:
    """The switch with what it routes and tells by itself."""
    if not any(_is_on(one, switch) for _, one in _entries(topology)):
        return switch
    statics = tuple(_statics(topology, switch))
    aggregates = tuple(
        Aggregate(one.prefix, one.policy or "", f"aggregates.{index}")
        for index, one in enumerate(topology.aggregates)
        if _is_on(one, switch)
    )
    taken_over = tuple(
        Redistribution(one.protocol, one.policy, f"redistribute.{index}")
        for index, one in enumerate(topology.redistribute)
        if _is_on(one, switch)
    )
    told = tuple(dict.fromkeys(one.prefix for one in statics if one.announced))
    maps = {one.name: one for one in switch.route_maps}
    named = {*(one.policy for one in aggregates), *(one.policy for one in taken_over)}
    for name in sorted(named - {"", *maps}):
        maps[name] = named_policy(topology, name, "", "", switch.asn)
    bgp = tuple(replace(one, routes=told, aggregates=aggregates, redistributed=taken_over) for one in switch.bgp)
    return replace(switch, statics=statics, bgp=bgp, route_maps=tuple(maps.values()) if bgp else ())


def _statics(topology: Topology, switch: SwitchPlan) -> Iterator[StaticRoute]:
    """A line for each next hop, in the order of the topology."""
    for index, one in enumerate(topology.routes):
        for hop in (one.via or (NextHop(None),)) if _is_on(one, switch) else ():
            network = topology.networks.get(hop.interface)
            name = f"Vlan{network.vlan}" if network else hop.interface
            yield StaticRoute(
                one.prefix, hop.address, name, one.distance, one.tag or 0, one.bfd, one.announce, f"routes.{index}"
            )


def origin_problems(topology: Topology, settings: Mapping[str, SwitchSettings]) -> Iterator[Problem]:
    """What is wrong with static routes, aggregates and redistribution, whatever the cables are."""
    seen: dict[tuple[str, str, str], KeyPath] = {}
    for path, one in _entries(topology):
        there = [switch for switch in settings.values() if _is_on(one, switch)]
        if one.role and not there:
            yield Problem("topology", (*path, "role"), f"no switch of this fabric is a {one.role}")
        policy = getattr(one, "policy", None)
        if policy and policy not in topology.policies:
            hint = did_you_mean(policy, topology.policies) or "name it under policies:"
            yield Problem("topology", (*path, "policy"), f"there is no policy '{policy}'", hint)
        mute = [switch.name for switch in there if not speaks_bgp(topology, switch.name)]
        if mute and (path[0] != "routes" or getattr(one, "announce", False)):
            message = f"{first_of(mute)} has no BGP that could tell it"
            yield Problem("topology", path, message, "take it out here, or its `bgp: none`", on_key=True)
        what = str(getattr(one, "prefix", "") or getattr(one, "protocol", ""))
        for switch in there:
            first = seen.setdefault((str(path[0]), switch.name, what), path)
            if first != path:
                message = f"{switch.name} has {what} twice: {first[0]}.{first[1]} says it, too"
                yield Problem("topology", path, message, "one entry says all of it", on_key=True)
        blind = [f"{switch.name} ({switch.build.name})" for switch in there if not switch.build.static_bfd]
        if getattr(one, "bfd", False) and blind:
            message = f"FRR on {first_of(blind)} watches no static route with BFD"
            yield Problem("topology", (*path, "bfd"), message, "take `bfd` out, or a build with FRR 8.5 or newer")
