"""What a push would change, and what it did."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import typer

from sonicfab.compare.grouping import Roles, pattern, shape, who
from sonicfab.compare.live import grouped
from sonicfab.configdb import SECRET_TABLES, ConfigChange, ConfigDb
from sonicfab.frr.conf import FrrLineChange
from sonicfab.hints import first_of
from sonicfab.push.comparison import Comparison
from sonicfab.push.guarded import Limits
from sonicfab.push.refusals import Observation
from sonicfab.push.results import PushResult, SwitchPush
from sonicfab.push.run import Decision
from sonicfab.push.ways import Way
from sonicfab.report.console import json_result, say, say_fitted, table
from sonicfab.report.diff import counted, show_groups

FORMAT_VERSION = 2
_ALIKE_SHOWN = 3
_ONE_BY_ONE = 6
"""With more switches than this, what they have in common is told once."""

_COLOURS = {"+": typer.colors.GREEN, "-": typer.colors.RED, "~": typer.colors.YELLOW}
_STYLES = {
    "changed": "green",
    "would change": "yellow",
    "not begun": "yellow",
    "rolled back": "red",
    "unknown": "red",
    "refused": "red",
    "failed": "red",
    "unchanged": "",
}


def show_decision(
    looks: Mapping[str, Observation],
    decision: Decision,
    intended: Mapping[str, ConfigDb],
    roles: Roles,
    *,
    everything: bool,
) -> None:
    """What would change, how, and in which steps: switch by switch, or, of many switches, equal changes once.

    `intended` is the config_db that each switch is to run, `roles` has every switch of the fabric; with `everything`
    each change of each switch has its line.
    """
    same = [name for name, look in looks.items() if look.found.equal]
    noted = [name for name, look in looks.items() if look.found.only_noted]
    changing = {name: look.found for name, look in looks.items() if name not in (*same, *noted)}
    if everything or len(changing) <= _ONE_BY_ONE:
        for name, found in changing.items():
            first, *lines = _block(found, decision.ways[name], everything=everything)
            say(f"{name}: {first}")
            for line in lines:
                _say_line(line)
    else:
        _show_together(changing, decision, intended, roles)
    if same:
        say(f"{who(same, roles) if len(same) > _ALIKE_SHOWN else ', '.join(same)}: unchanged")
    if noted:
        say_fitted(f"{who(noted, roles)}: unchanged; a push takes note there of what is ours, and of nothing else")
    _show_theirs(looks, roles)
    _show_in_the_way(looks, roles)
    if not everything and decision.todo:
        say("(-v shows every single change)")
    if len(decision.todo) > 1 or any(batch.cut_off for batch in decision.batches):
        _show_steps(decision)


def _show_theirs(looks: Mapping[str, Observation], roles: Roles) -> None:
    """What another has put on the switches, which stays."""
    by_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, look in looks.items():
        if look.found.theirs:
            by_words[look.found.theirs].append(name)
    for words, names in by_words.items():
        say(f"{who(names, roles)}: not ours, left as it is:")
        for word in words:
            say_fitted(f"  {word}")


def _show_in_the_way(looks: Mapping[str, Observation], roles: Roles) -> None:
    """What another has put on the switches and cannot stay beside the plan."""
    for name, look in looks.items():
        if look.found.blocked:
            say(f"{who([name], roles)}: not ours, and in the way of the plan:")
            for word in look.found.blocked:
                say_fitted(f"  {word}")


def _show_together(
    changing: Mapping[str, Comparison],
    decision: Decision,
    intended: Mapping[str, ConfigDb],
    roles: Roles,
) -> None:
    """Equal changes of many rows and switches are told once, and so are the ways that switches share."""
    counts = counted(
        sum(len(found.config_db) for found in changing.values()), sum(len(found.frr) for found in changing.values())
    )
    say(f"{who(changing, roles)}: {counts}")
    show_groups(grouped(changing, intended), roles)
    stored: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, found in changing.items():
        stored[found.stored].append(name)
    for said, names in stored.items():
        for line in said:
            say(f"  {who(names, roles)}: {line}")
    alike: dict[tuple[str, ...], list[tuple[str, list[str]]]] = defaultdict(list)
    for name in changing:
        lines = _way_lines(decision.ways[name])
        alike[tuple(shape(line) for line in lines)].append((name, lines))
    for members in alike.values():
        say(f"{who([name for name, _ in members], roles)}:")
        for same_line in zip(*(lines for _, lines in members), strict=True):
            _say_line(pattern(same_line))


def _show_steps(decision: Decision) -> None:
    say("steps:")
    for number, batch in enumerate(decision.batches, 1):
        why = f" ({batch.why})" if batch.why else ""
        say(f"  {number}. {first_of(batch.switches, 6)}{why}")
        if batch.cut_off and any(decision.ways[name].disruptive for name in batch.switches):
            verb = "has" if len(batch.cut_off) == 1 else "have"
            say(f"     {first_of(batch.cut_off, 6)} {verb} no other uplink meanwhile")


def show_deadlines(decision: Decision, limits: Limits) -> None:
    """When at the latest what is not confirmed goes back by itself: the time that was given, and that of its way."""
    by_seconds: dict[int, list[str]] = defaultdict(list)
    for name in decision.todo:
        by_seconds[limits.guarded(decision.ways[name].seconds)].append(name)
    parts = [f"{first_of(names, 6)} {seconds} s" for seconds, names in by_seconds.items()]
    if parts:
        say(f"unless confirmed, a switch goes back by itself: {'; '.join(parts)} after its change was begun")


def _block(found: Comparison, way: Way, *, everything: bool) -> list[str]:
    """A switch that differs: a summary, its changes, its way."""
    changes = [f"  {line}" for line in (found.shown() if everything else _condensed(found))]
    return [_summary(found), *changes, *_way_lines(way)]


def _way_lines(way: Way) -> list[str]:
    """How it gets there, what that interrupts, and why no cheaper way would do."""
    interrupts = "" if way.interrupts else "nothing"
    lines = [f"  way: {way.name}, about {way.seconds:.0f} s; interrupts {interrupts}".rstrip()]
    lines += [f"    {line}" for line in way.interrupts]
    if way.later:
        lines.append("  counts only from their next start; --reset-sessions resets them now:")
        lines += [f"    {line}" for line in way.later]
    return [*lines, f"    because {way.why}"] if way.why else lines


def _say_line(line: str) -> None:
    """With the colour of what it does."""
    text = line.strip()
    if text.startswith("way: "):
        say_fitted(line, bold=True)
    else:
        say_fitted(line, _COLOURS.get(text.removeprefix("frr: ")[:1]))


def show_push(result: PushResult) -> None:
    """A table of what was done, and one line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("switch", "result", "way"):
        rows.add_column(title)
    rows.add_column("changes", justify="right")
    rows.add_column("seconds", justify="right")
    for push in result.switches:
        seconds = f"{push.seconds:.1f}" if push.seconds else ""
        way = push.way.name if push.way and push.way.name != "nothing" else ""
        rows.add_row(
            push.name,
            Text(push.state, _STYLES[push.state]),
            way,
            "" if push.differences is None else str(push.differences),
            seconds,
        )
    table(rows)
    for push in result.switches:
        if push.error:
            say_fitted(_explained(push))
    counts = Counter(push.state for push in result.switches)
    say(f"{result.fabric}: " + ", ".join(f"{count} {state}" for state, count in counts.items()))


