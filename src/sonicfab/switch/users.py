"""Accounts of a switch: CONFIG_DB has no table of them, so they are Linux's own, set by `users.sh` with a way back."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files

from sonicfab.errors import SwitchError
from sonicfab.switch import commands
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.accounts import HasAccount

BEGIN, END = "# sonicfab begin: these keys are written by `sonicfab users`", "# sonicfab end"
"""Around the keys that are ours in an authorized_keys; the others are left alone."""


@dataclass(frozen=True)
class Wanted:
    """An account as it is to be: None leaves the password or the keys alone."""

    hash: str | None = field(default=None, repr=False)
    keys: tuple[str, ...] | None = None


def with_keys(there: Sequence[str], ours: Sequence[str]) -> tuple[str, ...]:
    """The lines of an authorized_keys with these keys of ours, and everything of others as it stands."""
    others: list[str] = []
    inside = False
    for line in there:
        inside = line == BEGIN or (inside and line != END)
        if not inside and line != END and line not in ours:
            others.append(line)
    return (*others, BEGIN, *ours, END) if ours else tuple(others)


def changes(has: HasAccount | None, wanted: Wanted) -> list[str]:
    """What would change of an account, in words without secrets."""
    if has is None:
        return ["the account is made", *(["its password"] if wanted.hash else []), *_keys((), wanted.keys or ())]
    found = ["its password"] if wanted.hash is not None and wanted.hash != has.hash else []
    if wanted.keys is not None and with_keys(has.keys, wanted.keys) != has.keys:
        found += _keys(_ours(has.keys), wanted.keys) or ["the order of its keys"]
    return found


def _ours(lines: Sequence[str]) -> tuple[str, ...]:
    return lines[lines.index(BEGIN) + 1 : lines.index(END)] if BEGIN in lines and END in lines else ()  # type: ignore[return-value]


def _keys(before: Sequence[str], after: Sequence[str]) -> list[str]:
    plus = [f"+ key {_named(one)}" for one in after if one not in before]
    return [*plus, *(f"- key {_named(one)}" for one in before if one not in after)]


def _named(key: str) -> str:
    """Its comment, else its kind and its last letters."""
    words = key.split()
    return words[-1] if len(words) > 2 else f"{words[0]} …{words[-1][-8:]}"


def apply(switch: Switch, wanted: Mapping[str, Wanted], has: Mapping[str, HasAccount], seconds: int) -> None:
    """Set them; they go back by themselves after `seconds`, unless `confirm` was run.

    Raises:
        SwitchError: it could not be, and all are as they were.
        TransportError: the connection broke: they go back by themselves.
    """
    made = switch.transport.run(commands.UPLOAD_FOLDER)
    if not made.ok:
        raise SwitchError(f"{switch.name}: cannot make a folder for its accounts: {made.said}")
    folder = made.stdout.strip()
    texts = {"users.sh": (files("sonicfab") / "switch" / "users.sh").read_text(), "names": _lines(wanted)}
    for name, one in wanted.items():
        if one.hash is not None:
            texts[f"hash.{name}"] = one.hash
        if one.keys is not None:
            there = has[name].keys if name in has else ()
            texts[f"keys.{name}"] = _lines(with_keys(there, one.keys))
    for name, text in texts.items():
        switch.transport.put(text.encode(), f"{folder}/{name}")
    command = commands.USERS_APPLY.format(folder=shlex.quote(folder), seconds=int(seconds))
    done = switch.transport.run(command, timeout=120)
    if not done.ok:
        raise SwitchError(f"{switch.name}: {done.said}")


def confirm(switch: Switch) -> None:
    """They stay.

    Raises:
        SwitchError: it could not be: they go back.
    """
    _run(switch, commands.USERS_CONFIRM)


def back(switch: Switch) -> None:
    """They are what they were.

    Raises:
        SwitchError: it could not be; the timer tries it, too.
    """
    _run(switch, commands.USERS_BACK)


def _run(switch: Switch, command: str) -> None:
    command = command.format(stage=commands.STAGE)
    done = switch.transport.run(command, timeout=120)
    if not done.ok:
        raise SwitchError(f"{switch.name}: {done.said}")


def _lines(words: Sequence[str] | Mapping[str, object]) -> str:
    return "".join(f"{one}\n" for one in words)
