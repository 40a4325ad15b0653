"""A plan that was shown and kept: what `push --plan` does, and nothing else. A file of prints, without any secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from sonicfab import __version__
from sonicfab.datafiles import STRICT, as_facts, as_plain
from sonicfab.errors import InputError, SwitchError
from sonicfab.hints import first_of
from sonicfab.output import OutputFile, write_file
from sonicfab.push.batches import Batch
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.prints import Prints, differences, hashed, prints_of, told
from sonicfab.push.refusals import Insisted, Observation
from sonicfab.push.run import Decision, PushOptions
from sonicfab.push.ways import Way
from sonicfab.switch.state.config import config_db as read_config_db
from sonicfab.textfile import read_json

FORMAT_VERSION = 1
KIND = "plan of a push"
_AGAIN = "`sonicfab plan -o FILE` makes a new one, to be looked at and approved again"


@dataclass(frozen=True)
class ApprovedOptions:
    """The options that decide what is done; see `PushOptions`."""

    __pydantic_config__: ClassVar = STRICT

    way: str = ""
    batch: int | None = None
    canary: bool | None = None
    drain: bool = False
    overwrite_drift: bool = False
    despite_acl: bool = False
    reset_sessions: bool = False

    @classmethod
    def of(cls, options: PushOptions) -> ApprovedOptions:
        """Those of a push."""
        return cls(
            options.way,
            options.batch,
            options.canary,
            options.drain,
            options.insisted.overwrite_drift,
            options.insisted.despite_acl,
            options.reset_sessions,
        )

    def over(self, other: PushOptions) -> PushOptions:
        """These, and of others how long may be waited, and how many may fail."""
        return replace(
            other,
            way=self.way,
            batch=self.batch,
            canary=self.canary,
            drain=self.drain,
            insisted=Insisted(self.overwrite_drift, self.despite_acl),
            reset_sessions=self.reset_sessions,
        )


@dataclass(frozen=True)
class ApprovedSwitch:
    """What was shown of one switch.

    Attributes:
        rendered: what it is to run.
        running, stored: what it ran and stored then.
        idle: no session was up on it.
        changes: as they were shown, secrets masked.
    """

    __pydantic_config__: ClassVar = STRICT

    rendered: Prints
    running: Prints
    stored: Prints
    record: str
    idle: bool
    take_over: bool
    way: str
    why: str
    interrupts: tuple[str, ...]
    resets: tuple[str, ...]
    later: tuple[str, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True)
class ApprovedStep:
    """Switches that change together; see `Batch`."""

    __pydantic_config__: ClassVar = STRICT

    switches: tuple[str, ...]
    why: str
    cut_off: tuple[str, ...]


@dataclass(frozen=True)
class Approved:
    """The whole plan.

    Attributes:
        sonicfab: the version that made it; another one may render and choose otherwise.
        made, by: when, and who.
        lab: of the switches of a lab.
        salt: of the prints.
        inputs: what is read beside the switches -> its hash: files, templates, facts of builds and models.
        ignore: codes of findings that were left out.
    """

    __pydantic_config__: ClassVar = STRICT

    format_version: int
    kind: str
    sonicfab: str
    fabric: str
    made: str
    by: str
    lab: bool
    salt: str
    inputs: Mapping[str, str]
    options: ApprovedOptions
    ignore: tuple[str, ...]
    steps: tuple[ApprovedStep, ...]
    switches: Mapping[str, ApprovedSwitch]

    @property
    def named(self) -> dict[str, str]:
        """What names it in the journal of a push: the hash that its file has, who made it, and when."""
        return {"sha256": checksum(as_plain(Approved, self)), "made": self.made, "by": self.by}

    def dumps(self) -> str:
        """As a file, with its hash at the end: whoever changes it by accident is told."""
        plain = as_plain(Approved, self)
        return json.dumps({**plain, "sha256": checksum(plain)}, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Keep it.

        Raises:
            OutputError: it cannot be written; what was there before is untouched.
        """
        write_file(path, OutputFile(self.dumps()))

    @property
    def take_over(self) -> list[str]:
        """The switches on which nothing is another's."""
        return [name for name, one in self.switches.items() if one.take_over]


