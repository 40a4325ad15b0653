"""What is told on a merge request: whole, short, folded; no name in it does anything."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Run
from plannings import planned
from sonicfab.report.markup import LARGEST, cell, code, details, fenced, limited
from sonicfab.report.push_markdown import markdown_plan
from sonicfab.report.verify_markdown import markdown_verification
from sonicfab.switch.ask import Answers
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.results import CheckResult, Problem
from sonicfab.verify.run import Verification

HOSTILE = "</summary><script>x</script>|`a` **b** [c](javascript:d) @all <!-- \x1b[2J"


def test_equal_changes_of_many_switches_are_one_block(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markdown_plan(planned(tmp_path, 9))
    text = capsys.readouterr().out
    leaves = ", ".join(f"leaf{number}" for number in range(1, 10))
    assert text.startswith("### many: 11 of 11 switches would change\n")
    assert text.count(f"{leaves}: ") == 1, "one block, and who is in it is named"
    assert "+ frr.conf: router bgp * / address-family ipv4 unicast / maximum-paths 32" in text
    assert text.count("<details") == text.count("</details>") >= 3
    assert "| switches | way | about | interrupts | because |" in text
    assert "1. leaf1 (canary)" in text
    assert len(text) < LARGEST


def test_what_refuses_comes_first_and_nothing_is_said_of_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = planned(tmp_path)
    markdown_plan(replace(one, decision=replace(one.decision, refused={"leaf1": HOSTILE})))
    text = capsys.readouterr().out
    assert text.splitlines()[2].startswith("> ✘ **leaf1: &lt;/summary&gt;&lt;script&gt;")


def test_nothing_to_do_is_two_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    markdown_plan(planned(tmp_path, more=""))
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0] == "### many: no switch would change"


def result(**other: object) -> CheckResult:
    values = {"switch": "leaf1", "check": "bgp", "subject": "Ethernet0", "family": "ipv4", "far": "spine1:Ethernet0"}
    given = {"status": "failed", "expected": "Established", "seen": "Idle", "problem": Problem.DOWN}
    return CheckResult(**{**values, **given, **other})  # type: ignore[arg-type]


def test_the_verdict_the_findings_and_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = result(), result(status="ok", family="ipv6", problem=Problem.NONE)
    finding = Diagnosis("port-down", "link", ("leaf1",), f"a port {HOSTILE}", (HOSTILE,), "sudo `x`", (bad,))
    markdown_verification(Verification("many", (bad, good), 2.0, (finding,), ("bgp",)))
    text = capsys.readouterr().out
    assert text.startswith("### ✘ many: NOT as intended: 1 finding (port-down leaf1), 1 expectation not met (2.0 s)")
    assert "- mend: ``sudo `x```" in text
    assert "| 1 | 1 | 0 |" in text
    assert "<script" not in text
    assert "\x1b" not in text
    assert "@all" not in text
    assert text.count("<details") == text.count("</details>")
    ran = Answers({})
    ran.put(RUNNING_FRR, "frr version 10.0.1\n")
    markdown_verification(Verification("many", (good,), 2.0, (), ("bgp",), {"leaf1": ran}), ["worse: leaf1: x"])
    text = capsys.readouterr().out
    assert text.endswith("\nFRR 10.0.1 on 1 switch\n\n")
    assert text.startswith("### ✔ many: as intended: all 1 expectations met (2.0 s)")
    assert "- worse: leaf1: x" in text


def test_names_do_nothing() -> None:
    told = cell(HOSTILE)
    assert not {"<script", "</summary", "@all", "[c]("} & {
        one for one in ("<script", "</summary", "@all", "[c](") if one in told
    }
    assert "\n" not in cell("a\nb")
    assert code("a|b`c") == "``a\\|b`c``"
    assert details(HOSTILE, ["x"])[0].count("<summary>") == details(HOSTILE, ["x"])[0].count("</summary>") == 1
    block = fenced(["````", "a\nb"])
    assert block == ["`````diff", "````", "a b", "`````"]


def test_a_comment_is_never_too_large() -> None:
    blocks = ["x" * 30_000] * 4
    text = limited(blocks, "{} parts more")
    assert len(text) < LARGEST + 100
    assert text.endswith("> 3 parts more\n")
    assert limited(["a", "b"], "{}") == "a\nb"


def test_what_the_workflow_types_is_there(sonicfab: Run) -> None:
    """A workflow is not run here: its commands and options are those of the program."""
    text = (ROOT / ".github" / "workflows" / "merge-request.yml").read_text()
    jobs = yaml.safe_load(text)["jobs"]
    script = "\n".join(step.get("run", "") for step in jobs["change"]["steps"])
    script = script.replace("\\\n", " ").replace('sudo --preserve-env "$(command -v sonicfab)"', "sonicfab")
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0
    typed = [shlex.split(words) for words in re.findall(r"(?<![\w:/-])sonicfab ([a-z][^|>;)\n]*)", script)]
    helps: dict[str, str] = {}
    assert {words[0] for words in typed} == {"render", "validate", "lab", "push", "plan", "verify", "diff"}
    for words in typed:
        command = words[: 2 if words[0] == "lab" else 1]
        told = helps.setdefault(" ".join(command), sonicfab(*command, "--help").stdout)
        for option in (word for word in words if word.startswith("-")):
            assert option in told, f"{words}: no {option}"
