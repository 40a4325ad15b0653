"""Where the boxes and lines of a picture are: by tier, and the same for the same picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sonicfab.report.picture.fabric import Box, Line, Picture

_MARGIN = 16.0
_GAP = 14.0
_HANGING = 48.0
_BETWEEN = 92.0
"""Between two rows: room for lines and what is written on them."""
_WIDE = 1400.0
"""Rows that are wider have their names upright."""
_MANY = 40
"""Lines that want more room between the rows."""
_LETTER = 8.0
CELL, CELL_GAP = 15.0, 4.0
CELLS_ABOVE = 44.0
"""What a folded box has above its cells: its title, and its names."""


@dataclass(frozen=True)
class Place:
    """A rectangle; `upright`: its text goes from the bottom to the top. `columns` of cells in a folded box."""

    x: float
    y: float
    width: float
    height: float
    upright: bool = False
    columns: int = 0


@dataclass(frozen=True)
class Path:
    """A line from one box to another: where it begins and ends; `arc` is how far below a row it bends."""

    x1: float
    y1: float
    x2: float
    y2: float
    arc: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Where everything is, in units of a picture that is so large."""

    width: float
    height: float
    boxes: Mapping[str, Place]
    lines: tuple[tuple[Line, Path], ...]


def letters(width: float) -> int:
    """So many letters fit into a width."""
    return int((width - 20) / _LETTER)


def laid_out(picture: Picture) -> Layout:
    """Rows from the top, each in the middle; lines leave a box in the order of where they go."""
    most = max([_WIDE, *(_wide(row) for row in picture.rows if any(box.folded for box in row))])
    sizes = [[_size(box, row, upright=_wide(row) > most) for box in row] for row in picture.rows]
    widths = [sum(one.width for one in row) + _GAP * (len(row) - 1) for row in sizes]
    hanging = {box.key for box in picture.rows[-1] if box.kind in ("hosts", "outside")} if len(sizes) > 1 else set()
    parents = {line.b: line.a for line in picture.lines if line.b in hanging}
    width = max([560.0, *widths]) + 2 * _MARGIN
    places: dict[str, Place] = {}
    rows: dict[str, int] = {}
    y = _MARGIN
    for number, (row, row_sizes) in enumerate(zip(picture.rows, sizes, strict=True)):
        # a row that has room spreads, but no further than lines stay steep
        room = (width - 2 * _MARGIN - sum(one.width for one in row_sizes)) / max(1, len(row))
        gap = min(max(room, _GAP), 120.0) if len(row) > 1 else 0.0
        x = (width - sum(one.width for one in row_sizes) - gap * (len(row) - 1)) / 2
        ends = width - _MARGIN - sum(one.width + _GAP for one in row_sizes) + _GAP
        x = _MARGIN if parents and number == len(sizes) - 1 else x
        for box, size in zip(row, row_sizes, strict=True):
            if box.key in parents:  # below what it hangs on, as far as there is room
                above = places[parents[box.key]]
                x = min(max(x, above.x + (above.width - size.width) / 2), ends)
            places[box.key] = Place(round(x, 1), y, size.width, size.height, size.upright, size.columns)
            rows[box.key] = number
            x += size.width + (_GAP if box.key in parents else gap)
            ends += size.width + _GAP
        y += max(one.height for one in row_sizes)
        if number < len(sizes) - 1:
            y += _HANGING if parents and number == len(sizes) - 2 else _gap_below(picture, number, max(widths))
    lines = _paths(picture.lines, places, rows)
    return Layout(round(width, 1), round(max(y, _lowest(lines)) + _MARGIN, 1), places, lines)


def _gap_below(picture: Picture, number: int, width: float) -> float:
    """What is between a row and the next: more where many lines cross."""
    upper, lower = ({box.key for box in picture.rows[at]} for at in (number, number + 1))
    crossing = sum(1 for line in picture.lines if {line.a, line.b} & upper and {line.a, line.b} & lower)
    return _BETWEEN + (width * 0.06 if crossing > _MANY else 0)


def _lowest(lines: Sequence[tuple[Line, Path]]) -> float:
    """How far down the deepest arc comes."""
    return max((max(path.y1, path.y2) + path.arc for _, path in lines if path.arc), default=0.0)


def _wide(row: Sequence[Box]) -> float:
    """How wide a row is with its names beside each other."""
    return sum(_size(box, row, upright=False).width + _GAP for box in row)


def _size(box: Box, row: Sequence[Box], *, upright: bool) -> Place:
    if box.folded:
        at_once = max(4, min(24, round(1300 / len(row) / (CELL + CELL_GAP))))
        columns = min(at_once, len(box.members))
        width = max(columns * (CELL + CELL_GAP) + 16, 130.0)
        return Place(
            0, 0, width, CELLS_ABOVE + 12 + -(-len(box.members) // columns) * (CELL + CELL_GAP), columns=columns
        )
    if upright and not any(one.folded for one in row):
        longest = max(max(len(one.title), len(one.detail)) for one in row)
        return Place(0, 0, 38.0, min(max(longest, 10), 24) * _LETTER + 36, upright=True)
    longest = max(len(box.title), len(box.detail))
    return Place(
        0, 0, min(max(longest, 9), 26) * _LETTER + 46, 34.0 if box.kind == "hosts" and not box.detail else 54.0
    )


def _paths(
    lines: Sequence[Line], places: Mapping[str, Place], rows: Mapping[str, int]
) -> tuple[tuple[Line, Path], ...]:
    """Each line with its ends on the edges of its boxes."""
    leaving: dict[tuple[str, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, line in enumerate(lines):
        level = rows[line.a] == rows[line.b]
        for end, other, below in ((line.a, line.b, True), (line.b, line.a, level)):
            leaving[end, below].append((places[other].x + places[other].width / 2, number))
    slots: dict[tuple[str, int], float] = {}
    for (key, _), some in leaving.items():
        place = places[key]
        step = min(18.0, (place.width - 12) / len(some))
        for at, (_, number) in enumerate(sorted(some)):
            slots[key, number] = round(place.x + place.width / 2 + (at - (len(some) - 1) / 2) * step, 1)
    found: list[tuple[Line, Path]] = []
    for number, line in enumerate(lines):
        a, b = places[line.a], places[line.b]
        level = rows[line.a] == rows[line.b]
        if level and (side := _beside(a, b, places)):
            found.append((line, side))
            continue
        arc = min(24 + abs(a.x - b.x) / 12, 60.0) if level else 0.0
        low = b.y + b.height if level else b.y
        found.append((line, Path(slots[line.a, number], a.y + a.height, slots[line.b, number], low, arc)))
    return tuple(found)


def _beside(a: Place, b: Place, places: Mapping[str, Place]) -> Path | None:
    """The line between two boxes of a row with none between them."""
    left, right = sorted((a, b), key=lambda one: one.x)
    if any(one.y == left.y and left.x < one.x < right.x for one in places.values()):
        return None
    y = left.y + min(left.height, right.height) / 2
    return Path(left.x + left.width, y, right.x, y)