def read_approved(path: Path) -> Approved:
    """The plan in a file.

    Raises:
        InputError: it cannot be read, is none, is damaged, or another version of sonicfab has made it.
    """
    data = read_json(path, _AGAIN)
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InputError(f"{path} is not what `sonicfab plan -o FILE` writes", _AGAIN)
    if data.get("format_version") != FORMAT_VERSION:
        version = data.get("format_version")
        raise InputError(f"{path} has format_version {version!r}, and this sonicfab reads {FORMAT_VERSION}", _AGAIN)
    if data.get("sonicfab") != __version__:
        made = f"sonicfab {data.get('sonicfab')} has made {path}, and this is {__version__}"
        raise InputError(f"{made}: it may render otherwise", _AGAIN)
    if data.pop("sha256", "") != checksum(data):
        raise InputError(f"{path} is damaged, or was changed after it was made", _AGAIN)
    try:
        return as_facts(Approved, data)
    except ValueError as err:  # pydantic's
        raise InputError(f"{path} is damaged: it has not the shape of a plan", _AGAIN) from err


def approved_switch(target: Target, seen: Observation, way: Way, salt: str) -> ApprovedSwitch:
    """What is kept of a switch that was looked at."""
    found, meant = seen.found, target.meant or target
    return ApprovedSwitch(
        rendered=rendered_prints(target, salt),
        running=prints_of(found.running, found.running_frr, salt),
        stored=_stored(found, salt),
        record=hashed(found.record_text),
        idle=not found.established,
        take_over=meant.take_over,
        way=way.name,
        why=way.why,
        interrupts=way.interrupts,
        resets=way.resets,
        later=way.later,
        changes=found.shown(),
    )


def approved_step(batch: Batch) -> ApprovedStep:
    """What is kept of a step."""
    return ApprovedStep(batch.switches, batch.why, batch.cut_off)


def rendered_prints(target: Target, salt: str) -> Prints:
    """Of what is meant for a switch, whatever is another's on it."""
    meant = target.meant or target
    return prints_of(meant.config_db, meant.frr or "", salt)


def _stored(found: Comparison, salt: str) -> Prints:
    try:
        stored = read_config_db(found.stored_config_db) if found.stored_config_db else {}
    except SwitchError:  # a file that cannot be read is as it was, or not
        stored = {"": {"": {"": hashed(found.stored_config_db)}}}
    return prints_of(stored, found.stored_frr, salt)


def what_changed(before: ApprovedSwitch, target: Target, seen: Observation, way: Way, salt: str) -> str:
    """Why a switch is not as it was when the plan was made; "" when it is, or runs already what was approved."""
    found = seen.found
    if found.equal:
        return ""
    now = approved_switch(target, seen, way, salt)
    return ". ".join(_changes(before, now))


def _changes(before: ApprovedSwitch, now: ApprovedSwitch) -> Iterator[str]:
    running, stored = differences(before.running, now.running), differences(before.stored, now.stored)
    if running:
        yield f"since the plan was made, what runs has changed: {told(running)}"
    if stored and stored != running:
        yield f"since the plan was made, what is stored has changed: {told(stored)}"
    if running or stored:
        return
    if before.record != now.record:
        yield "since the plan was made, the record of what is ours has changed: somebody has pushed"
    if before.idle and not now.idle:
        yield "when the plan was made no session was up on it, and now it carries traffic"
    if before.way != now.way:
        yield f"the plan says {before.way}, and the way is {now.way} now" + (f": {now.why}" if now.why else "")
    elif more := [line for line in now.interrupts if line not in before.interrupts]:
        yield f"it would interrupt what the plan does not say: {first_of(more, 3, '; ')}"


def steps_of(approved: Approved, decision: Decision) -> Decision:
    """The steps that were approved, of the switches that are still to change."""
    todo = set(decision.todo)
    steps = [
        Batch(tuple(one for one in step.switches if one in todo), step.why, step.cut_off) for step in approved.steps
    ]
    return replace(decision, batches=tuple(step for step in steps if step.switches))


def checksum(data: Mapping[str, object]) -> str:
    """The hash of a plan, as its file has it: against damage; what counts is made and compared anew in any case."""
    return hashed(json.dumps(data, sort_keys=True, separators=(",", ":")))
