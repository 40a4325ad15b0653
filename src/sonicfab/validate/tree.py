"""Rows of the models as one XML tree, which every YANG library reads without rules of typing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree as ET

from sonicfab.errors import InputError
from sonicfab.schema.facts import FieldFacts, to_int
from sonicfab.validate.translate import ModelRow


def config_tree(rows: Iterable[ModelRow], namespaces: Mapping[str, str]) -> ET.Element:
    """The modules' containers in an element of no meaning; `namespaces` are those of the modules, by name.

    Raises:
        InputError: there is no such module.
    """
    root = ET.Element("{urn:sonicfab}config")
    tops: dict[str, ET.Element] = {}
    tables: dict[str, ET.Element] = {}
    for row in rows:
        name, module = row.table.name, row.table.module
        if module not in namespaces:
            hint = "give the models of this very build"
            raise InputError(f"the YANG models have no {module}, which {name} of the build belongs to", hint)
        space = f"{{{namespaces[module]}}}"
        if name not in tables:
            if module not in tops:
                tops[module] = ET.SubElement(root, f"{space}{module}")
            tables[name] = ET.SubElement(tops[module], f"{space}{name}")
        _append(tables[name], space, row)
    return root


def _append(parent: ET.Element, space: str, row: ModelRow) -> None:
    element = ET.SubElement(parent, f"{space}{row.facts.name}")
    if not row.facts.map:
        for field, members in row.fields:
            _leaves(element, space, field, members)
        return
    entry: ET.Element | None = None
    for field, members in row.fields:
        if field in row.facts.keys:
            _leaves(element, space, field, members)
            continue
        if entry is None or field is row.facts.map[0]:
            entry = ET.SubElement(element, f"{space}{row.table.name}")
        _leaves(entry, space, field, members)


def _leaves(parent: ET.Element, space: str, field: FieldFacts, members: Sequence[str]) -> None:
    for member in members:
        number = to_int(member) if field.type.kind == "int" else None
        # as SONiC's translation does: what Python reads as a whole number is one
        ET.SubElement(parent, f"{space}{field.name}").text = member if number is None else str(number)
