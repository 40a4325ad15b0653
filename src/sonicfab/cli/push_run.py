"""What `push`, `plan` and `rollback` share: look, show, ask, do, tell."""

from __future__ import annotations

import getpass
import os
import shlex
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sonicfab.cli.options import Format
from sonicfab.errors import ChangesPendingError, ExitCode, InputError

if TYPE_CHECKING:
    from sonicfab.access import Access
    from sonicfab.plan.types import FabricPlan, SwitchPlan
    from sonicfab.push.comparison import Target
    from sonicfab.push.guarded import Ending
    from sonicfab.push.journal import Journal
    from sonicfab.push.refusals import Look
    from sonicfab.push.resume import Left
    from sonicfab.push.run import Decision, Options
    from sonicfab.report.push import SwitchPush
    from sonicfab.runner import Outcome


@dataclass(frozen=True)
class Job:
    """Bring the switches that have targets to them.

    Attributes:
        kind: `push` or `rollback`.
        build: the folder below which the journal is kept.
    """

    access: Access
    plan: FabricPlan
    targets: Mapping[str, Target]
    options: Options
    build: Path
    kind: str
    dry_run: bool
    yes: bool
    format: Format
    everything: bool


def run_job(job: Job) -> ExitCode:
    """All of it; the exit code says how it ended.

    Raises:
        InputError: a way was asked for that does not lead there, or nobody can be asked.
        ChangesPendingError: the user said no.
    """
    from sonicfab.push.run import decide
    from sonicfab.report import console
    from sonicfab.report.push import json_push, show_deadlines, show_decision, show_push

    switches = [job.plan.switches[name] for name in job.targets]
    outcomes = look_with_progress(job.access, switches, job.targets)
    looks = {name: outcome.value for name, outcome in outcomes.items() if outcome.value is not None}
    decision = decide(job.plan, job.targets, looks, job.options)
    if job.format is Format.TABLE:
        intended = {name: (one.found.target or job.targets[name]).config_db for name, one in looks.items()}
        roles = {name: switch.role for name, switch in job.plan.switches.items()}
        show_decision(looks, decision, intended, roles, everything=job.everything)
        show_deadlines(decision, job.options.limits)
    endings: Mapping[str, SwitchPush] = {}
    complete = len(looks) == len(switches) and not decision.refused
    if decision.todo and complete and not job.dry_run:
        _ask(decision, yes=job.yes)
        endings = _do(job, looks, decision)
    pushes = [
        endings.get(switch.name) or _untouched(switch.name, outcomes[switch.name], decision, touched=bool(endings))
        for switch in switches
    ]
    (json_push if job.format is Format.JSON else show_push)(job.plan.name, pushes)
    if not complete:
        console.note("nothing was changed on any switch, because of those above; --limit leaves some out")
    return _exit_code(pushes, outcomes)


def look_with_progress(
    access: Access, switches: Sequence[SwitchPlan], targets: Mapping[str, Target]
) -> dict[str, Outcome[Look]]:
    """Compare the switches with their targets, telling how far it is; nothing is changed."""
    from sonicfab.push.run import look_at_all
    from sonicfab.report.progress import Progress

    with Progress("comparing", len(switches)) as progress:
        return look_at_all(access, switches, targets, progress.tell, progress.finish)


def quiet_of(access: Access) -> int:
    """Seconds without any change after which a switch that goes back will not do so by waiting."""
    from sonicfab.switch import guard

    return guard.LAB_SETTLE if access.lab else guard.SETTLE


def resume_last(
    access: Access,
    plan: FabricPlan,
    targets: Mapping[str, Target],
    options: Options,
    build: Path,
    *,
    dry_run: bool = False,
) -> None:
    """End what the last push has left under way: confirmed where it got there with this target, else taken back."""
    from sonicfab.push.journal import find_journal
    from sonicfab.report.console import note

    journal = find_journal(build, plan.name)
    left = [name for name in journal.open_switches if name in plan.switches]
    if not left:
        note(f"push {journal.push_id} has left nothing under way")
        return
    note(f"push {journal.push_id} has left {len(left)} under way: {', '.join(left)}")
    if not dry_run:
        end_all(access, plan, targets, options, journal, left, lambda one: one.go_on())


