"""Refuses every network connection that does not stay on this machine.

Python imports this by itself in every process whose PYTHONPATH leads here: the test suite and all it starts. What runs
in a network namespace that a test has made may talk to what else is in there: nothing leads out of it.
"""

import ipaddress
import os
import socket
import sys


class RefusedAddressError(OSError):
    """A test was about to talk to an address that is not loopback."""


def _check(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"):
        return
    address = arguments[0] if event == "socket.getaddrinfo" else arguments[1]
    host = address[0] if isinstance(address, tuple) else address
    family = arguments[0].family if isinstance(arguments[0], socket.SocketType) else None
    if family == socket.AF_UNIX or host in (None, "", "localhost", b"localhost"):
        return
    if isinstance(host, bytes):
        host = host.decode()
    try:
        loopback = ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        loopback = False  # a name: whatever it stands for, it is not ours to look up
    if not loopback and os.environ.get("NETWORK_OF_SONICFAB_TESTS", "") in ("", network()):
        raise RefusedAddressError(f"the test suite talks to loopback alone, not to {host}")


def network() -> str:
    """The network namespace of this process; "" where there are none."""
    try:
        return os.readlink("/proc/self/ns/net")  # noqa: PTH115 - every Python that the tests start imports this
    except OSError:
        return ""


sys.addaudithook(_check)
