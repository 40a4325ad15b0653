"""One switch on its way from the old config to the new one, or back; every step is in the journal before it is done.

While it is under way, a guard on the switch itself puts the old config back unless it is confirmed: whatever dies here
or in between, the switch ends with one config or the other (`sonicfab.switch.guard`).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from sonicfab.errors import ChecksFailedError, SonicfabError, SwitchError, TransportError
from sonicfab.frr import conf
from sonicfab.frr.delta.compute import delta
from sonicfab.hints import first_of
from sonicfab.push import guarded
from sonicfab.push.comparison import Comparison, Target, compare
from sonicfab.push.drain import LINE, Drain, drained
from sonicfab.push.gate import Gate
from sonicfab.push.guarded import Guarded, Limits, Named, Opens, Tell
from sonicfab.push.journal import Journal
from sonicfab.push.polling import NotYetError, ask_until
from sonicfab.push.ways import Way, frr_files
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.patching import read_apply_patch
from sonicfab.switch.state.bgp import BGP_SUMMARY
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.switch.state.routes import BGP_ROUTES

log = logging.getLogger(__name__)
REFUSED_WITHIN = 300.0
"""Seconds that a reload may be refused for: SwSS is ready 120 s after its start (the same), other services later."""
LATER_WITHIN = 10.0
"""Seconds that a session may take to come up by itself before it is taken to wait for the far end's change."""

_PATCH_WITHIN = 120.0
"""Seconds that the config updater may take at least, before it is ended."""

_ROUTES_WITHIN = 2.0
"""Seconds from a route that zebra has installed to one that forwards."""


@dataclass(frozen=True)
class Gates:
    """By what the sessions of a switch are judged: that has changed, and that went back."""

    new: Gate
    old: Gate


