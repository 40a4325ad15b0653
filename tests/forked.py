"""The process of a command that a server of `forks` runs: it hands over its standard streams, passes Ctrl-C on, and
ends as the command does; when it is killed, so is the command. Run as a program: forked.py SOCKET WORD...

It has no more to load than this, which takes Python a hundredth of the time that sonicfab takes it.
"""

from __future__ import annotations

import array
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence


def ask(path: str, request: object, streams: Sequence[int]) -> socket.socket:
    """Ask for a command with these standard streams; a line tells its number, the next one how it has ended."""
    control = socket.socket(socket.AF_UNIX)
    control.connect(path)
    said = json.dumps(request).encode()
    rights = array.array("i", streams).tobytes()
    control.sendmsg([len(said).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
    control.sendall(said)
    return control


def _main(path: str, words: list[str]) -> None:
    here = os.getcwd()  # noqa: PTH109 - pathlib would take as long to load as all the rest
    with ask(path, [words, here, dict(os.environ)], [0, 1, 2]) as control, control.makefile() as told:
        command = int(told.readline())
        signal.signal(signal.SIGINT, lambda number, _: os.kill(command, number))
        code = int(told.readline())
    if code < 0:  # by a signal
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])
