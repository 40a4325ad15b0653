"""Why a delta cannot be trusted: what would have to change and is not known."""

from __future__ import annotations

import re

from sonicfab.frr import conf
from sonicfab.frr.conf import FrrLineChange, Tree, too_deep
from sonicfab.frr.delta.bgp import instances
from sonicfab.frr.delta.kinds import context_kind, find
from sonicfab.frr.delta.lists import twice

_PROGRAM = re.compile(r"(?:no )?(?:fpm|zebra) .+")
_DEFAULTS = re.compile(r"^frr defaults (\S+)", re.MULTILINE)


def delta_refusals(
    running: str, intended: str, have: Tree, want: Tree, changes: list[FrrLineChange]
) -> tuple[str, ...]:
    """A sentence for each reason; none when the changes are all of kinds that are known."""
    found: dict[str, None] = {}
    for text, which in ((running, "running"), (intended, "intended")):
        for line in too_deep(text):
            found[f"the {which} config has a context that is not known, with {conf.masked(line)!r} in it"] = None
    defaults = {which: _DEFAULTS.findall(text) for which, text in (("running", running), ("intended", intended))}
    if defaults["running"] and defaults["intended"] and defaults["running"] != defaults["intended"]:
        found["`frr defaults` differs: lines that are left out mean other things, and it counts only at a start"] = None
    for change in changes:
        if reason := _unknown(change):
            found[reason] = None
    for sentence in twice(want[()]):
        found[sentence] = None
    found.update(dict.fromkeys(_instances(have, want, changes)))
    return tuple(found)


def _unknown(change: FrrLineChange) -> str:
    """Why a change is not one that can be made; "" if it can."""
    context = change.context
    if context_kind(context) is None:
        return f"{' / '.join(context)}: not a context that is known"
    if not context and _PROGRAM.fullmatch(change.line):
        return f"{change.line}: belongs to the start of zebra, which reads it only then"
    if context_kind((*context, change.line)) or find(context, change.line):
        return ""
    where = f" in {' / '.join(context)}" if context else ""
    return f"{conf.masked(change.line)}{where}: not a line that is known"


def _instances(have: Tree, want: Tree, changes: list[FrrLineChange]) -> list[str]:
    found = []
    old, new = set(instances(have)), set(instances(want))
    others = [name for name in old | new if context_kind((name,)) is None]
    if others and old != new:
        found.append(f"router bgp cannot be made again beside {', '.join(sorted(others))}")
    changed = {change.context[0] for change in changes if change.context}
    for tree in (have, want):
        for name in instances(tree):
            if name in changed and any(line.startswith("bgp listen range ") for line in tree[name,]):
                found.append(f"{name} has `bgp listen range`: the sessions that it feels are not in the config")
    return found
