"""YANG models to schema facts: what scripts/make-schema writes, and what a learned build gets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sonicfab.schema.musts import rule_of

JOINED = {
    ("PORT", "adv_speeds"): ",",
    ("PORT", "adv_interface_types"): ",",
    ("NTP", "src_intf"): ";",
    ("BGP_ALLOWED_PREFIXES", "prefixes_v4"): ",",
    ("BGP_ALLOWED_PREFIXES", "prefixes_v6"): ",",
    ("BUFFER_PORT_EGRESS_PROFILE_LIST", "profile_list"): ",",
    ("BUFFER_PORT_INGRESS_PROFILE_LIST", "profile_list"): ",",
    ("MIRROR_SESSION", "src_ip"): ",",
}
"""Leaf-lists that CONFIG_DB writes as one string (sonic-buildimage src/sonic-yang-mgmt/sonic_yang_ext.py)."""

_PREFIX = re.compile(r"[\w-]+:(?=[\w*])")
_STEP = re.compile(r"^([\w-]+)(?:\[(.*)\])?$")

_LANES_WHEN = "switch_type"
"""PORT lanes are mandatory `when` the switch is no chassis; the platforms of sonicfab are none."""


def facts_of(model: Any) -> dict[str, Any]:  # noqa: ANN401 - yangson's DataModel
    """The facts of compiled models, as JSON data: the same models give the same, to the byte."""
    from yangson.schemanode import ContainerNode

    # yangson walks modules in an order that the seed of Python's hashes decides: the names decide it here
    found = sorted(
        (
            (str(table.name), str(top.name), table)
            for top in model.schema.children
            if isinstance(top, ContainerNode)
            for table in top.data_children()
            if isinstance(table, ContainerNode) and str(table.name) == str(table.name).upper()
        ),
        key=lambda one: one[:2],
    )
    types: dict[str, int] = {}
    tables = {name: _table(module, table, types) for name, module, table in found}
    return {"types": [json.loads(text) for text in types], "tables": tables}


def merge(schemas: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The data of several schemas in one, where what is alike stands once."""
    types: dict[str, int] = {}
    tables: dict[str, dict[str, list[str]]] = {}
    for name, data in schemas.items():
        numbers = _renumber(data["types"], types)
        for table, one in data["tables"].items():
            text = json.dumps(_with_types(one, numbers), sort_keys=True)
            tables.setdefault(table, {}).setdefault(text, []).append(name)
    return {
        "schemas": list(schemas),
        "types": [json.loads(text) for text in types],
        "tables": {
            table: [{"in": " ".join(names), "facts": json.loads(text)} for text, names in variants.items()]
            for table, variants in sorted(tables.items())
        },
    }


def dumps(merged: Mapping[str, Any]) -> str:
    """The merged data as text with a line for each type and each variant of a table, so that git shows what changed."""
    types = ",\n".join(json.dumps(one, sort_keys=True) for one in merged["types"])
    tables = ",\n".join(
        f"{json.dumps(table)}: [\n" + ",\n".join(json.dumps(one, sort_keys=True) for one in variants) + "\n]"
        for table, variants in merged["tables"].items()
    )
    schemas = json.dumps(merged["schemas"])
    return f'{{"schemas": {schemas},\n"types": [\n{types}\n],\n"tables": {{\n{tables}\n}}}}\n'


def _renumber(data: Iterable[Mapping[str, Any]], types: dict[str, int]) -> list[int]:
    """Old number -> number among the merged types; members come before what they are members of."""
    numbers: list[int] = []
    for one in data:
        members = {"members": [numbers[member] for member in one["members"]]} if "members" in one else {}
        numbers.append(_number({**one, **members}, types))
    return numbers


def _with_types(data: Any, numbers: list[int]) -> Any:  # noqa: ANN401
    if isinstance(data, dict):
        return {
            key: numbers[value] if key == "type" and isinstance(value, int) else _with_types(value, numbers)
            for key, value in data.items()
        }
    return [_with_types(one, numbers) for one in data] if isinstance(data, list) else data


def _number(one: Mapping[str, Any], types: dict[str, int]) -> int:
    return types.setdefault(json.dumps(one, sort_keys=True), len(types))


