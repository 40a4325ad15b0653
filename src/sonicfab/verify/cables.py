"""Which cables of a list LLDP has seen where they belong, which it has seen elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sonicfab.endpoint import Endpoint
from sonicfab.plan.cables import CableEnd, CableRun
from sonicfab.verify.results import CheckResult, Problem

TickState = Literal["seen", "wrong", "missing", "not known"]
_WRONG = frozenset({Problem.CABLE, Problem.STRANGER})


@dataclass(frozen=True, slots=True)
class Tick:
    """What LLDP says of a cable.

    Attributes:
        state: `seen` where it belongs, `wrong` when another end is there, `missing` when there is none, `not known`
            where nobody has looked, or what is there speaks no LLDP with us.
        said: what is there instead; "" where all is well.
    """

    state: TickState
    said: str = ""


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A cable that nobody planned: a port of a switch, and the switch that is seen there."""

    end: Endpoint
    far: str


def tick(runs: Sequence[CableRun], results: Iterable[CheckResult]) -> tuple[dict[CableRun, Tick], list[Unplanned]]:
    """Each cable with what LLDP says of it, and the cables that are in no list.

    One end that sees the other is enough where the other end was not looked at; where it sees nobody, that is told.
    """
    seen = {one.end: one for one in results if one.check == "lldp"}
    unplanned = [Unplanned(one.end, one.seen) for one in seen.values() if one.problem is Problem.CABLE and not one.far]
    return {run: _tick(run, seen) for run in runs}, unplanned


def _tick(run: CableRun, seen: dict[Endpoint, CheckResult]) -> Tick:
    if run.far is None:
        return Tick("not known")
    found = [(end, seen[end.end]) for end in run.ends if end.end in seen and seen[end.end].far == _far(run, end)]
    told = [(end, one) for end, one in found if one.status in ("ok", "failed")]
    for state, problems in (("wrong", _WRONG), ("missing", {Problem.NO_NEIGHBOR})):
        bad = [f"{end.end} sees {one.seen}" for end, one in told if one.problem in problems]
        if bad:
            return Tick("wrong" if state == "wrong" else "missing", "; ".join(bad))
    if any(one.status == "ok" for _, one in told):
        return Tick("seen")
    return Tick("not known", "; ".join(f"{end.end}: {one.seen}" for end, one in found))


def _far(run: CableRun, end: CableEnd) -> str:
    other = next(one for one in run.ends if one is not end)
    return str(other.end)
