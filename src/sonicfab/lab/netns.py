"""Lab switches as sets of namespaces, wired by veth; everything below one holder, whose end ends all of it.

The holder is a process in mount, network and PID namespaces of its own (and a user namespace, without root). It
lives as long as the pipe to its keeper is open, so nothing outlives a keeper that is killed. The root network
namespace of this machine is never touched.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from sonicfab.errors import LabError
from sonicfab.lab import files as lab_files
from sonicfab.lab.seed import write_programs, write_switch, write_texts
from sonicfab.lab.spec import LabHost, LabSpec, LabSwitch
from sonicfab.lab.state import enter

BOOT_TIMEOUT = 600.0
"""Seconds until a switch runs: one second on a machine of its own, minutes on an emulated one with much to do."""
SHARED = "shared"
"""The folder, below the lab's, of the files that its switches and hosts share; one more for each tree."""
UNPLUGGED = "unplugged"
"""The namespace of the far ends of ports with nothing plugged in."""
_HOLD = """\
mount -t proc proc /proc && mount -t tmpfs -o mode=755 run /run && mkdir -p /run/netns || exit 1
ip link set lo up
echo ready
exec env --ignore-signal=CHLD cat
"""


class Holder:
    """The namespaces that hold a lab."""

    def __init__(self, folder: Path) -> None:
        """Make them.

        Raises:
            LabError: the kernel or its settings do not allow it.
        """
        self.rootless = os.geteuid() != 0
        self._log = (folder / "holder.log").open("wb")
        user = ["--user", "--map-root-user", "--map-auto"] if self.rootless else []
        command = ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", _HOLD]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, start_new_session=True
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self.close()
            why = (folder / "holder.log").read_text(encoding="utf-8", errors="replace").strip()
            raise LabError(
                f"cannot make namespaces: {why or 'unshare failed'}", "`sonicfab lab doctor` says what to do"
            )
        self.pid = first_process(self._process.pid)

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command in the holder's namespaces and return its output.

        Raises:
            LabError: it fails.
        """
        done = subprocess.run([*self.prefix(), *command], input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"{' '.join(command[:3])} failed: {done.stderr.strip().splitlines()[-1:] or '?'}")
        return done.stdout

    def prefix(self) -> list[str]:
        """The command prefix that runs a program in the holder's namespaces."""
        user = ["--user", "--preserve-credentials"] if self.rootless else []
        return ["nsenter", f"--target={self.pid}", *user, "--mount", "--net", "--pid", "--"]

    def close(self) -> None:
        """End everything in it."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()


def write_shared(lab: Path, public_key: str, trees: Collection[str]) -> None:
    """The files that all switches of a lab share that run on one tree; "" is this machine."""
    for tree in trees:
        folder, root = _shared(lab, tree), Path(tree or "/")
        python = Path("/usr/bin/python3") if tree else Path(sys.executable).resolve()
        write_programs(folder, lab_files.shared_files(python, public_key, compiled=not tree))
        if not tree:  # the switches cannot write there, and would compile every module at every start of a program
            code = folder / "usr" / "local" / "lib" / "sonic"
            compileall.compile_dir(code, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
        for path in lab_files.host_files(root):
            shutil.copy2(path, folder / "files" / "etc" / path.name)
        alternatives = folder / "files" / "etc" / "alternatives"
        shutil.copytree(root / "etc" / "alternatives", alternatives, symlinks=True, dirs_exist_ok=True)


def _shared(lab: Path, tree: str) -> Path:
    return lab / (f"{SHARED}-{quote(tree, safe='')}" if tree else SHARED)


def build_network(holder: Holder, spec: LabSpec) -> None:
    """One network namespace for each switch, with all ports of its platform, and one for each host, with eth0.

    A cabled port is one end of a veth pair whose other end is the far port. Any other port has its other end in a
    namespace where it stays down: a port with nothing plugged in.

    Raises:
        LabError: the kernel refuses.
    """
    names = [UNPLUGGED, *(switch.name for switch in spec.switches), *(host.name for host in spec.hosts)]
    holder.run("ip", "-batch", "-", stdin="\n".join(f"netns add {name}" for name in names))
    lines = [
        f"link add {a.port} netns {a.switch} type veth peer name {b.port} netns {b.switch}" for a, b in spec.cables
    ]
    cabled = {a for a, _ in spec.cables} | {b for _, b in spec.links}
    count = 0
    for switch in spec.switches:
        for port in switch.ports:
            if (switch.name, port) not in cabled:
                lines.append(f"link add {port} netns {switch.name} type veth peer name u{count} netns {UNPLUGGED}")
                count += 1
    holder.run("ip", "-batch", "-", stdin="\n".join(lines))
    for switch in spec.switches:
        # all ports of a switch have its base MAC address, as on SONiC; eth0 leads nowhere, so it has no far end
        changes = [f"link set {port} address {switch.mac}" for port in switch.ports]
        changes.append(f"link add eth0 address {switch.mac} type bridge")
        holder.run("ip", "-n", switch.name, "-batch", "-", stdin="\n".join(changes))


def stand_ins(holder: Holder, spec: LabSpec) -> Iterator[str]:
    """What the lab has instead of something that the kernel lacks, in words."""
    try:
        if spec.port_channels:
            holder.run("ip", "-batch", "-", stdin="link add probe type bond mode 802.3ad\nlink del probe\n")
    except LabError:
        yield "port channels: bridges with spanning tree; the kernel has no bonding, and nobody speaks LACP"


class Booting:
    """A switch or a host that is being started."""

    def __init__(self, holder: Holder, node: LabSwitch | LabHost, seed: Path, script: str, *arguments: str) -> None:
        self._name, self._seed = node.name, seed
        command = [
            *holder.prefix(),
            "nsenter",
            f"--net=/run/netns/{node.name}",
            "unshare",
            *("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"),
            *("sh", str(files("sonicfab") / "lab" / script), str(seed), *arguments),
        ]
        (seed / "ready").unlink(missing_ok=True)
        self._log = seed / "boot.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> int:
        """Wait until its services run; the number of its first process.

        Raises:
            LabError: it does not start; the message ends with the last line of its log.
        """
        ready = self._seed / "ready"
        deadline = time.monotonic() + BOOT_TIMEOUT
        while not (ready.exists() and ready.read_text(encoding="utf-8")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
                reason = lines[-1] if lines else f"exit code {self._process.returncode}"
                raise LabError(f"{self._name} does not start: {reason}", f"all of it: {self._log}")
            time.sleep(0.02)
        return first_process(self._process.pid)


def boot_switch(holder: Holder, spec: LabSpec, switch: LabSwitch, folder: Path) -> Booting:
    """Start a switch whose ports are there; `folder` is the lab's."""
    seed = folder / switch.name
    write_switch(seed, spec, switch)
    tree = switch.tree
    python_home = "/usr" if tree else str(Path(sys.base_prefix).resolve())
    return Booting(holder, switch, seed, "switch-root.sh", str(_shared(folder, tree)), python_home, f"{tree}/usr")


def boot_host(holder: Holder, host: LabHost, folder: Path) -> Booting:
    """Start a host whose eth0 is there."""
    seed = folder / host.name
    write_texts(seed, lab_files.server_files(host))
    return Booting(holder, host, seed, "host-root.sh", str(folder / SHARED))


def ssh_server(pid: int, *, rootless: bool) -> list[str]:
    """The command that serves one SSH connection, its socket as stdin and stdout, inside a switch."""
    return [*enter(pid, rootless=rootless), *lab_files.SSHD]


def first_process(pid: int) -> int:
    """The first process of the PID namespace that a chain of nsenter and unshare has made, as we number it.

    Raises:
        LabError: the chain ended before.
    """
    while True:
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()
            if len(numbers) > 2 and numbers[-1] == "1":
                return pid
            pid = _children(pid)[0]
        except (OSError, IndexError, StopIteration) as err:
            raise LabError("a lab process ended while it was started") from err


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if listed.exists():
        return [int(word) for word in listed.read_text(encoding="utf-8").split()]
    found: list[int] = []
    for stat in Path("/proc").glob("[0-9]*/stat"):  # a kernel without CONFIG_PROC_CHILDREN
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return sorted(found)
