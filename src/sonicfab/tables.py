"""What is known of the tables of config_db: data/tables.yml, where each fact and its source is explained.

What one template alone is about is at its end, in `{# tables: … #}`: so a service is a module and a template.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

from sonicfab.datafiles import STRICT, as_facts, packaged_templates, read_facts, read_text

Owner = Literal["fabric", "service", "operator"]


@dataclass(frozen=True, slots=True)
class FrrLines:
    """Lines of FRR's running config that a daemon makes of a row.

    Attributes:
        by: the daemon.
        context: a pattern for the outermost context; "" for the top level.
        line: a pattern for the line; an empty line is the context itself.
        asn: the daemon makes them only where DEVICE_METADATA has a bgp_asn.
        make: `static route` where they are worked out of the row's fields.
    """

    __pydantic_config__: ClassVar = STRICT

    by: str
    context: str = ""
    line: str = ""
    asn: bool = False
    make: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A record; data/tables.yml says what each field means."""

    __pydantic_config__: ClassVar = STRICT

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
    image: bool = False
    frr: tuple[FrrLines, ...] = ()


_UNKNOWN = Table("", "operator", "")


@cache
def tables() -> Mapping[str, Table]:
    """Every record, in the order of the file, and then of the templates that ship with sonicfab."""
    said = dict(read_facts("", "tables"))
    for template in sorted((packaged_templates() / "config_db").glob("*.j2")):
        _, _, records = template.read_text(encoding="utf-8").partition("{# tables:")
        said |= read_text(records.partition("#}")[0]) or {}
    return as_facts(dict[str, Table], {name: {"name": name, **one} for name, one in said.items()})


def table(name: str) -> Table:
    """What is known of a table; of another one, what is true of any table of the operator."""
    return tables().get(name, _UNKNOWN)


def owned_by(owner: Owner) -> frozenset[str]:
    """The tables of an owner."""
    return frozenset(name for name, one in tables().items() if one.owner == owner)


def moving() -> frozenset[str]:
    """The tables that daemons write as the switch runs: how they change is nobody's change."""
    return frozenset(name for name, one in tables().items() if one.moving)


def of_system() -> frozenset[str]:
    """The tables that the image or its daemons fill, or that hold settings of ports alone."""
    return frozenset(name for name, one in tables().items() if one.moving or one.settings or one.image)


def at_start() -> frozenset[str]:
    """The tables that SONiC writes when it starts, and nobody by hand."""
    return frozenset(name for name, one in tables().items() if one.at_start)
