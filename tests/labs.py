"""Labs for tests: real FRR, redis, sshd and lldpd in namespaces."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aftermath import aftermath
from conftest import ROOT, Run, example_files
from forks import forks
from patience import Patience, progress, slowness, until
from sonicfab.lab.doctor import examine, missing
from sonicfab.lab.files import PATH
from sonicfab.lab.state import LabState, find_lab, labs_folder

SPINE = "st01-sw100g-r01-u36"
LEAF1 = "st01-sw25g-r01-u34"
LEAF2 = "st01-sw25g-r01-u35"

PAUSE = 1.0
"""Seconds between two looks at a whole lab. One takes a second of a CPU, which other tests can do with."""


def lab_missing() -> str:
    """Why this machine cannot run a lab; "" when it can."""
    return "; ".join(f"{finding.subject}: {finding.said}" for finding in missing(examine()))


needs_lab = [pytest.mark.lab, pytest.mark.skipif(bool(lab_missing()), reason=f"no lab here: {lab_missing()}")]


def lab_processes(named: str = "", labs: Path | None = None) -> dict[int, str]:
    """Processes of the labs of this run of the tests, or of one lab: number -> command line.

    Labs inherit where their folder is (`labs`, if it is another one), so those of others are not counted: other users',
    or another worker's of pytest-xdist. What has no such environment any more (a server that writes its state over it)
    is in a PID namespace whose first process has, and ends with it.
    """
    labs = labs or labs_folder()
    mine = f"SONICFAB_LABS={labs}".encode()
    found: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if mine in environment and int(folder.name) != os.getpid():
            found[int(folder.name)] = words
    if not named:
        return found
    path = re.compile(rf"{re.escape(str(labs))}/\.?{re.escape(named)}\b")
    return {pid: words for pid, words in found.items() if path.search(words)}


def lab_namespaces() -> set[str]:
    """The network namespaces that processes of the labs of this run are in, without this machine's own."""
    found: set[str] = set()
    for pid in lab_processes():
        try:
            found.add(str(Path(f"/proc/{pid}/ns/net").readlink()))
        except OSError:
            continue
    return found - {str(Path("/proc/self/ns/net").readlink())}


def host_links() -> set[str]:
    """The network interfaces of this machine. Others make some at any time: only those named as a lab's tell of it."""
    return {link["ifname"] for link in json.loads(subprocess.check_output(["ip", "-j", "link"]))}


@dataclass(frozen=True)
class Done:
    """How a command in a switch ended."""

    code: int
    out: str
    err: str


def copied(folder: Path, *files: str) -> list[str]:
    """-i and -t of an inventory and a topology in a folder of their own, free to be edited; numbers beside them."""
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return ["-i", str(folder / files[0]), "-t", str(folder / files[1])]


