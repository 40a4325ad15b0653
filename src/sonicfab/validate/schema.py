"""Net 1: a config_db against the schema facts of its build, row by row, every mistake at once; needs no library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sonicfab.configdb import ConfigDb, Value
from sonicfab.hints import did_you_mean
from sonicfab.schema.facts import FieldFacts, Reference, Schema, ValueType
from sonicfab.validate.conditions import CONDITIONS, Context
from sonicfab.validate.findings import Finding
from sonicfab.validate.musts import MUSTS
from sonicfab.validate.translate import ModelRow, model_rows


class SchemaCheck:
    """Checks configs against one schema; what a value is worth is remembered from switch to switch."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.known: dict[tuple[int, str], bool] = {}

    def check(self, config: ConfigDb) -> list[Finding]:
        """Everything in which the config differs from the schema."""
        return list(_Config(self, config).findings())

    def fits(self, kind: ValueType, value: str) -> bool:
        """True when a value is well formed."""
        key = (id(kind), value)
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = kind.accepts(value)
        return known


class _Config:
    """One config on its way through the check."""

    def __init__(self, check: SchemaCheck, config: ConfigDb) -> None:
        self._check, self._schema, self._config = check, check.schema, config
        self._targets: dict[Reference, frozenset[tuple[str, ...]]] = {}
        self._context = Context(config)

    def findings(self) -> Iterator[Finding]:
        counts: Counter[tuple[str, str]] = Counter()
        for row in model_rows(self._schema, self._config):
            if isinstance(row, Finding):
                yield row
                continue
            counts[row.table.name, row.facts.name] += 1
            yield from row.problems
            yield from self._row(row)
        for (name, of), count in counts.items():
            table = self._schema[name]
            for one in table.lists:
                if one.name == of and 0 < one.max_rows < count:
                    message = f"{count} rows, at most {one.max_rows} are allowed"
                    yield Finding("SF-107", name, message, source=f"{table.module}.yang")

    def _row(self, row: ModelRow) -> Iterator[Finding]:
        facts, known, fits = row.facts, self._check.known, self._check.fits
        for field, members in row.fields:
            kind = field.type
            for value in members:
                if not (known.get((id(kind), value)) or fits(kind, value)):
                    yield _malformed(row, field, value)
                elif kind.references and not self._exists(kind, value, row):
                    yield self._dangling(row, field, value)
            for rule in field.rules:
                yield from self._rule(row, rule, field.name)
        for name in facts.mandatory:
            if name not in row.values:
                yield row.finding("SF-106", f"the field {name} is missing", name)
        for rule in facts.rules:
            yield from self._rule(row, rule, "")

    def _rule(self, row: ModelRow, rule: str, field: str) -> Iterator[Finding]:
        name, _, argument = rule.partition(":")
        if name in MUSTS:
            broken = MUSTS[name](self._context, row.values, field, argument)
        else:
            broken = CONDITIONS[name](self._context, row.table.name, row.values, field or argument)
        if broken:
            shown = "" if field in {part.name for part in row.facts.keys} else field or argument
            yield row.finding(broken.code, broken.message, shown, broken.hint)

    def _dangling(self, row: ModelRow, field: FieldFacts, value: str) -> Finding:
        tables = list(dict.fromkeys(one.table for one in field.type.references))
        if tables == [row.table.name] and field in row.facts.keys:  # an address row refers to its own bare row
            bare = f"{row.table.name}|{value}"
            return row.finding("SF-121", f"there is no row {bare} beside it", hint=f"add {bare}")
        known = [key for table in tables for key in self._config.get(table, {}) if "|" not in key]
        hint = did_you_mean(value, known) if len(known) <= _FEW else ""
        if not hint.startswith("did"):  # naming all ports, or none that is near, is no help
            hint = f"add {' or '.join(f'{table}|{value}' for table in tables)}, or correct the name"
        return row.finding("SF-105", f"{value} is not in {' or '.join(tables)}", _shown_field(row, field), hint)

    def _exists(self, kind: ValueType, value: str, row: ModelRow) -> bool:
        """Some reading of the value is well formed and, where it is a reference, leads somewhere."""
        if kind.kind == "union":
            return any(self._check.fits(one, value) and self._exists(one, value, row) for one in kind.members)
        if kind.reference is None:
            return True
        there = self._targets.get(kind.reference)
        if there is None:
            there = self._targets[kind.reference] = frozenset(self._values(kind.reference))
        own = tuple(str(row.values.get(here, "")) for _, here in kind.reference.match)
        return (*own, value) in there

    def _values(self, reference: Reference) -> Iterator[tuple[str, ...]]:
        """What stands in the leaf that a reference means, each with the values that must match."""
        table = self._schema.get(reference.table)
        if table is None:
            return
        leaves = [*(there for there, _ in reference.match), reference.leaf]
        for key, row in self._config.get(reference.table, {}).items():
            for facts in table.fitting(key):
                if facts.name == reference.list:
                    own = [part.name for part in facts.keys]
                    if own == leaves:
                        yield tuple(key.split("|"))
                        continue
                    parts = dict(zip(own, key.split("|"), strict=True)) if own else {}
                    yield from _combined([parts[leaf] if leaf in parts else row.get(leaf, "") for leaf in leaves])


_FEW = 500
"""Names among which a near one is worth looking for."""


def _malformed(row: ModelRow, field: FieldFacts, value: str) -> Finding:
    hint = did_you_mean(value, field.type.words) if field.type.words else ""
    in_key = field in row.facts.keys
    what = f"{field.name} in the key" if in_key else field.name
    message = f"{what} is {row.shown(value)}; expected {field.type.described()}"
    return row.finding("SF-104", message, _shown_field(row, field), hint if hint.startswith("did") else "")


def _shown_field(row: ModelRow, field: FieldFacts) -> str:
    return "" if field in row.facts.keys else field.name


def _combined(values: list[Value]) -> Iterator[tuple[str, ...]]:
    *fixed, last = values
    for one in last if isinstance(last, list) else [last]:
        yield (*(str(value) for value in fixed), one)
