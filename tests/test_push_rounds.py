"""What becomes of switches that need each other: no lab, but all that can happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from sonicfab.access import Access
from sonicfab.configdb import ConfigChange, ConfigDb
from sonicfab.errors import ChecksFailedError, SonicfabError
from sonicfab.frr.conf import FrrLineChange
from sonicfab.model.numbers import Numbers
from sonicfab.plan.types import FabricPlan
from sonicfab.push import guarded, polling
from sonicfab.push.change import Gates, SwitchChange
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.gate import Gate, make_gate, need_each_other
from sonicfab.push.guarded import Ending, Limits
from sonicfab.push.journal import Journal
from sonicfab.push.resume import Left
from sonicfab.push.rounds import Rounds
from sonicfab.push.single import target_hash
from sonicfab.push.waiting import together
from sonicfab.switch.guard import GuardStatus
from sonicfab.transport import Transport
from test_numbering import plan_of
from test_push_steps import peer, seen

NOTHING = Gate({}, frozenset())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "RETRY_EVERY", 0.01)


# the gate


@pytest.fixture
def pair() -> FabricPlan:
    return plan_of([(0, 0)], Numbers(), numbered=False)[0]


@pytest.fixture
def numbered() -> FabricPlan:
    return plan_of([(0, 0)], Numbers(), numbered=True)[0]


def unnumbered_before(plan: FabricPlan, name: str) -> Comparison:
    """A switch whose session has the name of its port, and is to have that of an address."""
    session = plan.switches[name].fabric_sessions[0]
    assert session.peer != session.interface
    added = FrrLineChange("+", ("router bgp 65500",), f"neighbor {session.peer} remote-as external")
    row = ConfigChange("add", "INTERFACE", f"{session.interface}|10.0.0.0/31")
    return seen({session.interface: 4}, (row,), (added,))


def test_a_session_with_a_new_name_is_the_one_of_its_port(numbered: FabricPlan) -> None:
    before = {name: unnumbered_before(numbered, name) for name in numbered.switches}
    leaf, spine = numbered.switches["leaf0"], numbered.switches["spine0"]
    gate = make_gate(numbered, leaf, before, ["spine0"])
    peers = [one.peer for one in leaf.fabric_sessions if "ipv4" in one.families]
    assert not gate.must, "the spine waits for its change"
    assert gate.misses([]) == []
    assert set(gate.waits([]).values()) == {"spine0"}
    up = [peer(one.peer, 3) for one in leaf.fabric_sessions]
    assert gate.waits(up) == {}
    whole = gate.whole()
    assert whole.misses([])[0] == f"the session {peers[0]} was up and is not"
    assert whole.misses(up) == []
    assert make_gate(numbered, spine, before, []).must.keys() == {one.peer for one in spine.fabric_sessions}
    assert need_each_other(numbered, before, "leaf0", "spine0")
    assert need_each_other(numbered, before, "spine0", "leaf0")


@pytest.mark.parametrize(
    ("runs", "lacks"),
    [
        (" neighbor Ethernet0 interface peer-group FABRIC\n", True),
        (" neighbor {peer} remote-as external\n", False),
        (" neighbor ANY peer-group\n bgp listen range 10.0.0.0/8 peer-group ANY\n", False),
        (None, False),
    ],
)
def test_a_session_that_the_far_end_lacks_cannot_come_up_by_itself(
    numbered: FabricPlan, runs: str | None, lacks: bool
) -> None:
    before = {name: unnumbered_before(numbered, name) for name in numbered.switches}
    sessions = [one for one in numbered.switches["leaf0"].fabric_sessions if one.far.switch == "spine0"]
    far = {one.peer for one in numbered.switches["spine0"].fabric_sessions if one.far.switch == "leaf0"}
    if runs is not None:
        lines = "".join(dict.fromkeys(runs.format(peer=peer) for peer in far))
        before["spine0"] = replace(before["spine0"], running_frr=f"router bgp 65500\n{lines}exit\n")
    gate = make_gate(numbered, numbered.switches["leaf0"], before, ["spine0"])
    assert gate.later
    assert gate.lacking <= {one.peer for one in sessions}
    assert gate.lacking == (gate.later.keys() if lacks else frozenset())
    assert gate.judged == gate.later.keys() - gate.lacking
    assert Gate.of_json(gate.as_json()) == gate
    assert gate.whole().judged == gate.later.keys(), "once the far end has changed, it is judged by all"


def going_back(plan: FabricPlan, name: str, frr: str | None, rows: ConfigDb) -> Comparison:
    """A switch whose planned sessions are up, and that is to have another config."""
    sessions = plan.switches[name].fabric_sessions
    up: dict[str, int | None] = {one.peer: 4 for one in sessions}
    networks: ConfigDb = {
        "INTERFACE": {f"{one.interface}|{one.peer}/{31 if '.' in one.peer else 127}": {} for one in sessions}
    }
    running = networks if plan.underlay == "numbered" else {}
    return replace(seen(up), running=running, target=Target(name, rows, frr, ()))


def test_a_rollback_asks_for_the_sessions_of_the_config_that_comes_back(pair: FabricPlan, numbered: FabricPlan) -> None:
    """To SONiC's factory default, whose neighbours are nobody's; and to unnumbered sessions from numbered ones."""
    factory: ConfigDb = {
        "INTERFACE": {"Ethernet48|10.0.0.56/31": {}},
        "BGP_NEIGHBOR": {"10.0.0.57": {"asn": "64001"}},
    }
    before = {name: going_back(pair, name, None, factory) for name in pair.switches}
    for switch in pair.switches.values():
        gate = make_gate(pair, switch, before, [], rollback=True)
        assert (gate.must, gate.later, gate.some) == ({}, {}, frozenset())
    frr = "router bgp 65000\n neighbor {} interface peer-group FABRIC\n"
    ports = {name: one.fabric_sessions[0].interface for name, one in numbered.switches.items()}
    before = {name: going_back(numbered, name, frr.format(port), {}) for name, port in ports.items()}
    assert make_gate(numbered, numbered.switches["leaf0"], before, [], rollback=True).must.keys() == {ports["leaf0"]}


def test_a_rollback_from_unnumbered_sessions_asks_for_the_numbered_ones(pair: FabricPlan) -> None:
    leaf, spine = (pair.switches[name].fabric_sessions[0].interface for name in ("leaf0", "spine0"))
    frr = "router bgp 65000\n neighbor {} remote-as external\n"
    before = {
        "leaf0": going_back(pair, "leaf0", frr.format("10.1.0.1"), {"INTERFACE": {f"{leaf}|10.1.0.0/31": {}}}),
        "spine0": going_back(pair, "spine0", frr.format("10.1.0.0"), {"INTERFACE": {f"{spine}|10.1.0.1/31": {}}}),
    }
    assert make_gate(pair, pair.switches["leaf0"], before, [], rollback=True).must.keys() == {"10.1.0.1"}
    assert make_gate(pair, pair.switches["spine0"], before, ["leaf0"], rollback=True).far == {}


def test_only_a_change_at_both_ends_makes_them_need_each_other(numbered: FabricPlan) -> None:
    before = {"leaf0": unnumbered_before(numbered, "leaf0"), "spine0": seen({})}
    assert not need_each_other(numbered, before, "leaf0", "spine0")


def test_a_push_whose_templates_have_lost_a_neighbour_is_judged_by_the_plan(pair: FabricPlan) -> None:
    """Nobody asked for that session to be cut."""
    ports = {name: one.fabric_sessions[0].peer for name, one in pair.switches.items()}
    before = {name: going_back(pair, name, "router bgp 65000\n", {}) for name in ports}
    gate = make_gate(pair, pair.switches["leaf0"], before, [])
    assert gate.misses([]) == [f"the session {ports['leaf0']} was up and is not"]


def test_a_gate_survives_the_journal(numbered: FabricPlan) -> None:
    before = {name: unnumbered_before(numbered, name) for name in numbered.switches}
    gate = make_gate(numbered, numbered.switches["leaf0"], before, ["spine0"])
    assert Gate.of_json(gate.as_json()) == gate
    policy = seen({"Ethernet48": 4}, frr=(FrrLineChange("+", ("route-map X permit 10",), "match tag 1"),))
    whole = make_gate(numbered, numbered.switches["leaf0"], {**before, "leaf0": policy}, []).whole()
    assert whole.delay > 5, "a changed policy is judged once it has its effect, also by whoever resumes"


# steps


class Fake:
    """A change that does what it is told: `fails` is a step at which it raises."""

    def __init__(self, name: str, log: list[str], fails: str = "", far: Collection[str] = ()) -> None:
        self.plan = type("Plan", (), {"name": name})()
        self.gates = Gates(NOTHING, NOTHING)
        self.lapses_soon, self.lapsed, self.state = False, False, "armed"
        self._log, self._fails, self._far = log, fails, frozenset(far)

    def _do(self, step: str) -> None:
        self._log.append(f"{self.plan.name} {step}")
        if self._fails == step:
            raise ChecksFailedError(f"{self.plan.name} fails to {step}")

    def forward(self) -> None:
        self._do("apply")

    def check(self, gate: Gate, _stop: threading.Event) -> frozenset[str]:
        again = gate.delay < 0
        self._do("check again" if again else "check")
        return frozenset() if again else self._far

    def wait_for(self, far: frozenset[str]) -> None:
        self._do("wait for " + " ".join(sorted(far)))

    def extend(self) -> None:
        self._do("extend")

    def confirm(self) -> None:
        self._do("confirm")
        self.state = "confirmed"

    def back(self, reason: SonicfabError) -> Ending:
        self._do("back")
        return Ending("new" if self.state == "confirmed" else "old", str(reason))

    def close(self) -> None:
        pass


AGAIN = Gates(Gate({}, frozenset(), delay=-1.0), NOTHING)


class Judge:
    def __init__(self, *needs: tuple[str, str]) -> None:
        self._needs = needs

    def gate(self, name: str, waiting: Collection[str]) -> Gate:
        del name, waiting
        return NOTHING

    def need(self, one: str, other: str) -> bool:
        return (one, other) in self._needs or (other, one) in self._needs


class Bench:
    """Steps of fakes, each step a tuple of them."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.rounds = Rounds(lambda _name: None)

    def fake(self, name: str, fails: str = "", far: Collection[str] = ()) -> Fake:
        one = Fake(name, self.log, fails, far)
        one.gates = AGAIN
        return one

    def go(self, *steps: tuple[Fake, ...], judge: Judge | None = None, until: int = 99) -> dict[str, str]:
        pending = {one.plan.name for step in steps for one in step}
        with self.rounds.kept():
            for step in steps[:until]:
                pending -= {one.plan.name for one in step}
                left = {one.plan.name: one for one in step if one.plan.name not in self.rounds.given_up}
                self.rounds.go(
                    cast("dict[str, SwitchChange]", left),
                    lambda change, _: cast("Fake", change).forward(),
                    frozenset(pending),
                    judge or Judge(),
                )
        return {name: ending.state for name, ending in self.rounds.endings.items()}


