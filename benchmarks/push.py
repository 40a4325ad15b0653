"""A push to a lab of 3 to 30 switches: seconds of a look, of a one-line change, of a canary that fails, of a reload.

The floor is the bare SSH: one login to each switch and one command, as many at once. The canary's change drops all
routes; it must go back, and no other switch may have been touched.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lab import SIZES
from measure import SONICFAB, sonicfab
from scale import write_inputs
from sonicfab.lab.access import open_lab_switch
from sonicfab.lab.state import LabState, find_lab
from sonicfab.render import template_folders
from sonicfab.runner import run_all

NAME = "benchmark-push"


def main() -> None:
    """Boot, push, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=30, choices=[size for size in SIZES if size <= 30])
    parser.add_argument("--reload", action="store_true", help="also from factory default, by reload")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _, spines, leaves = SIZES[options.size]
        inventory, topology = write_inputs(folder, 1, spines, leaves, unnumbered=True)
        files = ["-i", str(inventory), "-t", str(topology)]
        sonicfab("render", *files, "-o", "out", cwd=folder)
        print(f"{options.size} switches, load {os.getloadavg()[0]:.1f}")
        with _lab(folder, files, "--from", "out/scale") as lab:
            _running(folder, files, topology, lab)
        if options.reload:
            with _lab(folder, files):
                _row("from factory default", _push(folder, files, 0))


def _running(folder: Path, files: list[str], topology: Path, lab: LabState) -> None:
    sonicfab("verify", *files, "--lab-name", NAME, "--timeout", "180", cwd=folder)
    started = time.monotonic()
    run_all(list(lab.switches), lambda name, _: _one_command(lab, name))
    floor = time.monotonic() - started
    print(f"{'floor: one SSH command each':<40} {floor:>6.1f} s")
    _row("nothing to do", _push(folder, files, 0), floor)
    topology.write_text(topology.read_text().replace("100.64.0.0/10", "100.64.0.0/11"))
    _row("a prefix, at every switch, in steps", _push(folder, files, 0), floor)
    _row("the same back, in one step a tier", _back(folder, files, topology), floor)
    (folder / "mine" / "frr").mkdir(parents=True)
    text = (template_folders()[0] / "frr" / "route_maps.j2").read_text()
    broken = text.replace("in policy.lists %}", 'in ([] if policy.name == "FROM-FABRIC" else policy.lists) %}')
    assert broken != text
    (folder / "mine" / "frr" / "route_maps.j2").write_text(broken)
    result, seconds = _push(folder, files, 6, "--templates", "mine")
    states = [one["state"] for one in result["switches"]]
    assert sorted(set(states)) == ["not begun", "rolled back"], states
    assert states.count("rolled back") == 1
    _row("a canary that fails and goes back", (result, seconds), floor)


def _back(folder: Path, files: list[str], topology: Path) -> tuple[dict[str, Any], float]:
    topology.write_text(topology.read_text().replace("100.64.0.0/11", "100.64.0.0/10"))
    return _push(folder, files, 0, "--batch", "26", "--no-canary")


def _row(what: str, pushed: tuple[dict[str, Any], float], floor: float = 0.0) -> None:
    result, seconds = pushed
    changed = sum(one["state"] in ("changed", "rolled back") for one in result["switches"])
    ways = sorted({one["way"] for one in result["switches"] if one["state"] == "changed"})
    times = f", {seconds / floor:.1f} floors" if floor else ""
    print(f"{what:<40} {seconds:>6.1f} s{times}; {changed} touched {', '.join(ways)}")
    sys.stdout.flush()


def _push(folder: Path, files: list[str], code: int, *options: str) -> tuple[dict[str, Any], float]:
    started = time.monotonic()
    words = ["push", *files, "--lab-name", NAME, "--yes", "--format", "json", *options]
    done = subprocess.run([*SONICFAB, *words], capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != code:
        raise RuntimeError(f"push ended with {done.returncode}: {done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result, time.monotonic() - started


def _one_command(lab: LabState, name: str) -> None:
    with contextlib.closing(open_lab_switch(lab, name)) as transport:
        assert transport.run("hostname").ok


@contextlib.contextmanager
def _lab(folder: Path, files: list[str], *options: str) -> Iterator[LabState]:
    sonicfab("lab", "up", *files, "--name", NAME, "--swss-ready-after", "1", *options, cwd=folder)
    try:
        yield find_lab(NAME)
    finally:
        sonicfab("lab", "down", "--name", NAME, cwd=folder)


if __name__ == "__main__":
    main()
