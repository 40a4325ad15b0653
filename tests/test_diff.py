"""`sonicfab diff`: builds, folders, files, the matrix, and live on a lab."""

from __future__ import annotations

import json
import shutil
from dataclasses import fields
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from conftest import EXAMPLES, ROOT, Golden, Run, example_files
from known import build_names, get_build
from labs import LEAF1, LEAF2, SPINE, booted, needs_lab, rendered
from sonicfab.builds import Build, fact_texts
from sonicfab.compare.builds import compare_builds, rendered_differences, rendering, secretless
from sonicfab.compare.matrix import make_matrix
from sonicfab.compare.reasons import reason_of
from sonicfab.errors import ExitCode
from sonicfab.fabric import FabricFiles, read_fabric
from sonicfab.report.diff import change_text

GOLDEN = Path(__file__).parent / "golden" / "diff"

VENDOR_BUILD = """\
name: vendor-test
vendor: community
follows: community-202405
port_table: edgecore
identified_by: {branch: vendor}
frr: "9.1"
ntp_daemon: chrony
reload_checks_yang: always
database_version: version_4_0_1
routing_config_mode: split
frr_start_lines: [fpm address 127.0.0.1]
bfd_needs_mgmt_framework: false
port_defaults: {dhcp_rate_limit: "300"}
unfit_platforms: {as7726-32x: no driver for the power supplies}
defects:
  - {what: LEDs stay dark, consequence: look at the port itself, source: release notes, platforms: [as7326-56x]}
sources: {port_table: port_config.ini of the image, unfit_platforms: release notes}
"""


