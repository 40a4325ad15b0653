"""`lldp`: every planned cable ends where the plan has it, and no cable to a switch that nobody planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.plan.types import FabricPlan, LinkPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.lldp import LldpNeighbor
from sonicfab.verify.checks.base import Check, container_missing
from sonicfab.verify.checks.questions import LLDP
from sonicfab.verify.expect import Expectations
from sonicfab.verify.paths import Port
from sonicfab.verify.results import CheckResult, Status
from sonicfab.verify.wiring import Directory, FarEnd

_directories: dict[int, tuple[FabricPlan, Directory]] = {}


def far_ends(plan: FabricPlan, near: str, neighbors: Iterable[LldpNeighbor]) -> dict[str, FarEnd]:
    """Port -> who is there. A switch of the plan wins over others behind the same port, such as a server's bridge.

    lldpd keeps who has gone for as long as the last frame said (two minutes): of several switches that one counts which
    was heard of last. Of those heard of in the same second the planned one does.
    """
    directory = directory_of(plan)
    planned = {end: f"{far[0]}:{far[1]}" for link in plan.links for end, far in _ends(link)}
    found: dict[str, tuple[tuple[bool, float, bool], FarEnd]] = {}
    for neighbor in neighbors:
        far = directory.find(neighbor)
        rank = (bool(far.switch), -neighbor.age, str(far) == planned.get((near, neighbor.local_port)))
        if neighbor.local_port not in found or found[neighbor.local_port][0] < rank:
            found[neighbor.local_port] = (rank, far)
    return {port: far for port, (_, far) in found.items()}


def _ends(link: LinkPlan) -> tuple[tuple[Port, Port], tuple[Port, Port]]:
    return (link.a, link.b), (link.b, link.a)


def directory_of(plan: FabricPlan) -> Directory:
    """The directory of a plan, made once."""
    kept = _directories.get(id(plan))
    if kept is None or kept[0] is not plan:
        kept = (plan, Directory(plan))
        _directories[id(plan)] = kept
    return kept[1]


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    return judge_cables(expected, answers.get(LLDP))


def judge_cables(expected: Expectations, neighbors: Iterable[LldpNeighbor]) -> Iterator[CheckResult]:
    """What LLDP tells against the plan."""
    name = expected.plan.name
    seen = far_ends(expected.fabric, name, neighbors)
    for port in expected.plan.ports:
        far = seen.pop(port.name, None)
        if port.use == "link":
            problem, text = _fault(port.far_end, far)
            status: Status = "failed" if problem else "ok"
            yield CheckResult(
                name, "lldp", port.name, "", port.far_end, status, f"{port.far_end} at its end", text, problem=problem
            )
        elif far is not None and far.switch:
            yield _unplanned(name, port.name, far)


def _unplanned(switch: str, port: str, far: FarEnd) -> CheckResult:
    return CheckResult(switch, "lldp", port, "", "", "failed", "no other switch", str(far), problem="cable")


def _fault(wanted: str, far: FarEnd | None) -> tuple[str, str]:
    if far is None:
        return "no-neighbor", "no neighbour"
    if not far.switch:
        return "stranger", far.said
    if not far.port:
        same = far.switch == wanted.partition(":")[0]
        return ("port-unknown" if same else "cable"), far.said
    return ("", str(far)) if str(far) == wanted else ("cable", str(far))


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked; a lab may have no lldpd (`lab doctor` says so)."""
    skip = container_missing(expected, seen)
    status: Status = "skipped" if skip else "failed"
    text = f"LLDP does not run in this lab: {seen}" if skip else seen
    for port in expected.plan.ports:
        if port.use == "link":
            yield CheckResult(
                expected.plan.name,
                "lldp",
                port.name,
                "",
                port.far_end,
                status,
                f"{port.far_end} at its end",
                text,
                problem="" if skip else "unanswered",
            )


def questions(_expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (LLDP,)


CHECK = Check("lldp", "cables", questions, judge, unasked)
