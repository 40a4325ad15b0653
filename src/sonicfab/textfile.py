"""Text files that somebody gave: read no further than any real one goes."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

from sonicfab.errors import InputError

_MOST = 64 * 1024 * 1024
_MOST_JSON = 256 * 1024 * 1024


def read_text(path: Path, most: int = _MOST) -> str:
    """The text of a file; a device or a pipe that never ends is one that is too large.

    Raises:
        OSError: it cannot be read, or has more than `most` bytes.
        UnicodeDecodeError: it is not UTF-8.
    """
    with path.open("rb") as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise OSError(errno.EFBIG, f"it has more than {most // 1024 // 1024} MB", str(path))
    return read.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")  # as a file that is opened as text


def read_json(path: Path, hint: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What stands in a file that sonicfab writes; `hint` says what does.

    Raises:
        InputError: it cannot be read, has more than 256 MB, or is not JSON.
    """
    try:
        return json.loads(read_text(path, _MOST_JSON))
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror}", hint) from err
    except (ValueError, RecursionError) as err:
        raise InputError(f"{path} is not JSON", hint) from err