class SwitchChange(Guarded):
    """The change of one switch; the methods are called in their order here, until one raises: then `back`.

    What a killed push has begun goes on with `resume` in the place of `prepare` and `apply`. `found` is None then: what
    ran before is known to the guard on the switch, and the gates are in the journal.
    """

    def __init__(
        self,
        access: Opens,
        journal: Journal,
        plan: Named,
        todo: tuple[Target, Comparison | None, Way],
        gates: Gates,
        limits: Limits,
        tell: Tell,
        *,
        under_way: bool = False,
    ) -> None:
        self.target, self.found, self.way = todo
        super().__init__(
            access, journal, plan, limits, tell, seconds=self.way.seconds, before=gates.old, found=self.found
        )
        self.gates = gates
        self._arming = under_way
        self._starts_drained = False
        self._runs_since = 0.0
        self._routes: frozenset[str] = frozenset()

    def prepare(self, holder: str, stop: threading.Event) -> None:
        """Arm the guard, bring the files to the switch and have its own programs read them; nothing takes effect.

        Raises:
            SwitchError: it cannot be, or the switch has changed since it was compared.
            TransportError: the connection broke.
        """
        with self._opened() as switch:
            assert self.found is not None, "it is not resumed"
            stored = (self.found.stored_config_db, self.found.stored_frr, self.found.record_text)
            hashes = self._journal.keep(self.plan.name, *stored)
            if stop.is_set():
                raise SwitchError(f"{self.plan.name}: interrupted before anything was changed")
            self._note("arming", before=hashes, gate=self.gates.new.as_json(), old_gate=self.gates.old.as_json())
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
            asked = drain.request(switch.optional(RUNNING_FRR) or "")
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

        def asked() -> None:
            with self._opened(anew=True) as switch:
                now = compare(switch, target)
                left = [(change.sign, change.line) for change in now.frr]
                if now.config_db or left != [("-", LINE)] or not self.gates.old.must.keys() <= now.established:
                    raise NotYetError(f"{self.plan.name}: not every session that was up came back")
                # bgpd announces a route before it is installed: traffic that came then would be dropped
                if not self._routes <= _installed(switch):
                    raise NotYetError(f"{self.plan.name}: not every route that it had came back")
                time.sleep(_ROUTES_WITHIN)
                guard.stage(switch, self._journal.push_id, {"frr.conf": frr})
                self._frr_delta(switch)

        target, frr = self.target, self.target.frr
        ask_until(self.plan.name, asked, self._until(self._limits.timeout), stop)

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

    def resume(self, stop: threading.Event) -> None:
        """Of a push that was killed: find out how far it came; `prove`, `check` and `confirm` go on from there.

        Raises:
            SwitchError: nothing was applied, or it is going back.
            TransportError: it was not reached.
        """
        steps = self._steps()
        self._starts_drained = "draining" in steps and self.way.name in ("reload", "restart-bgp")

        def asked() -> guard.GuardStatus:
            with self._opened(anew=True) as switch:
                seen = guard.status(switch, self._journal.push_id)
                if seen.state == "armed" and "applying" in steps and (seen.begun or self.way.name == "store"):
                    guard.extend(switch, self._journal.push_id, self._seconds)
                    self._guarded_until = time.monotonic() + self._seconds
                return seen

        seen = ask_until(self.plan.name, asked, self._until(self._limits.settle, guarded=False), stop)
        self._begun = bool(seen.begun)
        self._confirmed = seen.state == "confirmed"
        if not self._confirmed and not self._guarded_until:
            raise SwitchError(f"{self.plan.name}: nothing of it was applied when it was killed")

    def prove(self, stop: threading.Event) -> None:
        """Log in anew and wait until what runs is what is intended.

        Raises:
            ChecksFailedError: it is something else.
            SwitchError: the user has had enough.
            SonicfabError: nobody could be asked.
        """
        if self._confirmed:
            return
        self._note("proving")
        last: tuple[str, ...] = ()
        since, anew = time.monotonic(), True

        def asked() -> None:
            nonlocal last, since, anew
            try:
                with self._opened(anew=anew) as switch:
                    now = compare(switch, self.target)
            except SonicfabError:
                anew = True
                raise
            anew = False
            if now.runs and not (now.frr_down and self.target.frr is not None):
                return
            shown = (f"FRR does not run: {now.frr_down}",) if now.frr_down else now.shown()
            if shown != last:
                last, since = shown, time.monotonic()
                if now.frr_down:
                    self._tell(f"proving: {shown[0]}")
            said = f"{self.plan.name} does not run what was pushed: {first_of(shown, separator='; ')}"
            raise (ChecksFailedError if time.monotonic() - since > guarded.SETTLE else NotYetError)(said)

        ask_until(self.plan.name, asked, self._until(self._limits.timeout), stop)
        self._runs_since = self._runs_since or time.monotonic()

    def check(self, gate: Gate, stop: threading.Event) -> frozenset[str]:
        """Wait until its sessions are what they must be; the far switches without whose change it cannot be judged.

        Raises:
            ChecksFailedError: they are not.
            SwitchError: the user has had enough.
            SonicfabError: nobody could be asked.
        """
        if self._confirmed:
            return frozenset()
        self._note("checking")
        patience = time.monotonic() + LATER_WITHIN
        if gate.judged:
            time.sleep(max(0.0, self._runs_since + gate.delay - time.monotonic()))

        def asked() -> frozenset[str]:
            with self._opened() as switch:
                peers = switch.get(BGP_SUMMARY)
            misses, waits = gate.misses(peers), gate.waits(peers)
            comes = waits.keys() & gate.judged
            if misses or (comes and time.monotonic() < patience):
                raise NotYetError(f"{self.plan.name}: {first_of(misses or sorted(comes), separator='; ')}")
            return frozenset(waits.values())

        return ask_until(self.plan.name, asked, self._until(self._limits.settle), stop)

    def wait_for(self, far: frozenset[str]) -> None:
        """It is not confirmed before those far ends are; its guard stays armed, and is extended meanwhile."""
        self._note("waiting", far=sorted(far))

    def _steps(self) -> set[str]:
        """The steps that it came to, as the journal has them."""
        return {one.step for one in self._journal.steps() if one.switch == self.plan.name}

    @property
    def _needs(self) -> int:
        """Bytes that the switch must have free: the files, staged, in place and as SONiC saves them."""
        return 4 * sum(len(text.encode()) for text in self.way.files.values())

    def _refuse_news(self, switch: Switch) -> None:
        now = compare(switch, self.target)
        if self.found is None or now.shown() != self.found.shown():
            raise SwitchError(
                f"{switch.name}: its config has changed since it was compared", "push again to see what is new"
            )

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
            change = delta(self.target.by_hand(switch.optional(RUNNING_FRR) or ""), self.target.frr, self.way.restart)
            if change.refused:
                raise SwitchError(f"{self.plan.name}: FRR: {change.refused[0]}")
            if not change.commands and not change.then:
                return
            before = self.target.by_hand(self.found.running_frr) if self.found else ""
            guard.stage(switch, self._journal.push_id, frr_files(change, self.target.frr, before))
            said = guard.apply_frr(switch, self._journal.push_id).said
            self._runs_since = time.monotonic()
        left = conf.diff(self.target.frr, self.target.by_hand(switch.optional(RUNNING_FRR) or ""))
        self._applied(not left, f"FRR did not take every line ({said}): {first_of(left, separator='; ')}")

    def _reload(self, switch: Switch, stop: threading.Event) -> None:
        """`config reload`, until it is accepted and done; the connection may break meanwhile."""
        push_id = self._journal.push_id
        patience, refused = time.monotonic() + REFUSED_WITHIN, False

        def asked() -> None:
            nonlocal refused
            try:
                result = guard.reload_result(switch, push_id)
                if refused and (result.state in ("running", "done") or self.lapses_soon):
                    self.extend()  # nothing had begun: the time of the guard is for what comes now
                refused = result.state == "refused"
                if refused and time.monotonic() < patience:
                    self._tell(f"waiting: config reload says: {result.said}")
                    guard.start_reload(switch, push_id)
                    raise NotYetError(f"{switch.name}: config reload {result.said}")
            except TransportError as err:
                log.info("%s: the connection broke during the reload: %s", switch.name, err)
                return  # the reload goes on by itself; what runs afterwards is looked at from a new connection
            except SwitchError as err:
                raise ChecksFailedError(str(err)) from err  # the push is over on the switch: no reason to ask again
            if result.state == "running":
                raise NotYetError(f"{switch.name}: config reload does not end")
            if result.state != "done":
                raise ChecksFailedError(f"{switch.name}: config reload failed: {result.said}")

        guard.start_reload(switch, push_id)
        ask_until(self.plan.name, asked, lambda: patience if refused else self._guarded_until - guarded.MARGIN, stop)


def _installed(switch: Switch) -> frozenset[str]:
    """The prefixes to which BGP leads."""
    return frozenset(prefix for prefix, route in switch.get(BGP_ROUTES).items() if route.installed)
