"""What a check is."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sonicfab.access import Feature
from sonicfab.switch.ask import Answers, Question, UnansweredError
from sonicfab.switch.state.bgp import BgpPeer
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult, Problem, Status

About = TypeVar("About")


@dataclass(frozen=True, slots=True)
class Wanted(Generic[About]):
    """One expectation of a switch.

    Attributes:
        about: what the check that has made it knows of it.
        subject, family, far: see CheckResult.
        text: what is expected, in words.
    """

    about: About
    subject: str
    text: str
    family: str = ""
    far: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of it: as expected without a `problem`, unless it is `skipped` and the text says why."""

    text: str
    problem: Problem = Problem.NONE
    peer: BgpPeer | None = None
    skipped: bool = False

    @property
    def status(self) -> Status:
        """The status of the result."""
        return "failed" if self.problem else "skipped" if self.skipped else "ok"


Other = tuple[Wanted[None], Seen]
"""What is there and was not planned: an expectation that it be not, and what is seen."""


class Check(ABC, Generic[About]):
    """A kind of expectations: a class in a module of `checks`, by whose name it is called; that is all there is to it.

    Its docstring is what docs/verify.md says of it. A check has no state: what it sees comes from answers alone.

    Attributes:
        name: as in `--check`.
        what: the expectations in the plural, for the counts.
        counted: one and several of the subjects that fail.
        order: its place among the checks when they are told of.
        severity: of a failure that nothing explains (`diagnose.base.SEVERITY`).
        shows: a command that shows on the switch what this check asks.
        mend: what shows on the switch more of a failure that nothing explains; "" where a push is what mends it.
        last: it is asked once everything else is as expected, or when the time is up.
        needs_configs: it looks at what `render` makes.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    counted: ClassVar[tuple[str, str]]
    order: ClassVar[int] = 100
    severity: ClassVar[str] = "routes"
    shows: ClassVar[str] = "uptime"
    mend: ClassVar[str] = ""
    last: ClassVar[bool] = False
    needs_configs: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """It is called as its module is."""
        cls.name = cls.__module__.rpartition(".")[2]

    @abstractmethod
    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """What is asked of a switch for it."""

    @abstractmethod
    def wanted(self, expected: Expectations) -> Iterator[Wanted[About]]:
        """What is expected of a switch."""

    @abstractmethod
    def judge(self, expected: Expectations, one: Wanted[About], answers: Answers) -> Seen:
        """What was seen of one expectation; pure.

        Raises:
            UnansweredError: the switch did not answer what it takes to tell.
        """

    def then(self, expected: Expectations, answers: Answers) -> Iterable[Question[Any]]:
        """What is asked besides, once there are answers to the first questions."""
        return ()

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """What is there and nobody planned, as an expectation that it be not; may raise UnansweredError."""
        return iter(())

    def unanswered(self, expected: Expectations, why: str) -> Seen:
        """What it means for an expectation that there is no answer."""
        return Seen(why, Problem.UNANSWERED)

    def more(self, one: CheckResult) -> str:
        """What shows on the switch more of a failure that nothing explains."""
        return self.mend

    def results(self, expected: Expectations, answers: Answers) -> list[CheckResult]:
        """What became of all expectations."""
        found: list[CheckResult] = []
        for one in self.wanted(expected):
            try:
                seen = self.judge(expected, one, answers)
            except UnansweredError as err:
                seen = self.unanswered(expected, str(err))
            found.append(self._result(expected, one, seen))
        with contextlib.suppress(UnansweredError):  # what is expected says so
            found += [self._result(expected, one, seen) for one, seen in self.others(expected, answers)]
        return found

    def unasked(self, expected: Expectations, why: str) -> list[CheckResult]:
        """What is known of all expectations when there is no answer at all."""
        return [self._result(expected, one, self.unanswered(expected, why)) for one in self.wanted(expected)]

    def _result(self, expected: Expectations, one: Wanted[Any], seen: Seen) -> CheckResult:
        return CheckResult(
            switch=expected.plan.name,
            check=self.name,
            subject=one.subject,
            family=one.family,
            far=one.far,
            status=seen.status,
            expected=one.text,
            seen=seen.text,
            peer=seen.peer,
            problem=seen.problem,
        )


def container_missing(expected: Expectations, why: str) -> bool:
    """Whether a lab has not got the container or program that was asked: it is not a fault of its switch."""
    said = ("is not running", "not found", "failed to run command")  # docker; a shell; timeout of coreutils
    return Feature.CONTAINERS not in expected.provides and any(words in why for words in said)
