"""One switch on its way from the old config to the new one, or back; every step is in the journal before it is done.

While it is under way, a guard on the switch itself puts the old config back unless it is confirmed: whatever dies here
or in between, the switch ends with one config or the other (`sonicfab.switch.guard`).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sonicfab import configdb, frrconf
from sonicfab.errors import (
    ChecksFailedError,
    HostKeyError,
    OutputError,
    SonicfabError,
    SwitchError,
    TransportError,
    WrongSwitchError,
)
from sonicfab.frrdelta.compute import delta
from sonicfab.hints import first_of
from sonicfab.push.comparison import Comparison, Target, compare
from sonicfab.push.drain import LINE, Drain, drained
from sonicfab.push.gate import Gate, as_before
from sonicfab.push.journal import Journal
from sonicfab.push.ways import Way, frr_files
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.patching import read_apply_patch

log = logging.getLogger(__name__)
RETRY_EVERY = 1.0
SETTLE = 45.0
"""Seconds after which a difference that stays the same will not go away by waiting."""
MARGIN = 10.0
"""Seconds before the guard's end within which nothing is confirmed any more."""
RESTORE_WITHIN = 600.0
"""Seconds that a switch may take to go back; a reload on hardware takes minutes, and may have to be waited for."""

_PATCH_WITHIN = 120.0
"""Seconds that the config updater may take at least, before it is ended."""

_POLICY_DELAY = 7.0
"""Seconds until a changed route-map or prefix-list has its effect: FRR waits 5 (bgpd.h RMAP_DEFAULT_UPDATE_TIMER)."""

_AGAIN_WITHIN = 30.0
"""Seconds that the sessions of a switch that went back are waited for; what comes of them changes nothing any more."""

_ROUTES_WITHIN = 2.0
"""Seconds from a route that zebra has installed to one that forwards."""

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
    quiet: int = guard.SETTLE


@dataclass(frozen=True)
class Ending:
    """Which config a switch ended with: `new`, `old`, or `unknown` where nobody could be asked; `said` is why.

    `untouched` ones are old because nothing was begun.
    """

    state: State
    said: str = ""
    untouched: bool = False


