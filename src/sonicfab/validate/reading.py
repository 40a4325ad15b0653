"""Any config_db.json as a value, the way SONiC would store it; also one that sonicfab did not render."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sonicfab.configdb import Row, Table, Value
from sonicfab.errors import Diagnostic, InputError, Place
from sonicfab.textfile import read_text
from sonicfab.validate.findings import Finding

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
NOT_TABLES = frozenset({"bgpraw"})
"""Keys that `show runningconfiguration all` adds to the tables, and that SONiC's own checks leave out."""


def text_of(path: Path) -> str:
    """A text file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as err:
        reason = err.strerror if isinstance(err, OSError) else "it is not UTF-8 text"
        raise InputError(f"cannot read {path}: {reason}") from err


def read_json(path: Path) -> tuple[Any, list[Finding]]:
    """A JSON file, and what is odd in it as JSON: a key that is written twice, of which SONiC keeps the last.

    Raises:
        InputError: it cannot be read or is not JSON.
    """
    return parse_json(text_of(path), str(path))


def parse_json(text: str, path: str) -> tuple[Any, list[Finding]]:
    """The same of a text; `path` names it.

    Raises:
        InputError: it is not JSON.
    """
    try:
        twice: list[Finding] = []
        value = json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, twice))
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # half of a pair is no character that anybody could store
        return value, twice
    except json.JSONDecodeError as err:
        lines = text.splitlines()
        excerpt = lines[err.lineno - 1] if err.lineno <= len(lines) else ""
        place = Place(path, err.lineno, err.colno)
        shown = Diagnostic("error", f"not JSON: {err.msg}", place, excerpt=excerpt)
        raise InputError(f"{path} is not JSON", diagnostics=[shown]) from err
    except RecursionError as err:
        raise InputError(f"{path}: nested too deeply for a config_db") from err
    except UnicodeEncodeError as err:
        half = f"\\u{ord(err.object[err.start]):04x}"
        raise InputError(f"{path}: has half of a UTF-16 pair ({half}) as a character") from err
    except ValueError as err:  # Python's limit on the digits of a number
        raise InputError(f"{path}: has a number of thousands of digits") from err


def as_config_db(data: object) -> tuple[dict[str, Table], list[Finding]]:
    """The tables of JSON data as SONiC loads them, and what in it is no config_db and is left out.

    SONiC makes a string of every value (True of true), and table names upper case; a row that is null deletes its key
    (sonic-swss-common common/configdb.h typed_to_raw, configdb.cpp mod_config).
    """
    found: list[Finding] = []
    if not isinstance(data, dict):
        return {}, [Finding("SF-110", "", f"the file holds {_kind(data)}, not tables")]
    tables: dict[str, Table] = {}
    for table, rows in data.items():
        if table in NOT_TABLES:
            continue
        if not isinstance(rows, dict):
            found.append(Finding("SF-110", table, f"the table holds {_kind(rows)}, not rows"))
            continue
        name = table.upper()
        tables[name] = {**tables.get(name, {}), **_rows(name, rows, found)}
    return tables, found


def _rows(table: str, rows: Mapping[str, Any], found: list[Finding]) -> Table:
    read: dict[str, Row] = {}
    for key, row in rows.items():
        place = f"{table}|{key}"
        if row is None:
            found.append(Finding("SF-109", place, "null instead of a row: SONiC deletes the row"))
        elif not isinstance(row, dict):
            found.append(Finding("SF-110", place, f"the row holds {_kind(row)}, not fields"))
        else:  # NULL is how redis stores a row without fields
            read[key] = {name: _value(f"{place} {name}", value, found) for name, value in row.items() if name != "NULL"}
    return read


def _value(place: str, value: object, found: list[Finding]) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        if not all(isinstance(member, str) for member in value):
            found.append(Finding("SF-108", place, f"the list has members that are not strings: {json.dumps(value)}"))
        return [str(member) for member in value]
    if isinstance(value, dict):
        found.append(Finding("SF-110", place, "the field holds an object, not a value"))
    elif value is None or isinstance(value, (bool, float)):  # a whole number becomes what it looks like
        found.append(Finding("SF-109", place, f'{json.dumps(value)} is stored as "{value}"'))
    return str(value)


def _kind(value: object) -> str:
    kinds = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false", dict: "an object"}
    return kinds.get(type(value), "nothing")


def _unique(pairs: list[tuple[str, Any]], twice: list[Finding]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            twice.append(Finding("SF-111", key, f"the key {json.dumps(key)} stands twice in one object"))
        made[key] = value
    return made
