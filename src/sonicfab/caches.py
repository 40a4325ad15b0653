"""What is worked out once and kept in the user's cache folder: named by what it was made of, and safe to delete.

A cache holds code, so it is read only where nobody else can have written it. One that cannot be written (a full disk,
a home of somebody else under sudo) only costs time.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def cache_folder(kind: str) -> Path:
    """Where what is of a kind is kept: below $XDG_CACHE_HOME, which is ~/.cache where it is not set."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME", "") or Path.home() / ".cache")
    except RuntimeError:  # a container's user without a name and without $HOME: nothing can be kept
        base = Path(os.devnull)
    return base / "sonicfab" / kind


def cache_file(kind: str, name: str) -> Path:
    """Where one thing of a kind is kept."""
    return cache_folder(kind) / name


def kept(file: Path) -> bytes | None:
    """What was kept; None when it is not there, or when somebody else could have written it."""
    try:
        if not (_is_ours(file.parent) and _is_ours(file)):
            return None
        return file.read_bytes()
    except OSError:
        return None


def keep(file: Path, content: bytes) -> None:
    """Keep it for the next time, if that is possible."""
    with contextlib.suppress(OSError):
        there = next(one for one in file.parents if one.exists())
        if not _is_ours(there):
            return
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).replace(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def keep_newest(kind: str, most: int) -> None:
    """Remove what is older than that many of its kind."""
    with contextlib.suppress(OSError):
        files = sorted(cache_folder(kind).iterdir(), key=lambda one: one.stat().st_mtime)
        for file in files[:-most]:
            file.unlink()


def _is_ours(path: Path) -> bool:
    info = path.stat()
    return info.st_uid == os.geteuid() and not info.st_mode & 0o022
