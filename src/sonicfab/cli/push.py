"""`sonicfab push`."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.options import (
    Format,
    Ignore,
    Inventory,
    Lab,
    LabName,
    Limit,
    OutputFormat,
    Templates,
    Topology,
    Verbose,
    access_to,
    as_in_lab,
    ignored,
    own_templates,
)
from sonicfab.errors import ChangesPendingError, ExitCode, InputError

if TYPE_CHECKING:
    from sonicfab.plan.types import FabricPlan, SwitchPlan
    from sonicfab.push.comparison import Comparison
    from sonicfab.push.run import Push
    from sonicfab.render import SwitchConfig
    from sonicfab.report.push import SwitchPush
    from sonicfab.runner import Outcome


def push(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing anything.")] = False,
    timeout: Annotated[
        float, typer.Option(help="Seconds until a switch must run what was pushed.", min=1, metavar="SECONDS")
    ] = 600,
    templates: Templates = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Bring the rendered configs onto the switches and prove that they run.

    Validates first, then compares and shows every change; a switch that runs and stores what is intended is left
    alone. The others are backed up and loaded with `config reload`, which interrupts their traffic. Ends with 5 when
    changes are pending: after --dry-run, or after a no.

    Example: sonicfab push -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab --dry-run
    """
    from sonicfab.fabric import open_fabric, render_fabric, select
    from sonicfab.push.run import Push
    from sonicfab.report import console
    from sonicfab.report.push import json_push, show_changes, show_push

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    console.diagnostics(fabric.warnings)
    fabric.require_numbers()
    switches = select(fabric.plan, limit)
    configs = {config.switch: config for config in render_fabric(fabric, switches, own_templates(templates))}
    _validate(fabric.plan, configs, ignored(ignore))
    as_in_lab(fabric, lab=lab, lab_name=lab_name, push=True)  # refuses labs that nothing can be pushed to
    task = Push(access_to(fabric, lab=lab, lab_name=lab_name), _push_id(), timeout)

    outcomes = look(task, switches, configs)
    found = {name: outcome.value for name, outcome in outcomes.items() if outcome.value is not None}
    if format is Format.TABLE:
        show_changes(found, everything=verbose > 0)
    todo = [switch for switch in switches if switch.name in found and not found[switch.name].equal]
    applied: dict[str, tuple[Outcome[None], float]] = {}
    complete = len(found) == len(switches)
    if todo and complete and not dry_run:
        _ask(len(todo), yes=yes)
        applied = _apply(task, todo, configs, found)
    pushes = [_result(switch.name, outcomes[switch.name], applied.get(switch.name)) for switch in switches]
    (json_push if format is Format.JSON else show_push)(fabric.plan.name, pushes)
    if not complete:
        console.note("nothing was changed, because not every switch could be compared; --limit leaves some out")
    raise typer.Exit(_exit_code(pushes, outcomes, applied))


def _validate(plan: FabricPlan, configs: dict[str, SwitchConfig], ignore: frozenset[str]) -> None:
    """Refuse what the switches' images would, before any of them is asked.

    Raises:
        InputError: there are errors; they have been shown.
    """
    from sonicfab.report import console
    from sonicfab.report.validate import show_findings
    from sonicfab.validate.run import Validator
    from sonicfab.validate.subjects import of_fabric

    subjects, links = of_fabric(plan, configs.values())
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


def look(task: Push, switches: list[SwitchPlan], configs: dict[str, SwitchConfig]) -> dict[str, Outcome[Comparison]]:
    """Compare the switches with their configs, all at once, telling how far it is; nothing is changed."""
    from sonicfab.report.progress import Progress
    from sonicfab.runner import run_all

    with Progress("comparing", len(switches)) as progress:

        def compare(switch: SwitchPlan, _stop: threading.Event) -> Comparison:
            progress.tell(switch.name, "comparing")
            return task.look(switch, configs[switch.name])

        outcomes = run_all(switches, compare, lambda switch, _: progress.finish(switch.name))
    return {switch.name: outcome for switch, outcome in zip(switches, outcomes, strict=True)}


def _ask(count: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("push asks before it changes anything", "where nobody can answer, say --yes")
    question = f"Change {count} switch{'es' * (count != 1)} as shown? This interrupts their traffic."
    if not typer.confirm(question):
        raise ChangesPendingError("nothing was changed")


def _apply(
    task: Push, todo: list[SwitchPlan], configs: dict[str, SwitchConfig], found: dict[str, Comparison]
) -> dict[str, tuple[Outcome[None], float]]:
    from sonicfab.report.progress import Progress
    from sonicfab.runner import run_all

    seconds: dict[str, float] = {}
    with Progress("pushing", len(todo)) as progress:

        def apply(switch: SwitchPlan, stop: threading.Event) -> None:
            name, started = switch.name, time.monotonic()
            try:
                task.apply(switch, configs[name], found[name], stop, lambda step: progress.tell(name, step))
            finally:
                seconds[name] = time.monotonic() - started

        def done(switch: SwitchPlan, outcome: Outcome[None]) -> None:
            progress.tell(switch.name, "failed" if outcome.error else "done")
            progress.finish(switch.name)

        outcomes = run_all(todo, apply, done)
    return {switch.name: (outcome, seconds[switch.name]) for switch, outcome in zip(todo, outcomes, strict=True)}


def _result(name: str, looked: Outcome[Comparison], applied: tuple[Outcome[None], float] | None) -> SwitchPush:
    from sonicfab.report.push import SwitchPush

    changes = looked.value.shown() if looked.value else ()
    error = (applied[0].error if applied else None) or looked.error
    seconds = applied[1] if applied else 0.0
    if error:
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        return SwitchPush(name, "failed", changes, seconds, f"{error}{hint}")
    if applied:
        return SwitchPush(name, "changed", changes, seconds)
    return SwitchPush(name, "would change" if changes else "unchanged", changes, 0.0)


def _exit_code(
    pushes: list[SwitchPush],
    looked: dict[str, Outcome[Comparison]],
    applied: dict[str, tuple[Outcome[None], float]],
) -> ExitCode:
    errors = [outcome.error for outcome in looked.values()] + [outcome.error for outcome, _ in applied.values()]
    codes = {error.exit_code for error in errors if error}
    if codes:  # not running what was pushed is worse than not having been reached
        return ExitCode.FAILED if ExitCode.FAILED in codes else max(codes)
    pending = any(push.state == "would change" for push in pushes)
    return ExitCode.CHANGES if pending else ExitCode.OK


def _push_id() -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
