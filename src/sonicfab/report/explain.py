"""The result of `sonicfab explain`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from sonicfab.explain.answer import Explained
from sonicfab.explain.trace import TemplateLine
from sonicfab.render import template_folders
from sonicfab.report.console import columns, json_result, say, style, wrapped

FORMAT_VERSION = 1
_IN_FULL = 12
"""So many values are explained in full; of more, each has a line."""

_OWN = "the template itself: no rule of sonicfab is behind this text"


def show_explained(switch: str, found: list[Explained]) -> None:
    """Value, rule, input, facts and template line."""
    if len(found) > _IN_FULL:
        _show_short(switch, found)
        return
    say(style(switch, bold=True))
    for one in found:
        say("")
        _wrapped(_headline(one), "", bold=True)
        origin = one.origin
        _labelled("rule", origin.rule or _OWN)
        for given in origin.given:
            written = "" if given.what.endswith(given.written) else f": {given.written}"
            _labelled("input", f"{given.place.file}:{given.place.line}  {given.what}{written}")
        for fact in origin.facts:
            _labelled("fact", fact.text)
            _labelled("", f"(source: {fact.source})" if fact.source else "")
        if one.template:
            _labelled("made by", f"{template_place(one.template)}  {one.template.text}")


def _show_short(switch: str, found: list[Explained]) -> None:
    say(style(f"{switch}: {len(found)} values; name one for all of its origin", bold=True))
    for one in found:
        given = one.origin.given
        place = f"{given[0].place.file}:{given[0].place.line}" if given else "no input"
        text = f"{_headline(one)}   [{place}] {one.origin.rule or _OWN}"
        say(textwrap.shorten(text, columns(), placeholder=" ..."))


def json_explained(switch: str, found: list[Explained]) -> None:
    """The same for programs."""
    json_result({"format_version": FORMAT_VERSION, "switch": switch, "values": [_json(one) for one in found]})


def template_place(line: TemplateLine) -> str:
    """`templates/frr/bgp.j2:12`; a file of the user's own by its own path."""
    return f"{_template_file(line)}:{line.line}"


def _template_file(line: TemplateLine) -> str:
    shipped = template_folders()[0]
    return f"templates/{line.name}" if Path(line.file).is_relative_to(shipped) else line.file


def _headline(one: Explained) -> str:
    if one.file == "frr.conf":
        return f"frr.conf: {one.place} / {one.value}" if one.place else f"frr.conf: {one.value}"
    return f"{one.place}: {one.value}" if one.value else one.place


def _json(one: Explained) -> dict[str, Any]:
    origin = one.origin
    return {
        "file": one.file,
        "place": one.place or None,
        "value": one.value,
        "rule": origin.rule or None,
        "inputs": [
            {"file": given.place.file, "line": given.place.line, "path": given.what, "written": given.written}
            for given in origin.given
        ],
        "facts": [{"fact": fact.text, "source": fact.source or None} for fact in origin.facts],
        "template": {"file": _template_file(one.template), "line": one.template.line, "text": one.template.text}
        if one.template
        else None,
    }


def _labelled(label: str, text: str) -> None:
    if text:
        _wrapped(text, f"  {label:<9}")


def _wrapped(text: str, start: str, *, bold: bool = False) -> None:
    after = " " * (len(start) or 4)
    for line in wrapped(text, start, after):
        say(style(line, bold=bold))
