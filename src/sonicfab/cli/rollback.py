"""`sonicfab rollback`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    Topology,
    Verbose,
    access_to,
    as_in_lab,
)
from sonicfab.cli.push import Batch, ConfirmWithin, DrainOption, MaxFailures, OverwriteDrift, TakeOver, Yes, taken_over
from sonicfab.cli.push_run import Job, end_all, holder, quiet_of, run_job
from sonicfab.errors import ExitCode

if TYPE_CHECKING:
    from sonicfab.plan.types import FabricPlan
    from sonicfab.push.comparison import Target
    from sonicfab.push.journal import Journal


def rollback(
    inventory: Inventory,
    topology: Topology,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="Back to before this push. Without it: before the last one.",
            metavar="ID",
            autocompletion=complete.push_id,
        ),
    ] = "",
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")] = False,
    yes: Yes = False,
    batch: Batch = None,
    max_failures: MaxFailures = 0,
    drain: DrainOption = False,
    overwrite_drift: OverwriteDrift = False,
    take_over: TakeOver = [],  # noqa: B006
    confirm_within: ConfirmWithin = 300,
    output: Output = Path("build"),
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Put back what the switches had before a push, as carefully as a push.

    A push that was killed is undone first where it is still under way. The switches that it, or a later push, has
    changed then get the files that the journal kept of them: compared, shown, asked for, guarded and proven.

    Example: sonicfab rollback -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.fabric import open_fabric, select
    from sonicfab.push.guarded import Limits
    from sonicfab.push.journal import find_journal
    from sonicfab.push.run import Options
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    as_in_lab(fabric, lab=lab, lab_name=lab_name, push=True)
    access = access_to(fabric, lab=lab, lab_name=lab_name)
    chosen = {switch.name for switch in select(fabric.plan, limit)}
    limits = Limits(confirm_within=confirm_within, quiet=quiet_of(access))
    options = Options("", batch, None, max_failures, drain, holder(), overwrite_drift, limits)
    journal = find_journal(output, fabric.plan.name, to) if to else last_effective(output, fabric.plan.name, chosen)
    left = [name for name in journal.open_switches if name in chosen]
    if left and not dry_run:
        end_all(access, fabric.plan, {}, options, journal, left, lambda one: one.go_back(left))
    targets = _before(journal, output, fabric.plan, chosen, taken_over(fabric.plan, take_over))
    if not targets:
        console.say(f"{fabric.plan.name}: push {journal.push_id} has changed nothing that could be put back")
        raise typer.Exit(ExitCode.OK)
    job = Job(access, fabric.plan, targets, options, output, "rollback", dry_run, yes, format, everything=verbose > 0)
    raise typer.Exit(run_job(job))


def last_effective(output: Path, fabric: str, chosen: set[str]) -> Journal:
    """The last push that has changed one of these switches, or may be under way on one.

    Raises:
        InputError: there was no push.
    """
    from sonicfab.push.journal import find_journal, journals
    from sonicfab.report.console import note

    last = find_journal(output, fabric)
    for one in reversed(journals(output, fabric)):
        confirmed = {name for name, step in one.last_steps().items() if step == "confirmed"}
        if chosen & {*confirmed, *one.open_switches}:
            if one.push_id != last.push_id:
                note(f"push {last.push_id} has changed nothing here: this is back to before push {one.push_id}")
            return one
    return last


def _before(journal: Journal, output: Path, plan: FabricPlan, chosen: set[str], over: set[str]) -> dict[str, Target]:
    """What each switch had before that push, or before the first later one that has changed it."""
    from sonicfab.configdb import FABRIC_TABLES
    from sonicfab.ownership import record
    from sonicfab.push.comparison import Target
    from sonicfab.push.journal import journals
    from sonicfab.switch import parse

    targets: dict[str, Target] = {}
    for one in journals(output, plan.name):
        if one.push_id < journal.push_id:
            continue
        for name, step in one.last_steps().items():
            if step == "confirmed" and name in chosen and name not in targets:
                (text, frr), ours = one.kept(name), one.kept_record(name)
                config_db = parse.config_db(text)
                owned, kept = FABRIC_TABLES | config_db.keys(), record.read(ours)
                targets[name] = Target(name, config_db, frr, owned, kept, take_over=name in over)
    return {name: targets[name] for name in plan.switches if name in targets}
