"""`system`: what else a switch needs: no crash, room on its disk, a kernel that forwards, no mistaken maintenance.

The image build is looked at when the switch is logged in to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.system import DISK, FORWARDING, HEALTH, TSA
from sonicfab.verify.check import Check, Seen, Wanted, container_missing
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

LEAST_FREE = 64 << 20
"""Bytes: a push stages and keeps old and new configs of a few MiB at most, and logs go on while it does."""

_Look = Callable[[Expectations, Answers], Seen]


class System(Check[_Look]):
    """No core file since the start, 64 MiB free, IPv4 and IPv6 forwarded by the kernel, no TSA."""

    what = "crashes, disks, forwarding and maintenance"
    counted = ("switch", "switches")
    order = 70
    severity = "config"
    mend = "sudo ls -l /var/core; the syslog of that time says which program it was"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (HEALTH, DISK, FORWARDING, TSA)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[_Look]]:
        """Four things."""
        yield Wanted(_cores, "core files", "none since the start")
        yield Wanted(_disk, "disk", f"{LEAST_FREE >> 20} MiB free")
        yield Wanted(_forwarding, "forwarding", "IPv4 and IPv6")
        yield Wanted(_maintenance, "maintenance", "not begun with TSA, which moves no traffic away here")

    def judge(self, expected: Expectations, one: Wanted[_Look], answers: Answers) -> Seen:
        """What cannot be read fails by itself."""
        return one.about(expected, answers)

    def unanswered(self, expected: Expectations, why: str) -> Seen:
        """A lab need not have all of it."""
        return Seen(why, skipped=True) if container_missing(expected, why) else super().unanswered(expected, why)


def _cores(_expected: Expectations, answers: Answers) -> Seen:
    health = answers.get(HEALTH)
    seen = f"up for {_time(health.uptime)}"
    if health.cores:
        return Seen(f"{seen}, {len(health.cores)} core files: {', '.join(health.cores[:3])}", Problem.CORE)
    return Seen(seen)


def _disk(_expected: Expectations, answers: Answers) -> Seen:
    fullest = min(answers.get(DISK), key=lambda one: one.free)
    seen = f"{fullest.path}: {fullest.free >> 20} MiB free"
    return Seen(seen, Problem.DISK if fullest.free < LEAST_FREE else Problem.NONE)


def _forwarding(expected: Expectations, answers: Answers) -> Seen:
    on = answers.get(FORWARDING)
    off = [family for family in expected.fabric.families if not on[family]]
    return Seen(f"off: {', '.join(off)}", Problem.FORWARDING) if off else Seen("on")


def _maintenance(_expected: Expectations, answers: Answers) -> Seen:
    return Seen("SONiC says Maintenance", Problem.TSA) if answers.get(TSA) == "true" else Seen("no")


def _time(seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