def _explained(push: SwitchPush) -> str:
    """Why, and which config the switch ended with."""
    ending = {
        "rolled back": "; it runs and stores its old config",
        "unknown": "; it is not known to run one config or the other: while its change is not confirmed, its own timer "
        "puts the old config back. `sonicfab push --resume` or `rollback` goes on when it answers",
    }.get(push.state, "")
    # what a connection says has its address, and what a program printed has nothing by which to know the switch
    name = "" if re.search(rf"(?<![\w-]){re.escape(push.name)}(?![\w-])", push.error) else f"{push.name}: "
    return f"{name}{push.error}{ending}"


def json_push(result: PushResult) -> None:
    """The same for programs."""
    json_result(value_of(result))


def value_of(result: PushResult) -> dict[str, Any]:
    """The same as values."""
    switches: list[dict[str, Any]] = [
        {
            "switch": push.name,
            "state": push.state,
            "way": push.way.name if push.way else None,
            "why": push.way.why if push.way else None,
            "interrupts": list(push.way.interrupts) if push.way else [],
            "later": list(push.way.later) if push.way else [],
            "resets": list(push.way.resets) if push.way else [],
            "changes": list(push.changes),
            "not_ours": list(push.theirs),
            "in_the_way": list(push.blocked),
            "seconds": round(push.seconds, 2),
            "error": push.error or None,
        }
        for push in result.switches
    ]
    return {
        "format_version": FORMAT_VERSION,
        "fabric": result.fabric,
        "push": result.push_id or None,
        "switches": switches,
    }


def _condensed(comparison: Comparison) -> list[str]:
    """The changes, where more than three of a kind are one line; what is only stored otherwise is in the summary."""
    rows: dict[tuple[str, ...], list[ConfigChange]] = defaultdict(list)
    for change in comparison.config_db:
        kind = (change.field, change.old, change.new) if change.field else ()
        key = (change.table, change.action, *kind)
        rows[key].append(change)
    lines: list[str] = []
    for changes in rows.values():
        lines += map(str, changes) if len(changes) <= _ALIKE_SHOWN else [_many(changes)]
    sections: dict[tuple[str, str], list[FrrLineChange]] = defaultdict(list)
    for frr_change in comparison.frr:
        sections[frr_change.sign, frr_change.section].append(frr_change)
    for (sign, section), frr_changes in sections.items():
        if len(frr_changes) <= _ALIKE_SHOWN:
            lines += [f"frr: {change}" for change in frr_changes]
        else:
            lines.append(f"frr: {sign} {section}: {len(frr_changes)} lines")
    return lines


def _many(changes: list[ConfigChange]) -> str:
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
        number = len(comparison.config_db)
        where = f" in {len(tables)} tables" if len(tables) > 1 else ""
        parts.append(f"{number} change{'s' * (number != 1)} of config_db{where}")
    if comparison.frr:
        parts.append(f"{len(comparison.frr)} of FRR")
    parts += comparison.stored if not parts else []
    return ", ".join(parts)
