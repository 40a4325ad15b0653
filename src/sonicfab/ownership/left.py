"""What stays as it is on a switch although the plan means something else, for the topology says so. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from sonicfab.configdb import ConfigChange, ConfigDb, Row, Table
from sonicfab.frr import conf
from sonicfab.frr.chosen import chooses, chosen
from sonicfab.frr.parts import Foreign

_MODE = "docker_routing_config_mode"


class Place(NamedTuple):
    """A table, a row or a field; "" for all keys, or the whole row."""

    table: str
    key: str = ""
    name: str = ""

    def __str__(self) -> str:
        """`TABLE|key field`."""
        return f"{self.table}{f'|{self.key}' if self.key else ''}{f' {self.name}' if self.name else ''}"


@dataclass(frozen=True, slots=True)
class Left:
    """What is left; `frr` is all of FRR's config, and with it the routing mode that it lives by; `lines` some of it.

    `instead` are rows and fields of `extra`: what somebody gives in place of what is left.
    """

    places: frozenset[Place] = frozenset()
    frr: bool = False
    lines: tuple[str, ...] = ()
    instead: frozenset[Place] = frozenset()

    def __bool__(self) -> bool:
        """True when something is left."""
        return bool(self.places) or self.frr or bool(self.lines)

    @property
    def policies(self) -> bool:
        """Whether policies of BGP are left, in FRR's words or those of frrcfgd's tables: what they do nobody knows."""
        lines = any("route-map" in one.split() for one in self.lines)
        return self.frr or lines or any("ROUTE_MAP" in f"{one.table} {one.name.upper()}" for one in self.places)

    def idle(self, tables: ConfigDb, frr: str) -> frozenset[str]:
        """What of it, in the words of `said`, names nothing in a config."""
        there = list(conf.lines(frr)) if self.lines else []
        lines = (
            f"frr {one}" for one in self.lines if not any(chooses(one, context, line) for _, context, line in there)
        )
        return frozenset([*(str(one) for one in self.places if not _is_in(tables, one)), *lines])

    def with_lines(self, other: Foreign, text: str, intended: str) -> Foreign:
        """What is another's in a text of FRR, with the lines that are left: they stay, though their part is ours."""
        want = conf.parse(intended)
        kept = {context: list(some) for context, some in other.lines.items()}
        for context, line in chosen(text, self.lines):
            there = {*want.get(context, ()), *kept.get(context, ())}
            if line not in there and (not context or context[:1] in want):
                kept.setdefault(context, []).append(line)
        return replace(other, lines={context: tuple(some) for context, some in kept.items()})

    def has_row(self, table: str, key: str) -> bool:
        """Whether a whole row is."""
        return self._names_row(table, key) and Place(table, key) not in self.instead

    def has_field(self, table: str, key: str, name: str) -> bool:
        """Whether a field is, or the row that it is in."""
        if self.frr and name == _MODE:
            return True
        return Place(table, key, name) not in self.instead and self._names_field(table, key, name)

    def _names_row(self, table: str, key: str) -> bool:
        return bool({Place(table), Place(table, key)} & self.places)

    def _names_field(self, table: str, key: str, name: str) -> bool:
        return bool({Place(table, "", name), Place(table, key, name)} & self.places) or self._names_row(table, key)

    def without(self, rendered: ConfigDb, among: Collection[str]) -> dict[str, Table]:
        """What was rendered without what is left in some tables; `extra` may say it otherwise then."""
        made: dict[str, Table] = {}
        for table, rows in rendered.items():
            kept = {
                key: {name: value for name, value in row.items() if not self._names_field(table, key, name)}
                for key, row in rows.items()
                if not self._names_row(table, key)
            }
            if table not in among:
                made[table] = rows
            elif kept:
                made[table] = kept
        return made

    def but(self, changes: Iterable[ConfigChange]) -> list[ConfigChange]:
        """The changes of what is not left."""
        return [
            one
            for one in changes
            if not (self.has_field(one.table, one.key, one.field) if one.field else self.has_row(one.table, one.key))
        ]

    def rows(self, rendered: ConfigDb, running: ConfigDb, had: Iterable[str] = ()) -> dict[str, Table]:
        """What was rendered, with what the switch has where that is left; a left row that it has not is not made.

        `had` are tables of which rows were ours: of what is left now, they lose none.
        """
        made: dict[str, Table] = {
            table: dict(self._rows(table, rows, running.get(table, {}))) for table, rows in rendered.items()
        }
        for table in {*had} - made.keys():
            if rows := self._rows(table, {}, running.get(table, {})):
                made[table] = dict(rows)
        return made

    def _rows(self, table: str, rows: Table, stored: Table) -> Table:
        if not self.frr and not any(place.table == table for place in self.places):
            return rows
        made: dict[str, Row] = {}
        for key, row in rows.items():
            if not self.has_row(table, key):
                made[key] = self._row(table, key, row, stored.get(key, {}))
        return {**made, **{key: row for key, row in stored.items() if self.has_row(table, key)}}

    def _row(self, table: str, key: str, row: Row, stored: Row) -> Row:
        """With the fields that are left as they are stored, those too that are not rendered any more."""
        ours = {name: value for name, value in row.items() if not self.has_field(table, key, name)}
        return {**ours, **{name: value for name, value in stored.items() if self.has_field(table, key, name)}}

    def said(self) -> list[str]:
        """In words."""
        lines = [f"frr {one}" for one in self.lines]
        return [*(["FRR's config"] if self.frr else []), *sorted(map(str, self.places)), *lines]


def _is_in(tables: ConfigDb, place: Place) -> bool:
    rows = tables.get(place.table, {})
    some = [rows[place.key]] if place.key in rows else [] if place.key else list(rows.values())
    return any(not place.name or place.name in row for row in some)
