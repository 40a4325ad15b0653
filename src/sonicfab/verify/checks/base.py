"""What a check is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sonicfab.switch.ask import Answers, Question
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult


@dataclass(frozen=True)
class Check:
    """A kind of expectations.

    Attributes:
        name: as in `--check`.
        what: in the plural, for the counts.
        questions: what is asked of a switch for it.
        judge: the results; pure. Raises UnansweredError when the switch did not answer.
        unasked: all its expectations when there is no answer; the text says why.
        last: it is asked once everything else is as expected, or when the time is up.
    """

    name: str
    what: str
    questions: Callable[[Expectations], Iterable[Question[Any]]]
    judge: Callable[[Expectations, Answers], Iterator[CheckResult]]
    unasked: Callable[[Expectations, str], Iterator[CheckResult]]
    last: bool = False


def skipped(expected: Expectations, check: str, subject: str, wanted: str, because: str) -> CheckResult:
    """An expectation that cannot be looked at here."""
    return CheckResult(expected.plan.name, check, subject, "", "", "skipped", wanted, because)


def container_missing(expected: Expectations, why: str) -> bool:
    """Whether a lab has not got the container or program that was asked: it is not a fault of its switch."""
    return (expected.lab or expected.stock) and ("is not running" in why or "not found" in why)
