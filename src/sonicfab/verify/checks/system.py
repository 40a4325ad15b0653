"""`system`: what else a switch needs: no crash, room on its disk, a kernel that forwards, no mistaken maintenance.

The image build is looked at when the switch is logged in to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sonicfab.switch.ask import Answers, Question, UnansweredError
from sonicfab.switch.parse_state import Filesystem, Health
from sonicfab.verify.checks.base import Check, container_missing, skipped
from sonicfab.verify.checks.questions import DISK, FORWARDING, HEALTH, TSA
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

LEAST_FREE = 64 << 20
"""Bytes: a push stages and keeps old and new configs of a few MiB at most, and logs go on while it does."""

_WANTED = {
    "core files": "none since the start",
    "disk": f"{LEAST_FREE >> 20} MiB free",
    "forwarding": "IPv4 and IPv6",
    "maintenance": "not begun with TSA, which moves no traffic away here",
}


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge: what cannot be read fails by itself."""
    subjects: dict[str, Callable[[], tuple[str, str]]] = {
        "core files": lambda: _cores(answers.get(HEALTH)),
        "disk": lambda: _disk(answers.get(DISK)),
        "forwarding": lambda: _forwarding(expected, answers.get(FORWARDING)),
        "maintenance": lambda: _maintenance(answers.get(TSA)),
    }
    for subject, look in subjects.items():
        try:
            problem, seen = look()
        except UnansweredError as err:
            yield _unanswered(expected, subject, str(err))
        else:
            yield _result(expected, subject, problem, seen)


def _cores(health: Health) -> tuple[str, str]:
    seen = f"up for {_time(health.uptime)}"
    if health.cores:
        return "core", f"{seen}, {len(health.cores)} core files: {', '.join(health.cores[:3])}"
    return "", seen


def _disk(filesystems: Iterable[Filesystem]) -> tuple[str, str]:
    fullest = min(filesystems, key=lambda one: one.free)
    seen = f"{fullest.path}: {fullest.free >> 20} MiB free"
    return ("disk", seen) if fullest.free < LEAST_FREE else ("", seen)


def _forwarding(expected: Expectations, on: dict[str, bool]) -> tuple[str, str]:
    off = [family for family in expected.fabric.families if not on[family]]
    return ("forwarding", f"off: {', '.join(off)}") if off else ("", "on")


def _maintenance(tsa: str) -> tuple[str, str]:
    return ("tsa", "SONiC says Maintenance") if tsa == "true" else ("", "no")


def _time(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _unanswered(expected: Expectations, subject: str, seen: str) -> CheckResult:
    if container_missing(expected, seen):
        return skipped(expected, "system", subject, _WANTED[subject], seen)
    return _result(expected, subject, "unanswered", seen)


def _result(expected: Expectations, subject: str, problem: str, seen: str) -> CheckResult:
    return CheckResult(
        expected.plan.name,
        "system",
        subject,
        "",
        "",
        "failed" if problem else "ok",
        _WANTED[subject],
        seen,
        problem=problem,
    )


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    return (_unanswered(expected, subject, seen) for subject in _WANTED)


def questions(_expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (HEALTH, DISK, FORWARDING, TSA)


CHECK = Check("system", "crashes, disks, forwarding and maintenance", questions, judge, unasked)
