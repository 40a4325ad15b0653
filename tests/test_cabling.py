"""The cables of a fabric as a technician gets them: both ends, in the order of the walk, ticked off by LLDP."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sonicfab
from conftest import EXAMPLES, ROOT, Run, example_files
from known import get_platform
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError
from sonicfab.plan.cables import CableRun, cables, place_of
from sonicfab.plan.types import FabricPlan
from sonicfab.report import cabling as report
from sonicfab.report.verify import json_value
from sonicfab.verify.cables import tick
from sonicfab.verify.kept import read_verification
from sonicfab.verify.results import CheckResult, Problem
from sonicfab.verify.run import Verification
from test_ports import topology

SPINE, LEAF2, LEAF1 = "st01-sw100g-r01-u36", "st01-sw25g-r01-u35", "st01-sw25g-r01-u34"


def plan_of(inventory: str) -> FabricPlan:
    return sonicfab.Site.open(*example_files(inventory)[1::2]).fabric.plan


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_every_port_in_use_has_its_cable_once(inventory: str) -> None:
    plan = plan_of(inventory)
    ends = [one.end for run in cables(plan) for one in run.ends]
    used = {Endpoint(name, port.name) for name, one in plan.switches.items() for port in one.ports if port.used}
    assert len(ends) == len(set(ends))
    assert set(ends) == used
    assert all(run.near.plug for run in cables(plan))


def test_one_walks_from_the_top_of_the_rack_along_the_front() -> None:
    assert place_of(SPINE) == (1, 36)
    assert place_of("leaf1") == place_of("u34") == (0, 0)
    runs = cables(plan_of("scs-lab"))
    assert list(dict.fromkeys(run.near.switch for run in runs)) == [SPINE, LEAF2, LEAF1]
    first = runs[0]
    assert (first.near.number, first.near.port, first.near.alias) == ("29", "Ethernet112", "hundredGigE29")
    assert first.far is not None
    assert first.far.label == f"{LEAF2} port 55 Ethernet72 (hundredGigE55)"
    assert (first.purpose, first.near.plug, first.near.speed) == ("BGP", "QSFP28", 100000)


def test_of_some_switches_every_cable_is_seen_from_there() -> None:
    plan = plan_of("scs-lab")
    runs = cables(plan, [LEAF1])
    assert {run.near.switch for run in runs} == {LEAF1}
    assert [run.far.switch for run in runs if run.far] == [SPINE]
    both = cables(plan, [SPINE, LEAF1])
    assert sum(1 for run in both if run.far) == 2
    assert {run.near.switch for run in both if run.far} == {SPINE}


def test_what_is_no_switch_is_told_as_far_as_it_is_known() -> None:
    runs = {str(run.near.end): run for run in cables(plan_of("servers-2x2"))}
    server, trunk = runs["sv-leaf1:Ethernet8"], runs["sv-leaf1:Ethernet14"]
    assert (server.to, server.bundle, server.purpose) == ("storage1", "PortChannel10", "server")
    assert (trunk.to, trunk.bundle, trunk.purpose) == ("hypervisor1", "PortChannel20", "VLANs web, backup")
    assert runs["sv-leaf1:Ethernet12"].purpose == "VLAN web"
    bundle = runs["sv-leaf2:Ethernet64"]
    assert bundle.far is not None
    assert (bundle.bundle, bundle.far.port) == ("PortChannel01", "Ethernet8")


def test_a_split_port_and_other_speeds_want_other_plugs(tmp_path: Path) -> None:
    path = topology(
        tmp_path,
        f"""\
  - {{switches: {LEAF1}, ports: Ethernet48, breakout: 4x25G, use: bgp}}
  - {{switches: {LEAF1}, ports: Ethernet52, speed: 40000, use: bgp}}
  - {{switches: {LEAF1}, ports: [Ethernet0, Ethernet1, Ethernet2, Ethernet5], speed: 10000, use: bgp}}
