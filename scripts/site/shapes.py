"""The JSON of the commands: what fields they have, as they come from a run on an example of the checkout."""

from __future__ import annotations

import contextlib
import io
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_text import code, table

from sonicfab.cli.app import app

_ROOT = Path(__file__).parents[2]
_FILES = ["-i", str(_ROOT / "inventories" / "dc-2x4.yml"), "-t", str(_ROOT / "topologies" / "dc-2x4.yml")]
COMMANDS = (
    ["validate", *_FILES, "--image-build", "community-202505"],
    ["render", *_FILES],
    ["diff", *_FILES, "--to", "community-202505"],
    ["explain", *_FILES, "dc1-leaf1", "VERSIONS"],
    ["ports", *_FILES, "dc1-leaf1"],
    ["cabling", *_FILES],
    ["builds", "list"],
    ["builds", "choose", "as7326-56x"],
    ["explain-code", "SF-101"],
)
"""Those that ask no switch."""
_RECORD_KEY = re.compile(r"[a-z][a-z_0-9]*")
_MANY = 4


def page() -> str:
    """A section for every command: its fields, each with what stands there."""
    with tempfile.TemporaryDirectory() as folder:
        sections = [_section([*words, *(["-o", folder] if words[0] == "render" else [])]) for words in COMMANDS]
    return "\n".join(sections)


def _section(words: list[str]) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
        app([*words, "--format", "json"], standalone_mode=False)
    name = " ".join(word for word in words[:2] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"))
    rows = [[code(path), " or ".join(kinds)] for path, kinds in _fields(json.loads(told.getvalue())).items()]
    return f"## sonicfab {name}\n\n{table(['field', 'value'], rows)}"


def _fields(value: Any) -> dict[str, list[str]]:  # noqa: ANN401 - any JSON
    """Path -> the kinds of values that stand there; `[]` is each of a list, `*` each of many names."""
    found: dict[str, list[str]] = {}
    for path, kind in _walk(value, ""):
        kinds = found.setdefault(path, [])
        if kind not in kinds:
            kinds.append(kind)
    return {path: [one for one in kinds if one != "empty"] or ["empty here"] for path, kinds in found.items()}


def _walk(value: Any, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if isinstance(value, dict):
        if not value:
            yield path, "empty"
        by_name = _is_by_name(value)
        for key, one in value.items():
            yield from _walk(one, f"{path}.*" if by_name else f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        if not value:
            yield f"{path}[]", "empty"
        for one in value:
            yield from _walk(one, f"{path}[]")
    else:
        kinds = {bool: "true or false", int: "number", float: "number", str: "text", type(None): "null"}
        yield path, kinds[type(value)]


def _is_by_name(value: dict[str, Any]) -> bool:
    if not all(_RECORD_KEY.fullmatch(key) for key in value):
        return True
    records = [frozenset(one) for one in value.values() if isinstance(one, dict)]
    return len(records) == len(value) > _MANY and len(set(records)) == 1
