"""`sonicfab push` and `sonicfab plan`."""

from __future__ import annotations

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
    Templates,
    Topology,
    Verbose,
    access_to,
    as_in_lab,
    own_templates,
)
from sonicfab.cli.push_run import Job, holder, quiet_of, resume_last, run_job
from sonicfab.errors import InputError

if TYPE_CHECKING:
    from sonicfab.access import Access
    from sonicfab.fabric import Fabric
    from sonicfab.plan.types import FabricPlan
    from sonicfab.push.comparison import Target
    from sonicfab.render import SwitchConfig

ConfirmWithin = Annotated[
    float,
    typer.Option(
        "--confirm-within",
        help="A switch whose change is not confirmed goes back by itself, so long after its change was begun; the time "
        "that its way is predicted to take comes on top.",
        min=20,
        max=3600,
        metavar="SECONDS",
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
    typer.Option("--timeout", help="Seconds until a switch must run what was pushed.", min=1, metavar="SECONDS"),
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


def push(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and change nothing; as `sonicfab plan`.")
    ] = False,
    yes: Yes = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="First end what the last push, that was killed, has left under way.")
    ] = False,
    way: Way = "",
    batch: Batch = None,
    canary: Canary = None,
    max_failures: MaxFailures = 0,
    drain: DrainOption = False,
    overwrite_drift: OverwriteDrift = False,
    take_over: TakeOver = [],  # noqa: B006
    reset_sessions: ResetSessions = False,
    confirm_within: ConfirmWithin = 300,
    timeout: Timeout = 600,
    output: Output = Path("build"),
    templates: Templates = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Bring the rendered configs onto the switches, by the least disruptive way, and prove that they run.

    Validates, compares, shows every change, its way and what it interrupts, and asks. Then step by step: a timer on
    the switch will put the old config back unless the change is confirmed, and it is confirmed only when what runs is
    what is intended and no session is lost. Ends with 6 when a switch was rolled back, with 5 when changes are
    pending, with 3 when a switch could not be asked or refused.

    Example: sonicfab push -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.push.guarded import Limits
    from sonicfab.push.run import Options

    forced = _way(way)
    fabric, targets, access = _prepare(
        inventory,
        topology,
        lab=lab,
        lab_name=lab_name,
        limit=limit,
        take_over=take_over,
        templates=templates,
        ignore=ignore,
        verbose=verbose,
    )
    limits = Limits(confirm_within=confirm_within, timeout=timeout, quiet=quiet_of(access))
    options = Options(forced, batch, canary, max_failures, drain, holder(), overwrite_drift, limits, reset_sessions)
    if resume:
        resume_last(access, fabric.plan, targets, options, output, dry_run=dry_run)
    job = Job(access, fabric.plan, targets, options, output, "push", dry_run, yes, format, everything=verbose > 0)
    raise typer.Exit(run_job(job))


def plan(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006
    way: Way = "",
    batch: Batch = None,
    overwrite_drift: OverwriteDrift = False,
    take_over: TakeOver = [],  # noqa: B006
    reset_sessions: ResetSessions = False,
    templates: Templates = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    format: OutputFormat = Format.TABLE,  # noqa: A002
    verbose: Verbose = 0,
) -> None:
    """Show what a push would do: every change, its way, what it interrupts, and the steps. Changes nothing.

    Ends with 5 when something would change, with 0 when nothing would.

    Example: sonicfab plan -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.push.run import Options

    options = Options(_way(way), batch, holder=holder(), overwrite_drift=overwrite_drift, reset_sessions=reset_sessions)
    fabric, targets, access = _prepare(
        inventory,
        topology,
        lab=lab,
        lab_name=lab_name,
        limit=limit,
        take_over=take_over,
        templates=templates,
        ignore=ignore,
        verbose=verbose,
    )
    job = Job(access, fabric.plan, targets, options, Path(), "push", True, False, format, everything=verbose > 0)
    raise typer.Exit(run_job(job))


def _prepare(
    inventory: Path,
    topology: Path,
    *,
    lab: bool,
    lab_name: str,
    limit: list[str],
    take_over: list[str],
    templates: list[Path],
    ignore: list[str],
    verbose: int,
) -> tuple[Fabric, dict[str, Target], Access]:
    """The fabric, what its chosen switches are to run, valid, and how they are reached."""
    from sonicfab.fabric import open_fabric, refuse_masked, render_fabric, select
    from sonicfab.operations.validate import known_codes
    from sonicfab.push.comparison import Target
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    console.diagnostics(fabric.warnings)
    fabric.require_numbers()
    switches = select(fabric.plan, limit)
    configs = list(render_fabric(fabric, switches, own_templates(templates)))
    _validate(fabric.plan, configs, known_codes(ignore))
    if not (lab or lab_name):
        refuse_masked(configs)
    as_in_lab(fabric, lab=lab, lab_name=lab_name, push=True)  # refuses labs that nothing can be pushed to
    over = taken_over(fabric.plan, take_over)
    targets = {one.switch: Target.of(one, take_over=one.switch in over) for one in configs}
    return fabric, targets, access_to(fabric, lab=lab, lab_name=lab_name)


def taken_over(plan: FabricPlan, given: list[str]) -> set[str]:
    """The switches that `--take-over` names.

    Raises:
        InputError: a word names none.
    """
    from sonicfab.hints import did_you_mean

    words = {word for one in given for word in one.split(",") if word}
    for word in words - {"all", *plan.switches}:
        hint = did_you_mean(word, plan.switches)
        raise InputError(f"--take-over {word}: no such switch in {plan.name}", hint)
    return set(plan.switches) if "all" in words else words


def _validate(plan: FabricPlan, configs: list[SwitchConfig], ignore: frozenset[str]) -> None:
    """Refuse what the switches' images would, before any of them is asked.

    Raises:
        InputError: there are errors; they have been shown.
    """
    from sonicfab.report import console
    from sonicfab.report.validate import show_findings
    from sonicfab.validate.run import Validator
    from sonicfab.validate.subjects import of_fabric

    subjects, links = of_fabric(plan, configs)
    # the switches' own FRR reads frr.conf before anything takes effect
    result = Validator(vtysh=False).validate(subjects, links, ignore)
    if not result.ok:
        show_findings(result, console.note)
        raise InputError(
            "the rendered configs are not valid: nothing was compared or changed", "see the findings above"
        )
    if result.findings:
        count = len(result.findings)
        console.note(f"{count} warning{'s' * (count != 1)}: `sonicfab validate` with the same options shows them")


def _way(given: str) -> str:
    from sonicfab.hints import did_you_mean
    from sonicfab.push.ways import FORCED

    if given and given not in FORCED:
        raise InputError(f"--way {given}: there is no such way", did_you_mean(given, FORCED) or ", ".join(FORCED))
    return given
