"""The disk, kernel and keys of a machine: packages of this machine's own release, by mmdebstrap, kept in a cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sonicfab.builds import DEBIAN_RELEASES

_HOOK = Path(__file__).parent / "make-root.sh"
_SYSTEMD_HOOK = Path(__file__).parent / "make-systemd.sh"
_KERNELS = {"Debian": "linux-image-cloud-amd64", "Ubuntu": "linux-image-virtual"}
_PACKAGES = (
    *("busybox", "e2fsprogs", "initramfs-tools", "kmod", "python3"),  # what boots
    *("frr", "frr-pythontools", "hostname", "iproute2", "iputils-ping", "lldpd", "openssh-server", "procps"),
    *("redis-server", "redis-tools", "tcpdump", "traceroute", "uidmap", "util-linux"),
)
_SYSTEMD = ("dbus", "libpam-systemd", "sudo", "systemd-sysv")
_INITRD = r"""
mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
printf 'MODULES=list\nCOMPRESS=gzip\n' > "$1/etc/initramfs-tools/conf.d/vm"
printf 'virtio_pci\nvirtio_blk\next4\n' > "$1/usr/share/initramfs-tools/modules.d/vm"
"""
"""Before the kernel is installed: an initrd of little more than the disk's driver, as emulation unpacks it slowly."""
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
}


@dataclass(frozen=True)
class Root:
    """What a machine boots from. `disk` is never written: each machine has a layer over it.

    Its process 1 is a script that starts sshd and nothing else, or `systemd`, as on a switch.
    """

    folder: Path
    systemd: bool = False

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    @property
    def python(self) -> str:
        """The version of its Python, `3.11`."""
        return (self.folder / "python").read_text().strip()


def vm_missing() -> str:
    """Why this machine cannot run another one; "" when it can."""
    if platform.machine() != "x86_64":
        return f"only on x86_64, not on {platform.machine()}"
    packages = [package for program, package in PROGRAMS.items() if not shutil.which(program, path=_path())]
    if packages:
        return f"not there: {', '.join(packages)} (make vm-packages, or apt-get install {' '.join(packages)})"
    if os.geteuid() != 0:
        return "making its disk needs root"
    return "" if _sources(_codename()) else "apt of this machine has no release of Debian or Ubuntu"


def ready_root(cache: Path, *more: str, debian: int = 0, systemd: bool = False) -> Root:
    """The root out of the cache; made at first, which takes two minutes. `more` are packages that it has besides.

    It is of this machine's own release, but of that of `debian` where this machine is an older Debian.

    Raises:
        RuntimeError: mmdebstrap fails; with the end of what it said.
    """
    # the same for every checkout, wherever it is
    hooks = [_SYSTEMD_HOOK, _HOOK] if systemd else [_HOOK]
    release = _codename(debian)
    command = _command(Path("ROOT"), release, hooks, more)
    recipe = "\n".join([*_sources(release), *command, *(hook.read_text() for hook in hooks)])
    for hook in hooks:
        recipe = recipe.replace(str(hook), hook.name)
    folder = cache / hashlib.sha256(recipe.encode()).hexdigest()[:16]
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{folder.name}.lock"):  # somebody may be making another one, for minutes
        if not folder.exists():
            with tempfile.TemporaryDirectory(prefix="making-", dir=cache) as new:
                _make(Path(new), release, hooks, more)
                (Path(new) / "out").rename(folder)
    return Root(folder, systemd)


def _make(new: Path, release: str, hooks: list[Path], more: Sequence[str]) -> None:
    out = new / "out"
    out.mkdir()
    # in namespaces of its own, so that a service that a package starts ends with it
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    done = subprocess.run(
        [*own, *_command(out, release, hooks, more)],
        input="\n".join([*_sources(release), ""]),
        env={**os.environ, "TMPDIR": str(new), "PATH": _path()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"mmdebstrap failed: {' / '.join(done.stdout.strip().splitlines()[-5:])}")


def _command(out: Path, release: str, hooks: list[Path], more: Sequence[str]) -> list[str]:
    packages = [*_PACKAGES, *(_SYSTEMD if _SYSTEMD_HOOK in hooks else ()), *more]
    distribution = next(iter(_sources(release))).partition("# ")[2]
    return [
        *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=null", "--keyring=/usr/share/keyrings"),
        *(f"--aptopt={option}" for option in ['APT::Install-Recommends "false"', *_proxies()]),
        f"--include={','.join((_KERNELS[distribution], *packages))}",
        f"--essential-hook={_INITRD}",
        *(f'--customize-hook=sh {hook} "$1" {out}' for hook in hooks),
        *(release, "-", "-"),
    ]


@cache
def _sources(release: str) -> list[str]:
    """Lines of sources.list: a release from the places from which apt of this machine has its own."""
    form = "$(ORIGIN) $(CODENAME) $(REPO_URI) $(COMPONENT)"
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Identifier: Packages"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [words for line in done.stdout.splitlines() if len(words := line.split(" ")) == 4]
    mine = _codename()
    return sorted(
        f"deb {place} {release}{codename.removeprefix(mine)} {component} # {origin}"
        for origin, codename, place, component in found
        if origin in _KERNELS and (codename == mine or codename.startswith(f"{mine}-"))
    )


def _proxies() -> list[str]:
    done = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False)
    return [line.rstrip(";") for line in done.stdout.splitlines() if re.match(r"Acquire::https?::Proxy\b", line)]


def _codename(debian: int = 0) -> str:
    """This machine's own release; that of `debian` where this machine is an older Debian."""
    try:
        mine = platform.freedesktop_os_release()
    except OSError:
        return ""
    if mine["ID"] == "debian" and int(mine.get("VERSION_ID", debian)) < debian:
        return DEBIAN_RELEASES[str(debian)]
    return mine.get("VERSION_CODENAME", "")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
