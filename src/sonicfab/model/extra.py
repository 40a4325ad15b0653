"""`extra`: rows of config_db and lines of FRR for what the files have no word for, one switch at a time."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sonicfab.configdb import is_secret
from sonicfab.frr.conf import HOST_LINES, Context, parted
from sonicfab.model.fields import Strict, expected, secret_ref

_TABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_SEPARATOR = " / "


def _table(value: str) -> str:
    if not _TABLE.fullmatch(value):
        raise expected("a table of config_db such as ACL_TABLE", value)
    return value


class _Secret(str):
    """The value of a field that is a secret: it has to be a reference."""

    __slots__ = ()


def _with_secrets(value: Any) -> Any:
    """The tables, with the values of secret fields told apart: a value does not know what field it is of."""
    if not isinstance(value, dict):
        return value
    return {
        table: {key: _row_with_secrets(table, row) for key, row in rows.items()} if isinstance(rows, dict) else rows
        for table, rows in value.items()
    }


def _row_with_secrets(table: str, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {name: _Secret(one) if isinstance(one, str) and is_secret(table, name) else one for name, one in row.items()}


def _value(value: Any) -> Any:
    if isinstance(value, _Secret):
        return str(secret_ref(value))
    if not isinstance(value, (str, list, tuple)) or not all(isinstance(one, str) for one in value):
        raise expected("a value, or a list of values", value)
    return value if isinstance(value, str) else list(value)


def _row(value: Any) -> Any:
    return {} if value is None else value  # `Vlan10|Ethernet0:` with nothing behind it is a row without fields


def _line(value: str) -> str:
    line = " ".join(value.split())
    if not line or line[0] in "!#" or "\n" in value or line in ("end", "exit", "exit-address-family"):
        raise expected("a line of FRR's config such as 'bgp graceful-restart'", value)
    if line in ("address-family ipv4", "address-family ipv6"):
        raise expected(f"'{line} unicast', as FRR writes it", value)  # bgpd takes both, and prints one
    secret = parted(line)[1]
    if secret:
        secret_ref(secret)
    if line.startswith(HOST_LINES):
        raise expected("a line that says something of the switch", value, "this one is about FRR itself or the host")
    return line


def _context(value: str) -> str:
    return _SEPARATOR.join(_line(part) for part in value.split(_SEPARATOR)) if value else value


def _lines(value: Any) -> Any:
    return () if value is None else [value] if isinstance(value, str) else value


_VALUE = WithJsonSchema({"oneOf": [{"type": ["string", "number", "boolean"]}, {"type": "array"}]})
_Row = Annotated[dict[str, Annotated[str | list[str], BeforeValidator(_value), _VALUE]], BeforeValidator(_row)]
_Rows = Annotated[dict[str, _Row], BeforeValidator(_row), Field(min_length=1)]
_Lines = Annotated[
    tuple[Annotated[str, AfterValidator(_line)], ...],
    BeforeValidator(_lines),
    WithJsonSchema({"oneOf": [{"type": "null"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Extra(Strict):
    """What a switch has beside the plan.

    A secret is a reference: the value of a field that is one, or the end of a line.
    `config_db`: TABLE -> key -> field -> value. `frr`: context -> its lines, where the context `router bgp 65001 /
    address-family ipv4 unicast` is one in another and "" the top level; one without lines is the line itself.
    """

    config_db: Annotated[dict[Annotated[str, AfterValidator(_table)], _Rows], BeforeValidator(_with_secrets)] = {}
    frr: dict[Annotated[str, AfterValidator(_context)], _Lines] = {}


def context_of(text: str) -> Context:
    """The context that a key of `frr` names."""
    return tuple(text.split(_SEPARATOR)) if text else ()
