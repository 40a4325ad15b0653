"""Push's own part on a switch: `guard.sh`, which makes every change and undoes it unless it is confirmed.

docs/push-guard.md tells what it does. Here is one function for each of its verbs; none of them keeps anything, so that
any sonicfab can go on with, confirm or undo what another one has begun. Each makes one command of what it does, which
does no more when it comes to the switch twice: where its answer was lost, it may be sent again.
"""

from __future__ import annotations

import re
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from sonicfab import configdb, tables
from sonicfab.configdb import ConfigDb
from sonicfab.errors import SwitchError
from sonicfab.frr import conf
from sonicfab.switch import commands
from sonicfab.switch.answers import reading
from sonicfab.switch.operations import ReloadResult, Switch, read_reload
from sonicfab.transport import CommandResult

QUIET = 90
"""Seconds without any change after which what runs will not become what ran by waiting; a switch needs that long after
a reload until bgpcfgd has all that it waits for."""
LAB_QUIET = 5
"""The same in a lab, whose FRR has all of it when the container is up."""

_HELD = 70
_REFUSALS = range(64, 80)
"""Exit codes of guard.sh itself; those of vtysh and config are below, those of signals and timeouts above."""
_SPECIAL = re.compile(r"[.*+?^$|(){}\[\]\\]")
_TIMEOUT = 300.0
"""For the verbs that wait for nothing but SONiC's own quick commands, each of which they end after 60 or 120 s."""
_GRACE = 30.0


class GuardHeldError(SwitchError):
    """Another push is in progress on the switch.

    Attributes:
        holder: who pushes.
        seconds_left: until the switch undoes that push, unless it is confirmed.
    """

    def __init__(self, message: str, holder: str, seconds_left: int) -> None:
        super().__init__(message, f"ask {holder}, or wait {seconds_left} s")
        self.holder, self.seconds_left = holder, seconds_left


@dataclass(frozen=True, slots=True)
class GuardStatus:
    """What a switch says of a push.

    Attributes:
        state: none, armed, restoring, failed (not back yet, and still being tried), restored, confirmed.
        push_id: "" for none.
        holder: who pushes, on which machine, since when.
        seconds_left: until the old config is put back.
        begun: the steps that were begun: frr, patch, reload, bgp.
        ended_by: timer, boot or asked for a restore; confirm; "" while it is armed.
        said: what was seen when the old config did not come back at once.
    """

    state: str
    push_id: str
    holder: str
    seconds_left: int
    begun: tuple[str, ...]
    ended_by: str
    said: str


@reading("guard.sh arm")
def arm(switch: Switch, push_id: str, holder: str, seconds: int, needs: int, quiet: int = QUIET) -> None:
    """Note the config as it is and have the switch go back to it after `seconds`, or at a boot, unless confirmed.

    `needs` is how many bytes the push brings.

    Raises:
        GuardHeldError: another push is in progress.
        SwitchError: the disk is too full, or the switch cannot promise it; nothing is left on it then.
        TransportError: the connection broke; so for every function here.
    """
    script = (files("sonicfab") / "switch" / "guard.sh").read_bytes()
    command = commands.GUARD_SCRIPT.format(stage=commands.STAGE, size=len(script))
    done = _run(switch, command, stdin=script)
    if not done.ok:
        raise SwitchError(f"{switch.name}: cannot write {commands.STAGE}/guard.sh: {done.said}")
    words = {"seconds": int(seconds), "needs": int(needs), "quiet": int(quiet)}
    command = commands.GUARD_ARM.format(stage=commands.STAGE, id=shlex.quote(push_id), **words)
    done = _run(switch, command, stdin=f"{' '.join(holder.split())}\n{alike()}".encode())
    if done.exit_code == _HELD:
        said = _pairs(done.stdout)
        raise GuardHeldError(f"{switch.name}: {done.said}", said.get("holder", ""), int(said.get("seconds_left", 0)))
    _refused_if_not(switch, done)


