"""What fails because something else is broken: routes and pings that the broken parts carry, by the plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from sonicfab.families import Family
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.registry import BY_NAME
from sonicfab.verify.results import CheckResult, Problem


def attribute(case: Case) -> None:
    """Give routes and pings to the finding whose broken parts they need: the worst that alone makes a difference."""
    places = [place for place, one in enumerate(case.findings) if one.broken]
    places.sort(key=lambda place: case.findings[place].rank)
    whole = Outage()
    for place in places:
        whole |= case.findings[place].broken
    if whole:
        found: dict[int, set[int]] = defaultdict(set)
        for number, one in case.open.items():
            if (
                one.check in ("route", "ping", "outside")
                and one.far
                and one.problem not in (Problem.ORIGIN, Problem.FOREIGN)
            ):
                owner = _owner(case, one, places, whole)
                if owner is not None:
                    found[owner].add(number)
        for place, numbers in found.items():
            case.extend(place, [case.open.pop(number) for number in sorted(numbers)])


def _owner(case: Case, one: CheckResult, places: list[int], whole: Outage) -> int | None:
    if len(places) == 1:
        return places[0] if _affected(case, one, whole) else None
    for place in places:
        if _affected(case, one, case.findings[place].broken):
            return place
    return places[0] if _affected(case, one, whole) else None


def _affected(case: Case, one: CheckResult, broken: Outage) -> bool:
    """Whether the ways between the two are others while that is broken; for a ping the way back counts, too."""
    family = Family.of(one.subject)
    pairs = [(one.switch, one.far)] + ([(one.far, one.switch)] if one.check == "ping" else [])
    planned, now = case.fabric.ways(family), case.fabric.ways(family, broken)
    return any(planned.of(*pair) != now.of(*pair) for pair in pairs)


def small_only(case: Case) -> None:
    """Pings of which only small packets are answered follow from an MTU that is too small, where there is one."""
    places = [place for place, one in enumerate(case.findings) if one.code in ("mtu-mismatch", "bundle-mtu")]
    if places:
        taken = case.take(lambda one: one.check == "ping" and one.problem in (Problem.SIZE, Problem.LOST))
        case.extend(places[0], taken)


def leftovers(case: Case) -> Iterator[Diagnosis]:
    """Whatever nobody has explained, so that no failure is left out."""
    lost = case.failed("ping", problems=(Problem.LOST, Problem.SIZE))
    if lost:
        yield _lost(case, lost)
    by_kind: dict[tuple[str, str, Problem], list[CheckResult]] = defaultdict(list)
    for one in case.failed():
        by_kind[one.switch, one.check, one.problem].append(one)
    for (name, check, problem), results in by_kind.items():
        told = {
            Problem.CORE: ("core-file", f"a program on {name} has crashed: {results[0].seen}"),
            Problem.NO_NEIGHBOR: (
                "no-lldp",
                f"nobody tells {name} by LLDP who is at {some(one.subject for one in results)}",
            ),
        }.get(problem)
        code, cause = told or (f"{check}-unexplained", f"{name}: {results[0].subject}: {results[0].seen}")
        yield Diagnosis(
            code,
            BY_NAME[check].severity,
            (name,),
            cause if told or len(results) == 1 else f"{cause}, and {len(results) - 1} more like it",
            tuple(f"{one.subject}: {one.seen}; expected {one.expected}" for one in results[:3]),
            _mend(case, results[0]),
            case.take_these(results),
        )


def _mend(case: Case, one: CheckResult) -> str:
    """What shows more of a failure that nobody has explained."""
    check = BY_NAME[one.check]
    if one.problem == Problem.UNANSWERED:
        return mends.on(one.switch, f"{check.shows} shows what answers")
    more = check.more(one)
    return mends.on(one.switch, more) if more else mends.push(case, one.switch)


def _lost(case: Case, lost: list[CheckResult]) -> Diagnosis:
    """Routes are there, and packets are not carried: who is on the way of all of them?"""
    counts: Counter[str] = Counter()
    pairs = {(one.switch, one.far) for one in lost}
    good = {(one.switch, one.far) for one in case.results if one.check == "ping" and one.status == "ok"} - pairs
    for switch, far in pairs:
        counts.update(case.between(switch, far))
    spared: Counter[str] = Counter()
    for switch, far in good:
        spared.update(case.between(switch, far))

    # on the way of most that are lost, and of fewest that are not
    def share(name: str) -> float:
        return -counts[name] / len(pairs) + spared[name] / max(1, len(good))

    suspects = sorted(counts, key=lambda name: (share(name), name))
    taken = case.take(lambda one: one.check == "ping")
    evidence = [f"{one.switch} to {one.far} ({one.subject}): {one.seen}" for one in lost[:3]]
    small = all(one.problem == Problem.SIZE for one in lost)
    trace = _TRACE.format(*_ends(case, lost))
    if not suspects:
        text = f"packets between {some(f'{a} and {b}' for a, b in sorted(pairs))} are lost although routes are there"
        return Diagnosis("packets-lost", "routes", (lost[0].switch,), text, tuple(evidence), trace, taken)
    # several that are on the way of the same pairs cannot be told apart by that
    best = [name for name in suspects if share(name) == share(suspects[0])]
    name = some(best, 4) if len(best) == 1 else f"one of {some(best, 4)}"
    evidence.append(f"{some(best, 4)}: on the way of {counts[best[0]]} of {len(pairs)} pairs that lose packets")
    code = "path-mtu" if small else "not-forwarding"
    what = "does not carry large packets" if small else "does not forward, although routes are there"
    return Diagnosis(
        code, "routes", tuple(best), f"{name} {what}", tuple(evidence), _TRACE.format(*_ends(case, lost)), taken
    )


def _ends(case: Case, lost: list[CheckResult]) -> tuple[str, str, object]:
    one = lost[0]
    family = Family.of(one.subject)
    return one.switch, one.subject, case.switch(one.switch).loopback(family)


_TRACE = "on {0}: traceroute -n -s {2} {1} shows where they end"
