"""A Debian beside this machine's: where it is made from, and the trees whose programs lab switches can run.

A switch of a lab runs on this machine's /usr, its FRR included. A build's FRR is mostly another one: sonic-buildimage
202411 has 10.0.1, Debian 12 has 8.4. With a tree of a Debian that has a nearer one, its /usr is the switch's.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sonicfab.caches import cache_folder
from sonicfab.errors import InputError, LabError

PACKAGES = (
    "frr",
    "frr-pythontools",
    "hostname",
    "iproute2",
    "iputils-ping",
    "traceroute",
    "lldpd",
    "openssh-server",
    "procps",
    "python3",
    "redis-server",
    "redis-tools",
)
"""What a lab switch runs."""
MACHINE = "machine"
"""The word for this machine's own FRR."""
_NEEDED = ("usr/lib/frr/zebra", "usr/bin/vtysh", "usr/bin/redis-server", "usr/sbin/sshd", "usr/bin/python3")
# debootstrap by itself fails on trixie's: systemd pre-depends on what it only unpacks
_INSTALL = """\
root=$1
shift
printf '#!/bin/sh\\nexit 101\\n' > "$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d" || exit 1
mount -t proc proc "$root/proc" || exit 1
export DEBIAN_FRONTEND=noninteractive
chroot "$root" apt-get update -q && chroot "$root" apt-get install -qy --no-install-recommends "$@"
"""
_SPARE = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tree:
    """A Debian that lab switches can run on.

    Attributes:
        root: its folder; None is this machine.
        frr: the version of its FRR, as `10.3`; "" for an unknown one.
    """

    root: Path | None
    frr: str


def trees_folder() -> Path:
    """Where `sonicfab lab frr` keeps trees, and `lab up` looks for them."""
    return cache_folder("debian")


def this_machine() -> Tree:
    """What switches run on where nothing else is asked for."""
    done = subprocess.run(["/usr/lib/frr/zebra", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"version (\d[\d.]*)", done.stdout + done.stderr)
    return Tree(None, found[1] if found else "")


def tree_at(folder: Path) -> Tree:
    """The tree in a folder.

    Raises:
        InputError: it is none, or lacks a program that a switch runs.
    """
    lacking = [name for name in _NEEDED if not os.path.lexists(folder / name)]
    if lacking:
        hint = "`sonicfab lab frr RELEASE` makes one, of Debian's release of that name"
        raise InputError(f"--frr {folder}: no {lacking[0]} in it", hint)
    root = folder.resolve()
    if set(str(root)) & set(":,\\"):
        raise InputError(f"--frr {folder}: overlays of the kernel have no folder with : , or \\ in its name")
    return Tree(root, _packaged(folder))


def _packaged(folder: Path) -> str:
    """The version of the package frr, without the packaging's part."""
    try:
        status = (folder / "var" / "lib" / "dpkg" / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^Package: frr\n(?:.+\n)*?Version: (?:\d+:)?(\d[\d.]*)", status, re.MULTILINE)
    return found[1] if found else ""


def at_hand() -> list[Tree]:
    """This machine, and every tree that is kept."""
    kept: list[Tree] = []
    for folder in sorted(trees_folder().glob("[!.]*")):
        with contextlib.suppress(InputError):  # something else is in there
            kept.append(tree_at(folder))
    return [this_machine(), *kept]


def nearest(wanted: str, trees: Iterable[Tree]) -> Tree:
    """The tree whose FRR is nearest to a build's, the first of equally near ones."""
    return min(trees, key=lambda tree: abs(_place(tree.frr) - _place(wanted)))


def _place(version: str) -> int:
    """Where a version stands among all: 8.4.4 is 8404. FRR has fewer than ten releases of a number."""
    major, minor, patch = [*map(int, re.findall(r"\d+", version)), 0, 0, 0][:3]
    return (major * 10 + minor) * 100 + patch


def make_tree(release: str, tell: Tell) -> Tree:
    """Make a tree of a release of Debian, and keep it; one that is there already stays.

    Raises:
        InputError: that is no name of a release.
        LabError: debootstrap fails, or this is not root.
    """
    if not re.fullmatch("[a-z]+", release):
        raise InputError(f"{release!r} is no name of a release", "as Debian has them: bookworm, trixie")
    folder = trees_folder() / release
    if not folder.exists():
        part = folder.with_name(f".{release}.{os.getpid()}")
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            tell(f"debootstrap of {release}: minutes, and only the first time")
            debootstrap(release, part)
            for name in _SPARE:
                shutil.rmtree(part / name, ignore_errors=True)
            # set-user-ID of the tree's own _lldpd, who has another number in a switch and may not open lldpd's socket
            (part / "usr" / "sbin" / "lldpcli").chmod(0o755)
            part.rename(folder)
        except OSError as err:
            raise LabError(f"cannot write {folder}: {err.strerror}") from err
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return tree_at(folder)


def debootstrap(release: str, root: Path) -> None:
    """Make a minimal Debian with what a lab switch runs.

    Raises:
        LabError: debootstrap fails, or this is not root.
    """
    if os.geteuid() != 0:
        raise LabError("debootstrap needs root", "sudo")
    # in namespaces of its own, so that a service that a package starts ends with it
    own = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    make = ["debootstrap", "--variant=minbase", "--include=ca-certificates", release, str(root), *_mirror(release)]
    run([*own, *make], "debootstrap", root / "debootstrap" / "debootstrap.log")
    run([*own, "sh", "-c", _INSTALL, "sh", str(root), *PACKAGES], "apt-get")


def make_tar(release: str, tar: Path) -> None:
    """The same as a tar, without what no program reads.

    Raises:
        LabError: debootstrap fails, or this is not root.
    """
    part = tar.with_suffix(".part")
    root = tar.with_suffix(".root")
    try:
        tar.parent.mkdir(parents=True, exist_ok=True)
        debootstrap(release, root)
        run(["tar", "-C", str(root), *(f"--exclude=./{name}/*" for name in _SPARE), "-cf", str(part), "."], "tar")
        part.rename(tar)
    except OSError as err:
        raise LabError(f"cannot write {tar}: {err.strerror}") from err
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(root, ignore_errors=True)


def _mirror(release: str) -> list[str]:
    """Where apt of this machine has Debian from, that release before others; nothing for debootstrap's own default."""
    command = ["apt-get", "indextargets", "--format", "$(CODENAME) $(ORIGIN) $(REPO_URI)", "Identifier: Packages"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # not a machine of Debian's kind
        return []
    found = [line.split(" ") for line in done.stdout.splitlines()]
    of_debian = [(codename, place) for codename, origin, place in found if origin == "Debian"]
    of_release = [place for codename, place in of_debian if codename == release]
    # the archive of a release has all others beside it; one of security updates has not
    others = [place for codename, place in of_debian if re.fullmatch("[a-z]+", codename)]
    return [*of_release, *others][:1]


def run(command: list[str], name: str, log: Path | None = None) -> None:
    """Run a program to its end.

    Raises:
        LabError: it is not there, or fails; the message has the last line of what it said.
    """
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as err:
        raise LabError(f"cannot run {name}: {err.strerror}", f"apt-get install {name}") from err
    if done.returncode == 0:
        return
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    with contextlib.suppress(OSError):
        lines = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log else []) or lines
    raise LabError(f"{name} failed: {lines[-1] if lines else f'exit code {done.returncode}'}")
