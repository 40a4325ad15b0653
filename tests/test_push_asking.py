"""What push asks, how long for, and what it makes of answers that are none: on switches that are only scripted."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest

from sonicfab.errors import ChecksFailedError, HostKeyError, SonicfabError, SwitchError, TransportError
from sonicfab.push import change, guarded, polling
from sonicfab.push.change import Gates, SwitchChange
from sonicfab.push.comparison import Comparison, Target, compare
from sonicfab.push.gate import Gate
from sonicfab.push.guarded import Guarded, Limits
from sonicfab.push.polling import NotYetError, ask_until
from sonicfab.push.ways import Way
from sonicfab.switch import guard
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.operations import ReloadResult, Switch
from sonicfab.transport import CommandResult, Transport

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
        "running-config": answers.get("frr", "Current configuration:\n!\nhostname leaf1\n"),
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


def change_of(switch: Any, told: list[str], *, seconds: float = 20.0) -> SwitchChange:
    target = Target("leaf1", {}, "hostname leaf1\n", frozenset())
    limits = Limits(confirm_within=seconds, timeout=5.0, settle=1.0)
    todo = (target, None, way("reload"))
    change = SwitchChange(
        Opening(switch), cast("Any", Journal()), Device(), todo, Gates(NOTHING, NOTHING), limits, told.append
    )
    change._guarded_until = time.monotonic() + seconds
    return change


class Down:
    """A switch without a session."""

    def get(self, question: object) -> list[object]:
        del question
        return []

    def close(self) -> None:
        pass


LATER = {"Ethernet48": frozenset({"received"})}
FAR = {"Ethernet48": "spine0"}


@pytest.mark.parametrize(
    ("gate", "least"),
    [
        (Gate({}, frozenset(), LATER, FAR, frozenset(LATER), delay=0.6), 0.0),
        (Gate({}, frozenset(), LATER, FAR, delay=0.1), 0.3),
        (Gate({}, frozenset(), LATER, FAR, delay=0.6), 0.5),
    ],
)
def test_a_session_is_waited_for_where_it_may_come_up_by_itself(
    gate: Gate, least: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The policy's delay counts from the change, which was 0.1 s ago, and is a part of that time."""
    monkeypatch.setattr(change, "LATER_WITHIN", 0.3)
    one = change_of(Down(), [])
    begun = time.monotonic()
    one._runs_since = begun - 0.1
    assert one.check(gate, threading.Event()) == {"spine0"}
    assert time.monotonic() - begun >= least
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    one.check(gate, threading.Event())
    assert bool(slept) == bool(gate.judged)


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
