"""`sonicfab ci`: the whole way on a lab of this machine, in one command for any CI."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.lab_clab import Backend
from sonicfab.cli.options import Inventory, Templates, Topology, own_templates
from sonicfab.errors import ExitCode, OutputError

if TYPE_CHECKING:
    from sonicfab.report.ci import Step

_PATIENCE = 30.0
"""Seconds that an interrupted step has for its own clean-up."""
_RESULTS = ("verify.xml", "verify.json", "report.json")

Results = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Where the results go: configs, JUnit, reports.",
        metavar="DIR",
        envvar="SONICFAB_OUTPUT",
    ),
]


def ci(
    inventory: Inventory,
    topology: Topology,
    output: Results = Path("build/ci"),
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
    from sonicfab.output import remove_files
    from sonicfab.report import console
    from sonicfab.report.ci import show_steps, write_report

    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    lab = f"ci-{os.getpid()}"
    plan = _plan(lab, inventory, topology, output, timeout, own_templates(templates), hosts=hosts, backend=backend)
    steps: list[Step] = []
    passed = False
    unwritten: OutputError | None = None
    remove_files(output, list(_RESULTS))  # whatever ends this run, no result of an earlier one is taken for its own
    with _one_interrupt() as no_more:
        try:
            passed = _go(plan, steps) and (not hosts or _go(_pings(lab), steps))
        finally:
            no_more()
            if not keep:
                _end(lab, booted=any(step.name == "boot" and not step.exit_code for step in steps))
            try:
                write_report(output / "report.json", fabric.plan.name, steps, ok=passed)
            except OutputError as err:  # told beside what went wrong before, and not instead of it
                console.error(err)
                unwritten = err
    show_steps(fabric.plan.name, steps, output)
    failed = next((step.exit_code for step in steps if step.exit_code), ExitCode.OK)
    raise typer.Exit(failed or (unwritten.exit_code if unwritten else ExitCode.OK))


def _plan(
    lab: str,
    inventory: Path,
    topology: Path,
    output: Path,
    timeout: float,
    templates: Sequence[Path],
    *,
    hosts: bool,
    backend: Backend,
) -> list[tuple[str, list[str]]]:
    """The steps up to verify, each with its command."""
    files = ["-i", str(inventory), "-t", str(topology)]
    own = [word for folder in templates for word in ("--templates", str(folder))]
    there = [*files, "--lab-name", lab]
    results = ["--junit", str(output / "verify.xml"), "--json", str(output / "verify.json")]
    return [
        ("validate", ["validate", *files, *own]),
        ("render", ["render", *files, *own, "-o", str(output / "build")]),
        ("boot", ["lab", "up", *files, "--name", lab, "--backend", backend.value, *(["--hosts"] if hosts else [])]),
        ("push", ["push", *there, *own, "-o", str(output / "build"), "--yes"]),
        (
            "push again",
            ["push", *there, *own, "-o", str(output / "build"), "--dry-run"],
        ),  # whatever would still change is a mistake
        ("verify", ["verify", *there, "--timeout", str(timeout), *results]),
    ]


def _pings(lab: str) -> list[tuple[str, list[str]]]:
    """From the first host to the last, through the whole fabric, in each family that they have."""
    from sonicfab.lab.state import find_lab
    from sonicfab.report import console

    servers = find_lab(lab).hosts
    if len(servers) < 2:
        console.note("there is one host alone: nobody to ping")
        return []
    first, *_, last = servers
    return [
        (f"ping {address}", ["lab", "exec", "--name", lab, first, "--", "ping", "-c", "3", "-i", "0.2", address])
        for address in (one.partition("/")[0] for one in servers[last].addresses)
    ]


def _go(plan: Sequence[tuple[str, Sequence[str]]], steps: list[Step]) -> bool:
    """Run one after the other until one fails; False when one did."""
    for name, words in plan:
        _run(name, words, steps)
        if steps[-1].exit_code:
            return False
    return True


def _run(name: str, words: Sequence[str], steps: list[Step]) -> None:
    """Run a step and write down how it ended, whatever ends it."""
    from sonicfab.report.ci import Step, show_command

    show_command(words)
    started = time.monotonic()
    # in a session of its own, so that Ctrl-C reaches it once, from here, and its own clean-up is not interrupted
    process = subprocess.Popen([sys.executable, "-m", "sonicfab", *words], start_new_session=True)
    code = 1
    try:
        code = process.wait()
    except BaseException as err:
        code = err.code if isinstance(err, SystemExit) and isinstance(err.code, int) else 130
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise
    finally:
        code = code if code >= 0 else 128 - code  # as a shell says it of a signal
        steps.append(Step(name, tuple(words), code, time.monotonic() - started))


def _end(lab: str, *, booted: bool) -> None:
    """A lab that never came up has nothing to end, and need not say so."""
    command = [sys.executable, "-m", "sonicfab", "lab", "down", "--name", lab]
    stderr = None if booted else subprocess.DEVNULL
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)


@contextmanager
def _one_interrupt() -> Iterator[Callable[[], None]]:
    """Ctrl-C, SIGTERM and SIGHUP end the block once, as an exception; further ones, or all after a call, do nothing.

    A CI that cancels a job sends several within seconds, and the lab must be ended all the same.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def nothing(_number: int, _frame: FrameType | None) -> None:
        """A handler and not SIG_IGN, which the steps would inherit."""

    def no_more() -> None:
        for number in numbers:
            signal.signal(number, nothing)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        no_more()
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        signal.signal(number, nothing if handler is signal.SIG_IGN else interrupt)
    try:
        yield no_more
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
