"""Power cuts at each step of the guard, on a machine: where it is killed, and what the disk gives afterwards."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from dataclasses import dataclass, field

from guarded import HOLDER
from patience import until
from pushfaults import Seen
from pushfaults_fabric import fabric_files
from sonicfab.errors import SonicfabError
from sonicfab.ownership.record import FILE, Record
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from vm.switch import NAME, MachineSwitch

PUSH = "20261122-101500-7f3a"
_QUIET = 10
_GUARDED = 3000
"""Seconds; nobody waits for the timer."""
_GUARD = "/etc/sonic/sonicfab/guard"
_ENDS = f"mv -T {_GUARD} *"
_FRR = f"mv -fT {_GUARD}/part /etc/sonic/frr/frr.conf"
_CONFIG_DB = f"mv -fT {_GUARD}/new/config_db.json /etc/sonic/config_db.json"


@dataclass(frozen=True)
class Point:
    """Where the power is cut: before or after one command, of one verb.

    Attributes:
        name: what is being done, for people.
        begins: the state in which it begins: `ready`, `armed`, or `applied`.
        verb: what is begun then; `boot` is the boot after another cut.
        command: the command, as a pattern of the shell, after `before ` or `after `.
        ends: what the next boot must give; "" where either will do, for nothing has told the disk yet.
    """

    name: str
    begins: str
    verb: str
    command: str
    ends: str = "old"


POINTS = (
    Point("arm: before what runs is noted", "ready", "arm", "before sonic-cfggen -d --print-data"),
    Point("arm: before room on the disk is kept", "ready", "arm", "before dd if=/dev/zero *"),
    Point("arm: the unit is written, systemd does not know it", "ready", "arm", "before systemctl daemon-reload"),
    Point("arm: before the timer is started", "ready", "arm", "before systemd-run *"),
    Point("arm: the timer runs, the guard is not in place", "ready", "arm", "before mv -T /etc/sonic/sonicfab/.new *"),
    Point(
        "arm: the guard is in place, and not told to the disk", "ready", "arm", "after mv -T /etc/sonic/sonicfab/.new *"
    ),
    Point("stage: between two files", "ready", "stage", f"before mv -f {_GUARD}/candidate/.frr.conf *"),
    Point("apply-frr: noted, and not begun", "armed", "apply-frr", f"before vtysh *{_GUARD}/candidate/frr.delta"),
    Point("apply-frr: FRR has the new lines", "armed", "apply-frr", f"after vtysh *{_GUARD}/candidate/frr.delta"),
    Point("restart-bgp: the new frr.conf is in place", "armed", "restart-bgp", "before systemctl restart bgp"),
    Point("reload: before the new frr.conf is in place", "armed", "reload", f"before {_FRR}"),
    Point("reload: the new frr.conf is in place", "armed", "reload", f"after {_FRR}"),
    Point("reload: before the services are stopped", "armed", "reload", "before systemctl stop sonic.target *"),
    Point("reload: the services are stopped", "armed", "reload", "after systemctl stop sonic.target *"),
    Point("reload: the services are being started", "armed", "reload", "after systemctl restart sonic.target"),
    Point("confirm: before what runs is saved", "applied", "confirm", "before config save *"),
    Point("confirm: what runs is saved aside", "applied", "confirm", "after config save *"),
    Point("confirm: the new frr.conf is in place, config_db.json is not", "applied", "confirm", f"before {_CONFIG_DB}"),
    Point("confirm: both files are in place, and not told to the disk", "applied", "confirm", f"after {_CONFIG_DB}"),
    Point("confirm: before the rename that ends the guard", "applied", "confirm", f"before {_ENDS}"),
    Point("confirm: after that rename, which is not told to the disk", "applied", "confirm", f"after {_ENDS}", ""),
    Point("confirm: the disk knows that it has ended", "applied", "confirm", "before rm -f /run/sonicfab/armed", "new"),
    Point(
        "confirm: before the timer is stopped", "applied", "confirm", "before systemctl stop sonicfab-guard-*", "new"
    ),
    Point("restore: before the old frr.conf is in place", "applied", "restore", f"before {_FRR}"),
    Point(
        "restore: the stored files are those of before", "applied", "restore", "before systemctl stop sonic.target *"
    ),
    Point("restore: before the rename that ends the guard", "applied", "restore", f"before {_ENDS}"),
    Point("restore: after that rename, which is not told to the disk", "applied", "restore", f"after {_ENDS}"),
    Point("boot after a cut: before the old frr.conf is in place", "applied", "boot", f"before {_FRR}"),
    Point("boot after a cut: the old frr.conf is in place", "applied", "boot", f"after {_FRR}"),
    Point("boot after a cut: before the rename that ends the guard", "applied", "boot", f"before {_ENDS}"),
    Point("boot after a cut: after that rename", "applied", "boot", f"after {_ENDS}"),
)


_RECORD = Record().dumps()
"""What the new config's record says: nothing is ours. No push of sonicfab leaves that, so it is told apart."""


@dataclass
class Result:
    """What the switch had when it was booted after the cut: `old`, `new`, or `between`, and what is wrong with that.

    `where` says what kind of machine it was.
    """

    point: Point
    state: str = "between"
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    where: str = ""


