"""The record that a confirmed push leaves on the switch: which rows and which parts of FRR's config were rendered.

Only names stand in it, no values and so no secrets: the keys of a table whose keys are secrets are hashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sonicfab.configdb import SECRET_TABLES, ConfigDb, natural_key
from sonicfab.errors import SwitchError
from sonicfab.frr.parts import parts

FILE = "owned.json"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Record:
    """What was rendered for a switch when its config was last confirmed; empty where that is not known.

    Attributes:
        rows: table -> its keys.
        frr: parts of FRR's config, as `frr.parts` names them.
    """

    rows: Mapping[str, frozenset[str]] = field(default_factory=dict)
    frr: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config_db: ConfigDb, frr: str | None) -> Record:
        """Of what is rendered."""
        rows = {table: frozenset(_name(table, key) for key in rows) for table, rows in config_db.items() if rows}
        return cls(rows, frozenset(parts(frr or "")))

    def has_row(self, table: str, key: str) -> bool:
        """Whether the row, or another row of the same interface, was ours."""
        known = self.rows.get(table, frozenset())
        return _name(table, key) in known or ("|" in key and key.partition("|")[0] in known)

    def dumps(self) -> str:
        """The text of the file."""
        rows = {table: sorted(keys, key=natural_key) for table, keys in sorted(self.rows.items())}
        return (
            json.dumps({"format_version": FORMAT_VERSION, "config_db": rows, "frr": sorted(self.frr)}, indent=1) + "\n"
        )


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
        return Record(rows, frozenset(map(str, value["frr"])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        raise SwitchError(
            f"/etc/sonic/sonicfab/{FILE} is no record of sonicfab: {err}",
            "remove the file: what is not rendered is then left as it is",
        ) from err


def _name(table: str, key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest() if table in SECRET_TABLES else key
