"""Start and end labs: what `sonicfab lab up` and `lab down` do."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sonicfab.errors import LabError
from sonicfab.lab.clab import Progress, deploy, destroy, has_topology, spec_docker_host
from sonicfab.lab.clabfile import ClabLab
from sonicfab.lab.spec import LabSpec
from sonicfab.lab.state import (
    CONTAINERLAB,
    LOG,
    LabState,
    claim,
    find_lab,
    is_dead,
    lab_folder,
    process_started,
    remove_dead,
    remove_folder,
    running_labs,
)
from sonicfab.lab.whole import whole

_MAY_TAKE = 30.0
"""Seconds in which a lab ends."""


def start_lab(spec: LabSpec, progress: Progress) -> LabState:
    """Boot a lab and leave it running; `progress` is told each step.

    Raises:
        LabError: it runs already, or a switch does not start; nothing is left running then.
    """
    make_way(spec.name)
    folder: Path | None = None
    keeper: subprocess.Popen[bytes] | None = None
    try:
        with whole():  # from here on there is something to remove, and nobody else who would
            folder, log = claim(spec.name, spec.dumps())
            with log:
                keeper = _keeper(folder, log)
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
        if keeper is not None:
            keeper.terminate()
            keeper.wait()
        if folder is not None and not isinstance(err, LabError):  # its logs are of use only when something failed
            remove_folder(folder)
        raise
    finally:
        if keeper is not None and keeper.stdout is not None:
            keeper.stdout.close()


def _keeper(folder: Path, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "sonicfab.lab.keeper", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
        cwd="/",
    )


def start_containers(lab: ClabLab, progress: Progress) -> LabState:
    """The same by containerlab, whose containers need no keeper.

    Raises:
        LabError: it runs already, or a switch does not start; nothing is left running then.
    """
    make_way(lab.spec.name)
    return deploy(lab, progress)


def make_way(name: str) -> None:
    """Remove what a dead lab of that name has left.

    Raises:
        LabError: a lab of that name runs, or what it left cannot be removed.
    """
    remove_remains(name)
    if any(state.name == name for state in running_labs()):
        raise LabError(
            f"lab {name} is running already", f"`sonicfab lab down --name {name}` ends it; --name makes another one"
        )


def remove_remains(name: str) -> bool:
    """Remove what a dead lab has left, containers too; False when there is nothing, or it runs or boots.

    Raises:
        InputError: no lab can have that name.
        LabError: containerlab cannot remove what it made.
    """
    folder = lab_folder(name)
    if is_dead(name) and has_topology(folder):
        destroy(folder, spec_docker_host(folder))
    return remove_dead(name)


def stop_lab(state: LabState) -> None:
    """End a lab and wait until nothing of it is left.

    Raises:
        LabError: it does not end.
    """
    if state.backend == CONTAINERLAB:
        destroy(state.folder, state.docker_host)
        remove_folder(state.folder)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(state.keeper, signal.SIGTERM)
    deadline = time.monotonic() + _MAY_TAKE
    while process_started(state.keeper) == state.keeper_started:
        if time.monotonic() > deadline:
            raise LabError(f"lab {state.name} does not end; its keeper is process {state.keeper}")
        time.sleep(0.05)
    remove_dead(state.name)


def _events(keeper: subprocess.Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert keeper.stdout is not None
    for line in keeper.stdout:
        yield json.loads(line)
