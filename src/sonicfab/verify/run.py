"""Ask the switches until everything is as expected, or the time is up; each switch on its own connection."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sonicfab.access import Access
from sonicfab.errors import ExitCode, HostKeyError, InputError, Place, SonicfabError, WrongSwitchError
from sonicfab.plan.types import FabricPlan, LinkPlan, SwitchPlan
from sonicfab.render import SwitchConfig
from sonicfab.runner import run_all
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_FRR, frr_version
from sonicfab.verify.check import Check
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.diagnose.run import diagnose
from sonicfab.verify.expect import Expectations, FabricExpectations
from sonicfab.verify.registry import CHECKS
from sonicfab.verify.results import CheckResult, Problem, Status

ASK_EVERY = 1.0
GRACE = 15.0
"""Seconds: so much later than asked for verify has ended, whatever hangs; the last look is in them."""
_EACH = 15.0
"""Seconds for one answer: `show techsupport` aside nothing of a switch takes longer unless it hangs."""

Progress = Callable[[str, int, int], None]
"""Told (switch, expectations met, expectations) after each round."""


@dataclass(frozen=True)
class Verification:
    """All results, in the order of the switches; `seconds` is how long it took.

    Attributes:
        findings: what is wrong and why, the worst first; each failed result is in one of them.
        checks: the names of those that were done.
        answers: switch -> what it said last.
    """

    fabric: str
    results: tuple[CheckResult, ...]
    seconds: float
    findings: tuple[Diagnosis, ...] = ()
    checks: tuple[str, ...] = ()
    answers: Mapping[str, Answers] = field(default_factory=dict, repr=False)

    def count(self, status: Status) -> int:
        """How many results have that status."""
        return sum(1 for result in self.results if result.status == status)

    @property
    def frr(self) -> dict[str, str]:
        """Switch -> the version of FRR that it runs, as its running config begins; without those that did not say."""
        found = {name: frr_version(answers.find(RUNNING_FRR) or "") for name, answers in self.answers.items()}
        return {name: version for name, version in found.items() if version}

    @property
    def exit_code(self) -> ExitCode:
        """4 when something is not as intended, 3 when something could not be asked or nothing was checked."""
        if self.count("failed"):
            return ExitCode.FAILED
        return ExitCode.OK if self.count("ok") and not self.count("unreached") else ExitCode.UNREACHED


def verify(
    access: Access,
    plan: FabricPlan,
    switches: Iterable[SwitchPlan],
    timeout: float,
    progress: Progress,
    *,
    checks: Sequence[Check[Any]] = CHECKS,
    configs: Mapping[str, SwitchConfig] | None = None,
    no_config: str = "",
    place_of: Callable[[LinkPlan], Place] | None = None,
    push: str = "sonicfab push",
) -> Verification:
    """Check the switches against the plan; what is not as expected is asked again for `timeout` seconds.

    `configs` are what the switches are to run; without them `no_config` says why their configs are not checked.
    `place_of` tells where the topology names a link, `push` how this fabric is pushed, as it is typed here.

    Raises:
        InputError: what a login needs (a key, a secret) is not where the inventory says.
        KeyboardInterrupt: the user has had enough.
    """
    started = time.monotonic()
    fabric = FabricExpectations(
        plan, configs, no_config=no_config, provides=access.provides, place_of=place_of, push=push
    )

    def one(switch: SwitchPlan, stop: threading.Event) -> Asked:
        return _Asking(access, fabric.of(switch), checks, started + timeout, stop, progress).asked()

    asked: list[Asked] = []
    for outcome in run_all(switches, one, workers=access.at_once):
        if outcome.error:
            raise outcome.error
        if outcome.value:
            asked.append(outcome.value)
    results = tuple(result for one_switch in asked for result in one_switch.results)
    findings = diagnose(
        fabric,
        {one_switch.expected.plan.name: one_switch.expected for one_switch in asked},
        {one_switch.expected.plan.name: one_switch.answers for one_switch in asked},
        results,
    )
    return Verification(
        fabric=plan.name,
        results=results,
        seconds=time.monotonic() - started,
        findings=tuple(findings),
        checks=tuple(check.name for check in checks),
        answers={one_switch.expected.plan.name: one_switch.answers for one_switch in asked},
    )


@dataclass(frozen=True)
class Asked:
    """What one switch said last, and what that means."""

    expected: Expectations
    answers: Answers
    results: tuple[CheckResult, ...]


class _Asking:
    """One switch, asked until it is as expected."""

    def __init__(
        self,
        access: Access,
        expected: Expectations,
        checks: Sequence[Check[Any]],
        deadline: float,
        stop: threading.Event,
        progress: Progress,
    ) -> None:
        self._access, self._expected, self._checks = access, expected, checks
        self._deadline, self._stop, self._progress = deadline, stop, progress
        self._answers = Answers({})
        self._results: dict[str, list[CheckResult]] = {}

    def asked(self) -> Asked:
        """What was seen last; of a switch that cannot be reached, one result for all that was expected of it."""
        while True:
            try:
                with contextlib.closing(self._access.open(self._expected.plan, timeout=self._left())) as switch:
                    self._until_good(switch)
                    results = [one for check in self._checks for one in self._results.get(check.name, ())]
                    return Asked(self._expected, self._answers, tuple(results))
            except InputError:
                raise
            except SonicfabError as err:  # another switch, or another host key, will not become the right one
                if isinstance(err, (WrongSwitchError, HostKeyError)) or not self._wait():
                    return Asked(self._expected, Answers({}), (self._unreached(err),))

    def _until_good(self, switch: Switch) -> None:
        while True:
            final = self._deadline <= time.monotonic()
            self._round(switch, final=final)
            counted = [one for results in self._results.values() for one in results if not one.optional]
            wanted = [one for one in counted if one.status != "skipped"]
            met = sum(1 for one in wanted if one.status == "ok")
            self._progress(self._expected.plan.name, met, len(wanted))
            if met == len(wanted) or final or self._stop.is_set():
                return
            self._wait()

    def _round(self, switch: Switch, *, final: bool) -> None:
        """Ask what is not good yet, and everything in the final round, whose answers explain each other."""
        early = [check for check in self._checks if not check.last]
        todo = early if final else [check for check in early if not self._good(check)]
        questions = [one for check in todo for one in check.questions(self._expected)]
        if final:  # what has just kept everything waiting is not asked once more
            questions = [one for one in questions if not self._answers.hangs(one)]
        asked = self._ask(switch, questions)
        for check in early:
            names = {question.name for question in check.questions(self._expected)}
            if check in todo or names & asked:
                self._judge(switch, check)
        for check in self._checks:
            if not check.last:
                continue
            if final or all(map(self._good, early)):
                self._ask(switch, check.questions(self._expected))
                self._judge(switch, check)
            else:
                self._results[check.name] = check.unasked(self._expected, "not asked yet")

    def _ask(self, switch: Switch, questions: Iterable[Question[Any]]) -> set[str]:
        asked = list(questions)
        if asked:
            left = self._left()
            # a few may hang, since several programs ask the same one
            newer = switch.ask(*asked, timeout=left, each=max(1.0, min(_EACH, left / 4)))
            self._answers = self._answers.updated(newer)
        return {question.name for question in asked}

    def _left(self) -> float:
        """Seconds until the end, whatever hangs."""
        return max(2.0, self._deadline + GRACE - time.monotonic())

    def _judge(self, switch: Switch, check: Check[Any]) -> None:
        self._ask(switch, check.then(self._expected, self._answers))
        self._results[check.name] = check.results(self._expected, self._answers)

    def _good(self, check: Check[Any]) -> bool:
        results = self._results.get(check.name)
        return results is not None and all(one.status in ("ok", "skipped") for one in results)

    def _wait(self) -> bool:
        """Wait for the next round; False when the time is up."""
        remaining = self._deadline - time.monotonic()
        return remaining > 0 and not self._stop.wait(min(ASK_EVERY, remaining))

    def _unreached(self, err: SonicfabError) -> CheckResult:
        expected = self._expected
        name = expected.plan.name
        checks = ", ".join(check.name for check in self._checks)
        seen = f"{err} ({err.hint})" if err.hint else str(err)
        return CheckResult(
            switch=name,
            check="login",
            subject=name,
            status="unreached",
            expected=f"answers to {checks}",
            seen=seen,
            problem=Problem.of(err),
        )
