"""What systemd knows of SONiC's services: which run, and since when; and what the lab says of this switch.

Apart from what starts them, because who only asks need not load that.
"""

from __future__ import annotations

import json
import time
from typing import Any

from sonicfab.lab.sonic import paths


def lab_facts() -> dict[str, Any]:
    """What the lab says of this switch: the mode that keeps frr.conf, when bfdd starts, how fast swss gets ready."""
    facts: dict[str, Any] = json.loads(paths.LAB.read_text(encoding="utf-8"))
    return facts


def is_active(service: str) -> bool:
    """Whether a service runs."""
    return (paths.STATE / f"{service}.since").exists()


def active_since(service: str) -> float:
    """When it was started, by the monotonic clock; 0 when it does not run."""
    file = paths.STATE / f"{service}.since"
    return float(file.read_text(encoding="utf-8")) if file.exists() else 0.0


def mark(service: str) -> None:
    """It runs from now on."""
    (paths.STATE / f"{service}.since").write_text(str(time.monotonic()), encoding="utf-8")


def unmark(service: str) -> None:
    """It does not run any more."""
    (paths.STATE / f"{service}.since").unlink(missing_ok=True)
