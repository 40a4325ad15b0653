"""Several questions in one exec channel: one shell script whose parts keep their output and exit code apart. Pure.

A channel costs a round trip or two and, on a switch, the start of a shell for the account; a question costs its
program alone. What a question's program prints is parsed when it is first wanted, and once.

An answer is in one of three states: it was read; there is nothing to read, since the program does not run or the file
is not there (AbsentError); or it cannot be read (UnreadableError), which says nothing of what is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from sonicfab import errors
from sonicfab.errors import SwitchError
from sonicfab.switch.answers import ODD
from sonicfab.transport import CommandResult

Value = TypeVar("Value")
Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True)
class Question(Generic[Value_co]):
    """What is asked of a switch.

    Attributes:
        name: by which the parts of an answer are told apart, and by which people are told of it.
        command: one command line; it must not read its standard input. Words in braces are filled in with `of`.
        parse: its output as a value; may raise SwitchError.
        tells: what it tells, for the page of the contract.
        any_code: what is printed counts whatever the exit code is.
    """

    name: str
    command: str
    parse: Callable[[str], Value_co] = field(repr=False, compare=False)
    tells: str = field(default="", repr=False, compare=False)
    any_code: bool = field(default=False, repr=False, compare=False)

    def of(self, **words: object) -> Question[Value_co]:
        """The question with its words filled in, as they are: who has them from elsewhere quotes them for the shell."""
        name = " ".join([self.name, *map(str, words.values())])
        return replace(self, name=name, command=self.command.format(**words))

    def printed(self) -> Question[str]:
        """The question whose answer is what is printed, as it is."""
        return cast("Question[str]", replace(self, parse=str))  # type: ignore[arg-type]


_ABSENT = re.compile(
    r"\b(is not running|No such file or directory|No such container|failed to connect to any daemons)\b"
)
"""How vtysh (`bgpd is not running`, lib/vtysh.c), docker (`Error response from daemon: container ... is not running`)
and coreutils say that what was asked is not there."""


_ENDED = (124, 137)
"""The exit codes of `timeout` when the command did not end by itself (coreutils)."""
NO_SUDO = re.compile(
    r"a password is required|a terminal is required|not in the sudoers file|not allowed to (run|execute)"
)
"""How sudo says that an account may not do what was asked without a password, or at all (sudo plugins/sudoers)."""


class UnansweredError(SwitchError):
    """A question has no answer; the message says why and names no switch."""


class HangsError(UnansweredError):
    """What was asked did not end: the program that should answer is there and stands still."""


class AbsentError(UnansweredError):
    """There is nothing that could answer: the program or its container does not run, the file is not there."""


class UnreadableError(UnansweredError, errors.UnreadableError):
    """What is there cannot be read: it is not what it should be, or one may not read it. Never a sign of absence."""


class Answers:
    """What a switch answered, by question."""

    def __init__(self, results: Mapping[str, CommandResult]) -> None:
        self._results = dict(results)
        self._values: dict[str, Any] = {}
        self._made: dict[str, Any] = {}

    def get(self, question: Question[Value]) -> Value:
        """The answer as a value.

        Raises:
            AbsentError: there is nothing that could answer.
            UnreadableError: the command failed, or what it printed is not what it should be.
            UnansweredError: it was not asked.
        """
        if question.name not in self._values:
            self._values[question.name] = self._parse(question)
        value = self._values[question.name]
        if isinstance(value, UnansweredError):
            raise value
        parsed: Value = value
        return parsed

    def optional(self, question: Question[Value]) -> Value | None:
        """The answer as a value; None when there is nothing that could answer, and then alone.

        Raises:
            UnreadableError, UnansweredError: as `get`.
        """
        try:
            return self.get(question)
        except AbsentError:
            return None

    def is_absent(self, question: Question[Any]) -> bool:
        """Whether it is known that there is nothing that could answer."""
        return isinstance(self._error(question), AbsentError)

    def hangs(self, question: Question[Any]) -> bool:
        """Whether what was asked did not end."""
        return isinstance(self._error(question), HangsError)

    def find(self, question: Question[Value]) -> Value | None:
        """The answer as a value; None when there is none, for whatever reason: for what is told besides."""
        try:
            return self.get(question)
        except UnansweredError:
            return None

    def why_not(self, question: Question[Any]) -> str:
        """Why there is no answer; "" when there is one, or when nobody asked."""
        asked = question.name in self._results or question.name in self._values
        return str(self._error(question) or "") if asked else ""

    def _error(self, question: Question[Any]) -> UnansweredError | None:
        try:
            self.get(question)
        except UnansweredError as err:
            return err
        return None

    def text(self, question: Question[Any]) -> str:
        """The answer as it was printed, whatever it is.

        Raises:
            UnansweredError: as `get`, but for what cannot be read as what it should be.
        """
        text = self._parse(question.printed())
        if isinstance(text, UnansweredError):
            raise text
        return text

    def said(self, question: Question[Any]) -> str:
        """What its command printed in a few words: on stderr, else on stdout."""
        return self._results[question.name].said

    def failed(self, question: Question[Any]) -> str:
        """How its command ended, to stand before what it said; "" when it ended well."""
        result = self._results[question.name]
        what = f"`{question.command.split(' {')[0][:60]}`"
        return "" if result.ok else f"{what} failed with exit code {result.exit_code}: "

    def put(self, question: Question[Value], value: Value) -> None:
        """Add an answer that is a value already, or the UnansweredError that it is none."""
        self._values[question.name] = value

    def made(self, name: str, make: Callable[[Answers], Value]) -> Value:
        """What is made of several of these answers, by its name: once, however many ask for it."""
        if name not in self._made:
            self._made[name] = make(self)
        made: Value = self._made[name]
        return made

    def updated(self, newer: Answers) -> Answers:
        """These answers, and what is newer instead."""
        both = Answers({**self._results, **newer._results})
        both._values = {
            name: value for name, value in self._values.items() if name not in newer._results
        } | newer._values
        return both

    def _parse(self, question: Question[Value]) -> Value | UnansweredError:
        result = self._results.get(question.name)
        if result is None:
            return UnansweredError("it was not asked")
        if result.exit_code in _ENDED and "sudo -n " in question.command:
            return HangsError(f"no answer in time to: {question.command.removeprefix('sudo -n ')[:70]}")
        if not result.ok and not question.any_code:
            return failure(result.said, f"{result.stderr}\n{result.stdout}")
        try:
            return question.parse(result.stdout)
        except SwitchError as err:
            return UnreadableError(str(err), err.hint)
        except ODD as err:
            # a program of another release that prints another shape: told, not a traceback
            return UnreadableError(
                f"`{question.command[:60]}` prints something unexpected: {type(err).__name__}: {str(err)[:80]}"
            )


def failure(said: str, printed: str = "") -> UnansweredError:
    """What a command that failed with these words means: that there is nothing, or that it cannot be read."""
    return (AbsentError if _ABSENT.search(f"{printed}\n{said}") else UnreadableError)(said)


def script(questions: Iterable[Question[Any]], mark: str, each: float = 0) -> str:
    """One command line for all of them; `mark` is a line that no answer has, and is printed on both outputs.

    Between two marks stands what one command printed; the mark after it carries the exit code. A command of root's
    that does not end within `each` seconds is ended: what asks a program that hangs does not keep the others waiting.
    """
    # within sudo, because an account may not end what runs as root
    limit = f"sudo -n timeout -k 1 {each:.1f} " if each else "sudo -n "
    # in a subshell each: what makes a shell give up must not take the others with it
    parts = [
        f"( {one.command.replace('sudo -n ', limit)} ) < /dev/null; c=$?; echo; echo {mark} $c; echo {mark} >&2"
        for one in questions
    ]
    return "; ".join([*parts, "true"])


def split(questions: Iterable[Question[Any]], mark: str, result: CommandResult) -> dict[str, CommandResult]:
    """The answer to each question out of the result of their script.

    Raises:
        SwitchError: the script itself did not run to its end.
    """
    asked = list(questions)
    outputs = result.stdout.split(f"\n{mark} ")
    errors = result.stderr.split(f"{mark}\n")
    if len(outputs) != len(asked) + 1:
        said = "what came back is not whole" if mark in result.said else result.said
        raise SwitchError(f"{len(asked)} commands did not all run: {said}")
    found: dict[str, CommandResult] = {}
    text = outputs[0]
    for number, question in enumerate(asked):
        code, _, rest = outputs[number + 1].partition("\n")
        said = errors[number] if number < len(errors) else ""
        if not code.isdecimal() or len(code) > 3:
            raise SwitchError(f"it did not say how `{question.command[:60]}` ended")
        found[question.name] = CommandResult(question.command, int(code), text, said, result.seconds)
        text = rest
    return found
