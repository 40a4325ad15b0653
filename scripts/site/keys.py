"""The keys of inventory and topology, from the JSON Schema that editors have of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markdown_text import code, table

from sonicfab.catalog import Catalog
from sonicfab.model.editor import editor_schema
from sonicfab.model.inventory import Inventory
from sonicfab.model.topology import Topology

Schema = Mapping[str, Any]
MANY = 24
"""So many values of a key are told; of more their number."""


def inventory() -> str:
    """A section for each kind of node in an inventory."""
    return _page(editor_schema(Inventory, Catalog.load()))


def topology() -> str:
    """A section for each kind of node in a topology."""
    return _page(editor_schema(Topology, Catalog.load()))


def _page(schema: Schema) -> str:
    kinds = {name: one for name, one in schema["$defs"].items() if one.get("properties")}
    others = {name: one for name, one in schema["$defs"].items() if name not in kinds}
    parts = [_section("The file", schema, others)]
    return "\n".join([*parts, *(_section(name, one, others) for name, one in kinds.items())])


def _section(name: str, schema: Schema, others: Mapping[str, Schema]) -> str:
    rows = [
        (code(key), kind(one, others), _default(one, key in schema.get("required", ())), one.get("description", ""))
        for key, one in schema["properties"].items()
    ]
    said = "" if name == "The file" else f"{schema.get('description', '').partition('Raises:')[0].strip()}\n\n"
    return f"## {name}\n\n{said}{table(('key', 'value', 'default', 'meaning'), rows)}"


def _default(schema: Schema, required: bool) -> str:
    if required:
        return "required"
    value = schema.get("default")
    return (
        ""
        if value in (None, "") or isinstance(value, dict | list)
        else code(str(value).lower() if isinstance(value, bool) else str(value))
    )


def kind(schema: Schema, others: Mapping[str, Schema]) -> str:
    """What may stand there, in words, with links to the sections of models; the meaning tells of what has no type."""
    return " or ".join(dict.fromkeys(_kinds(schema, others))) or "text"


def _kinds(schema: Schema, others: Mapping[str, Schema]) -> Iterator[str]:
    for many in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(many, ()):
            yield from _kinds(one, others)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in others:
            yield from _kinds(others[name], others)
        else:
            yield f"[{name}](#{name.lower()})"
    elif "const" in schema:
        yield code(str(schema["const"]))
    elif "enum" in schema:
        values = [code(str(one)) for one in schema["enum"]]
        yield f"one of {len(values)} names" if len(values) > MANY else ", ".join(values)
    elif schema.get("type") == "array":
        items = schema.get("items") or {}
        yield f"list of {kind(items, others)}" if items else "list"
    elif schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        yield f"by name: {kind(inner, others)}" if isinstance(inner, Mapping) and inner else "mapping"
    elif schema.get("type") in ("integer", "number"):
        yield _number(schema)
    elif schema.get("type") == "string":
        yield "text"
    elif schema.get("type") == "boolean":
        yield "`true`, `false`"


def _number(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        return f"{least} to {most}"
    return f"number from {least}" if least is not None else "number"
