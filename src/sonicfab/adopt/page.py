"""The text of a file that is written for people: entries with comments, each of which can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.model.fields import ranges as ranges

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9 _./@+|-]*")
_ODD = re.compile(r"(?i)true|false|yes|no|on|off|null|~|[0-9.]+e[0-9]+|[0-9][0-9_]*|0x[0-9a-f]+|[0-9]+\.[0-9]*")
_NUMBER = re.compile(r"[1-9][0-9]*|0")
_WIDTH = 118
_COMMENT_AT = 2


@dataclass
class Entry:
    """What is said in one place of a file; it stands there whole, or behind `#` with the reason.

    Attributes:
        lines: of YAML, indented as in the file.
        about: what it is of, for reports.
        why: where it comes from: a comment behind its first line, or above it where that is too long.
        refused: why it cannot be said; "" while it can.
        gap: it stands behind `#` from the beginning: somebody has to say the rest.
    """

    lines: list[str]
    about: str = ""
    why: str = ""
    refused: str = ""
    gap: bool = False

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return not self.refused and not self.gap

    def text(self, *, told: bool = False) -> list[str]:
        """Its lines in the file; `told`: the entry above it says the same of where it comes from."""
        if self.stands:
            if not self.why or told:
                return self.lines
            first = f"{self.lines[0]}{' ' * _COMMENT_AT}# {self.why}"
            if len(first) <= _WIDTH:
                return [first, *self.lines[1:]]
            indent = " " * (len(self.lines[0]) - len(self.lines[0].lstrip()))
            return [*(f"{indent}# {line}" for line in _folded(self.why, _WIDTH - len(indent))), *self.lines]
        said = f"refused: {self.refused}" if self.refused else self.why
        indent = " " * (len(self.lines[0]) - len(self.lines[0].lstrip()))
        return [
            *(f"{indent}# {line}" for line in _folded(said, _WIDTH - len(indent))),
            *(f"{indent}# {line.removeprefix(indent)}" for line in self.lines),
        ]


@dataclass
class Part:
    """A key of a file and the entries below it; without one that counts its head stands behind `#`, too."""

    head: str
    entries: list[Entry] = field(default_factory=list)
    comment: Sequence[str] = ()

    def text(self) -> Iterator[tuple[str, Entry | None]]:
        """Line, and the entry that it is of."""
        if not self.entries:
            return
        yield from ((f"# {line}" if line else "#", None) for line in self.comment)
        if self.head:
            yield (self.head if any(one.stands for one in self.entries) else f"# {self.head}"), None
        said = ""
        for entry in self.entries:
            yield from ((line, entry) for line in entry.text(told=entry.why == said))
            said = entry.why if entry.stands else ""
        yield "", None


@dataclass
class Page:
    """A whole file."""

    comment: Sequence[str]
    parts: list[Part]

    def text(self) -> str:
        """As it is written."""
        return "\n".join(line for line, _ in self._lines()).rstrip("\n") + "\n"

    def entry_at(self, line: int) -> Entry | None:
        """The entry that a line (from 1) is of."""
        lines = list(self._lines())
        return lines[line - 1][1] if 0 < line <= len(lines) else None

    def entries(self) -> Iterator[Entry]:
        """All of them."""
        return (entry for part in self.parts for entry in part.entries)

    def _lines(self) -> Iterator[tuple[str, Entry | None]]:
        yield from ((f"# {line}" if line else "#", None) for line in self.comment)
        yield "", None
        for part in self.parts:
            yield from part.text()


def scalar(value: object) -> str:
    """A value in YAML's flow style, with quotes where it needs them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and not _ODD.fullmatch(text) and not text.endswith(" "):
        return text
    if _NUMBER.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in escaped) + '"'


def flow(value: object) -> str:
    """Mappings and lists on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def one_or_list(values: Iterable[object]) -> object:
    """One value as itself, several as a list."""
    some = list(values)
    return some[0] if len(some) == 1 else some


def _folded(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.replace("\n", " ").split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width - 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
