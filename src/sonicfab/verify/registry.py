"""All checks, in the order in which they are told of. Another one is a module in `checks`, and a line here."""

from __future__ import annotations

from collections.abc import Iterable

from sonicfab.errors import InputError
from sonicfab.hints import did_you_mean
from sonicfab.verify.checks import bgp, config, interfaces, lldp, ping, routes, system
from sonicfab.verify.checks.base import Check

CHECKS: tuple[Check, ...] = (
    bgp.CHECK,
    routes.CHECK,
    ping.CHECK,
    interfaces.CHECK,
    lldp.CHECK,
    config.CHECK,
    system.CHECK,
)
BY_NAME = {check.name: check for check in CHECKS}


def chosen(given: Iterable[str]) -> tuple[Check, ...]:
    """The checks of `--check`, several names in one word or not; all without any.

    Raises:
        InputError: there is no such check.
    """
    names = [name.strip() for word in given for name in word.split(",") if name.strip()]
    for name in names:
        if name not in BY_NAME:
            hint = did_you_mean(name, BY_NAME) or f"there are {', '.join(BY_NAME)}"
            raise InputError(f"--check {name}: no such check", hint)
    return tuple(check for check in CHECKS if not names or check.name in names)
