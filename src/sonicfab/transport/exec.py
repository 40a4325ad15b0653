"""Commands in a switch of a lab on this machine: `docker exec`, `nsenter` or whatever the lab says; no SSH."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Sequence

from sonicfab.errors import CommandTimeoutError, TransportError
from sonicfab.transport import CommandResult, Transport


class ExecTransport(Transport):
    """Runs each command as `PREFIX sh -c COMMAND`."""

    def __init__(self, prefix: Sequence[str]) -> None:
        self._prefix = list(prefix)

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:
        """See Transport.run."""
        started = time.monotonic()
        argv = [*self._prefix, "sh", "-c", command]
        try:
            done = subprocess.run(argv, input=stdin, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as err:
            raise CommandTimeoutError(f"no answer within {timeout:.0f} s to: {command}") from err
        except OSError as err:
            raise TransportError(f"cannot run {argv[0]}: {err.strerror}") from err
        out, err_ = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        return CommandResult(command, done.returncode, out, err_, time.monotonic() - started)

    def close(self) -> None:
        """See Transport.close."""


class ProgramStream:
    """A program whose stdin and stdout are a byte stream, such as an `sshd -i` in a container."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it.

        Raises:
            TransportError: there is no such program.
        """
        self.socket, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(
                    command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL
                )
        except OSError as err:
            self.socket.close()
            raise TransportError(f"cannot run {command[0]}: {err.strerror}") from err

    def close(self) -> None:
        """End the stream, and with it the program."""
        self.socket.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
