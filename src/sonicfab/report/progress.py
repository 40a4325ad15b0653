"""What is going on while it goes on: a bar on a terminal, a line for each step elsewhere. On stderr."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import Any

from sonicfab.hints import first_of
from sonicfab.report.console import note
from sonicfab.report.terminal import is_lively, safe_console

_NAMED = 3
"""Switches at the same step that are named on a terminal."""


class ProgressBar:
    """Progress of one task over many switches; use it as a context."""

    def __init__(self, title: str, total: int = 0) -> None:
        self._title, self._total = title, total
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}
        self._done: set[str] = set()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> ProgressBar:  # noqa: PYI034 - Self needs Python 3.11
        if is_lively(sys.stderr):
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(20),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            self._bar = Bar(
                *columns,
                TextColumn("{task.fields[step]}", markup=False),
                console=safe_console(sys.stderr),
                transient=True,
            )
            self._task = self._bar.add_task(self._title, total=self._total, step="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def expect(self, switches: int) -> None:
        """So many switches will be done with."""
        self._total = switches
        if self._bar is not None:
            self._bar.update(self._task, total=switches)

    def note(self, text: str) -> None:
        """A line that stays, above the bar."""
        if self._bar is None:
            note(text)
            return
        with self._lock:
            self._bar.stop()
            note(text)
            self._bar.start()

    def tell(self, switch: str, step: str) -> None:
        """A switch has come to a step."""
        with self._lock:
            if self._last.get(switch) == step:
                return
            self._last[switch] = step
            self._done.discard(switch)
            if self._bar is not None:
                self._bar.update(self._task, step=self._at_work())
            else:
                note(f"  {switch}: {step}")

    def finish(self, switch: str) -> None:
        """A switch is done with."""
        with self._lock:
            self._done.add(switch)
            if self._bar is not None:
                self._bar.update(self._task, completed=len(self._done), step=self._at_work())

    def _at_work(self) -> str:
        """What is done at which switches right now: nothing of those that are done with."""
        steps: dict[str, list[str]] = {}
        for switch, step in self._last.items():
            if switch not in self._done:
                steps.setdefault(step, []).append(switch)
        return "; ".join(f"{first_of(switches, _NAMED)}: {step}" for step, switches in steps.items())
