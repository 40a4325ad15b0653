"""What a push would do, of a fabric whose switches nobody asks: they run what the old files say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sonicfab
from sonicfab.operations.push import Planned
from sonicfab.push.comparison import Target
from sonicfab.push.refusals import Observation
from sonicfab.push.run import PushOptions, decide
from sonicfab.runner import Outcome
from test_push_shown import MORE, fabric_of, looked, rendered


def planned(
    folder: Path, leaves: int = 2, more: str = MORE, *, looks: Mapping[str, Observation] | None = None
) -> Planned:
    """From a fabric without `more` to one with it; `looks` are of switches that were seen otherwise."""
    for name in ("old", "new"):
        (folder / name).mkdir(exist_ok=True)
    running, _ = rendered(folder / "old", leaves)
    files = fabric_of(folder / "new", leaves, more)
    sonicfab.Site.open(*files).fabric.keep_numbers()
    site = sonicfab.Site.open(*files)
    targets = {one.switch: Target.of(one) for one in site.configs()}
    seen = {name: (looks or {}).get(name) or looked(running[name], target) for name, target in targets.items()}
    options = PushOptions()
    decision = decide(site.fabric.plan, targets, seen, options)
    outcomes = {name: Outcome(value=look) for name, look in seen.items()}
    return Planned(site, "push", targets, options, outcomes, decision)
