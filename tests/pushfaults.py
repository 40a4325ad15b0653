"""What becomes of a switch when something dies at some point of a push: cells of a table, and how one is tried."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from conftest import Run
from forks import forks
from labs import PAUSE, Lab, booted
from patience import Patience, communicate, until
from pushcut import GUARDED, POINTS
from pushfaults_fabric import WAYS, fabric_files, write_fabric
from sonicfab import configdb
from sonicfab.configdb import ConfigDb
from sonicfab.errors import SonicfabError
from sonicfab.frr import conf
from sonicfab.lab.faults import apply_fault, heal_faults

Kind = TypeVar("Kind")
CUT = Path(__file__).with_name("pushcut.py")
HEAL_AFTER = GUARDED + 8
"""Seconds after which a fault is healed at the latest."""

# what a switch has

_SEEN = """\
sonic-cfggen -d --print-data; echo; echo =====
vtysh -c 'show running-config' 2> /dev/null; echo; echo =====
cat /etc/sonic/config_db.json; echo; echo =====
cat /etc/sonic/frr/frr.conf 2> /dev/null; echo; echo =====
stat -c '%n %a %u:%g' /etc/sonic/config_db.json /etc/sonic/frr/frr.conf
"""
_LEFT = """\
ls -d /etc/sonic/sonicfab/guard /etc/sonic/sonicfab/.new /tmp/sonicfab.* /run/sonicfab/jobs/* 2> /dev/null
ls /run/sonic/timers 2> /dev/null
pgrep -a -f '[g]uard\\.sh [a-z]'
find /etc/sonic -name '.sonicfab*'
find /etc/sonic/sonicfab/ended -type f ! -name record 2> /dev/null
true
"""


@dataclass(frozen=True)
class Seen:
    """All that a switch runs and stores."""

    running: ConfigDb
    frr: str
    stored: ConfigDb
    stored_frr: str
    modes: str

    @classmethod
    def of(cls, lab: Lab, switch: str) -> Seen:
        """Of a switch of the lab, asked without SSH."""
        done = lab.inside(switch, _SEEN)
        parts = done.out.split("=====\n")
        assert len(parts) == 5, f"{switch} cannot be looked at: {done.code} {parts[-1][-300:]} {done.err}"
        running, frr, stored, stored_frr, modes = parts
        return cls(_json(running), frr, _json(stored), stored_frr.strip(), modes)

    def saved(self) -> Seen:
        """The same, had `config save` stored what runs: with the rows that SONiC itself adds."""
        return replace(self, stored=self.running)

    def unlike(self, other: Seen) -> list[str]:
        """In what they differ, all tables and both files."""
        tables = {*self.running, *other.running, *self.stored, *other.stored}
        lines = [f"running {one}" for one in configdb.diff(self.running, other.running, tables)]
        lines += [f"stored {one}" for one in configdb.diff(self.stored, other.stored, tables)]
        lines += [f"FRR runs {one}" for one in conf.diff(self.frr, other.frr)]
        if self.stored_frr != other.stored_frr:
            lines.append("frr.conf differs")
        if self.modes != other.modes:
            lines.append(f"{self.modes.split()} and not {other.modes.split()}")
        return lines


def _json(text: str) -> ConfigDb:
    try:
        value: ConfigDb = json.loads(text)
    except ValueError:
        return {"it cannot be read": {}}
    return value


# the killers

KILLERS = {
    "sigkill": "SIGKILL of sonicfab",
    "cut-mgmt": "management link cut",
    "kill-bgpd": "bgpd killed",
    "freeze": "switch frozen",
    "disk-full": "disk full",
    "reload-refused-quietly": "reload refused, exit 0",
    "reload-hangs": "reload hangs",
    "bgp-start-limit": "bgp start limit",
    "kill-switch": "power cycle",
    "sigkill-resume": "SIGKILL, `--resume` at once",
    "sigkill-rollback": "SIGKILL, `rollback` at once",
}
_AMOUNTS = {"reload-refused-quietly": 600}
FEW = ("sigkill", "cut-mgmt", "kill-bgpd", "kill-switch", "sigkill-resume", "sigkill-rollback")
"""The killers that the quick ways are tried with."""


@dataclass(frozen=True)
class Cell:
    """One way, cut at one point, by one killer."""

    way: str
    point: str
    killer: str

    def __str__(self) -> str:
        return f"{self.way} / {self.point} / {self.killer}"


@dataclass
class Result:
    """What came of a cell.

    Attributes:
        state: `old`, `new`, or `between`.
        how: who brought it there, one letter of HOW.
        said: what sonicfab reported of the switch.
        wrong: what must not be: a state between, a report that says otherwise, something left behind.
    """

    cell: Cell
    state: str = "between"
    how: str = ""
    said: str = ""
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""


HOW = {
    "a": "sonicfab saw that something was wrong and had the switch go back",
    "t": "the timer on the switch had it go back",
    "b": "the boot put the old config in place before anything was started from it",
    "n": "nothing had been begun on the switch",
    "c": "sonicfab went on and confirmed it",
    "r": "`push --resume` confirmed it, or found it confirmed",
    "s": "confirmed by the switch, although sonicfab did not live to see it",
    "d": "the switch went back, and bgpd died after that: sonicfab says `unknown`, and what the switch does not run",
    "o": "whoever came next had the switch go back",
}


class Bench:
    """A lab whose leaves are pushed to, each on its own."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self._forks = forks()  # before threads ask for it
        self.old: dict[str, Seen] = {}
        self.new: dict[tuple[str, str], Seen] = {}
        self._stored: dict[str, tuple[str, str]] = {}

    def learn_old(self, leaf: str) -> None:
        """See what a leaf has with the old config."""
        self._stored[leaf] = (
            self.lab.inside(leaf, "cat /etc/sonic/config_db.json").out,
            self.lab.inside(leaf, "cat /etc/sonic/frr/frr.conf").out,
        )
        self.reset(leaf)
        self.old[leaf] = Seen.of(self.lab, leaf)

    def learn_new(self, leaf: str, kind: str) -> None:
        """See, once, what it has with a new config, after a push that nothing cuts."""
        if (leaf, kind) in self.new:
            return
        done = self.start(leaf, "none", kind, self.folder / f"{leaf}-{kind}")
        output = communicate(done, 240)[0]
        assert done.returncode == 0, output
        self.new[leaf, kind] = Seen.of(self.lab, leaf)
        assert self.new[leaf, kind].unlike(self.old[leaf])
        self.reset(leaf)
        assert not self.old[leaf].unlike(Seen.of(self.lab, leaf))

    def reset(self, leaf: str) -> None:
        """Back to the old config, by the lab's own means."""
        config_db, frr = self._stored[leaf]
        heal_faults(self.lab.state, [leaf])
        self.lab.inside(leaf, "pkill -KILL -f '[g]uard.sh'; rm -f /run/sonic/timers/*")
        self.lab.inside(leaf, "rm -rf /etc/sonic/sonicfab /run/sonicfab /tmp/sonicfab.*; rm -f /etc/sonic/.sonicfab*")
        self.lab.inside(leaf, "cat > /etc/sonic/config_db.json", config_db)
        self.lab.inside(leaf, "cat > /etc/sonic/frr/frr.conf", frr)
        self.lab.inside(leaf, "chmod 644 /etc/sonic/config_db.json; chown 300:300 /etc/sonic/frr/frr.conf")
        self.lab.inside(leaf, "chmod 640 /etc/sonic/frr/frr.conf")
        done = self.lab.inside(leaf, "config reload -y -f")
        assert done.code == 0, done.out + done.err
        self.ready(leaf)

    def ready(self, leaf: str) -> None:
        """Wait until its session is up, and a reload would be accepted."""
        patience = Patience(60)
        while not patience.ended:
            said = self.lab.inside(leaf, "vtysh -c 'show bgp summary json'").out
            if said.count('"state":"Established"') >= 2:
                return
            time.sleep(PAUSE)
        raise AssertionError(f"{leaf} has no session")

    def command(self, point: str, folder: Path, *arguments: str) -> list[str]:
        """sonicfab, to be stopped at a point."""
        return [str(CUT), point, str(folder), *arguments, "--lab-name", self.lab.name]

    def start(self, leaf: str, point: str, kind: str, folder: Path, *options: str) -> subprocess.Popen[str]:
        """A push to one leaf, that stops at a point."""
        folder.mkdir(parents=True, exist_ok=True)
        files = fabric_files(self.folder, kind)
        words = ["push", *files, "--limit", leaf, "--yes", "--format", "json", "--output", str(folder / "build")]
        return self.run(self.command(point, folder, *words, *options), folder)

    def after(self, leaf: str, verb: str, kind: str, folder: Path, *options: str) -> tuple[int, str]:
        """`push --resume` or `rollback`, after a push of that folder was killed."""
        words = ["rollback"] if verb == "rollback" else ["push", "--resume"]
        words += [*fabric_files(self.folder, kind), "--limit", leaf, "--yes", "--output", str(folder / "build")]
        done = self.run(self.command("none", folder, *words, *options), folder)
        output = communicate(done, 240)[0]
        return done.returncode, output

    def run(self, command: list[str], folder: Path) -> subprocess.Popen[str]:
        """Start it; both of its outputs are one."""
        return self._forks.begin(
            command,
            {**os.environ, "COLUMNS": "200"},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    # one cell

    def attempt(self, cell: Cell, leaf: str) -> Result:
        """Push to a leaf, let the killer come at the point, and judge what the switch has in the end."""
        began = time.monotonic()
        result = Result(cell)
        folder = self.folder / f"{cell.way}-{cell.point}-{cell.killer}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            self.learn_new(leaf, WAYS[cell.way])
            self._attempt(cell, leaf, folder, result)
        except (AssertionError, subprocess.TimeoutExpired, OSError, SonicfabError) as err:
            result.wrong.append(f"{type(err).__name__}: {err}")
        heal_faults(self.lab.state, [leaf])
        if result.wrong or Seen.of(self.lab, leaf).unlike(self.old[leaf]):
            self.reset(leaf)
        else:
            self.ready(leaf)
        result.seconds = time.monotonic() - began
        return result

    def _attempt(self, cell: Cell, leaf: str, folder: Path, result: Result) -> None:
        kind = WAYS[cell.way]
        push = self.start(leaf, cell.point, kind, folder, "--way", cell.way)
        try:
            until(lambda: (folder / "reached").exists() or push.poll() is not None, 90)
            if push.poll() is not None:
                result.output = push.communicate()[0]
                raise AssertionError(f"the push did not come to its point: {result.output[-600:]}")
            if cell.point == "confirm-killed":
                self.lab.inside(leaf, "pkill -KILL -f '[g]uard.sh confirm'")
            if cell.killer.startswith("sigkill"):
                end(push)
                output = ""
            else:
                self._kill(cell.killer, leaf, folder, push)
                output = communicate(push, 200)[0]
        finally:
            end(push)
        result.output = output
        if cell.killer in ("sigkill-resume", "sigkill-rollback"):
            self._followed(cell, leaf, folder, result)
            return
        self.guard_is_over(leaf)
        self._judge(cell, leaf, folder, result)
        if cell.killer == "sigkill":
            self._told_later(cell, leaf, folder, result)
        else:
            self._told(push.returncode, output, result)

    def _kill(self, killer: str, leaf: str, folder: Path, push: subprocess.Popen[str]) -> None:
        """Do it, let the push go on, and undo it once it has done all its harm."""
        state = self.lab.state
        if killer == "kill-bgpd":  # in the middle of a reload it has yet to be started
            until(lambda: self.lab.inside(leaf, "pgrep -x bgpd").code == 0, 30)
        apply_fault(state, killer, [leaf], _AMOUNTS.get(killer))
        (folder / "go").touch()
        began = time.monotonic()
        if killer == "freeze":
            time.sleep(GUARDED + 3)  # longer than the guard waits
        elif killer == "kill-switch":
            time.sleep(1)
        elif killer == "cut-mgmt":  # for good: nobody tells the switch anything any more
            until(lambda: push.poll() is not None or not self._guarded(leaf), HEAL_AFTER * 3)
        else:
            until(lambda: push.poll() is not None or time.monotonic() - began > HEAL_AFTER, HEAL_AFTER + 5)
            if killer == "kill-bgpd" and self.lab.inside(leaf, "pgrep -x bgpd").code == 0:
                return  # it was started again: healing must not hide what it runs
        heal_faults(state, [leaf])

    def _guarded(self, leaf: str) -> bool:
        return self.lab.there(leaf, "/etc/sonic/sonicfab/guard")

    def guard_is_over(self, leaf: str) -> None:
        """Wait until the switch says so."""
        until(lambda: not self._guarded(leaf), 120)

    def _ended_by(self, leaf: str, folder: Path) -> str:
        """What the switch's record of the first push of that folder says; "" when it has none."""
        push_id = min(one.name for one in folder.glob("build/*/push/2*"))
        script = f"sed -n 's/^ended_by=//p' /etc/sonic/sonicfab/ended/{push_id}/record 2> /dev/null"
        return self.lab.inside(leaf, script).out.strip()

    def _judge(self, cell: Cell, leaf: str, folder: Path, result: Result) -> None:
        """The end state, all of it, and what is left behind."""
        old, new = self.old[leaf], self.new[leaf, WAYS[cell.way]]
        if cell.killer == "sigkill-rollback" and result.said == "new":
            old = old.saved()  # a confirmed push was taken back by another push
        patience = Patience(GUARDED + 5)  # what a killed script leaves, the timer finds
        while True:  # bgpd, started by a heal, takes a moment to have its config
            seen = Seen.of(self.lab, leaf)
            to_old, to_new = seen.unlike(old), seen.unlike(new)
            left = self.lab.inside(leaf, _LEFT).out.split("\n")[:-1]
            if not ((to_old and to_new) or left) or patience.ended:
                break
            time.sleep(PAUSE)
        result.state = "old" if not to_old else "new" if not to_new else "between"
        if result.state == "between":
            nearest = min(to_old, to_new, key=len)
            result.wrong.append(f"neither old nor new: {'; '.join(nearest[:6])}")
        if left:
            result.wrong.append(f"left behind: {'; '.join(left[:6])}")
        by = self._ended_by(leaf, folder)
        result.how = {"asked": "a", "timer": "t", "boot": "b", "confirm": "c", "": "n"}[by]
        if result.state == "new" and result.how != "c" and cell.killer != "sigkill-resume":
            result.wrong.append(f"new, but ended by {by or 'nobody'}")

    def _told(self, code: int, output: str, result: Result) -> None:
        """What the push itself reported."""
        start = output.find('{\n "format_version"')
        start = start if start >= 0 else output.find("{")
        try:
            (told,) = json.JSONDecoder().raw_decode(output[start:])[0]["switches"]
        except (ValueError, KeyError, IndexError):
            result.wrong.append(f"no report, exit code {code}: {output[-300:]}")
            return
        result.said = told["state"]
        expected = {"changed": ("new", 0), "rolled back": ("old", 6), "failed": ("old", 3), "refused": ("old", 3)}
        if (result.said, result.state, result.cell.killer, code) == ("unknown", "old", "kill-bgpd", 3):
            result.how = "d"
            return
        state, right = expected.get(result.said, ("", 3))
        if (state, right) != (result.state, code):
            result.wrong.append(f"reported `{result.said}`, exit code {code}: {told['error']}")

    def _told_later(self, cell: Cell, leaf: str, folder: Path, result: Result) -> None:
        """What whoever comes after the guard has done its work is told, and what becomes of the switch then."""
        if result.how == "c":
            result.how = "s"
        verb = "resume" if list(POINTS).index(cell.point) % 2 else "rollback"
        code, output = self.after(leaf, verb, WAYS[cell.way], folder)
        result.said = f"{verb}: {output}"
        if f"{leaf}: {result.state} config" not in output:
            result.wrong.append(f"{verb} says nothing of the {result.state} config: {output[-500:]}")
        self._is(leaf, cell, "old" if verb == "rollback" else "new", code, result)

    def _followed(self, cell: Cell, leaf: str, folder: Path, result: Result) -> None:
        """`push --resume` or `rollback` while the guard is still armed."""
        verb = cell.killer.removeprefix("sigkill-")
        code, output = self.after(leaf, verb, WAYS[cell.way], folder)
        result.output = output
        for state in ("old", "new"):
            if f"{leaf}: {state} config" in output:
                result.said = state
        if not result.said:
            result.wrong.append(f"{verb} does not say what was left: {output[-500:]}")
        self.guard_is_over(leaf)
        self._judge(cell, leaf, folder, result)
        wanted = "old" if verb == "rollback" else "new"
        if result.state != wanted or code:
            result.wrong.append(f"{verb} ended with {result.state}, exit code {code}: {output[-500:]}")
        result.how = "r" if result.said == "new" and verb == "resume" else "o"

    def _is(self, leaf: str, cell: Cell, wanted: str, code: int, result: Result) -> None:
        """The state after whoever came next."""
        seen = Seen.of(self.lab, leaf)
        old = self.old[leaf].saved() if result.state == "new" else self.old[leaf]
        left = seen.unlike(old if wanted == "old" else self.new[leaf, WAYS[cell.way]])
        if left or code:
            result.wrong.append(f"then not {wanted}, exit code {code}: {'; '.join(left[:4])}: {result.said[-400:]}")


