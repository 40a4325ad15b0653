"""The steps of a push, its gate and its journal: what needs no switch."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicfab.cli.push_run import again
from sonicfab.configdb import ConfigChange
from sonicfab.errors import InputError
from sonicfab.families import Family
from sonicfab.frr.conf import FrrLineChange
from sonicfab.model.numbers import Numbers
from sonicfab.operations.rollback import last_effective
from sonicfab.plan.types import FabricPlan
from sonicfab.push.batches import make_batches
from sonicfab.push.comparison import Comparison
from sonicfab.push.gate import as_before, make_gate
from sonicfab.push.journal import Journal, find_journal, journals, new_id
from sonicfab.switch.state.bgp import BgpPeer
from test_numbering import Fabrics, plan_of


def clos(spines: int, leaves: int) -> FabricPlan:
    links = [(spine, leaf) for spine in range(spines) for leaf in range(leaves)]
    return plan_of(links, Numbers(), numbered=False)[0]


# steps


@given(Fabrics, st.data())
def test_no_step_takes_all_uplinks_of_a_switch(links: set[tuple[int, int]], data: st.DataObject) -> None:
    plan = plan_of(sorted(links), Numbers(), numbered=False)[0]
    names = list(plan.switches)
    todo = data.draw(st.sets(st.sampled_from(names), min_size=1))
    idle = data.draw(st.sets(st.sampled_from(sorted(todo))))
    size = data.draw(st.none() | st.integers(1, 9))
    batches = make_batches(plan, todo, idle, size)
    taken = [name for batch in batches for name in batch.switches]
    assert sorted(taken) == sorted(todo), "each once"
    assert size is None or max(len(batch.switches) for batch in batches) <= size
    above = {name: {one.far.switch for one in plan.switches[name].fabric_sessions} for name in names if "leaf" in name}
    for batch in batches:
        busy = set(batch.switches) - idle
        cut_off = {leaf for leaf, spines in above.items() if spines <= busy}
        assert cut_off <= set(batch.cut_off), "it is told"
        assert all(len(above[leaf]) == 1 for leaf in cut_off), "and there was no other way"


def test_leaves_come_before_spines_and_a_canary_before_all() -> None:
    plan = clos(2, 8)
    steps = [batch.switches for batch in make_batches(plan, list(plan.switches), [])]
    assert steps == [
        ("leaf0",),
        ("leaf1", "leaf2"),
        ("leaf3", "leaf4"),
        ("leaf5", "leaf6"),
        ("leaf7",),
        ("spine0",),
        ("spine1",),
    ]


def test_a_fabric_without_traffic_changes_at_once() -> None:
    plan = clos(2, 3)
    everything = list(plan.switches)
    assert [len(batch.switches) for batch in make_batches(plan, everything, everything)] == [1, 4]
    assert [len(batch.switches) for batch in make_batches(plan, everything, everything, canary=False)] == [5]
    three = everything[:3]
    assert [len(batch.switches) for batch in make_batches(plan, three, three)] == [3]


def test_the_only_spine_is_told_of() -> None:
    plan = clos(1, 2)
    (step,) = make_batches(plan, ["spine0"], [])
    assert step.cut_off == ("leaf0", "leaf1")


# the gate


def seen(
    peers: dict[str, int | None], changes: tuple[ConfigChange, ...] = (), frr: tuple[FrrLineChange, ...] = ()
) -> Comparison:
    """A comparison of a switch with these sessions: peer -> prefixes received, None for one that is down."""
    return Comparison(
        config_db=changes,
        frr=frr,
        stored=(),
        drift=(),
        mode_resetters=(),
        running={},
        running_frr="",
        stored_config_db="",
        stored_frr="",
        frr_down="",
        peers=tuple(peer(name, received) for name, received in peers.items()),
    )


def peer(name: str, received: int | None) -> BgpPeer:
    state = "Active" if received is None else "Established"
    return BgpPeer(name, Family.IPV4, 65500, 65500, state, "", received or 0, 1, 1.0, "")


@pytest.fixture
def pair() -> FabricPlan:
    return clos(1, 1)


PORT = {"leaf0": "Ethernet48", "spine0": "Ethernet0"}


def test_a_session_that_was_up_must_come_back_with_its_prefixes(pair: FabricPlan) -> None:
    before = {"leaf0": seen({PORT["leaf0"]: 4}), "spine0": seen({PORT["spine0"]: 4})}
    gate = make_gate(pair, pair.switches["leaf0"], before, pending=())
    assert gate.misses([]) == ["the session Ethernet48 was up and is not"]
    assert gate.misses([peer("Ethernet48", 0)]) == ["the session Ethernet48 received prefixes and does not"]
    assert gate.misses([peer("Ethernet48", 1)]) == []


def test_a_far_end_that_waits_for_a_change_of_the_session_is_not_waited_for(pair: FabricPlan) -> None:
    waits = seen({PORT["spine0"]: 4}, (ConfigChange("change", "INTERFACE", PORT["spine0"], "x", "a", "b"),))
    gate = make_gate(pair, pair.switches["leaf0"], {"leaf0": seen({PORT["leaf0"]: 4}), "spine0": waits}, ["spine0"])
    assert gate.misses([]) == []


def test_a_switch_that_went_back_must_show_what_it_showed() -> None:
    gate = as_before(seen({"Ethernet48": 4, "Ethernet52": None}))
    assert gate.misses([peer("Ethernet48", None)]) == ["the session Ethernet48 was up and is not"]
    assert gate.misses([peer("Ethernet48", 0)]) == ["the session Ethernet48 received prefixes and does not"]
    assert gate.misses([peer("Ethernet48", 2)]) == []


@pytest.mark.parametrize(
    "change",
    [
        FrrLineChange("+", ("router bgp 65500",), " neighbor Ethernet0 description x".strip()),
        FrrLineChange("+", ("router bgp 65500",), "neighbor LEAF timers 1 3"),
        FrrLineChange("+", ("router bgp 65500",), "bgp router-id 10.0.0.9"),
        FrrLineChange("+", (), "router bgp 65511"),
    ],
)
def test_what_touches_a_session_at_its_far_end(pair: FabricPlan, change: FrrLineChange) -> None:
    before = {"leaf0": seen({PORT["leaf0"]: 4}), "spine0": seen({PORT["spine0"]: 4}, frr=(change,))}
    assert not make_gate(pair, pair.switches["leaf0"], before, ["spine0"]).must
    assert make_gate(pair, pair.switches["leaf0"], before, []).must, "it has been changed by now"


def test_what_does_not_touch_it(pair: FabricPlan) -> None:
    other = FrrLineChange("+", ("router bgp 65500",), "neighbor Ethernet124 description x")
    policy = FrrLineChange("+", ("route-map TO-FABRIC permit 10",), "match ip address prefix-list X")
    port = ConfigChange("change", "PORT", "Ethernet124", "description", "a", "b")
    before = {"leaf0": seen({PORT["leaf0"]: 4}), "spine0": seen({PORT["spine0"]: 4}, (port,), (other, policy))}
    assert make_gate(pair, pair.switches["leaf0"], before, ["spine0"]).must == {"Ethernet48": {"received", "sent"}}


def test_a_switch_that_had_no_session_needs_one_when_its_neighbours_are_ready(pair: FabricPlan) -> None:
    before = {"leaf0": seen({}), "spine0": seen({})}
    gate = make_gate(pair, pair.switches["leaf0"], before, pending=())
    assert gate.misses([peer("Ethernet48", None)]) == ["none of the sessions Ethernet48 comes up"]
    assert gate.misses([peer("Ethernet48", 0)]) == []
    assert make_gate(pair, pair.switches["leaf0"], before, pending=["spine0"]).misses([]) == []


# the journal


def test_a_journal_remembers(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fab" / "push" / new_id())
    with journal.open():
        journal.write_manifest({"switches": {"leaf0": {"way": "reload"}}})
        before = journal.keep("leaf0", '{"A": {}}', "hostname leaf0\n")
        journal.note("leaf0", "arming", before=before)
        journal.note("leaf1", "arming", before=journal.keep("leaf1", "{}", ""))
        journal.note("leaf1", "confirmed")
    found = find_journal(tmp_path, "fab")
    assert found.push_id == journal.push_id
    assert found.open_switches == ["leaf0"]
    assert found.kept("leaf0") == ('{"A": {}}', "hostname leaf0\n")
    assert found.kept("leaf1") == ("{}", None)
    assert found.manifest()["switches"] == {"leaf0": {"way": "reload"}}
    for path in found.folder.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.is_dir(), f"{path} is for its owner alone"
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700


def test_a_line_that_was_cut_is_no_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fab" / "push" / new_id())
    with journal.open():
        journal.note("leaf0", "arming")
    with (journal.folder / "journal.jsonl").open("a") as file:
        file.write('{"at": "2026-01-01T00:00:00Z", "switch": "leaf0", "st')
    assert journal.last_steps() == {"leaf0": "arming"}


def test_kept_files_that_were_changed_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "fab" / "push" / new_id())
    with journal.open():
        journal.note("leaf0", "arming", before=journal.keep("leaf0", "{}", ""))
    (journal.folder / "before" / "leaf0" / "config_db.json").write_text('{"B": {}}')
    with pytest.raises(InputError, match="its hash differs"):
        journal.kept("leaf0")
    with pytest.raises(InputError, match="kept nothing of leaf9"):
        journal.kept("leaf9")


def test_one_at_a_time(tmp_path: Path) -> None:
    folder = tmp_path / "fab" / "push" / new_id()
    with Journal(folder).open(), pytest.raises(InputError, match="another sonicfab"), Journal(folder).open():
        pass


def test_which_push(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no push"):
        find_journal(tmp_path, "fab")
    for name in ("20260101T000000Z-00aa", "20260102T000000Z-00aa", "notes"):
        (tmp_path / "fab" / "push" / name).mkdir(parents=True)
    assert [one.push_id for one in journals(tmp_path, "fab")] == ["20260101T000000Z-00aa", "20260102T000000Z-00aa"]
    assert find_journal(tmp_path, "fab").push_id == "20260102T000000Z-00aa"
    assert find_journal(tmp_path, "fab", "20260101T000000Z-00aa").push_id == "20260101T000000Z-00aa"
    with pytest.raises(InputError, match="no push 2025"):
        find_journal(tmp_path, "fab", "2025")


def test_a_rollback_takes_the_last_push_that_changed_something(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A push that went back, or was refused, is not what somebody regrets."""
    ends = {
        "20261126T100000Z-aaaa": "confirmed",
        "20261126T110000Z-bbbb": "restored",
        "20261126T120000Z-cccc": "refused",
    }
    for push_id, last in ends.items():
        with Journal(tmp_path / "fab" / "push" / push_id).open() as journal:
            journal.write_manifest({"fabric": "fab"})
            journal.note("leaf0", "arming")
            journal.note("leaf0", last)
    assert last_effective(tmp_path, "fab", {"leaf0"}).journal.push_id == "20261126T100000Z-aaaa"
    assert last_effective(tmp_path, "fab", {"leaf0"}).last.push_id == "20261126T120000Z-cccc", "it is told of"
    assert last_effective(tmp_path, "fab", {"leaf1"}).journal.push_id == "20261126T120000Z-cccc"
    with Journal(tmp_path / "fab" / "push" / "20261126T110000Z-bbbb").open() as journal:
        journal.note("leaf0", "proving")
    assert last_effective(tmp_path, "fab", {"leaf0"}).journal.push_id == "20261126T110000Z-bbbb", "it may be under way"


