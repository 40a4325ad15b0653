"""Lines of FRR's config that somebody names: `router bgp * / neighbor * description`.

` / ` stands between a context and what is in it, `*` for any one word. The last part names lines by how they begin: a
context with all that is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sonicfab.frr import conf
from sonicfab.frr.conf import Context

SEPARATOR = " / "
_ANY = "*"


def chooses(pattern: str, context: Context, line: str = "") -> bool:
    """Whether a pattern names a line, or (without one) its context."""
    path, parts = (*context, line) if line else context, _parts(pattern)
    if len(path) < len(parts):
        return False
    *outer, last = parts
    whole = all(_fits(part, one.split(), exactly=True) for part, one in zip(outer, path, strict=False))
    return whole and _fits(last, path[len(outer)].split(), exactly=False)


@lru_cache(maxsize=1024)
def _parts(pattern: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split()) for part in pattern.split(SEPARATOR))


def _fits(wanted: tuple[str, ...], words: list[str], *, exactly: bool) -> bool:
    if len(words) < len(wanted) or (exactly and len(words) > len(wanted)):
        return False
    return all(one in (_ANY, word) for one, word in zip(wanted, words, strict=False))


def without(text: str, patterns: Iterable[str]) -> list[tuple[int, str]]:
    """The lines of a config that no pattern names, each with its number; what closes a context goes with it."""
    some = tuple(patterns)
    opened = {number: not line for number, context, line in conf.lines(text) if _chosen(some, context, line)}
    kept: list[tuple[int, str]] = []
    until = -1  # how far the context is indented that goes
    for number, raw in enumerate(text.splitlines(), 1):
        depth = len(raw) - len(raw.lstrip())
        if until >= 0:
            closes = raw.strip() in ("exit", "exit-address-family", "exit-vrf", "exit-vni")
            if depth <= until and (closes or (number not in opened and raw.strip() != "!")):
                until = -1
                if closes:
                    continue
            elif depth > until:
                continue
        if number in opened:
            until = depth if opened[number] else until
        elif raw.strip() != "!" or not some or not kept or kept[-1][1] != raw:
            kept.append((number, raw))
    return kept


def _chosen(patterns: Iterable[str], context: Context, line: str) -> bool:
    return any(chooses(one, context, line) for one in patterns)


def chosen(text: str, patterns: Iterable[str]) -> list[tuple[Context, str]]:
    """The lines of a config that a pattern names, each in its context."""
    some = tuple(patterns)
    return [(context, line) for _, context, line in conf.lines(text) if line and _chosen(some, context, line)]
