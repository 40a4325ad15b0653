"""A picture of a fabric in the languages of other programs: Mermaid, Graphviz's dot, and what drawio opens."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from sonicfab.plan.types import FabricPlan
from sonicfab.report.picture.fabric import FOLDED_ABOVE, Box, Line, Picture, picture_of
from sonicfab.report.picture.layout import laid_out
from sonicfab.report.picture.states import MARKS, State, Verified
from sonicfab.report.terminal import neutral
from sonicfab.roles import Role

_COLOURS = {
    Role.SUPERSPINE: ("#ece2ff", "#6b3fc0"),
    Role.SPINE: ("#dfe9ff", "#3257c9"),
    Role.LEAF: ("#dcf2ea", "#0b6b53"),
    Role.BORDERLEAF: ("#ffeeda", "#9a5200"),
    "outside": ("#fffbe0", "#7a6500"),
    "hosts": ("#eef0f3", "#6b7580"),
}
_PLAIN = re.compile(r"[^A-Za-z0-9 .,:()-]")
_LINES = {"ok": "#1a7f37", "failed": "#b3121d", "unreached": "#8a4600", "affected": "#8a4600", "unknown": "#6b7580"}

MOST_LINES, MOST_TEXT = 500, 50_000
"""Mermaid draws no more, `maxEdges` and `maxTextSize`, and no text can raise them: `secure` in
packages/mermaid/src/schemas/config.schema.yaml of mermaid-js/mermaid."""


def mermaid_fitted(plan: FabricPlan, verified: Verified, folded_above: int = FOLDED_ABOVE) -> tuple[str, int]:
    """The flowchart, folded until Mermaid draws it, and above how many switches a tier is; 0: it never does."""
    while True:
        picture = picture_of(plan, verified, folded_above)
        text = mermaid_text(picture)
        if len(picture.lines) <= MOST_LINES and len(text) <= MOST_TEXT:
            return text, folded_above
        if folded_above == 1:
            return text, 0
        folded_above //= 2


def mermaid_text(picture: Picture) -> str:
    """A flowchart of Mermaid; what is no plain letter stands as the entity that Mermaid has for it.

    https://mermaid.js.org/syntax/flowchart.html, "Entity codes to escape characters".
    """
    names = _names(picture)
    out = ["flowchart TB", f"  accTitle: {_entities(f'The fabric {picture.fabric}')}"]
    out += [f"  classDef {kind} fill:{fill},stroke:{edge},color:#1b2026" for kind, (fill, edge) in _COLOURS.items()]
    for number, row in enumerate(picture.rows):
        out.append(f'  subgraph row{number}[" "]')
        for box in row:
            out.append(f'    {names[box.key]}["{"<br/>".join(map(_entities, box_lines(box)))}"]:::{box.kind}')
        out.append("  end")
        out.append(f"  style row{number} fill:none,stroke:none")  # a row is no group that anybody should see
    for line in picture.lines:
        said = _label(line)
        label = f'|"{_entities(said)}"|' if said else ""
        out.append(
            f"  {names[line.a]} {'-.-' if line.state in ('failed', 'unreached') else '---'}{label} {names[line.b]}"
        )
    alike: dict[State, list[str]] = defaultdict(list)
    for number, line in enumerate(picture.lines):
        alike[line.state].append(str(number))
    out += [f"  linkStyle {','.join(numbers)} stroke:{_LINES[state]}" for state, numbers in alike.items()]
    return neutral("\n".join(out))


def dot_text(picture: Picture) -> str:
    """An undirected graph for Graphviz."""
    names = _names(picture)
    out = [f"graph {_quoted(picture.fabric)} {{", '  rankdir=TB; ranksep=1.1; fontname="sans-serif";']
    out.append('  node [shape=box, style="rounded,filled", fontname="sans-serif", fontsize=11];')
    out.append('  edge [fontname="sans-serif", fontsize=9];')
    for row in picture.rows:
        out.append("  {")
        out.append("    rank=same;")
        for box in row:
            fill, edge = _COLOURS.get(box.kind, _COLOURS["hosts"])
            label = "\\n".join(_escaped(line) for line in box_lines(box))
            out.append(f'    {names[box.key]} [label="{label}", fillcolor="{fill}", color="{edge}"];')
        out.append("  }")
    for line in picture.lines:
        style = "dashed" if line.state in ("failed", "unreached") else "solid"
        label = f', label="{_escaped(_label(line))}"' if _label(line) else ""
        told = _escaped("; ".join(line.told))
        drawn = f'style={style}, color="{_LINES[line.state]}"{label}, tooltip="{told}"'
        out.append(f"  {names[line.a]} -- {names[line.b]} [{drawn}];")
    return neutral("\n".join([*out, "}"]))


def drawio_text(picture: Picture) -> str:
    """What drawio opens: mxGraph's XML, with the boxes where the SVG has them."""
    layout, names = laid_out(picture), _names(picture)
    file = ET.Element("mxfile", {"host": "sonicfab"})
    diagram = ET.SubElement(file, "diagram", {"id": "fabric", "name": picture.fabric})
    model = {"dx": "0", "dy": "0", "grid": "1", "page": "0", "pageWidth": f"{layout.width:g}"}
    root = ET.SubElement(ET.SubElement(diagram, "mxGraphModel", {**model, "pageHeight": f"{layout.height:g}"}), "root")
    ET.SubElement(root, "mxCell", {"id": "0"})
    ET.SubElement(root, "mxCell", {"id": "1", "parent": "0"})
    for row in picture.rows:
        for box in row:
            fill, edge = _COLOURS.get(box.kind, _COLOURS["hosts"])
            style = f"rounded=1;whiteSpace=wrap;html=0;fillColor={fill};strokeColor={edge};fontColor=#1b2026;"
            place = layout.boxes[box.key]
            style += "horizontal=0;" if place.upright else ""
            said = "\n".join(box_lines(box))
            cell = {"id": names[box.key], "value": said, "style": style, "vertex": "1", "parent": "1"}
            shape = {
                "x": f"{place.x:g}",
                "y": f"{place.y:g}",
                "width": f"{place.width:g}",
                "height": f"{place.height:g}",
            }
            ET.SubElement(ET.SubElement(root, "mxCell", cell), "mxGeometry", {**shape, "as": "geometry"})
    for number, (line, path) in enumerate(layout.lines):
        dashed = "dashed=1;" if line.state in ("failed", "unreached") else ""
        style = f"endArrow=none;html=0;strokeColor={_LINES[line.state]};{dashed}"
        if path.arc:  # between boxes of a row, below those that are between them
            for end, key, x in (("exit", line.a, path.x1), ("entry", line.b, path.x2)):
                style += f"{end}X={(x - layout.boxes[key].x) / layout.boxes[key].width:.2f};{end}Y=1;"
            style += "curved=1;"
        ends = {"source": names[line.a], "target": names[line.b]}
        cell = {"id": f"line{number}", "value": _label(line), "style": style, "edge": "1", "parent": "1", **ends}
        geometry = ET.SubElement(ET.SubElement(root, "mxCell", cell), "mxGeometry", {"relative": "1", "as": "geometry"})
        if path.arc:
            points = ET.SubElement(geometry, "Array", {"as": "points"})
            low = max(path.y1, path.y2) + path.arc
            ET.SubElement(points, "mxPoint", {"x": f"{(path.x1 + path.x2) / 2:g}", "y": f"{low:g}"})
    ET.indent(file)
    return neutral(ET.tostring(file, encoding="unicode"))


def _names(picture: Picture) -> dict[str, str]:
    """Names for programs: those of switches may hold what a language takes for its own."""
    return {box.key: f"n{number}" for number, box in enumerate(box for row in picture.rows for box in row)}


def box_lines(box: Box) -> Iterator[str]:
    """What is written in a box."""
    yield f"{box.title} {MARKS[box.state]}".rstrip()
    if box.detail:
        yield box.detail
    bad = [one.name for one in box.members if box.folded and one.state in ("failed", "unreached")]
    if bad:
        yield f"{MARKS['failed']} {', '.join(bad[:3])}{' ...' if len(bad) > 3 else ''}"


def _label(line: Line) -> str:
    if line.state in ("failed", "unreached"):
        return f"{MARKS[line.state]} {line.bad}/{line.cables}" if line.cables > 1 else MARKS[line.state]
    return f"{line.cables}" if line.cables > 1 and not line.b.startswith("h/") else ""


def _entities(text: str) -> str:
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", neutral(text))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'
