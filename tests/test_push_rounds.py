"""What becomes of switches that need each other, and of those that nobody can read: no lab, but all that can happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from typing import Any, cast

import pytest

from sonicfab.configdb import Change as RowChange
from sonicfab.errors import ChecksFailedError, HostKeyError, SonicfabError, SwitchError, TransportError
from sonicfab.frrconf import FrrChange
from sonicfab.model.numbers import Numbers
from sonicfab.plan.types import FabricPlan
from sonicfab.push import guarded, polling
from sonicfab.push.change import Change, Gates
from sonicfab.push.comparison import Comparison, Target, compare
from sonicfab.push.gate import Gate, make_gate, need_each_other
from sonicfab.push.guarded import Ending, Guarded, Limits
from sonicfab.push.polling import NotYetError, ask_until
from sonicfab.push.rounds import Rounds
from sonicfab.push.waiting import together
from sonicfab.push.ways import Way
from sonicfab.switch import guard
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.operations import ReloadResult, Switch
from sonicfab.transport import CommandResult, Transport
from test_numbering import plan_of
from test_push_steps import peer, seen

NOTHING = Gate({}, frozenset())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "RETRY_EVERY", 0.01)


# asking


def test_it_is_asked_again_until_it_is_so() -> None:
    failures: list[SonicfabError] = [TransportError("cut"), SwitchError("young"), NotYetError("not yet")]
    told: list[str] = []

    def question() -> str:
        if failures:
            raise failures.pop(0)
        return "so"

    deadline = time.monotonic() + 60
    assert ask_until("leaf1", question, lambda: deadline, told=lambda why: told.append(str(why))) == "so"
    assert told == ["cut", "young", "not yet"]


def test_the_last_reason_is_told_when_the_time_is_over() -> None:
    def question() -> None:
        raise NotYetError("three routes lack")

    with pytest.raises(NotYetError, match="three routes lack"):
        ask_until("leaf1", question, lambda: 0.0)


@pytest.mark.parametrize("error", [HostKeyError("another host key"), ChecksFailedError("it went back")])
def test_what_asking_again_cannot_mend_ends_it(error: SonicfabError) -> None:
    asked: list[int] = []

    def question() -> None:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        ask_until("leaf1", question, lambda: time.monotonic() + 60)
    assert len(asked) == 1


def test_an_interrupt_ends_it() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(SwitchError, match="leaf1: interrupted"):
        ask_until("leaf1", lambda: None, lambda: time.monotonic() + 60, stop)


class Journal:
    """Keeps what is noted."""

    push_id = "20261126T100000Z-0000"

    def __init__(self) -> None:
        self.noted: list[tuple[str, str]] = []

    def note(self, switch: str, step: str, **_detail: object) -> None:
        self.noted.append((switch, step))


class Device:
    name = "leaf1"


def test_on_another_host_key_it_is_asked_once_to_go_back() -> None:
    class Wrong:
        asked = 0

        def open(self, plan: Any) -> Switch:
            del plan
            self.asked += 1
            raise HostKeyError("another host key")

    wrong = Wrong()
    ending = Guarded(wrong, cast("Any", Journal()), Device(), Limits(), print).back(SwitchError("asked for"))
    assert (ending.state, wrong.asked) == ("unknown", 1)
    assert "another host key" in ending.said


# what cannot be read


class Answering(Transport):
    """Answers a script of questions: command -> what it prints, or an exit code and what it says."""

    def __init__(self, answers: dict[str, str | tuple[int, str]]) -> None:
        self._answers = answers

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        del stdin, timeout
        out, err, mark = "", "", command.split("echo; echo ")[1].split(" ")[0]
        for part in command.split("; true")[0].split(f"echo {mark} >&2; "):
            answer = next((text for key, text in self._answers.items() if key in part), "")
            code, said = answer if isinstance(answer, tuple) else (0, "")
            out += (answer if isinstance(answer, str) else "") + f"\n{mark} {code}\n"
            err += f"{said}\n{mark}\n" if said else f"{mark}\n"
        return CommandResult(command, 0, out, err, 0.1)

    def close(self) -> None:
        pass


def looked(**answers: str | tuple[int, str]) -> Comparison:
    """A comparison of a switch on which some commands answer so."""
    commands: dict[str, str | tuple[int, str]] = {
        "config_db.json": answers.get("stored", "{}"),
        "frr.conf": answers.get("stored_frr", "hostname leaf1\n"),
        "running-config": answers.get("frr", "hostname leaf1\n"),
        "summary json": answers.get("peers", "{}"),
        "sonic-cfggen": answers.get("running", "{}"),
    }
    return compare(Switch("leaf1", Answering(commands)), Target("leaf1", {}, "hostname leaf1\n", frozenset()))


DOWN = (1, "Error response from daemon: container 4a5b is not running")


def test_frr_that_does_not_run_is_known_not_to() -> None:
    found = looked(frr=DOWN, peers=DOWN)
    assert found.frr_down == "Error response from daemon: container 4a5b is not running"
    assert looked().frr_down == ""
    assert looked(peers=(1, "bgpd is not running")).frr_down == "bgpd is not running"
    assert looked(stored_frr=(1, "cat: /etc/sonic/frr/frr.conf: No such file or directory")).stored_frr == ""


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"peers": "%% garbage"}, "its BGP sessions cannot be read: show bgp summary json: not JSON"),
        ({"peers": '{"ipv4Unicast": {"peers": {"10.0.0.1": 7}}}'}, "its BGP sessions cannot be read"),
        ({"peers": (1, "sudo: a password is required")}, "its BGP sessions cannot be read: sudo: a password"),
        ({"frr": (1, "sudo: a password is required")}, "its running FRR config cannot be read: sudo: a password"),
        (
            {"stored_frr": (1, "cat: frr.conf: Permission denied")},
            "its stored frr.conf cannot be read: cat: frr.conf: P",
        ),
        ({"running": "garbage"}, "its running CONFIG_DB cannot be read"),
        ({"stored": (1, "cat: config_db.json: Permission denied")}, "its stored config_db.json cannot be read"),
    ],
)
def test_what_cannot_be_read_is_not_taken_as_absent(answers: dict[str, Any], said: str) -> None:
    with pytest.raises(SwitchError) as caught:
        looked(**answers)
    assert str(caught.value).startswith("leaf1: ")
    assert said in str(caught.value)


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
    assert session.peer != session.port
    added = FrrChange("+", ("router bgp 65500",), f"neighbor {session.peer} remote-as external")
    row = RowChange("add", "INTERFACE", f"{session.port}|10.0.0.0/31")
    return seen({session.port: 4}, (row,), (added,))


def test_a_session_with_a_new_name_is_the_one_of_its_port(numbered: FabricPlan) -> None:
    before = {name: unnumbered_before(numbered, name) for name in numbered.switches}
    leaf, spine = numbered.switches["leaf0"], numbered.switches["spine0"]
    gate = make_gate(numbered, leaf, before, ["spine0"])
    peers = [one.peer for one in leaf.fabric_sessions if "ipv4" in one.families]
    assert not gate.must, "the spine waits for its change"
    assert gate.misses([]) == []
    assert gate.waits_for([]) == {"spine0"}
    up = [peer(one.peer, 3) for one in leaf.fabric_sessions]
    assert gate.waits_for(up) == frozenset()
    whole = gate.whole()
    assert whole.misses([])[0] == f"the session {peers[0]} was up and is not"
    assert whole.misses(up) == []
    assert make_gate(numbered, spine, before, []).must.keys() == {one.peer for one in spine.fabric_sessions}
    assert need_each_other(numbered, before, "leaf0", "spine0")
    assert need_each_other(numbered, before, "spine0", "leaf0")


def test_only_a_change_at_both_ends_makes_them_need_each_other(numbered: FabricPlan) -> None:
    before = {"leaf0": unnumbered_before(numbered, "leaf0"), "spine0": seen({})}
    assert not need_each_other(numbered, before, "leaf0", "spine0")


def test_a_gate_survives_the_journal(numbered: FabricPlan) -> None:
    before = {name: unnumbered_before(numbered, name) for name in numbered.switches}
    gate = make_gate(numbered, numbered.switches["leaf0"], before, ["spine0"])
    assert Gate.of_json(gate.as_json()) == gate
    policy = seen({"Ethernet48": 4}, frr=(FrrChange("+", ("route-map X permit 10",), "match tag 1"),))
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
                    cast("dict[str, Change]", left),
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


# what is waited for, and for how long


class Opening:
    """Opens the same switch again and again."""

    def __init__(self, switch: Any) -> None:
        self._switch = switch

    def open(self, plan: Any) -> Switch:
        del plan
        return cast("Switch", self._switch)


class Box:
    """A switch that is only connected to."""

    name = "leaf1"

    def close(self) -> None:
        pass


def way(name: Any, seconds: float = 0.0) -> Way:
    return Way(name, "", (), seconds, (), disruptive=True, files={})


def change_of(switch: Any, told: list[str], *, seconds: float = 20.0) -> Change:
    target = Target("leaf1", {}, "hostname leaf1\n", frozenset())
    limits = Limits(confirm_within=seconds, timeout=5.0, settle=1.0)
    todo = (target, None, way("reload"))
    change = Change(
        Opening(switch), cast("Any", Journal()), Device(), todo, Gates(NOTHING, NOTHING), limits, told.append
    )
    change._guarded_until = time.monotonic() + seconds
    return change


def test_a_bgp_container_that_does_not_start_is_told_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "SETTLE", 0.1)
    told: list[str] = []
    commands: dict[str, str | tuple[int, str]] = {"config_db.json": "{}", "frr.conf": "hostname leaf1\n"}
    commands |= {"sonic-cfggen": "{}", "running-config": DOWN, "summary json": DOWN}
    switch = Switch("leaf1", Answering(commands))
    with pytest.raises(
        ChecksFailedError, match="FRR does not run: Error response from daemon: container 4a5b is not r"
    ):
        change_of(switch, told).prove(threading.Event())
    assert any(one.startswith("proving: FRR does not run: Error response") for one in told), "while it is waited for"


def test_what_the_guard_says_of_its_way_back_is_told_at_once_and_ends_the_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guarded, "FAILED_WITHIN", 0.2)
    status = GuardStatus("failed", "x", "ann", 0, ("bgp",), "asked", "bgp does not start: Job for bgp.service failed")
    monkeypatch.setattr(guard, "status", lambda *_: status)
    told: list[str] = []
    began = time.monotonic()
    ending = change_of(Box(), told)
    ending._arming = True
    seen = ending.back(SwitchError("it does not run what was pushed"))
    assert time.monotonic() - began < 10, "not for all of the 600 s that a way back may take"
    assert seen.state == "unknown"
    assert "its guard says: bgp does not start: Job for bgp.service failed" in seen.said
    assert "its guard lapses in" in seen.said
    assert any("bgp does not start: Job for bgp.service failed; waited for 0 s more at most" in one for one in told)


def test_a_switch_that_is_not_reached_is_told_with_how_long_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "RESTORE_WITHIN", 0.1)

    class Cut:
        def open(self, plan: Any) -> Switch:
            del plan
            raise TransportError("leaf1: 192.0.2.1 does not answer")

    told: list[str] = []
    ending = Guarded(Cut(), cast("Any", Journal()), Device(), Limits(), told.append).back(SwitchError("cut off"))
    assert ending.state == "unknown"
    assert told[0] == "restoring"
    assert told[1] == "restoring: leaf1: 192.0.2.1 does not answer; waited for 0 s more at most"


def test_a_refused_reload_does_not_eat_the_time_of_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """SwSS is young for 120 s, and a guard of 20 s is not over by then."""
    refusals = ["SwSS container is not ready. Retry later or use -f to avoid system checks"] * 3
    extended: list[int] = []

    def result(*_: object) -> ReloadResult:
        return ReloadResult("refused", refusals.pop()) if refusals else ReloadResult("done", "")

    monkeypatch.setattr(guard, "start_reload", lambda *_: None)
    monkeypatch.setattr(guard, "reload_result", result)
    monkeypatch.setattr(guard, "extend", lambda _switch, _id, seconds: extended.append(seconds))
    told: list[str] = []
    change = change_of(Box(), told)
    change._guarded_until = time.monotonic() + 1.0  # less than half of it
    change._reload(cast("Switch", Box()), threading.Event())
    assert extended[-1] == 20, "all of its time, once the reload is accepted"
    assert change._guarded_until > time.monotonic() + 15
    assert (
        told
        == ["waiting: config reload says: SwSS container is not ready. Retry later or use -f to avoid system checks"]
        * 3
    )
