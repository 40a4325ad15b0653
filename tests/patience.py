"""How long a test waits: seconds of a machine that is its own, however many others there are on the one it has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
import pytest_timeout

SLOWEST = 12.0
"""A machine that is loaded more than that is waited for as if it were loaded so."""


def slowness(loadavg: Path = Path("/proc/loadavg")) -> float:
    """How many times as long things take as on a quiet machine: runnable processes for each of its CPUs, at least 1.

    From /proc/loadavg: the mean of a minute, and what is runnable right now, whichever is more.
    """
    try:
        minute, _, _, running, *_ = loadavg.read_text().split()
    except (OSError, ValueError):
        return 1.0
    load = max(float(minute), float(running.partition("/")[0]))
    return min(SLOWEST, max(1.0, load / (os.cpu_count() or 1)))


class Patience:
    """Seconds to wait, which pass the more slowly the more the machine is loaded."""

    def __init__(self, seconds: float) -> None:
        self._left, self._seen = seconds, time.monotonic()

    @property
    def ended(self) -> bool:
        """True once the time is up."""
        now = time.monotonic()
        self._left -= (now - self._seen) / slowness()
        self._seen = now
        return self._left <= 0

    def begin_anew(self, seconds: float) -> None:
        """Wait for that long from now on."""
        self._left, self._seen = seconds, time.monotonic()


def wait_until(condition: Callable[[], object], seconds: float = 15, pause: float = 0.02) -> bool:
    """Whether something becomes true within that time; looked at for a third of it at most, others need the CPUs."""
    patience = Patience(seconds)
    while True:
        began = time.monotonic()
        if condition():
            return True
        if patience.ended:
            return bool(condition())
        time.sleep(max(pause, 2 * (time.monotonic() - began)))


def until(seen: Callable[[], object], seconds: float = 15) -> None:
    """Wait for something that has to come within that time."""
    assert wait_until(seen, seconds, 0.05), f"it has not come within {seconds:.0f} s"


def communicate(process: subprocess.Popen[str], seconds: float = 30) -> tuple[str, str]:
    """What a process that is ending says until then."""
    patience = Patience(seconds)
    while True:
        try:
            return process.communicate(timeout=1)
        except subprocess.TimeoutExpired:
            if patience.ended:
                raise


_test: tuple[Patience, float] | None = None


def progress() -> None:
    """A step of the running test has ended: the limit on the time of a test is one on each of its steps."""
    if _test:
        _test[0].begin_anew(_test[1])


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: pytest_timeout.Settings) -> bool:
    """The limit of pytest-timeout on the time of a test, in seconds of a quiet machine since its last progress."""
    global _test
    _test = (Patience(settings.timeout), settings.timeout)
    patience = _test[0]

    def look(number: int, frame: FrameType | None) -> None:
        if not patience.ended:
            signal.setitimer(signal.ITIMER_REAL, _LOOK)
            return
        sys.stderr.write(f"no progress for {settings.timeout:.0f} s, counted at a load of {slowness():.1f}\n")
        pytest_timeout.timeout_sigalrm(item, settings)  # type: ignore[no-untyped-call]

    item.cancel_timeout = _cancel  # type: ignore[attr-defined]  # where pytest-timeout looks for it
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, min(_LOOK, settings.timeout))
    return True


_LOOK = 5.0


def _cancel() -> None:
    global _test
    _test = None
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
