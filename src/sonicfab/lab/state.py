"""The labs of this user: where their files are, which run, and how to reach their switches."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from sonicfab.errors import InputError, LabError
from sonicfab.hints import did_you_mean

EMBEDDED = "embedded"
CONTAINERLAB = "containerlab"
LOG = "keeper.log"
"""Whoever boots a lab holds a lock on it; a keeper does for as long as it lives."""
_NAME = "[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"


@dataclass(frozen=True, slots=True)
class LabNode:
    """A running switch, and how SSH gets to it.

    Attributes:
        port: its SSH port on `host`; of no meaning where SSH goes through `container`.
        pid: its first process, as this machine numbers it.
        container: the container that it is; "" in the embedded lab.
        started: when that process was started, in the kernel's count.
        frr: the version of its FRR; "" where that is not known.
    """

    port: int
    pid: int
    host: str = "127.0.0.1"
    container: str = ""
    started: str = ""
    frr: str = ""


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
        keeper: the process that holds it, with its start time, so that a recycled number is not mistaken for it;
            0 where containerlab has made it, for then its containers live by themselves.
        rootless: it is in a user namespace of the user who made it.
        backend: `embedded` or `containerlab`.
        kind: what its nodes are: `light`, `sonic-vs` or `sonic-vm`; "" in the embedded lab.
        image: the image of its nodes; "" in the embedded lab.
        docker_host: the Docker that runs them, as $DOCKER_HOST said; "" for the usual one.
        holder: the first process of the namespaces that hold all the others.
        begun_in: the folder in which `lab up` was typed; "" where that was not kept.
        stand_ins: what is there instead of something that the kernel lacks, in words.
    """

    name: str
    fabric: str
    keeper: int
    keeper_started: str
    rootless: bool
    switches: dict[str, LabNode]
    backend: str = EMBEDDED
    kind: str = ""
    image: str = ""
    docker_host: str = ""
    hosts: dict[str, HostNode] = field(default_factory=dict)
    holder: int = 0
    begun_in: str = ""
    stand_ins: tuple[str, ...] = ()

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
        """True while its keeper runs, or one of its containers."""
        if self.backend == EMBEDDED:
            return process_started(self.keeper) == self.keeper_started != ""
        return any(process_started(node.pid) == node.started != "" for node in self.switches.values())

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
        if isinstance(node, LabNode) and node.container:
            return [*docker(self.docker_host), "exec", "-i", node.container]
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


def lab_folder(name: str) -> Path:
    """Where the files of a lab of that name are, or would be; what is removed there is never anything else.

    Raises:
        InputError: no lab can have that name.
    """
    if not re.fullmatch(_NAME, name):
        raise InputError(f"{name!r} is no name of a lab", "letters, digits, and inside of it . _ and -; at most 63")
    return labs_folder() / name


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


def lab_of(fabric: str, name: str = "") -> LabState:
    """The running lab of a fabric: by name, else the one named like the fabric, else the only one that runs it.

    Raises:
        LabError: there is none.
        InputError: there are several.
    """
    if name:
        return find_lab(name)
    fitting = {lab.name: lab for lab in running_labs() if lab.fabric == fabric}
    if len(fitting) > 1 and fabric not in fitting:
        raise InputError(f"several labs run the fabric {fabric}: {', '.join(fitting)}", "say which with its name")
    if fitting:
        return fitting.get(fabric) or next(iter(fitting.values()))
    other = next((lab for lab in running_labs() if lab.name == fabric), None)
    if other is not None:
        message = f"the lab {fabric} runs another fabric, {other.fabric}"
        raise LabError(message, "`sonicfab lab up --name NAME` starts one; --lab-name says that this one is meant")
    running = running_labs()
    if running:
        told = ", ".join(f"{lab.name} (fabric {lab.fabric})" for lab in running)
        raise LabError(f"no lab runs the fabric {fabric}; there are {told}", "start it with `sonicfab lab up`")
    raise LabError(f"no lab {fabric} is running", "start it with `sonicfab lab up`")


