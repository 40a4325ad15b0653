"""The switch contract: what the page says is what is run, and nothing else is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from conftest import ROOT
from sonicfab.switch import commands
from sonicfab.switch.ask import Question
from sonicfab.verify import questions
from sonicfab.verify.checks import ping

PAGE = (ROOT / "docs" / "switch-contract.md").read_text(encoding="utf-8")
NOT_COMMANDS = {"STAGE", "BACKUPS_KEPT"}
COMMANDS = {
    **{f"IDENTITY {name}": command for name, command in commands.IDENTITY.items()},
    **{
        name: value
        for name, value in vars(commands).items()
        if name.isupper() and isinstance(value, str) and name not in NOT_COMMANDS
    },
}
NEEDS_ROOT = re.compile(
    r"\b(sonic-(cfggen|db-dump)|vtysh|docker|config (reload|save|load)|/etc/sonic/(config_db|frr))\b"
)


def test_the_page_lists_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| `([A-Za-z_ ]+)` \| `(.+)` \| ", PAGE, re.MULTILINE)
    assert {name: command.replace("\\|", "|") for name, command in rows} == COMMANDS
    assert len(rows) == len(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_root_is_asked_for_without_a_prompt(name: str) -> None:
    command = COMMANDS[name]
    assert all(match.startswith("sudo -n") for match in re.findall(r"sudo \S+", command))
    if NEEDS_ROOT.search(command):
        assert command.startswith("sudo -n ")


def test_nothing_else_runs_commands_on_switches() -> None:
    """`transport.run` takes what `commands` holds; NAPALM's cli() runs what its caller says."""
    for path in sorted((ROOT / "src" / "sonicfab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called = ast.unparse(node.func)
            if called.endswith("transport.run"):
                assert path.parts[-2:] == ("napalm", "driver.py") or _is_a_contract_command(node.args[0], path), called


def _is_a_contract_command(argument: ast.expr, path: Path) -> bool:
    text = ast.unparse(argument)
    ours = ("operations.py", "guard.py", "queries.py")
    return path.name in ours and (text == "command" or text.startswith(("commands.", "script(")))


def test_what_is_asked_in_one_go_is_in_the_contract() -> None:
    """`script` joins the commands of questions; those of the pings have their words filled in."""
    asked = {one.name: one.command for one in vars(questions).values() if isinstance(one, Question)}
    assert set(asked.values()) <= set(COMMANDS.values())
    assert len(asked) >= 10
    assert ping.CAN_PING.command.startswith(COMMANDS["CAN_PING"])
