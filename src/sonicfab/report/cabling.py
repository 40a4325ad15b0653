"""The result of `sonicfab cabling`: for who plugs the cables in, label printers, spreadsheets, and programs."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import typer

from sonicfab.plan.cables import CableEnd, CableRun
from sonicfab.plan.cabling import speed_text
from sonicfab.report.console import columns, json_result, mark, say, say_fitted, style, wrapped
from sonicfab.report.markup import cell, details
from sonicfab.verify.cables import Tick, Unplanned

FORMAT_VERSION = 1
Ticks = Mapping[CableRun, Tick]
_SIGNS = {"seen": "ok", "wrong": "failed", "missing": "failed", "not known": "skipped"}
_ROOM = 13
"""Columns that what runs over a cable wants at least; a port channel's name fits."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With these a spreadsheet begins a formula, whoever wrote the cell: OWASP, CSV Injection."""


def show_cables(fabric: str, runs: Sequence[CableRun], ticks: Ticks, unplanned: Sequence[Unplanned]) -> None:
    """Switch by switch, port by port; then what is not as it should be."""
    heads = _Line(("port", "", "speed", "plug"), ("to", "", "port", "plug"), "for")
    told = {run: _line(run) for run in runs}
    near, far = (_widths([getattr(one, part) for one in (heads, *told.values())]) for part in ("near", "far"))
    gap = max(len(mark(sign)) for sign in _SIGNS.values()) + 1 if ticks else 0
    width = gap + sum(near) + sum(far) + len(near) + len(far)
    for _, some in groupby(runs, key=lambda run: run.near.switch):
        own = list(some)
        say(style(_place(own[0].near), bold=True))
        for one, sign in ((heads, ""), *((told[run], _sign(ticks, run)) for run in own)):
            left = f"{mark(sign) if sign else '':<{gap}}{_fitted(one.near, near)}"
            colour = {"ok": typer.colors.GREEN, "failed": typer.colors.RED}.get(sign)
            if width <= columns() - _ROOM:
                lines = wrapped(one.what, f"{left} {_fitted(one.far, far)} ", " " * width)
            else:
                indent = " " * (gap + near[0] + 1)
                lines = [left, *wrapped(" ".join(filter(None, (*one.far, one.what))), indent, f"{indent}  ")]
            for line in lines:
                say(style(line.rstrip(), fg=colour, dim=one is heads))
        say("")
    for line in _wrong(ticks, unplanned):
        say_fitted(line)
    say(summary(fabric, runs, ticks, unplanned))


@dataclass(frozen=True)
class _Line:
    """The cells of a cable: of its near end, of its far end, and what runs over it."""

    near: tuple[str, ...]
    far: tuple[str, ...]
    what: str


def _line(run: CableRun) -> _Line:
    near, far = run.near, run.far
    ends = (far.switch, far.number, far.port, far.plug) if far else (run.to, "", "", "")
    return _Line((near.number, near.port, speed_text(near.speed), near.plug), ends, _what(run))


