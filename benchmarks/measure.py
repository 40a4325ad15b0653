"""Run a program and say what it cost: CPU seconds of it and its children, and its peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SONICFAB = (sys.executable, "-m", "sonicfab")


@dataclass(frozen=True)
class Cost:
    """CPU seconds and peak memory in MB: the median of several runs."""

    cpu: float
    peak: float


def cost(command: Sequence[str], cwd: Path, runs: int = 1, *, warm: bool = True) -> Cost:
    """Run it `runs` times, after one run that warms the caches of the disk if `warm`.

    Raises:
        RuntimeError: it ends with an exit code other than 0.
    """
    results = [timed(command, cwd)[1] for _ in range(runs + warm)][int(warm) :]
    return Cost(statistics.median(one.cpu for one in results), statistics.median(one.peak for one in results))


def sonicfab(*arguments: str, cwd: Path | None = None) -> None:
    """Run a command of sonicfab that is not measured.

    Raises:
        RuntimeError: it ends with an exit code other than 0.
    """
    done = subprocess.run([*SONICFAB, *arguments], capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise RuntimeError(f"sonicfab {' '.join(arguments)} ended with {done.returncode}: {done.stdout}{done.stderr}")


def timed(command: Sequence[str], cwd: Path) -> tuple[float, Cost]:
    """Run it once; the seconds of wall clock, and what it cost.

    Raises:
        RuntimeError: it ends with an exit code other than 0.
    """
    began = time.monotonic()
    child = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}: {said}")
    return time.monotonic() - began, Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
