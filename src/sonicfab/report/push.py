"""What a push would change, and what it did."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import typer

from sonicfab.configdb import SECRET_TABLES, Change
from sonicfab.frrconf import FrrChange
from sonicfab.push.comparison import Comparison
from sonicfab.report.console import json_result, say, table

FORMAT_VERSION = 1
_ALIKE_SHOWN = 3

State = Literal["unchanged", "would change", "changed", "failed"]
_COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "~": typer.colors.YELLOW}


@dataclass(frozen=True)
class SwitchPush:
    """What became of one switch; `error` is why it failed."""

    name: str
    state: State
    changes: tuple[str, ...]
    seconds: float
    error: str = ""


def show_changes(comparisons: Mapping[str, Comparison], *, everything: bool) -> None:
    """What would change, switch by switch; alike changes are told once unless everything is asked for."""
    for name, comparison in comparisons.items():
        if comparison.equal:
            say(f"{name}: unchanged")
            continue
        say(f"{name}: {_summary(comparison)}")
        lines = comparison.shown() if everything else _condensed(comparison)
        for line in lines:
            sign = line.removeprefix("frr: ")[:1]
            say(f"  {typer.style(line, fg=_COLOURS.get(sign))}")
    if not everything and any(not comparison.equal for comparison in comparisons.values()):
        say("(-v shows every single change)")


def show_push(fabric: str, pushes: list[SwitchPush]) -> None:
    """A table of what was done, and one line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows.add_column("switch")
    rows.add_column("result")
    rows.add_column("changes", justify="right")
    rows.add_column("seconds", justify="right")
    styles = {"failed": "red", "changed": "green", "would change": "yellow", "unchanged": ""}
    for push in pushes:
        seconds = f"{push.seconds:.1f}" if push.seconds else ""
        rows.add_row(push.name, Text(push.state, styles[push.state]), str(len(push.changes)), seconds)
    table(rows)
    for push in pushes:
        if push.error:
            say(push.error)
    counts = Counter(push.state for push in pushes)
    say(f"{fabric}: " + ", ".join(f"{count} {state}" for state, count in counts.items()))


def json_push(fabric: str, pushes: list[SwitchPush]) -> None:
    """The same for programs."""
    switches: list[dict[str, Any]] = [
        {
            "switch": push.name,
            "state": push.state,
            "changes": list(push.changes),
            "seconds": round(push.seconds, 2),
            "error": push.error or None,
        }
        for push in pushes
    ]
    json_result({"format_version": FORMAT_VERSION, "fabric": fabric, "switches": switches})


def _condensed(comparison: Comparison) -> list[str]:
    """The changes, where more than three of a kind are one line."""
    rows: dict[tuple[str, ...], list[Change]] = defaultdict(list)
    for change in comparison.config_db:
        kind = (change.field, change.old, change.new) if change.field else ()
        key = (change.table, change.action, *kind)
        rows[key].append(change)
    lines: list[str] = []
    for changes in rows.values():
        lines += map(str, changes) if len(changes) <= _ALIKE_SHOWN else [_many(changes)]
    sections: dict[tuple[str, str], list[FrrChange]] = defaultdict(list)
    for frr_change in comparison.frr:
        sections[frr_change.sign, frr_change.section].append(frr_change)
    for (sign, section), frr_changes in sections.items():
        if len(frr_changes) <= _ALIKE_SHOWN:
            lines += [f"frr: {change}" for change in frr_changes]
        else:
            lines.append(f"frr: {sign} {section}: {len(frr_changes)} lines")
    return lines or list(comparison.stored)


def _many(changes: list[Change]) -> str:
    one, keys = changes[0], [change.key for change in changes]
    sign = {"add": "+", "remove": "-", "change": "~"}[one.action]
    where = f"{len(keys)} rows" if one.table in SECRET_TABLES else f"{len(keys)} rows ({keys[0]} ... {keys[-1]})"
    if not one.field:
        return f"{sign} {one.table}: {where}"
    value = {"add": one.new, "remove": one.old, "change": f"{one.old} -> {one.new}"}[one.action]
    return f"{sign} {one.table}: {one.field} {value} in {where}"


def _summary(comparison: Comparison) -> str:
    parts: list[str] = []
    if comparison.config_db:
        tables = Counter(change.table for change in comparison.config_db)
        parts.append(f"{len(comparison.config_db)} changes of config_db in {len(tables)} tables")
    if comparison.frr:
        parts.append(f"{len(comparison.frr)} of FRR")
    parts += comparison.stored if not parts else []
    return ", ".join(parts)
