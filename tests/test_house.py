"""The rules of the house: imports point down, modules stay small, who prints and who reaches out."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src" / "sonicfab"


def module_name(path: Path) -> str:
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "sonicfab"


MODULES = sorted(SRC.rglob("*.py"))
MAX_LINES = 500
MAX_FUNCTION_LINES = 60

MAY_PRINT = ("report.", "cli.", "lab.sonic.")
MAY_START_PROCESSES = ("transport.exec", "lab.", "cli.lab", "validate.libyang", "validate.vtysh")
MAY_OPEN_SOCKETS = ("transport.ssh", "remote.greeting", "lab.gate", "lab.requests", "lab.sonic.tagger")
MAY_READ_ENVIRONMENT = ("load", "catalog", "caches", "cli.", "lab.", "report.terminal")
"""Where learned builds and caches are, and whether a terminal wants colours."""


def test_what_runs_in_a_lab_switch_stands_alone() -> None:
    """A lab switch has Python and its own programs, one module of frr among them, and nothing of this environment."""
    shared = "sonicfab.frr.frrcfgd"  # lab/files.py puts it there, too
    for path in [*(SRC / "lab" / "sonic").glob("*.py"), SRC / "frr" / "frrcfgd.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            for name in names:
                own = name.startswith("sonicfab.lab.sonic") or name == shared
                alone = own or name.partition(".")[0] in sys.stdlib_module_names
                assert alone, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted([*MODULES, *Path(__file__).parent.rglob("*.py")]), ids=lambda path: path.name)
def test_modules_and_functions_stay_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES, f"{path} is longer than {MAX_LINES} lines: split it by subject"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{path.name}: {node.name} has {lines} lines"


def test_the_floors_are_told_as_they_are_held() -> None:
    """docs/architecture.md has a line for each layer of the contract, with its modules."""
    contract = re.search(r"(?m)^layers = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL)
    assert contract
    held = [set(line.split(" | ")) for line in re.findall(r'"(.+)"', contract[1])]
    told = re.findall(
        r"(?m)^\| .+ \| (.+) \|$", (ROOT / "docs" / "architecture.md").read_text().partition("Only `report`")[0]
    )
    assert [set(re.findall(r"`(\w+)`(?![^(]*\))", row)) for row in told if "`" in row] == held


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of every call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_who_reaches_out(path: Path) -> None:
    """Only some print, start processes, open sockets or read the environment; the rest is pure."""
    name = module_name(path)
    tree = ast.parse(path.read_text())
    rules = (
        (("print", "typer.echo", "typer.secho", "sys.stdout.write"), (*MAY_PRINT, "lab.keeper")),
        (("subprocess.run", "subprocess.Popen", "os.system"), MAY_START_PROCESSES),
        (("socket.socket", "socket.create_connection"), MAY_OPEN_SOCKETS),
        (("os.environ.get", "os.getenv"), MAY_READ_ENVIRONMENT),
    )
    for called, line in calls(tree):
        for functions, allowed in rules:
            if called in functions:
                assert name.startswith(allowed), f"{name}:{line} calls {called}"


def test_no_heavy_import_for_help() -> None:
    """`sonicfab --help` must not load what only a command needs."""
    import subprocess
    import sys

    code = "import sys; from sonicfab.cli.app import app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"pydantic", "jinja2", "netmiko", "paramiko", "napalm", "yaml", "rich.table"}
