"""Tests wait longer on a loaded machine, and no longer than needed; one that hangs ends there too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import patience
from patience import SLOWEST, Patience, slowness, wait_until


@pytest.mark.parametrize(
    ("said", "times"),
    [
        ("0.10 3.0 2.0 1/99 7", 1.0),
        ("12.00 1.0 1.0 1/99 7", 6.0),
        ("0.00 0 0 9/99 7", 4.5),
        ("900 1 1 1/99 7", SLOWEST),
    ],
)
def test_how_slow(said: str, times: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    (tmp_path / "loadavg").write_text(said)
    assert slowness(tmp_path / "loadavg") == times
    assert slowness(tmp_path / "none") == 1.0


def test_seconds_pass_more_slowly_under_load(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(patience, "slowness", lambda: 4.0)
    one = Patience(10)
    now += 39
    assert not one.ended
    now += 2
    assert one.ended
    monkeypatch.setattr(patience, "slowness", lambda: 1.0)
    one.begin_anew(10)
    now += 9
    assert not one.ended
    now += 2
    assert one.ended


def test_nothing_comes() -> None:
    assert wait_until(lambda: True, 0)
    assert not wait_until(lambda: False, 0.01)


@pytest.mark.parametrize(("steps", "ended"), [(0, "1 failed"), (8, "1 passed")])
def test_a_test_that_hangs_fails_and_one_that_gets_on_does_not(steps: int, ended: str, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import patience\nfrom patience import pytest_timeout_set_timer\npatience.slowness = lambda: 1.0\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import time, patience\ndef test_it():\n"
        f"    for _ in range({steps}):\n        time.sleep(0.5)\n        patience.progress()\n"
        f"    time.sleep({0 if steps else 60})\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "2", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(patience.__file__).parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended in done.stdout, done.stdout + done.stderr
    assert steps or "no progress for 2 s" in done.stdout + done.stderr
