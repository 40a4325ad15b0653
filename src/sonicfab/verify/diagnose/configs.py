"""Configs that are not as intended and did not show up as anything worse."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.results import Problem

_SHOWN = 4


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Switch by switch; lines that a finding has explained already are its own."""
    for one in case.failed("config", problems=(Problem.DRIFT, Problem.UNSAVED)):
        owners = case.owners.get((one.switch, one.subject), {})
        rest = [line for line in case.drift(one.switch, one.subject) if line not in owners]
        if owners and not rest:
            case.extend(min(owners.values()), case.take(lambda other, one=one: other is one))  # type: ignore[misc]
    for name in case.answers:
        yield from _resetters(case, name)
        yield from _drift(case, name)
        yield from _unsaved(case, name)


def _resetters(case: Case, name: str) -> Iterator[Diagnosis]:
    for one in case.failed("config", switch=name, problems=(Problem.RESETTER,)):
        yield Diagnosis(
            "mode-resetter",
            "config",
            (name,),
            f"a file on {name} would reset docker_routing_config_mode at its next reload, and delete frr.conf",
            tuple(case.drift(name, "routing mode")),
            mends.on(name, f"sudo rm {shlex.join(case.drift(name, 'routing mode'))}; or set the mode in it (SF-503)"),
            case.take(lambda other, one=one: other is one),  # type: ignore[misc]
        )


def _drift(case: Case, name: str) -> Iterator[Diagnosis]:
    results = case.failed("config", switch=name, problems=(Problem.DRIFT,))
    if not results:
        return
    lines: list[str] = []
    for one in results:
        owners = case.owners.get((name, one.subject), {})
        lines += [line for line in case.drift(name, one.subject) if line not in owners]
    yield Diagnosis(
        "drift",
        "config",
        (name,),
        f"{name} runs another config than intended: {len(lines)} line{'s' * (len(lines) != 1)}",
        _first(lines),
        f"{mends.push(case, name)}; or, if it is to stay, put it into the inventory, topology or templates",
        case.take_these(results),
    )


def _unsaved(case: Case, name: str) -> Iterator[Diagnosis]:
    results = case.failed("config", switch=name, problems=(Problem.UNSAVED,))
    if not results:
        return
    subjects = [one.subject for one in results]
    lines = [line for one in results for line in case.drift(name, one.subject)]
    runs = not any(
        one.switch == name and one.check == "config" and one.problem in (Problem.DRIFT, Problem.UNANSWERED)
        for one in case.results
    )
    save = runs and subjects == ["stored config_db.json"]
    yield Diagnosis(
        "unsaved",
        "config",
        (name,),
        f"{name} would start with another config than intended: {' and '.join(subjects)}",
        _first(lines),
        mends.on(name, "sudo config save -y") if save else mends.push(case, name),
        case.take_these(results),
    )


def _first(lines: list[str]) -> tuple[str, ...]:
    more = (f"and {len(lines) - _SHOWN} more",) if len(lines) > _SHOWN else ()
    return (*lines[:_SHOWN], *more)
