"""What of a switch is ours where it is not all of it (`ownership: planned`). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sonicfab.ownership.left import Left


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan speaks of, as far as the rendered config does not tell.

    Attributes:
        spared: table -> rows that are rendered for the sake of a switch that has none -> the fields in them that are
            planned all the same.
        absent: table -> key -> fields that are planned not to be there.
        left: what stays as it is on the switch, whatever is rendered.
        idle: what of `left`, in its words, names nothing that would be rendered.
        by_row: tables of which only rows of `extra` are rendered: they are no list of what there shall be.
    """

    spared: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    by_row: frozenset[str] = frozenset()
    absent: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    idle: frozenset[str] = frozenset()

    def fields(self, table: str, key: str, rendered: frozenset[str]) -> frozenset[str]:
        """The planned fields of a rendered row."""
        planned = self.spared.get(table, {}).get(key, rendered)
        return (
            frozenset(name for name in planned if not self.left.has_field(table, key, name)) if self.left else planned
        )

    def is_absent(self, table: str, key: str, name: str) -> bool:
        """Whether the plan says that a row has no such field."""
        return name in self.absent.get(table, {}).get(key, ())

    def spares(self, table: str, key: str) -> bool:
        """Whether the row is not ours."""
        return key in self.spared.get(table, {}) or self.left.has_row(table, key)
