"""`sonicfab` as it is, but for times that fit a test, that stops at one point of a push until it is told to go on.

Run as a program: pushcut.py POINT FOLDER ARGUMENT...: where POINT is reached, FOLDER/reached is written and
FOLDER/go waited for. POINT `none` never stops.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from sonicfab.cli.app import app
from sonicfab.errors import ChecksFailedError
from sonicfab.push import change, comparison, guarded, polling, ways
from sonicfab.push.gate import Gate
from sonicfab.switch import guard
from sonicfab.transport import Transport

GUARDED = 20.0
"""Seconds until a guard puts the old config back by itself."""

POINTS = {
    "before-arm": "before arm",
    "armed": "after arm, before staging",
    "upload": "mid-upload, after the first file",
    "staged": "after staging, before apply",
    "between": "between the patch and the FRR delta",
    "started": "right after apply was started",
    "applying": "during apply (a reload: one second in)",
    "applied": "after apply, before reconnecting",
    "proving": "while proving what runs",
    "checking": "while checking sessions",
    "unconfirmed": "before confirm",
    "confirming": "during confirm",
    "confirm-killed": "during confirm, `guard.sh confirm` killed as well",
    "confirmed": "after confirm, before the journal says so",
    "going-back": "while going back",
}
_AT_ONCE = {"started": 0.0, "applying": 0.25, "confirming": 0.15, "confirm-killed": 0.15}
"""Seconds after which something that has been begun is stopped at, while it goes on."""


class Cut:
    """Stops once, at one point."""

    def __init__(self, point: str, folder: Path) -> None:
        self.point, self._folder = point, folder
        self._lock, self._done = threading.Lock(), False

    def reach(self, *points: str) -> None:
        """Stop, when this is the point."""
        with self._lock:
            if self.point not in points or self._done:
                return
            self._done = True
        (self._folder / "reached").touch()
        deadline = time.monotonic() + 1200  # longer than any test waits for it
        while not (self._folder / "go").exists():
            if time.monotonic() > deadline:
                raise RuntimeError(f"nobody has said `go` at {self.point}")
            time.sleep(0.01)
        if (self._folder / "go").read_text() == "no journal":  # as on a full disk: no file grows any more
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))

    def before(self, owner: Any, name: str, *points: str) -> None:
        """Stop before a function is called."""
        real = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            self.reach(*points)
            return real(*arguments, **options)

        setattr(owner, name, wrapped)

    def after(self, owner: Any, name: str, *points: str) -> None:
        """Stop after a function was called."""
        real = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            value = real(*arguments, **options)
            self.reach(*points)
            return value

        setattr(owner, name, wrapped)

    def during(self, owner: Any, name: str, *points: str) -> None:
        """Stop while a function goes on."""
        real: Callable[..., Any] = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            if self.point not in points or self._done:
                return real(*arguments, **options)
            with ThreadPoolExecutor(1) as pool:
                future = pool.submit(partial(real, *arguments, **options))
                time.sleep(_AT_ONCE[self.point])
                self.reach(self.point)
                return future.result()

        setattr(owner, name, wrapped)


def main(point: str, folder: Path, arguments: list[str]) -> None:
    """The command line, with the point wrapped."""
    _hurry()
    cut = Cut(point, folder)
    cut.before(guard, "arm", "before-arm")
    cut.after(guard, "arm", "armed")
    _upload(cut)
    cut.before(guard, "extend", "staged")
    cut.after(guard, "apply_patch", "between")
    cut.after(guard, "start_reload", "started")
    _reloading(cut)
    for verb in ("apply_frr", "apply_patch", "restart_bgp"):
        cut.during(guard, verb, "started", "applying")
    cut.before(change.SwitchChange, "prove", "applied")
    _proving(cut)
    cut.before(Gate, "misses", "checking")
    cut.before(guarded.Guarded, "confirm", "unconfirmed")
    cut.during(guard, "confirm", "confirming", "confirm-killed")
    cut.after(guard, "confirm", "confirmed")
    cut.after(guard, "restore", "going-back")
    sys.argv = ["sonicfab", *arguments]
    app(prog_name="sonicfab")


def _hurry() -> None:
    """Times of a lab instead of those of hardware, and a guard that lapses soon."""
    guarded.SETTLE = 8.0
    guarded.MARGIN = 1.0
    _replace(polling, "RETRY_EVERY", 0.3)
    _replace(guarded, "RESTORE_WITHIN", 90.0)
    _replace(guarded, "FAILED_WITHIN", 90.0)
    _replace(change, "LATER_WITHIN", 2.0)
    ways._RELOAD_SECONDS = ways._FRR_SECONDS = 0.0
    real = guarded.Limits

    def limits(**given: Any) -> guarded.Limits:
        asked = given.get("confirm_within", real.confirm_within)
        within = GUARDED if asked == real.confirm_within else asked
        return real(**{**given, "confirm_within": within, "timeout": 30.0, "settle": 12.0})

    _replace(guarded, "Limits", limits)


def _replace(owner: Any, name: str, value: object) -> None:
    assert hasattr(owner, name)
    setattr(owner, name, value)


def _upload(cut: Cut) -> None:
    """Stop after the first file that is brought while staging."""
    staging = threading.local()
    stage, put = guard.stage, Transport.put

    def staged(*arguments: Any, **options: Any) -> None:
        staging.now = True
        try:
            stage(*arguments, **options)
        finally:
            staging.now = False

    def brought(*arguments: Any, **options: Any) -> None:
        put(*arguments, **options)
        if getattr(staging, "now", False):
            cut.reach("upload")

    _replace(guard, "stage", staged)
    _replace(Transport, "put", brought)


def _reloading(cut: Cut) -> None:
    result = guard.reload_result

    def asked(*arguments: Any) -> Any:
        if cut.point == "applying":
            time.sleep(1)
            cut.reach("applying")
        return result(*arguments)

    _replace(guard, "reload_result", asked)


def _proving(cut: Cut) -> None:
    """Stop at the first look at what runs; or see something else there, so that the push goes back."""
    prove, compare = change.SwitchChange.prove, comparison.compare
    proving = threading.local()

    def proven(*arguments: Any) -> None:
        if cut.point == "going-back":
            raise ChecksFailedError("a test has it go back")
        proving.now = True
        try:
            prove(*arguments)
        finally:
            proving.now = False

    def compared(*arguments: Any) -> Any:
        if getattr(proving, "now", False):
            cut.reach("proving")
        return compare(*arguments)

    _replace(change.SwitchChange, "prove", proven)
    _replace(change, "compare", compared)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
