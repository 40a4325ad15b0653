"""What a running lab's keeper is asked to do: one JSON object a line, over a socket in the lab's folder."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sonicfab.errors import LabError

_NAME = "requests"
_TIMEOUT = 180.0


def ask(folder: Path, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - one JSON object
    """Ask the keeper of the lab in that folder, and wait until it is done.

    Raises:
        LabError: the keeper does not answer, or could not do it.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection, _short(folder) as path:
            connection.settimeout(_TIMEOUT)
            connection.connect(path)
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(_line(connection))
    except (OSError, ValueError) as err:
        raise LabError(
            f"the keeper of the lab in {folder} does not answer: {err}", "`sonicfab lab logs` shows its log"
        ) from err
    if "error" in answer:
        raise LabError(answer["error"], answer.get("hint", ""))
    return answer


def listener(folder: Path) -> socket.socket:
    """Where requests come in; the folder is for its owner alone, and so is this."""
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(folder) as path:
        found.bind(path)
    found.listen(8)
    return found


def receive(connection: socket.socket) -> dict[str, Any]:
    """The request of a connection; an empty one from somebody who said nothing."""
    connection.settimeout(5)
    try:
        request: Any = json.loads(_line(connection))
    except (OSError, ValueError):
        return {}
    return request if isinstance(request, dict) else {}


def answer(connection: socket.socket, **values: Any) -> None:  # noqa: ANN401
    """The answer to it; nobody may be there any more to read it."""
    try:
        connection.sendall(json.dumps(values).encode() + b"\n")
    except OSError:
        return


def _line(connection: socket.socket) -> bytes:
    text = b""
    while not text.endswith(b"\n"):
        more = connection.recv(65536)
        if not more:
            break
        text += more
    return text


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A path to the socket of less than the 108 bytes that unix(7) allows, wherever the folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{_NAME}"
    finally:
        os.close(handle)