""",
    )
    plan = sonicfab.Site.open(ROOT / "inventories" / "scs-lab.yml", path).fabric.plan
    found = {run.near.port: run.near for run in cables(plan, [LEAF1])}
    assert (found["Ethernet50"].number, found["Ethernet50"].plug) == ("49/3", "QSFP28 4x25G")
    assert found["Ethernet52"].plug == "QSFP+"
    assert found["Ethernet0"].plug == "SFP+"
    assert get_platform("as4630-54te").front[0].kind == "RJ45"


# what LLDP has seen


def seen(end: str, far: str, said: str = "", problem: Problem = Problem.NONE) -> CheckResult:
    switch, _, port = end.partition(":")
    return CheckResult(
        switch=switch,
        check="lldp",
        subject=port,
        far=far,
        status="failed" if problem else "ok",
        expected=f"{far} at its end",
        seen=said or far,
        problem=problem,
    )


def wiring(runs: tuple[CableRun, ...]) -> list[CheckResult]:
    """As LLDP tells of it when all is as planned."""
    pairs = [(str(run.near.end), str(run.far.end)) for run in runs if run.far]
    return [seen(*pair) for one in pairs for pair in (one, one[::-1])]


def test_what_lldp_has_seen_is_ticked_off() -> None:
    runs = cables(plan_of("scs-lab"))
    ticks, unplanned = tick(runs, wiring(runs))
    assert not unplanned
    assert {ticks[run].state for run in runs if run.far} == {"seen"}
    assert {ticks[run].state for run in runs if not run.far} == {"not known"}
    assert {one.state for one in tick(runs, wiring(runs)[:1])[0].values()} == {"seen", "not known"}


def test_a_cable_elsewhere_or_nowhere_is_told() -> None:
    runs = cables(plan_of("scs-lab"))
    results = wiring(runs)
    far = results[0].far
    results[0] = replace(results[0], seen=f"{LEAF1}:Ethernet76", status="failed", problem=Problem.CABLE)
    results[2] = replace(results[2], seen="no neighbour", status="failed", problem=Problem.NO_NEIGHBOR)
    results.append(seen(f"{LEAF1}:Ethernet40", "", f"{LEAF2}:Ethernet41", Problem.CABLE))
    ticks, unplanned = tick(runs, results)
    assert ticks[runs[0]].state == "wrong"
    assert ticks[runs[0]].said == f"{runs[0].near.end} sees {LEAF1}:Ethernet76"
    assert far == str(runs[0].far and runs[0].far.end)
    assert ticks[runs[1]].state == "missing", "the other end alone is not enough"
    assert [(str(one.end), one.far) for one in unplanned] == [(f"{LEAF1}:Ethernet40", f"{LEAF2}:Ethernet41")]


def kept(tmp_path: Path, results: list[CheckResult], **other: Any) -> Path:
    path = tmp_path / "verify.json"
    value = json_value(Verification("spine-leaf-1x2", tuple(results), 1.0, (), ("lldp",)))
    path.write_text(json.dumps({**value, **other}))
    return path


def test_done(sonicfab: Run, tmp_path: Path) -> None:
    results = wiring(cables(plan_of("scs-lab")))
    done = sonicfab("cabling", *example_files("scs-lab"), "--done", kept(tmp_path, results))
    assert done.returncode == 0, done.stderr
    assert f"✔ 29   Ethernet112 100G  QSFP28 {LEAF2}" in done.stdout
    assert "32 cables: 2 seen where they belong, 30 not known to LLDP" in done.stdout
    results[0] = replace(results[0], seen="elsewhere:Eth1", status="failed", problem=Problem.STRANGER)
    done = sonicfab("cabling", *example_files("scs-lab"), "--done", kept(tmp_path, results), "--format", "json")
    assert done.returncode == 4
    first = json.loads(done.stdout)["cables"][0]
    assert (first["state"], first["said"]) == ("wrong", f"{SPINE}:Ethernet112 sees elsewhere:Eth1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100000, "is not JSON"),
        ("[]", "is no verification"),
        ('{"fabric": "spine-leaf-1x2"}', "is no verification"),
        ('{"verdict": 1, "results": [], "fabric": "x", "format_version": 1}', "has format_version 1"),
        ('{"verdict": "ok", "results": [], "fabric": "x", "format_version": 2}', "is of the fabric 'x'"),
        ('{"verdict": "ok", "results": [3], "fabric": "spine-leaf-1x2", "format_version": 2}', "is damaged"),
        ("\x00", "is not JSON"),
    ],
)
def test_what_is_no_verification_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_verification(path, "spine-leaf-1x2")


@pytest.mark.parametrize("other", [{"problem": "none-such"}, {"status": "well"}, {"seen": 3}, {"far": None}])
def test_nor_is_one_with_odd_results(tmp_path: Path, other: dict[str, object]) -> None:
    path = kept(tmp_path, wiring(cables(plan_of("scs-lab"))))
    value = json.loads(path.read_text())
    value["results"][0] |= other
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match="damaged"):
        read_verification(path, "spine-leaf-1x2")


# for eyes, spreadsheets and printers


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("inventory", EXAMPLES)
def test_the_list_fits(
    inventory: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (report, __import__("sonicfab.report.console", fromlist=["columns"])):
        monkeypatch.setattr(module, "columns", lambda: width)
    runs = cables(plan_of(inventory))
    ticks, unplanned = tick(runs, wiring(runs))
    report.show_cables("x", runs, ticks, unplanned)
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > width] == []
    assert all(run.near.port in text for run in runs)


def test_no_cell_of_the_csv_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    runs = cables(plan_of("scs-lab"))
    odd = ['=cmd|" /C calc"!A0', "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1", 'a"b,c']
    report.csv_cables([replace(run, to=to) for run, to in zip(runs[2:], odd, strict=False)], {})
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["b_switch"] for row in rows] == [*(f"'{one}" for one in odd[:-1]), odd[-1]]
    assert {row["a_plug"] for row in rows} == {"SFP28"}


def test_both_ends_have_a_label(sonicfab: Run) -> None:
    done = sonicfab("cabling", *example_files("scs-lab"), "--format", "labels", "--limit", SPINE)
    labels = [one.splitlines() for one in done.stdout.strip().split("\n\n")]
    assert len(labels) == 4
    assert all(len(one) == 3 for one in labels)
    assert labels[1][0] == f"{LEAF2} port 55 Ethernet72 (hundredGigE55)"
    assert labels[1][1] == f"  to {SPINE} port 29 Ethernet112 (hundredGigE29)"


def test_names_do_nothing_to_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [replace(run, to="<img src=x>|`a` **b** [c](d)") for run in cables(plan_of("scs-lab"))[2:3]]
    report.markdown_cables("x", runs, {}, [])
    text = capsys.readouterr().out
    assert "&lt;img src=x&gt;\\|`a` \\*\\*b\\*\\* \\[c\\](d)" in text
