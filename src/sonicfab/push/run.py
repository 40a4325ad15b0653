"""A push of a fabric: look, decide, and then step by step; the first switch that fails stops the rest."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.access import Access
from sonicfab.builds import get_build
from sonicfab.configdb import dumps
from sonicfab.errors import SonicfabError, SwitchError
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.push.batches import Batch, make_batches
from sonicfab.push.change import Change, Ending, Limits
from sonicfab.push.comparison import Target, compare
from sonicfab.push.drain import Drain
from sonicfab.push.gate import make_gate
from sonicfab.push.journal import Journal, sha256
from sonicfab.push.refusals import Look, refusal
from sonicfab.push.ways import Way, choose
from sonicfab.runner import Outcome, run_all
from sonicfab.switch import guard

Tell = Callable[[str, str], None]
"""Told (switch, step)."""


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes:
        way: the way to force; "" for the cheapest.
        batch: the most switches in one step; None for what the graph allows.
        canary: whether one goes first, alone; None for the usual.
        max_failures: go on while no more switches than this have failed.
        drain: move traffic away before a disruptive change.
        holder: who is at it, for others who meet the guard on a switch.
    """

    way: str = ""
    batch: int | None = None
    canary: bool | None = None
    max_failures: int = 0
    drain: bool = False
    holder: str = ""
    overwrite_drift: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Decision:
    """What a push will do, complete before it does anything.

    Attributes:
        ways: of every switch that was looked at.
        refused: switch -> why nothing may be done to it.
    """

    ways: Mapping[str, Way]
    batches: tuple[Batch, ...]
    refused: Mapping[str, str]

    @property
    def todo(self) -> list[str]:
        """The switches that change, in their order."""
        return [name for batch in self.batches for name in batch.switches]


def look(access: Access, plan: SwitchPlan, target: Target) -> Look:
    """Connect and compare; nothing is changed.

    Raises:
        WrongSwitchError, SwitchError, TransportError: as they are told.
    """
    with contextlib.closing(access.open(plan)) as switch:
        return Look(compare(switch, target), guard.status(switch), switch.free_space())


def decide(plan: FabricPlan, targets: Mapping[str, Target], looks: Mapping[str, Look], options: Options) -> Decision:
    """Ways, steps and refusals.

    Raises:
        InputError: a way that was asked for does not lead there.
    """
    ways: dict[str, Way] = {}
    refused: dict[str, str] = {}
    for name, one in looks.items():
        build = get_build(plan.switches[name].build)
        ways[name] = choose(one.found, targets[name], build, options.way)
        reason = refusal(one, targets[name], ways[name], build, overwrite_drift=options.overwrite_drift)
        if reason:
            refused[name] = reason
    todo = [name for name, way in ways.items() if way.name != "nothing"]
    idle = [name for name in todo if not looks[name].found.established]
    return Decision(ways, tuple(make_batches(plan, todo, idle, options.batch, options.canary)), refused)


