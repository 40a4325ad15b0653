"""Mends as they are printed: taken apart into what is typed where, and typed there."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from labs import PAUSE, Lab

Planted = Callable[[Lab], object]


@dataclass(frozen=True)
class Fault:
    """A fault to plant: what verify must call it, of whom, and what must not be left of it when it is mended.

    Attributes:
        kind: in words, where a code has several causes with mends of their own.
    """

    code: str
    where: str
    plant: Planted
    kind: str = ""


@dataclass(frozen=True)
class Step:
    """Something typed: on a switch, or where sonicfab runs (""); `command` is what the finding says, to the letter."""

    switch: str
    command: str


def steps(mend: str) -> list[Step]:
    """What a mend says to type, in its order; what it offers beside that, in prose, is left out."""
    first = re.split(r"; or, |; or set |\. To |\. If |, or ", mend)[0]
    found: list[Step] = []
    for part in re.split(r"; then ", first):
        place = re.match(r"(?:when its maintenance is over, )?on (\S+): (.+)$", part, re.DOTALL)
        if place:
            found.append(Step(place[1], place[2]))
        elif part.startswith("sonicfab "):
            found.append(Step("", part))
        else:
            return []
    return found


def findings(lab: Lab, timeout: float = 0) -> list[dict[str, Any]]:
    """What verify finds, the worst first."""
    done = lab.verify(timeout, "--format", "json")
    assert done.returncode in (0, 3, 4), done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def found_of(one: dict[str, Any]) -> tuple[str, str]:
    """(code, where it is)."""
    return one["code"], one["where"][0]


def planted(lab: Lab, faults: Iterable[Fault], seconds: float = 40) -> dict[tuple[str, str], str]:
    """Plant them and look until all are found: (code, where) -> mend. Nothing else may be found with them."""
    wanted = {(one.code, one.where) for one in faults}
    for one in faults:
        one.plant(lab)
    deadline = time.monotonic() + seconds
    while True:
        seen = findings(lab)
        codes = {found_of(one): str(one["mend"]) for one in seen}
        if codes.keys() == wanted:
            return codes
        assert time.monotonic() < deadline, f"found {seen}, planted {wanted}"
        time.sleep(PAUSE)


def apply(lab: Lab, mend: str) -> list[str]:
    """Type what it says; the answers to a push's question are given. What went wrong, in words."""
    wrong: list[str] = []
    todo = steps(mend)
    if not todo:
        return [f"nothing in it can be typed: {mend}"]
    for step in todo:
        if step.switch:
            done = lab.lab("exec", step.switch, "--", "sh", "-c", step.command)
        else:
            done = lab.typed(*shlex.split(step.command)[1:], "--yes")
        if done.returncode:
            wrong.append(f"{step.command}: exit code {done.returncode}: {done.stdout[-400:]}{done.stderr[-400:]}")
    return wrong
