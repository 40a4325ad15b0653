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
from sonicfab.families import Family
from sonicfab.operations.ci import StepResult
from sonicfab.push.results import PushResult, SwitchPush
from sonicfab.push.ways import Way
from sonicfab.report import ci, push, verify
from sonicfab.switch.state.bgp import BgpPeer
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.results import CheckResult
from sonicfab.verify.run import Verification

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
        sections = [_run([*words, *(["-o", folder] if words[0] == "render" else [])]) for words in COMMANDS]
    return "\n".join([*sections, *(_section(name, json.dumps(value)) for name, value in asked())])


def asked() -> Iterator[tuple[str, dict[str, Any]]]:
    """(commands, what they tell as JSON) of those that ask switches: results with all that they may hold."""
    peer = BgpPeer("Ethernet0", Family.IPV4, 65001, 65002, "Idle", "", 2, 1, 60.0, "spine1:Ethernet0")
    results = tuple(
        CheckResult(
            switch="leaf1", check="bgp", subject="Ethernet0", status="failed", expected="up", seen="down", peer=one
        )
        for one in (None, peer)
    )
    finding = Diagnosis("port-shut", "error", ("leaf1:Ethernet0",), "cause", ("seen",), "mend", results, results)
    yield "verify", verify.json_value(Verification("fabric", results, 1.5, (finding,), ("bgp",)))
    way = Way("reload", "why", ("what",), 60.0, ("Ethernet0",), True, {}, ("what",))
    some = SwitchPush("leaf1", "changed", way, ("change",), 1.5, "error", "id", ("row",), ("row",))
    none = SwitchPush("leaf2", "unknown", None, (), 1.5)
    yield "push, plan and rollback", push.value_of(PushResult("fabric", (some, none), refused=False))
    steps = [StepResult("validate", ("validate",), 0, 1.5)]
    yield "ci (its report.json)", ci.report_value("fabric", steps, ok=True)


def _run(words: list[str]) -> str:
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(io.StringIO()):
        app([*words, "--format", "json"], standalone_mode=False)
    name = " ".join(word for word in words[:2] if re.fullmatch(r"[a-z-]+", word) and not word.startswith("-"))
    return _section(name, told.getvalue())


def _section(name: str, told: str) -> str:
    rows = [[code(path), " or ".join(kinds)] for path, kinds in _fields(json.loads(told)).items()]
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
