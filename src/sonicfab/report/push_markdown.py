"""What a push would do, for a merge request: which switches, why so, what it interrupts; equal changes once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sonicfab.compare.grouping import Group, pattern, shape
from sonicfab.compare.live import grouped
from sonicfab.operations.push import Planned
from sonicfab.push.ways import Way
from sonicfab.report.console import mark, say
from sonicfab.report.diff import change_text, counted
from sonicfab.report.markup import capped, cell, details, fenced, limited

_NAMED = 30
_OPEN = 12
"""Lines: a block of more is folded."""
_REST = "{} parts more do not fit here: `sonicfab plan` shows all"


def markdown_plan(planned: Planned) -> None:
    """The whole of it, as large as a comment may be."""
    say(limited(list(_blocks(planned)), _REST))


def _blocks(planned: Planned) -> Iterator[str]:
    """The parts, which stand or fall as a whole."""
    result = planned.result()
    changing = {name: look.found for name, look in planned.looks.items() if name in planned.decision.todo}
    number, all_of_them = len(changing), len(planned.outcomes)
    what = f"{number} of {all_of_them} switches would change" if number else "no switch would change"
    yield f"### {cell(planned.site.name)}: {what}\n"
    for one in result.switches:
        if one.error:
            yield f"> {mark('failed')} **{cell(one.error)}**\n"
    if changing:
        yield "\n".join(_ways({name: planned.decision.ways[name] for name in changing}))
    counts = counted(
        sum(len(one.config_db) for one in changing.values()), sum(len(one.frr) for one in changing.values())
    )
    if changing:
        yield f"**What changes**: {counts}\n"
    for names, groups in _alike(grouped(changing, planned.intended)).items():
        lines = [change_text(one) for one in groups]
        inner = fenced(capped(lines, "... and {} more"))
        yield "\n".join(details(f"{named(names)}: {_some(len(lines), 'change')}", inner, opened=len(lines) <= _OPEN))
    yield from _stored(planned, list(changing))
    if len(planned.decision.todo) > 1:
        steps = [f"{step}. {cell(_step(planned, step - 1))}" for step in range(1, len(planned.decision.batches) + 1)]
        yield "\n".join(details(_some(len(steps), "step"), steps))
    same = [name for name in planned.looks if name not in changing]
    if same:
        yield f"Unchanged: {cell(named(same))}\n"


def _ways(ways: Mapping[str, Way]) -> Iterator[str]:
    """A row for the switches that get there alike."""
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, way in ways.items():
        lines = (way.name, way.why, *way.interrupts, *way.later)
        alike[tuple(map(shape, lines))].append(name)
    yield "| switches | way | about | interrupts | because |"
    yield "| --- | --- | ---: | --- | --- |"
    for names in alike.values():
        some = [ways[name] for name in names]
        interrupts = [cell(pattern(lines)) for lines in zip(*(one.interrupts for one in some), strict=True)]
        interrupts += [
            f"from the next start of a session: {cell(pattern(lines))}"
            for lines in zip(*(one.later for one in some), strict=True)
        ]
        seconds = f"{max(one.seconds for one in some):.0f} s"
        cells = (cell(named(names)), some[0].name, seconds, "<br>".join(interrupts) or "nothing")
        yield f"| {' | '.join(cells)} | {cell(pattern([one.why for one in some]))} |"
    yield ""


def _alike(groups: Sequence[Group]) -> dict[tuple[str, ...], list[Group]]:
    """What changes on the same switches is one block, that of the most switches first."""
    found: dict[tuple[str, ...], list[Group]] = defaultdict(list)
    for one in groups:
        found[one.switches].append(one)
    return dict(sorted(found.items(), key=lambda block: -len(block[0])))


def _stored(planned: Planned, names: Sequence[str]) -> Iterator[str]:
    """What is told of switches beside changes: what is stored, what is another's."""
    told: dict[str, list[str]] = defaultdict(list)
    for name in names:
        found = planned.looks[name].found
        for line in found.stored if found.runs else ():  # what changes is stored, too
            told[line].append(name)
    for name, look in planned.looks.items():
        for line in look.found.theirs:
            told[f"not ours, left as it is: {line}"].append(name)
        for line in look.found.blocked:
            told[f"not ours, and in the way: {line}"].append(name)
    if told:
        lines = [f"- {cell(named(some))}: {cell(line)}" for line, some in told.items()]
        yield "\n".join(details(f"Beside that: {len(lines)}", capped(lines, "- ... and {} more")))


def _step(planned: Planned, number: int) -> str:
    batch = planned.decision.batches[number]
    why = f" ({batch.why})" if batch.why else ""
    lone = any(planned.decision.ways[name].disruptive for name in batch.switches) and batch.cut_off
    return f"{named(batch.switches)}{why}" + (f"; no other uplink meanwhile: {named(batch.cut_off)}" if lone else "")


def named(switches: Sequence[str]) -> str:
    """The switches by name."""
    left = len(switches) - _NAMED
    return ", ".join(switches[:_NAMED]) + (f" and {left} more" if left > 0 else "")


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
