"""Which services run, and which timers wait: what is asked of a switch more often than anything else.

So nothing is loaded for it: pathlib, json or typing alone take longer than this program.
"""

from __future__ import annotations

import os

STATE = "/run/sonic"
"""What systemd would know: which services run, and since when."""
LAB = "/etc/sonic/sonicfab-lab.json"
"""Says that this is a lab switch, and of which lab; no real switch has it."""


def is_active(service: str) -> bool:
    """Whether a service runs."""
    return os.path.exists(f"{STATE}/{service}.since")  # noqa: PTH110 - see above


def timer_is_active(unit: str) -> bool:
    """Whether a timer waits, or what it has started runs and it will come again."""
    return os.path.exists(f"{STATE}/timers/{unit}")  # noqa: PTH110 - see above
