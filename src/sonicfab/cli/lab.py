"""`sonicfab lab`: up, down, status, exec, doctor."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonicfab.cli.options import Format, Inventory, OutputFormat, Topology, Verbose
from sonicfab.errors import ExitCode, InputError, LabError

if TYPE_CHECKING:
    from sonicfab.lab.state import LabState

app = typer.Typer(no_args_is_help=True, help="Boot the fabric from namespaces on this machine, and end it again.")

Name = Annotated[
    str, typer.Option("--name", "-n", help="Name of the lab; without it, that of the fabric.", metavar="NAME")
]


@app.command()
def up(
    inventory: Inventory,
    topology: Topology,
    name: Name = "",
    swss_ready_after: Annotated[
        float,
        typer.Option(help="Seconds after a reload until the next one is accepted; 120 on a switch.", metavar="SECONDS"),
    ] = 10,
    yang_dir: Annotated[
        Path | None,
        typer.Option(
            help="A folder with YANG models that the switches get; a learned build brings its own.", metavar="DIR"
        ),
    ] = None,
    verbose: Verbose = 0,
) -> None:
    """Boot a switch for each of the fabric's, in SONiC's factory default config.

    Example: sonicfab lab up -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml
    """
    from sonicfab.fabric import open_fabric
    from sonicfab.lab.control import start_lab
    from sonicfab.lab.doctor import examine, missing
    from sonicfab.lab.spec import lab_spec
    from sonicfab.report import console
    from sonicfab.report.lab import show_findings
    from sonicfab.report.progress import Progress

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    if lacks := missing(examine()):
        show_findings(lacks)
        raise LabError("this machine cannot run the lab yet", "`sonicfab lab doctor` shows everything that it looks at")
    if yang_dir is not None and not any(yang_dir.glob("*.yang")):
        raise InputError(f"--yang-dir {yang_dir}: no such folder, or no *.yang in it")
    spec = lab_spec(fabric.plan, name or fabric.plan.name, swss_ready_after, yang_dir)
    started = time.monotonic()
    with Progress("booting", len(spec.switches)) as progress:

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "wired":
                progress.tell(spec.name, f"{event['ports']} ports, {event['links']} cables")
            else:
                progress.tell(event["switch"], "booted")
                progress.finish(event["switch"])

        lab = start_lab(spec, tell)
    ports = [node.port for node in lab.switches.values()]
    console.say(
        f"lab {lab.name}: {len(lab.switches)} switches run, SSH on 127.0.0.1 ports {min(ports)}-{max(ports)} "
        f"({time.monotonic() - started:.1f} s)"
    )


@app.command()
def down(
    name: Name = "",
    all_labs: Annotated[bool, typer.Option("--all", help="End every lab of yours.")] = False,
) -> None:
    """End a lab; nothing of it stays.

    Example: sonicfab lab down
    """
    from sonicfab.lab.control import stop_lab
    from sonicfab.lab.state import remove_dead, running_labs
    from sonicfab.report import console

    running = running_labs()
    if name and not any(lab.name == name for lab in running) and remove_dead(name):
        console.say(f"lab {name}: had ended already; its files are removed")
        return
    if all_labs and not running:
        console.say("no lab is running")
        return
    for lab in running if all_labs else [_pick(running, name)]:
        stop_lab(lab)
        console.say(f"lab {lab.name}: ended")


@app.command()
def status(format: OutputFormat = Format.TABLE) -> None:  # noqa: A002 - the name of the option
    """Show the labs that run and how to log in.

    Example: sonicfab lab status --format json
    """
    from sonicfab.lab.state import running_labs
    from sonicfab.report.lab import json_labs, show_labs

    (json_labs if format is Format.JSON else show_labs)(running_labs())


@app.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def execute(
    switch: Annotated[str, typer.Argument(help="The switch.")],
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.")],
    name: Name = "",
) -> None:
    """Run a command in a lab switch, as its administrator; ends with the command's exit code.

    Example: sonicfab lab exec st01-sw25g-r01-u34 -- vtysh -c 'show bgp summary'
    """
    from sonicfab.lab.files import PATH
    from sonicfab.lab.state import running_labs

    lab = _pick(running_labs(), name, switch)
    environment = ["env", "-i", f"PATH={PATH}", "USER=root", "HOME=/root", "TERM=xterm", "LANG=C.UTF-8"]
    words = command[1:] if command[:1] == ["--"] else command
    done = subprocess.run([*lab.enter(switch), *environment, *words], check=False)
    raise typer.Exit(done.returncode)


@app.command()
def doctor(format: OutputFormat = Format.TABLE) -> None:  # noqa: A002
    """Say what this machine lacks for the lab, and what mends it.

    Example: sonicfab lab doctor
    """
    from sonicfab.lab.doctor import examine, missing
    from sonicfab.report.lab import json_findings, show_findings

    findings = examine()
    (json_findings if format is Format.JSON else show_findings)(findings)
    raise typer.Exit(ExitCode.UNREACHED if missing(findings) else ExitCode.OK)


def _pick(running: list[LabState], name: str, switch: str = "") -> LabState:
    """The lab that is meant: by name, else the only one (that has the switch)."""
    from sonicfab.hints import did_you_mean
    from sonicfab.lab.state import find_lab

    if name:
        return find_lab(name)
    fitting = [lab for lab in running if not switch or switch in lab.switches]
    if len(fitting) == 1:
        return fitting[0]
    if not running:
        raise LabError("no lab is running", "start one with `sonicfab lab up`")
    if not fitting:
        known = sorted({one for lab in running for one in lab.switches})
        raise LabError(f"no running lab has a switch {switch}", did_you_mean(switch, known))
    raise InputError(f"several labs run: {', '.join(lab.name for lab in fitting)}", "say which with --name")
