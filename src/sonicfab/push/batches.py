"""Which switches may change at the same time. Pure; O(links) for each batch.

Never all spines of a leaf in one step, nor whatever else would take all uplinks of a switch. Leaves before spines. A
first switch alone, the canary. Switches that carry no traffic yet wait for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sonicfab.plan.types import FabricPlan

CANARY_FROM = 4
"""With fewer switches than this to change, every one is its own canary."""
SHARE = 4
"""Without --batch, a step takes at most one of so many switches of a tier."""


@dataclass(frozen=True)
class Batch:
    """Switches that change in one step.

    Attributes:
        why: what holds for all of them.
        cut_off: switches outside of it that lose every uplink meanwhile, because they have no other.
    """

    switches: tuple[str, ...]
    why: str
    cut_off: tuple[str, ...] = ()


def make_batches(
    plan: FabricPlan, todo: Collection[str], idle: Collection[str], size: int | None = None, canary: bool | None = None
) -> list[Batch]:
    """The steps, in order.

    Args:
        plan: the fabric, with the switches that do not change.
        todo: the switches that change.
        idle: those of them that have no session up: no traffic goes through them.
        size: the most switches in one step; without it a quarter of a tier, and of idle ones all.
        canary: whether one goes first, alone; without it, when there are CANARY_FROM or more.
    """
    graph = _Graph(plan)
    names = [name for name in plan.switches if name in todo]
    idle_names = [name for name in names if name in idle]
    busy = sorted((name for name in names if name not in idle), key=graph.tier)  # stable: leaves first, by name
    steps: list[Batch] = []
    if canary if canary is not None else len(names) >= CANARY_FROM:
        first = next(iter(idle_names or busy), None)
        if first is not None:
            steps.append(Batch((first,), "canary", tuple(graph.cut_off({first} - set(idle)))))
            idle_names, busy = ([name for name in one if name != first] for one in (idle_names, busy))
    for part in _parts(idle_names, size or len(idle_names)):
        steps.append(Batch(tuple(part), "no traffic yet"))
    return steps + _busy_batches(graph, busy, size)


def _busy_batches(graph: _Graph, busy: Sequence[str], size: int | None) -> list[Batch]:
    steps: list[Batch] = []
    for tier in sorted({graph.tier(name) for name in busy}):
        left = [name for name in busy if graph.tier(name) == tier]
        most = size or max(1, graph.members(tier) // SHARE)
        while left:
            taken = _fitting(graph, left, most)
            left = [name for name in left if name not in taken]
            steps.append(Batch(tuple(taken), "", tuple(graph.cut_off(taken))))
    return steps


def _fitting(graph: _Graph, names: Iterable[str], most: int) -> list[str]:
    """As many as may change together; the first always may."""
    taken: list[str] = []
    lost: dict[str, int] = {}
    for name in names:
        below = graph.below(name)
        if taken and any(graph.uplinks(one) - lost.get(one, 0) <= 1 for one in below):
            continue
        taken.append(name)
        for one in below:
            lost[one] = lost.get(one, 0) + 1
        if len(taken) == most:
            break
    return taken


class _Graph:
    """The fabric's switches and who is above whom."""

    def __init__(self, plan: FabricPlan) -> None:
        self._tiers = {name: switch.role.tier for name, switch in plan.switches.items()}
        self._far = {
            name: {session.far.switch for session in switch.fabric_sessions} for name, switch in plan.switches.items()
        }

    def tier(self, name: str) -> int:
        return self._tiers[name]

    def members(self, tier: int) -> int:
        return sum(1 for one in self._tiers.values() if one == tier)

    def below(self, name: str) -> list[str]:
        """The switches that a switch is an uplink of."""
        return [far for far in self._far[name] if self._tiers[far] < self._tiers[name]]

    def uplinks(self, name: str) -> int:
        """How many switches are above one."""
        return sum(1 for far in self._far[name] if self._tiers[far] > self._tiers[name])

    def cut_off(self, taken: Collection[str]) -> list[str]:
        """The switches that have no uplink but these."""
        below = {one for name in taken for one in self.below(name)}
        return sorted(
            one for one in below if all(far in taken for far in self._far[one] if self._tiers[far] > self._tiers[one])
        )


def _parts(names: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size or 1))
