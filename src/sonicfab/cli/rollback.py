"""`sonicfab rollback`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import (
    Format,
    Inventory,
    Lab,
    LabName,
    Limit,
    Output,
    OutputFormat,
    Scheduler,
    SendSecret,
    Topology,
    Verbose,
    open_site,
)
from sonicfab.cli.push import Batch, ConfirmWithin, DespiteAcl, DrainOption, MaxFailures, OverwriteDrift, TakeOver, Yes
from sonicfab.cli.push_run import carry_out, end_left
from sonicfab.cli.report import Html
from sonicfab.errors import ExitCode

To = Annotated[
    str,
    typer.Option(
        "--to",
        help="Back to before this push. Without it: before the last one.",
        metavar="ID",
        autocompletion=complete.push_id,
    ),
]


def rollback(
    inventory: Inventory,
    topology: Topology,
    to: To = "",
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")] = False,
    yes: Yes = False,
    batch: Batch = None,
    max_failures: MaxFailures = 0,
    drain: DrainOption = False,
    overwrite_drift: OverwriteDrift = False,
    despite_acl: DespiteAcl = False,
    take_over: TakeOver = [],  # noqa: B006
    confirm_within: ConfirmWithin = 300,
    output: Output = Path("build"),
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    html: Html = None,
    scheduler: Scheduler = "",
    send_secret: SendSecret = [],  # noqa: B006
    verbose: Verbose = 0,
) -> None:
    """Put back what the switches had before a push, as carefully as a push.

    A push that was killed is undone first where it is still under way. The switches that it, or a later push, has
    changed then get the files that the journal kept of them: compared, shown, asked for, guarded and proven.

    Example: sonicfab rollback -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.operations.rollback import plan_rollback, undone
    from sonicfab.push.guarded import Limits
    from sonicfab.push.refusals import Insisted
    from sonicfab.push.run import PushOptions
    from sonicfab.report import console
    from sonicfab.report.progress import ProgressBar

    console.log_to_stderr(verbose)
    site = open_site(inventory, topology, lab=lab, lab_name=lab_name, limit=limit, written=[("--html", html)])
    site = site.for_push(numbers=False).worked_by(scheduler, send_secret)
    limits, insisted = Limits(confirm_within=confirm_within), Insisted(overwrite_drift, despite_acl)
    options = PushOptions("", batch, None, max_failures, drain, insisted=insisted, limits=limits)
    push = undone(site, output, to)
    if not to and push.journal.push_id != push.last.push_id:
        told = f"push {push.last.push_id} has changed nothing here"
        console.note(f"{told}: this is back to before push {push.journal.push_id}")
    left = push.left(site)
    if left and not dry_run:
        end_left(site, {}, options, push.journal, left)
    with ProgressBar("comparing") as progress:
        planned = plan_rollback(site, push, options, output=output, take_over=take_over, progress=progress)
    if planned is None:
        console.say(f"{site.name}: push {push.journal.push_id} has changed nothing that could be put back")
        raise typer.Exit(ExitCode.OK)
    raise typer.Exit(carry_out(planned, output, format, dry_run=dry_run, yes=yes, everything=verbose > 0, html=html))
