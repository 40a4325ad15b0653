"""`static`: the static routes of the plan, installed over their next hops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.plan.routes import StaticRoute
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.routes import STATIC_ROUTES
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult, Problem

_Lines = tuple[StaticRoute, ...]


class Static(Check[_Lines]):
    """Every static route of the plan is installed over all its next hops; one with a distance above 20 may stand behind
    a route of BGP.
    """

    what = "static routes"
    counted = ("static route", "static routes")
    order = 24
    shows = "sudo vtysh -c 'show ip route static' -c 'show ipv6 route static'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (STATIC_ROUTES,) if expected.plan.statics else ()

    def wanted(self, expected: Expectations) -> Iterator[Wanted[_Lines]]:
        """By prefix."""
        found: dict[str, list[StaticRoute]] = {}
        for one in expected.plan.statics:
            found.setdefault(str(one.prefix), []).append(one)
        for prefix, lines in found.items():
            text = f"an installed static route: {', '.join(one.next_hop for one in lines)}"
            yield Wanted(tuple(lines), prefix, text, lines[0].family)

    def judge(self, expected: Expectations, one: Wanted[_Lines], answers: Answers) -> Seen:
        """There, over each next hop, selected and installed."""
        route = answers.get(STATIC_ROUTES).get(one.subject)
        if route is None:
            return Seen("no static route", Problem.NO_ROUTE)
        lacking = [line.next_hop for line in one.about if not route.leads_to(line.address, line.interface)]
        if lacking:
            return Seen(f"not over {', '.join(lacking)}", Problem.PATHS)
        if not route.selected:
            backup = one.about[0].backup
            return Seen("another route goes before it", Problem.NONE if backup else Problem.OTHER_WAY)
        if not route.installed:
            return Seen("not installed", Problem.NOT_INSTALLED)
        return Seen("installed")

    def more(self, one: CheckResult) -> str:
        """See Check."""
        command = "ipv6" if one.family == "ipv6" else "ip"
        return f"sudo vtysh -c 'show {command} route {one.subject}' shows what goes there"
