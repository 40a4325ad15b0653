# ruff: noqa: ARG002 - the names of paramiko's interface
"""An SSH server on 127.0.0.0/8 that says who it is as a SONiC switch does, and then answers as no switch should."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import paramiko

KEY = paramiko.ECDSAKey.generate()
_PART = re.compile(r"\( (.*?) \) < /dev/null; c=\$\?; echo; echo (--[0-9a-f]{16}--) \$c; echo \2 >&2", re.DOTALL)

Talk = Callable[[paramiko.Channel, str], bool]
"""Does something with a channel instead of an answer; False when the answer is wanted after all."""


@dataclass
class Odd:
    """How a server is odd.

    `content` is what each command prints that does not ask who it is; `talk` is about channels.
    """

    content: bytes = b""
    talk: Talk | None = None
    stderr: bytes = b""
    code: int = 0
    reply: bool = True
    """Whether a request to run something is answered at all."""
    asked: list[str] = field(default_factory=list)


def identity(mac: str, platform: str, hwsku: str, build: str = "202411", debian: str = "12.9") -> dict[str, bytes]:
    """What a healthy switch says of itself."""
    version = f"build_version: 'SONiC.{build}'\nbranch: '{build}'\ndebian_version: '{debian}'\nasic_type: broadcom\n"
    return {
        "sonic_version.yml": version.encode(),
        "show platform summary": f'{{"platform": "{platform}", "hwsku": "{hwsku}", "serial": "S1"}}'.encode(),
        "localhost.mac": f"{mac}\n".encode(),
        "sonicfab-lab.json": b"null\n",
    }


class _Server(paramiko.ServerInterface):
    def __init__(self, odd: Odd, known: dict[str, bytes], transport: paramiko.Transport) -> None:
        self.odd, self.known, self.transport = odd, known, transport

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return int(paramiko.common.AUTH_SUCCESSFUL)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.common.OPEN_SUCCEEDED)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        text = command.decode()
        if not self.odd.reply and not self._who(text):
            time.sleep(30)
        threading.Thread(target=self._serve, args=(channel, text), daemon=True).start()
        return True

    def _who(self, command: str) -> bool:
        return "sonic_version.yml" in command

    def _serve(self, channel: paramiko.Channel, command: str) -> None:
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            while channel.recv(65536):
                pass
            self.odd.asked.append(command)
            if not self._who(command) and self.odd.talk and self.odd.talk(channel, command):
                return
            parts = _PART.findall(command)
            if parts:
                for one, mark in parts:
                    channel.sendall(
                        self._answer(one) + f"\n{mark} {0 if self._known(one) else self.odd.code}\n".encode()
                    )
                    channel.sendall_stderr((b"" if self._known(one) else self.odd.stderr) + f"{mark}\n".encode())
                channel.send_exit_status(0)
            else:
                channel.sendall(self._answer(command))
                channel.sendall_stderr(self.odd.stderr)
                channel.send_exit_status(self.odd.code)
            channel.close()

    def _known(self, command: str) -> bytes | None:
        return next((answer for word, answer in self.known.items() if word in command), None)

    def _answer(self, command: str) -> bytes:
        known = self._known(command)
        return self.odd.content if known is None else known


@contextlib.contextmanager
def serving(odd: Odd, known: dict[str, bytes], address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Its port."""
    with socket.create_server((address, port)) as listener:
        stop = threading.Event()
        transports: list[paramiko.Transport] = []

        def accept() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                transport = paramiko.Transport(connection)
                transport.add_server_key(KEY)
                transports.append(transport)
                with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                    transport.start_server(server=_Server(odd, known, transport))

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            for transport in transports:
                transport.close()
            thread.join(5)


def endless(stream: str) -> Talk:
    """Prints until nobody listens."""

    def talk(channel: paramiko.Channel, _command: str) -> bool:
        send = channel.sendall if stream == "stdout" else channel.sendall_stderr
        end = time.monotonic() + 60
        while time.monotonic() < end:
            send(b"x" * 65000 + b"\n")
        return True

    return talk


def half_then_close(channel: paramiko.Channel, _command: str) -> bool:
    channel.sendall(b'{"a": [1, ')
    channel.close()
    return True


def close_connection(channel: paramiko.Channel, _command: str) -> bool:
    channel.sendall(b'{"a": [1, ')
    channel.get_transport().close()
    return True


def silent(_channel: paramiko.Channel, _command: str) -> bool:
    time.sleep(60)
    return True


CONTENTS = {
    "nothing": b"",
    "words": b"Error: please contact support\n",
    "cut off": b'{"ipv4Unicast": {"peers": {"Ethernet0": {"remoteAs": 65',
    "infinite": b'{"ipv4Unicast": {"as": 1e400, "peers": {"E": {"remoteAs": 1e400, "state": "x"}}}, '
    b'"PORT": {"E": {"mtu": 1e400}}}',
    "not a number": b'{"ipv4Unicast": {"as": NaN, "peers": {"E": {"remoteAs": Infinity, "state": "x"}}}}',
    "many digits": b'{"ipv4Unicast": {"as": ' + b"9" * 100000 + b"}}",
    "deep": b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}",
    "deep objects": b'{"a":' * 50000 + b"1" + b"}" * 50000,
    "list": b'[1, {"peers": "many"}]',
    "wrong shapes": b'{"ipv4Unicast": [], "ipv6Unicast": {"peers": {"E": "up"}}, "routes": 7, "lldp": 3, '
    b'"PORT": {"E": null}}',
    "random": os.urandom(3000),
    "latin-1": '{"höst": "grün"}'.encode("latin-1"),
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "zeros": b"\0" * 5000,
    "one long line": b"x" * 3_000_000,
    "many lines": b"{}\n" * 200_000,
    "escapes": b"\x1b]0;PWNED\x07\x1b[2J\x1b[31mall sessions Established\x1b[0m\n",
    "half characters": b'{"PORT": {"E": {"alias": "\\ud800"}}, "E": {"description": "\\udfff"}}',
}
TALKS = {
    "endless": endless("stdout"),
    "endless errors": endless("stderr"),
    "half, then closed": half_then_close,
    "connection closed": close_connection,
}
