"""What a user types, with everything that it does by default, beside its budget, its floor and the peers: one table.

CPU seconds are those of the whole tree of processes, memory is that of its largest. A floor is what cannot be left
out: Python with the libraries loaded; the same files written by somebody who has them already. The fabric is that of
benchmarks/scale.py. Budgets are those of a machine on which `import typer.rich_utils` takes 0.10 CPU s: what this one
takes for it, measured in the same run, says what a budget comes to here, which stands beside it. The peers do less:
pyavd and netlab get a spine-leaf of as many devices, each leaf wired to four spines, without host ports; they are
installed by `make bench-peers` in an environment of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import SONICFAB, Cost, cost
from scale import FLOOR, LEAVES, SPINES, write_inputs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LAB = ("-i", str(ROOT / "inventories/scs-lab.yml"), "-t", str(ROOT / "topologies/spine-leaf-1x2.yml"))
OWN = ("-i", "inventory.yml", "-t", "topology.yml")
PEERS = ROOT / "build" / "peers" / "bin"
POD = SPINES + LEAVES


@dataclass(frozen=True)
class Row:
    """A line of the table; a budget of 0 is none, one that is `relative` is of this machine already."""

    work: str
    spent: Cost
    floor: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    relative: bool = False
    slower: float = 1.0
    """So many times as long as on the machine of the budgets the same work takes here."""

    def __str__(self) -> str:
        ratio = f"{self.spent.cpu / self.floor:.1f}" if self.floor else ""
        budget = " ".join((f"{self.cpu:.3g} s" if self.cpu else "", f"{self.peak:g} MB" if self.peak else "")).strip()
        here = f"{self.cpu_here:.2f} s" if self.cpu else ""
        over = "" if self.kept else "over"
        return f"{self.work:46}{self.spent.cpu:>9.2f}{self.spent.peak:>7.0f}{ratio:>7}  {budget:<13}{here:<9}{over}"

    @property
    def cpu_here(self) -> float:
        """The budget of CPU seconds on this machine."""
        return self.cpu if self.relative else self.cpu * self.slower

    @property
    def kept(self) -> bool:
        """Whether it is in its budget."""
        return not (self.cpu and self.spent.cpu > self.cpu_here) and not (self.peak and self.spent.peak > self.peak)


CALIBRATION = 0.10
"""CPU seconds that `import typer.rich_utils` takes on the machine of the budgets."""


def python(code: str) -> tuple[str, ...]:
    """A floor in Python."""
    return (sys.executable, "-c", code)


def start(runs: int) -> Iterator[Row]:
    """What one waits for at the prompt."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        typer = cost(python("import typer.rich_utils"), folder, runs).cpu
        yield Row("sonicfab --help", cost((*SONICFAB, "--help"), folder, runs), typer, 0.15)
        yield Row("sonicfab --version", cost((*SONICFAB, "--version"), folder, runs), typer, 0.15)
        words = ("_SONICFAB_COMPLETE=complete_bash", "COMP_WORDS=sonicfab ver", "COMP_CWORD=1")
        yield Row("completion of a command", cost(("env", *words, *SONICFAB), folder, runs), typer, 0.15)
        libraries = cost(python("import typer, pydantic, yaml, jinja2, rich.table"), folder, runs).cpu
        render = (*SONICFAB, "render", *LAB, "-o", "out")
        yield Row("render, 3 switches", cost(render, folder, runs), libraries, 0.35)


def of_switches(pods: int, runs: int) -> Iterator[Row]:
    """The work of a day on a fabric of so many pods of 40; the budgets are those of 1,000 and 10,000 switches."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, pods)
        count = pods * POD
        size, thousand, large = f"{count:,} switches", count == 1000, count == 10000
        anew = ("sh", "-c", 'rm -rf out && exec "$@"', "sh", *SONICFAB, "render", *OWN, "-o", "out")
        render = cost(anew, folder, runs)
        write = cost(("sh", "-c", 'rm -rf floor && exec "$@"', "sh", *python(FLOOR), "out", "floor"), folder, runs).cpu
        yield Row(f"render, {size}", render, write, 4.0 * thousand, 150.0 * thousand or 500.0 * large)
        validate = cost((*SONICFAB, "validate", *OWN), folder, runs)
        yield Row(
            f"validate, {size}, with FRR", validate, render.cpu, 10.0 * thousand, 250.0 * thousand or 500.0 * large
        )
        if large:
            return
        topology = folder / "topology.yml"
        topology.write_text(topology.read_text() + LINK)
        changed = cost((*SONICFAB, "render", *OWN, "-o", "out"), folder, 1, warm=False)
        yield Row(f"render again, one link changed, {size}", changed, write, 2.0 * thousand)
        builds = ("--from", "community-202411", "--to", "community-202505")
        diff = cost((*SONICFAB, "diff", *OWN, *builds, "-f", "json"), folder, runs)
        yield Row(f"diff --from --to, {size}", diff, render.cpu, 2.5 * render.cpu * thousand, relative=True)


def models(folder: Path, runs: int) -> Iterator[Row]:
    """100 switches against YANG models, those of the default build in a folder of its name; the floor is without."""
    with tempfile.TemporaryDirectory() as name:
        write_inputs(Path(name), 5, 4, 16)
        without = cost((*SONICFAB, "validate", *OWN, "--no-yang"), Path(name), runs)
        spent = cost((*SONICFAB, "validate", *OWN, "--yang-dir", str(folder)), Path(name), runs)
        yield Row("validate, 100 switches, without YANG models", without)
        yield Row("the same with them: what they add", replace(spent, cpu=spent.cpu - without.cpu), cpu=2.0)


LINK = "ports:\n  - {switches: [p0-leaf0], ports: Ethernet48, description: changed}\n"
"""What changes one link of a rendered fabric."""


def peers(count: int, runs: int) -> Iterator[Row]:
    """The same number of devices by others, where they are installed."""
    if not (PEERS / "netlab").exists():
        print(f"peers: not measured, they are not in {PEERS.parent} (make bench-peers)", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_inputs(folder, count // POD)
        anew = ("sh", "-c", 'rm -rf out && exec "$@"', "sh", *SONICFAB, "render", *OWN, "-o", "out")
        render = cost(anew, folder, runs)
        yield Row(f"render, {count} switches", render)
        pyavd = cost((str(PEERS / "python"), str(HERE / "peer_pyavd.py"), str(count)), folder, runs)
        yield Row(f"pyavd, {count} devices", pyavd, render.cpu)
        (folder / "netlab.yml").write_text(netlab(count))
        path = f"PATH={PEERS}:{os.environ['PATH']}"
        command = (
            "env",
            path,
            "sh",
            "-c",
            "rm -rf made && mkdir made && cd made && exec netlab create -q ../netlab.yml",
        )
        yield Row(f"netlab create, {count} devices", cost(command, folder, runs), render.cpu)


def netlab(count: int, spines: int = 4) -> str:
    """A topology of netlab's: every leaf wired to every spine, BGP on each link."""
    leaves = range(1, count - spines + 1)
    return "\n".join(
        (
            "name: scale\nprovider: clab\ndefaults.device: frr\nmodule: [bgp]\nbgp.as: 65000",
            "addressing:\n  loopback: {ipv4: 10.254.0.0/16}\n  p2p: {ipv4: 10.16.0.0/12, prefix: 31}",
            "  mgmt: {ipv4: 172.20.0.0/16, start: 10}",
            *(["defaults.const.MAX_NODE_ID: 2000"] if count > 150 else []),
            "nodes:",
            *(f"  s{one}: {{bgp.as: 65001, id: {one}}}" for one in range(1, spines + 1)),
            *(f"  l{one}: {{bgp.as: {4200000000 + one}, id: {spines + one}}}" for one in leaves),
            "links:",
            *(f"- l{leaf}-s{spine}" for leaf in leaves for spine in range(1, spines + 1)),
            "",
        )
    )


