"""What leaves sonicfab: no control characters of others, errors for programs, and streams that take nothing."""

from __future__ import annotations

import io
import json
import logging
import os
import pty
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

from conftest import ROOT, Run
from sonicfab.errors import Diagnostic, InputError, OutputError, Place, SwitchError
from sonicfab.output import OutputFile, write_files
from sonicfab.report import console, terminal
from sonicfab.report.failure import show_failure
from sonicfab.report.progress import ProgressBar
from sonicfab.verify.results import CheckResult
from sonicfab.verify.run import Verification

EVIL = "\x1b]0;PWNED\x07\x1b[2J\x1b[31mok\x1b[0m\r\x08\x7f\x9b31m\u202eevil\u2066\ue000[red]x[/red]\x00\ud800"
FILES = ["-i", ROOT / "inventories/scs-lab.yml", "-t", ROOT / "topologies/spine-leaf-1x2.yml"]
PROGRAM = [sys.executable, "-m", "sonicfab"]


def unsafe(text: str) -> list[str]:
    return sorted({one for one in text if (ord(one) < 32 and one not in "\n\t") or one in "\x7f\x9b\u202e\u2066\ud800"})


def verification() -> Verification:
    result = CheckResult(switch="sw", check="lldp", subject=EVIL, status="failed", expected=EVIL, seen=EVIL)
    return Verification("f", (result,), 1.0)


def show_log() -> None:
    console.log_to_stderr(2)
    logging.getLogger("sonicfab.transport").warning("said %s", EVIL)


def show_table() -> None:
    rows = Table()
    rows.add_column(EVIL)
    rows.add_row(EVIL)
    console.table(rows)


def show_junit() -> None:
    from sonicfab.report.verify import junit_text

    text = junit_text(verification())
    ET.fromstring(text)
    console.say(text)


def show_progress() -> None:
    with ProgressBar(EVIL, 1) as progress:
        progress.tell(EVIL, EVIL)


WAYS: dict[str, Callable[[], None]] = {
    "say": lambda: console.say(EVIL),
    "styled": lambda: console.say(console.style(EVIL, bold=True) + EVIL),
    "note": lambda: console.note(EVIL),
    "error": lambda: console.error(SwitchError(EVIL, EVIL)),
    "diagnostic": lambda: console.error(
        InputError(EVIL, diagnostics=[Diagnostic("error", EVIL, Place(EVIL, 1, 1), EVIL, EVIL)])
    ),
    "internal error": lambda: console.internal_error(ValueError(EVIL)),
    "json": lambda: console.json_result({"format_version": 1, EVIL: EVIL}),
    "failure json": lambda: show_failure(SwitchError(EVIL, EVIL), "json"),
    "failure junit": lambda: show_failure(SwitchError(EVIL, EVIL), "junit"),
    "log": show_log,
    "table": show_table,
    "junit": show_junit,
    "progress": show_progress,
    "site templates": lambda: console.tell_site_templates([EVIL]),
}