def test_the_rest_of_a_push_that_was_killed_is_rolled_back_with_it(tmp_path: Path) -> None:
    """It is one push to whom it happened, and `--resume` must not halve what a rollback takes back."""
    pushes = {"20261126T100000Z-aaaa": ("leaf0", ""), "20261126T110000Z-bbbb": ("leaf1", "20261126T100000Z-aaaa")}
    for push_id, (switch, resumes) in pushes.items():
        with Journal(tmp_path / "fab" / "push" / push_id).open() as journal:
            journal.write_manifest({"fabric": "fab", "resumes": resumes})
            journal.note(switch, "arming")
            journal.note(switch, "confirmed")
    assert last_effective(tmp_path, "fab", {"leaf0", "leaf1"}).journal.push_id == "20261126T100000Z-aaaa"


def test_the_command_that_ends_what_an_interrupt_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["sonicfab", "push", "-i", "my inventory.yml", "--lab", "--resume"])
    assert again("push") == "sonicfab push -i 'my inventory.yml' --lab --resume"
    monkeypatch.setattr("sys.argv", ["sonicfab", "rollback", "--lab", "--to", "x"])
    assert again("rollback") == "sonicfab rollback --lab --to x"
    monkeypatch.setattr("sys.argv", ["sonicfab", "--allow-secrets", "none", "plan", "--lab"])
    assert again("push") == "sonicfab --allow-secrets none push --lab --resume"
