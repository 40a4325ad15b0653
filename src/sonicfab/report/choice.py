"""What `sonicfab builds choose` has found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from sonicfab.operations.choice import Choice, Point, shared
from sonicfab.platforms import Platform
from sonicfab.report.console import json_result, mark, say, style, wrapped

FORMAT_VERSION = 1
_MARKS = {True: "ok", False: "failed", None: "skipped"}


def show_choices(platform: Platform, found: Sequence[Choice]) -> None:
    """For each build what speaks for it (+) and against it (-); what all have is told once, at the end."""
    say(f"builds for {platform.name}, {platform.model}")
    common = shared(found)
    for one in found:
        build = one.build
        say(f"\n{mark(_MARKS[one.runs])} {style(build.name, bold=True)}: FRR {build.frr}, Debian {build.debian}")
        if one.why:
            _say(one.why, "    ")
        if one.runs is not False:
            _say_points(point for point in one.points if (point.text, point.consequence) not in common)
    may_run = next((one for one in found if one.runs is not False), None)
    if may_run and common:
        say("\nall that run on it")
        _say_points(point for point in may_run.points if (point.text, point.consequence) in common)
    say("\n`sonicfab builds show BUILD` tells where all this is from")


def _say_points(points: Iterable[Point]) -> None:
    for point in points:
        then = f": {point.consequence}" if point.consequence else ""
        _say(f"{point.text}{then}", "  + " if point.good else "  - ")


def _say(text: str, first: str) -> None:
    say("\n".join(wrapped(text, first, "    ")))


def json_choices(platform: Platform, found: Sequence[Choice]) -> None:
    """The same for programs; `runs` is null where nobody knows."""
    builds = [
        {"build": one.build.name, "runs": one.runs, "why": one.why or None, "points": [asdict(p) for p in one.points]}
        for one in found
    ]
    json_result({"format_version": FORMAT_VERSION, "platform": platform.name, "builds": builds})
