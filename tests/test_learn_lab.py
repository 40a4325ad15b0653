"""`sonicfab builds learn` from a running lab switch over SSH, and what becomes of the profile."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, YANG, Run, example_files
from known import get_build
from labs import LEAF1, SPINE, Lab, booted, needs_lab
from learn_trees import MODULE

pytestmark = needs_lab
FABRIC = "spine-leaf-1x2"
BUILD = "community-202411"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of the lab's build where they are at hand, else a made-up one."""
    folder = tmp_path_factory.mktemp("models")
    real = YANG / BUILD.removeprefix("community-")
    for path in sorted(real.glob("*.yang")):
        shutil.copyfile(path, folder / path.name)
    if not real.is_dir():
        (folder / "own-port.yang").write_text(MODULE.format("own-port"))
    return folder


@pytest.fixture(scope="module")
def lab(sonicfab: Run, models: Path) -> Iterator[Lab]:
    with booted(sonicfab, "learned", "scs-lab", "--yang-dir", str(models)) as one:
        yield one


Learn = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def learn(lab: Lab, sonicfab: Run, tmp_path: Path) -> Learn:
    """Learn a build from a switch of the lab, into the data folder `tmp_path`."""

    def run(name: str, switch: str, *options: str) -> subprocess.CompletedProcess[str]:
        words = ("builds", "learn", name, "--switch", switch, *lab.files, "--lab-name", lab.name)
        return sonicfab(*words, *options, SONICFAB_DATA=str(tmp_path))

    return run


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(done.stdout)
    return value


JSON = ("--format", "json")


def built(sonicfab: Run, folder: Path, build: str, data: Path) -> dict[str, str]:
    """What a build renders; file -> text."""
    options = ("-o", folder / build, "--image-build", build)
    done = sonicfab("render", *example_files("scs-lab"), *options, SONICFAB_DATA=str(data))
    assert done.returncode == 0, done.stderr
    root = folder / build / FABRIC
    return {str(path.relative_to(root)): path.read_text() for path in root.glob("*/*")}