class Change:
    """The change of one switch; the methods are called in their order here, until one raises: then `back`."""

    def __init__(
        self,
        access: Opens,
        journal: Journal,
        plan: Named,
        target: Target,
        found: Comparison,
        way: Way,
        limits: Limits,
        tell: Tell,
    ) -> None:
        self._access, self._journal, self._limits, self._tell = access, journal, limits, tell
        self.plan, self.target, self.found, self.way = plan, target, found, way
        self._guarded_until = 0.0
        self._arming = self._begun = self._starts_drained = False
        self._connection: Switch | None = None
        self._routes: frozenset[str] = frozenset()

    def prepare(self, holder: str, stop: threading.Event) -> None:
        """Arm the guard, bring the files to the switch and have its own programs read them; nothing takes effect.

        Raises:
            SwitchError: it cannot be, or the switch has changed since it was compared.
            TransportError: the connection broke.
        """
        with self._opened() as switch:
            hashes = self._journal.keep(self.plan.name, self.found.stored_config_db, self.found.stored_frr)
            if stop.is_set():
                raise SwitchError(f"{self.plan.name}: interrupted before anything was changed")
            self._note("arming", before=hashes, peers=sorted(self.found.established))
            self._arming = True
            guard.arm(switch, self._journal.push_id, holder, self._seconds, self._needs, self._limits.quiet)
            self._guarded_until = time.monotonic() + self._seconds
            self._refuse_news(switch)  # from here on nobody else pushes, and the guard has noted what there is
            self._note("staging")
            guard.stage(switch, self._journal.push_id, self.way.files)
            if "patch.json" in self.way.files:
                asked = switch.check_patch(max(_PATCH_WITHIN, 4 * self.way.seconds))
                self._applied(asked.ok, f"config apply-patch refuses it: {asked.said} (--way reload goes another way)")

    def drain(self, drain: Drain, stop: threading.Event) -> None:
        """Ask the neighbours to prefer other paths, and wait until they do.

        Raises:
            SwitchError: FRR does not take it.
            TransportError: the connection broke.
        """
        with self._opened() as switch:
            self._note("draining")
            self._routes = _installed(switch)
            self._begun = True
            asked = drain.request(switch.running_frr())
            guard.stage(switch, self._journal.push_id, asked)
            self._applied(guard.apply_frr(switch, self._journal.push_id).ok, "FRR refused `bgp graceful-shutdown`")
            if self.way.name in ("reload", "restart-bgp") and self.target.frr is not None:
                guard.stage(switch, self._journal.push_id, {"frr.conf": drained(self.target.frr)})
                self._starts_drained = True
        stays = drain.wait(self.plan.name, stop)
        self._note("drained", stays=stays)

    def undrain(self, stop: threading.Event) -> None:
        """Of a switch that has started drained: let traffic come back once its sessions and routes are there.

        Raises:
            SwitchError: FRR does not take it.
            TransportError: the connection broke.
        """
        if not self._starts_drained or self.target.frr is None:
            return
        self._note("undraining")
        deadline = min(self._guarded_until - MARGIN, time.monotonic() + self._limits.timeout)
        while time.monotonic() < deadline and not stop.is_set():
            try:
                with self._opened(anew=True) as switch:
                    now = compare(switch, self.target)
                    left = [(change.sign, change.line) for change in now.frr]
                    there = not now.config_db and left == [("-", LINE)]
                    # bgpd announces a route before it is installed: traffic that came then would be dropped
                    if there and self.found.established <= now.established and self._routes <= _installed(switch):
                        time.sleep(_ROUTES_WITHIN)
                        guard.stage(switch, self._journal.push_id, {"frr.conf": self.target.frr})
                        self._frr_delta(switch)
                        return
            except (WrongSwitchError, HostKeyError):
                raise
            except (TransportError, SwitchError) as err:  # it may still be coming up
                log.info("%s: not ready yet: %s", self.plan.name, err)
            time.sleep(RETRY_EVERY)
        raise ChecksFailedError(f"{self.plan.name}: not every session that was up came back")

    def apply(self, stop: threading.Event) -> None:
        """Make the switch run it, by its way.

        Raises:
            SwitchError: the switch refuses it.
            TransportError: the connection broke where it must not.
        """
        with self._opened() as switch:
            if stop.is_set():
                raise SwitchError(f"{self.plan.name}: interrupted before anything was changed")
            guard.extend(switch, self._journal.push_id, self._seconds)
            self._guarded_until = time.monotonic() + self._seconds
            self._note("applying", way=self.way.name)
            self._begun = True
            if self.way.name in ("patch", "patch+frr-delta"):
                self._patch(switch)
            if self.way.name in ("frr-delta", "patch+frr-delta", "patch") and self.target.frr is not None:
                self._frr_delta(switch)  # after a patch alone, too: a drained switch is undrained by it
            if self.way.name == "restart-bgp":
                done = guard.restart_bgp(switch, self._journal.push_id)
                self._applied(done.ok, f"the bgp container does not start: {done.said}")
            if self.way.name == "reload":
                self._reload(switch, stop)

    def prove(self, stop: threading.Event) -> None:
        """Log in anew and wait until what runs is what is intended.

        Raises:
            ChecksFailedError: it is something else.
            SwitchError: the user has had enough.
            SonicfabError: nobody could be asked.
        """
        self._note("proving")
        last: Comparison | SonicfabError | None = None
        since = time.monotonic()
        deadline = min(time.monotonic() + self._limits.timeout, self._guarded_until - MARGIN)
        while True:
            self._refuse_if(stop)
            try:
                with self._opened(anew=last is None or isinstance(last, SonicfabError)) as switch:
                    now = compare(switch, self.target)
                if now.runs:
                    return
                if not isinstance(last, Comparison) or last.shown() != now.shown():
                    since = time.monotonic()
                last = now
                if time.monotonic() - since > SETTLE:
                    break
            except (WrongSwitchError, HostKeyError):
                raise
            except (TransportError, SwitchError) as err:  # it may still be coming up
                last = err
                log.info("%s: not ready yet: %s", self.plan.name, err)
            if time.monotonic() > deadline:
                break
            time.sleep(RETRY_EVERY)
        if isinstance(last, Comparison):
            raise ChecksFailedError(
                f"{self.plan.name} does not run what was pushed: {first_of(last.shown(), separator='; ')}"
            )
        raise last or TransportError(f"{self.plan.name} was not reached again")

    def check(self, gate: Gate, stop: threading.Event) -> None:
        """Wait until its sessions are what they must be.

        Raises:
            ChecksFailedError: they are not.
            SwitchError: the user has had enough.
            SonicfabError: nobody could be asked.
        """
        self._note("checking")
        if _changes_policy(self.found):
            time.sleep(_POLICY_DELAY)
        deadline = min(time.monotonic() + self._limits.settle, self._guarded_until - MARGIN)
        misses: list[str] = []
        failure: SonicfabError | None = None
        while True:
            self._refuse_if(stop)
            try:
                with self._opened() as switch:
                    misses = gate.misses(switch.bgp_summary())
                if not misses:
                    return
            except (WrongSwitchError, HostKeyError):
                raise
            except (TransportError, SwitchError) as err:
                failure = err
            if time.monotonic() > deadline:
                break
            time.sleep(RETRY_EVERY)
        if misses:
            raise ChecksFailedError(f"{self.plan.name}: {first_of(misses, separator='; ')}")
        raise failure or TransportError(f"{self.plan.name} was not reached again")

    def confirm(self) -> None:
        """Make it what the next start loads, and end the guard; it is the new config from then on.

        Raises:
            ChecksFailedError: the switch went back before it was confirmed.
            SonicfabError: nobody could be asked whether it was confirmed.
        """
        self._note("confirming")
        failure: SonicfabError = TransportError(f"{self.plan.name} was not reached for its confirmation")
        while time.monotonic() < self._guarded_until:
            try:
                with self._opened() as switch:
                    state = guard.status(switch, self._journal.push_id).state
                    if state == "armed":
                        guard.confirm(switch, self._journal.push_id)
                        state = "confirmed"
                    if state == "confirmed":
                        self._note("confirmed")
                        return
                    raise ChecksFailedError(f"{self.plan.name} went back before it was confirmed")
            except (WrongSwitchError, HostKeyError):
                raise
            except (TransportError, SwitchError) as err:  # it may have been confirmed all the same: ask again
                failure = err
                time.sleep(RETRY_EVERY)
        raise failure

    def back(self, reason: SonicfabError) -> Ending:
        """Have the switch put its old config back, and tell what it ended with; never raises for a dead switch."""
        if not self._arming:
            self._note_late("refused", reason=str(reason))
            return Ending("old", str(reason), untouched=True)
        self._note_late("restoring", reason=str(reason))
        failure: SonicfabError = reason
        patience = time.monotonic() + max(0.0, self._guarded_until - time.monotonic()) + RESTORE_WITHIN
        while time.monotonic() < patience:
            try:
                with self._opened() as switch:
                    seen = settle_back(switch, self._journal.push_id)
                    state = seen.state
                    # where no step was begun, what is unlike is none of ours
                    left = _unlike(switch, self.found) if state == "restored" and seen.begun else []
                if state in ("confirmed", "none") or (state == "restored" and not left):
                    self._note_late({"confirmed": "confirmed", "none": "refused"}.get(state, "restored"))
                    lacks = self._sessions_lack() if state == "restored" and self._begun else ""
                    said = f"{reason}{lacks}"
                    return Ending("new" if state == "confirmed" else "old", said, untouched=not self._begun)
                if left:  # services may still be starting
                    failure = ChecksFailedError(f"it does not run what it ran before: {first_of(left, separator='; ')}")
                    patience = min(patience, time.monotonic() + SETTLE)
            except (WrongSwitchError, HostKeyError) as err:
                failure = err
                break
            except (TransportError, SwitchError) as err:
                failure = err
                log.info("%s: %s", self.plan.name, err)
            time.sleep(RETRY_EVERY)
        self._note_late("lost", reason=str(failure))
        return Ending("unknown", f"{reason}; then: {failure}")

    def _sessions_lack(self) -> str:
        """Wait until what went over the sessions of a switch that went back does so again; what does not, in words."""
        gate, deadline, lacks = as_before(self.found), time.monotonic() + _AGAIN_WITHIN, ""
        while time.monotonic() < deadline:
            try:
                with self._opened() as switch:
                    misses = gate.misses(switch.bgp_summary())
                if not misses:
                    return ""
                lacks = f"; it runs its old config, but {first_of(misses, separator='; ')}"
            except SonicfabError as err:
                lacks = f"; it runs its old config, but its sessions could not be asked for: {err}"
            time.sleep(RETRY_EVERY)
        return lacks

    @property
    def _seconds(self) -> int:
        """How long the guard waits for each part of the work."""
        return int(self._limits.confirm_within + self.way.seconds)

    @property
    def _needs(self) -> int:
        """Bytes that the switch must have free: the files, staged, in place and as SONiC saves them."""
        return 4 * sum(len(text.encode()) for text in self.way.files.values())

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

    def _refuse_news(self, switch: Switch) -> None:
        now = compare(switch, self.target)
        if now.shown() != self.found.shown():
            raise SwitchError(
                f"{switch.name}: its config has changed since it was compared", "push again to see what is new"
            )

    def _refuse_if(self, stop: threading.Event) -> None:
        if stop.is_set():
            raise SwitchError(f"{self.plan.name}: interrupted")

    def _applied(self, well: bool, failure: str) -> None:
        if not well:
            raise SwitchError(f"{self.plan.name}: {failure}")

    def _patch(self, switch: Switch) -> None:
        done = guard.apply_patch(switch, self._journal.push_id, max(_PATCH_WITHIN, 4 * self.way.seconds))
        result = read_apply_patch(done, dry_run=False)
        self._applied(result.ok, f"config apply-patch: {result.said}")

    def _frr_delta(self, switch: Switch) -> None:
        """Read, compute, apply, compare: at most twice. Exit codes prove nothing; what runs does."""
        assert self.target.frr is not None
        for _ in range(2):
            change = delta(switch.running_frr(), self.target.frr)
            if change.refused:
                raise SwitchError(f"{self.plan.name}: FRR: {change.refused[0]}")
            if not change.commands and not change.then:
                return
            guard.stage(switch, self._journal.push_id, frr_files(change, self.target.frr, self.found.running_frr))
            said = guard.apply_frr(switch, self._journal.push_id).said
        left = frrconf.diff(self.target.frr, switch.running_frr())
        self._applied(not left, f"FRR did not take every line ({said}): {first_of(left, separator='; ')}")

    def _reload(self, switch: Switch, stop: threading.Event) -> None:
        """`config reload`, until it is accepted and done; the connection may break meanwhile."""
        push_id = self._journal.push_id
        guard.start_reload(switch, push_id)
        while True:
            time.sleep(RETRY_EVERY / 2)
            self._refuse_if(stop)
            try:
                result = guard.reload_result(switch, push_id)
            except TransportError as err:
                log.info("%s: the connection broke during the reload: %s", switch.name, err)
                return  # the reload goes on by itself; what runs afterwards is looked at from a new connection
            if result.state == "done":
                return
            if result.state == "failed":
                raise SwitchError(f"{switch.name}: config reload failed: {result.said}")
            if time.monotonic() > self._guarded_until - MARGIN:
                raise SwitchError(f"{switch.name}: config reload {result.said or 'does not end'}")
            if result.state == "refused":
                self._tell(f"waiting: {result.said.split('.')[0]}")
                time.sleep(RETRY_EVERY)
                guard.start_reload(switch, push_id)


def settle_back(switch: Switch, push_id: str) -> guard.GuardStatus:
    """Ask for the old config, unless that was done; what the guard said before: `none`, `armed`, `restoring`, ...

    Raises:
        SwitchError, TransportError: it could not be asked.
    """
    seen = guard.status(switch, push_id)
    if seen.state == "armed":
        guard.restore(switch, push_id)
    return seen


def _unlike(switch: Switch, before: Comparison) -> list[str]:
    """How what runs differs from what ran before."""
    changes = configdb.diff(before.running, switch.running_config_db(), before.running.keys())
    return [*map(str, changes), *map(str, frrconf.diff(before.running_frr, switch.running_frr()))]


def _installed(switch: Switch) -> frozenset[str]:
    """The prefixes to which BGP leads."""
    return frozenset(prefix for prefix, route in switch.bgp_routes().items() if route.installed)


def _changes_policy(found: Comparison) -> bool:
    policies = ("route-map ", "ip prefix-list ", "ipv6 prefix-list ", "bgp community-list ", "bgp as-path ")
    return any((change.context[0] if change.context else change.line).startswith(policies) for change in found.frr)
