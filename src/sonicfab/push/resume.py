"""What a push that was killed has left under way: it goes on by the same code, from what its journal has.

A switch that got as far as running it is proven, checked and confirmed as the push would have; all others go back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from sonicfab.access import Access
from sonicfab.errors import SwitchError
from sonicfab.hints import first_of
from sonicfab.plan.types import FabricPlan
from sonicfab.push.change import Gates, SwitchChange
from sonicfab.push.comparison import Target
from sonicfab.push.gate import Gate
from sonicfab.push.guarded import Ending, Guarded, Limits
from sonicfab.push.journal import Journal
from sonicfab.push.rounds import Rounds
from sonicfab.push.run import Tell
from sonicfab.push.single import target_hash
from sonicfab.push.ways import Way
from sonicfab.runner import run_all

_NO_GATE = Gate({}, frozenset())


@dataclass(frozen=True)
class Left:
    """The push, and what ends it: `targets` are what the switches are to run now."""

    access: Access
    plan: FabricPlan
    targets: Mapping[str, Target]
    journal: Journal
    limits: Limits
    tell: Tell
    done: Callable[[str], None]

    @property
    def names(self) -> list[str]:
        """The switches on which it may be under way."""
        return [name for name in self.journal.open_switches if name in self.plan.switches]

    def go_on(self) -> dict[str, Ending]:
        """Confirm what it would have confirmed, and take back the rest.

        Raises:
            InputError: its journal cannot be read.
            OutputError: its journal cannot be written.
        """
        meant = self.journal.manifest()["switches"]
        changes = {name: self._change(name, meant.get(name, {})) for name in self.names}
        rounds = Rounds(self.done, self.access.at_once)
        waited = self._waited()
        for name, far in waited.items():
            rounds.know(name, far)
        confirmed = {name for name, step in self.journal.last_steps().items() if step == "confirmed"}

        def forward(change: SwitchChange, stop: Event) -> None:
            name = change.plan.name
            if name not in self.targets or meant.get(name, {}).get("target") != target_hash(self.targets[name]):
                raise SwitchError(f"{name}: something else than that push meant is meant now")
            missing = waited.get(name, frozenset()) - changes.keys() - confirmed
            if missing:
                raise SwitchError(f"{name} waits for the change of {first_of(sorted(missing))}, which was not begun")
            change.resume(stop)
            change.undrain(stop)
            change.prove(stop)

        with rounds.kept():
            rounds.go(changes, forward, frozenset(), _AsNoted(changes))
        return rounds.endings

    def go_back(self, names: Collection[str]) -> dict[str, Ending]:
        """Take these back, whatever they run; `new` where one was confirmed before that."""

        def one(name: str, _stop: Event) -> Ending:
            before = self._noted(name).get("old_gate")
            guarded = Guarded(
                self.access,
                self.journal,
                self.plan.switches[name],
                self.limits,
                lambda step: self.tell(name, step),
                before=Gate.of_json(before) if before else None,
            )
            try:
                return guarded.back(SwitchError(f"{name}: its old config was asked for"))
            finally:
                guarded.close()

        outcomes = run_all(names, one, lambda name, _: self.done(name))
        return {
            name: outcome.value or Ending("unknown", str(outcome.error))
            for name, outcome in zip(names, outcomes, strict=True)
        }

    def _change(self, name: str, meant: Mapping[str, Any]) -> SwitchChange:
        noted = self._noted(name)
        gates = [Gate.of_json(noted[one]) if one in noted else _NO_GATE for one in ("gate", "old_gate")]
        way = Way(meant.get("way", "reload"), "", (), meant.get("seconds", 0.0), (), disruptive=True, files={})
        nothing = Target(name, {}, None, ())
        todo = (self.targets.get(name, nothing), None, way)
        plan = self.plan.switches[name]
        return SwitchChange(
            self.access,
            self.journal,
            plan,
            todo,
            Gates(*gates),
            self.limits,
            lambda step: self.tell(name, step),
            under_way=True,  # whatever is found out about it: it goes back unless it is confirmed
        )

    def _noted(self, name: str) -> Mapping[str, Any]:
        """What the journal has of a switch as it was before."""
        return next((one.detail for one in self.journal.steps() if one.switch == name and one.step == "arming"), {})

    def _waited(self) -> dict[str, frozenset[str]]:
        """Who waited for whom."""
        return {one.switch: frozenset(one.detail["far"]) for one in self.journal.steps() if one.step == "waiting"}


@dataclass(frozen=True)
class _AsNoted:
    """What was known of the sessions, from the journal: nothing is still to come now."""

    changes: Mapping[str, SwitchChange]

    def gate(self, name: str, waiting: Collection[str]) -> Gate:
        """By what a switch is judged."""
        del waiting
        return self.changes[name].gates.new.whole()

    def need(self, one: str, other: str) -> bool:
        """Those that wait for each other are known already."""
        del one, other
        return False
