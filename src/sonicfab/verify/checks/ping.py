"""`ping`: every loopback answers when asked from one's own, with packets as large as the fabric carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab.plan.types import Family
from sonicfab.switch import commands
from sonicfab.switch.ask import Answers, Question
from sonicfab.verify.checks.base import Check
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

HEADERS = {"ipv4": 28, "ipv6": 48}
"""Bytes of IP and ICMP around the payload."""
SMALL = 56
FIRST: Question[frozenset[str]] = Question("ping", "", lambda text: frozenset(text.splitlines()))
AGAIN: Question[frozenset[str]] = Question("ping again", "", lambda text: frozenset(text.splitlines()))
"""By name; their commands are made for each switch."""
CAN_PING = Question("can ping", f"{commands.CAN_PING} || true", str.strip)


def targets(expected: Expectations, family: Family) -> list[str]:
    """The loopbacks of a family that must answer."""
    return [str(one[family]) for one in expected.loopbacks.values() if family in one]


def _command(expected: Expectations, family: Family, size: int, whom: Iterable[str]) -> str:
    """Prints who of them answers `size` bytes of payload that are sent from one's own loopback."""
    return commands.PING_SIZED.format(targets=" ".join(whom), size=size, source=expected.plan.loopback(family))


def _at_once(name: str, commands_: Sequence[str]) -> Question[frozenset[str]]:
    """All of them side by side: who does not answer costs a second."""
    return Question(name, f"{' & '.join(commands_)} & wait", _lines)


def _lines(text: str) -> frozenset[str]:
    return frozenset(text.splitlines())


def size_of(expected: Expectations, family: Family) -> int:
    """The payload that fills the smallest MTU of the fabric's links."""
    return min((link.mtu for link in expected.fabric.links), default=expected.fabric.mtu) - HEADERS[family]


def first(expected: Expectations) -> Iterable[Question[Any]]:
    """One full packet to everybody."""
    asked = [
        _command(expected, family, size_of(expected, family), whom)
        for family in expected.fabric.families
        if (whom := targets(expected, family))
    ]
    return (_at_once(FIRST.name, asked),) if asked else ()


def again(expected: Expectations, answers: Answers) -> Iterable[Question[Any]]:
    """To those who did not answer: a full packet once more, and a small one.

    The first packet between two switches may be lost while they look for each other's MAC address.
    """
    answered = answers.find(FIRST)
    asked: list[str] = []
    for family in expected.fabric.families:
        lost = [one for one in targets(expected, family) if answered is not None and one not in answered]
        if lost:
            asked.append(_command(expected, family, size_of(expected, family), lost))
            asked.append(f"{_command(expected, family, SMALL, lost)} | sed 's/^/small /'")
    # without anybody left, an answer of an earlier round must not stay
    return (_at_once(AGAIN.name, asked),) if asked else (Question(AGAIN.name, "true", _lines),)


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge; the answers are those of `first`, and of `again` where somebody did not answer."""
    if expected.stock and answers.find(CAN_PING) == "":
        yield from _all(expected, "skipped", "this image has no ping")
        return
    answered = answers.get(FIRST)
    again_answered = answers.find(AGAIN) or frozenset()
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            word = str(address)
            if word in answered or word in again_answered:
                problem, seen = "", "answers"
            elif f"small {word}" in again_answered:
                problem, seen = "size", "answers small packets only"
            else:
                problem, seen = "lost", "no answer"
            yield CheckResult(
                expected.plan.name,
                "ping",
                word,
                family,
                far,
                "failed" if problem else "ok",
                _wanted(expected, family),
                seen,
                problem=problem,
            )


def _wanted(expected: Expectations, family: Family) -> str:
    return f"an answer to {size_of(expected, family) + HEADERS[family]} bytes"


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    return _all(expected, "failed", seen)


def _all(expected: Expectations, status: Any, seen: str) -> Iterator[CheckResult]:  # noqa: ANN401 - a Status
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            yield CheckResult(
                expected.plan.name,
                "ping",
                str(address),
                family,
                far,
                status,
                _wanted(expected, family),
                seen,
                problem="" if status == "skipped" else "unanswered",
            )


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (*((CAN_PING,) if expected.stock else ()), *first(expected))


CHECK = Check("ping", "loopback pings", questions, judge, unasked, last=True)
