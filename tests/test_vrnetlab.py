"""Virtual machines packed by vrnetlab: when they are set up, and how they get their config. No Docker is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonicfab.errors import LabError, TransportError
from sonicfab.lab import vrnetlab
from sonicfab.lab.state import LabNode, LabState
from sonicfab.switch import commands
from sonicfab.transport import CommandResult, Transport

STATE = LabState("vms", "f", 0, "", False, {"leaf1": LabNode(22, 1, "127.0.0.1")}, "containerlab", "sonic-vm", "i")


class Machine(Transport):
    """A machine that is told what to run; `answers` are those to the question how its reload has gone."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers
        self.ran: list[str] = []
        self.files: dict[str, str] = {}

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        del timeout
        if command == commands.STOCK_RESULT:
            answer = self.answers.pop(0)
            if answer == "cut off":
                raise TransportError("it is cut off")
            return CommandResult(command, 0 if answer else 1, answer, "", 0)
        if command.startswith("umask"):
            self.files[command.partition("/tmp/up/")[2].partition(".part")[0]] = stdin.decode()
        self.ran.append(command)
        return CommandResult(command, 0, "/tmp/up\n" if command == commands.UPLOAD_FOLDER else "", "", 0)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(vrnetlab, "_learn_host_keys", lambda *_: None)
    for name in vrnetlab.FILES:
        (tmp_path / name).write_text(f"the {name}")
    return tmp_path


def begun(
    machine: Machine, health: list[str], monkeypatch: pytest.MonkeyPatch, folder: Path, seconds: float = 60
) -> None:
    monkeypatch.setattr(vrnetlab, "docker", lambda *_, **__: f"{health.pop(0)}\n")
    monkeypatch.setattr(vrnetlab, "last_line", lambda *_: "CalledProcessError")
    monkeypatch.setattr(vrnetlab, "open_lab_switch", lambda *_: machine)
    vrnetlab.start(STATE, "leaf1", "clab-vms-leaf1", folder, seconds)


def test_it_is_let_alone_until_it_is_set_up_and_told_its_config_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    health, machine = ["true starting", "true unhealthy", "true healthy"], Machine(["", "cut off", "0\nsaved\n"])
    begun(machine, health, monkeypatch, folder)
    assert not health
    assert machine.files == {name: f"the {name}" for name in vrnetlab.FILES}
    assert [one for one in machine.ran if "config reload" in one] == [commands.STOCK_BEGIN.format(folder="/tmp/up")]


def test_an_image_without_a_health_is_asked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(Machine(["0\n\n"]), ["true "], monkeypatch, folder)


@pytest.mark.parametrize(
    ("health", "answers", "said"),
    [
        (["true starting", "false unhealthy"], [], "leaf1 does not start: CalledProcessError"),
        (["true healthy"], ["1\nFRR does not start\n"], "leaf1 does not take its config: FRR does not start"),
    ],
)
def test_what_keeps_it_from_running(
    folder: Path, monkeypatch: pytest.MonkeyPatch, health: list[str], answers: list[str], said: str
) -> None:
    with pytest.raises(LabError, match=said):
        begun(Machine(answers), health, monkeypatch, folder)


def test_patience_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError, match="is not set up by vrnetlab in time; `docker logs clab-vms-leaf1`"):
        begun(Machine([]), ["true starting"], monkeypatch, folder, seconds=-1)
    with pytest.raises(LabError, match="has not loaded its config"):
        begun(Machine([""]), ["true healthy"], monkeypatch, folder, seconds=-1)