def _widths(lines: Sequence[tuple[str, ...]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]


def _fitted(cells: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(f"{one:<{width}}" for one, width in zip(cells, widths, strict=True))


def _sign(ticks: Ticks, run: CableRun) -> str:
    return _SIGNS[ticks[run].state] if ticks else ""


def summary(fabric: str, runs: Sequence[CableRun], ticks: Ticks, unplanned: Sequence[Unplanned]) -> str:
    """`FABRIC: 9 cables: 6 seen where they belong, 1 wrong, 2 not known`."""
    said = f"{fabric}: {len(runs)} cable{'s' * (len(runs) != 1)}"
    counts = Counter[str](one.state for one in ticks.values())
    words = {"seen": "seen where they belong", "wrong": "wrong", "missing": "missing", "not known": "not known to LLDP"}
    parts = [f"{counts[state]} {word}" for state, word in words.items() if counts[state]]
    parts += [f"{len(unplanned)} that nobody planned"] if unplanned else []
    return f"{said}: {', '.join(parts)}" if parts else said


def csv_cables(runs: Sequence[CableRun], ticks: Ticks) -> None:
    """A line for each cable, for spreadsheets; no cell is a formula."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    ends = ("switch", "rack", "unit", "number", "port", "alias", "plug")
    names = (*(f"a_{one}" for one in ends), *(f"b_{one}" for one in ends), "speed", "bundle", "for")
    lines.writerow((*names, *(("state", "seen") if ticks else ())))
    for run in runs:
        far = _cells(run.far) if run.far else (run.to, *("",) * (len(ends) - 1))
        state = (ticks[run].state, ticks[run].said) if ticks else ()
        row = (*_cells(run.near), *far, speed_text(run.near.speed), run.bundle, run.purpose, *state)
        lines.writerow(map(plain_cell, row))
    say(text.getvalue().rstrip("\n"))


def plain_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def label_cables(runs: Sequence[CableRun]) -> None:
    """Two labels for each cable, one for each end, three lines each, with an empty line between them."""
    for run in runs:
        there = run.far.label if run.far else run.to
        for here, other in ((run.near.label, there), (there, run.near.label)):
            say(f"{here}\n  to {other}\n  {speed_text(run.near.speed)} {run.near.plug}, {_what(run)}\n")


def markdown_cables(fabric: str, runs: Sequence[CableRun], ticks: Ticks, unplanned: Sequence[Unplanned]) -> None:
    """For a page or a merge request."""
    say(f"### {cell(summary(fabric, runs, ticks, unplanned))}\n")
    for line in _wrong(ticks, unplanned):
        say(f"- {cell(line)}")
    for _, some in groupby(runs, key=lambda run: run.near.switch):
        own = list(some)
        marks = "| " if ticks else ""
        lines = [f"{marks}| port | speed | plug | to | plug | for |", f"{'| --- ' * (7 if ticks else 6)}|"]
        for run in own:
            to = run.far.label if run.far else run.to
            cells = (f"{run.near.number} {run.near.port}", speed_text(run.near.speed), run.near.plug, to)
            state = (mark(_SIGNS[ticks[run].state]),) if ticks else ()
            whole = (*state, *cells, run.far.plug if run.far else "", _what(run))
            lines.append(f"| {' | '.join(map(cell, whole))} |")
        say("\n".join(details(f"{_place(own[0].near)}: {len(own)}", lines)))


def json_cables(fabric: str, runs: Sequence[CableRun], ticks: Ticks, unplanned: Sequence[Unplanned]) -> None:
    """The same for programs; speeds in Mb/s."""
    value: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "fabric": fabric,
        "cables": [asdict(run) | (asdict(ticks[run]) if ticks else {}) for run in runs],
    }
    if ticks:
        value["unplanned"] = [{"switch": one.end.switch, "port": one.end.port, "seen": one.far} for one in unplanned]
    json_result(value)


def _wrong(ticks: Ticks, unplanned: Sequence[Unplanned]) -> Iterator[str]:
    for run, one in ticks.items():
        if one.state in ("wrong", "missing"):
            to = str(run.far.end) if run.far else run.to
            yield f"{mark('failed')} {one.state}: {run.near.end} - {to}: {one.said}"
    for odd in unplanned:
        yield f"{mark('failed')} nobody planned it: {odd.end} sees {odd.far}"


def _place(end: CableEnd) -> str:
    return f"{end.switch} (rack {end.rack}, unit {end.unit})" if end.rack else end.switch


def _what(run: CableRun) -> str:
    return ", ".join(word for word in (run.purpose if run.purpose != run.to else "", run.bundle) if word)


def _cells(end: CableEnd) -> tuple[str, ...]:
    rack, unit = (str(one) if one else "" for one in (end.rack, end.unit))
    return end.switch, rack, unit, end.number, end.port, end.alias, end.plug
