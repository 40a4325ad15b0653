"""`sonicfab ci`: the whole way on a lab, and where it stops."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from conftest import Run, example_files
from labs import needs_lab
from patience import Patience, slowness
from sonicfab.lab.state import labs_folder

pytestmark = needs_lab


def test_ci_goes_the_whole_way(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab(
        "ci", *example_files("gns3-replacement"), "-o", "out", "--hosts", "--html", "out/page.html", cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["ok"] is True
    assert [step["step"] for step in report["steps"]] == [
        *("validate", "render", "boot", "push", "push again", "verify", "ping 192.168.100.2"),
    ]
    verified = json.loads((tmp_path / "out" / "verify.json").read_text())
    assert verified["verdict"] == "ok"
    assert verified["counts"]["ok"] >= 16
    suites = ET.parse(tmp_path / "out" / "verify.xml").getroot()
    assert sum(int(suite.get("tests", "0")) for suite in suites) == sum(verified["counts"].values())
    assert (tmp_path / "out" / "build" / "gns3-replacement" / "leaf1" / "frr.conf").exists()
    page = (tmp_path / "out" / "page.html").read_text()
    assert f"As intended: all {verified['counts']['ok']} expectations met." in page
    assert "confirmed, by " in page, "the journal of the push"
    assert "ci-" not in sonicfab("lab", "status").stdout, "the lab has ended"


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """Templates that no image build accepts."""
    folder = tmp_path / "mine"
    (folder / "config_db").mkdir(parents=True)
    (folder / "config_db" / "banner.yml.j2").write_text("SAG:\n  IPv4: {}\nPORTCHANNEL:\n  PortChannel1: {}\n")
    return folder


def test_ci_stops_at_the_first_step_that_fails(sonicfab: Run, refused: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "verify.json").write_text("of an earlier run")
    done = sonicfab(
        "ci", *example_files("scs-lab"), "-o", "out", "--templates", refused, "--html", "page.html", cwd=tmp_path
    )
    assert done.returncode == 4
    page = (tmp_path / "page.html").read_text()
    assert all(told in page for told in ("✘ exit code 4", "Validate failed.", "<code>SF-106</code>"))
    assert "SF-106" in done.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(step["step"], step["exit_code"]) for step in report["steps"]] == [("validate", 4)]
    assert "validate failed" in done.stdout
    assert report["ok"] is False
    assert not (tmp_path / "out" / "verify.json").exists()


def test_a_report_that_cannot_be_written_hides_nothing(sonicfab: Run, refused: Path) -> None:
    done = sonicfab(
        "ci",
        *example_files("scs-lab"),
        "-o",
        "/proc/nowhere",
        "--templates",
        refused,
        "--html",
        "/proc/nowhere/page.html",
    )
    assert done.returncode == 4, "that of the step, which came first"
    assert "validate failed" in done.stdout
    assert "error: cannot write" in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize(
    ("numbers", "there", "step", "code"),
    [
        ((signal.SIGINT, signal.SIGTERM), "keeper.log", "boot", 130),  # as a CI does that cancels a job
        ((signal.SIGTERM,), "state.json", "push", 143),
    ],
)
def test_an_interrupted_run_ends_the_lab_and_is_not_ok(
    numbers: tuple[int, ...], there: str, step: str, code: int, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "sonicfab", "ci", *example_files("scs-lab"), "-o", str(tmp_path)]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)
    lab = labs_folder() / f"ci-{process.pid}"
    patience = Patience(60)
    while not ((lab / there).exists() and f"$ sonicfab {step.replace('boot', 'lab up')}" in said_in(tmp_path)):
        assert process.poll() is None, said_in(tmp_path)
        assert not patience.ended
        time.sleep(0.02)
    time.sleep(0.5)  # past the start of the step's Python, which tells an interrupt in its own way
    for number in numbers:
        os.kill(process.pid, number)
    assert process.wait(60 * slowness()) == code, said_in(tmp_path)
    assert not lab.exists(), "the lab has ended"
    assert "Traceback" not in said_in(tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["ok"] is False
    assert (report["steps"][-1]["step"], report["steps"][-1]["exit_code"]) == (step, code)


def said_in(folder: Path) -> str:
    return (folder / "said").read_text()
