"""`sonicfab ci`: the whole way on a lab, and where it stops."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from conftest import Run, example_files
from labs import needs_lab

pytestmark = needs_lab


def test_ci_goes_the_whole_way(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("ci", *example_files("gns3-replacement"), "-o", "out", "--hosts", cwd=tmp_path)
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
    assert "ci-" not in sonicfab("lab", "status").stdout, "the lab has ended"


def test_ci_stops_at_the_first_step_that_fails(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / "mine" / "config_db").mkdir(parents=True)
    (tmp_path / "mine" / "config_db" / "banner.yml.j2").write_text(
        "SAG:\n  IPv4: {}\nPORTCHANNEL:\n  PortChannel1: {}\n"
    )
    done = sonicfab("ci", *example_files("scs-lab"), "-o", "out", "--templates", "mine", cwd=tmp_path)
    assert done.returncode == 4
    assert "SF-106" in done.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [(step["step"], step["exit_code"]) for step in report["steps"]] == [("validate", 4)]
    assert "validate failed" in done.stdout
