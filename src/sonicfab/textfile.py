"""Text files that somebody gave: read no further than any real one goes."""

from __future__ import annotations

import errno
from pathlib import Path

_MOST = 64 * 1024 * 1024


def read_text(path: Path) -> str:
    """The text of a file; a device or a pipe that never ends is one that is too large.

    Raises:
        OSError: it cannot be read, or has more than 64 MB.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open("rb") as file:
        read = file.read(_MOST + 1)
    if len(read) > _MOST:
        raise OSError(errno.EFBIG, f"it has more than {_MOST // 1024 // 1024} MB", str(path))
    return read.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")  # as a file that is opened as text
