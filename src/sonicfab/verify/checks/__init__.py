"""A module for each check, called as the check is."""

from __future__ import annotations

from pkgutil import iter_modules


def names() -> list[str]:
    """The names of the checks, by the alphabet; without loading any, for `--help`."""
    return sorted(module.name for module in iter_modules(__path__))
