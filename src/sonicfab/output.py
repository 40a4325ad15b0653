"""Files on disk: written whole or not at all, secrets for their owner alone."""

from __future__ import annotations

import contextlib
import filecmp
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sonicfab.errors import OutputError


@dataclass(frozen=True, slots=True)
class OutputFile:
    """The text of a file; a `secret` one may be read by its owner alone."""

    text: str
    secret: bool = False

    @property
    def mode(self) -> int:
        """The file's permissions."""
        return 0o600 if self.secret else 0o644


def write_file(path: Path, file: OutputFile) -> bool:
    """Write one file atomically; False when it is there already with this text and these permissions.

    Raises:
        OutputError: it cannot be written; what was there before is untouched.
    """
    return bool(write_files(path.parent, {path.name: file}, durable=True))


def write_files(folder: Path, files: Mapping[str, OutputFile], *, durable: bool = False) -> list[str]:
    """Write several files, by path below the folder; the names of those that were not there like this already.

    All new contents are written before the first old file is replaced, so whatever fails until then (a full disk,
    no permission, an interrupt) leaves every old file as it was. `durable` waits until the disk has them, for what
    cannot be made again.

    Raises:
        OutputError: a file cannot be written.
    """
    with staged(folder, durable=durable) as stage:
        for name, file in files.items():
            stage.add(name, file)
        return stage.put()


class Stage:
    """Files that are written beside those that they are to replace, one after the other; none is held in memory."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self._folder, self._durable = folder, durable
        self._waiting: dict[str, str] = {}
        self._growing: set[str] = set()
        self._made: list[Path] = []
        self._folders: set[Path] = set()

    def add(self, name: str, file: OutputFile) -> None:
        """Write it, unless it is there already with this text and these permissions.

        Raises:
            OutputError: it cannot be written.
        """
        if not _is_there(self._folder / name, file):
            self._begin(name, file)

    def extend(self, name: str, text: str) -> None:
        """Add to the end of a file that is too large to be held, and no secret; it is as new when it is put in place.

        Raises:
            OutputError: it cannot be written.
        """
        path = self._folder / name
        if name not in self._growing:
            nothing = OutputFile("")
            _is_there(path, nothing)  # refuses devices
            self._begin(name, nothing)
            self._growing.add(name)
        with _as_output_error(), _named(path), Path(self._waiting[name]).open("a", encoding="utf-8") as stream:
            stream.write(text)

    def _begin(self, name: str, file: OutputFile) -> None:
        path = self._folder / name
        with _as_output_error():
            if path.parent not in self._folders:
                lacking = takewhile(lambda one: not one.exists(), [path.parent, *path.parent.parents])
                self._made += reversed([*lacking])
                path.parent.mkdir(parents=True, exist_ok=True)
                self._folders.add(path.parent)
            self._waiting[name] = _stage(path, file, durable=self._durable)

    def put(self) -> list[str]:
        """Replace the old files by those that were added; the names of those that were not there like this.

        Raises:
            OutputError: one cannot be replaced.
        """
        with _as_output_error():
            for name in self._growing:
                if _is_copy(self._waiting[name], self._folder / name):
                    Path(self._waiting.pop(name)).unlink()
            changed = list(self._waiting)
            for name in changed:
                Path(self._waiting[name]).replace(self._folder / name)
                del self._waiting[name]
        self._made.clear()
        return changed

    def drop(self) -> None:
        """What is not in place goes, and so do the folders that were made for it."""
        for temporary in self._waiting.values():
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        for folder in reversed(self._made):
            with contextlib.suppress(OSError):  # something is in there
                folder.rmdir()


@contextlib.contextmanager
def staged(folder: Path, *, durable: bool = False) -> Iterator[Stage]:
    """A stage for files below the folder; what is not put in place when the block ends is gone."""
    stage = Stage(folder, durable=durable)
    try:
        yield stage
    finally:
        stage.drop()


def remove_files(folder: Path, names: list[str]) -> None:
    """Remove files below the folder and the folders that this leaves empty.

    Raises:
        OutputError: one cannot be removed.
    """
    with _as_output_error():
        for name in names:
            path = folder / name
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty: something of the user's is in there
                path.parent.rmdir()


def _is_there(path: Path, file: OutputFile) -> bool:
    """Whether the file is there like this; a device, which would never end or be lost, is no place for a file.

    Raises:
        OutputError: it is a device or a pipe.
    """
    try:
        there = path.stat()
        stream = path.is_symlink() and path.readlink().is_relative_to("/proc")  # /dev/stdout, whatever it leads to
        if stream or not (stat.S_ISREG(there.st_mode) or stat.S_ISDIR(there.st_mode)):
            raise OutputError(f"cannot write {path}: it is a device or a pipe, and would be replaced by a file")
        wanted = file.text.encode()
        alike = there.st_size == len(wanted) and stat.S_IMODE(there.st_mode) == file.mode
        return alike and path.read_bytes() == wanted
    except OSError:
        return False


def _is_copy(temporary: str, path: Path) -> bool:
    """Whether a file is there like the one that is to replace it."""
    with contextlib.suppress(OSError):
        return path.stat().st_mode == Path(temporary).stat().st_mode and filecmp.cmp(temporary, path, shallow=False)
    return False


def _stage(path: Path, file: OutputFile, *, durable: bool) -> str:
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as err:
        err.filename = str(path)  # nobody knows the other name
        raise
    try:
        with _named(path), os.fdopen(handle, "wb") as stream:
            stream.write(file.text.encode())
            stream.flush()
            os.fchmod(stream.fileno(), file.mode)
            if durable:
                os.fsync(stream.fileno())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """A full disk is told of no file."""
    try:
        yield
    except OSError as err:
        err.filename = err.filename or str(path)
        raise


@contextlib.contextmanager
def _as_output_error() -> Iterator[None]:
    try:
        yield
    except OSError as err:
        where = err.filename2 or err.filename or ""
        reason = err.strerror or str(err)
        raise OutputError(f"cannot write{f' {where}' if where else ''}: {reason}") from err
