"""A plan that is kept is what is done, or nothing is: whatever has changed since is told, and nobody is written to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sonicfab
from conftest import ROOT, Run, example_files
from labs import LEAF1
from plannings import planned
from sonicfab.errors import InputError
from sonicfab.operations import approved as operation
from sonicfab.operations import push as pushes
from sonicfab.operations.push import Intent, Planned
from sonicfab.push import prints
from sonicfab.push.approved import checksum, read_approved
from sonicfab.push.prints import Prints, differences, prints_of
from sonicfab.push.refusals import Observation
from sonicfab.push.run import PushOptions
from sonicfab.runner import Outcome


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prints, "_COST", 2)
    prints._slow.cache_clear()


# fingerprints

SALT = "00"
DB: dict[str, dict[str, dict[str, Any]]] = {
    "PORT": {"Ethernet0": {"mtu": "9100"}, "Ethernet4": {"mtu": "9100"}},
    "SNMP_COMMUNITY": {"s3cret": {"TYPE": "RO"}},
    "TACPLUS_SERVER": {"192.0.2.1": {"passkey": "s3cret"}},
}
FRR = "hostname x\nrouter bgp 1\n neighbor a password s3cret\n neighbor a remote-as 2\n"


def test_where_two_configs_differ_is_told_by_row_and_section() -> None:
    before = prints_of(DB, FRR, SALT)
    assert differences(before, prints_of(json.loads(json.dumps(DB)), FRR, SALT)) == []
    other = {**DB, "PORT": {"Ethernet0": {"mtu": "1500"}, "Ethernet8": {}}}
    frr = FRR.replace("remote-as 2", "remote-as 3") + "vrf a\n vni 1\n"
    assert differences(before, prints_of(other, frr, SALT)) == [
        "PORT|Ethernet0 is another",
        "PORT|Ethernet4 is gone",
        "PORT|Ethernet8 is new",
        "frr.conf: router bgp 1 is another",
        "frr.conf: vrf a is new",
    ]


@pytest.mark.parametrize(
    ("db", "frr"),
    [
        ({**DB, "SNMP_COMMUNITY": {"other": {"TYPE": "RO"}}}, FRR),
        ({**DB, "TACPLUS_SERVER": {"192.0.2.1": {"passkey": "other"}}}, FRR),
        (DB, FRR.replace("password s3cret", "password other")),
    ],
)
def test_another_secret_is_told_as_that_alone(db: Any, frr: str) -> None:
    assert differences(prints_of(DB, FRR, SALT), prints_of(db, frr, SALT)) == ["a secret is another"]


def test_no_secret_is_in_the_prints_nor_to_be_guessed_by_a_fast_hash() -> None:
    one, other = prints_of(DB, FRR, SALT), prints_of(DB, FRR.replace("s3cret", "0ther"), SALT)
    assert "s3cret" not in repr(one)
    assert (one.config_db, one.frr) == (other.config_db, other.frr), "rows and lines are hashed without them"
    assert one.secrets != other.secrets
    assert prints_of(DB, FRR, "01").secrets != one.secrets
    assert prints_of({}, "", SALT) == Prints()


# the file


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return planned(tmp_path_factory.mktemp("shown"), 1)


@pytest.fixture
def path(shown: Planned, tmp_path: Path) -> Path:
    operation.approve(shown).write(tmp_path / "plan.json")
    return tmp_path / "plan.json"


def test_what_is_kept_comes_back(shown: Planned, path: Path) -> None:
    back = read_approved(path)
    assert (back.fabric, back.lab, list(back.switches)) == ("many", False, ["leaf1", "spine1", "spine2"])
    assert back.switches["leaf1"].way == shown.decision.ways["leaf1"].name
    assert back.switches["leaf1"].changes == shown.looks["leaf1"].found.shown()
    assert [step.switches for step in back.steps] == [batch.switches for batch in shown.decision.batches]
    back.write(path.with_name("again.json"))
    assert path.read_text() == path.with_name("again.json").read_text()
    assert path.stat().st_mode & 0o777 == 0o644, "there is no secret in it"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data | {"fabric": "x"}, "is damaged, or was changed"),
        (lambda data: data | {"format_version": 9}, "has format_version 9"),
        (lambda data: data | {"sonicfab": "9.9"}, "sonicfab 9.9 has made"),
        (lambda data: data | {"kind": "x"}, "is not what `sonicfab plan -o FILE` writes"),
        (lambda _data: [], "is not what `sonicfab plan -o FILE` writes"),
        (lambda data: data | {"more": 1}, "is damaged"),
    ],
)
def test_what_is_no_plan_is_refused(path: Path, change: Callable[[Any], Any], told: str) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(InputError, match=told):
        read_approved(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 10000, '"x"', "null"])
def test_nor_is_what_is_no_json(tmp_path: Path, text: str) -> None:
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan.json is not"):
        read_approved(tmp_path / "plan.json")
    with pytest.raises(InputError, match="cannot read"):
        read_approved(tmp_path / "none.json")


@pytest.mark.parametrize(
    "change", [{"steps": 3}, {"options": {"way": 5}}, {"switches": {"leaf1": {}}}, {"lab": "yes!"}]
)
def test_a_shape_that_somebody_has_made_up_is_refused(path: Path, change: dict[str, Any]) -> None:
    data = json.loads(path.read_text()) | change
    data.pop("sha256")
    path.write_text(json.dumps({**data, "sha256": checksum(data)}))
    with pytest.raises(InputError, match="has not the shape of a plan"):
        read_approved(path)


def test_what_cannot_be_done_is_not_kept(shown: Planned) -> None:
    with pytest.raises(InputError, match="the plan is not kept"):
        operation.approve(replace(shown, decision=replace(shown.decision, refused={"leaf1": "x"})))


# since it was made


def again(
    one: Planned, path: Path, monkeypatch: pytest.MonkeyPatch, looks: dict[str, Observation] | None = None, **how: Any
) -> Planned:
    """As `push --plan` does up to where it would ask; where switches are seen otherwise, nothing is rendered anew."""
    seen_alone = looks is not None
    site = replace(one.site, **how)
    seen = {name: Outcome(value=look) for name, look in ({**one.looks, **(looks or {})}).items()}
    monkeypatch.setattr(
        pushes, "look_at_all", lambda _a, switches, *_: {switch.name: seen[switch.name] for switch in switches}
    )
    approved = read_approved(path)
    site = operation.of_approved(site, approved)
    intent = Intent(one.targets, 0) if seen_alone else operation.intend_again(site, approved)
    return operation.look_again(site, approved, intent, PushOptions())


def test_when_nothing_has_changed_it_is_done_in_the_same_steps(
    shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = shown
    now = again(one, path, monkeypatch)
    assert not now.refused
    assert now.decision.batches == one.decision.batches
    kept = json.loads(path.read_text())
    assert now.approved == {name: kept[name] for name in ("sha256", "made", "by")}, "what the journal names it by"
    assert {name: way.name for name, way in now.decision.ways.items()} == {
        name: way.name for name, way in one.decision.ways.items()
    }


def test_a_part_of_it_may_be_done(shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = shown
    assert again(one, path, monkeypatch, limit=("spine2",)).todo == ["spine2"]
    few = replace(one, outcomes={"leaf1": one.outcomes["leaf1"]}, targets={"leaf1": one.targets["leaf1"]})
    operation.approve(few).write(path)
    assert again(one, path, monkeypatch).todo == ["leaf1"], "of a plan of some switches no other is touched"
    with pytest.raises(InputError, match="the plan has no spine1, spine2"):
        again(one, path, monkeypatch, limit=("spine*",))


def test_what_was_done_meanwhile_is_done(shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a push that was killed and is resumed."""
    one = shown
    look = one.looks["leaf1"]
    target = one.targets["leaf1"]
    done = replace(look.found, config_db=(), frr=(), stored=(), running=target.config_db, running_frr=target.frr or "")
    now = again(one, path, monkeypatch, {"leaf1": replace(look, found=done)})
    assert not now.refused
    assert now.todo == ["spine1", "spine2"]


