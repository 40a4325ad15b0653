"""`sonicfab verify`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli.options import Inventory, Lab, LabName, Limit, Topology, Verbose, VerifyFormat, access_to, as_in_lab


def verify(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    timeout: Annotated[
        float, typer.Option(help="Seconds until everything must be as intended.", min=0, metavar="SECONDS")
    ] = 60,
    format: Annotated[  # noqa: A002 - the name of the option
        VerifyFormat, typer.Option("--format", "-f", help="Print a table, JSON, or JUnit XML for CI.")
    ] = VerifyFormat.TABLE,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.", metavar="FILE")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write JSON to this file.", metavar="FILE")
    ] = None,
    verbose: Verbose = 0,
) -> None:
    """Check that the switches are as intended: BGP sessions, loopback routes, loopback-to-loopback ping.

    Asks again until all is well or the time is up. Ends with 0 when everything is as intended, with 4 when
    something is not, with 3 when a switch could not be asked or nothing was checked.

    Example: sonicfab verify -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.fabric import open_fabric, select
    from sonicfab.report import console
    from sonicfab.report.progress import Progress
    from sonicfab.report.verify import json_value, junit_text, show_verification
    from sonicfab.verify.run import verify as run_verify

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    fabric = as_in_lab(fabric, lab=lab, lab_name=lab_name)
    switches = select(fabric.plan, limit)
    access = access_to(fabric, lab=lab, lab_name=lab_name)
    with Progress("verifying", len(switches)) as progress:

        def tell(switch: str, met: int, wanted: int) -> None:
            progress.tell(switch, f"{met} of {wanted} expectations met")
            if met == wanted:
                progress.finish(switch)

        verification = run_verify(access, fabric.plan, switches, timeout, tell)
    _write(junit, lambda: junit_text(verification))
    _write(json_file, lambda: json.dumps(json_value(verification), indent=2))
    if format is VerifyFormat.JSON:
        console.json_result(json_value(verification))
    elif format is VerifyFormat.JUNIT:
        console.say(junit_text(verification))
    else:
        show_verification(fabric.plan, verification)
    raise typer.Exit(verification.exit_code)


def _write(path: Path | None, text: Callable[[], str]) -> None:
    from sonicfab.output import OutputFile, write_file

    if path is not None:
        write_file(path, OutputFile(text() + "\n"))
