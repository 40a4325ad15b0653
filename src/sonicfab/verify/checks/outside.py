"""`outside`: the default route that neighbours of others bring, on every switch that BGP brings it to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.families import Family
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.bgp import BGP_STATE, TCP_SIGNATURES, TCP_SIGNATURES_LATER
from sonicfab.switch.state.routes import ZEBRA_STATE
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem


class Outside(Check[Family]):
    """Where the topology takes the default route from outside, or a switch tells its static one, every switch that BGP
    brings it to has it from BGP, installed and with next hops.
    """

    what = "default routes"
    counted = ("default route", "default routes")
    order = 22
    shows = "sudo vtysh -c 'show ip route 0.0.0.0/0'"
    mend = "sudo vtysh -c 'show bgp ipv4 unicast 0.0.0.0/0' -c 'show bgp ipv6 unicast ::/0' says who tells it"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (ZEBRA_STATE, expected.bgp_state) if expected.defaults else ()

    def then(self, expected: Expectations, answers: Answers) -> Iterable[Question[Any]]:
        """Where a session with a neighbour outside is signed and is not up, whether the kernel drops segments by now.

        The first reading is kept, however often is asked.
        """
        bgp = answers.find(BGP_STATE)
        signed = [session.peer for group, session in expected.plan.sessions if group.of and session.options.password]
        down = [one for one in bgp.peers if one.peer in signed and not one.established] if bgp else []
        asked = [TCP_SIGNATURES] if answers.find(TCP_SIGNATURES) is None else []
        return (*asked, TCP_SIGNATURES_LATER) if down else ()

    def wanted(self, expected: Expectations) -> Iterator[Wanted[Family]]:
        """The default route of each family that some neighbour is to tell; `far` is a switch that it comes in by."""
        for family, border in expected.defaults.items():
            yield Wanted(family, family.default, "an installed default route from BGP", family, border)

    def judge(self, expected: Expectations, one: Wanted[Family], answers: Answers) -> Seen:
        """Installed, with next hops, and bgpd has it, too."""
        route = answers.get(ZEBRA_STATE).routes.get(one.subject)
        if route is None:
            return Seen("no BGP route", Problem.NO_ROUTE)
        seen = f"via {', '.join(route.ports) or 'nothing'}"
        if not route.installed or not route.ports:
            return Seen(f"{seen}, {route.lacks or 'not installed'}", Problem.NOT_INSTALLED)
        if one.subject not in answers.get(BGP_STATE).origins:
            return Seen(f"{seen}, and bgpd has no such route", Problem.STALE)
        return Seen(seen)
