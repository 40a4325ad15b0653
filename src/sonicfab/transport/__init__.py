"""How bytes reach a switch: run a command with its exit code, put a file, get a file, close."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass

from sonicfab.errors import SwitchError

_SAID = 400
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command printed and how it ended; `seconds` is wall-clock time."""

    command: str
    exit_code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        """True for exit code 0."""
        return self.exit_code == 0

    @property
    def said(self) -> str:
        """The last line that the command printed, on whichever stream: the reason of a failure."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1].strip()[:_SAID] if lines else "no output"


class Transport(ABC):
    """A connection to one switch. Files go through `run`, so a transport needs no second channel for them."""

    @abstractmethod
    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """Run a shell command and wait for its end.

        Raises:
            TransportError: the connection broke, or the command did not end within `timeout` seconds.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection; closing twice does nothing."""

    def put(self, content: bytes, path: str, *, timeout: float = 60.0) -> None:
        """Write a file that only the login user may read, whole or not at all.

        Raises:
            SwitchError: the switch could not write it (a full disk, no such folder).
            TransportError: the connection broke.
        """
        target, part = shlex.quote(path), shlex.quote(f"{path}.part")
        size = len(content)
        command = f"umask 077 && cat > {part} && [ $(wc -c < {part}) -eq {size} ] && mv -f {part} {target}"
        result = self.run(f"{command} || {{ rm -f {part}; exit 1; }}", stdin=content, timeout=timeout)
        if not result.ok:
            raise SwitchError(f"cannot write {path} on the switch: {result.said}")

    def get(self, path: str, *, timeout: float = 60.0) -> bytes:
        """The content of a file.

        Raises:
            SwitchError: it is not there or not readable.
            TransportError: the connection broke.
        """
        result = self.run(f"cat {shlex.quote(path)}", timeout=timeout)
        if not result.ok:
            raise SwitchError(f"cannot read {path} on the switch: {result.said}")
        return result.stdout.encode()
