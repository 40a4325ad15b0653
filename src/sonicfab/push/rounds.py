"""A step of a push, from the first file to the confirmation: what fails goes back, and what needs it goes back with it.

A switch whose sessions cannot be judged before its far end has changed as well is kept armed until that one is proven,
too. Then all that wait for each other are looked at once more and confirmed together; if one fails, all go back.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from threading import Event
from typing import Protocol

from sonicfab.errors import SonicfabError, SwitchError
from sonicfab.hints import first_of
from sonicfab.push.change import SwitchChange
from sonicfab.push.gate import Gate
from sonicfab.push.guarded import Ending
from sonicfab.push.waiting import Waiting
from sonicfab.runner import WORKERS, run_all


class Judge(Protocol):
    """What is known of the fabric's sessions before anything was changed."""

    def gate(self, name: str, waiting: Collection[str]) -> Gate:
        """By what a switch is judged while those others have not changed."""

    def need(self, one: str, other: str) -> bool:
        """Whether both change what has to do with a session between them."""


class Rounds:
    """Step after step, and what became of each switch.

    Attributes:
        endings: of all that were begun and have ended.
        seconds: until then, from the start of the step.
        failures: how many did not get there.
        given_up: those of later steps that are not begun, because one that they need has failed.
    """

    def __init__(self, done: Callable[[str], None], at_once: int = WORKERS) -> None:
        self._done, self._at_once = done, at_once
        self._waiting = Waiting()
        self._started: dict[str, float] = {}
        self.endings: dict[str, Ending] = {}
        self.seconds: dict[str, float] = {}
        self.failures = 0
        self.given_up: set[str] = set()

    def know(self, name: str, far: frozenset[str]) -> None:
        """Of a push that was killed: this one waited for those."""
        self._waiting.know(name, far)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While steps are gone; what still waits at the end goes back."""
        with self._waiting.kept():
            try:
                yield
            finally:
                left = self._waiting.take(self._waiting.names)
                why = SwitchError("it went back because the push ended before the switches that it needs had changed")
                self._backward(left, dict.fromkeys(left, why))

    def go(
        self,
        changes: Mapping[str, SwitchChange],
        forward: Callable[[SwitchChange, Event], None],
        pending: frozenset[str],
        judge: Judge,
    ) -> None:
        """One step; `pending` are the switches of later ones.

        Raises:
            OutputError: the journal cannot be written; what was under way went back.
            KeyboardInterrupt: the user has had enough; what was under way went back.
        """
        errors: dict[str, SonicfabError] = {}
        self._started |= dict.fromkeys(changes, time.monotonic())
        under_way = dict(changes)
        try:
            self._each(changes, errors, forward)
            # what failed goes back, which is a change like one to come
            gates = {name: judge.gate(name, {*pending, *errors}) for name in changes}
            far: dict[str, frozenset[str]] = {}
            self._each(changes, errors, lambda change, stop: self._check(change, gates[change.plan.name], far, stop))
            for name, others in far.items():
                under_way[name].wait_for(others)
            for name in changes.keys() - errors.keys():
                if failed := frozenset(one for one in errors if one in changes and judge.need(name, one)):
                    far[name] = far.get(name, frozenset()) | failed
            self._settle(under_way, errors, far, pending)
        except BaseException as err:
            reason = SwitchError("interrupted" if isinstance(err, KeyboardInterrupt) else str(err) or repr(err))
            under_way |= self._waiting.take(self._waiting.names)
            left = {name: one for name, one in under_way.items() if name not in self.endings}
            self._backward(left, {name: errors.get(name, reason) for name in left})
            raise

    def _check(self, change: SwitchChange, gate: Gate, far: dict[str, frozenset[str]], stop: Event) -> None:
        waits = change.check(gate, stop)
        if waits:
            far[change.plan.name] = waits

    def _settle(
        self,
        under_way: dict[str, SwitchChange],
        errors: dict[str, SonicfabError],
        far: Mapping[str, frozenset[str]],
        pending: frozenset[str],
    ) -> None:
        """Confirm what can be, let wait what must, take back what failed and what needs it."""
        for name, others in far.items():
            self._waiting.add(under_way[name], others)
        errors |= self._waiting.lost()
        self._spread(under_way, errors, pending)
        ready = {
            name
            for name in {*under_way, *self._waiting.names} - {*errors}
            if not self._waiting.together([name]) & pending - self.given_up
        }
        for name in sorted({*under_way} - ready - {*errors} - {*far}):
            # it has all that it needs, and is needed by one that waits for others, too
            under_way[name].wait_for(self._waiting.together([name]) & pending)
            self._waiting.add(under_way[name], frozenset())
        waited = self._waiting.take(ready)
        under_way |= waited
        self._together({name: under_way[name] for name in sorted(ready)}, waited, errors, pending)
        under_way |= self._waiting.take(errors)
        self._backward({name: under_way[name] for name in errors}, errors)
        self.failures += len(errors)

    def _together(
        self,
        ready: dict[str, SwitchChange],
        waited: Mapping[str, SwitchChange],
        errors: dict[str, SonicfabError],
        pending: frozenset[str],
    ) -> None:
        """Confirm; those that wait for each other only after all of them have shown all that they must."""
        needed = {name for name in ready if len(self._waiting.together([name])) > 1}
        again = {name: one for name, one in ready.items() if name in needed}
        self._each(waited, errors, lambda change, stop: _nothing(change.check(change.gates.new.whole(), stop)))
        self._spread(ready, errors, pending)
        self._each(again, errors, lambda change, _: change.extend())  # and so all of them answer, right before it
        self._spread(ready, errors, pending)
        self._each(ready, errors, lambda change, _: change.confirm())
        for name in ready:
            if name not in errors:
                split = sorted(self._waiting.together([name]) & errors.keys())
                said = f"{name} is confirmed, and needs {first_of(split)}, which is not: roll it back" if split else ""
                self._end(name, Ending("new", said))
                ready[name].close()

    def _spread(
        self, under_way: Mapping[str, SwitchChange], errors: dict[str, SonicfabError], pending: frozenset[str]
    ) -> None:
        """What needs a switch that has failed has failed."""
        for name in list(errors):
            for other in self._waiting.together([name]) - {name}:
                if other in pending:
                    self.given_up.add(other)
                elif other in {*under_way, *self._waiting.names} and other not in self.endings:
                    errors.setdefault(other, SwitchError(f"{other} went back because {name} went back: {errors[name]}"))

    def _each(
        self,
        changes: Mapping[str, SwitchChange],
        errors: dict[str, SonicfabError],
        work: Callable[[SwitchChange, Event], None],
    ) -> None:
        """The same for all switches that have not failed."""
        left = [change for name, change in changes.items() if name not in errors]
        for change, outcome in zip(left, run_all(left, work, workers=self._at_once), strict=True):
            if outcome.error:
                errors[change.plan.name] = outcome.error

    def _backward(self, changes: Mapping[str, SwitchChange], errors: Mapping[str, SonicfabError]) -> None:
        todo = list(changes.values())
        endings = run_all(todo, lambda change, _: change.back(errors[change.plan.name]))
        for change, outcome in zip(todo, endings, strict=True):
            self._end(change.plan.name, outcome.value or Ending("unknown", str(outcome.error)))
            change.close()

    def _end(self, name: str, ending: Ending) -> None:
        self.endings[name] = ending
        self.seconds[name] = time.monotonic() - self._started[name]
        self._done(name)


def _nothing(_value: object) -> None:
    """A check whose gate waits for nobody has nothing to tell."""
