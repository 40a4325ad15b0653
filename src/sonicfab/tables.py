"""What is known of the tables of config_db: data/tables.yml, where each fact and its source is explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from sonicfab.datafiles import read_document

Owner = Literal["fabric", "service", "operator"]


@dataclass(frozen=True, slots=True)
class FrrLines:
    """Lines of FRR's running config that a daemon makes of a row.

    Attributes:
        by: the daemon.
        context: a pattern for the outermost context; "" for the top level.
        line: a pattern for the line; an empty line is the context itself.
        make: `static route` where they are worked out of the row's fields.
    """

    by: str
    context: str = ""
    line: str = ""
    make: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A record of data/tables.yml, which says what each field means."""

    name: str
    owner: Owner
    source: str
    whole: bool = False
    secret_keys: bool = False
    secret_fields: tuple[str, ...] | None = None
    system_fields: frozenset[str] = frozenset()
    written_by: str = ""
    moving: bool = False
    at_start: bool = False
    create_only: frozenset[str] = frozenset()
    referred_to: bool = False
    member_of: str = ""
    settings: bool = False
    frr: tuple[FrrLines, ...] = ()


_UNKNOWN = Table("", "operator", "")


@cache
def tables() -> Mapping[str, Table]:
    """Every record, in the order of the file."""
    document = read_document(Path(str(files("sonicfab"))) / "data" / "tables.yml")
    return {name: _table(name, record) for name, record in document.items()}


def _table(name: str, record: Mapping[str, object]) -> Table:
    known = {field.name for field in fields(Table)}
    assert set(record) <= known, f"tables.yml: {name} has {', '.join(sorted(set(record) - known))}"
    values: dict[str, object] = {**record}
    for field in ("system_fields", "create_only"):
        values[field] = frozenset(record.get(field, ()))  # type: ignore[call-overload]
    if "secret_fields" in record:
        values["secret_fields"] = tuple(record["secret_fields"])  # type: ignore[arg-type]
    values["frr"] = tuple(FrrLines(**one) for one in record.get("frr", ()))  # type: ignore[attr-defined]
    return Table(name, **values)  # type: ignore[arg-type]


def table(name: str) -> Table:
    """What is known of a table; of another one, what is true of any table of the operator."""
    return tables().get(name, _UNKNOWN)


def owned_by(owner: Owner) -> frozenset[str]:
    """The tables of an owner."""
    return frozenset(name for name, one in tables().items() if one.owner == owner)


def moving() -> frozenset[str]:
    """The tables that daemons write as the switch runs: how they change is nobody's change."""
    return frozenset(name for name, one in tables().items() if one.moving)


def at_start() -> frozenset[str]:
    """The tables that SONiC writes when it starts, and nobody by hand."""
    return frozenset(name for name, one in tables().items() if one.at_start)
