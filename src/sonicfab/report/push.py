"""What a push would change, and what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import typer

from sonicfab.push import Comparison
from sonicfab.report.console import json_result, say, table

FORMAT_VERSION = 1
_LINES_SHOWN = 15

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
    """What would change, switch by switch; long lists are cut unless everything is asked for."""
    for name, comparison in comparisons.items():
        if comparison.equal:
            say(f"{name}: unchanged")
            continue
        say(f"{name}: {_summary(comparison)}")
        lines = comparison.shown()
        for line in lines if everything else lines[:_LINES_SHOWN]:
            sign = line.removeprefix("frr: ")[:1]
            say(f"  {typer.style(line, fg=_COLOURS.get(sign))}")
        if len(lines) > _LINES_SHOWN and not everything:
            say(f"  ... and {len(lines) - _LINES_SHOWN} more; -v shows all")


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


def _summary(comparison: Comparison) -> str:
    parts: list[str] = []
    if comparison.config_db:
        tables = Counter(change.table for change in comparison.config_db)
        parts.append(f"{len(comparison.config_db)} changes of config_db in {len(tables)} tables")
    if comparison.frr:
        parts.append(f"{len(comparison.frr)} of FRR")
    parts += comparison.stored if not parts else []
    return ", ".join(parts)
