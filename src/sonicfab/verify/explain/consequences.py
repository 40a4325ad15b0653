"""What fails because something else is broken: routes and pings that the broken parts carry, by the plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from sonicfab.plan.types import Family
from sonicfab.verify.explain.base import Case, Finding, some
from sonicfab.verify.paths import Broken
from sonicfab.verify.results import CheckResult


def attribute(case: Case) -> None:
    """Give routes and pings to the finding whose broken parts they need: the worst that alone makes a difference."""
    places = [place for place, one in enumerate(case.findings) if one.broken]
    places.sort(key=lambda place: case.findings[place].rank)
    whole = Broken()
    for place in places:
        whole |= case.findings[place].broken
    if whole:
        found: dict[int, set[int]] = defaultdict(set)
        for number, one in case.open.items():
            if one.check in ("route", "ping") and one.far and one.problem not in ("origin", "foreign"):
                owner = _owner(case, one, places, whole)
                if owner is not None:
                    found[owner].add(number)
        for place, numbers in found.items():
            case.extend(place, [case.open.pop(number) for number in sorted(numbers)])


def _owner(case: Case, one: CheckResult, places: list[int], whole: Broken) -> int | None:
    if len(places) == 1:
        return places[0] if _affected(case, one, whole) else None
    for place in places:
        if _affected(case, one, case.findings[place].broken):
            return place
    return places[0] if _affected(case, one, whole) else None


def _affected(case: Case, one: CheckResult, broken: Broken) -> bool:
    """Whether the ways between the two are others while that is broken; for a ping the way back counts, too."""
    family: Family = "ipv4" if one.family == "ipv4" else "ipv6"
    pairs = [(one.switch, one.far)] + ([(one.far, one.switch)] if one.check == "ping" else [])
    planned, now = case.fabric.ways(family), case.fabric.ways(family, broken)
    return any(planned.of(*pair) != now.of(*pair) for pair in pairs)


def small_only(case: Case) -> None:
    """Pings of which only small packets are answered follow from an MTU that is too small, where there is one."""
    places = [place for place, one in enumerate(case.findings) if one.code == "mtu-mismatch"]
    if places:
        taken = case.take(lambda one: one.check == "ping" and one.problem in ("size", "lost"))
        case.extend(places[0], taken)


def leftovers(case: Case) -> Iterator[Finding]:
    """Whatever nobody has explained, so that no failure is left out."""
    lost = case.failed("ping", problems=("lost", "size"))
    if lost:
        yield _lost(case, lost)
    by_kind: dict[tuple[str, str, str], list[CheckResult]] = defaultdict(list)
    for one in case.failed():
        by_kind[one.switch, one.check, one.problem].append(one)
    for (name, check, problem), results in by_kind.items():
        chosen = {id(one) for one in results}
        told = {
            ("system", "core"): ("core-file", f"a program on {name} has crashed: {results[0].seen}"),
            ("lldp", "no-neighbor"): (
                "no-lldp",
                f"nobody tells {name} by LLDP who is at {some(one.subject for one in results)}",
            ),
        }.get((check, problem))
        severity = "config" if check in ("system", "config", "lldp") else "routes"
        code, cause = told or (f"{check}-unexplained", f"{name}: {results[0].subject}: {results[0].seen}")
        yield Finding(
            code,
            severity,
            (name,),
            cause if told or len(results) == 1 else f"{cause}, and {len(results) - 1} more like it",
            tuple(f"{one.subject}: {one.seen}; expected {one.expected}" for one in results[:3]),
            _MENDS.get(check, ""),
            case.take(lambda one, chosen=chosen: id(one) in chosen),  # type: ignore[misc]
        )


_MENDS = {
    "lldp": "is lldpd up at the other end? `docker exec lldp lldpcli show neighbors`",
    "system": "look at /var/core and the syslog of that time; `show techsupport` collects both",
    "route": "vtysh -c 'show bgp PREFIX' on both switches says where the paths end",
}


def _lost(case: Case, lost: list[CheckResult]) -> Finding:
    """Routes are there, and packets are not carried: who is on the way of all of them?"""
    counts: Counter[str] = Counter()
    pairs = {(one.switch, one.far) for one in lost}
    good = {(one.switch, one.far) for one in case.results if one.check == "ping" and one.status == "ok"} - pairs
    for switch, far in pairs:
        counts.update(_between(case, switch, far))
    spared: Counter[str] = Counter()
    for switch, far in good:
        spared.update(_between(case, switch, far))
    # on the way of most that are lost, and of fewest that are not
    suspects = sorted(counts, key=lambda name: (-counts[name] / len(pairs) + spared[name] / max(1, len(good)), name))
    taken = case.take(lambda one: one.check == "ping")
    evidence = [f"{one.switch} to {one.far} ({one.subject}): {one.seen}" for one in lost[:3]]
    small = all(one.problem == "size" for one in lost)
    if not suspects:
        text = f"packets between {some(f'{a} and {b}' for a, b in sorted(pairs))} are lost although routes are there"
        return Finding("packets-lost", "routes", (lost[0].switch,), text, tuple(evidence), _TRACE, taken)
    name = suspects[0]
    evidence.append(f"{name} is on the way of {counts[name]} of {len(pairs)} pairs that lose packets")
    code = "path-mtu" if small else "not-forwarding"
    what = "does not carry large packets" if small else "does not forward, although routes are there"
    return Finding(code, "routes", (name,), f"{name} {what}", tuple(evidence), _TRACE, taken)


_TRACE = "traceroute from loopback to loopback shows where they end; `show interfaces counters` what is dropped there"


def _between(case: Case, switch: str, far: str) -> set[str]:
    """The switches on the planned ways between two, without the two."""
    found: set[str] = set()
    todo = [switch]
    while todo:
        name = todo.pop()
        for family in case.plan.families:
            way = case.fabric.ways(family).of(name, far)
            for port in way.ports if way else ():
                after = _far_switch(case, name, port)
                if after and after != far and after not in found:
                    found.add(after)
                    todo.append(after)
    return found - {switch}


def _far_switch(case: Case, name: str, port: str) -> str:
    return next((one.switch for one in case.switch(name).fabric_sessions if one.port == port), "")