def test_what_was_changed_on_a_switch_is_told_and_nobody_is_touched(
    shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = shown
    look = one.looks["leaf1"]
    ports = {**look.found.running["PORT"], "Ethernet8": {**look.found.running["PORT"]["Ethernet8"], "mtu": "1500"}}
    by_hand = replace(look.found, running={**look.found.running, "PORT": ports})
    now = again(one, path, monkeypatch, {"leaf1": replace(look, found=by_hand)})
    told = "since the plan was made, what runs has changed: PORT|Ethernet8 is another"
    assert now.decision.refused == {"leaf1": told}
    assert now.todo == []
    by_hand = replace(look.found, running_frr=look.found.running_frr + "ip prefix-list X seq 5 permit any\n")
    now = again(one, path, monkeypatch, {"leaf1": replace(look, found=by_hand)})
    assert "what runs has changed: frr.conf: " in now.decision.refused["leaf1"]
    stored = replace(look.found, stored_frr=look.found.stored_frr + "ip prefix-list X seq 5 permit any\n")
    now = again(one, path, monkeypatch, {"leaf1": replace(look, found=stored)})
    assert "what is stored has changed: frr.conf: " in now.decision.refused["leaf1"]
    noted = replace(look.found, record_text="{}")
    now = again(one, path, monkeypatch, {"leaf1": replace(look, found=noted)})
    assert now.decision.refused["leaf1"].endswith("the record of what is ours has changed: somebody has pushed")


def test_a_switch_that_was_idle_and_carries_traffic_now_is_told(
    shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, look = shown, shown.looks["leaf1"]
    idle = Outcome(value=replace(look, found=replace(look.found, peers=())))
    operation.approve(replace(one, outcomes={**one.outcomes, "leaf1": idle})).write(path)
    now = again(one, path, monkeypatch, {})
    assert now.decision.refused == {
        "leaf1": "when the plan was made no session was up on it, and now it carries traffic"
    }


def test_changed_files_are_all_told(
    shown: Planned, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [Path(one.file) for one in shown.site.files.documents.values()]
    for file in files:
        (tmp_path / file.name).write_text(file.read_text() + "# a word\n")
    one = replace(shown, site=sonicfab.Site.open(*(tmp_path / file.name for file in files[:2])))
    monkeypatch.setattr(operation, "packaged_templates", lambda: ROOT / "nowhere")
    with pytest.raises(InputError) as caught:
        again(one, path, monkeypatch)
    lines = str(caught.value).splitlines()
    assert lines[0] == "since the plan was made, what it was made of has changed:"
    for word in ("the inventory", "the topology", "the numbers"):
        assert f"  {word} is another" in lines
    assert "  the templates of sonicfab is gone" in lines


def test_another_rendering_is_told_switch_by_switch(
    shown: Planned, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a secret that is another, or code that is."""
    one = shown
    data = read_approved(path)
    leaf = data.switches["leaf1"]
    changed = replace(leaf, rendered=replace(leaf.rendered, frr={**leaf.rendered.frr, "x": "y"}, secrets="z"))
    replace(data, switches={**data.switches, "leaf1": changed}).write(path)
    with pytest.raises(InputError) as caught:
        again(one, path, monkeypatch)
    assert str(caught.value).splitlines()[1:] == ["  leaf1: frr.conf: x is gone; a secret is another"]


def test_another_fabric_or_place_is_refused(shown: Planned, path: Path) -> None:
    approved = read_approved(path)
    with pytest.raises(InputError, match="the plan is of the fabric many, not of spine-leaf-1x2"):
        operation.of_approved(sonicfab.Site.open(*example_files("scs-lab")[1::2]), approved)
    with pytest.raises(InputError, match="the plan is for the switches, and this would go to a lab"):
        operation.of_approved(replace(shown.site, in_lab=True), approved)


def test_options_that_would_change_it_are_refused(sonicfab: Run, path: Path) -> None:
    done = sonicfab("push", *example_files("scs-lab"), "--plan", path, "--way", "reload")
    assert done.returncode == 2
    assert "--plan says all that is done: no option beside it changes that" in done.stderr
    done = sonicfab("push", *example_files("scs-lab"), "--plan", path, "--yes")
    assert done.returncode == 2
    assert "the plan is of the fabric many, not of spine-leaf-1x2" in done.stderr


def test_from_python_too(path: Path) -> None:
    site = sonicfab.Site.open(*example_files("scs-lab")[1::2], limit=LEAF1)
    with pytest.raises(InputError, match="of the fabric many"):
        site.push(plan=path)
    with pytest.raises(InputError, match="has its own options"):
        site.push(PushOptions(way="reload"), plan=path)
