"""Start and end labs: what `sonicfab lab up` and `lab down` do."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sonicfab.errors import LabError
from sonicfab.lab.spec import LabSpec
from sonicfab.lab.state import (
    LOG,
    LabState,
    find_lab,
    labs_folder,
    process_started,
    remove_dead,
    remove_folder,
    running_labs,
)

Progress = Callable[[dict[str, Any]], None]


def start_lab(spec: LabSpec, progress: Progress) -> LabState:
    """Boot a lab and leave it running; `progress` is told each step.

    Raises:
        LabError: it runs already, or a switch does not start; nothing is left running then.
    """
    remove_dead(spec.name)
    if any(state.name == spec.name for state in running_labs()):
        raise LabError(f"lab {spec.name} is running already", "`sonicfab lab down` ends it; --name makes another one")
    folder, log = _claim(spec)
    with log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "sonicfab.lab.keeper", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    try:
        for event in _events(keeper):
            if event["event"] == "failed":
                raise LabError(event["message"], event["hint"])
            if event["event"] == "ready":
                return find_lab(spec.name)
            progress(event)
        log_text = (folder / LOG).read_text(encoding="utf-8", errors="replace").strip()
        last = log_text.splitlines()[-1] if log_text else f"exit code {keeper.wait()}"
        raise LabError(f"the lab's keeper ended: {last}")
    except BaseException as err:
        keeper.terminate()
        keeper.wait()
        if not isinstance(err, LabError):  # its logs are of use only when something failed
            remove_folder(folder)
        raise


def _claim(spec: LabSpec) -> tuple[Path, BinaryIO]:
    """The lab's folder and its log, whose lock its keeper holds for as long as it lives.

    The folder gets its name only when both are there, so that no other sonicfab takes it for the remains of a lab.

    Raises:
        LabError: another sonicfab is starting the lab, or nothing can be written.
    """
    labs = labs_folder()
    part: Path | None = None
    try:
        labs.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = Path(tempfile.mkdtemp(prefix=f".{spec.name}.", dir=labs))
        (part / "spec.json").write_text(spec.dumps(), encoding="utf-8")
        log = (part / LOG).open("ab")
        fcntl.flock(log, fcntl.LOCK_EX)
        return part.rename(labs / spec.name), log
    except BaseException as err:
        if part is not None:
            remove_folder(part)
        if isinstance(err, OSError) and err.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise LabError(f"lab {spec.name} is being started by another sonicfab") from err
        if isinstance(err, OSError):
            raise LabError(f"cannot write {labs}: {err.strerror}") from err
        raise


def stop_lab(state: LabState, timeout: float = 30.0) -> None:
    """End a lab and wait until nothing of it is left.

    Raises:
        LabError: it does not end.
    """
    with contextlib.suppress(ProcessLookupError):
        os.kill(state.keeper, signal.SIGTERM)
    deadline = time.monotonic() + timeout
    while process_started(state.keeper) == state.keeper_started:
        if time.monotonic() > deadline:
            raise LabError(f"lab {state.name} does not end; its keeper is process {state.keeper}")
        time.sleep(0.05)
    remove_dead(state.name)


def _events(keeper: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert keeper.stdout is not None
    for line in keeper.stdout:
        yield json.loads(line)
