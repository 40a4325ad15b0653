"""What the programs of a switch leave in /var/log/syslog."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

SYSLOG = Path("/var/log/syslog")


def note(program: str, text: str) -> None:
    """Add a line; a full disk keeps no program from its work."""
    stamp = time.strftime("%b %d %H:%M:%S")
    with contextlib.suppress(OSError), SYSLOG.open("a", encoding="utf-8") as file:
        file.write(f"{stamp} {program}: {text}\n")
