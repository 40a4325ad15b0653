"""The labs of this user: where their files are, which run, and how to reach their switches."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sonicfab.errors import InputError, LabError
from sonicfab.hints import did_you_mean

LOG = "keeper.log"
"""A lab's keeper holds a lock on it for as long as it lives, also while the lab still boots."""


@dataclass(frozen=True, slots=True)
class LabNode:
    """A running switch: its SSH port on 127.0.0.1, and its first process as this machine numbers it."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class HostNode:
    """A running host: what its eth0 is plugged into, its numbers, and its first process."""

    switch: str
    port: str
    asn: int
    addresses: tuple[str, ...]
    pid: int


@dataclass(frozen=True, slots=True)
class LabState:
    """A running lab.

    Attributes:
        keeper: the process that holds it, with its start time, so that a recycled number is not mistaken for it.
        rootless: it is in a user namespace of the user who made it.
        holder: the first process of the namespaces that hold all the others.
    """

    name: str
    fabric: str
    keeper: int
    keeper_started: str
    rootless: bool
    switches: dict[str, LabNode]
    hosts: dict[str, HostNode] = field(default_factory=dict)
    holder: int = 0

    @property
    def folder(self) -> Path:
        """The lab's files."""
        return labs_folder() / self.name

    @property
    def key(self) -> Path:
        """The private key that its switches let in."""
        return self.folder / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The host keys of its switches."""
        return self.folder / "known_hosts"

    @property
    def alive(self) -> bool:
        """True while its keeper runs."""
        return process_started(self.keeper) == self.keeper_started != ""

    def node(self, name: str) -> LabNode:
        """A switch of the lab.

        Raises:
            LabError: it has no such switch.
        """
        if name not in self.switches:
            raise LabError(f"lab {self.name} has no switch {name}", did_you_mean(name, self.switches))
        return self.switches[name]

    def enter(self, name: str) -> list[str]:
        """The command prefix that runs a program inside a switch or a host, without SSH.

        Raises:
            LabError: the lab has neither of that name.
        """
        if name not in self.switches and name not in self.hosts:
            raise LabError(f"lab {self.name} has no switch or host {name}", did_you_mean(name, self.nodes))
        node = self.hosts[name] if name in self.hosts else self.switches[name]
        return enter(node.pid, rootless=self.rootless)

    @property
    def nodes(self) -> list[str]:
        """The names of its switches and hosts."""
        return [*self.switches, *self.hosts]

    def below(self) -> list[str]:
        """The command prefix that runs a program among the network namespaces of the lab."""
        user = ["--user", "--preserve-credentials"] if self.rootless else []
        return ["nsenter", f"--target={self.holder}", *user, "--mount", "--net", "--pid", "--"]

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps({"format_version": 1, **asdict(self)}, indent=1)


def labs_folder() -> Path:
    """Where the labs of this user are: $SONICFAB_LABS, else below $XDG_STATE_HOME or ~/.local/state."""
    own = os.environ.get("SONICFAB_LABS")
    if own:
        return Path(own).absolute()
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "sonicfab" / "labs"


def running_labs() -> list[LabState]:
    """The labs that run."""
    return [state for state in _states() if state.alive]


def find_lab(name: str) -> LabState:
    """The running lab of that name.

    Raises:
        LabError: there is none.
    """
    running = {state.name: state for state in running_labs()}
    if name not in running:
        hint = did_you_mean(name, running) if running else "start it with `sonicfab lab up`"
        raise LabError(f"no lab {name} is running", hint)
    return running[name]


def pick_lab(name: str = "", node: str = "") -> LabState:
    """The lab that is meant: by name, else the only one (that has the switch or host).

    Raises:
        LabError: there is none.
        InputError: there are several.
    """
    if name:
        return find_lab(name)
    running = running_labs()
    fitting = [lab for lab in running if not node or node in lab.nodes]
    if len(fitting) == 1:
        return fitting[0]
    if not running:
        raise LabError("no lab is running", "start one with `sonicfab lab up`")
    if not fitting:
        known = sorted({one for lab in running for one in lab.nodes})
        raise LabError(f"no running lab has a switch {node}", did_you_mean(node, known))
    raise InputError(f"several labs run: {', '.join(lab.name for lab in fitting)}", "say which with --name")


def remove_dead(name: str) -> bool:
    """Remove what a lab left whose keeper has died; False when there is nothing, or it runs or boots."""
    folder = labs_folder() / name
    if not folder.is_dir():
        return False
    with contextlib.suppress(FileNotFoundError), (folder / LOG).open("rb") as log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    remove_folder(folder)
    return True


def remove_folder(folder: Path) -> None:
    """Remove a lab's files, and the folder of all labs once it is empty."""
    shutil.rmtree(folder, ignore_errors=True)
    for parent in (folder.parent, folder.parent.parent):
        try:
            parent.rmdir()
        except OSError:
            return


def process_started(pid: int) -> str:
    """When a process was started, in the kernel's count; "" when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]  # proc(5): field 22, counted here from field 3


def enter(pid: int, *, rootless: bool) -> list[str]:
    """The command prefix that runs a program in all namespaces of a process."""
    user = ["--user", "--preserve-credentials"] if rootless else []
    return [
        "nsenter",
        f"--target={pid}",
        *user,
        "--mount",
        "--uts",
        "--ipc",
        "--net",
        "--pid",
        "--root",
        "--wd",
        "--",
    ]


def _states() -> list[LabState]:
    found: list[LabState] = []
    for file in sorted(labs_folder().glob("*/state.json")):
        try:
            data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            data.pop("format_version")
            nodes = {name: LabNode(**node) for name, node in data.pop("switches").items()}
            hosts = {
                name: HostNode(**{**host, "addresses": tuple(host["addresses"])})
                for name, host in data.pop("hosts", {}).items()
            }
            found.append(LabState(**data, switches=nodes, hosts=hosts))
        except (OSError, ValueError, KeyError, TypeError):
            continue  # half-written by a keeper that was killed: not a running lab
    return found
