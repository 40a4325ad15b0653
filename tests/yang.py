"""A config_db against the YANG models of a SONiC branch, as SONiC itself would translate and judge it.

For the test suite alone, on models that are at hand beside the checkout.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from yangson.datamodel import DataModel
from yangson.enumerations import ContentType, ValidationScope
from yangson.exceptions import YangsonException

IETF = Path(sys.prefix) / "share" / "yang" / "modules" / "ietf"
"""The IETF's own types, which SONiC's models import; pyang brings them."""

_JOINED = {("PORT", "adv_speeds"): ",", ("PORT", "adv_interface_types"): ",", ("NTP", "src_intf"): ";"}
"""Leaf-lists that CONFIG_DB writes as one string: sonic_yang_ext.py."""

_QUADRATIC = re.compile(r'must "\(?count\(\.\./\.\./VLAN_MEMBER_LIST.*?\{.*?\}', re.DOTALL)
"""A rule of sonic-vlan.yang that takes time quadratic in the members; no rendered config has members."""


class Models:
    """The models of one branch."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        """Load them; `workspace` takes copies that yangson can read."""
        self._tables: dict[str, Any] = json.loads((folder / "schema-digest.json").read_text())["tables"]
        workspace.mkdir(parents=True, exist_ok=True)
        modules = []
        for path in sorted(
            [*folder.glob("*.yang"), *(IETF / name for name in ("ietf-inet-types.yang", "ietf-yang-types.yang"))]
        ):
            # yangson does not know text() as a node test
            text = _QUADRATIC.sub("", path.read_text()).replace("[text()=", "[.=")
            (workspace / path.name).write_text(text)
            modules.append(_module(path.stem, text))
        self._namespaces = {module["name"]: module["namespace"] for module in modules}
        library = {"ietf-yang-library:modules-state": {"module-set-id": "0", "module": modules}}
        self._model = DataModel(json.dumps(library), (str(workspace),))

    def complaints(self, config: Mapping[str, Any]) -> list[str]:
        """What is wrong; an empty list says that SONiC would take it."""
        found: list[str] = []
        parts: list[str] = []
        for table, rows in config.items():
            if table not in self._tables:
                found.append(f"{table}: no model")
                continue
            parts.append(self._table(table, rows, found))
        if found:
            return found
        root = ET.fromstring(f'<config xmlns="urn:x">{"".join(parts)}</config>')
        for element in root.iter():
            if element.text is None and not len(element):
                element.text = ""
        try:
            self._model.from_xml(root).validate(ValidationScope.all, ContentType.config)
        except YangsonException as err:
            return [str(err)]
        return []

    def _table(self, table: str, rows: Mapping[str, Any], found: list[str]) -> str:
        digest = self._tables[table][0]
        content = digest["content"]
        body = ""
        for key, row in rows.items():
            if key in content and content[key]["kind"] == "container":
                body += f"<{key}>{_fields(table, row, content[key]['leaves'], found)}</{key}>"
                continue
            body += self._row(table, key, row, content, found)
        namespace = self._namespaces[digest["module"]]
        return f'<{digest["top"]} xmlns="{namespace}"><{table}>{body}</{table}></{digest["top"]}>'

    def _row(self, table: str, key: str, row: Mapping[str, Any], content: Mapping[str, Any], found: list[str]) -> str:
        parts = key.split("|")
        for name, one in content.items():
            if one["kind"] == "list" and len(one["key"].split()) == len(parts):
                if unknown := row.keys() - one["leaves"].keys():
                    found.append(f"{table}|{key}: unknown fields {sorted(unknown)}")
                    return ""
                keys = "".join(
                    f"<{leaf}>{escape(part)}</{leaf}>" for leaf, part in zip(one["key"].split(), parts, strict=True)
                )
                return f"<{name}>{keys}{_fields(table, row, one['leaves'], found)}</{name}>"
        found.append(f"{table}|{key}: no list with {len(parts)} keys")
        return ""


def _fields(table: str, row: Mapping[str, Any], leaves: Mapping[str, Any], found: list[str]) -> str:
    body = ""
    for field, value in row.items():
        if field not in leaves:
            found.append(f"{table}: unknown field {field}")
            continue
        members = value if isinstance(value, list) else [value]
        if leaves[field]["kind"] == "leaf-list" and isinstance(value, str):
            members = value.split(_JOINED[table, field])
        body += "".join(f"<{field}>{escape(str(member))}</{field}>" for member in members)
    return body


def _module(name: str, text: str) -> dict[str, Any]:
    namespace = re.search(r'namespace\s+"?([^";\s]+)"?\s*;', text)
    assert namespace, f"{name} is no module"
    # yangson compares with the first revision statement; some models list theirs oldest first
    revision = re.search(r'revision\s+"?(\d{4}-\d\d-\d\d)', text)
    return {
        "name": name,
        "revision": revision[1] if revision else "",
        "namespace": namespace[1],
        "conformance-type": "implement",
    }
