"""What the page tells of a push, out of its journal, and of the difference between image builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.compare.builds import FabricDiff
from sonicfab.compare.grouping import who
from sonicfab.push.journal import FINAL, Journal
from sonicfab.push.results import PushResult
from sonicfab.report.diff import blocks, change_text, headline, rendered_title
from sonicfab.report.picture.states import State

_STATES: dict[str, State] = {"confirmed": "ok", "unchanged": "ok", "restored": "failed", "refused": "failed"}


@dataclass(frozen=True)
class SwitchPushed:
    """A switch of a push: each step with its time."""

    name: str
    way: str
    state: State
    last: str
    steps: tuple[tuple[str, str, str], ...]
    """Time, step, and what the journal says of it."""


@dataclass(frozen=True)
class Pushed:
    """A push as its journal has it."""

    push_id: str
    kind: str
    holder: str
    began: str
    ended: str
    batches: tuple[str, ...]
    switches: tuple[SwitchPushed, ...]
    plan: Mapping[str, str]
    """What names the plan that was approved; empty where there was none."""

    @property
    def ok(self) -> bool:
        """True when it ended well on every switch."""
        return all(one.state == "ok" for one in self.switches)


def pushed(journal: Journal) -> Pushed:
    """What its journal says.

    Raises:
        InputError: it cannot be read.
    """
    manifest, steps = journal.manifest(), journal.steps()
    times = [str(one.detail.get("at", "")) for one in steps]
    ways = {name: str(one.get("way", "")) for name, one in manifest["switches"].items()}
    found: list[SwitchPushed] = []
    for name in dict.fromkeys([*ways, *(one.switch for one in steps if one.switch)]):
        own = [one for one in steps if one.switch == name]
        last = own[-1].step if own else "not begun"
        told = tuple((str(one.detail.get("at", "")), one.step, _said(one.detail)) for one in own)
        state = _STATES.get(last, "unreached") if own and last in FINAL else "unreached" if own else "unknown"
        found.append(SwitchPushed(name, ways.get(name, ""), state, last, told))
    batches = tuple(", ".join(map(str, one)) for one in manifest.get("steps", ()))
    began, ended = (times[0], times[-1]) if times else ("", "")
    plan = manifest.get("plan") or {}
    return Pushed(journal.push_id, manifest["kind"], manifest["holder"], began, ended, batches, tuple(found), plan)


def _said(detail: object) -> str:
    """What people read of a step: no hashes, and nothing that only a program needs."""
    told = detail if isinstance(detail, dict) else {}
    return ", ".join(
        f"{key} {value}" for key, value in told.items() if key != "at" and isinstance(value, (str, int, float))
    )


@dataclass(frozen=True)
class SwitchResult:
    """What became of a switch, or would: its changes, and why it is not as intended."""

    name: str
    said: str
    state: State
    way: str
    changes: tuple[str, ...]
    error: str


def result_told(result: PushResult) -> tuple[SwitchResult, ...]:
    """What a push has come to, switch by switch."""
    states: dict[str, State] = {"unchanged": "ok", "changed": "ok", "would change": "unknown", "not begun": "unknown"}
    return tuple(
        SwitchResult(
            one.name,
            one.state,
            states.get(one.state, "failed"),
            one.way.name if one.way and one.way.name != "nothing" else "",
            one.changes,
            one.error,
        )
        for one in result.switches
    )


@dataclass(frozen=True)
class Change:
    """Changes with one reason."""

    lines: tuple[str, ...]
    why: str
    then: str
    source: str


@dataclass(frozen=True)
class StepTold:
    """One step from build to build."""

    title: str
    rendered: str
    differs: bool
    alarms: tuple[str, ...]
    changes: tuple[Change, ...]
    parts: tuple[tuple[str, tuple[tuple[str, str, str, str], ...]], ...]
    """Title, and (severity, title, detail, reason) of each note."""


def steps_told(diff: FabricDiff) -> tuple[StepTold, ...]:
    """All steps of a comparison."""
    found: list[StepTold] = []
    for step in diff.steps:
        changes = tuple(
            Change(
                tuple(change_text(one, who(one.switches, diff.roles) if len(diff.roles) > 1 else "") for one in groups),
                reason.why if reason else "no fact of the build explains it: look into your own templates",
                reason.consequence if reason else "",
                reason.source if reason else "",
            )
            for reason, groups in blocks(step.changed)
        )
        found.append(
            StepTold(
                headline(step, diff.fabric),
                rendered_title(step),
                step.differs,
                tuple(f"{note.title}, {who(note.switches, diff.roles)}: {note.detail}" for note in step.alarms),
                changes,
                tuple(
                    (part.title, tuple((one.severity, one.title, one.detail, one.reason) for one in part.notes))
                    for part in step.parts
                ),
            )
        )
    return tuple(found)