def test_what_needs_nobody_is_confirmed_at_once() -> None:
    bench = Bench()
    states = bench.go((bench.fake("leaf1"),), (bench.fake("spine1"),))
    assert states == {"leaf1": "new", "spine1": "new"}
    assert bench.log.index("leaf1 confirm") < bench.log.index("spine1 apply")


def test_what_waits_is_confirmed_with_what_it_waits_for() -> None:
    bench = Bench()
    leaves = [bench.fake(name, far=["spine1"]) for name in ("leaf1", "leaf2")]
    states = bench.go((leaves[0],), (leaves[1], bench.fake("leaf3")), (bench.fake("spine1"),))
    assert states == dict.fromkeys(("leaf1", "leaf2", "leaf3", "spine1"), "new")
    first = min(bench.log.index(f"{name} confirm") for name in ("leaf1", "leaf2", "spine1"))
    assert bench.log.index("leaf3 confirm") < bench.log.index("spine1 apply"), "it needs nobody"
    assert bench.log.index("spine1 check") < first
    for name in ("leaf1", "leaf2"):
        assert bench.log.index(f"{name} check again") < first
        assert f"{name} wait for spine1" in bench.log
    assert {f"{name} extend" for name in ("leaf1", "leaf2", "spine1")} <= set(bench.log[:first])


