"""Refuses every network connection that does not stay on this machine.

Python imports this by itself in every process whose PYTHONPATH leads here: the test suite and all it starts.
"""

import ipaddress
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
    if not loopback:
        raise RefusedAddressError(f"the test suite talks to loopback alone, not to {host}")


sys.addaudithook(_check)
