"""The record that a confirmed push leaves on the switch: which rows and which parts of FRR's config were rendered.

Only names stand in it, no values and so no secrets: the keys of a table whose keys are secrets are hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicfab.configdb import SECRET_TABLES, ConfigDb, natural_key
from sonicfab.errors import SwitchError
from sonicfab.frr.parts import parts, settings
from sonicfab.ownership.planned import Planned

FILE = "owned.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Record:
    """What was rendered for a switch when its config was last confirmed; empty where that is not known.

    Attributes:
        rows: table -> its keys.
        frr: parts of FRR's config, as `frr.parts` names them.
        fields: table -> key -> the fields, where not all of a row is ours.
        lines: of FRR's config, as `frr.parts.settings` names them, where not all of a part is ours.
    """

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    frr: frozenset[str] = frozenset()
    fields: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    lines: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config_db: ConfigDb, frr: str | None, planned: Planned | None = None) -> Record:
        """Of what is rendered, or of what of it is planned."""
        if planned is None:
            rows = {table: frozenset(_name(table, key) for key in rows) for table, rows in config_db.items() if rows}
            return cls(rows, frozenset(parts(frr or "")))
        fields: dict[str, dict[str, frozenset[str]]] = {}
        for table, some in config_db.items():
            for key, row in some.items():
                ours = planned.fields(table, key, frozenset(row))
                if ours or not planned.spares(table, key):
                    fields.setdefault(table, {})[_name(table, key)] = ours
        rows = {
            table: frozenset(_name(table, key) for key in some if not planned.spares(table, key))
            for table, some in config_db.items()
        }
        rows = {table: keys for table, keys in rows.items() if keys}
        return cls(rows, frozenset(parts(frr or "")), fields, frozenset(settings(frr or "")))

    def has_row(self, table: str, key: str) -> bool:
        """Whether the row, or another row of the same interface, was ours."""
        known = self.rows.get(table, frozenset())
        return _name(table, key) in known or ("|" in key and key.partition("|")[0] in known)

    def has_field(self, table: str, key: str, name: str) -> bool:
        """Whether the field of a row was ours, as far as fields are known."""
        return name in self.fields.get(table, {}).get(_name(table, key), frozenset())

    def used_port(self, port: str) -> bool:
        """Whether the port was planned for something: all are in the record of a switch that was ours whole."""
        if port not in self.rows.get("PORT", frozenset()):
            return False
        others = (key for table, keys in self.rows.items() if table != "PORT" for key in keys)
        return bool(self.fields) or any(port in key.split("|") for key in others)

    def dumps(self) -> str:
        """The text of the file."""
        rows = {table: sorted(keys, key=natural_key) for table, keys in sorted(self.rows.items())}
        value: dict[str, Any] = {"format_version": FORMAT_VERSION, "config_db": rows, "frr": sorted(self.frr)}
        if self.fields:
            value["fields"] = {
                table: {key: " ".join(sorted(some[key])) for key in sorted(some, key=natural_key)}
                for table, some in sorted(self.fields.items())
            }
            value["lines"] = sorted(self.lines)
        return json.dumps(value, indent=1) + "\n"


def read(text: str) -> Record:
    """The record from its file; an empty text says that there is none.

    Raises:
        SwitchError: it is not one: nobody can tell then what is ours.
    """
    if not text.strip():
        return Record()
    try:
        value = json.loads(text)
        if value["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version {value['format_version']}")
        rows = {str(table): frozenset(map(str, keys)) for table, keys in value["config_db"].items()}
        fields = {
            str(table): {str(key): frozenset(str(names).split()) for key, names in some.items()}
            for table, some in value.get("fields", {}).items()
        }
        return Record(rows, frozenset(map(str, value["frr"])), fields, frozenset(map(str, value.get("lines", ()))))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise SwitchError(
            f"/etc/sonic/sonicfab/{FILE} is no record of sonicfab: {err}",
            "remove the file: what is not rendered is then left as it is",
        ) from err


def _name(table: str, key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest() if table in SECRET_TABLES else key