def test_a_learned_build_renders_what_the_build_that_ran_renders(
    lab: Lab, learn: Learn, sonicfab: Run, tmp_path: Path, models: Path
) -> None:
    said = told(learn("site-1", LEAF1, *JSON))
    assert said["origin"] == f"lab switch {LEAF1} with {BUILD}.sonicfab-lab"
    assert said["ports"] == {"Accton-AS7326-56X": 56, "Accton-AS7726-32X": 32}
    assert said["yang_models"] == len(list(models.iterdir()))
    facts, ships = said["facts"], get_build(BUILD)
    assert facts["identified_by"] == {"build_version": f"{BUILD}.sonicfab-lab"}
    for fact in ("debian", "database_version", "routing_config_mode", "bfd_needs_mgmt_framework"):
        assert facts[fact] == getattr(ships, fact), fact
    assert tuple(facts["frr_start_lines"]) == ships.frr_start_lines
    running = lab.inside(LEAF1, "vtysh -c 'show version'").out
    assert f"FRRouting {facts['frr']}" in running, "the lab's FRR is that of the machine"
    assert f"-M {facts['fpm_module']}" in lab.inside(LEAF1, "pgrep -a zebra").out
    kept = sorted((tmp_path / "builds" / "site-1" / "yang").iterdir())
    assert {path.name: path.read_bytes() for path in kept} == {
        path.name: path.read_bytes() for path in models.iterdir()
    }

    ours, theirs = built(sonicfab, tmp_path, "site-1", tmp_path), built(sonicfab, tmp_path, BUILD, tmp_path)
    assert ours.keys() == theirs.keys()
    assert len(ours) == 6
    for name, text in ours.items():
        as_shipped = re.sub(r"^frr version .*", f"frr version {ships.frr}", text, flags=re.MULTILINE)
        assert as_shipped == theirs[name], name
        assert (text != theirs[name]) == name.endswith("frr.conf")

    known = {"SONICFAB_DATA": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    found = told(sonicfab("validate", *example_files("scs-lab"), "--image-build", "site-1", *JSON, **known))
    assert "schema facts of site-1" in found["checked"]
    assert any(line.startswith("YANG models of site-1") for line in found["checked"])
    codes = {one["code"] for one in found["findings"]}
    assert codes == (set() if len(kept) > 1 else {"SF-101"}), "made-up models know none of the tables"


def test_the_switch_may_run_any_build_but_must_be_the_one_that_is_meant(lab: Lab, learn: Learn, tmp_path: Path) -> None:
    own = tmp_path / "inventory.yml"
    text = Path(lab.files[1]).read_text()
    assert "image_build: " in text
    unknown = re.sub(r"image_build: .*", "image_build: not-yet-learned", text)
    own.write_text(unknown)
    lab.files[1] = str(own)
    try:
        assert learn("site-1", LEAF1).returncode == 0
        mac = re.search(r"mac: (\S+)", text[text.index(LEAF1) :])
        assert mac
        own.write_text(unknown.replace(mac[1], "02:00:00:00:00:01"))
        done = learn("site-2", LEAF1)
    finally:
        lab.files[1] = example_files("scs-lab")[1]
    assert done.returncode == 3
    assert "its base MAC is" in done.stderr
    assert "it runs" not in done.stderr
    assert not (tmp_path / "builds" / "site-2").exists()


def test_other_keys_tell_the_build(learn: Learn) -> None:
    facts = told(learn("site-1", LEAF1, "--identified-by", "branch", "--identified-by", "asic_type", *JSON))["facts"]
    assert facts["identified_by"] == {"branch": "202411", "asic_type": "broadcom"}
    done = learn("site-2", LEAF1, "--identified-by", "flavour")
    assert done.returncode == 2
    assert "it has no flavour" in done.stderr


def test_a_switch_whose_bgp_container_is_stopped_lacks_what_that_tells(lab: Lab, learn: Learn) -> None:
    assert lab.inside(SPINE, "systemctl stop bgp").code == 0
    done = learn("site-1", SPINE)
    assert done.returncode == 2
    assert "does not tell routing_config_mode, frr_start_lines, bfd_needs_mgmt_framework" in done.stderr
    assert "the bgp container does not run" in done.stderr


def test_models_that_are_links_are_refused(lab: Lab, learn: Learn, tmp_path: Path) -> None:
    folder = "/usr/local/yang-models"
    assert lab.inside(SPINE, "systemctl start bgp").code == 0
    assert lab.inside(SPINE, f"mount -t tmpfs models {folder} && ln -s /etc/shadow {folder}/own-link.yang").code == 0
    done = learn("site-1", SPINE)
    assert done.returncode == 2
    assert f"{SPINE}:{folder}: 'own-link.yang' is not a plain file in one folder" in done.stderr
    assert not (tmp_path / "builds").exists()


def test_a_lab_of_a_learned_build_has_its_models_and_tells_it(learn: Learn, sonicfab: Run, tmp_path: Path) -> None:
    """Learned from one lab, run as another, and known again by its identity."""
    assert learn("site-1", LEAF1).returncode == 0
    inventory, numbers = tmp_path / "inventory.yml", f"{FABRIC}.numbers.yml"
    text = Path(example_files("scs-lab")[1]).read_text()
    inventory.write_text(re.sub(r"image_build: .*", "image_build: site-1", text))
    for name in (f"{FABRIC}.yml", numbers):
        if (ROOT / "topologies" / name).exists():
            shutil.copyfile(ROOT / "topologies" / name, tmp_path / name)
    files = ["-i", str(inventory), "-t", str(tmp_path / f"{FABRIC}.yml")]
    environment = {"SONICFAB_DATA": str(tmp_path)}
    done = sonicfab("lab", "up", *files, "--name", "learned-2", **environment)
    assert done.returncode == 0, done.stderr
    try:
        other = Lab(sonicfab, "learned-2", files)
        names = other.inside(SPINE, "ls /usr/local/yang-models").out.split()
        assert names == sorted(path.name for path in (tmp_path / "builds" / "site-1" / "yang").iterdir())
        done = other.sonicfab("push", "--yes", **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        done = other.sonicfab("verify", "--timeout", 30, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        sonicfab("lab", "down", "--name", "learned-2", **environment)


def test_without_models_the_profile_is_learned_without(sonicfab: Run, tmp_path: Path) -> None:
    with booted(sonicfab, "bare") as bare:
        words = ("builds", "learn", "site-1", "--switch", LEAF1, *bare.files, "--lab-name", bare.name)
        done = sonicfab(*words, SONICFAB_DATA=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert "the image has no YANG models; the profile is learned without" in done.stderr
        assert "YANG models" in " ".join(done.stdout.partition("not known:")[2].split())
        assert not (tmp_path / "builds" / "site-1" / "yang").exists()
        refused = sonicfab("lab", "up", *bare.files, "--name", "other", "--yang-dir", str(tmp_path))
        assert refused.returncode == 2