def test_what_waits_goes_back_when_what_it_waits_for_fails() -> None:
    for step in ("apply", "check"):
        bench = Bench()
        steps = (bench.fake("leaf1", far=["spine1"]),), (bench.fake("leaf2"),), (bench.fake("spine1", step),)
        assert bench.go(*steps) == {"leaf1": "old", "leaf2": "new", "spine1": "old"}
        assert "leaf1 confirm" not in bench.log
        said = bench.rounds.endings["leaf1"].said
        assert said == f"leaf1 went back because spine1 went back: spine1 fails to {step}"
        assert bench.rounds.failures == 2


def test_what_it_waits_for_goes_back_when_it_fails_then() -> None:
    bench = Bench()
    assert bench.go((bench.fake("leaf1", "check again", ["spine1"]),), (bench.fake("spine1"),)) == {
        "leaf1": "old",
        "spine1": "old",
    }
    assert "confirm" not in " ".join(bench.log)
    assert "spine1 went back because leaf1 went back" in bench.rounds.endings["spine1"].said


def test_all_that_hang_together_go_back_and_the_rest_of_them_is_not_begun() -> None:
    bench = Bench()
    steps = (
        (bench.fake("leaf1", far=["spine1", "spine2"]),),
        (bench.fake("leaf2", far=["spine2"]),),
        (bench.fake("spine1", "check"),),
        (bench.fake("spine2"),),
    )
    assert bench.go(*steps) == dict.fromkeys(("leaf1", "leaf2", "spine1"), "old")
    assert "spine2 apply" not in bench.log


