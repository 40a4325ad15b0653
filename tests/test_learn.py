"""`sonicfab builds learn`: profiles from folders, and from damaged input."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, Run, example_files
from known import PLATFORMS, build_names, get_build, get_platform
from labs import LEAF1
from learn_trees import LEAF_DEVICE, checkout, image_root, port_rows, write
from sonicfab.catalog import Catalog
from sonicfab.errors import InputError
from sonicfab.learn.findings import BY_VERSION
from sonicfab.learn.folder import learn_from_folder
from sonicfab.learn.portconfig import read_port_config
from sonicfab.learn.profile import check_name, forget_profile, given_facts, make_profile, write_profile
from sonicfab.load import load_both, load_numbers
from sonicfab.plan.assemble import make_plan


def test_an_unpacked_image_tells_everything(tmp_path: Path, sonicfab: Run) -> None:
    root = image_root(tmp_path / "image")
    done = sonicfab("builds", "learn", "site-1", "--from", root, "--format", "json", SONICFAB_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["format_version"] == 1
    assert told["facts"] == {
        "vendor": "own",
        "identified_by": {"build_version": "site.7"},
        "frr": "10.0.1",
        "debian": "bookworm",
        "kernel": "6.1.0-29-2",
        "python": "3.11",
        "database_version": "version_202411_09",
        "routing_config_mode": "split-unified",
        "frr_start_lines": ["fpm address 127.0.0.1", "no fpm use-next-hop-groups"],
        "fpm_module": "dplane_fpm_sonic",
        "frr_daemons": ["zebra", "bgpd"],
        "frr_telnet_daemons": ["zebra", "bgpd"],
        "bfd_needs_mgmt_framework": True,
        "bgp_daemon": "bgpcfgd",
        "ntp_daemon": "chrony",
    }
    assert told["ports"] == {"Accton-AS7326-56X": 56}
    assert (told["yang_models"], told["init_cfg"]) == (1, True)
    assert told["unknown"] == [
        "redis",
        "docker",
        "reload_checks_yang",
        "port_defaults",
        "unsuppress_map_is_policy",
        "platform_modules",
    ]
    assert told["facts"].keys() - told["sources"].keys() == {"vendor"}
    folder = tmp_path / "builds" / "site-1"
    assert {path.name for path in folder.iterdir()} == {"build.yml", "init_cfg.json", "schema.json", "yang"}
    assert [path.name for path in folder.parent.iterdir()] == ["site-1"], "nothing half-written stays"


def test_the_table_fits_and_says_what_is_not_known(tmp_path: Path, sonicfab: Run) -> None:
    root = checkout(tmp_path / "checkout")
    done = sonicfab("builds", "learn", "site-2", "--from", root, SONICFAB_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 100
    assert "not known: python, redis, docker, database_version, reload_checks_yang, port_defaults" in done.stdout
    assert "own-unused.yang" in done.stderr
    assert "own-lost.yang" in done.stderr
    assert "git submodule update --init" in done.stderr


def test_a_checkout_is_read_as_its_build_would_use_it(tmp_path: Path) -> None:
    findings = learn_from_folder(checkout(tmp_path / "checkout"), BY_VERSION, PLATFORMS)
    profile = make_profile("site-2", findings, {})
    file = profile.build
    assert (file.frr, file.debian, file.kernel, file.ntp_daemon) == ("10.4.1", "trixie", "6.12.41", "chrony")
    assert file.identified_by == {"branch": "site-branch"}
    assert file.platform_modules["accton"] is False, "accton's modules are commented out"
    assert sorted(profile.yang) == ["own-port.yang", "own-types.yang"]
    assert "// for the switch" in profile.yang["own-types.yang"]
    first = file.ports["Accton-AS7326-56X"]["Ethernet0"]
    assert first == {"lanes": "3", "alias": "Ethernet0", "index": "1", "speed": "25000"}, "filled from the platform"
    assert any("speed of the ports is not in it" in note for note in profile.notes)


def test_learned_renders_and_is_forgotten_in_one_process(tmp_path: Path, learned: Path) -> None:
    """No cache of an earlier look keeps a build unknown, old or alive."""
    inventory, topology = (Path(name) for name in example_files("scs-lab")[1::2])
    loaded, numbers = load_both(inventory, topology), load_numbers(topology.with_suffix(".numbers.yml"))

    def alias() -> str:
        plan, _, _ = make_plan(loaded[0].value, loaded[1].value, numbers.value, Catalog.load(), "site-1")
        return plan.switches[LEAF1].ports[0].alias

    assert "site-1" not in build_names()
    root = image_root(tmp_path / "image")
    spine = get_platform("as7726-32x")
    table = "\n".join(f"{one.name} {one.lanes[0]} {one.alias} 1" for one in spine.ports("community").values())
    assert "# name" not in table, "SONiC's own columns when none are named"
    with pytest.raises(InputError, match="no speed"):
        read_port_config(table, spine, "ports")
    rows = [f"{p.name} {','.join(map(str, p.lanes))}" for p in spine.ports("community").values()]
    write(root, {f"usr/share/sonic/device/{spine.platform}/{spine.hwsku}/port_config.ini": "\n".join(rows)})
    write_profile(make_profile("site-1", learn_from_folder(root, BY_VERSION, PLATFORMS), {}), replace=False)
    assert get_build("site-1").yang == learned / "site-1" / "yang"
    assert alias() == "ownEthernet0"
    write(root, {f"usr/share/sonic/device/{LEAF_DEVICE}/port_config.ini": port_rows().replace("own", "new")})
    findings = learn_from_folder(root, BY_VERSION, PLATFORMS)
    with pytest.raises(InputError, match="learned already"):
        write_profile(make_profile("site-1", findings, {}), replace=False)
    assert alias() == "ownEthernet0"
    write_profile(make_profile("site-1", findings, {}), replace=True)
    assert alias() == "newEthernet0"
    forget_profile("site-1")
    assert "site-1" not in build_names()
    assert list(learned.iterdir()) == []
    with pytest.raises(InputError, match="no such learned build"):
        forget_profile("site-1")


def test_names_that_are_refused(learned: Path) -> None:
    for name, why in (
        ("community-202411", "ships with sonicfab"),
        ("../escape", "not a name"),
        (".hidden", "not a name"),
        ("", "not a name"),
    ):
        with pytest.raises(InputError, match=why):
            check_name(name, replace=True)
    with pytest.raises(InputError, match="ships with sonicfab"):
        forget_profile("community-202411")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (["frr"], "must be FACT=VALUE"),
        (["fr=1"], "no such fact"),
        (["name=x"], "no such fact"),
        (["identified_by=x"], "must be identified_by.KEY=VALUE"),
        (["frr.x=1"], "must be frr=VALUE"),
        (["frr=10.3\nrouter bgp 1"], "frr: not usable"),
        (["frr_start_lines=a$(b)"], "frr_start_lines: not usable"),
        (["bfd_needs_mgmt_framework=perhaps"], "bfd_needs_mgmt_framework: Input should be a valid boolean"),
        (["reload_checks_yang=sometimes"], "reload_checks_yang: Input should be 'never'"),
    ],
)
def test_facts_that_cannot_be_given(settings: list[str], why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(why)):
        make_profile("x", learn_from_folder(image_root(tmp_path), BY_VERSION, PLATFORMS), given_facts(settings))


def test_what_cannot_be_found_must_be_given(tmp_path: Path, sonicfab: Run) -> None:
    """An image whose containers are not unpacked, and without sonic_version.yml."""
    root = image_root(tmp_path / "image")
    shutil.rmtree(root / "var")
    (root / "etc/sonic/sonic_version.yml").unlink()
    learn = ["builds", "learn", "site-3", "--from", str(root)]
    done = sonicfab(*learn, SONICFAB_DATA=str(tmp_path))
    assert done.returncode == 2
    assert "does not tell identified_by, routing_config_mode, frr_start_lines, bfd_needs_mgmt_framework" in done.stderr
    hints = re.findall(r"--set \S+?=", done.stderr)
    assert len(hints) == 4
    assert not (tmp_path / "builds").exists()
    given = ["identified_by.build_version=x", "routing_config_mode=split", "frr_start_lines=", "port_defaults.a=b"]
    words = [word for one in (*given, "bfd_needs_mgmt_framework=no") for word in ("--set", one)]
    done = sonicfab(*learn, *words, "--format", "json", SONICFAB_DATA=str(tmp_path))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["facts"]["frr_start_lines"] == []
    assert told["facts"]["bfd_needs_mgmt_framework"] is False
    assert told["sources"]["routing_config_mode"] == "given with --set"
    assert "frr" in told["unknown"]


def test_without_frr_and_database_version_neither_is_rendered(tmp_path: Path, sonicfab: Run) -> None:
    root = checkout(tmp_path / "checkout")
    (root / "rules/frr.mk").unlink()
    (root / "platform/broadcom/rules.mk").unlink()
    spine = get_platform("as7726-32x")
    rows = [f"{p.name} {','.join(map(str, p.lanes))} {p.alias}" for p in spine.ports("community").values()]
    write(root, {f"device/accton/{spine.platform}/{spine.hwsku}/port_config.ini": "\n".join(rows)})
    environment = {"SONICFAB_DATA": str(tmp_path)}
    assert sonicfab("builds", "learn", "site-4", "--from", root, **environment).returncode == 0
    files = example_files("scs-lab")
    done = sonicfab("render", *files, "--image-build", "site-4", "-o", tmp_path / "out", **environment)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "out" / "spine-leaf-1x2" / LEAF1
    assert (folder / "frr.conf").read_text().startswith("frr defaults")
    assert "VERSIONS" not in json.loads((folder / "config_db.json").read_text())


def test_aliases_as_edgecore_writes_them() -> None:
    platform = get_platform("as7326-56x")
    text = "# name lanes alias index speed\nEthernet20 21 Eth6/3(Port1) 21 25000\n"
    assert read_port_config(text, platform, "x").ports["Ethernet20"]["alias"] == "Eth6/3(Port1)"


def test_the_models_of_branches_come_from_a_clone(tmp_path: Path) -> None:
    """scripts/yang-models, whatever is checked out: what the branch's images install, templates filled in."""
    clone = tmp_path / "clone"
    checkout(clone)
    shutil.rmtree(clone / ".git")

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", "-C", clone, *who, *words], check=True, capture_output=True)

    git("init", "--initial-branch", "other")
    git("add", "--all")
    git("commit", "--message", "one")
    git("branch", "202411")
    git("rm", "-r", "--quiet", "src")
    git("commit", "--message", "two")
    script = [sys.executable, str(ROOT / "scripts" / "yang-models"), str(clone), str(tmp_path / "models")]
    done = subprocess.run([*script, "202411"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{tmp_path}/models/202411: 2 models of " in done.stdout
    made = {path.name: path.read_text() for path in (tmp_path / "models" / "202411").iterdir()}
    assert made.keys() == {"own-port.yang", "own-types.yang"}
    assert "// for the switch" in made["own-types.yang"]
    lacking = subprocess.run([*script, "202505"], capture_output=True, text=True, check=False)
    assert (lacking.returncode, "no branch 202505" in lacking.stderr) == (1, True), lacking.stderr
