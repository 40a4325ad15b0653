"""Verify over the workers of a scheduler beside one process; odd switches among many; the same look again and again.

Against `replay.py`, a real SSH server on loopback that answers as healthy switches do. It asks who a switch is and what
it runs and stores (`--check config`): the largest answers that there are, 100 KB a switch. The server and the workers
share the machine with what is measured.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from replay import address_of
from scale import write_inputs
from sonicfab.access import Access, SshLine, ssh_access
from sonicfab.fabric import Fabric, open_fabric, render_fabric
from sonicfab.model.fields import SecretRef
from sonicfab.remote.scheduler import Scheduler, remote_access
from sonicfab.render import SwitchConfig
from sonicfab.verify.registry import chosen
from sonicfab.verify.run import Verification, verify

HERE = Path(__file__).parent
SIZES = {6: (1, 2, 4), 100: (4, 4, 21), 500: (20, 4, 21), 1000: (25, 8, 32)}
"""Switches -> pods, spines and leaves of each."""


class Served:
    """A fabric whose switches answer on loopback."""

    def __init__(self, folder: Path, size: int, odd: dict[str, str]) -> None:
        files = write_inputs(folder, *SIZES[size], unnumbered=True)
        self.fabric: Fabric = open_fabric(*files)
        words = [f"{name}={how}" for name, how in odd.items()]
        command = [sys.executable, str(HERE / "replay.py"), *map(str, files), str(folder), *words]
        self._server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout is not None
        self.port = int(self._server.stdout.readline())
        self.folder = folder
        switches = self.fabric.plan.switches
        self.addresses = {name: address_of(number) for number, name in enumerate(switches, 1)}
        self.configs: dict[str, SwitchConfig] = {
            one.switch: one for one in render_fabric(self.fabric, switches.values())
        }

    def close(self) -> None:
        """End the server."""
        self._server.kill()
        self._server.wait()

    @property
    def access(self) -> Access:
        """By SSH as to real switches, but for their addresses."""
        near = ssh_access(self.fabric.secrets)

        def line(plan: Any) -> SshLine:  # noqa: ANN401
            assert near.line is not None
            key, known = SecretRef("file", str(self.folder / "id")), str(self.folder / "known")
            ssh = replace(plan.ssh, port=self.port, key=key, known_hosts=known, agent=False)
            return replace(cast("SshLine", near.line(plan)), hosts=(self.addresses[plan.name],), ssh=ssh)

        return Access(lambda plan: line(plan).connect(self.fabric.secrets), line=line)

    def look(self, access: Access, timeout: float) -> Verification:
        """One verify of all."""
        plan = self.fabric.plan
        checks = chosen(["config"])
        return verify(
            access, plan, plan.switches.values(), timeout, lambda *_: None, checks=checks, configs=self.configs
        )


@contextmanager
def served(size: int, **odd: str) -> Iterator[Served]:
    """For as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        one = Served(Path(folder), size, odd)
        try:
            yield one
        finally:
            one.close()


@contextmanager
def workers(count: int, threads: int) -> Iterator[str]:
    """A scheduler of Dask and that many workers, on 127.0.0.1; its address."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        file = Path(folder, "scheduler.json")

        def begin(*words: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", "dask", *words, "--scheduler-file", str(file), "--host", "127.0.0.1"]
            command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
            environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}  # as many-sites.md says
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=folder, env=environment)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = begin("scheduler", "--port", "0")
        while not file.exists():
            if scheduler.poll() is not None:
                raise RuntimeError("there is no scheduler: pip install 'sonicfab[distributed]'")
            time.sleep(0.1)
        address = str(json.loads(file.read_text())["address"])
        for number in range(count):
            begin("worker", "--no-nanny", "--nthreads", str(threads), "--name", f"w{number}")
        from distributed import Client

        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(count)
        yield address


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def beside(size: int, runs: int) -> None:
    """One process, and two workers."""
    with served(size) as one, workers(2, 32) as address:
        scheduler = Scheduler(address, one.fabric.secrets)
        switches = one.fabric.plan.switches.values()
        ways = {"one process": one.access, "two workers": remote_access(scheduler, one.access, switches, switches)}
        for _ in range(runs):
            for name, access in ways.items():
                began, cpu = time.monotonic(), _cpu()
                seen = one.look(access, 600)
                wall, spent = time.monotonic() - began, _cpu() - cpu
                told = f"{seen.count('ok')} ok, {seen.count('failed')} failed, {seen.count('unreached')} unreached"
                load = os.getloadavg()[0]
                print(
                    f"{size} switches, {name}: {wall:.1f} s, {spent:.1f} CPU s here; {told}; load {load:.0f}",
                    flush=True,
                )
        scheduler.close()


def odd_ones(size: int, timeout: float) -> None:
    """One slow, one dead, one with a wrong key, one that answers rubbish; 100 at once."""
    names = {"p0-leaf1": "slow", "p0-leaf2": "dead", "p0-leaf3": "stranger", "p0-leaf4": "rubbish"}
    with served(size, **names) as one:
        began = time.monotonic()
        seen = one.look(replace(one.access, at_once=100), timeout)
        wall = time.monotonic() - began
        bad = {result.switch: result for result in seen.results if result.status in ("failed", "unreached")}
        spurious = sorted(bad.keys() - names.keys())
        load = os.getloadavg()[0]
        print(f"{size} switches, timeout {timeout:.0f} s: {wall:.1f} s; spurious: {spurious}; load {load:.0f}")
        for name, how in names.items():
            print(
                f"  {how}: {name}: {bad[name].status}: {bad[name].seen[:150]}"
                if name in bad
                else f"  {how}: {name}: ok"
            )


def again(rounds: int) -> None:
    """Looks at a small fabric, one after the other: what memory and open files do."""
    with served(6) as one:
        for number in range(rounds + 1):
            assert one.look(one.access, 0).exit_code == 0
            if number % max(1, rounds // 10) == 0:
                gc.collect()
                pages = int(Path("/proc/self/statm").read_text().split()[1])
                files = len(list(Path("/proc/self/fd").iterdir()))
                print(
                    f"round {number}: {pages * resource.getpagesize() / 2**20:.1f} MB, {files} open files", flush=True
                )


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1000, choices=list(SIZES), help="switches of the first row")
    parser.add_argument("--runs", type=int, default=3, help="0 leaves that out")
    parser.add_argument("--odd", type=int, default=500, choices=[0, *SIZES], help="switches of the row with odd ones")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=1000, help="looks, one after the other")
    options = parser.parse_args()
    if options.runs:
        beside(options.size, options.runs)
    if options.odd:
        odd_ones(options.odd, options.timeout)
    if options.rounds:
        again(options.rounds)


if __name__ == "__main__":
    main()
