"""A switch that is a machine: systemd, sshd, redis, FRR, lldpd and the lab's command layer on a disk of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from labs import Done
from patience import until
from pushfaults import _LEFT, Seen
from pushfaults_fabric import fabric_files, write_fabric
from sonicfab.fabric import open_fabric
from sonicfab.lab.access import open_lab_switch
from sonicfab.lab.files import program_files
from sonicfab.lab.planned import lab_spec, stored_configs
from sonicfab.lab.seed import write_programs, write_switch
from sonicfab.lab.state import LabNode, LabState, lab_folder, process_started, write_state
from sonicfab.switch.operations import Switch
from vm.box import Box
from vm.machine import Machine

NAME = "pf-leaf1"
LAB = "machine"
_LAYER = Path(__file__).parent / "sonic"
_SERVICES = "database config-setup swss teamd bgp lldp"


@dataclass
class MachineSwitch:
    """The leaf of a fabric of two as a machine. `folder` is this machine's, for its files; nothing is at its cables."""

    machine: Machine | Box
    folder: Path
    old: Seen = field(init=False)

    def make(self) -> None:
        """Bring SONiC's layer into a machine that runs, and start its services as a boot does."""
        write_fabric(self.folder, 1)
        self.sonicfab("render", *fabric_files(self.folder, "old"), "-o", str(self.folder / "old"))
        layer = self.folder / "layer"
        self._write_layer(layer)
        self.machine.put(layer, "/var/tmp/layer")
        self.machine.run("sh /var/tmp/layer/layer.sh /var/tmp/layer && rm -r /var/tmp/layer")
        self.machine.run("systemctl start platform-ports config-setup && systemctl start sonic.target && sync")
        self.ready()
        self.old = self.seen()

    def _write_layer(self, layer: Path) -> None:
        inventory, topology = fabric_files(self.folder, "old")[1::2]
        plan = open_fabric(Path(inventory), Path(topology)).plan
        stored = stored_configs(plan, self.folder / "old")
        config = json.loads(stored[NAME]["config_db.json"])
        spec = lab_spec(plan, LAB, 0.0, configs=stored)
        switch = next(one for one in spec.switches if one.name == NAME)
        write_programs(layer, program_files(Path("/usr/bin/python3")))
        write_switch(layer, spec, switch)
        shutil.copytree(_LAYER, layer, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        # those that are up alone: emulation takes half a second for each
        up = [name for name, row in config["PORT"].items() if row.get("admin_status") == "up"]
        (layer / "ports").write_text("".join(f"{port}\n" for port in up))
        (layer / "mac").write_text(f"{switch.mac}\n")

    def boot(self, state: str = "") -> None:
        """Switch it on, and wait until it runs what it has stored."""
        self.machine.boot(300, state)
        if not (state and self.machine.keeps_memory):
            self.ready()

    def ready(self) -> None:
        """Wait until all of SONiC's services run."""
        command = f"systemctl is-active {_SERVICES}; systemctl list-jobs --no-legend"
        wanted = ["active"] * len(_SERVICES.split())
        seen: list[str] = []

        def all_run() -> bool:
            seen[:] = self.machine.run(command, check=False).stdout.split("\n")[:-1]
            return seen == wanted

        try:
            until(all_run, 240)
        except AssertionError as err:
            log = self.machine.run("systemctl --failed; journalctl -b -n 40 --no-pager", check=False).stdout
            raise AssertionError(f"SONiC does not start: {seen}\n{log}") from err

    def inside(self, switch: str, command: str, stdin: str = "") -> Done:
        """A command in it, as root, not by SSH as admin."""
        del switch
        done = self.machine.run(command, stdin, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    def seen(self) -> Seen:
        """All that it runs and stores."""
        return Seen.of(self, NAME)  # type: ignore[arg-type]

    def left(self) -> str:
        """What a push has left; "" for nothing."""
        timers = "; systemctl list-units --all --no-legend --plain 'sonicfab-guard-*'"
        return self.machine.run(_LEFT + timers, check=False).stdout

    def known(self) -> LabState:
        """Have it known as a lab of one switch: sonicfab goes there by SSH, through the port of 127.0.0.1."""
        folder = lab_folder(LAB)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.machine.root.folder / "key", folder / "id_ed25519")
        (folder / "id_ed25519").chmod(0o600)
        host_key = (self.machine.root.folder / "known_hosts").read_text()
        (folder / "known_hosts").write_text(host_key.replace("vm ", f"[127.0.0.1]:{self.machine.port} ", 1))
        pid = self.machine.pid
        node = LabNode(self.machine.port, pid, started=process_started(pid))
        state = LabState(LAB, "pushfaults", pid, node.started, rootless=False, switches={NAME: node})
        write_state(folder, state)
        return state

    @contextlib.contextmanager
    def switch(self) -> Iterator[Switch]:
        """A connection by SSH, as sonicfab has it."""
        with contextlib.closing(Switch(NAME, open_lab_switch(self.known(), NAME))) as one:
            yield one

    def push(self, kind: str, *options: str) -> subprocess.CompletedProcess[str]:
        """A push of a topology, as anybody types it."""
        files = fabric_files(self.folder, kind)
        self.known()
        words = ["push", *files, "--limit", NAME, "--yes", "--lab-name", LAB, "-o", str(self.folder / f"build-{kind}")]
        return self.sonicfab(*words, *options, check=False)

    def sonicfab(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """The command sonicfab on this machine."""
        done = subprocess.run(
            [sys.executable, "-m", "sonicfab", *words],
            env={**os.environ, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done
