"""Configs onto the switches of a site: what would change, and doing it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sonicfab.configdb import ConfigDb
from sonicfab.errors import Diagnostic, InputError, SwitchError
from sonicfab.fabric import refuse_masked
from sonicfab.hints import did_you_mean
from sonicfab.load import diagnose
from sonicfab.operations.idle import idle_words
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.operations.standing import Judged
from sonicfab.operations.validate import known_codes
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.guarded import Ending
from sonicfab.push.journal import Journal, find_journal, new_id
from sonicfab.push.refusals import Observation
from sonicfab.push.results import PushResult, State, SwitchPush
from sonicfab.push.resume import Left
from sonicfab.push.run import Decision, FabricPush, PushOptions, decide, look_at_all, manifest
from sonicfab.push.single import holder
from sonicfab.push.ways import FORCED
from sonicfab.runner import Outcome
from sonicfab.validate.findings import errors
from sonicfab.validate.run import Validation
from sonicfab.validate.subjects import of_fabric

_STATES: Mapping[str, State] = {"new": "changed", "old": "rolled back", "unknown": "unknown"}


class InvalidConfigsError(InputError):
    """The rendered configs are such that the switches' images would refuse them; `validation` says which, and why."""

    def __init__(self, validation: Validation, undone: str = "compared or changed") -> None:
        super().__init__(f"the rendered configs are not valid: nothing was {undone}", "see the findings above")
        self.validation = validation


class InterruptedPushError(KeyboardInterrupt):
    """The user has had enough; `endings` are of the switches that have ended, `left` may still be under way."""

    def __init__(self, endings: Mapping[str, Ending], left: Collection[str]) -> None:
        super().__init__()
        self.endings, self.left = endings, left


class NotEndedError(SwitchError):
    """Some switches on which a push was under way could not be ended; `endings` are of all of them."""

    def __init__(self, endings: Mapping[str, Ending]) -> None:
        lost = [f"{name}: {one.said}" for name, one in endings.items() if one.state == "unknown"]
        super().__init__("; ".join(lost), "their timers put the old config back; run this again then")
        self.endings = endings


@dataclass(frozen=True)
class Planned:
    """What a push or a rollback would do, complete before it does anything; `apply` does it.

    Attributes:
        kind: `push` or `rollback`.
        targets: what the switches are to run.
        outcomes: of looking at them.
        warnings: how many things validation has to say that are no errors.
        standing: how many errors it finds that the switches run with already.
        resumes: the push that was killed and of which this is the rest: a rollback takes both back.
        approved: names the plan that was kept and is done now, for the journal.
    """

    site: OpenSite
    kind: Literal["push", "rollback"]
    targets: Mapping[str, Target] = field(repr=False)
    options: PushOptions
    outcomes: Mapping[str, Outcome[Observation]] = field(repr=False)
    decision: Decision = field(repr=False)
    warnings: int = 0
    standing: int = 0
    resumes: str = ""
    approved: Mapping[str, str] | None = None

    @property
    def looks(self) -> dict[str, Observation]:
        """The switches that could be looked at."""
        return {name: outcome.value for name, outcome in self.outcomes.items() if outcome.value is not None}

    @property
    def refused(self) -> bool:
        """True when nothing may be done to any switch, because of those that could not be asked or are refused."""
        return len(self.looks) < len(self.outcomes) or bool(self.decision.refused)

    @property
    def todo(self) -> list[str]:
        """The switches that would change, in their order."""
        return [] if self.refused else self.decision.todo

    @property
    def idle(self) -> list[Diagnostic]:
        """Words of `leave` in the topology that leave nothing, neither of the plan nor of what the switches have."""
        files, found = self.site.files, {name: look.found for name, look in self.looks.items()}
        return diagnose(idle_words(files.topology.value, self.site.fabric.plan, found), files.documents)

    @property
    def intended(self) -> dict[str, ConfigDb]:
        """Switch -> the config_db that it is to run, with what is another's there."""
        return {name: (look.found.target or self.targets[name]).config_db for name, look in self.looks.items()}

    def result(self, done: Mapping[str, SwitchPush] | None = None) -> PushResult:
        """What became of all; without `done`, as nothing was begun."""
        done = done or {}
        switches = [done.get(name) or self._untouched(name, touched=bool(done)) for name in self.outcomes]
        return PushResult(self.site.name, tuple(switches), self.refused)

    def apply(
        self,
        output: str | Path = "build",
        progress: Progress = QUIET,
        began: Callable[[Journal], None] = lambda _journal: None,
    ) -> PushResult:
        """Do it, step by step, each switch under its guard; `began` is told the journal, which is below `output`.

        Raises:
            OutputError: the journal cannot be written; what was under way went back.
            InterruptedPushError: the user has had enough; what was under way went back.
        """
        if not self.todo:
            return self.result()
        fabric = self.site.fabric.plan
        journal = Journal(Path(output) / fabric.name / "push" / new_id())
        progress.expect(len(self.todo))
        with journal.open():
            journal.write_manifest(
                manifest(fabric.name, self.targets, self.decision, self.options, self.kind, self.resumes, self.approved)
            )
            began(journal)
            push = FabricPush(
                self.site.access,
                fabric,
                self.targets,
                self.looks,
                self.decision,
                self.options,
                journal,
                progress.tell,
                progress.finish,
                rollback=self.kind == "rollback",
            )
            try:
                push.run()
            except KeyboardInterrupt as err:
                raise InterruptedPushError(push.endings, journal.open_switches) from err
        return self.result(self._ended(push, journal))

    def _ended(self, push: FabricPush, journal: Journal) -> dict[str, SwitchPush]:
        looks = self.looks
        return {
            name: SwitchPush(
                name,
                "failed" if ending.untouched else _state(ending, looks[name].found),
                self.decision.ways[name],
                looks[name].found.shown(),
                push.seconds.get(name, 0.0),
                ending.said,
                journal.push_id,
                looks[name].found.theirs,
                looks[name].found.blocked,
                differences=looks[name].found.differences,
            )
            for name, ending in push.endings.items()
        }

    def _untouched(self, name: str, *, touched: bool) -> SwitchPush:
        """A switch to which nothing was done."""
        looked = self.outcomes[name]
        if looked.error or looked.value is None:
            hint = f"\n  hint: {looked.error.hint}" if looked.error and looked.error.hint else ""
            code = looked.error.exit_code if looked.error else SwitchError.exit_code
            return SwitchPush(name, "failed", None, (), error=f"{looked.error}{hint}", unasked=code)
        found, way = looked.value.found, self.decision.ways[name]
        why = ""
        state: State = "not begun" if touched else "would change"
        if name in self.decision.refused:
            why, state = f"{name}: {self.decision.refused[name]}", "refused"
        elif way.name == "nothing" or found.only_noted:
            state = "unchanged"
        return SwitchPush(
            name,
            state,
            way,
            found.shown(),
            error=why,
            theirs=found.theirs,
            blocked=found.blocked,
            differences=found.differences,
        )


