"""`ping`: every loopback answers when asked from one's own, with packets as large as the fabric carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sonicfab.access import Feature
from sonicfab.families import Family
from sonicfab.ipam import text_of
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.probes import CAN_PING, PING_SIZED, sized
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

HEADERS = {Family.IPV4: 28, Family.IPV6: 48}
"""Bytes of IP and ICMP around the payload."""
SMALL = 56
FIRST = replace(PING_SIZED, name="ping", command="")
AGAIN = replace(PING_SIZED, name="ping again", command="")
"""By name; their commands are made for each switch."""


class Ping(Check[None]):
    """Each of these loopbacks answers when it is asked from one's own, with a packet of the fabric's full MTU that must
    not be fragmented.
    """

    what = "loopback pings"
    counted = ("ping", "pings")
    order = 30
    last = True

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """One full packet to everybody."""
        asked = [
            _command(expected, family, size_of(expected, family), whom)
            for family in expected.fabric.families
            if (whom := targets(expected, family))
        ]
        return (
            *(() if Feature.PING in expected.provides else (CAN_PING,)),
            *((_at_once(FIRST, asked),) if asked else ()),
        )

    def then(self, expected: Expectations, answers: Answers) -> Iterable[Question[Any]]:
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
        return (_at_once(AGAIN, asked),) if asked else ()

    def wanted(self, expected: Expectations) -> Iterator[Wanted[None]]:
        """Every loopback whose routes come here."""
        for far, addresses in expected.loopbacks.items():
            for family, address in addresses.items():
                text = f"an answer to {size_of(expected, family) + HEADERS[family]} bytes"
                yield Wanted(None, text_of(address), text, family, far)

    def judge(self, expected: Expectations, one: Wanted[None], answers: Answers) -> Seen:
        """By the answers to both, where somebody did not answer the first."""
        if Feature.PING not in expected.provides and answers.find(CAN_PING) == "":
            return Seen("this image has no ping", skipped=True)
        again = answers.find(AGAIN) or frozenset()
        if one.subject in answers.get(FIRST) or one.subject in again:
            return Seen("answers")
        if f"small {one.subject}" in again:
            return Seen("answers small packets only", Problem.SIZE)
        return Seen("no answer", Problem.LOST)


def targets(expected: Expectations, family: Family) -> list[str]:
    """The loopbacks of a family that must answer."""
    return [text_of(one[family]) for one in expected.loopbacks.values() if family in one]


def size_of(expected: Expectations, family: Family) -> int:
    """The payload that fills the smallest MTU of the fabric's links."""
    return expected.smallest_mtu - HEADERS[family]


def _command(expected: Expectations, family: Family, size: int, whom: Iterable[str]) -> str:
    """Prints who of them answers `size` bytes of payload that are sent from one's own loopback."""
    return sized(whom, size, expected.plan.loopback(family))


def _at_once(one: Question[frozenset[str]], commands: Sequence[str]) -> Question[frozenset[str]]:
    """All of them side by side: who does not answer costs a second."""
    return replace(one, command=f"{' & '.join(commands)} & wait")
