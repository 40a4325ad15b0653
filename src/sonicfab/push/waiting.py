"""Switches that have changed and are not confirmed yet, because their far ends still wait for their change.

Their guards stay armed and are extended all the while; when nobody does that any more, because sonicfab was killed or
the link is dead, they go back by themselves, all of them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping

from sonicfab.errors import SonicfabError
from sonicfab.push import polling
from sonicfab.push.change import SwitchChange
from sonicfab.runner import run_all


class Waiting:
    """The changes that wait, what they wait for, and a thread that extends their guards."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changes: dict[str, SwitchChange] = {}
        self._far: dict[str, frozenset[str]] = {}
        self._lost: dict[str, SonicfabError] = {}
        self._ended = threading.Event()

    @property
    def names(self) -> list[str]:
        """Those that wait."""
        return list(self._changes)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While guards are extended; a guard is left to itself afterwards."""
        thread = threading.Thread(target=self._keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def add(self, change: SwitchChange, far: frozenset[str]) -> None:
        """From now on this one waits for those far ends, or with one of them that waits itself."""
        with self._lock:
            self._changes[change.plan.name] = change
            self._far[change.plan.name] = far

    def know(self, name: str, far: frozenset[str]) -> None:
        """This one waits for those far ends, wherever it is."""
        with self._lock:
            self._far[name] = far

    def take(self, names: Collection[str]) -> dict[str, SwitchChange]:
        """These wait no longer; nobody else is at their connections afterwards."""
        with self._lock:
            taken = {name: self._changes.pop(name) for name in names if name in self._changes}
            self._lost = {name: err for name, err in self._lost.items() if name in self._changes}
            return taken

    def lost(self) -> dict[str, SonicfabError]:
        """Those whose guards could not be extended: they go back by themselves. Each is told once."""
        with self._lock:
            lost, self._lost = self._lost, {}
            return lost

    def together(self, names: Collection[str]) -> frozenset[str]:
        """These, and all that wait for one of them or are waited for, and so on: confirmed together, or not at all."""
        return together(self._far, names)

    def _keep(self) -> None:
        while not self._ended.wait(polling.RETRY_EVERY):
            with self._lock:
                due = [change for change in self._changes.values() if change.lapses_soon]
                for change, outcome in zip(due, run_all(due, lambda one, _: one.extend()), strict=True):
                    if outcome.error and change.lapsed:
                        self._lost.setdefault(change.plan.name, outcome.error)


def together(far: Mapping[str, frozenset[str]], names: Collection[str]) -> frozenset[str]:
    """The closure of `names`, where `far` says who waits for whom."""
    found = frozenset(names)
    while True:
        more = found.union(
            *(others for name, others in far.items() if name in found),
            (name for name, others in far.items() if others & found),
        )
        if more == found:
            return found
        found = more
