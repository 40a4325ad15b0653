"""What a push that was killed has left under way: confirmed where it got there, taken back elsewhere."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sonicfab.errors import SwitchError, TransportError
from sonicfab.plan.types import SwitchPlan
from sonicfab.push.change import RESTORE_WITHIN, RETRY_EVERY, Ending, Limits, Named, Opens, settle_back
from sonicfab.push.comparison import Target, compare
from sonicfab.push.journal import Journal
from sonicfab.switch import guard

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settle:
    """Ends what is under way of one push."""

    access: Opens
    journal: Journal
    limits: Limits
    tell: Callable[[str, str], None]

    def go_on(self, plan: SwitchPlan, target: Target) -> Ending:
        """Confirm a switch that runs what was meant and has the sessions that it had; else take it back."""
        if self._confirmed(plan, target):
            return Ending("new")
        return self.go_back(plan)

    def go_back(self, plan: Named) -> Ending:
        """Have the switch put its old config back; `new` when it was confirmed before that."""
        self._note(plan.name, "restoring", reason="asked for")
        patience = time.monotonic() + RESTORE_WITHIN
        failure = "it was not reached"
        while time.monotonic() < patience:
            try:
                with contextlib.closing(self.access.open(plan)) as switch:
                    state = settle_back(switch, self.journal.push_id).state
                if state in ("none", "restored", "confirmed"):
                    self._note(plan.name, {"none": "refused"}.get(state, state))
                    return Ending("new" if state == "confirmed" else "old")
            except (SwitchError, TransportError) as err:
                failure = str(err)
            time.sleep(RETRY_EVERY)
        return Ending("unknown", failure)

    def _confirmed(self, plan: SwitchPlan, target: Target) -> bool:
        """Whether it got there, and is confirmed now."""
        peers = self._peers_before(plan)
        deadline = time.monotonic() + self.limits.settle
        while time.monotonic() < deadline:
            try:
                with contextlib.closing(self.access.open(plan)) as switch:
                    state = guard.status(switch, self.journal.push_id).state
                    if state == "confirmed":
                        self._note(plan.name, "confirmed")
                        return True
                    if state != "armed":
                        return False
                    now = compare(switch, target)
                    if now.runs and peers <= now.established:
                        self._note(plan.name, "confirming")
                        guard.confirm(switch, self.journal.push_id)
                        self._note(plan.name, "confirmed")
                        return True
                    if not now.runs and self._nothing_applied(plan.name):
                        return False
            except (SwitchError, TransportError) as err:  # it may be in the middle of a reload
                log.info("%s: not ready yet: %s", plan.name, err)
            time.sleep(RETRY_EVERY)
        return False

    def _peers_before(self, plan: SwitchPlan) -> frozenset[str]:
        """The planned sessions that were up before."""
        planned = {session.peer for session in plan.fabric_sessions}
        for step in reversed(self.journal.steps()):
            if step.switch == plan.name and "peers" in step.detail:
                return frozenset(step.detail["peers"]) & planned
        return frozenset()

    def _nothing_applied(self, name: str) -> bool:
        return not any(step.switch == name and step.step == "applying" for step in self.journal.steps())

    def _note(self, name: str, step: str, **detail: object) -> None:
        self.journal.note(name, step, **detail)
        self.tell(name, step)
