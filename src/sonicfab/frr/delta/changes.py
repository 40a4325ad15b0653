"""How the lines of one context become others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sonicfab.frr.conf import Context
from sonicfab.frr.delta.kinds import find


def line_changes(context: Context, have: Sequence[str], want: Iterable[str]) -> tuple[list[str], list[str]]:
    """(lines that take back, lines that set) for one context.

    What the new line overwrites is not taken back first: a route-map that is not there for a moment lets everything
    out. What is taken back goes in reverse order: `no neighbor X bfd profile` after `no neighbor X bfd` would bring
    `bfd` back (FRR 8.4.4).
    """
    want = list(want)
    before, after = set(have), set(want)
    new = [line for line in want if line not in before]
    overwritten = {_key(context, line) for line in new}
    old = [line for line in reversed(have) if line not in after and _key(context, line) not in overwritten]
    return [_no(context, line) for line in old], new


def _key(context: Context, line: str) -> str:
    kind = find(context, line)
    return kind.key(line) if kind else line


def _no(context: Context, line: str) -> str:
    kind = find(context, line)
    assert kind is not None, "a line that is not known is refused before"
    return kind.no(line)
