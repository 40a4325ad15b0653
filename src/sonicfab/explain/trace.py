"""Which template line made which line of the output, and of what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sonicfab import yamltext
from sonicfab.configdb import Table
from sonicfab.explain.notes import CLOSE, OPEN, NotingSandbox, Reading, TemplatePlace
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.render import FRR_TEMPLATE, Renderer, ResolveSecret, SwitchConfig

_MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_OPENING = re.compile(r"\s*\{%-?\s*(?:if|for|else|elif|set)\b.*%\}\s*")


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of a template: its name below the template folder, its file, the line and what stands there."""

    name: str
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Made:
    """How a line of the output was made: by which line of which template, and of what.

    Attributes:
        comment: what the template says of it right above it, or where it calls the macro that the line is in.
    """

    line: TemplateLine
    comment: str
    note: Reading


@dataclass(frozen=True, slots=True)
class Trace:
    """A switch as rendered, and how its lines were made.

    Attributes:
        rows: (table, key, field) -> how it was made; field "" is the row itself.
        frr: line number of frr.conf -> how it was made.
    """

    config: SwitchConfig
    rows: Mapping[tuple[str, str, str], Made]
    frr: Mapping[int, Made]


def unmarked(text: str) -> tuple[str, dict[int, int]]:
    """The text without marks, and the mark of every line; one without a mark is of the next that has one."""
    plain: list[str] = []
    marks: dict[int, int] = {}
    waiting: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        waiting.append(number)
        found = _MARK.findall(line)
        if found:
            marks.update(dict.fromkeys(waiting, int(found[-1])))
            waiting = []
        plain.append(_MARK.sub("", line))
    return "\n".join(plain), marks


def comment_above(lines: Sequence[str], number: int) -> str:
    """The comment that ends right above a line, or above the `{% if %}` or `{% for %}` that opens right above it."""
    at = number - 1
    while at > 0 and _OPENING.fullmatch(lines[at - 1]):
        at -= 1
    above = "\n".join(lines[:at]).rstrip()
    if not above.endswith("#}") or at == 0 or not lines[at - 1].strip():
        return ""
    last = above.rpartition("{#")
    begins = not last[0].rpartition("\n")[2].strip()
    return " ".join(last[2].strip("-#}").split()) if begins else ""


class TracingRenderer(Renderer):
    """Renders as every other does, and remembers how the lines of the switch came about that it rendered last."""

    def __init__(self, folders: Sequence[Path], secrets: ResolveSecret) -> None:
        super().__init__(folders, secrets)
        self._environment = self._sandbox = NotingSandbox(folders)
        self._sources: dict[str, tuple[list[str], str | None]] = {}

    def trace(self, fabric: FabricPlan, switch: SwitchPlan) -> Trace:
        """Render a switch with its template lines.

        Raises:
            TemplateError, InputError: as `render` does.
        """
        self._marks: dict[str, dict[int, int]] = {}
        self._plain = ""
        self._rows: dict[tuple[str, str, str], Made] = {}
        config = self.render(fabric, switch)
        marks = self._marks.get(FRR_TEMPLATE, {})
        lines = enumerate(switch.extra.lines_in(self._plain)[0], 1)
        frr = {number: self._made(marks[before]) for number, (before, _) in lines if before in marks}
        return Trace(config, self._rows, frr)

    def _text(self, name: str, values: Mapping[str, Any]) -> str:
        text, self._marks[name] = unmarked(super()._text(name, values))
        self._plain = text if name == FRR_TEMPLATE else self._plain
        return text

    def _tables(self, name: str, values: Mapping[str, Any]) -> Mapping[str, Table]:
        tables = super()._tables(name, values)
        root = yamltext.compose(self._text(name, values))
        for table, rows in _pairs(root):
            for key, row in _pairs(rows):
                self._remember(name, (table.value, key.value, ""), key)
                for field, _ in _pairs(row):
                    self._remember(name, (table.value, key.value, field.value), field)
        return tables

    def _remember(self, name: str, place: tuple[str, str, str], node: yaml.Node) -> None:
        mark = self._marks[name].get(node.start_mark.line + 1)
        if mark is not None:
            self._rows[place] = self._made(mark)

    def _made(self, mark: int) -> Made:
        note = self._sandbox.notes[mark]
        sites = (note.site, *note.calls)
        comment = next((said for site in sites if (said := self._comment(site))), "")
        return Made(self._line(note.site), comment, note)

    def _comment(self, site: TemplatePlace) -> str:
        return comment_above(self._source(site.template)[0], site.line)

    def _line(self, site: TemplatePlace) -> TemplateLine:
        lines, file = self._source(site.template)
        text = lines[site.line - 1].strip() if site.line <= len(lines) else ""
        return TemplateLine(site.template, file or site.template, site.line, text)

    def _source(self, name: str) -> tuple[list[str], str | None]:
        if name not in self._sources:
            assert self._environment.loader is not None
            source, file, _ = self._environment.loader.get_source(self._environment, name)
            self._sources[name] = source.splitlines(), file
        return self._sources[name]


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
