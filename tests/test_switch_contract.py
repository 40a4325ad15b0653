"""The switch contract: what the page says is what is run, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from conftest import ROOT, Golden, with_rows
from contract import QUESTIONS, askers, rows
from sonicfab.switch import commands

PAGE = ROOT / "docs" / "switch-contract.md"
CHANGING = {
    name: value
    for name, value in vars(commands).items()
    if name.isupper() and isinstance(value, str) and name != "STAGE"
}
COMMANDS = {**{name: question.command for _, name, question in QUESTIONS}, **CHANGING}
NEEDS_ROOT = re.compile(
    r"\b(sonic-(cfggen|db-dump)|vtysh|docker|config (reload|save|load)|/etc/sonic/(config_db|frr))\b"
)


def test_the_docs_list_every_question_and_who_asks_it(golden: Golden) -> None:
    golden(PAGE, with_rows(PAGE, "question", rows()))


def test_the_page_lists_every_command_that_changes_something_and_no_other() -> None:
    page = PAGE.read_text(encoding="utf-8").partition("## Writing")[2]
    found = re.findall(r"^\| `([A-Za-z_ ]+)` \| `(.+)` \| ", page, re.MULTILINE)
    assert {name: command.replace("\\|", "|") for name, command in found} == CHANGING
    assert len(found) == len(CHANGING)


def test_every_question_has_one_name_and_somebody_who_asks_it() -> None:
    assert [name for name, count in Counter(name for _, name, _ in QUESTIONS).items() if count > 1] == []
    assert [name for module, name, _ in QUESTIONS if not askers(module, name)] == []
    assert len(QUESTIONS) >= 40


@pytest.mark.parametrize("name", COMMANDS)
def test_root_is_asked_for_without_a_prompt(name: str) -> None:
    command = COMMANDS[name]
    assert all(match.startswith("sudo -n") for match in re.findall(r"sudo \S+", command))
    if NEEDS_ROOT.search(command):
        assert command.startswith("sudo -n ")


def test_nothing_else_runs_commands_on_switches() -> None:
    """`transport.run` takes what `commands` and questions hold; NAPALM's cli() and a worker run what they are told."""
    told = {("napalm", "driver.py"), ("remote", "task.py")}
    for path in sorted((ROOT / "src" / "sonicfab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called = ast.unparse(node.func)
            if called.endswith("transport.run"):
                assert path.parts[-2:] in told or _is_a_contract_command(node.args[0], path), called


def _is_a_contract_command(argument: ast.expr, path: Path) -> bool:
    text = ast.unparse(argument)
    ours = ("operations.py", "guard.py", "users.py")
    return path.name in ours and (text in ("command", "asked[0].command") or text.startswith(("commands.", "script(")))


def test_questions_are_made_where_the_contract_is() -> None:
    """Elsewhere only the commands of those that are there are joined, as for pings of all at once."""
    for path in sorted((ROOT / "src" / "sonicfab").rglob("*.py")):
        if path.parent.name not in ("state", "checks"):
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            assert not [node for node in calls if ast.unparse(node.func) == "Question"], path
