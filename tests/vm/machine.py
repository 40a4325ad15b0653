"""A virtual machine with a stock kernel: boot, run a command, copy files, cut its power, boot again."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from patience import Patience, progress
from vm.root import Root

_READY = "vm-init: up"
_UNLESS_ALONE = '[ "$PPID" = "$0" ] && exec "$@"'
"""Who ends before setpriv has asked for the signal leaves nothing behind either."""


@dataclass
class Machine:
    """One that has its own layer over the disk of `root`, and sees `work`, a disk that is not written, as /srv.

    `words` are more for its kernel's command line.
    """

    root: Root
    folder: Path
    work: Path | None = None
    megabytes: int = 2048
    words: str = ""
    _qemu: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _port: int = field(default=0, init=False)

    keeps_memory = True

    @property
    def pid(self) -> int:
        """The process that is the machine."""
        assert self._qemu, "it is off"
        return self._qemu.pid

    @property
    def console(self) -> str:
        """What it has said since it was switched on."""
        path = self.folder / "console"
        return path.read_text(encoding="utf-8", errors="replace").replace("\r", "") if path.exists() else ""

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that leads to its sshd; another one each time that it is switched on."""
        return self._port

    def boot(self, seconds: float = 120, state: str = "") -> None:
        """Switch it on and wait until it can be logged into; with a `state`, it goes on where that was kept.

        Raises:
            RuntimeError: it ends or is not there in time; with the end of what it said.
        """
        self.switch_on(state)
        patience = Patience(seconds)
        while not ((state or _READY in self.console) and self.run("true", check=False).returncode == 0):
            if not self._qemu or self._qemu.poll() is not None or patience.ended:
                said = (self.folder / "qemu.log").read_text(errors="replace") + self.console[-2000:]
                self.cut_power()
                raise RuntimeError(f"the machine does not boot: {said}")
            time.sleep(0.2)
        progress()

    def keep(self, state: str) -> None:
        """Keep all of it, its memory and its disk as they are now, under that name; and go on in it."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(str(self.folder / "monitor"))
            said = _until_prompt(monitor)
            monitor.send(f"savevm {state}\n".encode())
            said = _until_prompt(monitor)
        assert "rror" not in said, said
        self.cut_power()
        shutil.copyfile(self.folder / "disk.qcow2", self.folder / f"{state}.qcow2")
        self.boot(state=state)

    def switch_on(self, state: str = "") -> None:
        """Begin its process, which ends with the thread that has begun it, however that ends."""
        disk = self.folder / "disk.qcow2"
        if state:
            shutil.copyfile(self.folder / f"{state}.qcow2", disk)
        elif not disk.exists():
            base = ["-b", str(self.root.disk), "-F", "raw"]
            subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", *base, str(disk)], check=True)
        self._port = _free_port()
        (self.folder / "console").unlink(missing_ok=True)
        until_parent_ends = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", _UNLESS_ALONE, str(os.getpid())]
        with (self.folder / "qemu.log").open("wb") as log:
            self._qemu = subprocess.Popen(
                [*until_parent_ends, *self._command(disk, state)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cut_power(self) -> None:
        """End it as a power cut does: what has not reached the disk is lost."""
        if self._qemu:
            self._qemu.kill()
            self._qemu.wait()
            self._qemu = None

    def run(
        self, command: str, stdin: str = "", *, check: bool = True, seconds: float = 1800
    ) -> subprocess.CompletedProcess[str]:
        """A shell command in it, as root; `check` asserts that it ends well."""
        done = subprocess.run(
            [*self._ssh(), command], input=stdin, capture_output=True, text=True, check=False, timeout=seconds
        )
        progress()
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def put(self, source: Path, target: str) -> None:
        """Copy a file or a folder into it, to that path."""
        names = ["-C", str(source.parent), source.name] if source.is_file() else ["-C", str(source), "."]
        packed = subprocess.run(["tar", "-c", *names], capture_output=True, check=True).stdout
        parent = f"$(dirname {shlex.quote(target)})"
        into = f"tar -x -C {parent}" if source.is_file() else f"mkdir -p {target} && tar -x --no-same-owner -C {target}"
        rename = (
            f" && mv {parent}/{source.name} {target}" if source.is_file() and Path(target).name != source.name else ""
        )
        subprocess.run([*self._ssh(), into + rename], input=packed, check=True)

    def get(self, source: str, target: Path) -> None:
        """Copy a file out of it."""
        target.write_bytes(
            subprocess.run([*self._ssh(), f"cat {shlex.quote(source)}"], capture_output=True, check=True).stdout
        )

    def _command(self, disk: Path, state: str) -> list[str]:
        root = self.root.folder
        # without udev nobody says that ttyS0 is there, and systemd would wait for it 90 s
        init = "/lib/systemd/systemd systemd.getty_auto=no" if self.root.systemd else "/sbin/vm-init"
        arguments = f"root=/dev/vda rw console=ttyS0 net.ifnames=0 init={init} quiet panic=-1 {self.words}"
        drives = [f"file={disk},format=qcow2,if=virtio"]
        if self.work:
            drives.append(f"file={self.work},format=raw,if=virtio,readonly=on")
        # restrict: it reaches nothing; the one port leads from this machine into it
        network = f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{self._port}-:22"
        return [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *(*acceleration(), "-cpu", "max", "-m", str(self.megabytes)),
            *("-kernel", str(root / "vmlinuz"), "-initrd", str(root / "initrd"), "-append", arguments),
            *(word for drive in drives for word in ("-drive", drive)),
            *("-netdev", network, "-device", "virtio-net-pci,netdev=net", "-device", "virtio-rng-pci"),
            *("-serial", f"file:{self.folder / 'console'}"),
            *("-monitor", f"unix:{self.folder / 'monitor'},server=on,wait=off"),
            *(("-loadvm", state) if state else ()),
        ]

    def _ssh(self) -> list[str]:
        # ssh reads a key only when nobody else can
        key = self.folder / "key"
        key.unlink(missing_ok=True)
        key.touch(0o600)
        key.write_bytes((self.root.folder / "key").read_bytes())
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": "30",
            "HostKeyAlias": "vm",
            "IdentitiesOnly": "yes",
            "KexAlgorithms": "curve25519-sha256",  # ssh's default one takes half a second even without emulation
            "LogLevel": "ERROR",
            "UserKnownHostsFile": str(self.root.folder / "known_hosts"),
        }
        given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
        return ["ssh", "-F", "none", *given, "-i", str(key), "-p", str(self._port), "root@127.0.0.1"]


@contextmanager
def powered(root: Root, folder: Path, work: Path | None = None) -> Iterator[Machine]:
    """A machine that runs, and ends with the block."""
    machine = Machine(root, folder, work)
    try:
        machine.boot()
        yield machine
    finally:
        machine.cut_power()


def acceleration() -> list[str]:
    """How qemu runs it: by the CPU where the kernel has KVM of the ordinary kind, else by emulation.

    A /dev/kvm whose CPU shows neither VMX nor SVM is one for guests that know of it (PVM): stock kernels hang there.
    What is emulated has a clock that goes by its instructions, 2 ns each, while it works: however loaded this machine
    is, no time limit in it passes sooner.
    """
    flags = re.search(r"^flags\s*:(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    virtual = {"vmx", "svm"} & set(flags[1].split() if flags else ())
    if virtual and os.access("/dev/kvm", os.R_OK | os.W_OK):
        return ["-accel", "kvm", "-smp", "2"]
    return ["-accel", "tcg", "-icount", "shift=1", "-rtc", "clock=vm"]


def _until_prompt(monitor: socket.socket) -> str:
    said = b""
    while not said.endswith(b"(qemu) "):
        if not (more := monitor.recv(4096)):
            raise RuntimeError(f"the machine's monitor has ended: {said.decode(errors='replace')}")
        said += more
    return said.decode(errors="replace")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
