"""Which build for which switch: what speaks for and against each, as the facts of the builds have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sonicfab.builds import Build, fact_texts
from sonicfab.catalog import Catalog
from sonicfab.platforms import Platform
from sonicfab.ports import defects_on, not_known, unfit_for


@dataclass(frozen=True, slots=True)
class Point:
    """Something that speaks for a build, or against it.

    Attributes:
        consequence: what follows; "" where `text` says it.
        platforms: the switch models it concerns; none: all.
    """

    good: bool
    text: str
    source: str
    consequence: str = ""
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A build for a switch model.

    Attributes:
        runs: None where that is not known.
        why: it does not run, or it is not known; else "".
        points: what speaks for it and against it, what speaks for it first.
    """

    build: Build
    runs: bool | None
    why: str
    points: tuple[Point, ...]


def shared(found: Sequence[Choice]) -> frozenset[tuple[str, str]]:
    """(text, consequence) of the points that all builds have that may run: they decide nothing."""
    said = [{(one.text, one.consequence) for one in choice.points} for choice in found if choice.runs is not False]
    return frozenset.intersection(*map(frozenset, said)) if said else frozenset()


def choices(catalog: Catalog, platform: Platform) -> tuple[Choice, ...]:
    """Every build for a switch model: those that run on it first, the newest of each vendor last."""
    found = []
    for build in catalog.builds.values():
        unfit = unfit_for(platform, build)
        runs = None if unfit is None else not unfit
        why = not_known(platform, build) if unfit is None else unfit
        told = points(build, catalog.platforms.values())
        concerned = [one for one in told if not one.platforms or platform.name in one.platforms]
        found.append(Choice(build, runs, why, tuple(sorted(concerned, key=lambda one: not one.good))))
    return tuple(sorted(found, key=lambda one: not one.runs))


def points(build: Build, platforms: Iterable[Platform]) -> Iterator[Point]:
    """What speaks for a build and against it on all these switch models; its known defects last."""
    for fact, text in fact_texts().items():
        value = getattr(build, fact)
        word = {True: "yes", False: "no", "": "not known"}.get(value) if isinstance(value, bool | str) else None
        word = word or str(value)
        for good, said in ((True, text.good), (False, text.bad)):
            found = said.get(word) or (said.get("*") if word != "not known" else None)
            if found:
                yield Point(good, found, build.source(fact))
    for defect in defects_on(build, platforms):
        yield Point(False, defect.what, defect.source, defect.consequence, defect.platforms)
