"""What a finding is, and what finds one: the failed results, and everything that the switches said."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from sonicfab.endpoint import Endpoint
from sonicfab.hints import first_of
from sonicfab.plan.bgp import Session
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.switch.ask import Answers, UnansweredError
from sonicfab.switch.state.bgp import BGP_STATE, BgpSession, BgpState
from sonicfab.switch.state.interfaces import Interface
from sonicfab.switch.state.routes import ZEBRA_STATE, ZebraState
from sonicfab.verify.checks import config
from sonicfab.verify.expect import Expectations, FabricExpectations
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Explanation, Problem

SEVERITY = ("unreachable", "switch", "cable", "link", "session", "routes", "config", "note")
"""From what takes most with it to what takes nothing."""


@dataclass(frozen=True)
class Diagnosis(Explanation):
    """One thing that is wrong; `severity` is one of SEVERITY, `broken` what does not carry traffic while it lasts."""

    broken: Outage = field(default=Outage(), repr=False)

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts the worst first."""
        return SEVERITY.index(self.severity), -len(self.results) - len(self.consequences)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """All expectations that it explains."""
        return (*self.results, *self.consequences)


class Case:
    """What is to be explained; diagnosers take the results that they have an explanation of."""

    def __init__(
        self,
        fabric: FabricExpectations,
        expectations: Mapping[str, Expectations],
        answers: Mapping[str, Answers],
        results: Iterable[CheckResult],
    ) -> None:
        self.fabric, self.expectations, self.answers = fabric, expectations, answers
        self.results = tuple(results)
        self.open: dict[int, CheckResult] = {
            place: one for place, one in enumerate(self.results) if one.status in ("failed", "unreached")
        }
        self.findings: list[Diagnosis] = []
        self._drift: dict[tuple[str, str], list[str]] = {}
        self.owners: dict[tuple[str, str], dict[str, int]] = {}

    @property
    def plan(self) -> FabricPlan:
        """The fabric's plan."""
        return self.fabric.plan

    def switch(self, name: str) -> SwitchPlan:
        """The plan of a switch."""
        return self.plan.switches[name]

    def bgp(self, switch: str) -> BgpState | None:
        """What its bgpd says; None when it says nothing."""
        answers = self.answers.get(switch)
        return answers.find(BGP_STATE) if answers else None

    def zebra(self, switch: str) -> ZebraState | None:
        """What its zebra says; None when it says nothing."""
        answers = self.answers.get(switch)
        return answers.find(ZEBRA_STATE) if answers else None

    def interface(self, end: Endpoint) -> Interface | None:
        """A port as zebra sees it."""
        zebra = self.zebra(end[0])
        return zebra.interfaces.get(end[1]) if zebra else None

    def session(self, switch: str, peer: str) -> BgpSession | None:
        """A session as the switch tells of it."""
        bgp = self.bgp(switch)
        return bgp.sessions.get(peer) if bgp else None

    def far_session(self, near: str, session: Session) -> tuple[Session, BgpSession | None] | None:
        """The other end of a planned session: its plan, and what that switch tells of it."""
        far = self.plan.switches[session.far.switch]
        for one in far.fabric_sessions:
            if (one.far, one.interface) == (Endpoint(near, session.interface), session.far.port) and set(
                one.families
            ) == set(session.families):
                return one, self.session(far.name, one.peer)
        return None

    def drift(self, switch: str, subject: str = "frr") -> list[str]:
        """How the config of a switch differs from what is intended; nothing when that is not known."""
        key = (switch, subject)
        if key not in self._drift:
            expected, answers = self.expectations.get(switch), self.answers.get(switch)
            try:
                self._drift[key] = config.drift(expected, answers, subject) if expected and answers else []
            except UnansweredError:
                self._drift[key] = []
        return self._drift[key]

    def because(self, switch: str, pattern: str, *subjects: str) -> tuple[str, ...]:
        """Lines of drift that the finding which is made now explains; they are no finding of their own then."""
        found: list[str] = []
        for subject in subjects or ("frr", "config_db"):
            for line in self.drift(switch, subject):
                if re.search(pattern, line):
                    self.owners.setdefault((switch, subject), {})[line] = len(self.findings)
                    found.append(f"drift of {switch}: {line}")
        return tuple(found)

    def failed(self, *checks: str, switch: str = "", problems: Collection[Problem] = ()) -> list[CheckResult]:
        """What nobody has explained yet."""
        return [
            one
            for one in self.open.values()
            if (not checks or one.check in checks)
            and (not switch or one.switch == switch)
            and (not problems or one.problem in problems)
        ]

    def take(self, wanted: Callable[[CheckResult], bool]) -> tuple[CheckResult, ...]:
        """Those that are explained from now on."""
        places = [place for place, one in self.open.items() if wanted(one)]
        return tuple(self.open.pop(place) for place in places)

    def take_these(self, results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
        """Those of them that nobody has explained yet."""
        chosen = {id(one) for one in results}
        return self.take(lambda one: id(one) in chosen)

    def link_results(
        self, *ends: Endpoint, checks: Iterable[str] = ("bgp", "interface", "portchannel", "lldp")
    ) -> tuple[CheckResult, ...]:
        """Take what failed at these ports."""
        peers = {(switch, peer) for switch, port in ends for peer in self.peers(switch, port)}
        wanted = set(checks)
        return self.take(
            lambda one: (
                one.check in wanted and (one.end in ends or (one.check == "bgp" and (one.switch, one.subject) in peers))
            )
        )

    def peers(self, switch: str, port: str) -> tuple[str, ...]:
        """What FRR calls the neighbours on a port."""
        return self._peers.get(Endpoint(switch, port), ())

    @cached_property
    def _peers(self) -> dict[Endpoint, tuple[str, ...]]:
        found: dict[Endpoint, tuple[str, ...]] = {}
        for name, switch in self.plan.switches.items():
            for _, session in switch.sessions:
                end = Endpoint(name, session.interface)
                found[end] = (*found.get(end, ()), session.peer)
        return found

    def channel_of(self, end: Endpoint) -> Endpoint:
        """The port channel that a port is planned to be a member of; the port itself where it is none."""
        channels = self.switch(end.switch).port_channels if end.switch in self.plan.switches else ()
        return next((Endpoint(end.switch, one.name) for one in channels if end.port in one.members), end)

    def between(self, switch: str, far: str) -> set[str]:
        """The switches on the planned ways between two, without the two."""
        found: set[str] = set()
        todo = [switch]
        while todo:
            name = todo.pop()
            for family in self.plan.families:
                way = self.fabric.ways(family).of(name, far)
                for port in way.ports if way else ():
                    after = next(
                        (one.far.switch for one in self.switch(name).fabric_sessions if one.interface == port), ""
                    )
                    if after and after != far and after not in found:
                        found.add(after)
                        todo.append(after)
        return found - {switch}

    def add(self, finding: Diagnosis) -> None:
        """One more."""
        self.findings.append(finding)

    def extend(self, place: int, consequences: Iterable[CheckResult]) -> None:
        """More that follows from a finding."""
        found = self.findings[place]
        self.findings[place] = replace(found, consequences=(*found.consequences, *consequences))


def some(words: Iterable[object], most: int = 3) -> str:
    """The first few different ones, and how many more."""
    return first_of(dict.fromkeys(map(str, words)), most)


Diagnoser = Callable[[Case], Iterator[Diagnosis]]
"""Yields findings and takes from the case what they explain."""
