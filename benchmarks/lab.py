"""A lab of 3 to 100 switches: how long it boots, until every session is up, until it is gone, and what it holds.

The switches boot from rendered configs (`lab up --from`), unnumbered; 60 and 100 are pods that are not connected to
each other, since a spine has 32 ports.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from measure import sonicfab
from scale import write_inputs
from sonicfab.fabric import open_fabric
from sonicfab.lab.inside import run_inside
from sonicfab.lab.state import LabState, find_lab

SIZES = {3: (1, 1, 2), 10: (1, 2, 8), 30: (1, 4, 26), 60: (2, 4, 26), 100: (4, 4, 21)}
"""Switches -> pods, spines and leaves of each."""
NAME = "benchmark"


@dataclass(frozen=True)
class Times:
    """Seconds of one lab since `lab up`, and MiB of a switch."""

    booted: float
    established: float
    down: float
    memory: float


def measure(folder: Path, size: int, *, numbered: bool) -> Times:
    """Boot, wait, weigh, end."""
    pods, spines, leaves = SIZES[size]
    inventory, topology = write_inputs(folder, pods, spines, leaves, unnumbered=not numbered)
    files = ("-i", str(inventory), "-t", str(topology))
    sonicfab("render", *files, "-o", str(folder / "out"))
    plan = open_fabric(inventory, topology).plan
    wanted = {name: {session.peer for session in one.fabric_sessions} for name, one in plan.switches.items()}
    started = time.monotonic()
    sonicfab("lab", "up", *files, "--name", NAME, "--from", str(folder / "out"))
    try:
        booted = time.monotonic() - started
        lab = find_lab(NAME)
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(lambda name: _wait(lab, name, wanted[name], started + 300), wanted):
                pass
        established = time.monotonic() - started
        memory = _memory(lab)
    finally:
        ended = time.monotonic()
        sonicfab("lab", "down", "--name", NAME)
    return Times(booted, established, time.monotonic() - ended, memory)


def _wait(lab: LabState, switch: str, peers: set[str], deadline: float) -> None:
    while True:
        families = json.loads(run_inside(lab, switch, "vtysh -c 'show bgp summary json'") or "{}")
        up = {
            peer
            for family in families.values()
            for peer, row in family.get("peers", {}).items()
            if row["state"] == "Established"
        }
        if peers <= up:
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{switch}: {sorted(peers - up)} are not established")
        time.sleep(0.3)


def _memory(lab: LabState) -> float:
    """Proportional set size of all processes of a switch, on average."""
    spaces = {Path(f"/proc/{node.pid}/ns/pid").readlink() for node in lab.switches.values()}
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "ns" / "pid").readlink() in spaces:
                rows = (process / "smaps_rollup").read_text().splitlines()
                total += sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
        except OSError:
            continue  # it has just ended
    return total / 1024 / len(lab.switches)


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--runs", type=int, default=3, help="of which the median is taken, up to 10 switches")
    parser.add_argument("--numbered", action="store_true", help="links with addresses instead of BGP unnumbered")
    options = parser.parse_args()
    print("switches  up s  established s  down s  MiB a switch   load before")
    for size in options.sizes:
        load = os.getloadavg()[0]
        runs: list[Times] = []
        for _ in range(options.runs if size <= 10 else 1):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(measure(Path(folder), size, numbered=options.numbered))
        values = [
            statistics.median(getattr(run, name) for run in runs)
            for name in ("booted", "established", "down", "memory")
        ]
        print("{:>8} {:>5.1f} {:>14.1f} {:>7.1f} {:>13.1f}".format(size, *values), f"  {load:.1f}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