def test_a_spine_that_is_ready_waits_with_the_leaf_that_needs_another_one_too() -> None:
    bench = Bench()
    steps = (bench.fake("leaf1", far=["spine1", "spine2"]),), (bench.fake("spine1"),), (bench.fake("spine2"),)
    assert set(bench.go(*steps).values()) == {"new"}
    assert "spine1 wait for spine2" in bench.log
    assert bench.log.index("spine1 confirm") > bench.log.index("spine2 check")


def test_what_still_waits_when_the_push_ends_goes_back() -> None:
    bench = Bench()
    assert bench.go((bench.fake("leaf1", far=["spine1"]),), (bench.fake("spine1"),), until=1) == {"leaf1": "old"}
    assert "the push ended before" in bench.rounds.endings["leaf1"].said


def test_what_fails_in_the_same_step_takes_back_what_needs_it() -> None:
    bench = Bench()
    states = bench.go((bench.fake("leaf1"), bench.fake("leaf2", "check")), judge=Judge(("leaf1", "leaf2")))
    assert states == {"leaf1": "old", "leaf2": "old"}
    assert "leaf1 confirm" not in bench.log


def test_an_interrupt_takes_back_what_waits() -> None:
    bench = Bench()

    class Interrupted(Fake):
        def forward(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bench.go((bench.fake("leaf1", far=["spine1"]),), (Interrupted("spine1", bench.log),))
    assert {name: one.state for name, one in bench.rounds.endings.items()} == {"leaf1": "old", "spine1": "old"}


def test_a_half_confirmed_pair_is_told() -> None:
    bench = Bench()
    states = bench.go((bench.fake("leaf1", "confirm", ["spine1"]),), (bench.fake("spine1"),))
    assert states == {"leaf1": "old", "spine1": "new"}
    assert "needs leaf1, which is not" in bench.rounds.endings["spine1"].said


def test_guards_of_those_that_wait_are_extended_and_one_that_cannot_be_takes_all_back() -> None:
    bench = Bench()
    leaf = bench.fake("leaf1", far=["spine1"])
    other = bench.fake("leaf2")

    def slow() -> None:
        leaf.lapses_soon = True
        while bench.log.count("leaf1 extend") < 2:
            time.sleep(0.01)
        leaf._fails, leaf.lapsed = "extend", True
        time.sleep(0.1)

    other.forward = slow  # type: ignore[method-assign]
    states = bench.go((leaf,), (other,), (bench.fake("spine1"),))
    assert states == {"leaf1": "old", "leaf2": "new"}
    assert "spine1 apply" not in bench.log


def test_who_hangs_together() -> None:
    far = {"a": frozenset({"x"}), "b": frozenset({"x", "y"}), "c": frozenset({"z"})}
    assert together(far, ["a"]) == {"a", "x", "b", "y"}
    assert together(far, ["z"]) == {"z", "c"}
    assert together(far, ["q"]) == {"q"}


# a push that was killed


@pytest.mark.parametrize("why", ["its far end was not begun", "something else is meant now"])
def test_what_is_not_gone_on_with_is_taken_back_on_the_switch(
    why: str, numbered: FabricPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is armed there: to call it old without having it go back would leave it to its timer."""
    target = Target("leaf0", {}, None, ())
    journal = Journal(tmp_path / "fab" / "push" / "20261126T100000Z-aaaa")
    asked: list[str] = []

    def settle_back(switch: object, push_id: str) -> GuardStatus:
        asked.append(push_id)
        return GuardStatus("restored", push_id, "", 0, ("frr",), "asked", "")

    monkeypatch.setattr(guarded, "settle_back", settle_back)
    monkeypatch.setattr(guarded.Guarded, "_sessions_lack", lambda _self: "")
    with journal.open():
        hashed = target_hash(target) if why.startswith("its") else "another"
        journal.write_manifest({"switches": {"leaf0": {"way": "frr-delta", "seconds": 1.0, "target": hashed}}})
        for step in ("arming", "staging", "applying"):
            journal.note("leaf0", step)
        journal.note("leaf0", "waiting", far=["spine0"])
        access = Access(lambda _plan: cast(Transport, None), provides=frozenset())
        monkeypatch.setattr(Access, "open", lambda _self, plan: SimpleNamespace(name=plan.name, close=lambda: None))
        left = Left(access, numbered, {"leaf0": target}, journal, Limits(), lambda *_: None, lambda *_: None)
        endings = left.go_on()
    assert (endings["leaf0"].state, endings["leaf0"].untouched) == ("old", False)
    assert asked == [journal.push_id]