def _state(ending: Ending, found: Comparison) -> State:
    """What a switch has become; to take note of what is ours is no change of it."""
    return "unchanged" if ending.state == "new" and found.only_noted else _STATES[ending.state]


@dataclass(frozen=True)
class Intent:
    """What the switches are to run.

    Attributes:
        warnings: how many things validation has to say that are no errors.
        wrong: what was judged, where there are errors that the switches may run with already.
    """

    targets: Mapping[str, Target] = field(repr=False)
    warnings: int
    wrong: Judged | None = field(default=None, repr=False)


def intend(
    site: OpenSite, options: PushOptions, *, take_over: Collection[str] = (), ignore: Collection[str] = ()
) -> Intent:
    """Render and validate, and look at no switch; what is wrong where others are at home is judged when it is known.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet; there is no such way.
        InvalidConfigsError: the rendered configs are not valid.
    """
    if options.way and options.way not in FORCED:
        hint = did_you_mean(options.way, FORCED) or ", ".join(FORCED)
        raise InputError(f"--way {options.way}: there is no such way", hint)
    site.fabric.require_numbers()
    configs = list(site.configs())
    judged = Judged.of(*of_fabric(site.fabric.plan, configs, site.fabric.topology), known_codes(ignore))
    over, wrong = taken_over(site, take_over), errors(judged.validation.findings)
    switches = site.fabric.plan.switches
    if any(one.switch in over or switches[one.switch].ownership == "everything" for one in wrong):
        raise InvalidConfigsError(judged.validation)
    if not site.in_lab:
        refuse_masked(configs)
    targets = {one.switch: Target.of(one, take_over=one.switch in over) for one in configs}
    return Intent(targets, len(judged.validation.findings) - len(wrong), judged if wrong else None)


def compare(site: OpenSite, intent: Intent, options: PushOptions, progress: Progress = QUIET) -> Planned:
    """Look at the switches, and decide how they get what is intended; nothing is changed.

    Raises:
        InputError: a way that was asked for does not lead there.
        InvalidConfigsError: an error that a switch does not run with already.
    """
    planned = replace(look_and_decide(site, "push", intent.targets, options, progress), warnings=intent.warnings)
    if intent.wrong is None:
        return planned
    validation = intent.wrong.validation
    running = {name: (look.found.running, look.found.running_frr) for name, look in planned.looks.items()}
    after = {name: look.found.after for name, look in planned.looks.items()}
    if brought := intent.wrong.brought(running, after):
        raise InvalidConfigsError(replace(validation, findings=tuple(brought)), "changed")
    return replace(planned, standing=len(errors(validation.findings)))


