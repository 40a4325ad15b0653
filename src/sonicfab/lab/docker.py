"""Runs the program docker, for the Docker that $DOCKER_HOST names."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from sonicfab.errors import LabError
from sonicfab.lab import state


def docker_host() -> str:
    """$DOCKER_HOST; "" for the usual Docker."""
    return os.environ.get("DOCKER_HOST", "")


def docker(*arguments: str, host: str | None = None, stdin: Path | None = None, timeout: float = 600) -> str:
    """Run `docker ARGUMENTS` and return what it prints; `stdin` is a file.

    Raises:
        LabError: there is no docker, or it fails.
    """
    command = [*state.docker(docker_host() if host is None else host), *arguments]
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}  # BuildKit would want a network for itself
    try:
        with (stdin or Path(os.devnull)).open("rb") as source:
            done = subprocess.run(
                command, stdin=source, capture_output=True, env=environment, timeout=timeout, check=False
            )
    except OSError as err:
        raise LabError(f"cannot run docker: {err.strerror}", "`sonicfab lab doctor` says what is missing") from err
    except subprocess.TimeoutExpired as err:
        raise LabError(f"docker {arguments[0]} does not end within {timeout:.0f} s") from err
    if done.returncode:
        said = (done.stderr.decode(errors="replace").strip().splitlines() or ["?"])[-1]
        raise LabError(f"docker {arguments[0]} failed: {said}", "`sonicfab lab doctor` says what is missing")
    return done.stdout.decode(errors="replace")


def has_image(image: str) -> bool:
    """Whether Docker has an image at hand.

    Raises:
        LabError: there is no docker, or it does not answer.
    """
    return bool(docker("image", "ls", "--quiet", image).strip())


def last_line(container: str, host: str) -> str:
    """The last line that a container printed."""
    try:
        done = docker("logs", "--tail", "1", container, host=host)
    except LabError as err:
        return str(err)
    return done.strip() or "it says nothing"