@pytest.fixture
def vendor_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A learned build that differs in everything that is rendered."""
    folder = tmp_path / "data"
    (folder / "builds" / "vendor-test").mkdir(parents=True)
    (folder / "builds" / "vendor-test" / "build.yml").write_text(VENDOR_BUILD)
    monkeypatch.setenv("SONICFAB_DATA", str(folder))
    return folder


def example(name: str) -> FabricFiles:
    return read_fabric(ROOT / "inventories" / f"{name}.yml", ROOT / "topologies" / f"{EXAMPLES[name]}.yml")


def with_bfd(folder: Path) -> FabricFiles:
    topology = folder / "topology.yml"
    topology.write_text((ROOT / "topologies" / "spine-leaf-1x2.yml").read_text() + "\nbgp: {bfd: true}\n")
    return read_fabric(ROOT / "inventories" / "scs-lab.yml", topology)


@pytest.mark.usefixtures("vendor_build")
@pytest.mark.parametrize("name", [*EXAMPLES, "bfd"])
def test_every_rendered_difference_has_a_reason(name: str, tmp_path: Path) -> None:
    files = with_bfd(tmp_path) if name == "bfd" else example(name)
    renderer = secretless([])
    configs: dict[str, dict[str, Any]] = {}
    for build in build_names():
        plan = files.plan(build, unfit=True).plan
        configs[build] = {switch: rendering(renderer, plan)(switch) for switch in plan.switches}
    names = {one.name for one in fields(Build)}
    seen: set[str] = set()
    for old, new in permutations(configs, 2):
        for switch, config in configs[old].items():
            for one in rendered_differences(config, configs[new][switch]):
                reason = reason_of(one, get_build(old), get_build(new))
                assert reason is not None, (old, new, switch, one)
                assert reason.fact in names
                assert reason.why
                assert reason.consequence == fact_texts()[reason.fact].consequence
                assert reason.source or "vendor-test" in (old, new)
                seen.add(reason.fact)
    wanted = {"database_version", "routing_config_mode", "frr_start_lines", "port_table"}
    assert seen == wanted | ({"bfd_needs_mgmt_framework"} if name == "bfd" else set())


def test_every_difference_of_rows_for_frrcfgd_has_a_reason(tmp_path: Path) -> None:
    """BGP from CONFIG_DB: frrcfgd of each build reads its own words, and there is no frr.conf to differ."""
    text = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text()
    (tmp_path / "topology.yml").write_text(f"{text}\nbgp: {{source: config_db}}\n")
    files = read_fabric(ROOT / "inventories" / "scs-lab.yml", tmp_path / "topology.yml")
    steps = {
        (old, new): compare_builds(files, old, new).steps[0]
        for old, new in permutations(("community-202411", "community-202511", "community-202605"), 2)
    }
    for names, step in steps.items():
        assert all(one.reason for one in step.changed), (names, step.changed)
        assert not step.frr
    told = {change_text(one.group) for one in steps["community-202411", "community-202605"].changed}
    assert any(one.startswith("~ BGP_PEER_GROUP_AF|") and "admin_status: true -> up" in one for one in told)
    assert any(one.startswith("+ PREFIX|") for one in told)


@pytest.mark.usefixtures("vendor_build")
def test_equal_changes_are_told_once_and_say_of_whom() -> None:
    (step,) = compare_builds(example("scs-lab"), "community-202405", "vendor-test").steps
    told = [change_text(one.group) for one in step.changed]
    assert "~ PORT|Ethernet0-47 alias: twentyfiveGigE* -> Eth*/*(Port*) (48 rows)" in told
    assert "~ PORT|* alias: hundredGigE* -> Eth*(Port*) (32 rows)" in told
    assert "~ DEVICE_METADATA|localhost docker_routing_config_mode: split-unified -> split" in told
    assert "- frr.conf: no zebra nexthop kernel enable" in told
    alias = next(one for one in step.changed if "Ethernet0-47 alias" in change_text(one.group))
    assert set(alias.group.switches) == {LEAF1, LEAF2}
    assert alias.reason is not None
    assert (alias.reason.fact, alias.reason.source) == ("port_table", "port_config.ini of the image")
    assert step.config_db == sum(one.group.count for one in step.changed if one.group.kind == "config_db")
    assert step.frr == sum(one.group.count for one in step.changed if one.group.kind == "frr")


@pytest.mark.usefixtures("vendor_build")
def test_what_the_image_does_differently() -> None:
    (step,) = compare_builds(example("scs-lab"), "community-202405", "vendor-test").steps
    part = step.parts[0]
    notes = {(note.title, note.detail): note for note in part.notes}
    defect = notes["a defect comes", "LEDs stay dark"]
    assert (defect.reason, defect.source, defect.switches) == (
        "look at the port itself",
        "release notes",
        (LEAF1, LEAF2),
    )
    assert part.notes[0].severity == "warning"
    assert any(detail == "8.5.4 -> 9.1" for _, detail in notes)
    assert any(detail.endswith("-> dhcp_rate_limit=300") for _, detail in notes)
    (alarm,) = step.alarms
    assert alarm.title == "vendor-test cannot run on as7726-32x"
    assert (alarm.detail, alarm.switches) == ("no driver for the power supplies", (SPINE,))
    (back,) = compare_builds(example("scs-lab"), "vendor-test", "community-202405").steps
    gone = "LEDs stay dark (until now: look at the port itself)"
    assert ("a defect is gone", gone) in {(note.title, note.detail) for note in back.parts[0].notes}
    # a defect of leaves is nobody's on a spine
    (spine,) = compare_builds(example("scs-lab"), "community-202405", "vendor-test", ["spine"]).steps
    assert "LEDs stay dark" not in {note.detail for note in spine.parts[0].notes}


def test_a_fact_without_a_text_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    from sonicfab.compare import image

    monkeypatch.setattr(image, "fact_texts", dict)
    (step,) = compare_builds(example("scs-lab"), "community-202405", "community-202411").steps
    assert "frr" in {note.title for note in step.parts[0].notes}


def test_an_inventory_of_two_builds_has_two_steps(tmp_path: Path) -> None:
    text = (ROOT / "inventories" / "scs-lab.yml").read_text()
    text = text.replace("    role: spine\n", "    role: spine\n    image_build: community-202405\n")
    (tmp_path / "inventory.yml").write_text(text)
    files = read_fabric(tmp_path / "inventory.yml", ROOT / "topologies" / "spine-leaf-1x2.yml")
    found = compare_builds(files, "", "community-202505")
    steps = {one.step.old.name: [switch.name for switch in one.step.switches] for one in found.steps}
    assert steps == {"community-202411": [LEAF1, LEAF2], "community-202405": [SPINE]}


FABRIC = ("-i", "inventories/scs-lab.yml", "-t", "topologies/spine-leaf-1x2.yml")
STEP = ("--from", "community-202311", "--to", "community-202505")


@pytest.mark.parametrize(("format", "suffix"), [("table", "txt"), ("markdown", "md"), ("json", "json")])
def test_golden(format: str, suffix: str, sonicfab: Run, golden: Golden) -> None:  # noqa: A002
    done = sonicfab("diff", *FABRIC, *STEP, "--format", format, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    if format == "table":
        assert max(map(len, done.stdout.splitlines())) <= 100
        assert "\x1b[" not in done.stdout
    if format == "json":
        assert json.loads(done.stdout)["format_version"] == 1
    golden(GOLDEN / f"202311-202505.{suffix}", done.stdout)


def test_a_build_that_cannot_run_is_said_first(sonicfab: Run) -> None:
    for format_name in ("table", "markdown"):
        done = sonicfab("diff", *FABRIC, "--to", "community-202511", "--format", format_name, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        said = " ".join(done.stdout.replace("\\", "").split())
        assert "community-202511 cannot run on as7326-56x, all 2 leaves:" in said
        assert done.stdout.index("cannot run on") < done.stdout.index("VERSIONS")
    value = json.loads(sonicfab("diff", *FABRIC, "--to", "community-202511", "--format", "json", cwd=ROOT).stdout)
    assert [alarm["severity"] for alarm in value["steps"][0]["alarms"]] == ["error", "error"]


def test_nothing_differs_is_one_line(sonicfab: Run) -> None:
    done = sonicfab("diff", *FABRIC, "--to", "community-202411", "--exit-code", cwd=ROOT)
    assert done.returncode == ExitCode.OK, done.stderr
    assert done.stdout.count("\n") == 1
    assert "nothing differs" in done.stdout


def test_exit_code_is_asked_for(sonicfab: Run) -> None:
    assert sonicfab("diff", *FABRIC, *STEP, cwd=ROOT).returncode == ExitCode.OK
    assert sonicfab("diff", *FABRIC, *STEP, "--exit-code", cwd=ROOT).returncode == ExitCode.CHANGES


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*FABRIC, "--to", "community-202504"), "did you mean 'community-202505'?"),
        ((*FABRIC, "--from", "nothing-like-it"), "--from nothing-like-it: no such image build"),
        (FABRIC, "diff needs --to BUILD"),
        (("--to", "community-202505"), "diff needs -i INVENTORY and -t TOPOLOGY"),
        ((*FABRIC, "--live", "--matrix"), "two different comparisons"),
        ((*FABRIC, "--live", "--to", "community-202505"), "two different comparisons"),
        ((*FABRIC, "--lab", "--to", "community-202505"), "ask for --live"),
        (("README.md",), "two folders or files are compared"),
    ],
)
def test_what_cannot_be_asked(arguments: tuple[str, ...], said: str, sonicfab: Run) -> None:
    done = sonicfab("diff", *arguments, cwd=ROOT)
    assert done.returncode == ExitCode.INPUT
    assert said in done.stderr


def test_a_secret_is_not_needed_and_not_shown(tmp_path: Path, sonicfab: Run) -> None:
    text = (ROOT / "inventories" / "scs-lab.yml").read_text()
    (tmp_path / "inventory.yml").write_text(text.replace("  timezone: UTC\n", "  snmp: {community: 'env:NOT_SET'}\n"))
    done = sonicfab("diff", "-i", tmp_path / "inventory.yml", *FABRIC[2:], *STEP, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_matrix_renders_each_build_once_and_counts_every_pair() -> None:
    files = example("scs-lab")
    matrix = make_matrix(files)
    able = [build.name for build in matrix.builds if not build.error]
    assert set(matrix.cells) == set(permutations(able, 2))
    for (old, new), cell in matrix.cells.items():
        assert cell.config_db == matrix.cells[new, old].config_db
        assert cell.frr == matrix.cells[new, old].frr
    (step,) = compare_builds(files, "community-202311", "community-202505").steps
    cell = matrix.cells["community-202311", "community-202505"]
    assert (cell.config_db, cell.frr) == (step.config_db, step.frr)
    assert (cell.image, cell.models) == tuple(len(part.notes) for part in step.parts)
    assert ("community-202405", "community-202411") in matrix.steps
    assert all(get_build(new).follows == old for old, new in matrix.steps)
    unfit = {build.name: sorted(build.unfit) for build in matrix.builds if build.unfit}
    assert unfit["community-202511"] == ["as7326-56x", "as7726-32x"]


def test_matrix_tells_what_cannot_be_rendered(vendor_build: Path) -> None:
    text = VENDOR_BUILD.replace("port_table: edgecore", "port_table: nowhere").replace("vendor-test", "vendor-nowhere")
    (vendor_build / "builds" / "vendor-nowhere").mkdir()
    (vendor_build / "builds" / "vendor-nowhere" / "build.yml").write_text(text)
    matrix = make_matrix(example("scs-lab"))
    (column,) = [build for build in matrix.builds if build.error]
    assert column.name == "vendor-nowhere"
    assert "under vendor-nowhere is not known" in column.error
    assert not any("vendor-nowhere" in pair for pair in matrix.cells)


@pytest.mark.parametrize("format_name", ["table", "markdown", "json"])
def test_matrix_printed(format_name: str, sonicfab: Run) -> None:
    done = sonicfab("diff", *FABRIC, "--matrix", "--format", format_name, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    if format_name == "json":
        value = json.loads(done.stdout)
        assert value["counts"]["community-202311"]["community-202505"]["config_db"] == 3
        assert {"from", "to", "config_db", "frr", "image", "models"} == value["steps"][0].keys()
        return
    assert "community-202511 cannot run on as7326-56x" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100 or format_name == "markdown"


def test_own_templates_have_no_reason_and_that_is_said(tmp_path: Path, sonicfab: Run) -> None:
    own = tmp_path / "config_db"
    own.mkdir()
    (own / "banner.yml.j2").write_text("BANNER:\n  global:\n    motd: {{ build.name }}\n")
    done = sonicfab("diff", *FABRIC, *STEP, "--templates", tmp_path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "BANNER|global motd: community-202311 -> community-202505" in done.stdout
    assert "look into your own templates" in done.stdout


class TestLive:
    """A lab switch that somebody has changed by hand."""

    pytestmark = needs_lab

    def test_what_was_changed_by_hand_is_seen(self, sonicfab: Run, tmp_path: Path) -> None:
        rendered(sonicfab, tmp_path)
        with booted(sonicfab, "difflive", "scs-lab", "--from", tmp_path) as lab:
            clean = lab.sonicfab("diff", "--live", "--exit-code")
            assert clean.returncode == ExitCode.OK, clean.stdout + clean.stderr
            assert "nothing differs" in clean.stdout
            for switch in (LEAF1, LEAF2):
                lab.inside(switch, "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet0' mtu 1500")
            lab.inside(LEAF1, "vtysh -c 'configure' -c 'router bgp 65404' -c 'neighbor SPINE timers 10 30'")
            before = lab.config_db(LEAF1)
            shown = lab.sonicfab("diff", "--live", "--exit-code")
            assert shown.returncode == ExitCode.CHANGES, shown.stdout + shown.stderr
            assert "~ all 2 leaves: PORT|Ethernet0 mtu: 1500 -> 9100" in shown.stdout
            assert f"~ 1 leaf ({LEAF1}): frr.conf: router bgp 65404 / neighbor SPINE timers 10 30 ->" in shown.stdout
            assert lab.config_db(LEAF1) == before
            value = json.loads(lab.sonicfab("diff", "--live", "--format", "json").stdout)
            assert value["counts"] == {"config_db": 2, "frr": 1}
            assert value["changes"][0]["switches"] == [LEAF1, LEAF2]


def test_live_without_a_lab_says_so(sonicfab: Run) -> None:
    done = sonicfab("diff", *example_files("scs-lab"), "--live", "--lab-name", "no-such-lab")
    assert done.returncode == ExitCode.UNREACHED
    assert "no-such-lab" in done.stderr


def test_two_build_folders(sonicfab: Run, tmp_path: Path) -> None:
    one = rendered(sonicfab, tmp_path / "one")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    same = sonicfab("diff", tmp_path / "one", tmp_path / "two", "--exit-code")
    assert (same.returncode, same.stdout.count("\n")) == (0, 1), same.stdout
    for name in (LEAF1, LEAF2):
        path = tmp_path / "two" / "spine-leaf-1x2" / name / "config_db.json"
        path.write_text(path.read_text().replace('"mtu": "9100"', '"mtu": "9216"'))
    shutil.rmtree(tmp_path / "two" / "spine-leaf-1x2" / SPINE)
    done = sonicfab("diff", tmp_path / "one", tmp_path / "two", "--exit-code")
    assert done.returncode == ExitCode.CHANGES
    assert "~ all 2 switches: PORT|* mtu: 9100 -> 9216 (56 rows)" in done.stdout
    assert f"{SPINE} is only in" in done.stdout
    # the folders of the fabric and of one switch will do as well
    fabric = sonicfab("diff", one[LEAF1].parent, tmp_path / "two" / "spine-leaf-1x2")
    assert "PORT|* mtu: 9100 -> 9216" in fabric.stdout
    switch = sonicfab("diff", one[LEAF1], tmp_path / "two" / "spine-leaf-1x2" / LEAF1)
    assert "  ~ PORT|* mtu: 9100 -> 9216 (56 rows)" in switch.stdout


def schema_notes_of(old: str, new: str) -> dict[tuple[str, str], str]:
    (step,) = compare_builds(example("scs-lab"), old, new).steps
    parts = {part.name: part.notes for part in step.parts}
    return {(note.title, note.detail): note.severity for note in parts.get("schema", ())}


def test_what_the_models_allow() -> None:
    """suppress-fib-pending came, went and came back (sonic-device_metadata.yang of 202311, 202405, 202411)."""
    came = schema_notes_of("community-202305", "community-202311")
    assert ("PORT fec", "new: auto") in came
    assert any(title == "DEVICE_METADATA" and "suppress-fib-pending" in detail for title, detail in came)
    gone = schema_notes_of("community-202311", "community-202405")
    assert gone["DEVICE_METADATA", "fields gone: suppress-fib-pending"] == "warning"
    back = schema_notes_of("community-202311", "community-202305")
    assert back["PORT fec", "no longer: auto"] == "warning"
    assert ("schema", "not known of edgecore-202211") in schema_notes_of("community-202311", "edgecore-202211")
