"""A picture of a fabric as SVG: alone, or within a page that has its styles."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from math import hypot
from xml.etree import ElementTree as ET

from sonicfab.report.picture.fabric import Box, Line, Member, Picture
from sonicfab.report.picture.layout import CELL, CELL_GAP, CELLS_ABOVE, Path, Place, laid_out, letters
from sonicfab.report.picture.states import MARKS, WORDS, State
from sonicfab.report.terminal import neutral

_MANY = 60
"""Lines that are drawn finer."""
_FEW = 4
"""Cables that many lines do without the number of."""
_LEGEND = 30.0
_SCREEN, _READABLE = 1180.0, 0.78
"""Pixels of the frame in a page on a desk, and how far a picture may be made smaller."""
Anchor = Callable[[str], str]
"""Of the name of a switch: where its part of the page is."""


def styles() -> str:
    """The styles of pictures and fronts, light and dark."""
    return (files("sonicfab") / "data" / "page" / "picture.css").read_text(encoding="utf-8")


def svg_text(picture: Picture, anchor: Anchor | None = None) -> str:
    """The picture; without `anchor` as a file of its own, with it as a part of a page."""
    layout = laid_out(picture)
    root = _root(
        layout.width, layout.height + _LEGEND, f"The fabric {picture.fabric}", _described(picture), alone=anchor is None
    )
    lines = ET.SubElement(root, "g", {"class": "lines many" if len(layout.lines) > _MANY else "lines"})
    for line, path in sorted(layout.lines, key=lambda one: one[0].state in ("failed", "unreached")):
        _draw_line(lines, line, path, known=picture.known, many=len(layout.lines) > _MANY)
    for row in picture.rows:
        for box in row:
            _draw_box(root, box, layout.boxes[box.key], anchor)
    _draw_legend(root, picture, layout.height + 8)
    return _text(root)


def _draw_legend(root: ET.Element, picture: Picture, y: float) -> None:
    """What lines and signs mean, as far as they are there."""
    states = {line.state for line in picture.lines if not line.b.startswith("h/")}
    states |= {member.state for row in picture.rows for box in row for member in box.members}
    legend = ET.SubElement(root, "g", {"class": "legend", "aria-hidden": "true"})
    x = 16.0
    for state in [one for one in WORDS if one in states]:
        if state != "affected":
            sample = ET.SubElement(legend, "g", {"class": f"line {state}"})
            ET.SubElement(sample, "path", {"class": "wire", "d": f"M{x:g} {y:g}h28"})
        text = f"{MARKS[state]} {WORDS[state]}".strip()
        ET.SubElement(legend, "text", {"x": f"{x + 36:g}", "y": f"{y + 4:g}"}).text = text
        x += 36 + 6.2 * len(text) + 22
    if "ok" in states:
        ET.SubElement(legend, "circle", {"class": "session ok", "cx": f"{x:g}", "cy": f"{y:g}", "r": "3.6"})
        ET.SubElement(legend, "text", {"x": f"{x + 10:g}", "y": f"{y + 4:g}"}).text = "BGP established"


def _root(width: float, height: float, title: str, description: str, *, alone: bool) -> ET.Element:
    """An SVG that tells what it shows to those who do not see it."""
    said = {"viewBox": f"0 0 {width:g} {height:g}", "class": "fabric", "role": "group" if not alone else "img"}
    if alone:
        said |= {"xmlns": "http://www.w3.org/2000/svg", "width": f"{width:g}", "height": f"{height:g}"}
    else:  # as large as it can be read; one that is wider than a screen is scrolled in its own frame
        large = width * _READABLE > _SCREEN
        size = width * _READABLE if large else min(width * 1.25, _SCREEN)
        said |= {"width": f"{size:.0f}", "class": "fabric large" if large else "fabric"}
    said |= {"aria-labelledby": "fabric-title fabric-desc"}
    root = ET.Element("svg", said)
    ET.SubElement(root, "title", {"id": "fabric-title"}).text = title
    ET.SubElement(root, "desc", {"id": "fabric-desc"}).text = description
    if alone:
        ET.SubElement(root, "style").text = styles()
        ET.SubElement(root, "rect", {"class": "ground", "width": "100%", "height": "100%"})
    return root


def _described(picture: Picture) -> str:
    """What the picture shows, in words."""
    cables = sum(line.cables for line in picture.lines if not line.b.startswith("h/"))
    said = f"{picture.switches} switches in {len(picture.rows)} rows, {cables} cables."
    if not picture.known:
        return f"{said} Nobody has looked at their states."
    bad = sorted(name for row in picture.rows for box in row for name in _bad(box))
    if not bad:
        return f"{said} All are as intended."
    return f"{said} Not as intended: {', '.join(bad[:12])}{' and more' if len(bad) > 12 else ''}."


def _bad(box: Box) -> list[str]:
    return [one.name for one in box.members if one.state in ("failed", "unreached")]


def _draw_line(parent: ET.Element, line: Line, path: Path, *, known: bool, many: bool) -> None:
    to_hosts = line.b.startswith("h/")
    group = ET.SubElement(parent, "g", {"class": f"line {'hosts' if to_hosts else line.state}"})
    ET.SubElement(group, "title").text = "\n".join(line.told)
    if path.arc:
        low = max(path.y1, path.y2) + path.arc
        drawn = f"M{path.x1:g} {path.y1:g}C{path.x1:g} {low:g} {path.x2:g} {low:g} {path.x2:g} {path.y2:g}"
        middle = count = ((path.x1 + path.x2) / 2, low - path.arc / 4)
    else:
        drawn = f"M{path.x1:g} {path.y1:g}L{path.x2:g} {path.y2:g}"
        middle, count = (_along(path, 0.5), _along(path, 0.3))
    ET.SubElement(group, "path", {"d": drawn, "class": "wire"})
    if line.bundled:
        ET.SubElement(group, "path", {"d": drawn, "class": "core"})
    if to_hosts:
        return
    if known and not (many and line.session == "ok"):
        long = max(1.0, hypot(path.x2 - path.x1, path.y2 - path.y1))
        dx, dy = (0.0, 9.0) if path.arc else ((path.x2 - path.x1) * 9 / long, (path.y2 - path.y1) * 9 / long)
        _session(group, path.x1 + dx, path.y1 + dy, line.session)
        _session(group, path.x2 - dx, path.y2 + (dy if path.arc else -dy), line.session)
    if line.state in ("failed", "unreached"):
        _badge(group, *middle, f"{MARKS[line.state]}{line.bad if line.bad > 1 else ''}", line.state)
    elif line.cables > (_FEW if many else 1):
        _badge(group, *count, f"{line.cables}", "count")


def _along(path: Path, part: float) -> tuple[float, float]:
    return path.x1 + (path.x2 - path.x1) * part, path.y1 + (path.y2 - path.y1) * part


def _session(group: ET.Element, x: float, y: float, state: State) -> None:
    """Where BGP of a link is seen: a full circle for established, a cross for down, nothing where there is none."""
    at = {"class": f"session {state}"}
    if state == "ok":
        ET.SubElement(group, "circle", {**at, "cx": f"{x:g}", "cy": f"{y:g}", "r": "3.2"})
    elif state in ("failed", "unreached"):
        ET.SubElement(group, "path", {**at, "d": f"M{x - 4:g} {y - 4:g}l8 8m0 -8l-8 8"})


def _badge(group: ET.Element, x: float, y: float, text: str, state: str) -> None:
    width = max(18.0, 8.0 * len(text) + 8)
    badge = ET.SubElement(group, "g", {"class": f"badge {state}"})
    place = {"x": f"{x - width / 2:g}", "y": f"{y - 9:g}", "width": f"{width:g}", "height": "18", "rx": "9"}
    ET.SubElement(badge, "rect", place)
    ET.SubElement(badge, "text", {"x": f"{x:g}", "y": f"{y + 4:g}"}).text = text


def _draw_box(root: ET.Element, box: Box, place: Place, anchor: Anchor | None) -> None:
    names = "" if box.kind == "hosts" else f", {WORDS[box.state]}" if box.state != "unknown" else ""
    told = f"{box.title}: {box.detail}{names}" if box.detail else f"{box.title}{names}"
    parent = root
    if anchor and not box.folded and box.kind not in ("hosts", "outside"):
        parent = ET.SubElement(root, "a", {"href": f"#{anchor(box.title)}", "aria-label": told})
    group = ET.SubElement(parent, "g", {"class": f"box {box.kind} {box.state}"})
    ET.SubElement(group, "title").text = told
    shape = {"x": f"{place.x:g}", "y": f"{place.y:g}", "width": f"{place.width:g}", "height": f"{place.height:g}"}
    ET.SubElement(group, "rect", {**shape, "rx": "8"})
    if box.folded:
        _draw_folded(group, box, place, anchor)
    elif place.upright:
        _draw_upright(group, box, place)
    else:
        _draw_wide(group, box, place)


def _draw_wide(group: ET.Element, box: Box, place: Place) -> None:
    fits = letters(place.width) - (2 if MARKS[box.state] else 0)
    middle = place.y + place.height / 2
    title = ET.SubElement(group, "text", {"class": "name", "x": f"{place.x + 12:g}"})
    title.set("y", f"{middle + (-3 if box.detail else 5):g}")
    title.text = shortened(box.title, fits)
    if box.detail:
        detail = ET.SubElement(group, "text", {"class": "detail", "x": f"{place.x + 12:g}", "y": f"{middle + 15:g}"})
        detail.text = shortened(box.detail, letters(place.width) + 3)
    _mark(group, place.x + place.width - 16, place.y + 17, box.state)


def _draw_upright(group: ET.Element, box: Box, place: Place) -> None:
    x, y = place.x + place.width / 2, place.y + place.height - 10
    for text, dx, style in ((box.title, -2.0, "name"), (box.detail, 12.0, "detail")):
        turned = {"class": style, "transform": f"translate({x + dx:g} {y:g})rotate(-90)"}
        ET.SubElement(group, "text", turned).text = shortened(text, letters(place.height) - 2)
    _mark(group, x, place.y + 16, box.state)


def _draw_folded(group: ET.Element, box: Box, place: Place, anchor: Anchor | None) -> None:
    title = ET.SubElement(group, "text", {"class": "name", "x": f"{place.x + 10:g}", "y": f"{place.y + 19:g}"})
    title.text = box.title
    names = ET.SubElement(group, "text", {"class": "detail", "x": f"{place.x + 10:g}", "y": f"{place.y + 35:g}"})
    names.text = shortened(box.detail, letters(place.width) + 3)
    for number, member in enumerate(box.members):
        x = place.x + 10 + (number % place.columns) * (CELL + CELL_GAP)
        y = place.y + CELLS_ABOVE + (number // place.columns) * (CELL + CELL_GAP)
        _draw_cell(group, member, x, y, anchor)


def _draw_cell(group: ET.Element, member: Member, x: float, y: float, anchor: Anchor | None) -> None:
    told = f"{member.name}: {member.detail}" + (f", {WORDS[member.state]}" if member.state != "unknown" else "")
    parent = group
    if anchor:
        parent = ET.SubElement(group, "a", {"href": f"#{anchor(member.name)}", "aria-label": told})
    cell = ET.SubElement(parent, "g", {"class": f"cell {member.state}"})
    ET.SubElement(cell, "title").text = told
    ET.SubElement(cell, "rect", {"x": f"{x:g}", "y": f"{y:g}", "width": f"{CELL:g}", "height": f"{CELL:g}", "rx": "3"})
    if member.state not in ("ok", "unknown"):
        ET.SubElement(cell, "text", {"x": f"{x + CELL / 2:g}", "y": f"{y + 12:g}"}).text = MARKS[member.state]


def _mark(group: ET.Element, x: float, y: float, state: State) -> None:
    if MARKS[state]:
        said = {"class": f"mark {state}", "x": f"{x:g}", "y": f"{y + 4:g}"}
        ET.SubElement(group, "text", said).text = MARKS[state]


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and its end: names differ at both."""
    if len(text) <= most:
        return text
    tail = max(1, (most - 1) * 3 // 5)
    return f"{text[: max(1, most - 1 - tail)]}…{text[-tail:]}"


def _text(root: ET.Element) -> str:
    return neutral(ET.tostring(root, encoding="unicode"))
