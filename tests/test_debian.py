"""Debian trees whose FRR lab switches run: found, chosen, refused. Making one takes debootstrap: `make frr-test`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import ROOT, Run, example_files
from known import get_build
from labs import lab_missing
from sonicfab.errors import InputError, LabError
from sonicfab.fabric import open_fabric
from sonicfab.lab import debian
from sonicfab.lab.debian import Tree, nearest, tree_at
from sonicfab.lab.planned import lab_spec, on_trees
from sonicfab.lab.spec import LabSpec

MACHINE, BOOKWORM, TRIXIE = Tree(None, "8.4.4"), Tree(Path("/b"), "8.4.4"), Tree(Path("/t"), "10.3")


def tree(folder: Path, version: str = "10.3-3+deb13u1") -> Path:
    """What a tree is recognised by."""
    for name in ("usr/lib/frr/zebra", "usr/bin/vtysh", "usr/bin/redis-server", "usr/sbin/sshd", "usr/bin/python3"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    status = folder / "var" / "lib" / "dpkg" / "status"
    status.parent.mkdir(parents=True)
    rows = f"Package: frr\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
    status.write_text(f"Package: apt\nVersion: 3.0\n\n{rows}\nPackage: frr-pythontools\nVersion: 1\n")
    return folder


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        ("community-202305", MACHINE),
        ("community-202405", MACHINE),
        ("edgecore-202211", MACHINE),
        ("community-202411", TRIXIE),
        ("community-202505", TRIXIE),
        ("community-202605", TRIXIE),
    ],
)
def test_a_switch_runs_the_frr_nearest_to_its_builds(build: str, wanted: Tree) -> None:
    assert nearest(get_build(build).frr, [MACHINE, BOOKWORM, TRIXIE]) == wanted
    assert nearest(get_build(build).frr, [MACHINE]) == MACHINE


@pytest.mark.parametrize(
    ("build", "tree", "kept"),
    [
        ("community-202411", TRIXIE, ("PORT", "PORTCHANNEL")),
        ("community-202505", TRIXIE, ("PORT",)),
        ("community-202411", MACHINE, ()),
    ],
)
def test_zebra_of_10_3_is_told_of_what_it_would_not_survive(build: str, tree: Tree, kept: tuple[str, ...]) -> None:
    _, inventory, _, topology = example_files("scs-lab")
    plan = open_fabric(Path(inventory), Path(topology), build).plan
    spec = on_trees(lab_spec(plan, "x"), plan, [tree])
    assert {switch.kept for switch in spec.switches} == {kept}
    assert LabSpec.loads(spec.dumps()) == spec


@pytest.mark.parametrize(("version", "frr"), [("10.3-3+deb13u1", "10.3"), ("1:8.4.4-1.1~deb12u2", "8.4.4"), ("?", "")])
def test_the_version_is_that_of_the_package(tmp_path: Path, version: str, frr: str) -> None:
    assert tree_at(tree(tmp_path, version)) == Tree(tmp_path, frr)


def test_what_is_no_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no usr/lib/frr/zebra in it"):
        tree_at(tmp_path)
    with pytest.raises(InputError, match="no folder with : , or"):
        tree_at(tree(tmp_path / "a:b"))
    (tree(tmp_path / "c") / "usr" / "sbin" / "sshd").unlink()
    with pytest.raises(InputError, match="no usr/sbin/sshd in it"):
        tree_at(tmp_path / "c")


def test_trees_that_are_kept_are_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(debian, "this_machine", lambda: MACHINE)
    assert debian.at_hand() == [MACHINE]
    kept = tree(tmp_path / "sonicfab" / "debian" / "trixie")
    (tmp_path / "sonicfab" / "debian" / ".sid.17").mkdir()
    assert debian.at_hand() == [MACHINE, Tree(kept, "10.3")]
    assert debian.make_tree("trixie", print) == Tree(kept, "10.3"), "one that is there is not made anew"


def test_no_name_of_a_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match="is no name of a release"):
        debian.make_tree("../x", print)


def test_debootstrap_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "debootstrap").write_text(
        "#!/bin/sh\neval last=\\${$#}\nmkdir -p $4/debootstrap\necho E: no >&2\nexit 1\n"
    )
    (programs / "unshare").write_text('#!/bin/sh\nwhile [ "$1" != debootstrap ]; do shift; done\nexec "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(LabError, match="debootstrap failed: E: no"):
        debian.make_tree("trixie", print)
    assert list((tmp_path / "sonicfab" / "debian").iterdir()) == []


def test_debootstrap_needs_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="debootstrap needs root"):
        debian.make_tree("trixie", print)


@pytest.mark.lab
@pytest.mark.skipif(bool(lab_missing()), reason="no lab here")
def test_a_folder_that_is_none_is_refused_before_anything_boots(sonicfab: Run, tmp_path: Path) -> None:
    files = ("-i", ROOT / "inventories" / "scs-lab.yml", "-t", ROOT / "topologies" / "spine-leaf-1x2.yml")
    done = sonicfab("lab", "up", *files, "--frr", tmp_path)
    assert done.returncode == 2
    assert "no usr/lib/frr/zebra in it" in done.stderr
    assert "`sonicfab lab frr RELEASE` makes one" in done.stderr
