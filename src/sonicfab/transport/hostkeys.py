"""The host keys that are known of one host, out of a known_hosts file of any length.

paramiko reads all keys of the file for each connection, and compares each with all before it: with a thousand
switches, whose names are hashed, as OpenSSH writes them on Debian, that is 0.3 s of CPU for each login. Here a file
is looked at once, and of its lines only those of the host become keys.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import paramiko
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from sonicfab.errors import InputError

OWN = "~/.ssh/known_hosts"
_HASHED = "|1|"


class _Lines(NamedTuple):
    """The lines of a file with their numbers: by host name, and those whose names are hashed."""

    named: dict[str, list[tuple[int, str]]]
    hashed: list[tuple[int, str]]


def name_of(host: str, port: int) -> str:
    """How known_hosts calls a host: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT."""
    return host if port == 22 else f"[{host}]:{port}"


def known_keys(file: str, host: str) -> dict[str, paramiko.PKey]:
    """Type -> key of a host, as a file knows it by that name; the first of each type counts.

    Nothing is known where the file is not there.

    Raises:
        InputError: the file is there and cannot be read.
    """
    path = Path(file or OWN).expanduser()
    found: dict[str, paramiko.PKey] = {}
    try:
        state = path.stat()
        lines = _lines(path, (state.st_mtime_ns, state.st_size, state.st_ino))
    except FileNotFoundError:
        return found
    except OSError as err:
        raise InputError(f"the host keys in {path} cannot be read: {err.strerror or err}") from err
    for entry in _entries(lines, host):
        if entry.key is not None:
            found.setdefault(entry.key.get_name(), entry.key)
    return found


@lru_cache(maxsize=8)
def _lines(path: Path, _state: tuple[int, int, int]) -> _Lines:
    lines = _Lines({}, [])
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines()):
        names = line.split(maxsplit=1)[0] if line.strip() and not line.lstrip().startswith(("#", "@")) else ""
        for name in filter(None, names.split(",")):
            if name.startswith(_HASHED):
                lines.hashed.append((number, line))
            else:
                lines.named.setdefault(name, []).append((number, line))
    return lines


def _entries(lines: _Lines, host: str) -> Iterator[HostKeyEntry]:
    hashed = [one for one in lines.hashed if _is(one[1], host)]
    for number, line in sorted({*lines.named.get(host, ()), *hashed}):
        with contextlib.suppress(paramiko.SSHException, InvalidHostKey):  # a line that is no key says nothing
            entry = HostKeyEntry.from_line(line.strip(), number)
            if entry is not None:
                yield entry


def _is(line: str, host: str) -> bool:
    """Whether the hashed name of a line is that of the host."""
    hashed = line.split(maxsplit=1)[0]
    with contextlib.suppress(ValueError, LookupError, AssertionError):  # neither base64 nor a salt: no name
        return bool(paramiko.HostKeys.hash_host(host, hashed) == hashed)
    return False
