"""A fabric whose links get numbers: no session is up until both of its ends have changed, so all need each other.

Each cell stops such a push at a moment, lets something happen, and looks whether all switches end old, or all new.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conftest import ROOT, Run
from labs import LEAF1, LEAF2, PAUSE, SPINE, Lab, booted
from patience import Patience

ALL = [SPINE, LEAF1, LEAF2]
FILES = ("inventories/scs-lab.yml", "topologies/spine-leaf-1x2.yml")
UNNUMBERED, NUMBERED = "underlay: unnumbered", 'underlay: {ipv4: 10.120.0.0/22, ipv6: "fd00:120::/64"}'
WITHIN = 30
"""Seconds of each guard."""

MOMENTS = {
    "one waits": [f"{LEAF1}: waiting"],
    "all leaves wait, the spine is not begun": [f"{LEAF1}: waiting", f"{LEAF2}: waiting"],
    "the spine is proven": [f"{LEAF1}: waiting", f"{LEAF2}: waiting", f"{SPINE}: proving"],
}
"""When something happens -> the lines of progress after which it does."""
HAPPENS = {
    "sigkill": "SIGKILL of sonicfab",
    "resume": "SIGKILL, `--resume` at once",
    "rollback": "SIGKILL, `rollback` at once",
    "interrupt": "Ctrl-C",
    "cut-mgmt": "management link of a leaf that waits, until no guard is left",
    "kill-switch": "power cycle of a leaf that waits",
}


@dataclass
class Outcome:
    """What became of a cell: the state of all switches before anybody resumed, and what is wrong."""

    state: str = "between"
    wrong: list[str] = field(default_factory=list)


class Together:
    """The lab, and its push."""

    def __init__(self, lab: Lab, run: Run) -> None:
        self.lab, self._run = lab, run
        self.topology = Path(lab.files[3])
        self._numbers = self.topology.with_suffix(".numbers.yml")
        self._folder = self.topology.parent
        self._kept = ("--output", self._folder / "build")

    def number(self) -> None:
        """The topology is about to number the links."""
        self.topology.write_text(self.topology.read_text().replace(UNNUMBERED, NUMBERED))
        done = self._run("render", *self.lab.files, "-o", self._folder / "numbered")  # which notes the numbers
        assert done.returncode == 0, done.stderr

    def unnumber(self) -> None:
        """The topology is as it was."""
        self.topology.write_text(self.topology.read_text().replace(NUMBERED, UNNUMBERED))
        self._numbers.unlink(missing_ok=True)

    def pushed(self, *options: object, code: int = 0) -> dict[str, dict[str, Any]]:
        """A push to its end; switch -> what it says of it."""
        done = self.lab.sonicfab("push", "--yes", "--format", "json", *self._kept, *options)
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return {one["switch"]: one for one in json.loads(done.stdout)["switches"]}

    def begun(self, moment: str, *options: object) -> subprocess.Popen[str]:
        """A push that has come to a moment."""
        push = self.lab.begun("push", "--yes", "--format", "json", *self._kept, "--confirm-within", WITHIN, *options)
        assert push.stderr
        left = list(MOMENTS.get(moment, [moment]))
        for line in push.stderr:
            left = [one for one in left if one not in line]
            if not left:
                break
        assert not left, f"{left} never came"
        return push

    def state(self) -> str:
        """`old` when no port of any switch has an address, as it runs and as it is stored, `new` when all have."""
        seen: set[bool] = set()
        for name in ALL:
            links = 2 if name == SPINE else 1
            stored = json.loads(self.lab.inside(name, "cat /etc/sonic/config_db.json").out)
            for config in (stored, self.lab.config_db(name)):
                addresses = sum("|" in key for key in config.get("INTERFACE", {}))
                seen |= {True, False} if addresses not in (0, 2 * links) else {addresses > 0}
            for command in ("vtysh -c 'show running-config'", "cat /etc/sonic/frr/frr.conf"):
                text = self.lab.inside(name, command).out
                unnumbered = re.search(r" interface peer-group (SPINE|LEAF)$", text, re.MULTILINE) is not None
                numbered = "neighbor 10.120." in text
                seen |= {True, False} if unnumbered == numbered else {numbered}
        return "new" if seen == {True} else "old" if seen == {False} else "between"

    @property
    def idle(self) -> bool:
        """No guard is left on any switch."""
        return not any(self.lab.there(name, "/etc/sonic/sonicfab/guard") for name in ALL)

    def attempt(self, moment: str, happens: str) -> Outcome:
        """A cell."""
        result = Outcome()
        push = self.begun(moment)
        if happens in ("sigkill", "resume", "rollback"):
            push.kill()
        elif happens == "interrupt":
            push.send_signal(2)
        else:
            self.lab.fault(happens, LEAF1)
        if happens == "cut-mgmt":
            self._wait(result)  # until all have decided; the push would ask the leaf that is lost for ten minutes
        elif happens == "kill-switch":
            time.sleep(1)
        self.lab.heal()
        push.communicate(timeout=900)
        if happens in ("resume", "rollback"):
            done = self.resumed() if happens == "resume" else self._rollback()
            if done.returncode:
                result.wrong.append(f"{happens} ended with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")
        self._wait(result)
        result.state = self.state()
        wanted = {"resume": "new", "rollback": "old"}.get(happens, result.state)
        if result.state == "between" or result.state != wanted:
            result.wrong.append(f"it ended {result.state}")
        return result

    def resumed(self, *options: object) -> subprocess.CompletedProcess[str]:
        """What was killed, ended and gone on with."""
        return self.lab.sonicfab("push", "--yes", "--resume", *self._kept, *options)

    def _rollback(self) -> subprocess.CompletedProcess[str]:
        return self.lab.sonicfab("rollback", "--yes", *self._kept)

    def _wait(self, result: Outcome) -> None:
        patience = Patience(180)
        while not self.idle:
            if patience.ended:
                result.wrong.append("a guard is left")
                return
            time.sleep(PAUSE)

    def journal(self) -> list[tuple[str, str]]:
        """(switch, step) of the last push."""
        folder = self._folder / "build" / "spine-leaf-1x2" / "push"
        lines = (sorted(folder.iterdir())[-1] / "journal.jsonl").read_text().splitlines()
        return [(one["switch"], one["step"]) for one in map(json.loads, lines)]


@contextmanager
def together_of(run: Run, folder: Path, name: str) -> Iterator[Together]:
    """A lab with a spine and two leaves, unnumbered, all sessions up."""
    for file in FILES:
        (folder / file).parent.mkdir()
        shutil.copy(ROOT / file, folder / file)
    files = ["-i", str(folder / FILES[0]), "-t", str(folder / FILES[1])]
    assert run("render", *files, "-o", folder / "build").returncode == 0
    options = ("--from", folder / "build" / "spine-leaf-1x2", "--swss-ready-after", "1")
    with booted(run, name, "", *options, files=files) as lab:
        yield Together(lab, run)