def lab_to_end(folder: Path, name: str = "", fabric: str = "") -> LabState:
    """The running lab that somebody in a folder may mean when they end one: never another fabric's unasked.

    Raises:
        LabError: there is none.
        InputError: there are several, or the only one was begun elsewhere.
    """
    if name or fabric:
        return lab_of(fabric, name)
    lab = pick_lab()
    if lab.begun_in not in ("", str(folder)):
        message = f"the only lab that runs, {lab.name}, was started in another folder, {lab.begun_in}"
        raise InputError(message, f"if it is meant: sonicfab lab down --name {lab.name}")
    return lab


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


def claim(name: str, spec: str) -> tuple[Path, BinaryIO]:
    """A lab's folder with its spec, and its log, which stays locked for as long as it is open.

    The folder gets its name only when both are there, so that no other sonicfab takes it for the remains of a lab.

    Raises:
        InputError: no lab can have that name.
        LabError: another sonicfab is starting the lab, or nothing can be written.
    """
    labs, folder = labs_folder(), lab_folder(name)
    part: Path | None = None
    try:
        labs.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=labs))
        (part / "spec.json").write_text(spec, encoding="utf-8")
        log = (part / LOG).open("ab")
        fcntl.flock(log, fcntl.LOCK_EX)
        return part.rename(folder), log
    except BaseException as err:
        if part is not None:
            remove_folder(part)
        if isinstance(err, OSError) and err.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise LabError(f"lab {name} is being started by another sonicfab") from err
        if isinstance(err, OSError):
            raise LabError(f"cannot write {labs}: {err.strerror}") from err
        raise


def is_dead(name: str) -> bool:
    """True when a lab has left files and neither runs nor boots.

    Raises:
        InputError: no lab can have that name.
    """
    with _remains(lab_folder(name)) as dead:
        return dead


def remove_dead(name: str) -> bool:
    """Remove the files that a dead lab has left; False when there are none, or it runs or boots.

    Raises:
        InputError: no lab can have that name.
    """
    folder = lab_folder(name)
    with _remains(folder) as dead:
        if dead:  # the name is free at once: half-removed files would be another one's to remove
            away = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder.parent))
            remove_folder(folder.rename(away))
        return dead


@contextlib.contextmanager
def _remains(folder: Path) -> Iterator[bool]:
    """Whether a lab has left files and neither runs nor boots; for as long as this lasts, nobody else finds that."""
    state = _read(folder / "state.json")
    if state is not None and state.alive:
        yield False
        return
    try:
        log = (folder / LOG).open("ab")
    except OSError:  # there is no such folder
        yield False
        return
    with log:
        try:
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # whoever had the lock before may have removed the folder, and begun another lab of that name
            mine = os.path.samestat(os.fstat(log.fileno()), (folder / LOG).stat())
        except OSError:
            mine = False
        yield mine


def remove_folder(folder: Path) -> None:
    """Remove a lab's files, and sonicfab's own folders above it once they are empty."""
    shutil.rmtree(folder, ignore_errors=True)
    if os.environ.get("SONICFAB_LABS"):  # a folder of the user's
        return
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


def write_state(folder: Path, state: LabState) -> None:
    """From here on the lab is known to run."""
    part = folder / "state.json.part"
    part.write_text(state.dumps(), encoding="utf-8")
    part.replace(folder / "state.json")


def docker(host: str) -> list[str]:
    """The program docker, for the Docker at `host`, or for the usual one."""
    return ["docker", *(["--host", host] if host else [])]


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
    states = [_read(file) for file in sorted(labs_folder().glob("*/state.json"))]
    return [state for state in states if state is not None]


def _read(file: Path) -> LabState | None:
    try:
        data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        data.pop("format_version")
        nodes = {name: LabNode(**node) for name, node in data.pop("switches").items()}
        hosts = {
            name: HostNode(**{**host, "addresses": tuple(host["addresses"])})
            for name, host in data.pop("hosts", {}).items()
        }
        stand_ins = tuple(data.pop("stand_ins", ()))
        return LabState(**data, switches=nodes, hosts=hosts, stand_ins=stand_ins)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # half-written by a keeper that was killed, or by somebody else: not a running lab
