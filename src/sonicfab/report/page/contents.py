"""What a page is about, before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sonicfab.compare.builds import FabricDiff
from sonicfab.plan.types import FabricPlan
from sonicfab.push.journal import Journal
from sonicfab.push.results import PushResult
from sonicfab.report.picture.states import Verified
from sonicfab.validate.run import Validation


@dataclass(frozen=True)
class Contents:
    """What a page is about.

    Attributes:
        made: when, in words; "" leaves it out.
        journal, result: of a push.
        diff: between image builds.
        validation: of the rendered configs.
        steps: of `ci`: name, exit code, seconds, and why it failed where an error ended it.
    """

    plan: FabricPlan
    verified: Verified = field(default_factory=Verified)
    made: str = ""
    journal: Journal | None = None
    result: PushResult | None = None
    diff: FabricDiff | None = None
    validation: Validation | None = None
    steps: Sequence[tuple[str, int, float, str]] = ()
