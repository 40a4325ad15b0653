"""CONFIG_DB to rows of the models, as SONiC's sonic_yang_ext.py does it before any value is looked at.

A key has so many parts, a field is one that the model knows, a list is a list: what fails here is refused by SONiC
with "All Keys are not parsed", and never reaches its YANG library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sonicfab.configdb import SECRET_TABLES, ConfigDb, Row, Value
from sonicfab.hints import did_you_mean
from sonicfab.schema.facts import FieldFacts, RowFacts, Schema, TableFacts
from sonicfab.validate.findings import Finding


class ModelRow(NamedTuple):
    """A row of a config_db in the terms of its model; a tuple, because a fabric has a hundred thousand of them.

    Attributes:
        key: as in config_db.
        values: every key part and field, as written.
        fields: (facts, the values one by one) of what could be translated; the key parts first.
        problems: what could not.
    """

    table: TableFacts
    facts: RowFacts
    key: str
    values: Mapping[str, Value]
    fields: Sequence[tuple[FieldFacts, Sequence[str]]]
    problems: Sequence[Finding]

    def finding(self, code: str, message: str, field: str = "", hint: str = "") -> Finding:
        """A finding in this row."""
        return _finding(code, self.table, self.key, message, field, hint)

    def shown(self, value: str) -> str:
        """A value as a message may show it."""
        return "********" if self.table.name in SECRET_TABLES else f"'{value}'"


def model_rows(schema: Schema, config: ConfigDb) -> Iterator[ModelRow | Finding]:
    """The rows one by one; a finding in place of what is no row of the schema."""
    for name, rows in config.items():
        if name not in schema:
            if rows:
                hint = did_you_mean(name, schema) if name not in _KNOWN_FOREIGN else ""
                yield Finding("SF-101", name, "this build has no model of the table", hint)
            continue
        table = schema[name]
        for key, row in rows.items():
            yield _row(table, key, row)


def translated(schema: Schema, config: ConfigDb) -> tuple[list[ModelRow], list[Finding]]:
    """All rows, and everything that could not be translated."""
    rows: list[ModelRow] = []
    found: list[Finding] = []
    for row in model_rows(schema, config):
        if isinstance(row, Finding):
            found.append(row)
        else:
            found += row.problems
            rows.append(row)
    return rows, found


def _row(table: TableFacts, key: str, row: Row) -> ModelRow | Finding:
    fitting = table.fitting(key)
    if not fitting:
        count = key.count("|") + 1
        message = f"the key has {count} part{'s' * (count != 1)}; rows of {table.name} are {_keys(table)}"
        return _finding("SF-103", table, key, message, "", _key_hint(table, key))
    # of several lists with as many key parts, the one that knows all fields
    facts = fitting[0]
    if len(fitting) > 1:
        facts = next((one for one in fitting if one.map or row.keys() <= one.fields.keys()), facts)
    problems: list[Finding] = []
    fields: list[tuple[FieldFacts, Sequence[str]]] = []
    values = dict(row)
    if facts.keys:
        for part, text in zip(facts.keys, key.split("|"), strict=True):
            fields.append((part, [text]))
            values[part.name] = text
    for name, value in row.items():
        if facts.map:
            fields += [(facts.map[0], [name]), (facts.map[1], [str(value)])]
            continue
        field = facts.fields.get(name)
        if field is None:
            hint = did_you_mean(name, facts.fields)
            message = f"{table.name} has no field {name}"
            problems.append(_finding("SF-102", table, key, message, name, hint if hint.startswith("did") else ""))
            continue
        members = _members(field, value) if field.many or not isinstance(value, str) else [value]
        if members is None:
            message = f"{'a list' if field.many else 'a single value'} is expected, got {value!r}"
            problems.append(_finding("SF-108", table, key, message, name))
        else:
            fields.append((field, members))
    return ModelRow(table, facts, key, values, fields, problems)


_KNOWN_FOREIGN = frozenset(
    {"LOOPBACK", "BREAKOUT_PORTS", "REST_SERVER", "SAG", "SAG_GLOBAL", "SUPPRESS_VLAN_NEIGH", "COREDUMP"}
)
"""Tables that other images have: their names are no misspellings."""


def _members(field: FieldFacts, value: Value) -> list[str] | None:
    """The values of a field one by one; None when a list stands for a single value or the other way round."""
    if field.many:
        if isinstance(value, str):
            return [part.strip() for part in value.split(field.joined_by)] if field.joined_by else None
        return value
    return [value] if isinstance(value, str) else None


def _finding(code: str, table: TableFacts, key: str, message: str, field: str = "", hint: str = "") -> Finding:
    shown = "********" if table.name in SECRET_TABLES else key
    place = f"{table.name}|{shown} {field}" if field else f"{table.name}|{shown}"
    return Finding(code, place, message, hint, source=f"{table.module}.yang")


def _keys(table: TableFacts) -> str:
    kinds = ["|".join(part.name.upper() for part in one.keys) for one in table.lists]
    return " or ".join([*table.rows, *kinds])


def _key_hint(table: TableFacts, key: str) -> str:
    if table.rows and not table.lists:
        hint = did_you_mean(key, table.rows)
        return hint if hint.startswith("did") else f"write {' or '.join(table.rows)}"
    return ""
