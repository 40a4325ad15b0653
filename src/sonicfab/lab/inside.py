"""Commands in the switches and hosts of a running lab, and among its network namespaces."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sonicfab.errors import LabError
from sonicfab.lab.files import PATH
from sonicfab.lab.state import LabState, process_started

ENVIRONMENT = ("env", "-i", f"PATH={PATH}", "USER=root", "HOME=/root", "TERM=xterm", "LANG=C.UTF-8")
"""The start of every command in a node, which is to know nothing of this machine's environment."""
_TIMEOUT = 60.0


def run_inside(state: LabState, node: str, script: str, *arguments: str, check: bool = True) -> str:
    """Run a shell script in a switch or host, as root, and return its output; `arguments` are its $1, $2 and so on.

    Raises:
        LabError: it fails (unless `check` is false), or the node is dead or does not answer.
    """
    done = _run([*state.enter(node), *ENVIRONMENT, "sh", "-c", script, "sh", *arguments], node)
    if check and done.returncode:
        if not is_up(state, node):
            raise LabError(f"{node} does not run", "`sonicfab lab heal` boots it again, if a fault ended it")
        raise LabError(f"{node}: {_last(done)}")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    exit_code: int
    said: str


def run_command(state: LabState, node: str, *command: str) -> Ran:
    """Run a command in a switch or host, as root, however it ends.

    Raises:
        LabError: there is no such node, or it does not answer.
    """
    done = _run([*state.enter(node), *ENVIRONMENT, *command], node)
    return Ran(done.returncode, done.stdout + done.stderr)


def run_below(state: LabState, *command: str, stdin: str = "") -> str:
    """Run a command where the lab's network namespaces have names; `ip -n SWITCH` reaches into one.

    Raises:
        LabError: it fails.
    """
    done = _run([*state.below(), *command], state.name, stdin)
    if done.returncode:
        raise LabError(f"{' '.join(command[:6])}: {_last(done)}")
    return done.stdout


def copy_out(state: LabState, node: str, target: Path, *command: str) -> None:
    """Write what a command in a switch or host says into a file of this machine, for its owner alone.

    Raises:
        LabError: it fails, or the file cannot be written.
    """
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            done = subprocess.run([*state.enter(node), *command], stdout=file, stderr=subprocess.PIPE, check=False)
    except OSError as err:
        raise LabError(f"cannot write {target}: {err.strerror}") from err
    if done.returncode:
        raise LabError(f"{node}: {done.stderr.decode(errors='replace').strip()}")


def is_up(state: LabState, node: str) -> bool:
    """Whether the first process of a switch or host is there, and not another one that has got its number."""
    if node in state.hosts:
        return process_started(state.hosts[node].pid) != ""
    switch = state.node(node)
    started = process_started(switch.pid)
    return started != "" and switch.started in ("", started)


def _run(command: list[str], where: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    # Debian's PATH of a plain user has no /usr/sbin, where tc is
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}
    try:
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_TIMEOUT,
            env=environment,
            start_new_session=True,  # Ctrl-C is for sonicfab, which knows where it may end
        )
    except subprocess.TimeoutExpired as err:
        raise LabError(f"{where} does not answer within {_TIMEOUT:.0f} s") from err


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