def end_all(
    access: Access,
    plan: FabricPlan,
    targets: Mapping[str, Target],
    options: Options,
    journal: Journal,
    names: Sequence[str],
    how: Callable[[Left], Mapping[str, Ending]],
) -> None:
    """End what is under way on some switches, telling how far it is.

    Raises:
        SwitchError: some could not be ended.
    """
    from sonicfab.errors import SwitchError
    from sonicfab.push.resume import Left
    from sonicfab.report.console import note
    from sonicfab.report.progress import Progress

    with journal.open(), Progress("ending", len(names)) as progress:
        endings = how(Left(access, plan, targets, journal, options.limits, progress.tell, progress.finish))
    for name, ending in endings.items():
        if ending.state != "unknown":
            note(f"  {name}: {ending.state} config" + (f": {ending.said}" if ending.said else ""))
    lost = [f"{name}: {ending.said}" for name, ending in endings.items() if ending.state == "unknown"]
    if lost:
        raise SwitchError("; ".join(lost), "their timers put the old config back; run this again then")


def holder() -> str:
    """Who is at it, for others who meet the guard on a switch."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _ask(decision: Decision, *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError("push asks before it changes anything", "where nobody can answer, say --yes")
    count = len(decision.todo)
    if not typer.confirm(f"Change {count} switch{'es' * (count != 1)} as shown?"):
        raise ChangesPendingError("nothing was changed")


def _do(job: Job, looks: Mapping[str, Look], decision: Decision) -> dict[str, SwitchPush]:
    from sonicfab.push.journal import Journal, new_id
    from sonicfab.push.run import FabricPush, meaning
    from sonicfab.report.console import note
    from sonicfab.report.progress import Progress
    from sonicfab.report.push import State, SwitchPush

    journal = Journal(job.build / job.plan.name / "push" / new_id())
    with journal.open(), Progress("pushing", len(decision.todo)) as progress:
        journal.mean(meaning(job.plan.name, job.targets, decision, job.options, job.kind))
        note(f"{job.kind} {journal.push_id}, journal in {journal.folder}")
        push = FabricPush(
            job.access, job.plan, job.targets, looks, decision, job.options, journal, progress.tell, progress.finish
        )
        try:
            push.run()
        except KeyboardInterrupt:
            for name, ending in push.endings.items():
                note(f"  {name}: {ending.state} config")
            left = journal.open_switches
            if left:
                note(
                    f"under way on {', '.join(left)}: unless it is confirmed, each goes back by itself; to end it now:"
                )
                note(f"  {again(job.kind)}")
            raise
    states: dict[str, State] = {"new": "changed", "old": "rolled back", "unknown": "unknown"}
    return {
        name: SwitchPush(
            name,
            "failed" if ending.untouched else states[ending.state],
            decision.ways[name],
            looks[name].found.shown(),
            push.seconds.get(name, 0.0),
            ending.said,
            journal.push_id,
            looks[name].found.theirs,
        )
        for name, ending in push.endings.items()
    }


def again(kind: str) -> str:
    """The command that ends what this one has left under way: a push is resumed, a rollback is itself a way back."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return shlex.join(["sonicfab", *words, *(["--resume"] if kind == "push" else [])])


def _untouched(name: str, looked: Outcome[Look], decision: Decision, *, touched: bool) -> SwitchPush:
    """A switch to which nothing was done."""
    from sonicfab.report.push import SwitchPush

    if looked.error or looked.value is None:
        hint = f"\n  hint: {looked.error.hint}" if looked.error and looked.error.hint else ""
        return SwitchPush(name, "failed", None, (), 0.0, f"{looked.error}{hint}")
    way, changes, theirs = decision.ways[name], looked.value.found.shown(), looked.value.found.theirs
    if name in decision.refused:
        return SwitchPush(name, "refused", way, changes, 0.0, f"{name}: {decision.refused[name]}", theirs=theirs)
    if way.name == "nothing":
        return SwitchPush(name, "unchanged", way, changes, theirs=theirs)
    return SwitchPush(name, "not begun" if touched else "would change", way, changes, theirs=theirs)


def _exit_code(pushes: Sequence[SwitchPush], looked: Mapping[str, Outcome[Look]]) -> ExitCode:
    states = {push.state for push in pushes}
    codes = {outcome.error.exit_code for outcome in looked.values() if outcome.error}
    if codes:
        return max(codes)
    if states & {"unknown", "refused", "failed"}:
        return ExitCode.UNREACHED
    if "rolled back" in states:
        return ExitCode.ROLLED_BACK
    return ExitCode.CHANGES if states & {"would change", "not begun"} else ExitCode.OK
