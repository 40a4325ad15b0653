"""Which template line made which line of the output.

Only `sonicfab explain` renders like this: at the end of every line that stands in a template, a mark with the
template's name and line goes through Jinja with it, through includes and macros, and is taken out again afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from sonicfab import yamltext
from sonicfab.configdb import Table
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.render import FRR_TEMPLATE, Renderer, SwitchConfig

# characters of Unicode's private use area: no config has them
_OPEN, _SPLIT, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARK = re.compile(f"{_OPEN}([^{_SPLIT}]*){_SPLIT}(\\d+){_CLOSE}")


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line of a template: its name below the template folder, its file, the line and what stands there."""

    name: str
    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A switch as rendered, and the template lines of it.

    Attributes:
        rows: (table, key, field) -> the line that made it; field "" is the row itself.
        frr: line number of frr.conf -> the line that made it.
    """

    config: SwitchConfig
    rows: Mapping[tuple[str, str, str], TemplateLine]
    frr: Mapping[int, TemplateLine]


class MarkLines(Extension):
    """Puts the mark at the end of every line of every template."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, those of text with marks."""
        for token in stream:
            if token.type != "data":
                yield token
                continue
            *ended, rest = token.value.split("\n")
            marked = [
                f"{text}{_OPEN}{stream.name or ''}{_SPLIT}{token.lineno + index}{_CLOSE}\n"
                for index, text in enumerate(ended)
            ]
            yield Token(token.lineno, "data", "".join(marked) + rest)


def unmarked(text: str) -> tuple[str, dict[int, tuple[str, int]]]:
    """The text without marks, and (template, line) of every line; one without a mark is of the next that has one."""
    plain: list[str] = []
    places: dict[int, tuple[str, int]] = {}
    waiting: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        waiting.append(number)
        marks = _MARK.findall(line)
        if marks:
            name, at = marks[-1]
            places.update(dict.fromkeys(waiting, (name, int(at))))
            waiting = []
        plain.append(_MARK.sub("", line))
    return "\n".join(plain), places


class TracingRenderer(Renderer):
    """Renders as every other does, and remembers the template lines of the switch that it rendered last."""

    extensions = (MarkLines,)

    def trace(self, fabric: FabricPlan, switch: SwitchPlan) -> Trace:
        """Render a switch with its template lines.

        Raises:
            TemplateError, InputError: as `render` does.
        """
        self._places: dict[str, dict[int, tuple[str, int]]] = {}
        self._rows: dict[tuple[str, str, str], TemplateLine] = {}
        config = self.render(fabric, switch)
        frr = {number: self._line(*place) for number, place in self._places.get(FRR_TEMPLATE, {}).items()}
        return Trace(config, self._rows, frr)

    def _text(self, name: str, values: Mapping[str, Any]) -> str:
        text, self._places[name] = unmarked(super()._text(name, values))
        return text

    def _tables(self, name: str, values: Mapping[str, Any]) -> dict[str, Table]:
        tables = super()._tables(name, values)
        root = yamltext.compose(self._text(name, values))
        for table, rows in _pairs(root):
            for key, row in _pairs(rows):
                self._remember(name, (table.value, key.value, ""), key)
                for field, _ in _pairs(row):
                    self._remember(name, (table.value, key.value, field.value), field)
        return tables

    def _remember(self, name: str, place: tuple[str, str, str], node: yaml.Node) -> None:
        at = self._places[name].get(node.start_mark.line + 1)
        if at:
            self._rows[place] = self._line(*at)

    def _line(self, name: str, line: int) -> TemplateLine:
        environment: Environment = self._environment
        source, file, _ = environment.loader.get_source(environment, name) if environment.loader else ("", "", None)
        lines = source.splitlines()
        return TemplateLine(name, file or name, line, lines[line - 1].strip() if line <= len(lines) else "")


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