def end(push: subprocess.Popen[str]) -> None:
    """SIGKILL, if it still runs."""
    push.kill()
    push.wait()
    assert push.stdout
    if not push.stdout.closed:
        push.stdout.read()  # which ends with the last that writes there
        push.stdout.close()


# all of them


def cells(way: str) -> list[Cell]:
    """Those of a way: every killer for a reload, a few for the quick ways."""
    points = [point for point in POINTS if point != "between" or way == "patch+frr-delta"]
    return [Cell(way, point, killer) for point in points for killer in (KILLERS if way == "reload" else FEW)]


def spread(leaves: Sequence[str], todo: Sequence[Callable[[str], Kind]]) -> list[Kind]:
    """Do each on the next leaf that is free; what they return, in their order."""
    waiting = queue.SimpleQueue[tuple[int, Callable[[str], Kind]]]()
    for entry in enumerate(todo):
        waiting.put(entry)
    results: dict[int, Kind] = {}

    def work(leaf: str) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                number, one = waiting.get_nowait()
                results[number] = one(leaf)

    with ThreadPoolExecutor(len(leaves)) as pool:
        for future in [pool.submit(work, leaf) for leaf in leaves]:
            future.result()
    return [results[number] for number in range(len(todo))]


def learn_all(bench: Bench, leaves: Sequence[str]) -> None:
    """What each leaf has before anything is done to it."""
    with ThreadPoolExecutor(len(leaves)) as pool:
        list(pool.map(bench.learn_old, leaves))


@contextmanager
def bench_of(run: Run, name: str, folder: Path, leaves: int) -> Iterator[Bench]:
    """A lab with a spine and some leaves, all with the old config."""
    write_fabric(folder, leaves)
    files = fabric_files(folder, "old")
    done = run("render", *files, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    with booted(run, name, "", "--swss-ready-after", "1", "--from", folder / "out", files=files) as lab:
        yield Bench(lab, folder)
