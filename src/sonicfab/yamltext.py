"""YAML read as it is written: every scalar stays a string.

YAML's own guesses turn a MAC address into a base-60 number and `no` into False, and SONiC wants strings anyway.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING or yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Composer(CParser):
        """libyaml's parser without PyYAML's resolver, whose guesses are not wanted: half the time of CBaseLoader."""

        def resolve(self, kind: object, value: object, implicit: object) -> None:
            """No tag."""

        def descend_resolver(self, current_node: object, current_index: object) -> None:
            """Nothing to resolve."""

        def ascend_resolver(self) -> None:
            """Nothing to resolve."""

else:
    _Composer = yaml.BaseLoader


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text with one document, each with its place; None when it is empty.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    node: yaml.Node | None = _Composer(text).get_single_node()
    return node


def is_plain(node: yaml.Node) -> bool:
    """True for a scalar without quotes; libyaml and PyYAML say it differently."""
    return getattr(node, "style", None) in (None, "")


def value(node: yaml.Node | None) -> object:
    """Mappings, lists, strings; None for a value that is left out.

    Raises:
        ValueError: a key is not a scalar, or stands twice in its mapping.
    """
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [value(item) for item in node.value]
    if node is None or (node.value == "" and is_plain(node)):
        return None
    return node.value


def _mapping(node: yaml.MappingNode) -> dict[str, object]:
    try:
        found = {key.value: value(item) for key, item in node.value}
    except TypeError as err:
        raise ValueError("a key is not a plain word") from err
    if len(found) != len(node.value):
        keys = [key.value for key, _ in node.value]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice} stands there twice")
    return found


_WORD = r"[A-Za-z0-9_](?:[A-Za-z0-9_./|:,@+-]{0,200}[A-Za-z0-9_./|,@+-])?"
_TABLE = re.compile(rf"(?: *\n)*({_WORD}):(?:(?: |\n  )(\{{\}}))?\n")
_ROW = re.compile(rf"(?: *\n)*  ({_WORD}):(?: \{{\}}\n|\n((?:    [^ \n][^\n]*\n)+))")
_FIELD = re.compile(rf"    ({_WORD}): (?:({_WORD})|\"([ !#-\[\]-~]*)\")\n")
_BLANK = re.compile(r"(?: *\n)* *\Z")


def plain_tables(text: str) -> dict[str, dict[str, dict[str, str]]] | None:
    """What `value` makes of a text that is nothing but tables, rows and fields in the plainest YAML; None of any other.

    This is how templates write nearly all of a config_db, at a tenth of the cost. Rows of the same text are one value,
    which is not to be changed: half the ports of a fabric are alike.
    """
    found: dict[str, dict[str, dict[str, str]]] = {}
    at = 0
    while table := _TABLE.match(text, at):
        at = table.end()
        rows: dict[str, dict[str, str]] = {}
        while not table[2] and (row := _ROW.match(text, at)):
            fields = _fields(row[2]) if row[2] else {}
            if fields is None or row[1] in rows:
                return None
            rows[row[1]] = fields
            at = row.end()
        if table[1] in found or not (rows or table[2]):
            return None
        found[table[1]] = rows
    return found if found and _BLANK.match(text, at) else None


@lru_cache(maxsize=4096)
def _fields(text: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    while field := _FIELD.match(text, at):
        name, word, quoted = field.groups()
        if name in found:
            return None
        found[name] = quoted if word is None else word
        at = field.end()
    return found if at == len(text) else None


_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_./|,@+-]|:(?=[A-Za-z0-9])| - (?=[A-Za-z0-9_])){0,200}"
_SCALAR = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_./-]{0,100})|\"[ !#-\[\]-~]*\")"
_KEY = r"[a-z][a-z0-9_]{0,20}"
_PAIR = rf"{_KEY}: {_SCALAR}"
_SECTION = re.compile(rf"({_KEY}):")
_FLOW_ROW = re.compile(rf"  ({_NAME}): (?:\{{({_PAIR}(?:, {_PAIR})*)\}}|\[({_SCALAR}(?:, {_SCALAR})*)\])")
_FLOW_PART = re.compile(rf"(?:({_KEY}): )?({_SCALAR})")


def plain_rows(text: str) -> dict[str, dict[str, object]] | None:
    """What `value` makes of a text that is nothing but sections of rows `NAME: {a: b}` and `NAME: [a]`; None of others.

    This is how sonicfab writes the numbers of a fabric. They are a row for each switch and link, and YAML's nodes of it
    take forty times as much memory as the text, and most of what a command needs to start.
    """
    found: dict[str, dict[str, object]] = {}
    rows: dict[str, object] | None = None
    for line in text.split("\n"):
        if not line or line[0] == "#":
            if not (line.isascii() and line.isprintable()):
                return None
        elif section := _SECTION.fullmatch(line):
            if section[1] in found or rows == {}:
                return None
            found[section[1]] = rows = {}
        else:
            row = _FLOW_ROW.fullmatch(line)
            if row is None or rows is None or row[1] in rows:
                return None
            parts = [(sys.intern(name), scalar.strip('"')) for name, scalar in _FLOW_PART.findall(row[2] or row[3])]
            rows[row[1]] = dict(parts) if row[2] else [scalar for _, scalar in parts]
            if row[2] and len(parts) != len(rows[row[1]]):  # type: ignore[arg-type]
                return None
    return found if rows and text.endswith("\n") else None
