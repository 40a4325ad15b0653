"""`sonicfab push` and `sonicfab plan`."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import (
    Format,
    Ignore,
    Inventory,
    Lab,
    LabName,
    Limit,
    Output,
    OutputFormat,
    PageFormat,
    PageOutput,
    Scheduler,
    SendSecret,
    Templates,
    Topology,
    Verbose,
    open_site,
    seconds_option,
)
from sonicfab.cli.push_run import carry_out, end_left
from sonicfab.cli.report import Html

if TYPE_CHECKING:
    from sonicfab.operations.push import Planned
    from sonicfab.operations.site import OpenSite
    from sonicfab.push.approved import Approved
    from sonicfab.push.comparison import Target
    from sonicfab.push.run import PushOptions


ConfirmWithin = Annotated[
    float,
    seconds_option(
        "--confirm-within",
        text="A switch whose change is not confirmed goes back by itself, so long after its change was begun; the time "
        "that its way is predicted to take comes on top.",
        least=20,
        most=3600,
    ),
]
Batch = Annotated[
    int | None,
    typer.Option("--batch", help="At most so many switches in one step; the graph may want fewer.", min=1, metavar="N"),
]
MaxFailures = Annotated[
    int, typer.Option("--max-failures", help="Go on while no more switches than this have failed.", min=0, metavar="N")
]
OverwriteDrift = Annotated[
    bool, typer.Option("--overwrite-drift", help="Do away with changes by hand that nobody has saved.")
]
DespiteAcl = Annotated[
    bool,
    typer.Option("--despite-acl", help="Try a control-plane ACL that would shut us out; it goes back where it does."),
]
Canary = Annotated[bool | None, typer.Option("--canary/--no-canary", help="One switch first, alone. Usual from 4 on.")]
TakeOver = Annotated[
    list[str],
    typer.Option(
        "--take-over",
        help="Do away with what another has put into the tables and the frr.conf of this switch; `all` is every one.",
        metavar="SWITCH",
        autocompletion=complete.which_switches,
    ),
]
ResetSessions = Annotated[
    bool,
    typer.Option("--reset-sessions", help="Reset the sessions for which a change counts only from their next start."),
]
DrainOption = Annotated[
    bool, typer.Option("--drain", help="Move traffic away first (BGP graceful shutdown) where it would be interrupted.")
]
Timeout = Annotated[
    float,
    seconds_option("--timeout", text="Seconds until a switch must run what was pushed.", least=1),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.")]
Way = Annotated[
    str,
    typer.Option(
        "--way",
        help="Force a way: frr-delta, patch, patch+frr-delta, restart-bgp or reload. Without it: the least disruptive.",
        metavar="WAY",
        autocompletion=complete.way,
    ),
]


DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and change nothing; as `sonicfab plan`.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="First end what the last push, that was killed, has left under way.")
]


KeepPlan = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Keep the plan in this file, for `push --plan`.", metavar="FILE"),
]
ApprovedPlan = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        help="Do just what this file of `plan -o` says, and nothing when files or switches have changed since.",
        metavar="FILE",
    ),
]


def push(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    plan: ApprovedPlan = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    resume: Resume = False,
    way: Way = "",
    batch: Batch = None,
    canary: Canary = None,
    max_failures: MaxFailures = 0,
    drain: DrainOption = False,
    overwrite_drift: OverwriteDrift = False,
    despite_acl: DespiteAcl = False,
    take_over: TakeOver = [],  # noqa: B006
    reset_sessions: ResetSessions = False,
    confirm_within: ConfirmWithin = 300,
    timeout: Timeout = 600,
    output: Output = Path("build"),
    templates: Templates = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    html: Html = None,
    scheduler: Scheduler = "",
    send_secret: SendSecret = [],  # noqa: B006
    verbose: Verbose = 0,
) -> None:
    """Bring the rendered configs onto the switches, by the least disruptive way, and prove that they run.

    Validates, compares, shows every change, its way and what it interrupts, and asks. Then step by step: a timer on
    the switch will put the old config back unless the change is confirmed, and it is confirmed only when what runs is
    what is intended and no session is lost. With --plan, what was approved is what is applied. Ends with 6 when a
    switch was rolled back, with 5 when changes are pending, with 3 when a switch could not be asked or refused.

    Example: sonicfab push -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.operations.approved import intend_again, look_again, of_approved
    from sonicfab.operations.push import intend
    from sonicfab.push.guarded import Limits
    from sonicfab.push.refusals import Insisted
    from sonicfab.push.run import PushOptions
    from sonicfab.report.progress import ProgressBar

    site = _open(inventory, topology, lab, lab_name, limit, templates, verbose, plan=plan, html=html)
    site = site.worked_by(scheduler, send_secret)
    limits, insisted = Limits(confirm_within=confirm_within, timeout=timeout), Insisted(overwrite_drift, despite_acl)
    options = PushOptions(way, batch, canary, max_failures, drain, "", insisted, limits, reset_sessions)
    approved = _approved(plan, options, take_over, ignore) if plan else None
    if approved:
        site, options = of_approved(site, approved), approved.options.over(options)
    with _told():
        intent = intend_again(site, approved) if approved else intend(site, options, take_over=take_over, ignore=ignore)
    resumed = _resume(site, intent.targets, options, output, dry_run=dry_run) if resume else ""
    with _told(), ProgressBar("comparing") as progress:
        planned = replace(look_again(site, approved, intent, options, progress), resumes=resumed)
    _note_findings(planned)
    raise typer.Exit(carry_out(planned, output, format, dry_run=dry_run, yes=yes, everything=verbose > 0, html=html))


