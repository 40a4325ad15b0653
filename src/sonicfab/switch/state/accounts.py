"""Accounts with the hashes of their passwords: to compare them with what is meant, and never to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from sonicfab.errors import SwitchError
from sonicfab.switch.ask import Question


@dataclass(frozen=True, slots=True)
class HasAccount:
    """An account as it is: its hash of crypt(5), and the lines of its authorized_keys."""

    hash: str = field(repr=False)
    keys: tuple[str, ...]


def has_accounts(text: str) -> dict[str, HasAccount]:
    """From lines of `user`, `hash` and `key`; an account that is not there has no hash.

    Raises:
        SwitchError: it is something else.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "user":
            name = rest
        elif word == "hash" and name:
            found[name] = rest, []
        elif word == "key" and name in found:
            found[name][1].append(rest)
        else:
            raise SwitchError("the accounts of the switch cannot be read")
    return {name: HasAccount(text, tuple(keys)) for name, (text, keys) in found.items()}


USERS = Question(
    "accounts with hashes",
    'sudo -n sh -c \'for u in {names}; do echo "user $u"; getent passwd $u > /dev/null || continue; '
    'echo "hash $(getent shadow $u | cut -d: -f2)"; f=$(getent passwd $u | cut -d: -f6)/.ssh/authorized_keys; '
    '[ ! -f $f ] || sed "s/^/key /" $f; done\'',
    has_accounts,
    "the accounts that `users` names: hashes of their passwords, to compare them, and their keys",
)
