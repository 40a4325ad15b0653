"""`aggregate`: the aggregates of the plan are there, which they are while there is a route within."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any

from sonicfab.families import Family
from sonicfab.plan.routes import Aggregate as AggregatePlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.bgp import BGP_STATE, BgpState
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult, Problem


class Aggregate(Check[AggregatePlan]):
    """Every aggregate of the plan is in the BGP table of its switch: it has a route within, and neighbours are told."""

    what = "aggregates"
    counted = ("aggregate", "aggregates")
    order = 25
    shows = "sudo vtysh -c 'show bgp ipv4 unicast'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (expected.bgp_state,) if any(one.aggregates for one in expected.plan.bgp) else ()

    def wanted(self, expected: Expectations) -> Iterator[Wanted[AggregatePlan]]:
        """Each of the switch's own."""
        for instance in expected.plan.bgp:
            for one in instance.aggregates:
                yield Wanted(one, str(one.prefix), "an aggregate with a route within", Family.of(one.prefix))

    def judge(self, expected: Expectations, one: Wanted[AggregatePlan], answers: Answers) -> Seen:
        """In the table, and its own."""
        bgp = answers.get(BGP_STATE)
        count = len(within(bgp, one.subject))
        routes = f"{count} route{'s' * (count != 1)} within"
        if one.subject in bgp.origins:
            return Seen(f"{routes}")
        return Seen(f"not there, {routes}", Problem.NO_ROUTE)

    def more(self, one: CheckResult) -> str:
        """See Check."""
        return f"sudo vtysh -c 'show bgp {one.family} unicast {one.subject} longer-prefixes' shows what is within"


def within(bgp: BgpState, prefix: str) -> list[str]:
    """The longer prefixes in a BGP table that are within one."""
    network = ip_network(prefix)
    return [
        one
        for one in bgp.origins
        if one != prefix and (inner := ip_network(one)).version == network.version and network.supernet_of(inner)  # type: ignore[arg-type]
    ]
