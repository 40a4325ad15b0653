"""`sonicfab ci`: the whole way on a lab of this machine, in one command for any CI."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.lab_clab import Backend
from sonicfab.cli.options import Inventory, Templates, Topology, own_templates
from sonicfab.errors import ExitCode

if TYPE_CHECKING:
    from sonicfab.report.ci import Step


def ci(
    inventory: Inventory,
    topology: Topology,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where the results go: configs, JUnit, reports.", metavar="DIR")
    ] = Path("build/ci"),
    timeout: Annotated[
        float, typer.Option(help="Seconds that verify waits for the fabric.", min=1, metavar="SECONDS")
    ] = 120,
    templates: Templates = [],  # noqa: B006 - typer copies it
    hosts: Annotated[
        bool,
        typer.Option("--hosts", help="A server on each host port too; the first and the last must reach each other."),
    ] = False,
    backend: Annotated[
        Backend, typer.Option(help="What makes the lab: namespaces of this machine, or containerlab.")
    ] = Backend.EMBEDDED,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab running, to look into it.")] = False,
) -> None:
    """Validate, render, boot a lab, push, push again, verify, end the lab: what a merge request must pass.

    Stops at the first step that fails and ends with its exit code. DIR then has build/ (the rendered configs),
    verify.xml (JUnit), verify.json and report.json (each step with its command, exit code and seconds).

    Example: sonicfab ci -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml -o build/ci
    """
    from sonicfab.fabric import open_fabric
    from sonicfab.report.ci import show_steps, write_report

    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    lab = f"ci-{os.getpid()}"
    files = ["-i", str(inventory), "-t", str(topology)]
    own = [word for folder in own_templates(templates) for word in ("--templates", str(folder))]
    there = [*files, "--lab-name", lab]
    results = ["--junit", str(output / "verify.xml"), "--json", str(output / "verify.json")]
    plan: list[tuple[str, list[str]]] = [
        ("validate", ["validate", *files, *own]),
        ("render", ["render", *files, *own, "-o", str(output / "build")]),
        ("boot", ["lab", "up", *files, "--name", lab, "--backend", backend.value, *(["--hosts"] if hosts else [])]),
        ("push", ["push", *there, *own, "--yes"]),
        ("push again", ["push", *there, *own, "--dry-run"]),  # whatever would still change is a mistake
        ("verify", ["verify", *there, "--timeout", str(timeout), *results]),
    ]
    steps: list[Step] = []
    try:
        for name, words in plan:
            steps.append(_run(name, words))
            if steps[-1].exit_code:
                break
        else:
            steps += [_run(name, words) for name, words in (_pings(lab) if hosts else [])]
    finally:
        if not keep:
            _end(lab)
        write_report(output / "report.json", fabric.plan.name, steps)
    show_steps(fabric.plan.name, steps, output)
    raise typer.Exit(next((step.exit_code for step in steps if step.exit_code), ExitCode.OK))


def _pings(lab: str) -> list[tuple[str, list[str]]]:
    """From the first host to the last, through the whole fabric, in each family that they have."""
    from sonicfab.lab.state import find_lab

    servers = find_lab(lab).hosts
    if len(servers) < 2:
        return []
    first, *_, last = servers
    return [
        (f"ping {address}", ["lab", "exec", "--name", lab, first, "--", "ping", "-c", "3", "-i", "0.2", address])
        for address in (one.partition("/")[0] for one in servers[last].addresses)
    ]


def _run(name: str, words: Sequence[str]) -> Step:
    from sonicfab.report.ci import Step, show_command

    show_command(words)
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "sonicfab", *words], check=False)
    code = done.returncode if done.returncode >= 0 else 128 - done.returncode  # as a shell says it of a signal
    return Step(name, tuple(words), code, time.monotonic() - started)


def _end(lab: str) -> None:
    """Quietly: a lab that never came up has nothing to end."""
    command = [sys.executable, "-m", "sonicfab", "lab", "down", "--name", lab]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
