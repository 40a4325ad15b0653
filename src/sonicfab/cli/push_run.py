"""What `push`, `plan` and `rollback` share: show what would be done, ask, do it, tell."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from sonicfab.cli.options import Format
from sonicfab.cli.report import write_page
from sonicfab.errors import ChangesPendingError, ExitCode, InputError

if TYPE_CHECKING:
    from sonicfab.operations.push import Planned
    from sonicfab.operations.site import OpenSite
    from sonicfab.push.comparison import Target
    from sonicfab.push.guarded import Ending
    from sonicfab.push.journal import Journal
    from sonicfab.push.results import PushResult
    from sonicfab.push.run import PushOptions
    from sonicfab.report.page.contents import Contents


def carry_out(
    planned: Planned,
    output: Path,
    format: Format,  # noqa: A002 - the name of the option
    *,
    dry_run: bool,
    yes: bool,
    everything: bool,
    html: Path | None = None,
) -> ExitCode:
    """Show what was decided, ask, do it, and tell what became of it; the exit code says how it ended.

    Raises:
        InputError: nobody can be asked.
        ChangesPendingError: the user said no.
    """
    if format is Format.TABLE:
        show_planned(planned, everything=everything)
    result = planned.result()
    if planned.todo and not dry_run:
        _ask(len(planned.todo), yes=yes)
        result = apply(planned, output)
    tell_result(planned, result, output, format)
    write_page(html, lambda: _contents(planned, result, output))
    return result.exit_code


def _contents(planned: Planned, result: PushResult, output: Path) -> Contents:
    """What a page tells of it."""
    from sonicfab.push.journal import find_journal
    from sonicfab.report.page.contents import Contents

    journal = find_journal(output, planned.site.name, result.push_id) if result.push_id else None
    return Contents(planned.site.fabric.plan, journal=journal, result=result)


def show_planned(planned: Planned, *, everything: bool = False) -> None:
    """Every change, its way and what it interrupts, and the steps."""
    from sonicfab.report.push import show_deadlines, show_decision

    roles = {name: switch.role for name, switch in planned.site.fabric.plan.switches.items()}
    show_decision(planned.looks, planned.decision, planned.intended, roles, everything=everything)
    show_deadlines(planned.decision, planned.options.limits)


def tell_result(planned: Planned, result: PushResult, output: Path, format: Format = Format.TABLE) -> None:  # noqa: A002
    """What became of each switch, and why of none."""
    from sonicfab.report.console import note
    from sonicfab.report.push import json_push, show_push

    (json_push if format is Format.JSON else show_push)(result)
    if result.refused:
        _tell_own(planned, output)
        note("nothing was changed on any switch, because of those above; --limit leaves some out")


def end_left(
    site: OpenSite, targets: Mapping[str, Target], options: PushOptions, journal: Journal, back: list[str] | None = None
) -> None:
    """End what a push has left under way, telling how far it is; those of `back` go back whatever they run.

    Raises:
        NotEndedError: some could not be ended.
    """
    from sonicfab.operations.push import NotEndedError, end_all
    from sonicfab.report.progress import ProgressBar

    try:
        with ProgressBar("ending") as progress:
            _tell(end_all(site, targets, options, journal, progress, back or ()))
    except NotEndedError as err:
        _tell(err.endings)
        raise


def _tell(endings: Mapping[str, Ending]) -> None:
    from sonicfab.report.console import note

    for name, ending in endings.items():
        if ending.state != "unknown":
            note(f"  {name}: {ending.state} config" + (f": {ending.said}" if ending.said else ""))


def _tell_own(planned: Planned, output: Path) -> None:
    """Of a push that is under way and has its journal here, how to end it."""
    from sonicfab.report.console import note

    journals = output / planned.site.name / "push"
    for push_id in sorted({one.guarded.push_id for one in planned.looks.values()} - {""}):
        if (journals / push_id).is_dir():
            note(f"push {push_id} was begun here; to end it now:\n  {again(planned.kind)}")


def _ask(count: int, *, yes: bool) -> None:
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError("push asks before it changes anything", "where nobody can answer, say --yes")
    if not typer.confirm(f"Change {count} switch{'es' * (count != 1)} as shown?"):
        raise ChangesPendingError("nothing was changed")


def apply(planned: Planned, output: Path, words: Sequence[str] = ()) -> PushResult:
    """Do it, telling how far it is; `words` are those of the command that does it, where it is not this one.

    Raises:
        OutputError, InterruptedPushError: as they are told.
    """
    from sonicfab.operations.push import InterruptedPushError
    from sonicfab.report.console import note
    from sonicfab.report.progress import ProgressBar

    with ProgressBar("pushing") as progress:

        def began(journal: Journal) -> None:
            progress.note(f"{planned.kind} {journal.push_id}, journal in {journal.folder}")

        try:
            return planned.apply(output, progress, began)
        except InterruptedPushError as err:
            _tell(err.endings)
            if err.left:
                told = f"under way on {', '.join(err.left)}: unless it is confirmed, each goes back by itself"
                note(f"{told}; to end it now:\n  {again(planned.kind, words)}")
            raise


def again(kind: str, given: Sequence[str] = ()) -> str:
    """The command that ends what this one has left under way: a push is resumed, a rollback is itself a way back."""
    words = [word for word in given or sys.argv[1:] if word not in ("--resume", "--dry-run")]
    command = next((index for index, word in enumerate(words) if word in ("push", "plan", "rollback")), 0)
    words[command : command + 1] = [kind]
    return shlex.join(["sonicfab", *words, *(["--resume"] if kind == "push" else [])])
