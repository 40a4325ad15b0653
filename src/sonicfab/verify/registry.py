"""All checks: a module in `checks` is one, in the order in which they want to be told of."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from sonicfab.errors import InputError
from sonicfab.hints import did_you_mean
from sonicfab.verify import checks
from sonicfab.verify.check import Check


def _found() -> Iterable[Check[Any]]:
    for name in checks.names():
        module = import_module(f"{checks.__name__}.{name}")
        yield from (
            kind()
            for kind in vars(module).values()
            if isinstance(kind, type) and issubclass(kind, Check) and kind.__module__ == module.__name__
        )


CHECKS = tuple(sorted(_found(), key=lambda check: (check.order, check.name)))
BY_NAME = {check.name: check for check in CHECKS}


def chosen(given: Iterable[str]) -> tuple[Check[Any], ...]:
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
