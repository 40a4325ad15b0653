"""A switch under the guard of a push: kept armed, confirmed, or had go back, whoever armed it.

Every step is in the journal before it is done.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sonicfab.errors import ChecksFailedError, OutputError, SonicfabError, TransportError
from sonicfab.hints import first_of
from sonicfab.push.comparison import Comparison
from sonicfab.push.gate import Gate
from sonicfab.push.journal import Journal
from sonicfab.push.polling import NotYetError, ask_until
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.bgp import BGP_SUMMARY
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR

log = logging.getLogger(__name__)
SETTLE = 45.0
"""Seconds after which a difference that stays the same will not go away by waiting."""
MARGIN = 10.0
"""Seconds before the guard's end within which nothing is confirmed any more."""
RESTORE_WITHIN = 600.0
"""Seconds that a switch may take to go back; a reload on hardware takes minutes, and may have to be waited for."""
FAILED_WITHIN = 180.0
"""The same once its guard has said that the way back does not work, and keeps saying so: it goes on by itself. A young
SwSS refuses a reload for 120 s (sonic-utilities config/main.py _swss_ready)."""
_TELL_EVERY = 60.0
"""Seconds after which it is told anew that a switch is still waited for."""
_AGAIN_WITHIN = 30.0
"""Seconds that the sessions of a switch that went back are waited for; what comes of them changes nothing any more."""

Tell = Callable[[str], None]
State = Literal["new", "old", "unknown"]


class Named(Protocol):
    """A switch that changes: a plan of it, or its name alone."""

    @property
    def name(self) -> str: ...  # noqa: D102


class Opens(Protocol):
    """Connects to a switch that changes, and refuses another one."""

    def open(self, plan: Any) -> Switch: ...  # noqa: ANN401, D102 - what it needs to know of the switch


@dataclass(frozen=True)
class Limits:
    """How long what may take, in seconds.

    Attributes:
        confirm_within: unless it is confirmed so long after it was applied, the switch goes back by itself.
        timeout: until the switch must run what was pushed.
        settle: until its sessions must be what they were.
        quiet: without any change, after which a switch that goes back will not do so by waiting.
    """

    confirm_within: float = 300.0
    timeout: float = 600.0
    settle: float = 60.0
    quiet: int = guard.QUIET

    def guarded(self, way_seconds: float) -> int:
        """Seconds after the start of a change that is predicted to take so long until its guard takes it back."""
        return int(self.confirm_within + way_seconds)


@dataclass(frozen=True)
class Ending:
    """Which config a switch ended with: `new`, `old`, or `unknown` where nobody could be asked; `said` is why.

    `untouched` ones are old because nothing was begun.
    """

    state: State
    said: str = ""
    untouched: bool = False


