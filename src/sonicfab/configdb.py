"""A config_db as a value: TABLE -> key -> field -> string or list of strings.

Keys of several parts are one string joined by "|", as in config_db.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import Literal

from sonicfab import tables

Value = str | list[str]
Row = Mapping[str, Value]
Table = Mapping[str, Row]
ConfigDb = Mapping[str, Table]

FABRIC_TABLES = tables.owned_by("fabric")
"""Tables that sonicfab answers for on every switch of a fabric; which of their rows are its own, `ownership` tells."""

SERVICE_TABLES = tables.owned_by("service")
"""Tables that sonicfab owns on the switches whose inventory, or whose image build, says something of them."""

SECRET_TABLES = frozenset(name for name, one in tables.tables().items() if one.secret_keys)
"""Tables whose keys are secrets."""

_SECRET_FIELD = re.compile(r"pass(key|word|phrase)?$|secret|^key$|community|_cak$", re.IGNORECASE)
MASK = "********"


@dataclass(frozen=True, slots=True)
class ConfigChange:
    """One difference: how `running` must change to become what is intended.

    A change of a whole row has no field; its `old` or `new` is the row as text, without its secrets.
    """

    action: Literal["add", "remove", "change"]
    table: str
    key: str
    field: str = ""
    old: str = ""
    new: str = ""

    def reversed(self) -> ConfigChange:
        """The change that leads back."""
        actions: dict[str, Literal["add", "remove", "change"]] = {"add": "remove", "remove": "add", "change": "change"}
        return ConfigChange(actions[self.action], self.table, self.key, self.field, self.new, self.old)

    def __str__(self) -> str:
        """`+ TABLE|key ...`, `- TABLE|key ...` or `~ TABLE|key field: old -> new`, secrets masked."""
        if self.table in SECRET_TABLES:
            sign = {"add": "+", "remove": "-", "change": "~"}[self.action]
            return f"{sign} {self.table}|{MASK}"
        old, new = (MASK if self.field and is_secret(self.table, self.field) else one for one in (self.old, self.new))
        place = f"{self.table}|{self.key}" + (f" {self.field}" if self.field else "")
        if self.action == "add":
            return f"+ {place}{': ' + new if self.new else ''}"
        if self.action == "remove":
            return f"- {place}{': ' + old if self.old else ''}"
        return f"~ {place}: {old} -> {new}"


_NUMBER = re.compile(r"[0-9]+")


@lru_cache(maxsize=8192)
def natural_key(text: str) -> str:
    """Sorts Ethernet2 before Ethernet10: runs of digits count as numbers; the one with fewer digits is less."""
    return _NUMBER.sub(_as_number, text)


def _as_number(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0")
    return f"\0{chr(len(digits))}{digits}"  # a text ends before it, so the shorter one of two comes first


def is_secret(table: str, field: str) -> bool:
    """Whether the field of a table's rows is a password, a key or a community."""
    told = tables.table(table).secret_fields
    return field in told if told is not None else bool(_SECRET_FIELD.search(field))


def system_fields(table: str) -> frozenset[str]:
    """The fields that SONiC puts into a table's rows by itself."""
    return tables.table(table).system_fields


def dumps(config: ConfigDb) -> str:
    """The text of a config_db.json: indented by 4, everything in natural order, no empty tables.

    An empty table is left out because SONiC ignores it when it loads a file, and its config updater refuses it.
    """
    written_tables = []
    for table in sorted(name for name in config if config[name]):
        rows = config[table]
        written = [f"        {_string(key)}: {_row(rows[key])}" for key in sorted(rows, key=natural_key)]
        written_tables.append(f"    {_string(table)}: {{\n" + ",\n".join(written) + "\n    }")
    return "{\n" + ",\n".join(written_tables) + "\n}\n"


def _row(row: Row) -> str:
    if not row:
        return "{}"
    try:
        return _fields(tuple(row.items()))
    except TypeError:  # a list has no hash
        return _fields.__wrapped__(tuple(row.items()))


@lru_cache(maxsize=4096)
def _fields(row: tuple[tuple[str, Value], ...]) -> str:
    """The text of a row; most ports of a fabric have one of a few."""
    fields = [f"            {_string(name)}: {_scalar(value)}" for name, value in sorted(row, key=_by_name)]
    return "{\n" + ",\n".join(fields) + "\n        }"


def _by_name(field: tuple[str, Value]) -> str:
    return natural_key(field[0])


def _scalar(value: Value) -> str:
    return _string(value) if isinstance(value, str) else json.dumps(list(value))


_string = encode_basestring_ascii


def merge(intended: ConfigDb, running: ConfigDb, owned: Collection[str]) -> dict[str, Table]:
    """What to load: the intended tables, and of the running config all tables that are not owned.

    A reload replaces the whole config_db, so the operator's own tables (ACLs, AAA, VLANs ...) are carried along,
    and so are the fields of our rows that SONiC has put there by itself.
    """
    merged: dict[str, Table] = {table: rows for table, rows in running.items() if table not in owned}
    for table, rows in intended.items():
        if rows:
            system = system_fields(table)
            have = running.get(table, {})
            merged[table] = {key: {**_only(have.get(key, {}), system), **row} for key, row in rows.items()}
    return merged


def _only(row: Row, names: Collection[str]) -> Row:
    return {name: value for name, value in row.items() if name in names}


def diff(intended: ConfigDb, running: ConfigDb, owned: Collection[str], *, exact: bool = False) -> list[ConfigChange]:
    """How the running config's owned tables must change.

    Fields that SONiC adds by itself are no difference, unless `exact` asks for every one: between two files they are.
    """
    changes: list[ConfigChange] = []
    for table in sorted(owned):
        tolerated = frozenset[str]() if exact else system_fields(table)
        changes += _table_diff(table, intended.get(table, {}), running.get(table, {}), tolerated)
    return changes


def _table_diff(table: str, intended: Table, running: Table, tolerated: frozenset[str]) -> Iterator[ConfigChange]:
    if intended == running:
        return
    for key in sorted(intended.keys() | running.keys(), key=natural_key):
        if key not in running:
            yield ConfigChange("add", table, key, new=_text(table, intended[key]))
        elif key not in intended:
            # NTP|global comes from init_cfg.json again at every reload
            if not set(running[key]) <= tolerated or not running[key]:
                yield ConfigChange("remove", table, key, old=_text(table, running[key]))
        else:
            yield from _row_diff(table, key, intended[key], running[key], tolerated)


def _row_diff(table: str, key: str, intended: Row, running: Row, tolerated: frozenset[str]) -> Iterator[ConfigChange]:
    for name in sorted(intended.keys() | running.keys(), key=natural_key):
        if name not in intended:
            if name not in tolerated:
                yield ConfigChange("remove", table, key, name, old=_value_text(running[name]))
        elif name not in running:
            yield ConfigChange("add", table, key, name, new=_value_text(intended[name]))
        elif intended[name] != running[name]:
            old, new = _value_text(running[name]), _value_text(intended[name])
            yield ConfigChange("change", table, key, name, old, new)


def _text(table: str, row: Row) -> str:
    return ", ".join(
        f"{name}={MASK if is_secret(table, name) else _value_text(row[name])}" for name in sorted(row, key=natural_key)
    )


def _value_text(value: Value) -> str:
    return value if isinstance(value, str) else ",".join(value)
