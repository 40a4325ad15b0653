"""The config side of NAPALM's driver: a candidate, compared and committed by the same guarded change as a push.

What a commit leaves under way is kept by the guard on the switch, and found there by its name: any driver, in any
process, may confirm it or take it back.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.errors import InputError, OutputError, SwitchError, WrongSwitchError
from sonicfab.hints import first_of
from sonicfab.napalm.candidate import (
    Candidate,
    Seen,
    build_of,
    check,
    read_candidate,
    target_of,
    unsaved,
    whole_text,
)
from sonicfab.push import single
from sonicfab.push.change import Gates, SwitchChange
from sonicfab.push.comparison import compare
from sonicfab.push.gate import Gate, as_before
from sonicfab.push.guarded import Guarded, Limits
from sonicfab.push.journal import Journal, new_id
from sonicfab.push.refusals import Insisted, saved_by
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR
from sonicfab.switch.state.config import config_db as config_db_of
from sonicfab.switch.state.image import INIT_CFG
from sonicfab.switch.state.system import SwitchFacts
from sonicfab.validate.reading import text_of

log = logging.getLogger(__name__)
_OURS = "-napalm"
_TO_CONFIRM = f"{_OURS}-confirm"
"""How the names of commits end, and of those that are to be confirmed; the first part sorts them among pushes."""
_KEPT = 20
"""Commits whose journal is kept: it has configs in it, and so secrets."""
_UNDER_WAY = ("armed", "restoring", "failed")


@dataclass(frozen=True)
class CommitOptions:
    """What the driver's optional arguments say of commits.

    Attributes:
        journal: the folder of their journals.
        overwrite_drift: do away with changes by hand that nobody has saved.
        despite_acl: try a control-plane ACL that would shut us out.
        way: the way to force; "" for the cheapest.
        confirm_within: seconds after which a commit that is cut off while it is applied is undone.
    """

    journal: Path
    overwrite_drift: bool = False
    despite_acl: bool = False
    way: str = ""
    confirm_within: float = Limits.confirm_within


@dataclass(frozen=True)
class SwitchName:
    """The switch, as a change calls it."""

    name: str


@dataclass(frozen=True)
class _SameSwitch:
    """Connects anew, and refuses what is not the switch of before."""

    connect: Callable[[], Switch]
    facts: SwitchFacts

    def open(self, plan: SwitchName) -> Switch:
        switch = self.connect()
        try:
            now = switch.facts()
            if (now.mac, now.serial) != (self.facts.mac, self.facts.serial):
                raise WrongSwitchError(f"{plan.name}: another switch answers now: its MAC address is {now.mac}")
        except BaseException:
            switch.close()
            raise
        return switch


class ConfigSession:
    """The candidate of one driver, and what becomes of it; nothing of it is on the switch before `commit`."""

    def __init__(self, name: str, connect: Callable[[], Switch], options: CommitOptions) -> None:
        self._name, self._connect, self._options = name, connect, options
        self._candidate: Candidate | None = None
        self._changed = True  # nobody has said that the last commit changed nothing
        self._facts: SwitchFacts | None = None
        self._catalog = Catalog.load()

    def load(self, switch: Switch, filename: str | None, config: str | None, *, replaces: bool) -> None:
        """Take a file or a text as candidate, if the switch could run it.

        Raises:
            InputError: it is none, or does not fit the switch's build.
            SwitchError, TransportError: as they are told.
        """
        text, name = (text_of(Path(filename)), filename) if filename else (config or "", "the candidate")
        candidate = read_candidate(text, name, replaces=replaces).over(self._candidate)
        build, seen = self._build(switch), _look(switch)
        check(target_of(self._name, candidate, seen, build), seen, build, self._catalog)
        self._candidate = candidate

    def discard(self) -> None:
        """Forget the candidate."""
        self._candidate = None

    def difference(self, switch: Switch) -> str:
        """How what runs would change, and what would be stored, line by line; "" when it would not.

        Raises:
            InputError: the outcome can no longer be told.
            SwitchError, TransportError: as they are told.
        """
        if self._candidate is None:
            return ""
        target = target_of(self._name, self._candidate, _look(switch), self._build(switch))
        return "\n".join(compare(switch, target).shown())

    def texts(self, switch: Switch) -> tuple[str, str] | None:
        """config_db.json and frr.conf as the candidate would have them; None without one.

        Raises:
            InputError: the outcome can no longer be told.
            SwitchError, TransportError: as they are told.
        """
        if self._candidate is None:
            return None
        seen = _look(switch)
        return whole_text(target_of(self._name, self._candidate, seen, self._build(switch)), seen)

    def commit(self, switch: Switch, message: str, revert_in: int | None) -> None:
        """Make the switch run the candidate, proven from a new connection, and store it; or nothing at all.

        With `revert_in` it is not stored, and undone after so many seconds, unless `confirm` comes before.

        Raises:
            InputError, SwitchError: it could not be; the message says what the switch ended with.
            TransportError: the switch cannot be reached; nothing was begun.
        """
        if revert_in is not None and revert_in < 1:
            raise InputError(f"revert_in is {revert_in}", "give it seconds, or leave it out")
        status = guard.status(switch)
        if status.state in _UNDER_WAY:
            raise _held(self._name, status)
        if self._candidate is None:
            raise InputError(f"{self._name}: there is no candidate to commit", "load one first")
        self._put(switch, self._candidate, message, revert_in)
        self._candidate = None

    def pending(self, switch: Switch) -> bool:
        """Whether a commit waits for its confirmation, whoever made it.

        Raises:
            SwitchError, TransportError: it could not be asked.
        """
        status = guard.status(switch)
        return _waits(status) and self._is_proven(status.push_id)

    def confirm(self, switch: Switch) -> None:
        """Store what waits for it.

        Raises:
            SwitchError: nothing does, or it cannot be stored: it is undone then, in its time.
            TransportError: the connection broke; ask whether it is still pending.
        """
        status = guard.status(switch)
        if not _waits(status):
            raise SwitchError(f"{self._name}: no commit waits for its confirmation", _what_else(status))
        if not self._is_proven(status.push_id):
            raise SwitchError(
                f"{self._name}: commit {status.push_id} is being applied, or was cut off while it was",
                f"the switch goes back in {status.seconds_left} s; rollback() does it now",
            )
        guard.confirm(switch, status.push_id)
        journal = Journal(self._options.journal / status.push_id)
        if journal.folder.is_dir():  # it may be another machine's
            with journal.open():
                journal.note(self._name, "confirmed")

    def rollback(self, switch: Switch) -> None:
        """Undo the commit that waits for its confirmation; without one, go back to before the last that was confirmed.

        Raises:
            InputError, SwitchError: it cannot be undone, or there is none.
            TransportError: the switch cannot be reached.
        """
        status = guard.status(switch)
        if _waits(status):
            self._undo(switch, status.push_id)
        elif status.state in _UNDER_WAY:
            raise _held(self._name, status)
        elif self._changed:
            kept = guard.last_backup(switch)
            if kept is None:
                raise InputError(f"{self._name}: no commit was made that could be rolled back")
            push_id, config_db, frr = kept
            before = Candidate(config_db_of(config_db), frr=frr, replaces_tables=True, replaces_frr=True)
            self._put(switch, before, f"rollback of {push_id}", None)
        self._candidate = None

    def _is_proven(self, push_id: str) -> bool:
        """Whether the switch was seen to run it, as far as this machine knows: its maker may be on another one."""
        steps = Journal(self._options.journal / push_id).last_steps().values()
        return all(step == "pending" for step in steps)

    def _undo(self, switch: Switch, push_id: str) -> None:
        with self._journal(push_id).open() as journal:
            access, device = self._access(switch), SwitchName(self._name)
            with contextlib.closing(Guarded(access, journal, device, Limits(), log.info)) as guarded:
                ending = guarded.back(SwitchError("it was asked for"))
        if ending.state != "old":
            raise SwitchError(f"{self._name}: commit {push_id} was not undone: {single.ended(ending, SwitchError(''))}")

    def _put(self, switch: Switch, candidate: Candidate, message: str, revert_in: int | None) -> None:
        build, seen = self._build(switch), _look(switch)
        target = target_of(self._name, candidate, seen, build)
        check(target, seen, build, self._catalog)
        look = single.look(switch, target)
        way, reason = single.decide(
            look, target, build, self._options.way, insisted=Insisted(True, self._options.despite_acl)
        )
        drift = [] if self._options.overwrite_drift else unsaved(look.found, seen)
        if drift:
            raise SwitchError(
                f"{self._name}: somebody has changed it and not saved that: {first_of(drift, separator='; ')}",
                f"{saved_by(drift)} on it keeps that, the optional argument overwrite_drift does without it",
            )
        if reason:
            raise SwitchError(f"{self._name}: {reason.replace('--despite-acl', 'the optional argument despite_acl')}")
        self._changed = way.name != "nothing"
        if not self._changed:
            return
        push_id = f"{new_id()}{_OURS if revert_in is None else _TO_CONFIRM}"
        with self._journal(push_id).open() as journal:
            self._forget_old()
            who = _holder(message)
            step = {**single.switch_manifest(target, way), "revert_in": revert_in}
            journal.write_manifest({"kind": "napalm", "holder": who, "switches": {self._name: step}})
            access = self._access(switch)
            quiet = guard.LAB_QUIET if access.facts.lab else guard.QUIET
            change = SwitchChange(
                access,
                journal,
                SwitchName(self._name),
                (look.found.target or target, look.found, way),
                Gates(Gate({}, frozenset()), as_before(look.found)),
                Limits(confirm_within=self._options.confirm_within, quiet=quiet),
                lambda step: log.info("%s: %s", self._name, step),
            )
            single.commit(change, who, revert_in)

    def _build(self, switch: Switch) -> Build:
        facts = self._known(switch)
        build = build_of(facts.sonic_version, self._catalog)
        if build is None:
            runs = facts.sonic_version.get("build_version", "an image that does not tell its version")
            raise SwitchError(
                f"{self._name} runs {runs}, and sonicfab does not know this build",
                "make it known: sonicfab builds learn",
            )
        return build

    def _known(self, switch: Switch) -> SwitchFacts:
        if self._facts is None:
            self._facts = switch.facts()
        return self._facts

    def _access(self, switch: Switch) -> _SameSwitch:
        return _SameSwitch(self._connect, self._known(switch))

    def _journal(self, push_id: str) -> Journal:
        folder = self._options.journal
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as err:
            raise OutputError(
                f"cannot write {folder}: {err.strerror}", "the argument journal_dir names another"
            ) from err
        return Journal(folder / push_id)

    def _forget_old(self) -> None:
        """Journals of long ago, but for those of commits that may be under way."""
        folders = sorted(one for one in self._options.journal.iterdir() if one.name.endswith((_OURS, _TO_CONFIRM)))
        for folder in folders[:-_KEPT]:
            if not Journal(folder).open_switches:
                shutil.rmtree(folder, ignore_errors=True)


def _look(switch: Switch) -> Seen:
    system = switch.optional(INIT_CFG)
    return Seen(
        running=switch.get(RUNNING_CONFIG_DB),
        running_frr=switch.optional(RUNNING_FRR) or "",
        stored=switch.get(STORED_CONFIG_DB),
        stored_frr=switch.optional(STORED_FRR) or "",
        system=config_db_of(system) if system else {},
    )


def _waits(status: guard.GuardStatus) -> bool:
    return status.state == "armed" and status.push_id.endswith(_TO_CONFIRM)


def _held(name: str, status: guard.GuardStatus) -> SwitchError:
    hint = f"unless it is confirmed, the switch goes back in {status.seconds_left} s"
    return SwitchError(f"{name}: commit or push {status.push_id} of {status.holder} is under way", hint)


def _what_else(status: guard.GuardStatus) -> str:
    if status.state == "armed":
        return f"{status.push_id} of {status.holder} is under way"
    if status.state in _UNDER_WAY:
        return "its time was over, and the switch is going back"
    return "it was confirmed already, or its time was over and the switch went back"


def _holder(message: str) -> str:
    """Who is at it, and why."""
    why = f": {' '.join(message.split())[:200]}" if message.strip() else ""
    return f"{single.holder()} by NAPALM{why}"