class Bench:
    """A switch whose power is cut. Its states are kept with its disk, so that each cut begins at the step it is in."""

    def __init__(self, leaf: MachineSwitch) -> None:
        self.leaf = leaf
        self.new: Seen | None = None
        self._kept: set[str] = set()
        files = fabric_files(leaf.folder, "both")
        leaf.sonicfab("render", *files, "-o", str(leaf.folder / "new"))

    def texts(self) -> dict[str, str]:
        """The files of a push of the new topology."""
        config_db, frr = ((self.leaf.folder / "new" / "pushfaults" / NAME / name).read_text() for name in _FILES)
        delta = f"router bgp {_ASN}\n address-family ipv4 unicast\n  maximum-paths 8\n exit-address-family\nexit\n"
        undo = delta.replace("8\n", "16\n", 1)
        return {"config_db.json": config_db, "frr.conf": frr, "frr.delta": delta, "frr.undo": undo, FILE: _RECORD}

    # states

    def at(self, state: str) -> None:
        """Go on in a state, which is made at first and, where it can be, kept."""
        machine = self.leaf.machine
        if state in self._kept:
            machine.cut_power()
            self.leaf.boot(state)
            return
        if state == "armed":
            self.at("ready")
            self.do("stage")
        elif state == "applied":
            self.at("armed")
            self.do("apply-frr")
            self.do("reload")
            self.leaf.ready()
        if state == "ready" or machine.keeps_memory:
            machine.keep(state)
            self._kept.add(state)

    def do(self, verb: str) -> None:
        """One verb of the guard, over SSH, to its end; `stage` arms first."""
        with self.leaf.switch() as switch:
            if verb in ("arm", "stage"):
                guard.arm(switch, PUSH, HOLDER, _GUARDED, 100_000, _QUIET)
            if verb == "stage":
                guard.stage(switch, PUSH, self.texts())
            if verb == "apply-frr":
                assert guard.apply_frr(switch, PUSH).ok
            if verb == "restart-bgp":
                assert guard.restart_bgp(switch, PUSH).ok
            if verb == "reload":
                _reload(switch)
            if verb == "confirm":
                guard.confirm(switch, PUSH)
            if verb == "restore":
                guard.restore(switch, PUSH)

    # cuts

    def learn_new(self) -> None:
        """See, once, what the new config gives at a boot."""
        self.at("applied")
        self.do("confirm")
        self.leaf.machine.run("sync")
        self.leaf.machine.cut_power()
        self.leaf.boot()
        self.new = self.leaf.seen()
        assert self.new.unlike(self.leaf.old)

    def cut(self, point: Point) -> Result:
        """Cut the power there, boot, and judge."""
        began = time.monotonic()
        result = Result(point)
        try:
            self._cut(point)
            self._judge(point, result)
        except (AssertionError, OSError, RuntimeError, SonicfabError) as err:
            result.wrong.append(f"{type(err).__name__}: {err}")
        result.seconds = time.monotonic() - began
        return result

    def _cut(self, point: Point) -> None:
        machine = self.leaf.machine
        self.at(point.begins)
        program = point.command.split()[1]
        shim = f"ln -sf /usr/local/lib/sonic/cut.sh /usr/local/sbin/{program}"
        machine.run(f"cat > /etc/cut && {shim} && sync", f"{point.command}\n")
        if point.verb == "boot":
            machine.cut_power()
            machine.switch_on()
        else:
            threading.Thread(target=self._begin, args=(point.verb,), daemon=True).start()
        until(lambda: "cut: here" in machine.console, 240)
        machine.cut_power()

    def _begin(self, verb: str) -> None:
        with contextlib.suppress(Exception):  # the power goes while it is at it
            self.do(verb)

    def _judge(self, point: Point, result: Result) -> None:
        machine = self.leaf.machine
        machine.words = "judge"
        try:
            self.leaf.boot()
        finally:
            machine.words = ""
        assert self.new
        seen = self.leaf.seen()
        unlike_old, unlike_new = seen.unlike(self.leaf.old), seen.unlike(self.new)
        result.state = "between" if unlike_old and unlike_new else "new" if unlike_old else "old"
        if result.state == "between":
            result.wrong += unlike_old
        elif point.ends not in ("", result.state):
            result.wrong.append(f"it is {result.state} and not {point.ends}")
        owned = machine.run("cat /etc/sonic/sonicfab/owned.json", check=False).stdout
        if (owned == _RECORD) != (result.state == "new"):
            result.wrong.append(f"what is ours on it is that of the other config: {owned[:60]!r}")
        left = [line for line in self.leaf.left().splitlines() if not re.search(_FOR_THE_NEXT, line)]
        result.wrong += [f"left: {line}" for line in left]
        failed = machine.run("systemctl --failed --no-legend --plain").stdout.split("\n")[:-1]
        result.wrong += [f"systemd: {line}" for line in failed]


_FOR_THE_NEXT = rf"^/etc/sonic/sonicfab/(\.new|ended/{PUSH}/.*)$"
"""What only root can read, and the next push removes."""
_FILES = ("config_db.json", "frr.conf")
_ASN = 65410


def _reload(switch: Switch) -> None:
    guard.start_reload(switch, PUSH)
    until(lambda: guard.reload_result(switch, PUSH).state != "running", 240)
    seen = guard.reload_result(switch, PUSH)
    assert seen.state == "done", seen
