"""The BGP matrix: who has sessions with whom, and how they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sonicfab.configdb import natural_key
from sonicfab.plan.types import FabricPlan
from sonicfab.report.picture.states import MARKS, WORDS, State, Verified, worst, worst_of
from sonicfab.verify.results import CheckResult


@dataclass(frozen=True)
class Cell:
    """The sessions of two switches.

    Attributes:
        up, all: session ends and families that are established, and all that are planned and were looked at.
        told: what is not as intended.
    """

    state: State
    planned: int
    up: int
    all: int
    told: str

    @property
    def text(self) -> str:
        """`✔ 4/4`; without a verification so many sessions."""
        return f"{MARKS[self.state]} {self.up}/{self.all}" if self.all else str(self.planned)

    @property
    def word(self) -> str:
        """The state in words."""
        return WORDS[self.state]


@dataclass(frozen=True)
class Matrix:
    """Switches that have sessions with the same others: rows by name, each with a cell or None for a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def matrices(plan: FabricPlan, verified: Verified) -> tuple[Matrix, ...]:
    """Each pair of switches once: the lower in a row, the upper in a column."""
    pairs: dict[tuple[str, str], list[CheckResult]] = {}
    planned: dict[tuple[str, str], int] = defaultdict(int)
    for name, switch in plan.switches.items():
        for session in switch.fabric_sessions:
            pair = _pair(plan, name, session.far.switch)
            pairs.setdefault(pair, []).extend(verified.session(name, session.peer))
            planned[pair] += name == pair[0]
    across: dict[str, set[str]] = defaultdict(set)
    for low, high in pairs:
        across[low].add(high)
    alike: dict[frozenset[str], list[str]] = defaultdict(list)
    for low in sorted(across, key=lambda name: (plan.switches[name].role.tier, natural_key(name))):
        alike[frozenset(across[low])].append(low)
    return tuple(_matrix(lows, highs, pairs, planned) for highs, lows in alike.items())


def _pair(plan: FabricPlan, one: str, other: str) -> tuple[str, str]:
    """The lower of two switches first; of one tier the first by name."""
    low, high = sorted((one, other), key=lambda name: (plan.switches[name].role.tier, natural_key(name)))
    return low, high


def _matrix(
    lows: Iterable[str],
    highs: Iterable[str],
    pairs: Mapping[tuple[str, str], list[CheckResult]],
    planned: Mapping[tuple[str, str], int],
) -> Matrix:
    columns = tuple(sorted(highs, key=natural_key))
    rows = tuple(
        (low, tuple(_cell(pairs[low, high], planned[low, high]) if (low, high) in pairs else None for high in columns))
        for low in lows
    )
    return Matrix(columns, rows)


def _cell(results: list[CheckResult], planned: int) -> Cell:
    bad = [f"{one.switch} {one.subject} {one.family}: {one.seen}" for one in results if one.status == "failed"]
    looked = [one for one in results if one.status in ("ok", "failed")]
    state = worst(results)
    return Cell(worst_of([state]), planned, sum(one.status == "ok" for one in looked), len(looked), "; ".join(bad))
