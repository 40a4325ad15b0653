"""The least disruptive way that provably brings a switch from what it runs to what it is to run. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sonicfab.builds import Build
from sonicfab.errors import InputError
from sonicfab.frr import conf
from sonicfab.frr.conf import read
from sonicfab.frr.delta import moved
from sonicfab.frr.delta.compute import delta
from sonicfab.frr.delta.types import FrrDelta, Restart
from sonicfab.hints import first_of
from sonicfab.ownership import record
from sonicfab.ownership.settle import frr_conf_counts
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.patch import PatchPlan, dumps, plan_patch

WayName = Literal["nothing", "store", "frr-delta", "patch", "patch+frr-delta", "restart-bgp", "reload"]
FORCED: tuple[WayName, ...] = ("frr-delta", "patch", "patch+frr-delta", "restart-bgp", "reload")
"""The ways that `--way` may ask for."""

_FOR = {
    "frr-delta": "changes of FRR alone",
    "patch": "changes of CONFIG_DB alone",
    "patch+frr-delta": "changes of both",
    "restart-bgp": "changes of FRR alone",
}
LONGEST_PATCH = 180.0
"""Seconds: the config updater takes 2 to 4 for each change (recorded: 56 descriptions 42 s). Beyond this a reload is
the way, unless a patch is asked for."""

_FRR_SECONDS, _RESTART_SECONDS, _RELOAD_SECONDS = 3.0, 30.0, 120.0
"""Predicted. A reload takes the data plane down for minutes on hardware (sonic-utilities config/main.py reload)."""


@dataclass(frozen=True)
class Way:
    """How one switch gets there.

    Attributes:
        why: why this way and no cheaper one; "" where there is nothing to explain.
        interrupts: what its users will notice, each in a line; nothing else.
        seconds: predicted time until the switch runs it.
        resets: BGP peers whose session will be reset.
        disruptive: traffic through the switch stops, so that its neighbours' redundancy counts.
        files: what is staged on the switch, name -> text.
        later: what counts only when a session starts the next time, each in a line.
        restart: which sessions are started anew for the sake of such things.
    """

    name: WayName
    why: str
    interrupts: tuple[str, ...]
    seconds: float
    resets: tuple[str, ...]
    disruptive: bool
    files: Mapping[str, str] = field(repr=False)
    later: tuple[str, ...] = ()
    restart: Restart = field(default_factory=Restart)


def choose(found: Comparison, target: Target, build: Build, forced: str = "", *, reset_sessions: bool = False) -> Way:
    """The cheapest way; `forced` asks for one by name.

    With `reset_sessions`, sessions for which something counts only from their next start are started anew.

    Raises:
        InputError: the way that is asked for does not lead there.
    """
    files = {"config_db.json": target.loaded(found.running)}
    if target.record is not None:
        files[record.FILE] = target.record.dumps()
    if target.frr is not None:
        files["frr.conf"] = target.frr
    if found.equal:
        return Way("nothing", "", (), 0.0, (), disruptive=False, files={})
    if found.runs and not forced:
        why = f"it runs what is intended, and {' and '.join(found.stored)}"
        return Way("store", why, (), 1.0, (), disruptive=False, files=files)
    shut = frozenset(peer.peer for peer in found.peers if peer.reason == "PfxCt")
    options = _Options(found, target, build, files, Restart(reset_sessions, shut))
    if forced:
        way, reason = options.of(forced)
        if way is None:
            raise InputError(f"{target.switch}: {reason or options.besides(forced)}")
        return way
    reasons: list[str] = []
    for name in FORCED:
        way, reason = options.of(name)
        if way is not None:
            return _because(way, reasons)
        if reason:
            reasons.append(reason)
    raise AssertionError("a reload always leads there")


class _Options:
    """What each way would be, and why it would not do."""

    def __init__(
        self, found: Comparison, target: Target, build: Build, files: Mapping[str, str], restart: Restart
    ) -> None:
        self._restart = restart
        self._found, self._target, self._build, self._files = found, target, build, files
        self._counts = frr_conf_counts(found.running, target.config_db)
        self._running_frr = target.by_hand(found.running_frr)

    def of(self, name: str) -> tuple[Way | None, str]:
        """The way of that name, or why it does not lead there ("" when it is simply not about this change)."""
        by_name = {
            "frr-delta": self._frr_delta,
            "patch": self._patch,
            "patch+frr-delta": self._both,
            "restart-bgp": self._restart_bgp,
            "reload": self._reload,
        }
        return by_name[name]()

    def besides(self, name: str) -> str:
        """Why a way is not about this change: it does less than is needed, or more."""
        differs = [
            what for what, changes in (("CONFIG_DB", self._found.config_db), ("FRR", self._found.frr)) if changes
        ]
        if not differs:
            return f"it runs what is intended, and only {' and '.join(self._found.stored)}: {name} has nothing to do"
        return f"{' and '.join(differs)} differ{'s' * (len(differs) == 1)}, and {name} is for {_FOR[name]}"

    def _frr_delta(self) -> tuple[Way | None, str]:
        if self._found.config_db or not self._found.frr:
            return None, ""
        change, reason = self._frr_change()
        return (self._way_of("frr-delta", change, None), "") if change else (None, reason)

    def _patch(self) -> tuple[Way | None, str]:
        if self._found.frr or not self._found.config_db:
            return None, ""
        patch, reason = self._patch_change()
        return (self._way_of("patch", None, patch), "") if patch else (None, reason)

    def _both(self) -> tuple[Way | None, str]:
        if not self._found.frr or not self._found.config_db:
            return None, ""
        patch, reason = self._patch_change()
        if patch is None:
            return None, reason
        change, reason = self._frr_change()
        return (self._way_of("patch+frr-delta", change, patch), "") if change else (None, reason)

    def _restart_bgp(self) -> tuple[Way | None, str]:
        if self._found.config_db or not self._found.frr:
            return None, ""
        if self._target.frr is None or not self._counts:
            return None, "frr.conf is not what FRR starts from in its routing mode"
        said = "all BGP sessions of the switch, and its routes, until they are up again"
        peers = tuple(sorted(self._found.established))
        return Way("restart-bgp", "", (said,), _RESTART_SECONDS, peers, disruptive=True, files=self._files), ""

    def _reload(self) -> tuple[Way | None, str]:
        said = "all traffic of the switch, for a minute or more on hardware"
        peers = tuple(sorted(self._found.established))
        return Way("reload", "", (said,), _RELOAD_SECONDS, peers, disruptive=True, files=self._files), ""

    def _frr_change(self) -> tuple[FrrDelta | None, str]:
        if self._found.frr_down:
            return None, f"FRR does not run: {self._found.frr_down}"
        if self._target.frr is None or not self._counts:
            return None, "frr.conf is not what FRR starts from in its routing mode"
        change = delta(self._running_frr, self._target.frr, self._restart)
        if change.refused:
            return None, f"FRR: {change.refused[0]}"
        return change, ""

    def _patch_change(self) -> tuple[PatchPlan | None, str]:
        patch = plan_patch(self._target.config_db, self._found.running, self._target.owned, self._build)
        if patch.refused:
            return None, f"config apply-patch: {patch.refused[0]}"
        if patch.seconds > LONGEST_PATCH:
            return None, f"config apply-patch would take some {patch.seconds:.0f} s"
        return patch, ""

    def _way_of(self, name: WayName, change: FrrDelta | None, patch: PatchPlan | None) -> Way:
        files = dict(self._files)
        resets: tuple[str, ...] = ()
        interrupts: list[str] = []
        seconds = 0.0
        if patch is not None:
            files |= {"patch.json": dumps((*patch.tests, *patch.operations)), "undo.json": dumps(patch.undo)}
            interrupts += map(str, patch.interrupts)
            seconds += patch.seconds
        if change is not None:
            assert self._target.frr is not None
            files |= frr_files(change, self._target.frr, self._running_frr)
            resets = tuple(one.peer for one in change.resets)
            interrupts += _sessions([(one.peer, one.why) for one in change.resets])
            interrupts += _sessions([(peer, "no longer wanted") for peer in change.removed])
            seconds += _FRR_SECONDS
            if patch is not None:
                files |= first_files(self._found, self._running_frr, self._target.frr)
        up = self._found.established
        ended = {*resets, *(change.removed if change else ())}
        disruptive = bool(up and up <= ended) or bool(patch and patch.links_down)
        later = _sessions([(one.peer, one.why) for one in change.later]) if change else []
        freed = change.freed if change else ()
        interrupts += [f"the session {peer}, which a limit has shut, is started again" for peer in freed]
        told = tuple(interrupts)
        return Way(name, "", told, seconds, resets, disruptive, files, tuple(later), self._restart)


_ROUTED = frozenset(kind.table for kind in InterfaceKind)


def frr_files(change: FrrDelta, intended: str, before: str) -> dict[str, str]:
    """What is staged for FRR: the delta, and the way back from what is intended to what ran before.

    A way back that the delta refuses is empty files: the guard then restarts the bgp container. What FRR has by itself
    and does not print was there before, too: to take it away would be a change.
    """
    by_itself = sorted(conf.unprinted(before) & conf.parse(intended)[()])
    undo = delta(intended, "\n".join((*by_itself, before)))
    return {
        "frr.delta": change.commands,
        "frr.delta2": change.then,
        "frr.undo": undo.commands,
        "frr.undo2": undo.then,
    }


def first_files(found: Comparison, running: str, intended: str) -> dict[str, str]:
    """What FRR is told before a patch gives ports addresses, and before the patch that leads back does.

    See frr.delta.moved: a neighbour of a port that is still there then leaves bgpd a pointer to freed memory.
    """
    before, after = read(running), read(intended)
    gets, loses = (
        {
            one.key.partition("|")[0]
            for one in found.config_db
            if "|" in one.key and one.table in _ROUTED and (one.action, one.field) == (what, "")
        }
        for what in ("add", "remove")
    )
    return {
        "frr.first": moved.before_addresses(before, after, gets),
        "frr.undo-first": moved.before_addresses(after, before, loses),
    }


def _sessions(peers: Iterable[tuple[str, str]]) -> list[str]:
    """Peers that share a reason, in one line."""
    by_reason: dict[str, list[str]] = {}
    for peer, why in peers:
        by_reason.setdefault(why, []).append(peer)
    return [f"the session{'s' * (len(some) > 1)} {first_of(some, 8)}: {why}" for why, some in by_reason.items()]


def _because(way: Way, reasons: list[str]) -> Way:
    return replace(way, why="; ".join(dict.fromkeys(reasons)))
