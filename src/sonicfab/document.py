"""A YAML file as a value that remembers where everything stands.

Every scalar stays a string; the models give each its type. Keys written twice are mistakes, not overrides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from sonicfab.errors import Diagnostic, DocumentName, InputError, KeyPath, Place, Problem
from sonicfab.textfile import read_text
from sonicfab.yamltext import compose, is_plain, plain_rows


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read and found to be YAML.

    Of it only its text is kept: its nodes take forty times as much memory, and its models say what it holds. Who asks
    for a value as it is written, or for its place, has it read again.
    """

    name: DocumentName
    file: str
    text: str

    @property
    def value(self) -> Any:
        """What is written: mappings, lists, strings and None."""
        return _written(self.text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text."""
        return _lines(self.text)

    def place(self, path: KeyPath, *, on_key: bool = False) -> Place:
        """Where `path` stands; a step that is not in the file (a missing key) stays on what holds it."""
        node = _nodes(self.text)
        mark = node.start_mark if node else None
        for step in path:
            found = _child(node, step)
            if found is None:
                continue
            key, node = found
            mark = key.start_mark if on_key or not isinstance(node, yaml.ScalarNode) else node.start_mark
        if mark is None:  # an empty file
            return Place(self.file, 1, 1)
        return Place(self.file, mark.line + 1, mark.column + 1)

    def diagnostic(self, problem: Problem, *, secret: bool = False) -> Diagnostic:
        """The problem with its place and, unless it is about a secret, the line that it is about."""
        place = self.place(problem.path, on_key=problem.on_key)
        excerpt = "" if secret or place.line > len(self.lines) else self.lines[place.line - 1].rstrip()
        return Diagnostic(problem.severity, problem.message, place, problem.hint, excerpt)


@lru_cache(maxsize=3)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.splitlines())


@lru_cache(maxsize=3)
def _written(text: str) -> Any:
    """What is in a text whose keys were found to be right."""
    rows = plain_rows(text)
    if rows is not None:
        return rows
    node = _nodes(text)
    return _value(node, (), (), []) if node is not None else None


@lru_cache(maxsize=3)
def _nodes(text: str) -> yaml.Node | None:
    """Those of a text that was found to be YAML."""
    return compose(text)


def read_document(path: Path, name: DocumentName) -> tuple[Document, Any]:
    """Read one YAML file; with it comes what is written in it.

    Raises:
        InputError: it cannot be read, is not UTF-8 or not YAML, or writes a key twice.
    """
    file = str(path)
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
        raise _unreadable(Diagnostic("error", f"cannot read the {name}: {reason}", Place(file))) from err
    rows = plain_rows(text)
    if rows is not None:
        return Document(name, file, text), rows
    lines = tuple(text.splitlines())
    try:
        root = compose(text)
        _look_at_size(root, file, lines)
    except RecursionError as err:  # where PyYAML has no libyaml, which ends at 1000 levels with an error of its own
        raise _unreadable(Diagnostic("error", _TOO_DEEP, Place(file))) from err
    except yaml.MarkedYAMLError as err:
        raise _unreadable(_syntax(err, file, lines)) from err
    except yaml.reader.ReaderError as err:
        raise _unreadable(Diagnostic("error", f"not valid YAML: {err.reason}", Place(file))) from err
    problems: list[Problem] = []
    value = _value(root, (), (), problems) if root is not None else None
    document = Document(name, file, text)
    if problems:
        raise InputError(f"{file} is not usable", diagnostics=[document.diagnostic(one) for one in problems])
    return document, value


_MOST_VALUES = 1_000_000
_MOST_LEVELS = 100
_TOO_DEEP = f"this is nested more than {_MOST_LEVELS} levels deep"


def _look_at_size(root: yaml.Node | None, file: str, lines: tuple[str, ...]) -> None:
    """Refuse what would be too large or too deep once its aliases are followed; each node is looked at once.

    A file of a few lines can stand for more values than any machine holds, and deep nesting for more stack.

    Raises:
        InputError: at the first node that is too large or too deep.
    """
    measured: dict[int, tuple[int, int]] = {}
    todo = [(root, False)] if root is not None else []
    while todo:
        node, inner_measured = todo.pop()
        if isinstance(node, yaml.ScalarNode):
            measured[id(node)] = (1, 1)
            continue
        if not inner_measured:
            if id(node) not in measured:
                measured[id(node)] = (1, 1)  # so counts an alias inside of what it means: that is told elsewhere
                todo += [(node, True), *((one, False) for one in _inner(node))]
            continue
        sizes = [measured[id(one)] for one in _inner(node)]
        values = 1 + sum(size for size, _ in sizes)
        levels = 1 + max((level for _, level in sizes), default=0)
        if values > _MOST_VALUES or levels > _MOST_LEVELS:
            too_large = f"this is more than {_MOST_VALUES} values once its aliases are followed"
            message = _TOO_DEEP if levels > _MOST_LEVELS else too_large
            mark = node.start_mark
            excerpt = lines[mark.line] if mark.line < len(lines) else ""
            place = Place(file, mark.line + 1, mark.column + 1)
            raise _unreadable(Diagnostic("error", message, place, excerpt=excerpt))
        measured[id(node)] = (values, levels)


def _inner(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [one for pair in node.value for one in pair]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _unreadable(diagnostic: Diagnostic) -> InputError:
    return InputError(f"{diagnostic.place.file} is not usable", diagnostics=[diagnostic])


def _syntax(err: yaml.MarkedYAMLError, file: str, lines: tuple[str, ...]) -> Diagnostic:
    mark = err.problem_mark or err.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    excerpt = lines[mark.line] if mark and mark.line < len(lines) else ""
    hint = "indent with spaces, not with tabs" if excerpt.lstrip(" ").startswith("\t") else ""
    context = f" ({err.context})" if err.context else ""
    return Diagnostic("error", f"not valid YAML: {err.problem}{context}", place, hint, excerpt)


def _child(
    node: yaml.Node | None, step: str | int, above: tuple[yaml.Node, ...] = ()
) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        # the last one counts, so that a key written twice is shown where it stands again
        found = [(key, value) for key, value in node.value if key.value == str(step)]
        return found[-1] if found else _merged_child(node, step, (*above, node))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _merged_child(
    node: yaml.MappingNode, step: str | int, above: tuple[yaml.Node, ...]
) -> tuple[yaml.Node, yaml.Node] | None:
    """What `<<` brings in stands where its anchor is; `above` ends an alias that contains itself."""
    for key, value in node.value:
        if key.value == "<<" and is_plain(key):
            parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
            found = [
                _child(part, step, above)
                for part in parts
                if isinstance(part, yaml.MappingNode) and not any(part is one for one in above)
            ]
            return next((one for one in found if one is not None), None)
    return None


def _value(node: yaml.Node, path: KeyPath, above: tuple[yaml.Node, ...], problems: list[Problem]) -> Any:
    if any(node is one for one in above):
        problems.append(_problem(path, "this alias contains itself"))
        return None
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, (*above, node), problems)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), (*above, node), problems) for index, item in enumerate(node.value)]
    return None if node.value == "" and is_plain(node) else node.value


def _mapping(
    node: yaml.MappingNode, path: KeyPath, above: tuple[yaml.Node, ...], problems: list[Problem]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    first: dict[str, int] = {}
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append(_problem(path, "a key must be a plain word"))
            continue
        name = key.value
        if name == "<<" and is_plain(key):  # YAML 1.1 merge: what stands in the mapping itself wins
            for part in item.value if isinstance(item, yaml.SequenceNode) else [item]:
                values = _value(part, path, above, problems)
                if not isinstance(values, dict):
                    problems.append(_problem((*path, name), "'<<' takes mappings only"))
                    continue
                merged = {**values, **merged}
            continue
        if name in first:
            message = f"key '{name}' is written twice (first in line {first[name]})"
            problems.append(_problem((*path, name), message))
        first.setdefault(name, key.start_mark.line + 1)
        result[name] = _value(item, (*path, name), above, problems)
    return {**merged, **result}


def _problem(path: KeyPath, message: str) -> Problem:
    return Problem("inventory", path, message, on_key=True)
