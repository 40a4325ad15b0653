"""Schema facts: the tables, keys, fields and values that an image build's YANG models allow, as plain values.

Those of the community builds ship in data/schema.json, written by scripts/make-schema; those of a learned build lie
beside its models. `rules` name conditions between fields and rows that the models state as `must` or `when`;
sonicfab.validate.conditions has the code for each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from sonicfab.builds import Build
from sonicfab.errors import InputError
from sonicfab.hints import first_of

Kind = Literal["string", "int", "enum", "bool", "decimal", "union", "ref", "any"]

BOOLEANS = frozenset({"true", "false"})
_LISTED = re.compile(r"(\\?[\w.+-])+(\|(\\?[\w.+-])+)*")
_SHOWN = 12
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A value that must stand elsewhere: in `leaf` (a key part or a field) of the rows of `list` in `table`.

    Attributes:
        match: pairs (leaf there, leaf here) that must have equal values, such as the VRF of both rows.
    """

    table: str
    list: str
    leaf: str
    match: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ValueType:
    """What a single value may be.

    Attributes:
        ranges: inclusive intervals of a number; (low, high).
        lengths: the same of a string's length, in characters.
        patterns: (regular expression, whether it must not match); all hold.
        enum: the words of an enumeration, in the models' order.
        members: of a union: one must fit.
        reference: of a ref: where the value must stand; `members` then has the type of what is referred to.
        references: this and those of the members.
    """

    kind: Kind
    ranges: tuple[tuple[float, float], ...] = ()
    lengths: tuple[tuple[int, int], ...] = ()
    patterns: tuple[tuple[re.Pattern[str], bool], ...] = ()
    enum: tuple[str, ...] = ()
    members: tuple[ValueType, ...] = ()
    reference: Reference | None = None
    references: tuple[Reference, ...] = ()

    def accepts(self, value: str) -> bool:
        """True when the value is well formed; whether what it refers to exists is another question."""
        if self.kind == "string":
            return _in(len(value), self.lengths) and all(
                (pattern.match(value) is None) == negative for pattern, negative in self.patterns
            )
        if self.kind == "enum":
            return value in self.enum
        if self.kind == "int":
            number = to_int(value)
            return number is not None and _in(number, self.ranges)
        if self.kind == "bool":
            return value in BOOLEANS
        if self.kind == "decimal":
            return _DECIMAL.fullmatch(value) is not None and _in(float(value), self.ranges)
        return self.kind == "any" or any(member.accepts(value) for member in self.members)

    @property
    def words(self) -> tuple[str, ...]:
        """The values, where there are only some: of an enumeration, or of a pattern that lists them; else none."""
        if self.kind == "string" and len(self.patterns) == 1 and not self.patterns[0][1]:
            text = _bare(self.patterns[0][0])
            return tuple(text.replace("\\", "").split("|")) if _LISTED.fullmatch(text) else ()
        return self.enum

    def described(self) -> str:
        """The values that fit, in a few words."""
        if words := self.words:
            return f"one of {first_of(words, _SHOWN)}"
        if self.kind == "bool":
            return "true or false"
        if self.kind in ("int", "decimal"):
            what = "a whole number" if self.kind == "int" else "a number"
            return f"{what}{_spans(self.ranges)}"
        if self.kind == "ref" and self.reference:
            return f"a {self.reference.leaf} of {self.reference.table}"
        if self.kind == "union":
            return " or ".join(dict.fromkeys(member.described() for member in self.members))
        return self._string()

    def _string(self) -> str:
        shown = [_bare(pattern) for pattern, negative in self.patterns if not negative]
        length = f" of {_spans(self.lengths).strip()} characters" if self.lengths else ""
        if shown and all(len(text) <= 60 for text in shown):
            return f"text{length} like {' and '.join(shown)}"
        return f"text in the right form{length}" if shown else f"text{length}"


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field of a row, or a part of its key.

    Attributes:
        many: it holds a list of values.
        joined_by: SONiC splits a string at this character where a list is expected; "" where it does not.
        default: what SONiC takes when the field is missing; "" for nothing.
        rules: names of the conditions on it.
    """

    name: str
    type: ValueType
    many: bool = False
    mandatory: bool = False
    joined_by: str = ""
    default: str = ""
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The rows of one list of a table, or a single row with a fixed name (then `keys` is empty).

    Attributes:
        name: of the list, e.g. PORT_LIST, or of the row, e.g. localhost.
        keys: the parts of the key, in order.
        fields: by name, without the keys.
        map: of a row whose fields are pairs of values (DSCP_TO_TC_MAP): (what a name may be, what a value may be).
        max_rows: 0 for any number.
        mandatory: names of the fields without which there is no row.
    """

    name: str
    keys: tuple[FieldFacts, ...]
    fields: Mapping[str, FieldFacts]
    map: tuple[FieldFacts, FieldFacts] | None = None
    max_rows: int = 0
    rules: tuple[str, ...] = ()
    mandatory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table: its YANG module, and the kinds of rows that it may have."""

    name: str
    module: str
    lists: tuple[RowFacts, ...]
    rows: Mapping[str, RowFacts]

    def fitting(self, key: str) -> list[RowFacts]:
        """The kinds of rows that a key of so many parts can belong to; none: no such row exists."""
        single = self.rows.get(key)
        if single:
            return [single]
        parts = key.count("|") + 1
        return [one for one in self.lists if len(one.keys) == parts]


class Schema(Mapping[str, TableFacts]):
    """The facts of a build by table; a table's are made when they are first asked for."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data["tables"]
        self._types = _Types(data["types"])
        self._made: dict[str, TableFacts] = {}

    def __getitem__(self, table: str) -> TableFacts:
        """A KeyError says that the build has no model of the table."""
        if table not in self._made:
            self._made[table] = _table(table, self._data[table], self._types)
        return self._made[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


def schema_of(build: Build) -> Schema | None:
    """The facts of a build, by table; None when its models are not known.

    Raises:
        InputError: the facts of a learned build are not usable.
    """
    if build.schema:
        return builtin(build.schema)
    path = build.yang.parent / "schema.json" if build.yang else None
    if path is None or not path.exists():  # the models may be such that yangson cannot compile them
        return None
    try:
        return Schema(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, LookupError, TypeError) as err:
        message = f"{path}: no schema facts ({type(err).__name__})"
        raise InputError(message, f"learn {build.name} again: sonicfab builds learn --replace") from err


@cache
def builtin(name: str) -> Schema:
    """The facts that ship under a name, such as 202411."""
    return Schema(select(_shipped(), name))


@cache
def _shipped() -> Any:  # noqa: ANN401 - JSON
    return json.loads((files("sonicfab") / "data" / "schema.json").read_text(encoding="utf-8"))


def builtin_names() -> tuple[str, ...]:
    """The names of the facts that ship."""
    return tuple(_shipped()["schemas"])


def select(merged: Mapping[str, Any], name: str) -> dict[str, Any]:
    """One schema's data out of the merged data of several; a table that is alike in several stands there once."""
    tables = {
        table: variant["facts"]
        for table, variants in merged["tables"].items()
        for variant in variants
        if name in variant["in"].split(" ")
    }
    return {"types": merged["types"], "tables": tables}


class _Types:
    """The numbered types of the data, each made when it is first used."""

    def __init__(self, data: list[Any]) -> None:
        self._data = data
        self._made: dict[int, ValueType] = {}

    def __getitem__(self, number: int) -> ValueType:
        if number not in self._made:
            self._made[number] = self._make(self._data[number])
        return self._made[number]

    def _make(self, one: Mapping[str, Any]) -> ValueType:
        ref = one.get("ref")
        reference = Reference(ref[0], ref[1], ref[2], tuple((a, b) for a, b in ref[3:])) if ref else None
        members = tuple(self[member] for member in one.get("members", ()))
        return ValueType(
            kind=one["kind"],
            ranges=tuple((low, high) for low, high in one.get("ranges", ())),
            lengths=tuple((low, high) for low, high in one.get("lengths", ())),
            patterns=tuple((re.compile(text), negative) for text, negative in one.get("patterns", ())),
            enum=tuple(one.get("enum", ())),
            members=members,
            reference=reference,
            references=(
                *((reference,) if reference else ()),
                *(ref for member in members for ref in member.references),
            ),
        )


def _table(name: str, data: Mapping[str, Any], types: _Types) -> TableFacts:
    lists = tuple(_row(one, types) for one in data.get("lists", ()))
    rows = {one["name"]: _row(one, types) for one in data.get("rows", ())}
    return TableFacts(name, data["module"], lists, rows)


def _row(data: Mapping[str, Any], types: _Types) -> RowFacts:
    fields = [_field(one, types) for one in data["fields"]]
    keys = data.get("keys", ())
    by_name = {one.name: one for one in fields}
    pair = data.get("map")
    return RowFacts(
        name=data["name"],
        keys=tuple(by_name[key] for key in keys),
        fields={name: one for name, one in by_name.items() if name not in keys},
        map=(_field(pair[0], types), _field(pair[1], types)) if pair else None,
        max_rows=data.get("max", 0),
        rules=tuple(data.get("rules", ())),
        mandatory=tuple(one.name for one in fields if one.mandatory and one.name not in keys),
    )


def _field(data: Mapping[str, Any], types: _Types) -> FieldFacts:
    return FieldFacts(
        name=data["name"],
        type=types[data["type"]],
        many=data.get("many", False),
        mandatory=data.get("mandatory", False),
        joined_by=data.get("joined_by", ""),
        default=data.get("default", ""),
        rules=tuple(data.get("rules", ())),
    )


def to_int(text: str) -> int | None:
    """A whole number as Python's int() reads it, which is what SONiC uses; None when it is none."""
    try:
        return int(text)
    except ValueError:
        return None


def _bare(pattern: re.Pattern[str]) -> str:
    """A pattern as the model writes it, without what makes a Python one of it."""
    bare = pattern.pattern.removeprefix("^(?:").removesuffix(r")$(?!\n\Z)")
    # a line break that the model writes as one would be a space, or nothing, in the text that it is told in
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in bare)


def _in(value: float, intervals: tuple[tuple[float, float], ...]) -> bool:
    return not intervals or any(low <= value <= high for low, high in intervals)


def _spans(intervals: tuple[tuple[float, float], ...]) -> str:
    if not intervals:
        return ""
    return " " + " or ".join(f"{low} to {high}" if low != high else f"{low}" for low, high in intervals)
