"""The questions that are asked of switches, found where they are, and who asks them: for the page of the contract."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from conftest import ROOT
from sonicfab.switch import state
from sonicfab.switch.ask import Question
from sonicfab.verify import checks

SRC = ROOT / "src" / "sonicfab"
WHO = {
    "operations/users": "users",
    "verify": "verify",
    "push": "push",
    "napalm": "NAPALM",
    "learn": "builds learn",
    "access": "every login",
    "lab": "lab up",
}
"""Package -> what people call it, in the order of the page."""
MODULES = [
    import_module(f"{package.__name__}.{module.name}")
    for package in (state, checks)
    for module in iter_modules(package.__path__)
]


def _questions() -> Iterator[tuple[ModuleType, str, Question[Any]]]:
    """(module, name, question), where it is made; of one whose words were filled in the one that has them."""
    for module in MODULES:
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("Question("):
                name = ast.unparse(node.targets[0])
                yield module, name, getattr(module, name)


QUESTIONS = list(_questions())


def askers(module: ModuleType, name: str) -> list[str]:
    """Who asks it, directly or by a name of its module that stands for it."""
    names = {name}
    for node in ast.parse(inspect.getsource(module)).body:
        if names & {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}:
            names |= {node.name} if isinstance(node, ast.FunctionDef) else set()
            names |= {ast.unparse(one) for one in node.targets} if isinstance(node, ast.Assign) else set()
    if "IDENTITY" in names:
        return ["every login"]
    if module.__name__.startswith(checks.__name__):
        return ["verify"]
    return [who for package, who in WHO.items() if names & _taken(package)[module.__name__]]


@cache
def _taken(package: str) -> dict[str, set[str]]:
    """Module of questions -> the names that the files of a package take from it, or use as its attributes."""
    path = SRC / package
    found: dict[str, set[str]] = defaultdict(set)
    for file in path.rglob("*.py") if path.is_dir() else [SRC / f"{package}.py"]:
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                for one in node.names:
                    found[node.module].add(one.name)
                    if node.module == state.__name__:
                        found[f"{node.module}.{one.name}"] |= set(re.findall(rf"\b{one.name}\.(\w+)", text))
    return found


def rows() -> list[str]:
    """The rows of the page: name, command, what it tells, who asks."""
    found = []
    for module, name, question in QUESTIONS:
        command = question.command.replace("|", "\\|")
        found.append(f"| `{name}` | `{command}` | {question.tells} | {', '.join(askers(module, name))} |")
    return found
