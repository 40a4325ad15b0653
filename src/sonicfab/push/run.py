"""A push of a fabric: look, decide, and then step by step; the first switch that fails stops the rest."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.access import Access
from sonicfab.errors import InputError
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.push import single
from sonicfab.push.batches import Batch, make_batches
from sonicfab.push.change import Gates, SwitchChange
from sonicfab.push.comparison import Target
from sonicfab.push.drain import Drain
from sonicfab.push.gate import Gate, as_before, make_gate, need_each_other
from sonicfab.push.guarded import Ending, Limits
from sonicfab.push.journal import Journal
from sonicfab.push.refusals import NOBODY_INSISTS, Insisted, Observation
from sonicfab.push.rounds import Rounds
from sonicfab.push.ways import Way
from sonicfab.runner import Outcome, run_all

Tell = Callable[[str, str], None]
"""Told (switch, step)."""


@dataclass(frozen=True)
class PushOptions:
    """What the user asked for.

    Attributes:
        way: the way to force; "" for the cheapest.
        batch: the most switches in one step; None for what the graph allows.
        canary: whether one goes first, alone; None for the usual.
        max_failures: go on while no more switches than this have failed.
        drain: move traffic away before a disruptive change.
        holder: who is at it, for others who meet the guard on a switch.
        insisted: what is to be no reason for leaving a switch alone.
    """

    way: str = ""
    batch: int | None = None
    canary: bool | None = None
    max_failures: int = 0
    drain: bool = False
    holder: str = ""
    insisted: Insisted = NOBODY_INSISTS
    limits: Limits = field(default_factory=Limits)
    reset_sessions: bool = False


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


def decide(
    plan: FabricPlan, targets: Mapping[str, Target], looks: Mapping[str, Observation], options: PushOptions
) -> Decision:
    """Ways, steps and refusals.

    Raises:
        InputError: a way that was asked for does not lead there.
    """
    ways: dict[str, Way] = {}
    refused: dict[str, str] = {}
    unfit: list[str] = []
    for name, one in looks.items():
        build = plan.switches[name].build
        try:
            ways[name], reason = single.decide(
                one,
                targets[name],
                build,
                options.way,
                insisted=options.insisted,
                reset_sessions=options.reset_sessions,
            )
        except InputError as err:
            unfit.append(str(err))
            continue
        if reason:
            refused[name] = reason
    if unfit:
        more = "\n  ".join(unfit)
        raise InputError(f"--way {options.way} does not lead there:\n  {more}", "without --way the cheapest is taken")
    todo = [name for name, way in ways.items() if way.name != "nothing"]
    idle = [name for name in todo if not looks[name].found.established]
    return Decision(ways, tuple(make_batches(plan, todo, idle, options.batch, options.canary)), refused)


class FabricPush:
    """Does what was decided; what was begun and killed goes on in the same way (`sonicfab.push.resume`)."""

    def __init__(
        self,
        access: Access,
        plan: FabricPlan,
        targets: Mapping[str, Target],
        looks: Mapping[str, Observation],
        decision: Decision,
        options: PushOptions,
        journal: Journal,
        tell: Tell,
        done: Callable[[str], None],
        *,
        rollback: bool = False,
    ) -> None:
        self._access, self._plan, self._targets, self._rollback = access, plan, targets, rollback
        self._decision, self._options, self._journal, self._tell = decision, options, journal, tell
        self._found = {name: one.found for name, one in looks.items()}
        self._rounds = Rounds(done, access.at_once)

    @property
    def endings(self) -> Mapping[str, Ending]:
        """Every switch that was touched."""
        return self._rounds.endings

    @property
    def seconds(self) -> Mapping[str, float]:
        """Until it was confirmed, or back."""
        return self._rounds.seconds

    def run(self) -> None:
        """All steps; `endings` then has every switch that was touched. Stops after too many failures.

        Raises:
            OutputError: the journal cannot be written; what was under way went back.
            KeyboardInterrupt: the user has had enough; what was under way went back.
        """
        pending = set(self._decision.todo)
        with self._rounds.kept():
            for batch in self._decision.batches:
                pending -= set(batch.switches)
                left = [name for name in batch.switches if name not in self._rounds.given_up]
                changes = {name: self._change(name, pending) for name in left}
                self._rounds.go(changes, self._forward, frozenset(pending), self)
                if self._rounds.failures > self._options.max_failures:
                    return

    def _change(self, name: str, pending: Collection[str]) -> SwitchChange:
        return SwitchChange(
            self._access,
            self._journal,
            self._plan.switches[name],
            (self._found[name].target or self._targets[name], self._found[name], self._decision.ways[name]),
            Gates(self.gate(name, pending), as_before(self._found[name])),
            self._options.limits,
            lambda step: self._tell(name, step),
        )

    def gate(self, name: str, waiting: Collection[str]) -> Gate:
        """By what a switch is judged while those others have not changed."""
        switch = self._plan.switches[name]
        return make_gate(self._plan, switch, self._found, waiting, rollback=self._rollback)

    def need(self, one: str, other: str) -> bool:
        """Whether both change what has to do with a session between them."""
        return need_each_other(self._plan, self._found, one, other)

    def _forward(self, change: SwitchChange, stop: threading.Event) -> None:
        drains = self._options.drain and change.way.disruptive and self._found[change.plan.name].established
        single.forward(change, self._options.holder, stop, Drain(self._access, self._plan) if drains else None)


def look_at_all(
    access: Access,
    switches: Sequence[SwitchPlan],
    targets: Mapping[str, Target],
    tell: Tell,
    done: Callable[[str], None],
) -> dict[str, Outcome[Observation]]:
    """Look at the switches, all at once."""

    def one(switch: SwitchPlan, _stop: threading.Event) -> Observation:
        tell(switch.name, "comparing")
        with contextlib.closing(access.open(switch)) as there:
            return single.look(there, targets[switch.name])

    outcomes = run_all(switches, one, lambda switch, _: done(switch.name), access.at_once)
    return {switch.name: outcome for switch, outcome in zip(switches, outcomes, strict=True)}


def manifest(
    fabric: str,
    targets: Mapping[str, Target],
    decision: Decision,
    options: PushOptions,
    kind: str,
    resumes: str = "",
    approved: Mapping[str, str] | None = None,
) -> dict[str, object]:
    """What `push.json` says: what is meant with each switch, by hash; no config and no secret.

    `resumes` is the push that was killed and of which this is the rest, `approved` names the plan that was kept.
    """
    return {
        "fabric": fabric,
        "kind": kind,
        "resumes": resumes,
        **({"plan": dict(approved)} if approved else {}),
        "holder": options.holder,
        "steps": [list(batch.switches) for batch in decision.batches],
        "switches": {name: single.switch_manifest(targets[name], decision.ways[name]) for name in decision.todo},
    }