def stage(switch: Switch, push_id: str, texts: Mapping[str, str]) -> None:
    """Bring files of the push, and have the switch's own programs read them; nothing takes effect yet.

    Names: config_db.json for a reload; frr.delta and frr.undo, each with a second run, frr.delta2 and frr.undo2;
    frr.first, which comes before a patch, and frr.undo-first, which comes before the patch that leads back;
    patch.json and undo.json; frr.conf for all of them: a reload and a restart of bgp load it, and `confirm` stores it.

    Raises:
        SwitchError: they cannot be written, SONiC or FRR cannot read them, or the push is over.
    """
    folder = switch.transport.run(commands.UPLOAD_FOLDER)
    if not folder.ok:
        raise SwitchError(f"{switch.name}: cannot make a folder for the new files: {folder.said}")
    path = folder.stdout.strip()
    for name, text in texts.items():
        switch.transport.put(text.encode(), f"{path}/{name}")
    words = {"id": shlex.quote(push_id), "folder": shlex.quote(path)}
    _refused_if_not(switch, _run(switch, commands.GUARD_STAGE.format(stage=commands.STAGE, **words)))


def apply_frr(switch: Switch, push_id: str, timeout: float = 120.0) -> CommandResult:
    """Give FRR the staged frr.delta; a line that it refuses keeps no other back, and shows in the exit code.

    Raises:
        SwitchError: it was not begun: the push is over, or about to be undone.
    """
    return _step(switch, push_id, commands.GUARD_APPLY_FRR, timeout)


def apply_patch(switch: Switch, push_id: str, timeout: float) -> CommandResult:
    """`config apply-patch` of the staged patch.json, ended after `timeout` seconds (exit code 124).

    What it prints has the whole patch in it, secrets included: not for a log.

    Raises:
        SwitchError: it was not begun: the push is over, or about to be undone.
    """
    return _step(switch, push_id, commands.GUARD_APPLY_PATCH, timeout)


def restart_bgp(switch: Switch, push_id: str, timeout: float = 300.0) -> CommandResult:
    """Put the staged frr.conf in place, if there is one, and restart the bgp container, whatever the limit of starts.

    Raises:
        SwitchError: it was not begun: the push is over, or about to be undone.
    """
    return _step(switch, push_id, commands.GUARD_RESTART_BGP, timeout)


def start_reload(switch: Switch, push_id: str) -> None:
    """Put the staged frr.conf in place, if there is one, and `config reload` the staged config_db.json, detached.

    Raises:
        SwitchError: it was not begun: the push is over, or about to be undone.
    """
    words = {"id": shlex.quote(push_id), "call": _call()}
    _refused_if_not(switch, _run(switch, commands.GUARD_RELOAD.format(stage=commands.STAGE, **words)))


def reload_result(switch: Switch, push_id: str) -> ReloadResult:
    """How the last reload of this push goes; one that was refused may be started again.

    Raises:
        SwitchError: the push is over.
    """
    done = _verb(switch, push_id, commands.GUARD_RELOAD_RESULT)
    _refused_if_not(switch, done)
    return read_reload(done.stdout)


def extend(switch: Switch, push_id: str, seconds: int) -> None:
    """Let the old config come back after `seconds` from now, not when it would have.

    Raises:
        SwitchError: the push is over, or being undone.
    """
    words = {"id": shlex.quote(push_id), "seconds": int(seconds)}
    _refused_if_not(switch, _run(switch, commands.GUARD_EXTEND.format(stage=commands.STAGE, **words)))


def confirm(switch: Switch, push_id: str) -> None:
    """Store what runs now, with the staged frr.conf, and end the guard: from here on a boot gives the new config.

    Raises:
        SwitchError: the push is over or being undone, or the config cannot be stored: it stays armed then.
    """
    _refused_if_not(switch, _verb(switch, push_id, commands.GUARD_CONFIRM))


