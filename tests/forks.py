"""The command line in a process of its own, without the second that Python takes to load it: a process that has loaded
all of it forks for each command.

What loading itself does (what is loaded, what it takes of the environment) is not asked this way: a command whose
environment has a say in that is started anew, and tests of the program's start begin it themselves.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import io
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import forked

_READ_WHEN_LOADED = (
    "PYTHON",
    "LC_",
    "LANG",
    "TERM",
    "_TYPER",
    "FORCE_COLOR",
    "NO_COLOR",
    "PY_COLORS",
    "GITHUB_ACTIONS",
)
"""What Python, typer and rich read of the environment while they are loaded."""
_LEFT_ALONE = ("sonicfab.__main__", "sonicfab.lab.sonic")


class Forks:
    """Runs commands; the process that it forks them from is begun with the first."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="sonicfab-forks-")
        self._path = str(Path(self._folder, "s"))
        self._loaded = _read_when_loaded(os.environ)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        listener.listen()
        # it ends when this process does: its stdin has an end then
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(listener.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
        listener.close()
        atexit.register(self._end)

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._server.communicate()
            Path(self._path).unlink()
            Path(self._folder).rmdir()

    def fits(self, environment: Mapping[str, str]) -> bool:
        """Whether a command with this environment would load as that process has."""
        return _read_when_loaded(environment) == self._loaded

    def run(
        self, words: Sequence[str], cwd: Path, environment: Mapping[str, str], stdin: str
    ) -> subprocess.CompletedProcess[str]:
        """As subprocess.run does with `python -m sonicfab`."""
        pipes = [os.pipe() for _ in range(3)]
        ends = [pipes[0][0], pipes[1][1], pipes[2][1]]
        asked = ["-m", "sonicfab", *words]
        with forked.ask(self._path, [asked, str(cwd), dict(environment)], ends) as control, control.makefile() as told:
            for end in ends:
                os.close(end)
            out, err = _talk(pipes[0][1], [pipes[1][0], pipes[2][0]], stdin.encode())
            _, code = told.readline(), told.readline()
        if not code:
            raise RuntimeError(f"the process of {words} has gone")
        return subprocess.CompletedProcess([sys.executable, *asked], int(code), _text(out), _text(err))

    def begin(self, words: Sequence[str], environment: Mapping[str, str], **options: Any) -> subprocess.Popen[str]:
        """As subprocess.Popen does with `python` and these words: -m sonicfab, or a program that is a file."""
        asking = ["-I", "-S", forked.__file__, self._path] if self.fits(environment) else []
        return subprocess.Popen([sys.executable, *asking, *words], env=environment, text=True, **options)


@cache
def forks() -> Forks:
    """Those of this process."""
    return Forks()


def _read_when_loaded(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_READ_WHEN_LOADED)}


def _text(data: bytes) -> str:
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").read()


def _talk(stdin: int, outputs: Sequence[int], said: bytes) -> tuple[bytes, bytes]:
    """Write all of stdin, and read both outputs to their ends."""
    read = dict.fromkeys(outputs, b"")
    writing = [stdin]
    if not said:
        os.close(stdin)
        writing.clear()
    waiting = list(outputs)
    while waiting:
        readable, writable, _ = select.select(waiting, writing, [])
        for end in readable:
            part = os.read(end, 1 << 16)
            read[end] += part
            if not part:
                os.close(end)
                waiting.remove(end)
        for end in writable:
            with contextlib.suppress(BrokenPipeError):
                said = said[os.write(end, said) :]
            if not said:
                os.close(end)
                writing.clear()
    for end in writing:
        os.close(end)
    first, second = outputs
    return read[first], read[second]


_LOADED_WHEN_USED = ("rich.console", "rich.markup", "rich.table", "typer._adapters", "typer.rich_utils")
"""What most commands load when they come to print."""


def _load() -> None:
    """All of it, and the validators that pydantic would make anew in each command."""
    for one in pkgutil.walk_packages(import_module("sonicfab").__path__, "sonicfab."):
        if not one.name.startswith(_LEFT_ALONE):
            import_module(one.name)
    for name in _LOADED_WHEN_USED:
        import_module(name)
    models = list(BaseModel.__subclasses__())
    for model in models:
        models += model.__subclasses__()
        if model.__module__.startswith("sonicfab.") and not model.__pydantic_complete__:
            model.model_rebuild()


def _serve(listener: socket.socket) -> None:
    _load()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for a command
    while True:
        readable, _, _ = select.select([listener.fileno(), 0], [], [])
        if 0 in readable:  # the end of stdin
            return
        control, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _wait_for_command(control)
        control.close()


def _wait_for_command(control: socket.socket) -> None:
    """Fork the command, tell how it ended; a command that nobody waits for any more is killed."""
    length, sent, _, _ = control.recvmsg(4, socket.CMSG_SPACE(12))
    ends = array.array("i")
    ends.frombytes(sent[0][2])
    request = b""
    while len(request) < int.from_bytes(length, "big"):
        request += control.recv(1 << 16)
    words, cwd, environment = json.loads(request)
    command = os.fork()
    if command == 0:
        control.close()
        _become(ends, words, cwd, environment)
    for end in ends:
        os.close(end)
    with contextlib.suppress(OSError):
        control.sendall(f"{command}\n".encode())
    ended = os.pidfd_open(command)
    readable, _, _ = select.select([ended, control.fileno()], [], [])
    if ended not in readable:
        os.kill(command, signal.SIGKILL)
    _, status = os.waitpid(command, 0)
    with contextlib.suppress(OSError):
        control.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(ends: Sequence[int], words: list[str], cwd: str, environment: dict[str, str]) -> None:
    """Be `python` with these words."""
    for number, end in enumerate(ends):
        os.dup2(end, number)
        os.close(end)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]
    code: Any = 0
    try:
        if words[0] == "-m":
            sys.argv, sys.path[0] = words[1:], cwd
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as err:
        code = err.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter tells it
        traceback.print_exc()
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
