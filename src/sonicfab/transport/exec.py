"""Commands in a switch of a lab on this machine: `docker exec`, `nsenter` or whatever the lab says; no SSH."""

from __future__ import annotations

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
