"""Changes that need each other: unnumbered to numbered, where no session is up until both of its ends have changed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Run
from labs import LEAF1, LEAF2, SPINE, needs_lab
from pushtogether import ALL, Together, together_of

pytestmark = needs_lab


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    with together_of(sonicfab, tmp_path_factory.mktemp("together"), "together") as one:
        yield one


@pytest.fixture(autouse=True)
def _unnumbered(fabric: Together) -> Iterator[None]:
    """Each test begins unnumbered, all sessions up, and is about to number the links."""
    done = fabric.lab.verify()
    assert done.returncode == 0, done.stdout
    fabric.number()
    try:
        yield
    finally:
        fabric.unnumber()
    fabric.pushed("--overwrite-drift")
    assert fabric.state() == "old"


def test_all_of_them_are_confirmed_at_the_end(fabric: Together) -> None:
    result = fabric.pushed()
    assert {name: one["state"] for name, one in result.items()} == dict.fromkeys(ALL, "changed")
    assert fabric.state() == "new"
    assert fabric.idle
    checked = fabric.lab.verify()
    assert checked.returncode == 0, checked.stdout
    steps = fabric.journal()
    confirmed = [steps.index((name, "confirmed")) for name in ALL]
    proven = steps.index((SPINE, "checking"))
    assert steps.index((LEAF1, "waiting")) < proven < min(confirmed), "none before the last one is proven"


def running(fabric: Together, name: str) -> list[str]:
    """FRR's config, whose lines an undone delta may leave in another order."""
    return sorted(fabric.lab.inside(name, "vtysh -c 'show running-config'").out.splitlines())


def templates(folder: Path, takes: str) -> Path:
    """Templates that are valid; FROM-FABRIC takes these prefix lists."""
    (folder / "frr").mkdir(parents=True)
    text = (ROOT / "templates" / "frr" / "route_maps.j2").read_text()
    new = text.replace("in policy.lists %}", f'in ({takes} if policy.name == "FROM-FABRIC" else policy.lists) %}}')
    assert new != text
    (folder / "frr" / "route_maps.j2").write_text(new)
    return folder


def test_all_of_them_go_back_when_the_last_one_fails(fabric: Together, tmp_path: Path) -> None:
    before = {name: running(fabric, name) for name in ALL}
    spine_takes_nothing = templates(tmp_path / "mine", '[] if switch.role == "spine" else policy.lists')
    result = fabric.pushed("--templates", spine_takes_nothing, "--confirm-within", 40, code=6)
    assert {name: one["state"] for name, one in result.items()} == dict.fromkeys(ALL, "rolled back")
    assert "received prefixes and does not" in result[SPINE]["error"]
    for leaf in (LEAF1, LEAF2):
        assert f"{leaf} went back because {SPINE} went back" in result[leaf]["error"]
    assert fabric.state() == "old"
    assert fabric.idle
    assert {name: running(fabric, name) for name in ALL} == before
    fabric.unnumber()  # that is what is intended again
    checked = fabric.lab.verify()
    assert checked.returncode == 0, checked.stdout


_LEAVES_WAIT, _SPINE_PROVEN = "all leaves wait, the spine is not begun", "the spine is proven"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "happens"),
    [
        ("one waits", "sigkill"),
        (_LEAVES_WAIT, "rollback"),
        (_LEAVES_WAIT, "interrupt"),
        (_SPINE_PROVEN, "resume"),
    ],
)
def test_all_old_or_all_new(moment: str, happens: str, fabric: Together) -> None:
    """What people do at one moment each; `make push-faults` tries these and two faults more at all moments."""
    result = fabric.attempt(moment, happens)
    assert not result.wrong, result.wrong
    if happens != "resume":
        assert result.state == "old", "not all were proven"


@pytest.mark.slow
def test_resume_judges_a_switch_as_the_push_would_have(fabric: Together, tmp_path: Path) -> None:
    """Its session is up, and nothing comes over it any more: no reason for anybody to confirm that."""
    fabric.unnumber()
    options = ("--limit", LEAF1, "--templates", templates(tmp_path / "mine", "[]"))
    judged_for = ("--confirm-within", 20)  # besides the time that the change takes: half a minute
    before = fabric.lab.inside(LEAF1, "vtysh -c 'show running-config'").out
    push = fabric.begun(f"{LEAF1}: checking", *options)
    push.kill()
    push.communicate()
    done = fabric.resumed(*options, *judged_for, "--format", "json")
    assert done.returncode == 6, done.stdout + done.stderr
    assert re.search(rf"{LEAF1}: old config: .* received prefixes and does not", done.stderr), done.stderr
    assert [one["state"] for one in json.loads(done.stdout)["switches"]] == ["rolled back"], "as a whole push ends"
    assert fabric.lab.inside(LEAF1, "vtysh -c 'show running-config'").out == before
