"""`extra`: rows of config_db and lines of FRR for what the files have no word for, one switch at a time."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sonicfab.frr.conf import HOST_LINES, Context
from sonicfab.model.fields import Strict, expected

_TABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_SEPARATOR = " / "


def _table(value: str) -> str:
    if not _TABLE.fullmatch(value):
        raise expected("a table of config_db such as ACL_TABLE", value)
    return value


def _value(value: Any) -> Any:
    if not isinstance(value, (str, list, tuple)) or not all(isinstance(one, str) for one in value):
        raise expected("a value, or a list of values", value)
    return value if isinstance(value, str) else list(value)


def _row(value: Any) -> Any:
    return {} if value is None else value  # `Vlan10|Ethernet0:` with nothing behind it is a row without fields


def _line(value: str) -> str:
    line = " ".join(value.split())
    if not line or line[0] in "!#" or "\n" in value or line in ("end", "exit", "exit-address-family"):
        raise expected("a line of FRR's config such as 'bgp graceful-restart'", value)
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

    `config_db`: TABLE -> key -> field -> value. `frr`: context -> its lines, where the context `router bgp 65001 /
    address-family ipv4 unicast` is one in another and "" the top level; one without lines is the line itself.
    """

    config_db: dict[Annotated[str, AfterValidator(_table)], _Rows] = {}
    frr: dict[Annotated[str, AfterValidator(_context)], _Lines] = {}


def context_of(text: str) -> Context:
    """The context that a key of `frr` names."""
    return tuple(text.split(_SEPARATOR)) if text else ()
