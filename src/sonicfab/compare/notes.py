"""What a comparison of two builds tells beside the rendered files: notes in parts.

A part is a function of a `BuildStep`; `sonicfab.compare.builds.PARTS` lists them. A further one (what the schema of the
tables in use allows no more, say) is a function there and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sonicfab.builds import Build
from sonicfab.plan.types import SwitchPlan
from sonicfab.platforms import Platform

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to know.

    Attributes:
        title: what is different, in a few words.
        detail: the old and the new, or what it is about.
        reason: what follows for an operator.
        source: where it is from.
        switches: whom it concerns; none says all of the step.
    """

    title: str
    detail: str
    reason: str
    source: str
    severity: Severity = "info"
    switches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BuildStep:
    """From one build to another, for the switches that take this step.

    `used` has the fields of each table that is rendered for them under either build.
    """

    old: Build
    new: Build
    switches: tuple[SwitchPlan, ...]
    used: Mapping[str, frozenset[str]]

    def on(self, platform: Platform) -> tuple[str, ...]:
        """The switches of a model."""
        return tuple(switch.name for switch in self.switches if switch.platform == platform)


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one subject, the gravest first."""

    name: str
    title: str
    notes: tuple[Note, ...]


NoteMaker = Callable[[BuildStep], list[Note]]
