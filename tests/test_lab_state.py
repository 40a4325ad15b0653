"""What a lab leaves in its folder, when that is not what it should be; no lab runs here."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest

from conftest import Run, example_files
from labs import LEAF1, rendered
from sonicfab.errors import InputError, LabError
from sonicfab.lab import faults, requests
from sonicfab.lab.gate import Listeners, listen
from sonicfab.lab.inside import is_up
from sonicfab.lab.state import LOG, LabNode, LabState, claim, process_started, remove_dead, running_labs
from sonicfab.lab.whole import whole

BROKEN = [
    "",
    "{",
    "[]",
    "7",
    "null",
    '{"format_version": 1, "switches": []}',
    '{"format_version": 1, "switches": {"a": 1}}',
]


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "below" / "labs"
    folder.mkdir(parents=True)
    monkeypatch.setenv("SONICFAB_LABS", str(folder))
    return folder


@pytest.mark.parametrize("name", ["../mine", "..", ".", "", "a/b", "/etc/mine", ".hidden", "my lab", "a\n", "x" * 64])
def test_what_is_no_name_of_a_lab_removes_nothing(name: str, labs: Path) -> None:
    mine = labs.parent / "mine" / "file"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(InputError, match="is no name of a lab"):
        remove_dead(name)
    assert mine.read_text() == "mine"


def test_up_and_down_refuse_such_a_name(sonicfab: Run, labs: Path) -> None:
    (labs.parent / "mine").mkdir()
    for command in (["down"], ["up", *example_files("scs-lab")]):
        done = sonicfab("lab", *command, "--name", "../mine")
        assert done.returncode in (2, 3)
        assert "is no name of a lab" in done.stderr or "this machine cannot run the lab" in done.stderr
    assert (labs.parent / "mine").exists()


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_state_is_no_running_lab(text: str, labs: Path) -> None:
    (labs / "broken").mkdir()
    (labs / "broken" / "state.json").write_text(text)
    assert running_labs() == []
    assert remove_dead("broken")
    assert list(labs.iterdir()) == [], "and the user's own folder stays"


def test_a_lab_that_begins_in_the_place_of_a_dead_one_is_not_removed(
    labs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two find the same remains; the other one is quicker, and has begun a lab when this one gets its lock."""
    (labs / "one").mkdir()
    (labs / "one" / LOG).write_text("dead")
    lock = fcntl.flock

    def late(file: BinaryIO, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        assert remove_dead("one")
        begun.append(claim("one", "{}"))
        lock(file, how)

    begun: list[tuple[Path, BinaryIO]] = []
    monkeypatch.setattr(fcntl, "flock", late)
    assert not remove_dead("one")
    assert sorted(one.name for one in (labs / "one").iterdir()) == [LOG, "spec.json"]
    assert not remove_dead("one"), "while its keeper has the log"
    begun[0][1].close()
    assert remove_dead("one")


@pytest.fixture
def state(labs: Path) -> LabState:
    found = LabState("one", "fabric", 0, "", rootless=False, switches={})
    found.folder.mkdir()
    return found


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"faults": [1]}', '{"faults": [{"targets": []}]}'])
def test_a_broken_record_of_faults_is_told(text: str, state: LabState) -> None:
    (state.folder / "faults.json").write_text(text)
    with pytest.raises(LabError, match=r"faults\.json does not tell the lab's faults"):
        faults.active_faults(state)


def test_a_record_of_faults_that_cannot_be_written_is_told(state: LabState) -> None:
    (state.folder / "faults.json.part").mkdir()
    with pytest.raises(LabError, match=r"cannot write .*faults\.json\.part: Is a directory"):
        faults._write(state, [])
    (state.folder / "faults.lock").mkdir()
    with pytest.raises(LabError, match=r"cannot write .*faults\.lock: Is a directory"), faults._locked(state):
        pass


def test_ctrl_c_waits_for_a_whole_fault() -> None:
    written = []

    def interrupted() -> None:
        with whole():
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
            written.append("undo")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert written == ["undo"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be read"),
        ("[1]", "is no CONFIG_DB"),
        ('{"PORT": 3}', "is no CONFIG_DB"),
        ("\\udcff", "cannot be read"),
    ],
)
def test_a_config_that_no_switch_could_boot_from(text: str, said: str, sonicfab: Run, tmp_path: Path) -> None:
    rendered(sonicfab, tmp_path)
    (tmp_path / "spine-leaf-1x2" / LEAF1 / "config_db.json").write_text(text)
    done = sonicfab("lab", "up", *example_files("scs-lab"), "--from", tmp_path, "--name", "never")
    if "this machine cannot run the lab" not in done.stderr:
        assert done.returncode == 2, done.stderr
        assert said in done.stderr
        assert "booted" not in done.stderr


@pytest.mark.parametrize("line", [b"[]\n", b"7\n", b"\n", b"{\n", b""])
def test_a_request_that_is_none(line: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(line)
        theirs.shutdown(socket.SHUT_WR)
        assert requests.receive(ours) == {}


@pytest.fixture
def gate() -> tuple[Listeners, int]:
    """The gate of one switch whose connections nobody can serve."""
    listener = listen()
    found = Listeners({"leaf1": listener}, lambda _name: ["/nosuch/program"])
    threading.Thread(target=found.serve, daemon=True).start()
    return found, listener.getsockname()[1]


def test_a_connection_that_cannot_be_served_is_closed_and_the_next_one_too(gate: tuple[Listeners, int]) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", gate[1]), timeout=5) as connection:
            assert connection.recv(1) == b""


def test_those_who_gave_up_waiting_are_forgotten(gate: tuple[Listeners, int]) -> None:
    door = gate[0]._doors["leaf1"]
    gate[0].set("leaf1", "hang")
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", gate[1]), timeout=5) as connection:
            connection.sendall(b"SSH-2.0-me\r\n")
    with socket.create_connection(("127.0.0.1", gate[1]), timeout=5) as connection:
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert len(door.waiting) <= 2, "the one that waits, and the last that gave up"


def test_a_process_that_got_the_number_of_a_dead_switch_is_not_the_switch(state: LabState) -> None:
    me = os.getpid()
    node = LabNode(2201, me, started=process_started(me))
    assert is_up(replace(state, switches={"leaf1": node}), "leaf1")
    assert not is_up(replace(state, switches={"leaf1": replace(node, started="1")}), "leaf1")
