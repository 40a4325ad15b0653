"""Every point of cuts.py on a machine: writes their table into docs/push-guard.md. `make power-cuts` runs it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from vm.box import Box, box_missing
from vm.cuts import POINTS, Bench, Point, Result
from vm.machine import Machine, acceleration
from vm.root import ready_root, vm_missing
from vm.switch import MachineSwitch

_HEADING = "## Power cuts\n"
_SECTION = """\
{heading}
`make power-cuts` tries {all} points and writes this section. The switch is a virtual machine: Debian's kernel,
systemd as process 1, SONiC's units with their limits of starts, the lab's command layer, ext4 on a disk. Just before
or after one command of a push the machine's process is killed, so that what has not reached the disk is lost; the
same disk is booted again. What the switch runs and stores then must be all old or all new, `owned.json` too; no
guard, timer or failed unit may be left. What a cut leaves in `.new` or `ended/ID` only root can read, and the next
push removes it. With `BOX=1` the same disk is in namespaces of this kernel, and a cut is its file as it is at that
moment: where nothing but emulation runs a virtual machine, that takes a minute for each point instead of several.
A rename that was not told to the disk may be on it or not: after the one that ends a confirmed push, both are right.

{where}

{count} cuts: {old} end old, {new} new, {between} between.

| the power goes | the boot gives |
| --- | --- |
"""


def page(results: dict[str, Result]) -> str:
    """The section of what was tried, and where."""
    states, places = [one.state for one in results.values()], [one.where for one in results.values()]
    tried = (f"{places.count(place)} {place}" for place in dict.fromkeys(places))
    where = f"Tried: {', '.join(tried)}; {_seconds(results)} s for each."
    counted = {state: states.count(state) for state in ("old", "new", "between")}
    rows = (f"| {name} | {one.state}{'; '.join(['', *one.wrong])} |\n" for name, one in results.items())
    told = {"all": len(POINTS), "count": len(states), "where": where, **counted}
    return _SECTION.format(heading=_HEADING, **told) + "".join(rows)


def _seconds(results: dict[str, Result]) -> str:
    taken = [round(one.seconds) for one in results.values()]
    return f"{min(taken, default=0)} to {max(taken, default=0)}"


def main(target: Path, kept: Path, minutes: float, *, boxed: bool) -> int:
    """Try what `kept` has not yet, for about so many minutes, and write the page of what was tried.

    `kept` is where the results are between two goes; the exit code is 1 when something is wrong, 3 when some are left.
    """
    if missing := vm_missing() or (box_missing() if boxed else ""):
        sys.exit(f"no virtual machine here: {missing}")
    kept.parent.mkdir(parents=True, exist_ok=True)
    results = _read(kept)
    todo = [point for point in POINTS if point.name not in results]
    if todo:
        _try(todo, results, kept, time.monotonic() + minutes * 60, boxed=boxed)
    text = target.read_text().partition(_HEADING)[0]
    tried = {point.name: results[point.name] for point in POINTS if point.name in results}
    target.write_text(text + page(tried))
    if len(results) < len(POINTS):
        print(f"{len(POINTS) - len(results)} are left: the same again goes on")
        return 3
    return 1 if any(one.wrong for one in results.values()) else 0


def _try(todo: list[Point], results: dict[str, Result], kept: Path, until: float, *, boxed: bool) -> None:
    where = "in namespaces" if boxed else f"in a virtual machine (qemu, {acceleration()[1]})"
    with tempfile.TemporaryDirectory(prefix="power-cuts-") as folder:
        own = Path(folder) / Path(folder).name
        own.mkdir()
        cache = Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"]).with_name("vm")
        root = ready_root(cache, systemd=True)
        machine = Box(root, own) if boxed else Machine(root, own, megabytes=768)
        leaf = MachineSwitch(machine, Path(folder))
        began = time.monotonic()
        try:
            machine.boot(300)
            leaf.make()
            bench = Bench(leaf)
            bench.at("ready")
            bench.learn_new()
            print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
            for point in todo:
                if time.monotonic() > until:
                    return
                result = results[point.name] = replace(bench.cut(point), where=where)
                print(f"{result.state:8}{result.seconds:4.0f} s  {point.name}  {result.wrong or ''}", flush=True)
                kept.write_text(json.dumps({name: asdict(one) for name, one in results.items()}))
        finally:
            machine.cut_power()


def _read(kept: Path) -> dict[str, Result]:
    if not kept.exists():
        return {}
    known = {point.name: point for point in POINTS}
    found = json.loads(kept.read_text())
    return {name: Result(**{**one, "point": known[name]}) for name, one in found.items() if name in known}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), boxed=len(sys.argv) > 4))
