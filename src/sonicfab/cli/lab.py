"""`sonicfab lab`: up, down, status, exec, doctor; the other commands are in modules of their own."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli import complete, lab_clab, lab_faults, lab_use
from sonicfab.cli.lab_clab import Backend, Image, Kind, MadeBy, NodeKind
from sonicfab.cli.lab_use import Name, WhoseFrr
from sonicfab.cli.options import Format, Inventory, OutputFormat, SomeTopology, Topology, Verbose, seconds_option
from sonicfab.errors import ExitCode, InputError, LabError

app = typer.Typer(no_args_is_help=True, help="Boot the fabric on this machine, from namespaces or by containerlab.")


@app.command()
def up(
    inventory: Inventory,
    topology: Topology,
    name: Name = "",
    backend: MadeBy = Backend.EMBEDDED,
    kind: Kind = NodeKind.LIGHT,
    image: Image = "",
    swss_ready_after: Annotated[
        float,
        seconds_option(
            "--swss-ready-after",
            text="Seconds after a reload until the next one is accepted; 120 on a switch.",
            least=0,
        ),
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
    frr: WhoseFrr = "",
    verbose: Verbose = 0,
) -> None:
    """Boot a switch for each of the fabric's, in SONiC's factory default config.

    Stock images (--kind sonic-vs, sonic-vm) start with the rendered config instead.

    Example: sonicfab lab up -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml
    """
    from sonicfab.fabric import open_fabric
    from sonicfab.operations.lab import NO_HOSTS, LabOptions, boot
    from sonicfab.report import console
    from sonicfab.report.lab import show_booted, told_lacks
    from sonicfab.report.progress import ProgressBar

    console.log_to_stderr(verbose)
    servers = hosts_per_leaf if hosts or hosts_per_leaf else NO_HOSTS
    options = LabOptions(name, backend.value, kind.value, image, swss_ready_after, yang_dir, servers, stored, frr)
    fabric = open_fabric(inventory, topology)
    started = time.monotonic()
    with told_lacks(), ProgressBar("booting") as progress:
        lab = boot(fabric, options, progress, console.note)
    show_booted(lab, time.monotonic() - started)


@app.command("frr")
def get_frr(
    release: Annotated[
        str,
        typer.Argument(
            help="A release of Debian: trixie has FRR 10.3, bookworm 8.4.",
            metavar="RELEASE",
            autocompletion=complete.debian_release,
        ),
    ],
    verbose: Verbose = 0,
) -> None:
    """Get another Debian by debootstrap, for its FRR: labs then run it on switches whose build has one like it.

    Example: sonicfab lab frr trixie
    """
    from sonicfab.lab.debian import make_tree
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    tree = make_tree(release, console.note)
    console.say(f"{tree.root}: FRR {tree.frr or 'of an unknown version'}")


@app.command()
def down(
    name: Name = "",
    all_labs: Annotated[bool, typer.Option("--all", help="End every lab of yours.")] = False,
    topology: SomeTopology = None,
) -> None:
    """End a lab; nothing of it stays.

    Without a name or a topology, it is the only lab that runs, if it was started in this folder.

    Example: sonicfab lab down
    """
    from sonicfab.lab.control import remove_remains, stop_lab
    from sonicfab.lab.state import lab_to_end, running_labs
    from sonicfab.load import load_topology
    from sonicfab.report import console

    running = running_labs()
    if name and not any(lab.name == name for lab in running) and remove_remains(name):
        console.say(f"lab {name}: had ended already; its files are removed")
        return
    if all_labs and not running:
        console.say("no lab is running")
        return
    fabric = load_topology(topology).value.name if topology and not (name or all_labs) else ""
    for lab in running if all_labs else [lab_to_end(Path.cwd(), name, fabric)]:
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
    switch: Annotated[
        str, typer.Argument(help="The switch, or the host.", metavar="SWITCH|HOST", autocompletion=complete.node_of_lab)
    ],
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.", metavar="COMMAND")],
    name: Name = "",
) -> None:
    """Run a command in a lab switch or host, as its administrator; ends with the command's exit code.

    Example: sonicfab lab exec st01-sw25g-r01-u34 -- vtysh -c 'show bgp summary'
    """
    from sonicfab.lab.inside import ENVIRONMENT, is_up
    from sonicfab.lab.state import pick_lab

    words, name = lab_use.command_of(command, name)
    if not words:
        raise InputError("no command to run there", f"sonicfab lab exec {switch} -- COMMAND")
    lab = pick_lab(name, switch)
    if switch in lab.nodes and not is_up(lab, switch):
        raise LabError(f"{switch} does not run", "`sonicfab lab heal` boots it again, if a fault ended it")
    done = subprocess.run([*lab.enter(switch), *ENVIRONMENT, *words], check=False)
    raise typer.Exit(done.returncode)


@app.command()
def doctor(format: OutputFormat = Format.TABLE) -> None:  # noqa: A002
    """Say what this machine lacks for the lab, and what mends it.

    Example: sonicfab lab doctor
    """
    from sonicfab.lab.doctor import examine, examine_containerlab, missing, optional
    from sonicfab.report.lab import json_requirements, show_requirements

    findings = examine()
    # the embedded lab needs none of it
    (json_requirements if format is Format.JSON else show_requirements)([*findings, *optional(examine_containerlab())])
    raise typer.Exit(ExitCode.UNREACHED if missing(findings) else ExitCode.OK)


app.command("ssh", context_settings=lab_use.PASSES_OPTIONS)(lab_use.ssh)
app.command()(lab_use.logs)
app.command()(lab_use.save)
app.command()(lab_faults.fault)
app.command()(lab_faults.heal)
lab_clab.add_to(app)
