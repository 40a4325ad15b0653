"""A folder that somebody else filled: nothing outside it is read, and nothing that is not a plain file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sonicfab.errors import InputError

MAX_TEXT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder and what may be read below it; paths are relative to it, with slashes."""

    root: Path

    def place(self, path: str) -> str:
        """How messages and sources name a file."""
        return str(self.root / path)

    def has(self, path: str) -> bool:
        """Whether a file or folder is there, inside the tree.

        Raises:
            InputError: it cannot be looked at.
        """
        found = self._resolve(path)
        return found is not None and found.exists()

    def names(self, folder: str) -> list[str]:
        """The names in a folder, in order; none when there is no such folder.

        Raises:
            InputError: it cannot be read.
        """
        found = self._resolve(folder)
        try:
            return sorted(entry.name for entry in found.iterdir()) if found and found.is_dir() else []
        except OSError as err:
            raise InputError(f"{self.place(folder)}: cannot be read: {err.strerror}") from err

    def text(self, path: str) -> str | None:
        """The text of a file; None when it is not there.

        Raises:
            InputError: it cannot be read, is too large, is no plain file or no text, or leads out of the folder.
        """
        found = self._resolve(path)
        try:
            if found is None or not found.exists():
                return None
            if not found.is_file():
                raise InputError(f"{self.place(path)}: not a plain file")
            with found.open("rb") as stream:
                content = stream.read(MAX_TEXT + 1)
            if len(content) > MAX_TEXT:
                raise InputError(f"{self.place(path)}: larger than {MAX_TEXT >> 20} MB")
            return content.decode("utf-8")
        except OSError as err:
            raise InputError(f"{self.place(path)}: cannot be read: {err.strerror}") from err
        except UnicodeDecodeError as err:
            raise InputError(f"{self.place(path)}: not UTF-8 text") from err

    def _resolve(self, path: str) -> Path | None:
        """Where a path leads; None when nothing is there.

        The absolute links of an image mean its own root, which here would be this machine's: they are refused.
        """
        try:
            root = self.root.resolve()
            found = (root / path).resolve()
            if not found.is_relative_to(root):
                raise InputError(f"{self.place(path)}: a link that leads out of the folder")
            return found
        except (OSError, RuntimeError) as err:
            raise InputError(f"{self.place(path)}: cannot be read: {getattr(err, 'strerror', None) or err}") from err
