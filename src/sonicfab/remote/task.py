"""What a worker does, and the value that says what: nothing in it is open, and no secret is unless the user sends it.

The connections are the worker's own: they are made by what is on its machine, and stay there from task to task.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sonicfab.access import Line
from sonicfab.errors import InputError, SonicfabError, TransportError
from sonicfab.load import Secrets
from sonicfab.model.fields import secret_ref
from sonicfab.remote.seal import Seals
from sonicfab.transport import CommandResult, Transport

IDLE = 60.0
"""Seconds after which a connection that nobody uses is closed: whoever had it is gone."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a worker must have besides: references of secrets, never their values, but for what the user sends along.

    Attributes:
        run: a word of this run, in the marks that stand for secrets.
        refs: the secrets that configs have in them.
        sent: (reference, value).
    """

    run: str
    refs: tuple[str, ...] = ()
    sent: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def secrets(self) -> Secrets:
        """Those of the machine where this runs; the worker's folder stands for the inventory's."""
        return Secrets(Path(), dict(self.sent))

    def values(self) -> Mapping[str, str]:
        """Reference -> secret.

        Raises:
            InputError: one is not there.
        """
        secrets = self.secrets
        return {ref: secrets.resolve(secret_ref(ref), "a secret of the configs") for ref in self.refs}


@dataclass(frozen=True, slots=True)
class Task:
    """A command in a switch.

    Attributes:
        connection: tells whose connection it goes over; a worker that has not got that makes it.
        line: how it is made.
        command, stdin, timeout: as `Transport.run`; secrets are marks.
    """

    connection: str
    line: Line
    keys: Keys
    command: str = ""
    stdin: bytes = field(default=b"", repr=False)
    timeout: float = 60.0


@dataclass
class _Held:
    transport: Transport | None = None
    busy: int = 0
    used: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Connections:
    """Of this worker; one thread closes those that nobody uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._sweeper: threading.Thread | None = None

    @contextmanager
    def of(self, task: Task, *, anew: bool = False) -> Iterator[Transport]:
        """The connection of a task; one that breaks is made anew by the next one."""
        with self._lock:
            held = self._held.setdefault(task.connection, _Held())
            held.busy += 1
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, daemon=True)
                self._sweeper.start()
        try:
            with held.lock:
                if anew and held.transport is not None:
                    held.transport.close()
                    held.transport = None
                if held.transport is None:
                    held.transport = task.line.connect(task.keys.secrets)
                transport = held.transport
            try:
                yield transport
            except TransportError:
                with held.lock:
                    transport.close()
                    held.transport = None
                raise
        finally:
            with self._lock:
                held.busy, held.used = held.busy - 1, time.monotonic()

    def close(self, connection: str) -> None:
        """Close it, if it is there."""
        with self._lock:
            held = self._held.pop(connection, None)
        if held is not None and held.transport is not None:
            held.transport.close()

    def _sweep(self) -> None:
        while True:
            time.sleep(IDLE / 4)
            with self._lock:
                late = time.monotonic() - IDLE
                idle = [name for name, one in self._held.items() if not one.busy and one.used < late]
            for name in idle:
                self.close(name)


_connections = _Connections()


def connect(task: Task) -> SonicfabError | None:
    """Make the connection of a task; why there is none."""
    try:
        with _connections.of(task, anew=True):
            return None
    except SonicfabError as err:
        return _told(err)


def do(task: Task, _connected: SonicfabError | None = None) -> CommandResult | SonicfabError:
    """Run the command of a task; how it ended, or why nobody knows."""
    seals = Seals(task.keys.run, {})
    try:
        seals = Seals(task.keys.run, task.keys.values())
        stdin = seals.open(task.stdin.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        with _connections.of(task) as transport:
            done = transport.run(seals.open(task.command), stdin=stdin, timeout=task.timeout)
        return replace(done, command="", stdout=seals.close(done.stdout), stderr=seals.close(done.stderr))
    except SonicfabError as err:
        return _told(err, seals)


def hang_up(connection: str, _connected: SonicfabError | None = None) -> None:
    """Close a connection."""
    _connections.close(connection)


def lacks(keys: Keys) -> str:
    """What this machine has not got of what the tasks will need; "" when nothing is missing."""
    try:
        keys.values()
    except InputError as err:
        return f"{err} ({err.hint})" if err.hint else str(err)
    return ""


def _told(err: SonicfabError, seals: Seals | None = None) -> SonicfabError:
    """An error as a value; what is missing on this machine is told as that."""
    where = f"on worker {socket.gethostname()}: " if isinstance(err, InputError) else ""
    return type(err)(f"{where}{seals.close(str(err)) if seals else err}", err.hint)
