"""What can go wrong, how it is told, and the exit code it ends with.

    SonicfabError                 exit code
      InputError                  2   the files or options that the user gave
        TemplateError             2   a template, built-in or the user's own
      OutputError                 3   a file or stdout could not be written
        ReaderGoneError         141   who reads stdout has gone, such as `| head`
      LabError                    3   the lab could not be made, found or ended
      SwitchError                 3   a switch answered, but not as it must
        WrongSwitchError          3   it is not the switch that the inventory means
        UnreadableError           3   what it answered cannot be read: garbage, cut off, without end
      TransportError              3   a switch could not be reached
        SchedulerError            3   the scheduler of --scheduler, or its workers, did not do the work on it
        HostKeyError              3   its host key is unknown or another one
        LoginError                3   it refused the login
        CommandTimeoutError       3   it did not answer in time
      ChecksFailedError           4   the switches are not as intended
      ChangesPendingError         5   something would change

Every one of them is told to the user in a sentence, never with a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Severity = Literal["error", "warning"]
DocumentName = Literal["inventory", "topology", "numbers"]
KeyPath = tuple[str | int, ...]


class ExitCode(IntEnum):
    """The exit codes of every command; the table in docs/cli.md says the same."""

    OK = 0
    INTERNAL = 1
    INPUT = 2
    UNREACHED = 3
    FAILED = 4
    CHANGES = 5
    ROLLED_BACK = 6
    INTERRUPTED = 130
    READER_GONE = 141


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: line and column count from 1; 0 stands for the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """FILE:LINE:COLUMN, as editors and compilers write it."""
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in what the user wrote, by its path in the document and not yet by line.

    `path` leads from the document's root to the node, e.g. ("links", 3); `on_key` points at the key itself
    instead of its value. Problems of one place that are `alike` are told once, with their number.
    """

    document: DocumentName
    path: KeyPath
    message: str
    hint: str = ""
    severity: Severity = "error"
    on_key: bool = False
    alike: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A mistake as the user sees it: where, what, the line itself, and what to do."""

    severity: Severity
    message: str
    place: Place
    hint: str = ""
    excerpt: str = ""

    def __str__(self) -> str:
        """Several lines: the place and the message, the source line with a caret, the hint."""
        lines = [f"{self.place}: {self.severity}: {self.message}"]
        if self.excerpt and self.place.line:
            number = f"{self.place.line:>5}"
            shown, caret = _window(self.excerpt, self.place.column)
            lines.append(f"{number} | {shown}")
            if self.place.column:
                lines.append(f"{' ' * len(number)} | {' ' * caret}^")
        if self.hint:
            lines.append(f"      hint: {self.hint}")
        return "\n".join(lines)


_WIDEST = 160


def _window(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column (from 1), and how far the column is from its beginning."""
    if len(line) <= _WIDEST:
        return line, max(column - 1, 0)
    start = max(column - _WIDEST // 2, 0)
    head, part = "…" * (start > 0), line[start : start + _WIDEST]
    return head + part + "…" * (start + _WIDEST < len(line)), len(head) + max(column - 1, 0) - start


class SonicfabError(Exception):
    """The root of all errors that are told to the user; `hint` says what to do about it."""

    exit_code: ExitCode = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(SonicfabError):
    """What the user gave cannot be used; carries every mistake found, not the first alone."""

    exit_code = ExitCode.INPUT

    def __init__(self, message: str, hint: str = "", diagnostics: Iterable[Diagnostic] = ()) -> None:
        super().__init__(message, hint)
        self.diagnostics = tuple(diagnostics)


class TemplateError(InputError):
    """A template cannot be rendered, or what it rendered is no config."""


class OutputError(SonicfabError):
    """A file could not be written."""

    exit_code = ExitCode.UNREACHED


class ReaderGoneError(OutputError):
    """Who reads stdout has gone: nothing is wrong, and nobody is there to be told."""

    exit_code = ExitCode.READER_GONE


class LabError(SonicfabError):
    """The lab could not be made, found or ended."""

    exit_code = ExitCode.UNREACHED


class SwitchError(SonicfabError):
    """A switch answered, but not as it must."""

    exit_code = ExitCode.UNREACHED


class WrongSwitchError(SwitchError):
    """The switch that answered is not the one that the inventory means; nothing was written to it."""


class UnreadableError(SwitchError):
    """What a switch answered cannot be read; that is not the same as nothing being there."""


class TransportError(SonicfabError):
    """A switch could not be reached, or the connection broke."""

    exit_code = ExitCode.UNREACHED


class SchedulerError(TransportError):
    """The scheduler or its workers did not do the work on a switch, of which this says nothing."""


class HostKeyError(TransportError):
    """The host key is not known, or it is another one than last time."""


class LoginError(TransportError):
    """The switch refused the login."""


class CommandTimeoutError(TransportError):
    """A command did not end in time."""


class ChecksFailedError(SonicfabError):
    """The switches are not as intended."""

    exit_code = ExitCode.FAILED


class ChangesPendingError(SonicfabError):
    """Something would change, and the user asked to be told so by the exit code."""

    exit_code = ExitCode.CHANGES
