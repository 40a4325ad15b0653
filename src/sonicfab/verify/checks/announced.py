"""`announced`: neighbours outside are told what the topology lets out, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from sonicfab.families import Family
from sonicfab.hints import first_of
from sonicfab.plan.bgp import Session
from sonicfab.plan.outside import OutsidePlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.bgp import ADVERTISED
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult, Problem

_Way = tuple[OutsidePlan, Session, Family]


class Announced(Check[_Way]):
    """A neighbour outside is told no prefix that its `announce` does not let out, the default route where it is to be
    told one.
    """

    what = "what neighbours outside are told"
    counted = ("neighbour outside", "neighbours outside")
    order = 26
    shows = "sudo vtysh -c 'show bgp ipv4 unicast'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return [_question(one.about) for one in self.wanted(expected)]

    def wanted(self, expected: Expectations) -> Iterator[Wanted[_Way]]:
        """Each family of each session that is to be up."""
        for one in expected.fabric.outside:
            for group, session in expected.plan.sessions if one.switch == expected.plan.name else ():
                if group.of_neighbor(one.name) and not session.options.shutdown:
                    for family in session.families:
                        text = f"{one.name} is told what `announce` lets out"
                        yield Wanted((one, session, family), session.peer, text, family, one.name)

    def judge(self, expected: Expectations, one: Wanted[_Way], answers: Answers) -> Seen:
        """Nothing that leaks; where the session is down it is told nothing."""
        told = answers.get(_question(one.about))
        leaked = [prefix for prefix in told if not one.about[0].may_be_told(ip_network(prefix))]
        if leaked:
            return Seen(f"is told {first_of(leaked)}", Problem.LEAKED)
        return Seen(f"{len(told)} prefix{'es' * (len(told) != 1)}")

    def more(self, one: CheckResult) -> str:
        """See Check."""
        shows = f"show bgp {one.family} unicast neighbors {one.subject} advertised-routes"
        return f"sudo vtysh -c '{shows}' shows all that it is told"


def _question(way: _Way) -> Question[tuple[str, ...]]:
    _, session, family = way
    return ADVERTISED.of(family=family, peer=session.peer)
