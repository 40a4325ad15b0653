"""A switch of a lab under the guard of a push: its state as a whole, the steps of a push, and how it ended."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from conftest import Run
from labs import Lab, booted, rendered
from patience import Patience, until
from sonicfab.errors import TransportError
from sonicfab.lab.access import open_lab_switch
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR

HOLDER = "ann@jump, process 7, since 10:00"
QUIET = 3
DELTA = "router bgp {asn}\n bgp bestpath med missing-as-worst\nexit\n"
UNDO = "router bgp {asn}\n no bgp bestpath med missing-as-worst\nexit\n"
NEW_LINE = "bgp bestpath med missing-as-worst"


_STATE = """\
sonic-cfggen -d --print-data; printf '\\f\\n'
vtysh -c 'show running-config'; printf '\\f\\n'
cat /etc/sonic/config_db.json; printf '\\f\\n'
cat /etc/sonic/frr/frr.conf 2> /dev/null || echo none; printf '\\f\\n'
stat -c '%n %a %U' /etc/sonic/config_db.json /etc/sonic/frr/* | grep -v vtysh.conf; printf '\\f\\n'
cd /run/sonic && ls swss.since bgp.since lldp.since
"""


@dataclass(frozen=True)
class State:
    """What a switch runs and what its next start would load."""

    config_db: str
    frr: str
    stored_config_db: str
    stored_frr: str
    modes: str
    services: str


def lab_of(sonicfab: Run, folder: Path, name: str) -> AbstractContextManager[Lab]:
    """A lab that runs the example, each of whose switches is ready at once."""
    rendered(sonicfab, folder)
    return booted(sonicfab, name, "scs-lab", "--swss-ready-after", "0", "--from", folder)


class Subject:
    """A switch of the lab, and a push to it."""

    def __init__(self, lab: Lab, name: str, push_id: str) -> None:
        self.lab, self.name, self.push_id = lab, name, push_id
        self.asn = re.findall(r"^router bgp (\d+)", self.inside("cat /etc/sonic/frr/frr.conf"), re.MULTILINE)[0]
        self.old = self.state()

    @contextlib.contextmanager
    def switch(self) -> Iterator[Switch]:
        with contextlib.closing(Switch(self.name, open_lab_switch(self.lab.state, self.name))) as one:
            yield one

    def inside(self, command: str, stdin: str = "") -> str:
        done = self.lab.inside(self.name, command, stdin)
        assert done.code == 0, done
        return done.out

    def state(self) -> State:
        parts = self.lab.inside(self.name, _STATE).out.split("\f\n")
        parts[1] = "\n".join(sorted(parts[1].splitlines()))
        return State(*parts)

    def candidate(self) -> dict[str, str]:
        """All the files of a push: a new description, and a new line of FRR."""
        config = json.loads(self.old.config_db)
        config["PORT"]["Ethernet1"]["description"] = "new"
        frr = self.old.stored_frr.replace(f"router bgp {self.asn}\n", f"router bgp {self.asn}\n {NEW_LINE}\n")
        return {
            "config_db.json": json.dumps(config),
            "frr.conf": frr,
            "frr.delta": DELTA.format(asn=self.asn),
            "frr.undo": UNDO.format(asn=self.asn),
        }

    def arm(self, switch: Switch, seconds: int, **files: str) -> None:
        guard.arm(switch, self.push_id, HOLDER, seconds, 100_000, quiet=QUIET)
        guard.stage(switch, self.push_id, {**self.candidate(), **files})

    def let_go(self) -> None:
        """A test that failed leaves the switch to the next one as it was."""
        with self.switch() as switch:
            if guard.status(switch).state != "none":
                guard.restore(switch, self.push_id)
                self.ended(120)

    def ended(self, timeout: float = 40) -> guard.GuardStatus:
        """How the push has ended, once it has."""
        patience = Patience(timeout)
        while True:
            # to log in and ask costs a tenth of a second of a CPU
            if not self.lab.there(self.name, f"/etc/sonic/sonicfab/ended/{self.push_id}/record") and not patience.ended:
                time.sleep(0.1)
                continue
            with contextlib.suppress(TransportError), self.switch() as switch:
                seen = guard.status(switch, self.push_id)
                if seen.state in ("restored", "confirmed"):
                    assert guard.status(switch).state == "none"
                    return seen
                assert not patience.ended, seen
            time.sleep(0.3)

    def is_old(self, ended_by: str, *, timeout: float = 40) -> guard.GuardStatus:
        seen = self.ended(timeout)
        assert (seen.state, seen.ended_by) == ("restored", ended_by), seen
        assert self.state() == self.old
        self.left_nothing()
        return seen

    def left_nothing(self) -> None:
        assert set(self.inside("ls -A /etc/sonic/sonicfab").split()) - {"owned.json"} == {"backup", "ended", "guard.sh"}
        assert (
            self.inside(
                "find /etc/sonic/sonicfab/ended -type f ! -name record; ls /run/sonic/timers 2> /dev/null || true"
            )
            == ""
        )
        assert self.inside("find /etc/sonic -name '.sonicfab*'") == ""

    def is_new(self) -> None:
        now = self.state()
        assert NEW_LINE in now.frr
        assert NEW_LINE in now.stored_frr
        assert json.loads(now.stored_config_db)["PORT"]["Ethernet1"]["description"] == "new"
        assert json.loads(now.config_db)["PORT"]["Ethernet1"]["description"] == "new"
        assert now.modes == re.sub(r"frr.conf \d+", "frr.conf 640", self.old.modes)
        self.left_nothing()

    def loaded(self, switch: Switch) -> None:
        """Wait until the reload is done."""
        patience = Patience(30)
        while (seen := guard.reload_result(switch, self.push_id)).state == "running":
            assert not patience.ended
            time.sleep(0.2)
        assert seen.state == "done", seen

    def hangs(self, more: int) -> None:
        """Wait until a reload hangs, after which so many more will."""
        until(lambda: self.inside("cat /run/sonic/reload.hangs") == str(more))

    def power_cycle(self) -> None:
        with self.lab.broken("kill-switch", self.name):
            pass


def as_before(leaf: Subject) -> None:
    """Of a switch whose push was confirmed."""
    leaf.inside("cat > /etc/sonic/frr/frr.conf; chmod 644 /etc/sonic/frr/frr.conf", leaf.old.stored_frr)
    leaf.inside("cat > /etc/sonic/config_db.json", leaf.old.stored_config_db)
    leaf.inside("config reload -y -f > /dev/null")
    assert leaf.state() == leaf.old


def frr_step(leaf: Subject, switch: Switch) -> None:
    assert guard.apply_frr(switch, leaf.push_id).ok
    assert NEW_LINE in switch.get(RUNNING_FRR)


def bgp_step(leaf: Subject, switch: Switch) -> None:
    done = guard.restart_bgp(switch, leaf.push_id)
    assert done.ok, done
    assert NEW_LINE in switch.get(RUNNING_FRR)


def reload_step(leaf: Subject, switch: Switch) -> None:
    guard.start_reload(switch, leaf.push_id)
    leaf.loaded(switch)
    assert switch.get(RUNNING_CONFIG_DB)["PORT"]["Ethernet1"]["description"] == "new"
    assert NEW_LINE in switch.get(RUNNING_FRR)


def all_steps(leaf: Subject, switch: Switch) -> None:
    frr_step(leaf, switch)
    reload_step(leaf, switch)
    bgp_step(leaf, switch)


def patch_step(leaf: Subject, switch: Switch) -> None:
    path = "/PORT/Ethernet1/description"
    old = json.loads(leaf.old.config_db)["PORT"]["Ethernet1"].get("description")
    undo = {"op": "remove", "path": path} if old is None else {"op": "add", "path": path, "value": old}
    patch = {"op": "add", "path": path, "value": "new"}
    guard.stage(switch, leaf.push_id, {"patch.json": json.dumps([patch]), "undo.json": json.dumps([undo])})
    done = guard.apply_patch(switch, leaf.push_id, 60)
    assert done.ok, done
    assert "Patch applied successfully." in done.stdout
    assert switch.get(RUNNING_CONFIG_DB)["PORT"]["Ethernet1"]["description"] == "new"


STEPS = {"frr": frr_step, "bgp": bgp_step, "reload": reload_step, "all": all_steps}
