"""`ping`: every loopback answers when asked from one's own, with packets as large as the fabric carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.plan.types import Family
from sonicfab.switch import commands
from sonicfab.switch.ask import Answers, Question, UnansweredError
from sonicfab.verify.checks.base import Check
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

HEADERS = {"ipv4": 28, "ipv6": 48}
"""Bytes of IP and ICMP around the payload."""
SMALL = 56
TRIES = 2
"""The first packet of a pair of switches may be lost while they look for each other's MAC address."""
CAN_PING = Question("can ping", f"{commands.CAN_PING} || true", str.strip)


def targets(expected: Expectations, family: Family) -> list[str]:
    """The loopbacks of a family that must answer."""
    return [str(one[family]) for one in expected.loopbacks.values() if family in one]


def ping(expected: Expectations, family: Family, size: int, whom: Iterable[str], name: str) -> Question[frozenset[str]]:
    """Who of them answers a packet of `size` bytes payload from one's own loopback."""
    command = commands.PING_SIZED.format(
        targets=" ".join(whom), size=size, source=expected.plan.loopback(family), count=1
    )
    return Question(name, command, _answered)


def _answered(text: str) -> frozenset[str]:
    return frozenset(text.split())


def size_of(expected: Expectations, family: Family) -> int:
    """The payload that fills the fabric's MTU."""
    return expected.fabric.mtu - HEADERS[family]


def first(expected: Expectations) -> Iterable[Question[Any]]:
    """One full packet to everybody."""
    for family in expected.fabric.families:
        whom = targets(expected, family)
        if whom and expected.plan.loopback(family) is not None:
            yield ping(expected, family, size_of(expected, family), whom, f"ping {family}")


def again(expected: Expectations, answers: Answers) -> Iterable[Question[Any]]:
    """To those who did not answer: a full packet once more, and a small one."""
    for family in expected.fabric.families:
        question = _named(f"ping {family}")
        answered = answers.find(question)
        lost = [one for one in targets(expected, family) if answered is not None and one not in answered]
        if lost:
            yield ping(expected, family, size_of(expected, family), lost, f"ping {family} again")
            yield ping(expected, family, SMALL, lost, f"ping {family} small")


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge; the answers are those of `first`, and of `again` where somebody did not answer."""
    if expected.stock and answers.find(CAN_PING) == "":
        yield from _all(expected, "skipped", "this image has no ping")
        return
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            word = str(address)
            large = any(word in (answers.find(_named(f"ping {family}{more}")) or ()) for more in ("", " again"))
            small = word in (answers.find(_named(f"ping {family} small")) or ())
            if not large and answers.find(_named(f"ping {family}")) is None:
                raise UnansweredError(answers.why_not(_named(f"ping {family}")) or "not asked yet")
            seen = "answers" if large else "answers small packets only" if small else "no answer"
            problem = "" if large else "size" if small else "lost"
            yield CheckResult(
                expected.plan.name,
                "ping",
                word,
                family,
                far,
                "failed" if problem else "ok",
                f"an answer to {expected.fabric.mtu} bytes",
                seen,
                problem=problem,
            )


def _named(name: str) -> Question[frozenset[str]]:
    return Question(name, "", _answered)


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
                f"an answer to {expected.fabric.mtu} bytes",
                seen,
                problem="" if status == "skipped" else "unanswered",
            )


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (*((CAN_PING,) if expected.stock else ()), *first(expected))


CHECK = Check("ping", "loopback pings", questions, judge, unasked, last=True)