def restore(switch: Switch, push_id: str) -> None:
    """Begin to put the old config back, on the switch alone; `status` tells how that goes. Again does no harm.

    Raises:
        SwitchError: the push was confirmed, or is not that in progress.
    """
    _refused_if_not(switch, _verb(switch, push_id, commands.GUARD_RESTORE))


@reading("guard.sh status")
def status(switch: Switch, push_id: str = "") -> GuardStatus:
    """What the switch says of a push; without an id, of the one in progress.

    Raises:
        SwitchError: it does not answer.
    """
    command = commands.GUARD_STATUS.format(stage=commands.STAGE, id=shlex.quote(push_id) if push_id else "")
    done = _run(switch, command)
    _refused_if_not(switch, done)
    said = _pairs(done.stdout)
    return GuardStatus(
        state=said.get("state", "none"),
        push_id=said.get("id", ""),
        holder=said.get("holder", ""),
        seconds_left=int(said.get("seconds_left") or 0),
        begun=tuple(said.get("begun", "").split()),
        ended_by=said.get("ended_by", ""),
        said=said.get("said", ""),
    )


def last_backup(switch: Switch) -> tuple[str, str, str | None] | None:
    """The last push that was confirmed, and what was stored before it: config_db.json, and frr.conf or None.

    None when there is none.

    Raises:
        SwitchError: what was kept is not whole.
    """
    done = _run(switch, commands.LAST_BACKUP.format(stage=commands.STAGE))
    if not done.ok:
        raise SwitchError(f"{switch.name}: the backup in {commands.STAGE}/backup is not what was kept: {done.said}")
    push_id = done.stdout.strip()
    if not push_id:
        return None
    texts: list[str] = []
    for name in ("config_db.json", "frr.conf"):
        command = commands.BACKUP_FILE.format(stage=commands.STAGE, id=shlex.quote(push_id), name=name)
        done = _run(switch, command)
        _refused_if_not(switch, done)
        texts.append(done.stdout)
    return push_id, texts[0], texts[1] or None


def unlike(before: ConfigDb, before_frr: str, now: ConfigDb, now_frr: str) -> list[str]:
    """How what runs differs from what ran, secrets masked; guard.sh judges in the same way when it goes back."""
    owned = {*before, *now} - tables.moving()
    changes = configdb.diff(before, now, owned, exact=True)
    return [*map(str, changes), *map(str, conf.diff(before_frr, now_frr, printed=True))]


def alike() -> str:
    """The lines of guard.sh's `canonical` that `unlike` passes over, as extended regular expressions."""
    moving = "|".join(sorted(tables.moving()))
    host = "|".join(_SPECIAL.sub(r"\\\g<0>", line) for line in conf.HOST_LINES)
    return f'^config_db / "({moving})": \n^frr / ({host})\n'


def _step(switch: Switch, push_id: str, command: str, timeout: float) -> CommandResult:
    words = {"id": shlex.quote(push_id), "seconds": max(1, int(timeout)), "call": _call()}
    done = _run(switch, command.format(stage=commands.STAGE, **words), timeout=timeout + _GRACE)
    if done.exit_code in _REFUSALS:
        raise SwitchError(f"{switch.name}: {done.said}")
    return done


def _call() -> str:
    """A number for a step: with it a command that comes to the switch twice is one step all the same."""
    return secrets.token_hex(8)


def _verb(switch: Switch, push_id: str, command: str) -> CommandResult:
    return _run(switch, command.format(stage=commands.STAGE, id=shlex.quote(push_id)))


def _run(switch: Switch, command: str, *, stdin: bytes = b"", timeout: float = _TIMEOUT) -> CommandResult:
    return switch.transport.run(command, stdin=stdin, timeout=timeout)


def _refused_if_not(switch: Switch, done: CommandResult) -> None:
    if not done.ok:
        raise SwitchError(f"{switch.name}: {done.said}")


def _pairs(text: str) -> dict[str, str]:
    """Lines of `name=value`."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}
