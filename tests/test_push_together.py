"""Changes that need each other: unnumbered to numbered, where no session is up until both of its ends have changed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, needs_lab
from patience import Patience

pytestmark = needs_lab

ALL = [SPINE, LEAF1, LEAF2]
FILES = ("inventories/scs-lab.yml", "topologies/spine-leaf-1x2.yml")
NUMBERED = 'underlay: {ipv4: 10.120.0.0/22, ipv6: "fd00:120::/64"}'


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("pair")
    for name in FILES:
        (folder / name).parent.mkdir()
        shutil.copy(ROOT / name, folder / name)
    files = ["-i", str(folder / FILES[0]), "-t", str(folder / FILES[1])]
    assert sonicfab("render", *files, "-o", folder / "build").returncode == 0
    options = ("--from", folder / "build" / "spine-leaf-1x2", "--swss-ready-after", "1")
    with booted(sonicfab, "pair", "", *options, files=files) as lab:
        yield lab


@pytest.fixture(autouse=True)
def _unnumbered(fabric: Lab, sonicfab: Run) -> Iterator[None]:
    """Each test begins unnumbered, all sessions up, and is about to number the links."""
    topology = Path(fabric.files[3])
    unnumbered = topology.read_text()
    numbers = topology.with_suffix(".numbers.yml")
    kept = numbers.read_text() if numbers.exists() else None
    done = fabric.verify()
    assert done.returncode == 0, done.stdout
    topology.write_text(unnumbered.replace("underlay: unnumbered", NUMBERED))
    # which notes the numbers of the links
    assert sonicfab("render", *fabric.files, "-o", topology.parent / "numbered").returncode == 0
    try:
        yield
    finally:
        topology.write_text(unnumbered)
        numbers.unlink(missing_ok=True)
        if kept is not None:
            numbers.write_text(kept)
    pushed(fabric, "--overwrite-drift")


def pushed(lab: Lab, *options: object, code: int = 0) -> dict[str, dict[str, Any]]:
    done = lab.sonicfab("push", "--yes", "--format", "json", *options, cwd=Path(lab.files[1]).parent)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return {one["switch"]: one for one in json.loads(done.stdout)["switches"]}


def addresses(lab: Lab) -> dict[str, int]:
    """How many addresses the ports of each switch have, as they run and as they are stored."""
    found: dict[str, int] = {}
    for name in ALL:
        stored = json.loads(lab.inside(name, "cat /etc/sonic/config_db.json").out)
        for kind, config in ((name, lab.config_db(name)), (f"{name} stored", stored)):
            found[kind] = sum("|" in key for key in config.get("INTERFACE", {}))
    return found


def idle(lab: Lab) -> bool:
    return all(lab.inside(name, "ls -d /etc/sonic/sonicfab/guard").code != 0 for name in ALL)


def spine_takes_nothing(folder: Path) -> Path:
    """Templates with which the spine, and no leaf, takes no route."""
    (folder / "frr").mkdir(parents=True)
    text = (ROOT / "templates" / "frr" / "route_maps.j2").read_text()
    lists = '[] if switch.role == "spine" else fabric.prefix_lists'
    new = re.sub(r'route_map\("FROM-FABRIC", fabric\.prefix_lists\)', f'route_map("FROM-FABRIC", {lists})', text)
    assert new != text
    (folder / "frr" / "route_maps.j2").write_text(new)
    return folder


def test_all_of_them_are_confirmed_at_the_end(fabric: Lab) -> None:
    result = pushed(fabric)
    assert {name: one["state"] for name, one in result.items()} == dict.fromkeys(ALL, "changed")
    assert set(addresses(fabric).values()) == {2, 4}, "an address of each family on each link"
    assert idle(fabric)
    checked = fabric.verify()
    assert checked.returncode == 0, checked.stdout
    steps = journal(fabric)
    confirmed = [switch for switch, step in steps if step == "confirmed"]
    assert set(confirmed) == set(ALL)
    waits = steps.index((LEAF1, "waiting"))
    proven = steps.index((SPINE, "checking"))
    assert waits < proven < min(steps.index((name, "confirmed")) for name in ALL), "none before the last is proven"


def journal(lab: Lab) -> list[tuple[str, str]]:
    folder = Path(lab.files[1]).parent / "build" / "spine-leaf-1x2" / "push"
    lines = (sorted(folder.iterdir())[-1] / "journal.jsonl").read_text().splitlines()
    return [(one["switch"], one["step"]) for one in map(json.loads, lines)]


def test_all_of_them_go_back_when_the_last_one_fails(fabric: Lab, tmp_path: Path) -> None:
    before = {name: fabric.inside(name, "vtysh -c 'show running-config'").out for name in ALL}
    result = pushed(fabric, "--templates", spine_takes_nothing(tmp_path / "mine"), "--confirm-within", 40, code=6)
    assert {name: one["state"] for name, one in result.items()} == dict.fromkeys(ALL, "rolled back")
    assert "received prefixes and does not" in result[SPINE]["error"]
    for leaf in (LEAF1, LEAF2):
        assert f"{leaf} went back because {SPINE} went back" in result[leaf]["error"]
    assert set(addresses(fabric).values()) == {0}
    assert idle(fabric)
    assert {name: fabric.inside(name, "vtysh -c 'show running-config'").out for name in ALL} == before
    checked = fabric.verify()
    assert checked.returncode == 0, checked.stdout


def killed(lab: Lab, at: str, *options: object) -> None:
    """A push that is killed once every one of these lines has come."""
    push = lab.begun("push", "--yes", "--confirm-within", 20, *options)
    assert push.stderr
    left = at.split(", ")
    for line in push.stderr:
        left = [one for one in left if one not in line]
        if not left:
            break
    push.kill()
    push.communicate()
    assert not left


WAIT = f"{LEAF1}: waiting, {LEAF2}: waiting"


def test_those_that_wait_when_it_is_killed_go_back_by_themselves(fabric: Lab) -> None:
    killed(fabric, WAIT)
    patience = Patience(240)
    while not idle(fabric):
        assert not patience.ended
    assert set(addresses(fabric).values()) == {0}


def test_those_that_wait_for_what_was_not_begun_go_back_at_resume(fabric: Lab) -> None:
    killed(fabric, WAIT)
    done = fabric.sonicfab("push", "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"waits for the change of {SPINE}, which was not begun" in done.stderr
    assert set(addresses(fabric).values()) == {2, 4}


def test_those_that_wait_are_confirmed_at_resume_with_what_they_wait_for(fabric: Lab) -> None:
    killed(fabric, f"{WAIT}, {SPINE}: proving")
    done = fabric.sonicfab("push", "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ALL:
        assert f"{name}: new config" in done.stderr
    assert set(addresses(fabric).values()) == {2, 4}
    assert idle(fabric)


def test_one_that_loses_power_while_it_waits_takes_the_others_back(fabric: Lab) -> None:
    push = fabric.begun("push", "--yes", "--confirm-within", 40, "--format", "json")
    assert push.stderr
    for line in push.stderr:
        if f"{LEAF1}: waiting" in line:
            fabric.fault("kill-switch", LEAF1)
            break
    output = push.communicate()[0]
    fabric.heal()
    assert push.returncode == 6, output
    assert {one["switch"]: one["state"] for one in json.loads(output)["switches"]} == dict.fromkeys(ALL, "rolled back")
    assert set(addresses(fabric).values()) == {0}
    assert idle(fabric)


def test_resume_judges_a_switch_as_the_push_would_have(fabric: Lab, tmp_path: Path) -> None:
    """Its session is up, and nothing comes over it any more: no reason for anybody to confirm that."""
    topology = Path(fabric.files[3])
    topology.write_text(topology.read_text().replace(NUMBERED, "underlay: unnumbered"))
    topology.with_suffix(".numbers.yml").unlink()
    (tmp_path / "frr").mkdir()
    text = (ROOT / "templates" / "frr" / "route_maps.j2").read_text()
    new = text.replace('route_map("FROM-FABRIC", fabric.prefix_lists)', 'route_map("FROM-FABRIC", [])')
    assert new != text
    (tmp_path / "frr" / "route_maps.j2").write_text(new)
    options = ("--limit", LEAF1, "--templates", tmp_path)
    before = fabric.inside(LEAF1, "vtysh -c 'show running-config'").out
    killed(fabric, f"{LEAF1}: checking", *options)
    done = fabric.sonicfab("push", "--yes", "--resume", *options, "--dry-run")
    assert done.returncode == 5, done.stdout
    done = fabric.sonicfab("push", "--yes", "--resume", *options)
    assert done.returncode == 6, done.stdout + done.stderr
    assert re.search(rf"{LEAF1}: old config: .* received prefixes and does not", done.stderr), done.stderr
    assert fabric.inside(LEAF1, "vtysh -c 'show running-config'").out == before
