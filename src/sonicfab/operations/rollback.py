"""The switches of a site back to what they had before a push."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sonicfab.configdb import FABRIC_TABLES
from sonicfab.operations.push import Planned, end_all, look_and_decide, taken_over
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.ownership import record
from sonicfab.push.comparison import Target
from sonicfab.push.journal import Journal, find_journal, journals
from sonicfab.push.results import PushResult
from sonicfab.push.run import PushOptions
from sonicfab.switch.state.config import config_db as config_db_of


@dataclass(frozen=True)
class Undone:
    """The push that is undone; `last` is the last one, which need not have changed anything here."""

    journal: Journal
    last: Journal

    def left(self, site: OpenSite) -> list[str]:
        """The switches on which it may still be under way."""
        chosen = {switch.name for switch in site.switches}
        return [name for name in self.journal.open_switches if name in chosen]


def undone(site: OpenSite, output: str | Path = "build", to: str = "") -> Undone:
    """The push `to`; without it, the last that has changed one of the switches, or may be under way on one.

    Raises:
        InputError: there is no such push.
    """
    folder = Path(output)
    if to:
        return Undone(find_journal(folder, site.name, to), find_journal(folder, site.name))
    return last_effective(folder, site.name, {switch.name for switch in site.switches})


def last_effective(output: Path, fabric: str, chosen: Collection[str]) -> Undone:
    """The last push that has changed one of the chosen switches, or may be under way on one; else the last of all.

    Raises:
        InputError: there was no push.
    """
    last = find_journal(output, fabric)
    for one in reversed(journals(output, fabric)):
        confirmed = {name for name, step in one.last_steps().items() if step == "confirmed"}
        if {*chosen} & {*confirmed, *one.open_switches}:
            return Undone(_begun(output, fabric, one), last)
    return Undone(last, last)


def _begun(output: Path, fabric: str, journal: Journal) -> Journal:
    """The push that was killed and of which this one is the rest; itself when it is none."""
    first = journal.manifest().get("resumes")
    return _begun(output, fabric, find_journal(output, fabric, first)) if first else journal


def plan_rollback(
    site: OpenSite,
    push: Undone,
    options: PushOptions | None = None,
    *,
    output: str | Path = "build",
    take_over: Collection[str] = (),
    progress: Progress = QUIET,
) -> Planned | None:
    """Compare the switches with what they had before that push; None when it changed nothing that could be put back.

    Raises:
        InputError: a file that the journal kept was changed.
        LabError: the lab does not run.
    """
    targets = _before(site, push.journal, Path(output), taken_over(site, take_over))
    if not targets:
        return None
    return look_and_decide(site.for_push(numbers=False), "rollback", targets, options or PushOptions(), progress)


def rollback(
    site: OpenSite,
    to: str = "",
    options: PushOptions | None = None,
    *,
    output: str | Path = "build",
    take_over: Collection[str] = (),
    progress: Progress = QUIET,
) -> PushResult:
    """Put back what the switches had before the push `to`, or before the last that changed one, as a push does it.

    Raises:
        InputError: there is no such push, or a file that its journal kept was changed.
        LabError: the lab does not run.
        OutputError: the journal cannot be written; what was under way went back.
    """
    push = undone(site, output, to)
    options = options or PushOptions()
    if left := push.left(site):
        end_all(site, {}, options, push.journal, progress, left)
    planned = plan_rollback(site, push, options, output=output, take_over=take_over, progress=progress)
    return planned.apply(output, progress) if planned else PushResult(site.name, (), refused=False)


def _before(site: OpenSite, journal: Journal, output: Path, over: Collection[str]) -> dict[str, Target]:
    """What each switch had before that push, or before the first later one that has changed it."""
    chosen = {switch.name for switch in site.switches}
    targets: dict[str, Target] = {}
    for one in journals(output, site.name):
        if one.push_id < journal.push_id:
            continue
        for name, step in one.last_steps().items():
            if step == "confirmed" and name in chosen and name not in targets:
                (text, frr), ours = one.kept(name), one.kept_record(name)
                config_db = config_db_of(text)
                owned, kept = FABRIC_TABLES | config_db.keys(), record.read(ours)
                targets[name] = Target(name, config_db, frr, owned, kept, take_over=name in over, back=True)
    return {name: targets[name] for name in site.fabric.plan.switches if name in targets}