def growth() -> dict[str, list[tuple[int, float, float]]]:
    """(how many, CPU s, MB) of a render, as switches, links and host ports become more; the others stay."""
    of: dict[str, list[tuple[int, float, float]]] = {"switches": [], "links": [], "host ports": []}
    shapes: dict[str, list[tuple[int, dict[str, Any]]]] = {
        "switches": [(pods * POD, {"pods": pods}) for pods in (1, 5, 10, 20)],
        "links": [(5 * LEAVES * spines, {"pods": 5, "spine_count": spines}) for spines in (2, 4, 8)],
        "host ports": [(5 * LEAVES * ports, {"pods": 5, "host_ports": ports}) for ports in (4, 16, 40)],
    }
    for name, sizes in shapes.items():
        for count, shape in sizes:
            with tempfile.TemporaryDirectory() as folder:
                write_inputs(Path(folder), **shape)
                spent = cost((*SONICFAB, "render", *OWN, "-o", "out"), Path(folder), 1, warm=False)
                of[name].append((count, spent.cpu, spent.peak))
    return of


def plot(of: dict[str, list[tuple[int, float, float]]], file: Path) -> None:
    """The growth as an SVG; it needs `pip install sonicfab[bench]`."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(of), figsize=(10, 3.2), sharey=True, layout="constrained")
    for axis, (name, points) in zip(axes, of.items(), strict=True):
        axis.plot([count for count, _, _ in points], [cpu for _, cpu, _ in points], marker="o")
        axis.set(xlabel=name, xlim=(0, None), ylim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("CPU seconds of a render")
    figure.savefig(file, metadata={"Date": None})
    text = file.read_text()  # its ids are made of chance
    file.write_text(re.sub(r"[ \t]+\n", "\n", text))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each; the median is told")
    parser.add_argument("--pods", type=int, nargs="*", default=[25], help="pods of 40 switches")
    parser.add_argument("--peers", type=int, default=200, help="devices of the peers; 0 for none")
    parser.add_argument("--yang-dir", type=Path, help="YANG models, by build: 202411 and so on", metavar="DIR")
    parser.add_argument("--plot", type=Path, help="an SVG of how cost grows", metavar="FILE")
    parser.add_argument("--json", type=Path, help="the rows for programs", metavar="FILE")
    options = parser.parse_args(arguments)
    # told before, not after ten minutes; loaded it would count in the memory of what begins as a copy of this process
    if options.plot and not find_spec("matplotlib"):
        parser.error("--plot draws by matplotlib: pip install 'sonicfab[bench]'")
    for name in ("PYTHONDONTWRITEBYTECODE", "SONICFAB_TEMPLATES"):  # an installed program has its bytecode
        os.environ.pop(name, None)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        slower = cost(python("import typer.rich_utils"), Path(name), 5 * options.runs).cpu / CALIBRATION
    print(f"median of {options.runs} runs; this machine takes {slower:.1f} times as long as that of the budgets")
    print(f"{'':46}{'CPU s':>9}{'MB':>7}{'ratio':>7}  {'budget':<13}here     ratio to the floor")
    parts = [start(5 * options.runs), *(of_switches(pods, options.runs) for pods in options.pods)]
    parts += [models(options.yang_dir.resolve(), options.runs)] if options.yang_dir else []
    for part in [*parts, *([peers(options.peers, options.runs)] if options.peers else [])]:
        for row in part:
            rows.append(replace(row, slower=slower))
            print(rows[-1], flush=True)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))
    if options.plot:
        plot(growth(), options.plot)


if __name__ == "__main__":
    main()
