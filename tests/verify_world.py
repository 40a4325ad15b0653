"""A fabric that is as its plan says, as the answers of its switches: plain data for tests to spoil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conftest import ROOT
from sonicfab.access import Feature
from sonicfab.errors import Place
from sonicfab.fabric import Fabric, render_fabric
from sonicfab.families import Family
from sonicfab.lab.access import PROVIDES
from sonicfab.ownership.record import Record
from sonicfab.plan.bgp import Session
from sonicfab.plan.types import SwitchPlan
from sonicfab.report.findings import lines
from sonicfab.switch.ask import Answers, Question, UnansweredError, failure
from sonicfab.switch.state import bgp, config, lags, lldp, ports, routes, services, system, vlans
from sonicfab.switch.state.bgp import BgpPeer, BgpSession, BgpState
from sonicfab.switch.state.interfaces import Interface
from sonicfab.switch.state.lldp import LldpNeighbor
from sonicfab.switch.state.ports import SonicPort
from sonicfab.switch.state.routes import Route, ZebraState
from sonicfab.switch.state.system import Filesystem, Health
from sonicfab.verify.checks import ping, vlan
from sonicfab.verify.checks.bgp import GRACEFUL_WORDS
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.diagnose.run import diagnose
from sonicfab.verify.expect import FabricExpectations
from sonicfab.verify.registry import CHECKS
from sonicfab.verify.results import CheckResult, Problem


@dataclass
class Box:
    """What one switch says; whatever is set to a string is the reason why it does not say that."""

    bgp: BgpState | str
    zebra: ZebraState | str
    lldp: list[LldpNeighbor] | str
    config_db: dict[str, dict[str, dict[str, object]]]
    frr: str
    stored_config_db: dict[str, dict[str, dict[str, object]]]
    stored_frr: str
    answered: set[str]
    small: set[str]
    asic: dict[str, SonicPort] = field(default_factory=dict)
    unreachable: str = ""
    vlans: dict[str, dict[str, str]] = field(default_factory=dict)
    forwarding: dict[str, bool] = field(default_factory=lambda: {"ipv4": True, "ipv6": True})
    tsa: str = ""
    lags: dict[str, dict[str, str]] = field(default_factory=dict)
    """The rows of port channels in APPL_DB (`:`) and STATE_DB (`|`)."""
    problem: str = "transport"
    """The kind of error that it is unreachable by."""
    more: dict[Question[object], object] = field(default_factory=dict)
    """What it answers to questions besides."""


def _relative(place: Place) -> Place:
    return replace(place, file=str(Path(place.file).relative_to(ROOT)))


class World:
    """All switches of a fabric, healthy until a test changes something."""

    def __init__(self, fabric: Fabric, provides: frozenset[Feature] = PROVIDES) -> None:
        self.plan = fabric.plan
        self.configs = {one.switch: one for one in render_fabric(fabric, fabric.plan.switches.values())}
        self.fabric = FabricExpectations(
            self.plan, self.configs, provides=provides, place_of=lambda link: _relative(fabric.link_place(link))
        )
        self.boxes = {name: self._box(name) for name in self.plan.switches}

    def _box(self, name: str) -> Box:
        config = self.configs[name]
        expected = self.fabric.of(self.plan.switches[name])

        def database() -> dict[str, dict[str, dict[str, object]]]:
            return {table: {key: dict(row) for key, row in rows.items()} for table, rows in config.config_db.items()}

        return Box(
            self._bgp(name),
            self._zebra(name),
            self._lldp(name),
            database(),
            config.frr,
            database(),
            config.frr,
            {one for family in self.plan.families for one in ping.targets(expected, family)}
            | {str(one) for network in self.plan.networks for one in network.gateways},
            set(),
            lags=self._lags(name),
            vlans={
                one.name: {member.interface: member.tagging_mode for member in one.members}
                for one in self.plan.switches[name].vlans
            },
        )

    def _lags(self, name: str) -> dict[str, dict[str, str]]:
        rows: dict[str, dict[str, str]] = {}
        for one in self.plan.switches[name].port_channels:
            rows[f"LAG_TABLE:{one.name}"] = {"admin_status": "up", "oper_status": "up", "mtu": str(one.mtu)}
            rows[f"LAG_TABLE|{one.name}"] = {"runner.active": "true"}
            partner = self.plan.switches[one.far.switch].mac if one.far else "02:00:5e:99:00:01"
            for port in one.members:
                rows[f"LAG_MEMBER_TABLE:{one.name}:{port}"] = {"status": "enabled"}
                rows[f"LAG_MEMBER_TABLE|{one.name}|{port}"] = {
                    "link.up": "true",
                    "runner.selected": "true",
                    "runner.partner_lacpdu_info.system": partner,
                }
        return rows

    def _bgp(self, name: str) -> BgpState:
        switch = self.plan.switches[name]
        peers: list[BgpPeer] = []
        sessions: dict[str, BgpSession] = {}
        for one in switch.fabric_sessions:
            asn, timers = one.remote_asn or 0, one.options
            if timers.shutdown:
                shut = ("Idle (Admin)", "Admin", 0, 0, 0.0, "")
                peers += [BgpPeer(one.peer, f, asn, switch.asn, *shut) for f in one.families]
                sessions[one.peer] = BgpSession(one.peer, asn, switch.asn, "Idle", shut=True)
                continue
            peers += [BgpPeer(one.peer, f, asn, switch.asn, "Established", "", 2, 2, 9.0, "") for f in one.families]
            counts: dict[str, int] = dict.fromkeys(one.families, 2)
            sessions[one.peer] = established(
                switch,
                one,
                configured_hold=timers.hold,
                configured_keepalive=timers.keepalive,
                received=counts,
                sent=counts,
                policies=dict.fromkeys(one.families, ("FROM-FABRIC", "TO-FABRIC")),
                established=1,
                bfd="Up" if timers.bfd else "",
                up_since=1000,
                graceful=GRACEFUL_WORDS.get(timers.graceful_restart, "Helper"),
                far_graceful=GRACEFUL_WORDS.get(timers.graceful_restart, "Helper"),
            )
        origins = {
            prefix: frozenset({self.plan.switches[far].asn})
            for far in [name, *self.fabric.of(switch).loopbacks]
            for prefix in self._prefixes(far)
        }
        return BgpState(switch.asn, tuple(peers), sessions, origins)

    def _prefixes(self, name: str) -> list[str]:
        addresses = (self.plan.switches[name].loopback(family) for family in self.plan.families)
        return [f"{one}/{one.max_prefixlen}" for one in addresses if one is not None]

    def _zebra(self, name: str) -> ZebraState:
        switch = self.plan.switches[name]
        interfaces = {
            port.name: Interface(port.name, port.use != "unused", bool(port.far), port.mtu, port.speed, switch.mac, "")
            for port in switch.ports
        }
        addresses = {
            port.name: ("fe80::1/64", *map(str, switch.interfaces[port.name].addresses))
            if port.name in switch.interfaces
            else ("fe80::1/64",)
            for port in switch.ports
        }
        for one in switch.port_channels:
            interfaces[one.name] = Interface(one.name, True, True, one.mtu, one.speed, switch.mac, "")
            own = switch.interfaces[one.name].addresses if one.name in switch.interfaces else ()
            addresses[one.name] = ("fe80::1/64", *map(str, own))
        addresses["Loopback0"] = tuple(self._prefixes(name))
        expected = self.fabric.of(switch)
        routes: dict[str, Route] = {}
        for (far, family), way in expected.ways.items():
            address = expected.loopbacks[far][family]
            prefix = f"{address}/{address.max_prefixlen}"
            routes[prefix] = Route(prefix, installed=True, ports=tuple(sorted(way.ports)))
        for subnet, (origin, *_) in vlan.announced(expected).items():
            for (far, family), way in expected.ways.items():
                if far == origin and family == Family.of(subnet):
                    routes[subnet] = Route(subnet, installed=True, ports=tuple(sorted(way.ports)))
        for svi in switch.interfaces_of("VLAN"):
            interfaces[svi.name] = Interface(svi.name, True, True, 9100, 0, switch.mac, "")
            addresses[svi.name] = tuple(map(str, svi.addresses))
        return ZebraState(interfaces, addresses, routes)

    def _lldp(self, name: str) -> list[LldpNeighbor]:
        found: list[LldpNeighbor] = []
        for port in self.plan.switches[name].ports:
            far, far_port = port.far
            if far:
                other = self.plan.switches[far]
                alias = next(one.alias for one in other.ports if one.name == far_port)
                found.append(LldpNeighbor(port.name, far, alias, f"{name}:{port.name}", other.mac, 9))
        return found

    def bgp(self, name: str) -> BgpState:
        """What its bgpd says."""
        state = self.boxes[name].bgp
        assert isinstance(state, BgpState)
        return state

    def zebra(self, name: str) -> ZebraState:
        """What its zebra says."""
        state = self.boxes[name].zebra
        assert isinstance(state, ZebraState)
        return state

    def change_session(self, name: str, peer: str, *, reason: str = "", **fields: object) -> None:
        """Another session at one end; its state and AS are those of its peers of all families."""
        state = self.bgp(name)
        one = replace(state.sessions[peer], **fields)  # type: ignore[arg-type]
        shown = f"{one.state} (Admin)" if one.shut else one.state
        peers = tuple(
            replace(
                other,
                state=shown,
                reason=reason,
                remote_asn=one.remote_asn,
                received=one.received.get(other.family, 0),
            )
            if other.peer == peer
            else other
            for other in state.peers
        )
        self.boxes[name].bgp = replace(state, peers=peers, sessions={**state.sessions, peer: one})

    def change_port(self, name: str, port: str, **fields: object) -> None:
        """Another port, as zebra sees it."""
        state = self.zebra(name)
        one = replace(state.interfaces[port], **fields)  # type: ignore[arg-type]
        self.boxes[name].zebra = replace(state, interfaces={**state.interfaces, port: one})

    def session_down(self, a: str, b: str, **fields: object) -> None:
        """All sessions between two switches, at both ends."""
        for near, far in ((a, b), (b, a)):
            for one in self.plan.switches[near].fabric_sessions:
                if one.far.switch == far:
                    told = {"state": "Active", "families": (), "received": {}, "sent": {}, **fields}
                    self.change_session(near, one.peer, reason="", **told)

    def lose_ways(self, gone: Callable[[str, str], bool]) -> None:
        """No route and no answer between pairs of switches, both directions."""
        for name, switch in self.plan.switches.items():
            box, state = self.boxes[name], self.boxes[name].zebra
            for far, addresses in self.fabric.of(switch).loopbacks.items():
                if gone(name, far) and isinstance(state, ZebraState):
                    words = {str(address) for address in addresses.values()}
                    kept = {p: route for p, route in state.routes.items() if p.partition("/")[0] not in words}
                    state = replace(state, routes=kept)
                    box.zebra, box.answered = state, box.answered - words

    def verified(self) -> tuple[list[CheckResult], list[Diagnosis]]:
        """The results of all checks, and what explains them."""
        answers: dict[str, Answers] = {}
        expectations = {}
        results: list[CheckResult] = []
        for name, box in self.boxes.items():
            expected = self.fabric.of(self.plan.switches[name])
            expectations[name] = expected
            if box.unreachable:
                answers[name] = Answers({})
                seen = CheckResult(
                    switch=name,
                    check="login",
                    subject=name,
                    status="unreached",
                    expected="",
                    seen=box.unreachable,
                    problem=Problem(box.problem),
                )
                results.append(seen)
                continue
            answers[name] = answers_of(box)
            for check in CHECKS:
                # what a new check asks nobody here has an answer to, and that is no fault of the switch
                if all(_was_asked(answers[name], one) for one in check.questions(expected)):
                    results += check.results(expected, answers[name])
                else:
                    unasked = check.unasked(expected, "not asked")
                    results += [replace(one, status="skipped", problem=Problem.NONE) for one in unasked]
        return results, diagnose(self.fabric, expectations, answers, results)

    def text(self) -> str:
        """The findings as the table shows them."""
        return "\n".join([*lines(self.verified()[1]), ""])


def established(switch: SwitchPlan, one: Session, **more: Any) -> BgpSession:
    """A planned session that is up, with the timers of its plan."""
    said = {"families": one.families, "hold": one.options.hold, "keepalive": one.options.keepalive, **more}
    return BgpSession(one.peer, one.remote_asn or 0, switch.asn, "Established", **said)


def _was_asked(answers: Answers, question: Question[object]) -> bool:
    try:
        answers.get(question)
    except UnansweredError as err:
        return str(err) != "it was not asked"
    return True


def answers_of(box: Box) -> Answers:
    """What a switch says, as answers."""
    answers = Answers({})

    def put(question: Question[object], value: object) -> None:
        if isinstance(value, str) and question not in (config.RUNNING_FRR, config.STORED_FRR):
            value = failure(value)
        answers.put(question, value)

    put(bgp.BGP_STATE, box.bgp)
    put(routes.ZEBRA_STATE, box.zebra)
    put(lldp.LLDP_NEIGHBORS, box.lldp)
    put(lags.LAGS_APPL, {key: dict(row) for key, row in box.lags.items() if ":" in key})
    put(lags.LAGS_STATE, {key: dict(row) for key, row in box.lags.items() if "|" in key})
    put(vlans.VLANS, box.vlans)
    put(vlan.NEIGHBORS, frozenset(box.answered))
    put(config.RUNNING_CONFIG_DB, box.config_db)
    put(config.RUNNING_FRR, box.frr)
    put(config.STORED_CONFIG_DB, box.stored_config_db)
    put(config.STORED_FRR, box.stored_frr)
    put(config.MODE_RESETTERS, [])
    put(config.RECORD, Record())
    put(system.HEALTH, Health(3600, ()))
    put(system.DISK, [Filesystem("/", 1 << 30)])
    put(system.FORWARDING, dict(box.forwarding))
    answers.put(system.TSA, box.tsa)
    put(services.CLOCK, services.Clock(synchronised=True, sources=()))
    put(services.SYSLOG_TARGETS, frozenset(box.stored_config_db.get("SYSLOG_SERVER", {})))
    put(services.SNMP_LISTENS, True)
    if box.asic:
        put(ports.SONIC_PORTS, box.asic)
        put(ports.TRANSCEIVERS, frozenset(box.asic))
        put(ports.PORT_ERRORS, {})
    for question, value in box.more.items():
        put(question, value)
    put(ping.FIRST, frozenset(box.answered))
    put(ping.AGAIN, frozenset(f"small {one}" for one in box.small))
    return answers


GOLDEN = Path(__file__).parent / "golden" / "verify"