def _table(module: str, table: Any, types: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401
    from yangson.schemanode import ContainerNode, ListNode

    children = _children(table)
    lists = [_row(table, one, types) for one in children if isinstance(one, ListNode)]
    rows = [_row(table, one, types) for one in children if isinstance(one, ContainerNode)]
    return _without_empty({"module": module, "lists": lists, "rows": rows})


def _children(node: Any) -> list[Any]:  # noqa: ANN401
    """A node's children as its model lists them, then those that other models add to it, by name."""
    return sorted(
        node.data_children(), key=lambda one: (one.ns != node.ns, *((one.ns, one.name) if one.ns != node.ns else ()))
    )


def _row(table: Any, node: Any, types: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401
    from yangson.schemanode import ListNode, TerminalNode

    children = _children(node)
    inner = [one for one in children if isinstance(one, ListNode)]
    fields = [_field(table, one, types) for one in children if isinstance(one, TerminalNode)]
    keys = [name for name, _ in node.keys] if isinstance(node, ListNode) else []
    pair = [_field(table, one, types) for one in _children(inner[0])] if inner else None
    return _without_empty(
        {
            "name": node.name,
            "keys": keys,
            "fields": fields,
            "map": pair,
            "max": getattr(node, "max_elements", None) or 0,
            "rules": _rules(node),
        },
        keep=("fields",),
    )


def _field(table: Any, node: Any, types: dict[str, int]) -> dict[str, Any]:  # noqa: ANN401
    from yangson.schemanode import LeafListNode

    many = isinstance(node, LeafListNode)
    when = str(node.when) if node.when else ""
    default = None if many else node.default
    return _without_empty(
        {
            "name": node.name,
            "type": _type(table, node.type, types),
            "many": many,
            # a field that is mandatory only under a condition is not, unless the condition always holds here
            "mandatory": bool(node.mandatory) and (not when or _LANES_WHEN in when),
            "joined_by": JOINED.get((table.name, node.name), ""),
            "default": "" if default is None else str(node.type.to_raw(default)).replace("True", "true"),
            "rules": _rules(node),
        },
        keep=("type",),
    )


def _rules(node: Any) -> list[str]:  # noqa: ANN401
    """The names of a node's conditions; those that sonicfab has no name for are left to the models themselves."""
    found = (rule_of(str(one.expression)) for one in node.must)
    return [one for one in found if one]


def _type(table: Any, one: Any, types: dict[str, int]) -> int:  # noqa: ANN401
    from yangson import datatype as yang

    data: dict[str, Any] = {"kind": "any"}
    if isinstance(one, yang.UnionType):
        data = {"kind": "union", "members": [_type(table, member, types) for member in one.types]}
    elif isinstance(one, yang.LeafrefType):
        data = {"kind": "ref", "ref": _reference(table, str(one.path)), "members": [_type(table, one.ref_type, types)]}
    elif isinstance(one, yang.StringType):
        data = {
            "kind": "string",
            "lengths": _intervals(one.length),
            "patterns": [[pattern.regex.pattern, pattern.invert_match] for pattern in one.patterns],
        }
    elif isinstance(one, yang.EnumerationType):
        data = {"kind": "enum", "enum": list(one.enum)}
    elif isinstance(one, yang.BooleanType):
        data = {"kind": "bool"}
    elif isinstance(one, yang.IntegralType):
        ranges = _intervals(one.range) or [list(one._range)]
        data = {"kind": "int", "ranges": ranges}
    elif isinstance(one, yang.Decimal64Type):
        data = {"kind": "decimal", "ranges": [[float(low), float(high)] for low, high in _intervals(one.range)]}
    return _number(_without_empty(data), types)


def _intervals(found: Any) -> list[list[Any]]:  # noqa: ANN401
    return [[one[0], one[-1]] for one in found.intervals] if found else []


def _reference(table: Any, path: str) -> list[Any]:  # noqa: ANN401
    """[table, list, leaf, (leaf there, leaf here) ...] of a leafref's path."""
    steps = [_STEP.match(step) for step in re.split(r"/(?![^\[]*\])", _PREFIX.sub("", path)) if step not in ("", "..")]
    names = [(found[1], found[2] or "") for found in steps if found]
    if path.startswith("/"):
        names = names[1:]  # the top container
    if len(names) == 2:  # a path within the same table
        names = [(table.name, ""), *names]
    match = [[there, here] for there, here in re.findall(r"(\w+)\s*=\s*current\(\)/\.\./([\w-]+)", names[1][1])]
    return [names[0][0], names[1][0], names[-1][0], *match]


def _without_empty(data: dict[str, Any], keep: tuple[str, ...] = ()) -> dict[str, Any]:
    return {key: value for key, value in data.items() if value or key in keep}
