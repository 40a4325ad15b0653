"""`sonicfab lab`: up, down, status, exec, doctor; the other commands are in modules of their own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonicfab.cli import lab_faults, lab_use
from sonicfab.cli.lab_use import Name
from sonicfab.cli.options import Format, Inventory, OutputFormat, Topology, Verbose
from sonicfab.errors import ExitCode, InputError, LabError

if TYPE_CHECKING:
    from sonicfab.lab.spec import LabSpec

app = typer.Typer(no_args_is_help=True, help="Boot the fabric from namespaces on this machine, and end it again.")

app.command("ssh", context_settings=lab_use.PASSES_OPTIONS)(lab_use.ssh)
app.command()(lab_use.logs)
app.command()(lab_use.save)
app.command()(lab_faults.fault)
app.command()(lab_faults.heal)


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
    hosts: Annotated[
        bool, typer.Option("--hosts", help="A server with FRR on each host port, announcing its own address.")
    ] = False,
    hosts_per_leaf: Annotated[
        int, typer.Option(help="The same on the first N host ports of each leaf alone.", metavar="N", min=0)
    ] = 0,
    stored: Annotated[
        Path | None,
        typer.Option("--from", help="Boot from these configs: a folder of `render` or `lab save`.", metavar="DIR"),
    ] = None,
    verbose: Verbose = 0,
) -> None:
    """Boot a switch for each of the fabric's, in SONiC's factory default config.

    Example: sonicfab lab up -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml
    """
    from sonicfab.lab.control import start_lab
    from sonicfab.report import console
    from sonicfab.report.progress import Progress

    console.log_to_stderr(verbose)
    spec = _spec(
        inventory, topology, name, swss_ready_after, yang_dir, stored, hosts_per_leaf if hosts or hosts_per_leaf else -1
    )
    started = time.monotonic()
    with Progress("booting", len(spec.switches) + len(spec.hosts)) as progress:

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "wired":
                progress.tell(spec.name, f"{event['ports']} ports, {event['links']} cables")
            else:
                progress.tell(event["switch"], "booted")
                progress.finish(event["switch"])

        lab = start_lab(spec, tell)
    ports = [node.port for node in lab.switches.values()]
    running = f"{len(lab.switches)} switches{f' and {len(lab.hosts)} hosts' if lab.hosts else ''} run"
    seconds = time.monotonic() - started
    console.say(f"lab {lab.name}: {running}, SSH on 127.0.0.1 ports {min(ports)}-{max(ports)} ({seconds:.1f} s)")


def _spec(
    inventory: Path, topology: Path, name: str, ready: float, yang: Path | None, stored: Path | None, hosts: int
) -> LabSpec:
    """What is to boot; `hosts` per leaf, 0 on every host port, -1 for none.

    Raises:
        InputError: the files or folders cannot be used.
        LabError: this machine cannot run a lab.
    """
    from sonicfab.fabric import open_fabric
    from sonicfab.lab.doctor import examine, missing
    from sonicfab.lab.hosts import lab_hosts
    from sonicfab.lab.spec import lab_spec, stored_configs
    from sonicfab.report.lab import show_findings

    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    if lacks := missing(examine()):
        show_findings(lacks)
        raise LabError("this machine cannot run the lab yet", "`sonicfab lab doctor` shows everything that it looks at")
    if yang is not None and not any(yang.glob("*.yang")):
        raise InputError(f"--yang-dir {yang}: no such folder, or no *.yang in it")
    plan = fabric.plan
    servers = lab_hosts(plan, hosts) if hosts >= 0 else ()
    return lab_spec(plan, name or plan.name, ready, yang, servers, stored_configs(plan, stored) if stored else None)


@app.command()
def down(
    name: Name = "",
    all_labs: Annotated[bool, typer.Option("--all", help="End every lab of yours.")] = False,
) -> None:
    """End a lab; nothing of it stays.

    Example: sonicfab lab down
    """
    from sonicfab.lab.control import stop_lab
    from sonicfab.lab.state import pick_lab, remove_dead, running_labs
    from sonicfab.report import console

    running = running_labs()
    if name and not any(lab.name == name for lab in running) and remove_dead(name):
        console.say(f"lab {name}: had ended already; its files are removed")
        return
    if all_labs and not running:
        console.say("no lab is running")
        return
    for lab in running if all_labs else [pick_lab(name)]:
        stop_lab(lab)
        console.say(f"lab {lab.name}: ended")


@app.command()
def status(name: Name = "", format: OutputFormat = Format.TABLE) -> None:  # noqa: A002 - the name of the option
    """Show the labs that run, how to log in, and the faults they have.

    Example: sonicfab lab status --format json
    """
    from sonicfab.lab.faults import active_faults
    from sonicfab.lab.state import find_lab, running_labs
    from sonicfab.report.lab import json_labs, show_labs

    labs = [(lab, active_faults(lab)) for lab in ([find_lab(name)] if name else running_labs())]
    (json_labs if format is Format.JSON else show_labs)(labs)


@app.command("exec", context_settings=lab_use.PASSES_OPTIONS)
def execute(
    switch: Annotated[str, typer.Argument(help="The switch, or the host.")],
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.")],
    name: Name = "",
) -> None:
    """Run a command in a lab switch or host, as its administrator; ends with the command's exit code.

    Example: sonicfab lab exec st01-sw25g-r01-u34 -- vtysh -c 'show bgp summary'
    """
    from sonicfab.lab.files import PATH
    from sonicfab.lab.state import pick_lab

    lab = pick_lab(name, switch)
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
