"""`vlan`: the VLANs of the plan are there, their members with the right tags; what is announced comes everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sonicfab.access import Feature
from sonicfab.families import Family
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.types import SwitchPlan
from sonicfab.plan.vlans import VlanPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.probes import PING_SIZED, sized
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.switch.state.vlans import RELAYS, VLANS
from sonicfab.verify.check import Check, Other, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem


@dataclass(frozen=True, slots=True)
class VlanWanted:
    """What is expected of: a VLAN, its relays, a member with its tagging in each VLAN, a neighbour in one; nothing:
    an announced subnet.
    """

    vlan: VlanPlan | None = None
    tagging: tuple[tuple[str, str], ...] = ()
    relay: bool = False
    neighbor: str = ""


NEIGHBORS = replace(PING_SIZED, name="neighbours in VLANs", command="")
"""By name; its command is made for each switch."""
_SMALL = 56


class Vlan(Check[VlanWanted]):
    """swss has the VLANs of the plan, with every member tagged or not as planned, and an interface that routes has a
    member with link; other switches that have addresses in the same network answer there. The subnets that are
    announced are BGP routes on the switches that they come to. The DHCP relays that the plan wants run.
    """

    what = "VLANs"
    counted = ("VLAN", "VLANs")
    order = 45
    severity = "link"
    shows = mend = "show vlan brief"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """Nothing of a fabric without networks."""
        if not expected.fabric.networks:
            return ()
        relay = any(one.dhcp_relay or one.dhcp_relay_v6 for one in expected.plan.vlans)
        relays = (RELAYS,) if relay and Feature.CONTAINERS in expected.provides else ()
        asked = [sized(whom, _SMALL, own) for own, whom in _neighbors(expected).items()]
        pings = (replace(NEIGHBORS, command=f"{' & '.join(asked)} & wait"),) if asked else ()
        return (ZEBRA_STATE, *((VLANS,) if expected.plan.vlans else ()), *relays, *pings)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[VlanWanted]]:
        """Its VLANs, their members, and the subnets that come from others."""
        inside: dict[str, list[tuple[str, str]]] = {}
        far = {link_end.port: other for link_end, other in _trunks(expected)}
        for vlan in expected.plan.vlans:
            yield Wanted(VlanWanted(vlan), vlan.name, f"network {vlan.network}")
            if (vlan.dhcp_relay or vlan.dhcp_relay_v6) and Feature.CONTAINERS in expected.provides:
                servers = ", ".join((*vlan.dhcp_relay, *vlan.dhcp_relay_v6))
                yield Wanted(VlanWanted(vlan, relay=True), f"{vlan.name} DHCP", f"relayed to {servers}")
            for member in vlan.members:
                inside.setdefault(member.interface, []).append((vlan.name, member.tagging_mode))
        for port, tagging in inside.items():
            yield Wanted(VlanWanted(tagging=tuple(tagging)), port, _words(dict(tagging)), far=str(far.get(port, "")))
        if Feature.PING in expected.provides:
            for whom in _neighbors(expected).values():
                for address, (switch, network) in whom.items():
                    yield Wanted(VlanWanted(neighbor=network), address, f"answers in {network}", far=switch)
        for subnet, origins in announced(expected).items():
            if any((origin, Family.of(subnet)) in expected.ways for origin in origins):
                text = f"a BGP route, from {' and '.join(origins)}"
                yield Wanted(VlanWanted(), subnet, text, Family.of(subnet), far=origins[0])

    def judge(self, expected: Expectations, one: Wanted[VlanWanted], answers: Answers) -> Seen:
        """See Check."""
        about = one.about
        if about.relay and about.vlan:
            return _relay(about.vlan, answers)
        if about.tagging:
            return _member(one.subject, dict(about.tagging), answers)
        if about.neighbor:
            answers_there = one.subject in answers.get(NEIGHBORS)
            return Seen("answers") if answers_there else Seen("no answer", Problem.LOST)
        if about.vlan:
            return _vlan(expected, about.vlan, answers)
        route = answers.get(ZEBRA_STATE).routes.get(one.subject)
        if route is None:
            return Seen("no BGP route", Problem.NO_ROUTE)
        seen = f"via {', '.join(route.ports) or 'nothing'}"
        return Seen(seen) if route.installed and route.ports else Seen(seen, Problem.NOT_INSTALLED)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """What a lab has not."""
        relayed = [one.name for one in expected.plan.vlans if one.dhcp_relay or one.dhcp_relay_v6]
        if relayed and Feature.CONTAINERS not in expected.provides:
            wanted = Wanted(None, "DHCP", f"relayed for {', '.join(relayed)}")
            yield wanted, Seen("a switch of a lab has no container dhcp_relay", skipped=True)


def announced(expected: Expectations) -> dict[str, list[str]]:
    """Subnet -> the other switches that announce it; none that the switch is in itself."""
    own = {str(address.network) for one in expected.plan.interfaces.values() for address in one.addresses}
    told = [str(one) for network in expected.fabric.networks if network.announced for one in network.subnets]
    return {subnet: origins for subnet in told if subnet not in own and (origins := _origins(expected, subnet))}


def _origins(expected: Expectations, subnet: str) -> list[str]:
    def has(switch: SwitchPlan) -> bool:
        return any(subnet == str(one) for instance in switch.bgp for one in instance.subnets)

    return [name for name, switch in expected.fabric.switches.items() if has(switch)]


def _neighbors(expected: Expectations) -> dict[str, dict[str, tuple[str, str]]]:
    """Own address in a network -> the addresses of other switches in it, each with its switch and the network."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for one in expected.plan.interfaces_of(InterfaceKind.VLAN):
        for own in one.addresses:
            others = {
                str(address.ip): (name, one.network)
                for name, switch in expected.fabric.switches.items()
                for other in switch.interfaces_of(InterfaceKind.VLAN)
                for address in other.addresses
                if name != expected.plan.name and address.ip in own.network and address.ip != own.ip
            }
            if others:
                found[str(own.ip)] = others
    return found


