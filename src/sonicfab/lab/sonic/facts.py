"""What the lab says of this switch."""

from __future__ import annotations

import json
from typing import Any

from sonicfab.lab.sonic import paths


def lab_facts() -> dict[str, Any]:
    """The mode that keeps frr.conf, when bfdd starts, how fast swss gets ready, and more."""
    facts: dict[str, Any] = json.loads(paths.LAB.read_text(encoding="utf-8"))
    return facts