class Guarded:
    """What can be done with a switch on which a push is armed, or may be; `found` is what it ran before, if known."""

    def __init__(
        self,
        access: Opens,
        journal: Journal,
        plan: Named,
        limits: Limits,
        tell: Tell,
        *,
        seconds: float = 0.0,
        before: Gate | None = None,
        found: Comparison | None = None,
    ) -> None:
        self._access, self._journal, self._limits, self._tell = access, journal, limits, tell
        self.plan, self._before, self._found = plan, before, found
        self._seconds = limits.guarded(seconds)
        self._guarded_until = 0.0
        self._arming, self._begun, self._confirmed = True, False, False
        self._connection: Switch | None = None

    @property
    def lapses_soon(self) -> bool:
        """Half of its guard's time is over."""
        return time.monotonic() > self._guarded_until - self._seconds / 2

    @property
    def lapsed(self) -> bool:
        """Its guard cannot be extended any more."""
        return time.monotonic() > self._guarded_until - MARGIN

    def extend(self) -> None:
        """Give it all of its guard's time anew.

        Raises:
            SwitchError: it is going back, or has.
            TransportError: it was not reached.
        """
        if self._confirmed:
            return
        with self._opened() as switch:
            guard.extend(switch, self._journal.push_id, self._seconds)
            self._guarded_until = time.monotonic() + self._seconds

    def hold(self, seconds: int) -> None:
        """Let it wait so long for whoever confirms it, and go back without.

        Raises:
            SwitchError: it is going back, or has.
            TransportError: it was not reached.
        """
        with self._opened(anew=True) as switch:
            guard.extend(switch, self._journal.push_id, seconds)
        self._note("pending", seconds=seconds)

    def confirm(self) -> None:
        """Make it what the next start loads, and end the guard; it is the new config from then on.

        Raises:
            ChecksFailedError: the switch went back before it was confirmed.
            SonicfabError: nobody could be asked whether it was confirmed.
        """
        self._note("confirming")

        def asked() -> None:
            with self._opened() as switch:
                state = guard.status(switch, self._journal.push_id).state
                if state == "armed":
                    guard.confirm(switch, self._journal.push_id)
                elif state != "confirmed":
                    raise ChecksFailedError(f"{self.plan.name} went back before it was confirmed")

        # an answer that is lost: it may have been confirmed all the same, and is asked again
        ask_until(self.plan.name, asked, lambda: self._guarded_until)
        self._confirmed = True
        self._note("confirmed")

    def back(self, reason: SonicfabError) -> Ending:
        """Have the switch put its old config back, and tell what it ended with; never raises for a dead switch."""
        if not self._arming:
            self._note_late("refused", reason=str(reason))
            return Ending("old", str(reason), untouched=True)
        self._note_late("restoring", reason=str(reason))
        patience, heard = max(time.monotonic(), self._guarded_until) + RESTORE_WITHIN, ""
        told, again = "", 0.0

        def asked() -> str:
            nonlocal patience, heard
            with self._opened() as switch:
                seen = settle_back(switch, self._journal.push_id)
                # where no step was begun, what is unlike is none of ours
                unlike = self._unlike(switch) if seen.state == "restored" and seen.begun else []
            self._begun = self._begun or bool(seen.begun)
            if seen.state in ("confirmed", "none") or (seen.state == "restored" and not unlike):
                return seen.state
            if unlike:  # services may still be starting
                patience = min(patience, time.monotonic() + SETTLE)
                raise NotYetError(f"it does not run what it ran before: {first_of(unlike, separator='; ')}")
            if seen.said and seen.said != heard:
                heard, patience = seen.said, time.monotonic() + FAILED_WITHIN
            raise NotYetError(
                f"its guard says: {seen.said}" if seen.said else "its guard is putting the old config back"
            )

        def tell(why: SonicfabError) -> None:
            nonlocal told, again
            if str(why) != told or time.monotonic() > again:
                told, again = str(why), time.monotonic() + _TELL_EVERY
                self._tell(f"restoring: {why}; waited for {max(0.0, patience - time.monotonic()):.0f} s more at most")

        try:
            state = ask_until(self.plan.name, asked, lambda: patience, told=tell)
        except SonicfabError as failure:
            self._note_late("lost", reason=str(failure))
            left = self._guarded_until - time.monotonic()
            lapses = f"; its guard lapses in {left:.0f} s at the latest" if left > 0 else ""
            return Ending("unknown", f"{reason}; then: {failure}{lapses}")
        self._note_late({"confirmed": "confirmed", "none": "refused"}.get(state, "restored"))
        lacks = self._sessions_lack() if state == "restored" and self._begun else ""
        return Ending("new" if state == "confirmed" else "old", f"{reason}{lacks}", untouched=not self._begun)

    def _unlike(self, switch: Switch) -> list[str]:
        """How what runs differs from what ran before, where that is known."""
        if self._found is None:
            return []
        now, now_frr = switch.get(RUNNING_CONFIG_DB), switch.optional(RUNNING_FRR) or ""
        return guard.unlike(self._found.running, self._found.running_frr, now, now_frr)

    def _sessions_lack(self) -> str:
        """Wait until what went over the sessions of a switch that went back does so again; what does not, in words."""
        gate = self._before or Gate({}, frozenset())

        def asked() -> None:
            with self._opened() as switch:
                misses = gate.misses(switch.get(BGP_SUMMARY))
            if misses:
                raise NotYetError(first_of(misses, separator="; "))

        try:
            ask_until(self.plan.name, asked, self._until(_AGAIN_WITHIN, guarded=False))
        except NotYetError as err:
            return f"; it runs its old config, but {err}"
        except SonicfabError as err:
            return f"; it runs its old config, but its sessions could not be asked for: {err}"
        return ""

    def _until(self, seconds: float, *, guarded: bool = True) -> Callable[[], float]:
        """So many seconds from now, and while the guard waits."""
        end = time.monotonic() + seconds
        return lambda: min(end, self._guarded_until - MARGIN) if guarded else end

    def _note(self, step: str, **detail: object) -> None:
        self._journal.note(self.plan.name, step, **detail)
        self._tell(step)

    def _note_late(self, step: str, **detail: object) -> None:
        """The same of a step that is not kept back by a journal that cannot be written."""
        try:
            self._note(step, **detail)
        except OutputError as err:
            log.warning("%s: %s: %s", self.plan.name, step, err)
            self._tell(step)

    @contextlib.contextmanager
    def _opened(self, *, anew: bool = False) -> Iterator[Switch]:
        """The connection to the switch; it stays open until it breaks, or `anew` is asked for."""
        if anew:
            self.close()
        if self._connection is None:
            self._connection = self._access.open(self.plan)
        try:
            yield self._connection
        except TransportError:
            self.close()
            raise

    def close(self) -> None:
        """End the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def settle_back(switch: Switch, push_id: str) -> guard.GuardStatus:
    """Ask for the old config, unless that was done; what the guard said before: `none`, `armed`, `restoring`, ...

    Raises:
        SwitchError, TransportError: it could not be asked.
    """
    seen = guard.status(switch, push_id)
    if seen.state == "armed":
        guard.restore(switch, push_id)
    return seen