class Lab:
    """A running lab and the command line to use it with."""

    def __init__(self, run: Run, name: str, files: list[str]) -> None:
        self.name, self.files, self._run = name, files, run

    @property
    def state(self) -> LabState:
        return find_lab(self.name)

    def sonicfab(self, command: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """A sonicfab command on this lab."""
        return self._run(command, *self.files, "--lab-name", self.name, *arguments, **options)

    def typed(self, *words: object) -> subprocess.CompletedProcess[str]:
        """A command as it stands, here."""
        return self._run(*words, cwd=Path.cwd())

    def begun(self, command: str, *arguments: object) -> subprocess.Popen[str]:
        """The same, and not waited for."""
        words = ["-m", "sonicfab", command, *self.files, "--lab-name", self.name, *map(str, arguments)]
        return forks().begin(words, os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def verify(self, timeout: float = 30, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.sonicfab("verify", "--timeout", timeout, *arguments)

    def seen(self, *texts: str, seconds: float = 30, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Verify until it says all of that: what is wrong shows once the switches have noticed."""
        patience = Patience(seconds)
        while True:
            done = self.verify(0, *options)
            missing = [text for text in texts if text not in done.stdout]
            if not missing:
                return done
            assert not patience.ended, f"{missing} not in {done.stdout}"
            time.sleep(PAUSE)

    def lab(self, command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """A `sonicfab lab` command on this lab."""
        return self._run("lab", command, "--name", self.name, *arguments)

    def fault(self, name: str, *targets: str, amount: int | None = None) -> None:
        """Break something by name."""
        done = self.lab("fault", name, *targets, *(() if amount is None else ("--amount", amount)))
        assert done.returncode == 0, done.stderr

    def heal(self, *switches: str) -> None:
        """Undo the faults of some switches; without any, of all."""
        done = self.lab("heal", *(switches or ("all",)))
        assert done.returncode == 0, done.stderr

    @contextmanager
    def broken(self, fault: str, *targets: str, amount: int | None = None) -> Iterator[None]:
        """A fault for as long as the block lasts."""
        self.fault(fault, *targets, amount=amount)
        try:
            yield
        finally:
            self.heal()

    def inside(self, switch: str, command: str, stdin: str = "") -> Done:
        """A shell command in a switch, as root."""
        prefix = [*self.state.enter(switch), "env", "-i", f"PATH={PATH}", "USER=root", "HOME=/root"]
        done = subprocess.run(
            [*prefix, "sh", "-c", command],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120 * slowness(),
        )
        progress()
        return Done(done.returncode, done.stdout, done.stderr)

    def hears_lldp(self, neighbors: Mapping[str, int]) -> None:
        """Wait until each switch has heard so many; a port's id is a MAC address until lldpmgrd has set the alias."""
        command = "docker exec lldp lldpctl -f keyvalue | grep -c 'port.local='"
        told = [f"{count}\n" for count in neighbors.values()]
        until(lambda: [self.inside(switch, command).out for switch in neighbors] == told, 60)

    def there(self, switch: str, path: str) -> bool:
        """Whether a path is there on a switch that runs; seen from outside, so that to look often costs nothing."""
        return Path(f"/proc/{self.state.switches[switch].pid}/root{path}").exists()

    def ports(self) -> set[str]:
        """The names of all network interfaces in the switches."""
        links = (json.loads(self.inside(switch, "ip -j link").out) for switch in self.state.switches)
        return {link["ifname"] for one in links for link in one}

    def config_db(self, switch: str) -> dict[str, dict[str, dict[str, Any]]]:
        """The switch's CONFIG_DB."""
        config: dict[str, dict[str, dict[str, Any]]] = json.loads(
            self.inside(switch, "sonic-cfggen -d --print-data").out
        )
        return config


@contextmanager
def booted(
    run: Run, name: str, inventory: str = "scs-lab", *options: object, files: list[str] | None = None
) -> Iterator[Lab]:
    """A lab of an example, or of other files, in factory default config, that ends with the block."""
    files = files or example_files(inventory)
    done = run("lab", "up", *files, "--name", name, *options)
    assert done.returncode == 0, done.stderr
    try:
        lab = Lab(run, name, files)
        yield lab
        assert aftermath(name) == []
    finally:
        run("lab", "down", "--name", name)


def quick_files(folder: Path) -> list[str]:
    """-i and -t of the example whose switches, when they have lost a session, try again after 1 s instead of 10."""
    inventory, topology = (Path(path) for path in example_files("scs-lab")[1::2])
    folder.mkdir(parents=True, exist_ok=True)
    quick = folder / "topology.yml"
    quick.write_text(f"{topology.read_text()}\nbgp: {{connect_retry: 1}}\n")
    return ["-i", str(inventory), "-t", str(quick)]


def rendered(run: Run, folder: Path, inventory: str = "scs-lab", files: Sequence[str] | None = None) -> dict[str, Path]:
    """Switch -> folder with its rendered files."""
    done = run("render", *(files or example_files(inventory)), "-o", folder)
    assert done.returncode == 0, done.stderr
    return {path.parent.name: path.parent for path in folder.glob("*/*/config_db.json")}