def plan(
    site: OpenSite,
    options: PushOptions | None = None,
    *,
    take_over: Collection[str] = (),
    ignore: Collection[str] = (),
    progress: Progress = QUIET,
) -> Planned:
    """Compare the switches with what they are to run, and decide; nothing is changed.

    `take_over` names switches on which what another has put into our tables goes, `ignore` codes of findings.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet; a way does not lead there.
        InvalidConfigsError: the rendered configs are not valid.
        LabError: the lab does not run.
    """
    options, intent = _begun(site, options, take_over, ignore)
    return compare(site, intent, options, progress)


def push(
    site: OpenSite,
    options: PushOptions | None = None,
    *,
    take_over: Collection[str] = (),
    ignore: Collection[str] = (),
    output: str | Path = "build",
    progress: Progress = QUIET,
) -> PushResult:
    """Plan and apply: bring the configs onto the switches and prove that they run.

    Raises:
        InputError, InvalidConfigsError, LabError: as `plan`.
        OutputError, InterruptedPushError: as `Planned.apply`.
    """
    return plan(site, options, take_over=take_over, ignore=ignore, progress=progress).apply(output, progress)


def look_and_decide(
    site: OpenSite,
    kind: Literal["push", "rollback"],
    targets: Mapping[str, Target],
    options: PushOptions,
    progress: Progress = QUIET,
) -> Planned:
    """Look at the switches that have targets, and decide how they get there.

    Raises:
        InputError: a way that was asked for does not lead there.
    """
    fabric = site.fabric.plan
    options = _completed(site, options)
    progress.expect(len(targets))
    switches = [fabric.switches[name] for name in targets]
    outcomes = look_at_all(site.access, switches, targets, progress.tell, progress.finish)
    planned = Planned(site, kind, targets, options, outcomes, Decision({}, (), {}))
    return replace(planned, decision=decide(fabric, targets, planned.looks, options))


def left_by(site: OpenSite, output: str | Path = "build") -> Journal:
    """The journal of the last push; its `open_switches` are those on which it may be under way.

    Raises:
        InputError: there was no push.
    """
    return find_journal(Path(output), site.name)


def end_all(
    site: OpenSite,
    targets: Mapping[str, Target],
    options: PushOptions,
    journal: Journal,
    progress: Progress = QUIET,
    back: Collection[str] = (),
) -> dict[str, Ending]:
    """End what that push has left under way; those of `back` go back whatever they run, without any all go on.

    Raises:
        InputError, OutputError: the journal cannot be read or written.
        NotEndedError: some could not be ended.
    """
    progress.expect(len(back or journal.open_switches))
    limits = _completed(site, options).limits
    with journal.open():
        left = Left(site.access, site.fabric.plan, targets, journal, limits, progress.tell, progress.finish)
        endings = left.go_back(back) if back else left.go_on()
    if any(one.state == "unknown" for one in endings.values()):
        raise NotEndedError(endings)
    return endings


def resume(
    site: OpenSite,
    options: PushOptions | None = None,
    *,
    take_over: Collection[str] = (),
    ignore: Collection[str] = (),
    output: str | Path = "build",
    progress: Progress = QUIET,
) -> dict[str, Ending]:
    """End what the last push, that was killed, has left under way: confirm it where it got there, else take it back.

    Raises:
        InputError: with every mistake in the files; there was no push.
        NotEndedError: some switches could not be ended.
    """
    options, intent = _begun(site, options, take_over, ignore)
    journal = left_by(site, output)
    return end_all(site, intent.targets, options, journal, progress) if journal.open_switches else {}


def _begun(
    site: OpenSite, options: PushOptions | None, take_over: Collection[str], ignore: Collection[str]
) -> tuple[PushOptions, Intent]:
    site.for_push()
    options = options or PushOptions()
    return options, intend(site, options, take_over=take_over, ignore=ignore)


def taken_over(site: OpenSite, given: Collection[str]) -> set[str]:
    """The switches that `--take-over` names, several in a word or not; `all` is every one.

    Raises:
        InputError: a word names none.
    """
    switches = site.fabric.plan.switches
    words = {word for one in given for word in one.split(",") if word}
    for word in sorted(words - {"all", *switches}):
        raise InputError(f"--take-over {word}: no such switch in {site.name}", did_you_mean(word, switches))
    return set(switches) if "all" in words else words


def _completed(site: OpenSite, options: PushOptions) -> PushOptions:
    """With who is at it, and how long a switch of this site may be quiet on its way back."""
    limits = replace(options.limits, quiet=site.access.quiet)
    return replace(options, holder=options.holder or holder(), limits=limits)