@pytest.mark.parametrize("way", WAYS)
def test_no_control_character_of_others_leaves(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    WAYS[way]()
    told = capsys.readouterr()
    assert "PWNED" in told.out + told.err
    assert unsafe(told.out + told.err) == []


def test_markup_of_rich_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Table("[red]x[/red]")
    rows.add_row(":smile: [blink]")
    console.table(rows)
    told = capsys.readouterr().out
    assert "[red]x[/red]" in told
    assert ":smile: [blink]" in told


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding_of_stdout_will_do(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    console.say(f"grün → {EVIL}")
    show_table()
    stream.seek(0)
    assert "gr" in stream.read()


def on_terminal(command: list[str], **environment: str) -> str:
    """What a program writes to a terminal."""
    mine, theirs = pty.openpty()
    env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env={**env, "TERM": "xterm", **environment})
    os.close(theirs)
    told = b""
    try:
        while part := os.read(mine, 65536):
            told += part
    except OSError:  # the other end is closed
        pass
    process.wait()
    os.close(mine)
    return told.decode()


SHOWN = (
    "import sys; from rich.table import Table; from sonicfab.report import console\n"
    "from sonicfab.report.progress import *\n"
    "console.say(console.style('bold', bold=True)); t = Table(header_style='red'); t.add_column('c'); t.add_row('r')\n"
    "console.table(t)\nwith ProgressBar('t', 1) as p: p.tell('sw', 'step')\n"
)


def test_colour_on_a_terminal_alone_and_where_it_is_wanted() -> None:
    command = [sys.executable, "-c", SHOWN]
    assert "\x1b[1mbold" in on_terminal(command)
    assert "\x1b[" not in on_terminal(command, TERM="dumb")
    plain = on_terminal(command, NO_COLOR="1")
    assert "\x1b[1mbold" not in plain
    assert "\x1b[31m" not in plain
    assert "sw: step" in on_terminal(command, TERM="dumb")


BAD = {
    "json": ["render", "-t", ROOT / "topologies/spine-leaf-1x2.yml"],
    "sarif": ["validate", "-t", ROOT / "topologies/spine-leaf-1x2.yml"],
    "junit": ["verify", "-t", ROOT / "topologies/spine-leaf-1x2.yml", "--lab"],
}


@pytest.mark.parametrize("form", BAD)
@pytest.mark.parametrize("kind", ["place", "no file", "option"])
def test_errors_are_for_programs_too(form: str, kind: str, sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "i.yml").write_text("devices:\n  sp: {rol: spine}\n")
    words = {"place": ["-i", "i.yml"], "no file": ["-i", "nosuch.yml"], "option": ["-i", "i.yml", "--nosuch"]}[kind]
    done = sonicfab(*BAD[form], "--format", form, *words, cwd=tmp_path)
    assert done.returncode == 2
    text = {"place": "unknown key 'rol'", "no file": "cannot read the inventory", "option": "--nosuch"}[kind]
    assert text in done.stdout
    assert text in done.stderr
    if form == "junit":
        assert ET.fromstring(done.stdout).attrib["errors"] == "1"
        return
    value: Any = json.loads(done.stdout)
    if form == "json":
        assert (value["ok"], value["error"]["exit_code"]) == (False, 2)
        if kind == "place":
            assert [(one["file"], one["line"]) for one in value["error"]["diagnostics"]] == [("i.yml", 2)]
    else:
        assert value["runs"][0]["invocations"][0]["executionSuccessful"] is False
        if kind == "place":
            place = value["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
            assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("i.yml", 2)


PRINTING = (
    ["render", *FILES],
    ["render", *FILES, "--format", "json"],
    ["schema", "inventory"],
    ["explain-code"],
    ["builds", "list"],
    ["--version"],
    ["diff", *FILES, "--matrix"],
    ["validate", *FILES, "--no-yang"],
)


def shell(line: str, words: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run sonicfab with its streams as a shell redirects them."""
    return subprocess.run(
        ["bash", "-c", line, "bash", *PROGRAM, *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", PRINTING, ids=lambda words: " ".join(map(str, words[:1] + words[5:])))
def test_a_full_disk_a_closed_stdout_and_a_reader_that_goes(words: list[object], tmp_path: Path) -> None:
    full = shell('"$@" > /dev/full', words, tmp_path)
    assert (full.returncode, full.stderr.splitlines()[-1:]) == (
        3, ["error: cannot write to stdout: No space left on device"],
    )  # fmt: skip
    closed = shell('"$@" >&-', words, tmp_path)
    assert (closed.returncode, closed.stderr.splitlines()[-1:]) == (3, ["error: cannot write to stdout: it is closed"])
    gone = shell('"$@" | true; exit ${PIPESTATUS[0]}', words, tmp_path)
    assert gone.returncode in (0, 4, 141)
    for done in (full, closed, gone):
        assert not {"Traceback", "internal error", "Exception ignored"} & set(done.stderr.split(":"))
        assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    "words", [["--help"], ["push", "--help"], ["lab", "--help"], ["--show-completion", "bash"]], ids=" ".join
)
def test_a_help_that_nobody_reads(words: list[object], tmp_path: Path) -> None:
    gone = shell('"$@" | true; exit ${PIPESTATUS[0]}', words, tmp_path)
    assert (gone.returncode, gone.stderr) in ((141, ""), (0, ""), (2, "")), "read by nobody, or buffered by the pipe"
    shut = shell('exec 3> >(:); sleep 1; "$@" >&3', words, tmp_path)
    assert (shut.returncode, shut.stderr) == (141, "")
    full = shell('"$@" > /dev/full', words, tmp_path)
    assert (full.returncode, full.stderr) == (3, "error: No space left on device\n")


def test_stderr_that_takes_nothing_stops_nothing(tmp_path: Path) -> None:
    words: list[object] = ["render", *FILES, "-v"]
    for line in ('"$@" 2> /dev/full', '"$@" 2>&-'):
        assert shell(line, words, tmp_path).returncode == 0


def test_a_folder_that_cannot_be_written(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = sonicfab("render", *FILES, "-o", "file", cwd=tmp_path)
    assert done.returncode == 3
    assert "cannot write file" in done.stderr


def test_a_disk_without_space_for_temporary_files_is_no_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import errno

    from typer.testing import CliRunner

    from sonicfab.cli import app as cli

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/x")

    monkeypatch.setattr("sonicfab.operations.site.read_fabric", full)
    done = CliRunner().invoke(cli.app, ["render", *map(str, FILES)])
    assert done.exit_code == 3
    assert "No space left on device: /tmp/x" in done.output


def test_what_cannot_be_told_is_an_error_of_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="it is closed"):
        terminal.write("x")
    with pytest.raises(OutputError, match="it is closed"):
        show_table()


def test_a_full_disk_is_told_with_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The kernel names no file when a write fails."""

    def full(_descriptor: int, _mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sonicfab.output.os.fchmod", full)
    with pytest.raises(OutputError, match=re.escape(f"cannot write {tmp_path}/leaf1/frr.conf: No space left")):
        write_files(tmp_path, {"leaf1/frr.conf": OutputFile("x")})


def test_a_command_in_backticks_is_never_broken() -> None:
    from sonicfab.report.console import wrapped

    command = "`sonicfab push -i inventories/a-site-with-a-name.yml -t topologies/a-site-with-a-name.yml --lab`"
    lines = wrapped(f"the switch runs another config; {command} brings it back, and nothing else is changed by it")
    assert [line for line in lines if command in line], lines
    assert len(lines) > 1
