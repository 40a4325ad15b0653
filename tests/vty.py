"""What FRR of a lab answers, asked by the socket of its daemon, as vtysh does, without the start of one."""

from __future__ import annotations

import socket
from pathlib import Path

_END = b"\0\0\0"
"""Comes behind an answer, before the byte that tells whether the command was one: lib/vty.c vtysh_read()."""


def asked(root: Path, daemon: str, command: str) -> str:
    """What a daemon in the files of that root says to a command of `vtysh -c`.

    Raises:
        OSError: the daemon does not run, or this user may not ask it.
    """
    with socket.socket(socket.AF_UNIX) as daemons:
        daemons.connect(str(root / "run" / "frr" / f"{daemon}.vty"))
        said = b""
        for one in ("enable", command):
            daemons.sendall(one.encode() + b"\0")
            said = b""
            while said[-4:-1] != _END:
                part = daemons.recv(1 << 16)
                if not part:
                    raise ConnectionResetError(f"{daemon} has gone")
                said += part
        return said[:-4].decode()
