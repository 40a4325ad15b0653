"""The disk of a machine in namespaces of this kernel: seconds, where emulation takes minutes.

systemd is the real one, and so is ext4: the disk is a file behind a loop device. A power cut is that file as it is at
that moment, without what ext4 has not written yet; the next boot replays its journal. Clock, memory and sysrq are this
machine's own: what touches those wants a `Machine`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from patience import Patience, progress, until
from vm.root import Root

_CGROUP = Path("/sys/fs/cgroup/systemd")
_BOOT = """\
set -e
disk=$1 words=$2
mount --make-rprivate /
r=$disk.root
mkdir -p "$r"
mount -o loop,commit=300 "$disk" "$r"
echo ready
read -r go   # its end of the namespaces is known, and its cgroup
mount -t proc proc "$r/proc"
echo "$words" > "$r/run/cmdline"
mount --bind "$r/run/cmdline" "$r/proc/cmdline"
mount -t sysfs -o ro sysfs "$r/sys"
mount -t tmpfs -o mode=755 tmpfs "$r/sys/fs/cgroup"
mkdir "$r/sys/fs/cgroup/systemd"
mount -t cgroup -o none,name=systemd cgroup "$r/sys/fs/cgroup/systemd"
mount -t tmpfs -o mode=755 tmpfs "$r/dev"
for name in null zero full random urandom tty; do : > "$r/dev/$name"; mount --bind "/dev/$name" "$r/dev/$name"; done
mkdir "$r/dev/pts" "$r/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$r/dev/pts"
ln -s pts/ptmx "$r/dev/ptmx"
: > "$r/dev/ttyS0"
mount -t tmpfs -o mode=755 tmpfs "$r/run"
mkdir -p "$r/run/lock" "$r/mnt/old"
cd "$r"
pivot_root . mnt/old
cd /
umount -l /mnt/old
exec env -i container=lxc PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd systemd.unified_cgroup_hierarchy=0
"""


def box_missing() -> str:
    """Why this machine cannot have one; "" when it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not (_CGROUP / "cgroup.procs").exists():
        return "no cgroup of systemd's own (version 1)"
    return "" if Path("/dev/loop-control").exists() else "no loop devices"


@dataclass
class Box:
    """What a `Machine` is, but that `keep` keeps the disk alone: going on in a state is a boot."""

    root: Root
    folder: Path
    words: str = ""
    pid: int = field(default=0, init=False)
    _shell: subprocess.Popen[str] | None = field(default=None, init=False)
    _door: socket.socket | None = field(default=None, init=False)
    _servers: list[subprocess.Popen[bytes]] = field(default_factory=list, init=False)

    keeps_memory = False

    @property
    def port(self) -> int:
        """The port of 127.0.0.1 that leads to its sshd; another one each time that it is switched on."""
        if self._door is None:
            self._door = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._serve, args=(self._door,), daemon=True).start()
        port: int = self._door.getsockname()[1]
        return port

    @property
    def console(self) -> str:
        """What it has said since it was switched on."""
        return Path(f"/proc/{self.pid}/root/dev/ttyS0").read_text()

    def boot(self, seconds: float = 120, state: str = "") -> None:
        """Switch it on and wait until all that it starts at a boot runs or has failed.

        Raises:
            RuntimeError: it is not there in time.
        """
        self.switch_on(state)
        patience = Patience(seconds)
        while self.run("systemctl is-system-running", check=False).stdout.strip() not in ("running", "degraded"):
            if patience.ended:
                raise RuntimeError(f"it does not boot: {self.run('systemctl list-jobs', check=False).stdout}")
            time.sleep(0.3)
        progress()

    def keep(self, state: str) -> None:
        """Keep its disk under that name, and go on."""
        self.run("sync")
        _copy(self._disk, self.folder / state)

    def switch_on(self, state: str = "") -> None:
        """Begin its process 1, on the disk as it is or as it was kept."""
        if state or not self._disk.exists():
            _copy(self.folder / state if state else self.root.disk, self._disk)
        own = ["unshare", "--cgroup", "--pid", "--mount", "--net", "--uts", "--ipc", "--fork", "--kill-child"]
        (_CGROUP / self.folder.name).mkdir(exist_ok=True)
        begin = f'echo $$ > {_CGROUP / self.folder.name}/cgroup.procs && exec "$@"'
        first = ["setpriv", "--pdeathsig", "KILL", "sh", "-c", begin, "sh"]
        with (self.folder / "boot.log").open("w") as log:
            self._shell = subprocess.Popen(
                [*first, *own, "sh", "-c", _BOOT, "box", str(self._disk), self.words],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        until(lambda: "ready" in (self.folder / "boot.log").read_text(), 30)
        self.pid = int(Path(f"/proc/{self._shell.pid}/task/{self._shell.pid}/children").read_text())
        assert self._shell.stdin
        with self._shell.stdin:
            self._shell.stdin.write("go\n")
        until(lambda: Path(f"/proc/{self.pid}/comm").read_text() == "systemd\n", 30)

    def cut_power(self) -> None:
        """End it as a power cut does: what has not reached the disk's file is lost."""
        if not self._shell:
            return
        _copy(self._disk, self.folder / "cut")
        if self._door:
            self._door.shutdown(socket.SHUT_RDWR)  # which ends the wait for the next connection
            self._door.close()
            self._door = None
        os.kill(self.pid, 9)
        self._shell.wait()
        for server in self._servers:
            server.wait()
        self._shell, self._servers = None, []
        (self.folder / "cut").replace(self._disk)
        # systemd has made groups of its own in it, empty by now, which nothing else would remove
        for group, _, _ in os.walk(_CGROUP / self.folder.name, topdown=False):
            Path(group).rmdir()

    def run(self, command: str, stdin: str = "", *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A shell command in it, as root; `check` asserts that it ends well."""
        done = subprocess.run(
            [*self._enter(), "sh", "-c", command], input=stdin, capture_output=True, text=True, check=False
        )
        progress()
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def put(self, source: Path, target: str) -> None:
        """Copy a folder into it, to that path."""
        packed = subprocess.run(["tar", "-c", "-C", str(source), "."], capture_output=True, check=True).stdout
        into = f"mkdir -p {target} && tar -x --no-same-owner -C {target}"
        subprocess.run([*self._enter(), "sh", "-c", into], input=packed, check=True)

    @property
    def _disk(self) -> Path:
        return self.folder / "disk"

    def _enter(self) -> list[str]:
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        own = ["--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        return ["nsenter", f"--target={self.pid}", *own, "--", "env", "-i", path, "HOME=/root", "USER=root"]

    def _serve(self, door: socket.socket) -> None:
        """An sshd inside for each connection, as the gate of a lab has it."""
        with contextlib.suppress(OSError):  # it is closed
            while True:
                connection, _ = door.accept()
                with connection:
                    number = connection.fileno()
                    command = [*self._enter(), "/usr/sbin/sshd", "-i", "-o", "UsePAM=yes"]
                    server = subprocess.Popen(command, stdin=number, stdout=number, stderr=subprocess.DEVNULL)
                self._servers = [one for one in (*self._servers, server) if one.poll() is None]


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", str(source), str(target)], check=True)
    shutil.copymode(source, target)