class FabricPush:
    """Does what was decided."""

    def __init__(
        self,
        access: Access,
        plan: FabricPlan,
        targets: Mapping[str, Target],
        looks: Mapping[str, Look],
        decision: Decision,
        options: Options,
        journal: Journal,
        tell: Tell,
        done: Callable[[str], None],
    ) -> None:
        self._access, self._plan, self._targets = access, plan, targets
        self._decision, self._options, self._journal, self._tell, self._done = decision, options, journal, tell, done
        self._found = {name: one.found for name, one in looks.items()}
        self.endings: dict[str, Ending] = {}
        self.seconds: dict[str, float] = {}

    def run(self) -> None:
        """All steps; `endings` then has every switch that was touched. Stops after too many failures.

        Raises:
            OutputError: the journal cannot be written; what was under way went back.
            KeyboardInterrupt: the user has had enough; what was under way went back.
        """
        failures = 0
        pending = set(self._decision.todo)
        for batch in self._decision.batches:
            pending -= set(batch.switches)
            failures += self._step(batch, pending)
            if failures > self._options.max_failures:
                return

    def _step(self, batch: Batch, pending: Collection[str]) -> int:
        """One batch; the number of its switches that did not get there."""
        changes = {name: self._change(name) for name in batch.switches}
        errors: dict[str, SonicfabError] = {}
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            for change in changes.values():
                stack.callback(change.close)
            return self._go(changes, errors, started, pending)

    def _go(
        self, changes: dict[str, Change], errors: dict[str, SonicfabError], started: float, pending: Collection[str]
    ) -> int:
        try:
            self._each(changes, errors, self._forward)
            waiting = {*pending, *errors}  # what failed goes back, which is a change like one to come
            gates = {name: make_gate(self._plan, self._plan.switches[name], self._found, waiting) for name in changes}
            self._each(changes, errors, lambda change, stop: change.check(gates[change.plan.name], stop))
            self._each(changes, errors, lambda change, _: change.confirm())
        except BaseException as err:
            reason = SwitchError("interrupted" if isinstance(err, KeyboardInterrupt) else str(err) or repr(err))
            self._backward({name: one for name, one in changes.items() if name not in self.endings}, errors, reason)
            raise
        for name in changes:
            self.seconds[name] = time.monotonic() - started
            if name not in errors:
                self.endings[name] = Ending("new")
                self._done(name)
        self._backward({name: changes[name] for name in errors}, errors, SwitchError("it failed"))
        return len(errors)

    def _change(self, name: str) -> Change:
        return Change(
            self._access,
            self._journal,
            self._plan.switches[name],
            self._targets[name],
            self._found[name],
            self._decision.ways[name],
            self._options.limits,
            lambda step: self._tell(name, step),
        )

    def _forward(self, change: Change, stop: threading.Event) -> None:
        change.prepare(self._options.holder, stop)
        if self._options.drain and change.way.disruptive and self._found[change.plan.name].established:
            change.drain(Drain(self._access, self._plan), stop)
        change.apply(stop)
        change.undrain(stop)
        change.prove(stop)

    def _each(
        self,
        changes: Mapping[str, Change],
        errors: dict[str, SonicfabError],
        work: Callable[[Change, threading.Event], None],
    ) -> None:
        """The same for all switches that have not failed."""
        left = [change for name, change in changes.items() if name not in errors]
        for change, outcome in zip(left, run_all(left, work), strict=True):
            if outcome.error:
                errors[change.plan.name] = outcome.error

    def _backward(
        self, changes: Mapping[str, Change], errors: Mapping[str, SonicfabError], otherwise: SonicfabError
    ) -> None:
        todo = list(changes.values())
        endings = run_all(todo, lambda change, _: change.back(errors.get(change.plan.name, otherwise)))
        for change, outcome in zip(todo, endings, strict=True):
            self.endings[change.plan.name] = outcome.value or Ending("unknown", str(outcome.error))
            self._done(change.plan.name)


def look_at_all(
    access: Access,
    switches: Sequence[SwitchPlan],
    targets: Mapping[str, Target],
    tell: Tell,
    done: Callable[[str], None],
) -> dict[str, Outcome[Look]]:
    """Look at the switches, all at once."""

    def one(switch: SwitchPlan, _stop: threading.Event) -> Look:
        tell(switch.name, "comparing")
        return look(access, switch, targets[switch.name])

    outcomes = run_all(switches, one, lambda switch, _: done(switch.name))
    return {switch.name: outcome for switch, outcome in zip(switches, outcomes, strict=True)}


def meaning(
    fabric: str, targets: Mapping[str, Target], decision: Decision, options: Options, kind: str
) -> dict[str, object]:
    """What `push.json` says: what is meant with each switch, by hash; no config and no secret."""
    return {
        "fabric": fabric,
        "kind": kind,
        "holder": options.holder,
        "steps": [list(batch.switches) for batch in decision.batches],
        "switches": {
            name: {"way": decision.ways[name].name, "target": target_hash(targets[name])} for name in decision.todo
        },
    }


def target_hash(target: Target) -> str:
    """Tells whether two pushes mean the same for a switch."""
    return sha256(dumps(target.config_db) + (target.frr or ""))
