"""What `sonicfab adopt` reads: folders in the layouts that people have, and switches that run; what it cannot read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import ROOT, Run
from sonicfab.adopt.live import not_running
from sonicfab.adopt.source import read_folders
from sonicfab.errors import InputError
from sonicfab.switch.ask import Answers
from sonicfab.switch.state.config import RUNNING_FRR, STORED_FRR
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.transport import CommandResult

GOLDEN = ROOT / "tests" / "golden"


def test_layouts_of_folders(tmp_path: Path) -> None:
    source = GOLDEN / "dc-2x4"
    (tmp_path / "etc" / "sonic" / "frr").mkdir(parents=True)
    pairs = {
        "dc1-leaf1": ("etc/sonic/config_db.json", "etc/sonic/frr/frr.conf"),
        "dc1-leaf2": ("dc1-leaf2.json", "dc1-leaf2.conf"),
        "dc1-leaf3": ("7326_dc1-leaf3_main.json", "7326_dc1-leaf3_frr.conf"),
        "dc1-leaf4": ("dc1-leaf4_config_db.json", "dc1-leaf4_frr.conf"),
    }
    for name, targets in pairs.items():
        for file, target in zip(("config_db.json", "frr.conf"), targets, strict=True):
            shutil.copy(source / name / file, tmp_path / target)
    (tmp_path / "notes.json").write_text('{"anything": 1}')
    (tmp_path / "broken.json").write_text("{")
    found = read_folders([tmp_path, source / "dc1-spine1", source / "dc1-spine2" / "config_db.json"])
    assert len(found) == 6
    assert all("router bgp" in one.frr for one in found)


def test_a_broken_config_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "leaf1").mkdir()
    (tmp_path / "leaf1" / "config_db.json").write_text('{"PORT": {\n')
    with pytest.raises(InputError) as caught:
        read_folders([tmp_path])
    assert caught.value.diagnostics[0].place.line == 2


def test_what_cannot_be_read_is_not_absent(tmp_path: Path) -> None:
    """Else a switch, or its BGP, would be missing in the files, and nobody told."""
    shutil.copytree(GOLDEN / "dc-2x4" / "dc1-leaf1", tmp_path / "dc1-leaf1")
    (tmp_path / "dc1-leaf2_main.json").write_text('{"PORT": {\n')
    (tmp_path / "package.json").write_text("{ no config and no JSON")
    with pytest.raises(InputError, match=r"dc1-leaf2_main\.json is not JSON"):
        read_folders([tmp_path])
    (tmp_path / "dc1-leaf2_main.json").unlink()
    frr = tmp_path / "dc1-leaf1" / "frr.conf"
    frr.unlink()
    frr.symlink_to("frr.conf")
    with pytest.raises(InputError, match=r"cannot read .*frr\.conf: Too many levels of symbolic links"):
        read_folders([tmp_path])
    frr.unlink()
    (found,) = read_folders([tmp_path])
    assert (found.name, found.frr) == ("dc1-leaf1", "")


def test_all_switches_that_are_not_reached_are_told(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("adopt", "--live", "127.0.0.1:1", "127.0.0.1:2", "-o", str(tmp_path / "site"))
    assert done.returncode == 3
    assert "127.0.0.1:1" in done.stderr
    assert "127.0.0.1:2" in done.stderr
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("stored", [None, "router bgp 65001\n"])
def test_programs_that_do_not_run_are_told(stored: str | None) -> None:
    stopped = CommandResult("", 1, "", "Error response from daemon: container bgp is not running", 0)
    missing = CommandResult("", 1, "", "/etc/sonic/frr/frr.conf: No such file or directory", 0)
    frr = missing if stored is None else CommandResult("", 0, stored, "", 0)
    told = not_running(Answers({RUNNING_FRR.name: stopped, STORED_FRR.name: frr, LLDP_NEIGHBORS.name: stopped}))
    instead = "its frr.conf was read instead" if stored else "there is no frr.conf"
    assert told[0] == f"FRR does not run on it: {instead}"
    assert told[1].startswith("LLDP does not run on it")