def _trunks(expected: Expectations) -> Iterator[tuple[Any, Any]]:
    for link in expected.fabric.links:
        if link.vlans:
            for end, far, _ in link.ends:
                if end.switch == expected.plan.name:
                    yield end, far


def _vlan(expected: Expectations, vlan: VlanPlan, answers: Answers) -> Seen:
    if vlan.name not in answers.get(VLANS):
        return Seen("swss has no such VLAN", Problem.MISSING)
    interfaces = answers.get(ZEBRA_STATE).interfaces
    names = [member.interface for member in vlan.members]
    up = [name for name in names if name in interfaces and interfaces[name].oper_up]
    seen = f"{len(up)} of {len(names)} members with link"
    trunks = {end.port for end, _ in _trunks(expected)}
    if vlan.routed and not up and trunks.intersection(names):
        return Seen(seen, Problem.NO_LINK)
    return Seen(seen)


def _member(port: str, wanted: dict[str, str], answers: Answers) -> Seen:
    vlans = answers.get(VLANS)
    seen = {name: members[port] for name, members in vlans.items() if port in members}
    if all(seen.get(name) == mode for name, mode in wanted.items()):
        return Seen(_words(wanted))
    lacking = wanted.keys() - seen.keys()
    return Seen(_words(seen) or "in no VLAN", Problem.NOT_A_MEMBER if lacking else Problem.TAGGING)


def _relay(vlan: VlanPlan, answers: Answers) -> Seen:
    runs = answers.get(RELAYS)
    lacking = []
    if vlan.dhcp_relay and not (vlan.name in runs.vlans or runs.ipv4):
        lacking.append("IPv4")
    if vlan.dhcp_relay_v6 and not runs.ipv6:
        lacking.append("IPv6")
    return Seen(f"no {' and no '.join(lacking)} relay runs", Problem.NO_RELAY) if lacking else Seen("runs")


def _words(tagging: dict[str, str]) -> str:
    return ", ".join(f"{mode} in {name}" for name, mode in tagging.items())
