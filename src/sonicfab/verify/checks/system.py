"""`system`: no program has crashed since the start. The image build is looked at when the switch is logged in to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.switch.ask import Answers, Question
from sonicfab.verify.checks.base import Check, container_missing, skipped
from sonicfab.verify.checks.questions import HEALTH
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    health = answers.get(HEALTH)
    seen = f"up for {_time(health.uptime)}"
    if health.cores:
        seen += f", {len(health.cores)} core files: {', '.join(health.cores[:3])}"
    yield _result(expected, "core" if health.cores else "", seen)


def _time(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _result(expected: Expectations, problem: str, seen: str) -> CheckResult:
    return CheckResult(
        expected.plan.name,
        "system",
        "core files",
        "",
        "",
        "failed" if problem else "ok",
        "none since the start",
        seen,
        problem=problem,
    )


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    if container_missing(expected, seen):
        yield skipped(expected, "system", "core files", "none since the start", seen)
    else:
        yield _result(expected, "unanswered", seen)


def questions(_expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (HEALTH,)


CHECK = Check("system", "switches without a crash", questions, judge, unasked)