def plan(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006
    way: Way = "",
    batch: Batch = None,
    canary: Canary = None,
    drain: DrainOption = False,
    overwrite_drift: OverwriteDrift = False,
    despite_acl: DespiteAcl = False,
    take_over: TakeOver = [],  # noqa: B006
    reset_sessions: ResetSessions = False,
    templates: Templates = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    output: KeepPlan = None,
    format: PageOutput = PageFormat.TABLE,  # noqa: A002
    scheduler: Scheduler = "",
    send_secret: SendSecret = [],  # noqa: B006
    verbose: Verbose = 0,
) -> None:
    """Show what a push would do: every change, its way, what it interrupts, and the steps. Changes nothing.

    Ends with 5 when something would change, with 0 when nothing would. With -o it is kept: `push --plan FILE` does just
    that, and refuses when anything has changed since.

    Example: sonicfab plan -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.operations.push import plan as decide
    from sonicfab.push.refusals import Insisted
    from sonicfab.push.run import PushOptions
    from sonicfab.report.progress import ProgressBar

    site = _open(inventory, topology, lab, lab_name, limit, templates, verbose, output=output)
    site = site.worked_by(scheduler, send_secret)
    options = PushOptions(
        way, batch, canary, drain=drain, insisted=Insisted(overwrite_drift, despite_acl), reset_sessions=reset_sessions
    )
    with _told(), ProgressBar("comparing") as progress:
        planned = decide(site, options, take_over=take_over, ignore=ignore, progress=progress)
    _note_findings(planned)
    if output:
        _keep(planned, ignore, output)
    if format is PageFormat.MARKDOWN:
        from sonicfab.report.push_markdown import markdown_plan

        markdown_plan(planned)
        raise typer.Exit(planned.result().exit_code)
    raise typer.Exit(carry_out(planned, Path(), Format(format.value), dry_run=True, yes=False, everything=verbose > 0))


def _approved(plan: Path, options: PushOptions, take_over: list[str], ignore: list[str]) -> Approved:
    """The plan in a file, which says by itself what is done.

    Raises:
        InputError: it is none, or options would change what it says.
    """
    from sonicfab.errors import InputError
    from sonicfab.push.approved import ApprovedOptions, read_approved

    if take_over or ignore or ApprovedOptions.of(options) != ApprovedOptions():
        told = "--plan says all that is done: no option beside it changes that"
        raise InputError(told, "--limit, --resume, --max-failures, --confirm-within and --timeout may be given")
    return read_approved(plan)


def _keep(planned: Planned, ignore: list[str], output: Path) -> None:
    """Keep what is shown, where it could be done as it stands."""
    from sonicfab.operations.approved import approve
    from sonicfab.report.console import note

    if planned.refused:
        note(f"{output} was not written: the plan cannot be done as it stands")
        return
    approve(planned, ignore).write(output)
    note(f"kept in {output}: `sonicfab push --plan {shlex.quote(str(output))}` with the same -i and -t does just this")


def _resume(site: OpenSite, targets: Mapping[str, Target], options: PushOptions, output: Path, *, dry_run: bool) -> str:
    """End what the last push has left under way; its id, where it had left something."""
    from sonicfab.operations.push import left_by
    from sonicfab.report.console import note

    journal = left_by(site.for_push(), output)
    left = [name for name in journal.open_switches if name in site.fabric.plan.switches]
    count = f"{len(left)} under way: {', '.join(left)}" if left else "nothing under way"
    note(f"push {journal.push_id} has left {count}")
    if left and not dry_run:
        end_left(site, targets, options, journal)
    return journal.push_id if left else ""


def _open(
    inventory: Path,
    topology: Path,
    lab: bool,
    lab_name: str,
    limit: list[str],
    templates: list[Path],
    verbose: int,
    *,
    plan: Path | None = None,
    html: Path | None = None,
    output: Path | None = None,
) -> OpenSite:
    from sonicfab.report.console import diagnostics, log_to_stderr

    log_to_stderr(verbose)
    site = open_site(
        inventory,
        topology,
        lab=lab,
        lab_name=lab_name,
        limit=limit,
        templates=templates,
        read={"--plan": plan},
        written=[("--html", html), ("--output", output)],
    )
    diagnostics(site.warnings)
    return site


@contextmanager
def _told() -> Iterator[None]:
    """What validation has found is told before the error that ends the command."""
    from sonicfab.operations.push import InvalidConfigsError
    from sonicfab.report.console import note
    from sonicfab.report.validate import show_findings

    try:
        yield
    except InvalidConfigsError as err:
        show_findings(err.validation, note)
        raise


def _note_findings(planned: Planned) -> None:
    """What validation has to say and is no reason to refuse."""
    from sonicfab.report.console import diagnostics, note

    diagnostics(planned.idle)
    shows = "`sonicfab validate` with the same options shows"
    if count := planned.warnings:
        note(f"{count} warning{'s' * (count != 1)}: {shows} them")
    if count := planned.standing:
        what, which = ("1 error is", "it") if count == 1 else (f"{count} errors are", "them")
        note(f"{what} on the switches already and no reason to refuse: {shows} {which}")
