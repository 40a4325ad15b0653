"""On the FRR of Debian's trixie, 10.3, as the builds from 202411 on have 10: a sample of what `make frr-test` does."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Run
from frrpairs import BASE, CHANGES, changed
from frrs import fresh, holder
from labs import SPINE, Lab, booted, needs_lab, quick_files
from sonicfab.errors import LabError
from sonicfab.lab.debian import make_tree, trees_folder

pytestmark = needs_lab


@pytest.fixture(scope="module")
def tree() -> Iterator[str]:
    """A trixie: the user's own, or one that is made now and kept with what else tests have downloaded."""
    downloads = Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(downloads.parents[1]))
        if not (trees_folder() / "trixie").exists():
            if not shutil.which("debootstrap"):
                pytest.skip("no debootstrap here: scripts/install-packages debootstrap")
            patch.setenv("XDG_CACHE_HOME", str(downloads))  # another `lab up` of the user would take one in his
        try:
            yield str(make_tree("trixie", print).root)
        except LabError as err:
            pytest.skip(f"no tree of trixie: {err}")


def test_deltas_are_reached_in_one_pass(tree: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No next hop without its neighbour is left either: `become` looks."""
    monkeypatch.setenv("FRR_OF_SONICFAB_TESTS", tree)
    with holder(tmp_path) as held:
        router = fresh(held, tmp_path)
        assert router.major >= 10
        router.become(BASE)
        for name in random.Random(10).sample(list(CHANGES), 8):
            router.become(changed(name))
            router.become(BASE)
        router.end()


@pytest.fixture(scope="module")
def fabric(tree: str, sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    files = quick_files(tmp_path_factory.mktemp("frr10"))
    with booted(sonicfab, "frr10", "scs-lab", "--swss-ready-after", 1, "--frr", tree, files=files) as lab:
        done = lab.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
        yield lab


def test_verify_and_the_lab_say_which_frr_runs(fabric: Lab) -> None:
    done = fabric.verify(60)
    assert done.returncode == 0, done.stdout
    assert "FRR 10.3 on 3 switches" in done.stdout
    assert set(json.loads(fabric.verify(10, "--format", "json").stdout)["frr"].values()) == {"10.3"}
    assert "10.3" in fabric.lab("status").stdout


def test_a_push_by_delta_restarts_nothing(fabric: Lab) -> None:
    before = fabric.inside(SPINE, STARTS).out
    topology = Path(fabric.files[-1])
    topology.write_text(topology.read_text().replace("connect_retry: 1", "connect_retry: 2"))
    done = fabric.sonicfab("push", "--yes", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["way"] for one in json.loads(done.stdout)["switches"]} == {"frr-delta"}
    assert fabric.inside(SPINE, STARTS).out == before != ""
    assert "peer (null)" not in fabric.inside(SPINE, "vtysh -c 'show bgp nexthop'").out
    assert "3 unchanged" in fabric.sonicfab("push", "--yes").stdout


STARTS = "cat /run/sonic/bgp.starts; pidof zebra bgpd"
