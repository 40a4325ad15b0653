"""Cables that are not where the plan has them, and the moves that put them right."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS, LldpNeighbor
from sonicfab.verify.checks.lldp import far_ends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import Problem
from sonicfab.verify.wiring import FarEnd, actual_wiring, moves, planned_wiring, wrong_groups


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Each group of cables that took each other's place."""
    wrong = case.failed("lldp", problems=(Problem.CABLE,))
    if not wrong:
        return
    planned, seen = planned_wiring(case.plan), _seen(case)
    actual = actual_wiring(seen)
    for group in wrong_groups(planned, actual):
        if not any(one.end in group for one in wrong):
            continue
        todo = moves(planned, actual, group)
        cables = sorted({tuple(sorted((end, actual[end]))) for end in group if end in actual})
        bad = [(a, b) for a, b in cables if planned.get(a) != b]
        # with LACP a bundle leaves the wrong members out; where it does not, its sessions end
        bundles = {one for end in group if (one := case.channel_of(end)) != end}
        taken = case.link_results(*group, *bundles)
        ended = {end for end in bundles if any(one.check == "bgp" and one.switch == end.switch for one in taken)}
        swap = all(move.action == "swap" for move in todo)
        yield Diagnosis(
            "cable-swapped" if swap and todo else "cable-wrong",
            "cable",
            tuple(str(end) for end in sorted({end for cable in bad for end in cable}, key=_key)),
            _cause(bad, planned),
            tuple(f"LLDP: {a} is connected to {b}" for a, b in bad[:4]),
            _mend(case, [str(move) for move in todo], bad),
            taken,
            broken=Outage(sessions=frozenset(end for end in group if end in planned) | ended),
        )


def _seen(case: Case) -> dict[Endpoint, FarEnd]:
    """What each port tells of its other end; where two tell different things, the one that has heard it later wins."""
    found: dict[Endpoint, FarEnd] = {}
    heard: dict[Endpoint, float] = {}
    for name, answers in case.answers.items():
        neighbors: list[LldpNeighbor] = answers.find(LLDP_NEIGHBORS) or []
        ages = {one.local_port: one.age for one in sorted(neighbors, key=lambda one: -one.age)}
        for port, far in far_ends(case.plan, name, neighbors).items():
            end = Endpoint(name, port)
            found[end], heard[end] = far, ages.get(port, 0)
    taken: set[Endpoint] = set()
    kept: dict[Endpoint, FarEnd] = {}
    for end in sorted(found, key=lambda one: heard[one]):
        other = found[end].end
        known = bool(other.switch and other.port)
        if known and (end in taken or other in taken) and _settled(kept, end) != other:
            continue
        kept[end] = found[end]
        if known:
            taken |= {end, other}
    return kept


def _settled(kept: dict[Endpoint, FarEnd], end: Endpoint) -> Endpoint | None:
    """The other end of a cable that is settled already."""
    for near, far in kept.items():
        if far.end == end:
            return near
    return None


def _cause(bad: list[tuple[Endpoint, Endpoint]], planned: dict[Endpoint, Endpoint]) -> str:
    if len(bad) == 1:
        (a, b) = bad[0]
        near, wanted = (a, planned[a]) if a in planned else (b, planned.get(b, a))
        found = b if near == a else a
        return f"the cable in {near} goes to {found} instead of {wanted}"
    ends = some((str(a) for a, _ in bad), 2)
    return f"{len(bad)} cables are in each other's place: those in {ends}"


def _mend(case: Case, todo: list[str], bad: list[tuple[Endpoint, Endpoint]]) -> str:
    """What to do with the cables; or, when they are right, with the lines of the file that name their ends."""
    place_of = case.fabric.place_of
    links = {end: link for link in case.plan.links for cable in link.cables for end in reversed(cable)}
    lines = []
    for a, b in bad[:4]:
        link = links.get(a) or links.get(b)
        where = f" ({place_of(link)})" if place_of and link else ""
        lines.append(f"{a} - {b}{where}")
    return f"{'; '.join(todo)}. If the cables are right, the topology must say: {'; '.join(lines)}"


def _key(end: Endpoint) -> tuple[object, object]:
    return natural_key(end.switch), natural_key(end.port)
