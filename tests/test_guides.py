"""The pages that lead somebody through a task: what they edit, run and show is edited, run and shown here, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from labs import needs_lab
from test_readme import GUIDES, checkout, shell

__all__ = ["checkout"]

ON_SWITCHES = "\n## On the switches\n"
"""What follows asks switches that a checkout has not; its options are tested with those of the other pages."""
_FENCED = re.compile(r"(?:^`(?P<file>[\w/.-]+)`:\n\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def edited(text: str, change: str) -> str:
    """The text with one change of lines: those with a minus and a space are there once, those with a plus come."""
    lines = change.splitlines()
    old = "\n".join(line[1:] for line in lines if line[0] != "+") + "\n"
    new = "\n".join(line[1:] for line in lines if line[0] != "-") + "\n"
    assert text.count(old) == 1, f"not there once:\n{old}"
    return text.replace(old, new)


def follow(page: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Does what the page says; (command, its output) of each command that was run."""
    exports, came = "", ""
    for found in _FENCED.finditer(page):
        kind, text = found["kind"], found["text"]
        if kind == "yaml" and found["file"]:
            (folder / found["file"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / found["file"]).write_text(text)
        elif kind == "diff":
            for name, change in re.findall(r"(?ms)^--- (\S+)\n(.*?)(?=^--- |\Z)", text):
                (folder / name).write_text(edited((folder / name).read_text(), change))
        elif kind == "sh":
            for command, _, comment in (line.partition("  #") for line in text.splitlines()):
                if command.startswith("export "):
                    exports += f"{command}; "
                    continue
                done = shell(exports + command, folder)
                code = comment.partition("ends with ")[2] or "0"
                assert str(done.returncode) == code, f"{command}\n{done.stdout}{done.stderr}"
                came = done.stdout
                yield command, came
        elif came:
            told = [line.rstrip() for line in text.splitlines() if line.strip()]
            said = [line.rstrip() for line in came.splitlines() if line.strip()]
            if told[-1] == "…":
                assert said[: len(told) - 1] == told[:-1], came
            elif len(told) == 1:
                assert any(line.startswith(told[0]) for line in said), came
            else:
                assert said == told, came


@pytest.mark.parametrize("name", [name for name in GUIDES if name != "tutorial.md"])
def test_a_guide_leads_where_it_says(name: str, checkout: Path) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    offline, _, on_switches = page.partition(ON_SWITCHES)
    assert on_switches
    commands = [command for command, _ in follow(offline, checkout)]
    assert "sonicfab validate" in commands
    assert any(command.startswith("sonicfab diff build/before") for command in commands)


@needs_lab[0]
@needs_lab[1]
@pytest.mark.slow
def test_the_tutorial_leads_to_a_ping(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    try:
        came = dict(follow(page, tmp_path))
    finally:
        shell("sonicfab lab down --name first", tmp_path)
    assert "3 received, 0% packet loss" in came["sonicfab lab exec leaf1-Ethernet0 -- ping -c 3 192.168.200.2"]
    assert "all 66 expectations met" in came["sonicfab verify --lab --timeout 60"], "that of the end: the cable is back"
    assert "sonicfab lab down" in came
