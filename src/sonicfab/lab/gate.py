"""The gate of a lab: listeners on 127.0.0.1 that let SSH connections into the switches, or do not.

An accepted connection becomes the stdin and stdout of an `sshd -i` inside the switch, so no network leads from this
machine into the lab. A switch's gate may be told to refuse, to hang, or to take its time.
"""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sonicfab.errors import LabError

FIRST_PORT = 2201
_BACKLOG = 64

Mode = Literal["open", "refuse", "hang", "slow"]


@dataclass
class _Door:
    """The listener of one switch; `waiting` are the connections that nobody answers."""

    listener: socket.socket
    mode: Mode
    seconds: float
    waiting: list[socket.socket]


class Listeners:
    """The listeners of all switches of a lab. Only `serve`'s thread touches them."""

    def __init__(self, listeners: dict[str, socket.socket], command: Callable[[str], list[str]]) -> None:
        """`command` is what serves a connection to a switch, its socket as stdin and stdout."""
        self._command = command
        self._doors = {name: _Door(listener, "open", 0, []) for name, listener in listeners.items()}
        self._selector = selectors.DefaultSelector()
        self._servers: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._lock = threading.Lock()
        for name, door in self._doors.items():
            self._selector.register(door.listener, selectors.EVENT_READ, lambda name=name: self._accept(name))

    def also(self, listener: socket.socket, accept: Callable[[], None]) -> None:
        """Have `accept` called when somebody connects to another listener."""
        self._selector.register(listener, selectors.EVENT_READ, accept)

    def set(self, name: str, mode: Mode, seconds: float = 0) -> None:
        """How a switch's gate answers from now on; nobody is kept waiting once it is open again."""
        door = self._doors[name]
        if mode == "refuse" != door.mode:
            # a bound socket that does not listen: connections are refused, and nobody else gets the port
            self._selector.unregister(door.listener)
            with contextlib.suppress(OSError):
                door.listener.shutdown(socket.SHUT_RDWR)
        if mode != "refuse" == door.mode:
            door.listener.listen(_BACKLOG)
            self._selector.register(door.listener, selectors.EVENT_READ, lambda: self._accept(name))
        door.mode, door.seconds = mode, seconds
        for connection in door.waiting:
            connection.close()
        door.waiting.clear()
        if mode == "open":
            self._wake(name)

    def _wake(self, name: str) -> None:
        """Let what serves a switch's connections go on: an nsenter stops itself when the program it waits for stops."""
        with self._lock:
            for one, server in self._servers:
                if one == name:
                    server.send_signal(signal.SIGCONT)

    def serve(self) -> None:
        """Let connections in, until an exception ends it."""
        try:
            while True:
                self._serve_once()
        finally:
            for name in self._doors:
                self._wake(name)  # they end with what they serve

    def _serve_once(self) -> None:
        for key, _ in self._selector.select(timeout=5):
            try:
                key.data()
            except OSError as err:  # too many connections or processes: theirs is lost, and not the lab
                sys.stderr.write(f"a connection is lost: {err}\n")
                time.sleep(0.1)
        with self._lock:
            self._servers = [one for one in self._servers if one[1].poll() is None]

    def _accept(self, name: str) -> None:
        door = self._doors[name]
        connection, _ = door.listener.accept()
        if door.mode == "hang":
            door.waiting = [one for one in door.waiting if not _is_over(one)] + [connection]
        elif door.mode == "slow":
            timer = threading.Timer(door.seconds, self._let_in, (name, connection))
            timer.daemon = True
            timer.start()
        else:
            self._let_in(name, connection)

    def _let_in(self, name: str, connection: socket.socket) -> None:
        with connection:
            number = connection.fileno()
            server = subprocess.Popen(self._command(name), stdin=number, stdout=number, stderr=subprocess.DEVNULL)
        with self._lock:
            self._servers.append((name, server))


def _is_over(connection: socket.socket) -> bool:
    """Close a connection whose other end has given up; False when it still waits."""
    try:
        while connection.recv(4096, socket.MSG_DONTWAIT):  # its greeting, which nobody reads
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    connection.close()
    return True


def listen() -> socket.socket:
    """A listener on the first free port from FIRST_PORT on.

    Raises:
        LabError: there is none.
    """
    for port in range(FIRST_PORT, 65536):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            continue
        # not before: it keeps others from a port that is bound and does not listen. With it, a gate is opened again
        # while connections that were let in before are still closing
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return listener
    raise LabError("no port is free on 127.0.0.1")
