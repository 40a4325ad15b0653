"""`lldp`: every planned cable ends where the plan has it, and no cable to a switch that nobody planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.endpoint import Endpoint
from sonicfab.plan.types import FabricPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS, LldpNeighbor
from sonicfab.verify.check import Check, Other, Seen, Wanted, container_missing
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem
from sonicfab.verify.wiring import Directory, FarEnd

_directories: dict[int, tuple[FabricPlan, Directory]] = {}


def far_ends(plan: FabricPlan, near: str, neighbors: Iterable[LldpNeighbor]) -> dict[str, FarEnd]:
    """Port -> who is there. A switch of the plan wins over others behind the same port, such as a server's bridge.

    lldpd keeps who has gone for as long as the last frame said (two minutes): of several switches that one counts which
    was heard of last. Of those heard of in the same second the planned one does.
    """
    directory = directory_of(plan)
    found: dict[str, tuple[tuple[bool, float, bool], FarEnd]] = {}
    for neighbor in neighbors:
        far = directory.find(neighbor)
        rank = (bool(far.switch), -neighbor.age, far.end == directory.planned.get(Endpoint(near, neighbor.local_port)))
        if neighbor.local_port not in found or found[neighbor.local_port][0] < rank:
            found[neighbor.local_port] = (rank, far)
    return {port: far for port, (_, far) in found.items()}


def directory_of(plan: FabricPlan) -> Directory:
    """The directory of a plan, made once."""
    kept = _directories.get(id(plan))
    if kept is None or kept[0] is not plan:
        kept = (plan, Directory(plan))
        _directories[id(plan)] = kept
    return kept[1]


class Lldp(Check[None]):
    """Each cable ends where the topology has it: the neighbour is known by its MAC or name, its port by alias or
    name.
    """

    what = "cables"
    counted = ("cable end", "cable ends")
    order = 50
    severity = "config"
    shows = mend = "sudo docker exec lldp lldpcli show neighbors"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (LLDP_NEIGHBORS,)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[None]]:
        """The far end of every cable between switches."""
        for port in expected.plan.ports:
            if port.far:
                yield Wanted(None, port.name, f"{port.far} at its end", far=str(port.far))

    def judge(self, expected: Expectations, one: Wanted[None], answers: Answers) -> Seen:
        """What LLDP tells against the plan."""
        here = (neighbor for neighbor in answers.get(LLDP_NEIGHBORS) if neighbor.local_port == one.subject)
        far = far_ends(expected.fabric, expected.plan.name, here).get(one.subject)
        problem, text = _fault(Endpoint.of(one.far), far)
        return Seen(text, problem)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """Switches of the plan where it has none."""
        seen = far_ends(expected.fabric, expected.plan.name, answers.get(LLDP_NEIGHBORS))
        for port in expected.plan.ports:
            far = seen.get(port.name)
            if not port.far and far is not None and far.switch:
                yield Wanted(None, port.name, "no other switch"), Seen(str(far), Problem.CABLE)

    def unanswered(self, expected: Expectations, why: str) -> Seen:
        """A lab may have no lldpd (`lab doctor` says so)."""
        if container_missing(expected, why):
            return Seen(f"LLDP does not run in this lab: {why}", skipped=True)
        return super().unanswered(expected, why)


def _fault(wanted: Endpoint, far: FarEnd | None) -> tuple[Problem, str]:
    if far is None:
        return Problem.NO_NEIGHBOR, "no neighbour"
    if not far.switch:
        return Problem.STRANGER, far.said
    if not far.port:
        same = far.switch == wanted.switch
        return (Problem.PORT_UNKNOWN if same else Problem.CABLE), far.said
    return (Problem.NONE if far.end == wanted else Problem.CABLE), str(far)
