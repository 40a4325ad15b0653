"""The front of a switch as the plan uses it: which ports are free, and which may have the speeds that one needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.breakouts import Mode, modes_of, parts_of
from sonicfab.model.fields import ranges
from sonicfab.plan.cabling import speed_text
from sonicfab.plan.types import PortPlan, SwitchPlan
from sonicfab.platforms import FrontBlock, PlatformPort
from sonicfab.ports import groups_in, ports_of

_NEED = re.compile(r"(\d{1,3})\s*x\s*(\d{1,4})\s*[gG]")


@dataclass(frozen=True, slots=True)
class Cage:
    """One port on the front.

    Attributes:
        port: its row of the port table, whole.
        block, row, column: where it is, each counted from 0; columns within the block.
        ports: what it is in the plan: itself, or its parts.
        group: the ports with which it shares a speed, itself among them; () where it shares it with none.
        modes: those that it can be split into.
        kind: of the block, where lanes and speeds do not tell what it is: `RJ45`.
    """

    port: PlatformPort
    kind: str
    block: int
    row: int
    column: int
    ports: tuple[PortPlan, ...]
    group: tuple[str, ...]
    modes: tuple[Mode, ...]

    @property
    def split(self) -> bool:
        """True when the plan has its parts."""
        return self.ports[0].lanes != self.port.lanes

    @property
    def free(self) -> bool:
        """True when nothing uses it, nor any of its parts, and nobody has set any of them."""
        return not self.split and is_free(self.ports[0])


@dataclass(frozen=True, slots=True)
class Need:
    """So many ports at a speed in Mb/s."""

    count: int
    speed: int

    @classmethod
    def several(cls, text: str) -> tuple[Need, ...]:
        """What `12x25G,4x10G` says, the same speed once.

        Raises:
            ValueError: it says something else.
        """
        found: dict[int, int] = {}
        for word in text.split(","):
            match = _NEED.fullmatch(word.strip())
            if match is None or not int(match[1]) or not int(match[2]):
                raise ValueError(word.strip())
            found[int(match[2]) * 1000] = found.get(int(match[2]) * 1000, 0) + int(match[1])
        return tuple(cls(count, speed) for speed, count in found.items())


@dataclass(frozen=True, slots=True)
class Offer:
    """What a need would get.

    Attributes:
        ports: whole ports, and parts, by their names; at most as many as are needed.
        speed: the speed to write where it is not the one that they have by themselves; else 0.
        split: port -> the mode it would be split into for it.
    """

    need: Need
    ports: tuple[str, ...]
    speeds: Mapping[str, int] = field(default_factory=dict)
    split: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """So many more would be needed."""
        return self.need.count - len(self.ports)


def is_free(port: PortPlan) -> bool:
    """True when nothing uses a port, and nobody has said that it is up or down, or what it is."""
    return not port.used and port.admin is None and not port.description


def front_of(switch: SwitchPlan) -> tuple[Cage, ...]:
    """The ports on the front in the order of the port table; without facts of the front in two rows."""
    plain = ports_of(switch.platform, switch.build)
    groups = groups_in(plain, switch.platform, switch.build)
    planned = {port.name: port for port in switch.ports}
    inside: dict[str, list[PortPlan]] = {}
    for name, row in switch.table.items():
        inside.setdefault(row.parent or name, []).append(planned[name])
    places = _places(switch.platform.front or (FrontBlock(len(plain), 2),), len(plain))
    return tuple(
        Cage(port, *place, tuple(inside[name]), groups.get(name, ()), modes_of(switch.platform, switch.build, port))
        for (name, port), place in zip(plain.items(), places, strict=True)
    )


def _places(blocks: Sequence[FrontBlock], count: int) -> list[tuple[str, int, int, int]]:
    """(kind, block, row, column) of each port; what the facts do not count is in a last block of two rows."""
    rest = count - sum(block.count for block in blocks)
    whole = [*blocks, *([FrontBlock(rest, 2)] if rest > 0 else [])]
    return [
        (block.kind, number, at % block.rows, at // block.rows)
        for number, block in enumerate(whole)
        for at in range(block.count)
    ][:count]


def propose(switch: SwitchPlan, needs: Iterable[Need]) -> tuple[Offer, ...]:
    """Free ports that may have these speeds at once, beside what there is.

    First those whose own speed it is, in groups that have it already, then in groups that are free as a whole; then
    faster ports that can be set to it; then ports that are split. Needs with the fewest ports to choose from choose
    first.
    """
    work = _Choice(switch)
    order = sorted(needs, key=lambda need: (work.choices(need.speed), -need.speed))
    offers = {need: work.offer(need) for need in order}
    return tuple(offers[need] for need in needs)


class _Choice:
    """What is left of the front while needs choose."""

    def __init__(self, switch: SwitchPlan) -> None:
        self._switch = switch
        self._free = {cage.port.name: cage for cage in front_of(switch) if cage.free}
        self._speeds: dict[tuple[str, ...], int] = {}
        """The speed that a group has: of the ports that are in use, or of those that were offered."""
        for cage in front_of(switch):
            if cage.group and any(not is_free(port) for port in cage.ports):
                self._speeds[cage.group] = cage.ports[0].speed

    def choices(self, speed: int) -> int:
        return sum(1 for _ in self._whole(speed)) or sum(mode.parts for _, mode in self._splits(speed))

    def offer(self, need: Need) -> Offer:
        chosen: dict[str, int] = {}
        split: dict[str, str] = {}
        while len(chosen) < need.count and (cage := self._best(need, need.count - len(chosen))):
            del self._free[cage.port.name]
            if cage.group:
                self._speeds[cage.group] = need.speed
            chosen[cage.port.name] = need.speed if cage.port.speed != need.speed else 0
        for cage, mode in list(self._splits(need.speed)):
            if len(chosen) >= need.count:
                break
            del self._free[cage.port.name]
            facts = self._switch.platform.breakouts[self._switch.build.port_table]
            split[cage.port.name] = f"{mode.parts}x{need.speed // 1000}G"
            parts = [part.name for part in parts_of(facts, cage.port, mode)]
            chosen |= dict.fromkeys(parts[: need.count - len(chosen)], 0)
        return Offer(need, tuple(chosen), {name: speed for name, speed in chosen.items() if speed}, split)

    def _best(self, need: Need, count: int) -> Cage | None:
        """The next whole port: of the group that has the speed, or the free group that is the nearest in size."""
        left: dict[tuple[str, ...], int] = {}
        for cage in self._free.values():
            left[cage.group] = left.get(cage.group, 0) + 1

        def rank(cage: Cage) -> tuple[int, int, int]:
            waste = cage.port.speed - need.speed
            if not cage.group:
                return waste, 1, 0
            has = self._speeds.get(cage.group) == need.speed
            return waste, 0 if has else 2, 0 if has else abs(left[cage.group] - count)

        return min(self._whole(need.speed), key=rank, default=None)

    def _whole(self, speed: int) -> Iterator[Cage]:
        for cage in self._free.values():
            can = speed in self._switch.platform.speeds_of(cage.port)
            if can and self._speeds.get(cage.group, speed) == speed:
                yield cage

    def _splits(self, speed: int) -> Iterator[tuple[Cage, Mode]]:
        for cage in self._free.values():
            fits = [mode for mode in cage.modes if mode.parts > 1 and speed in mode.speeds]
            if fits and not cage.group:
                yield cage, max(fits, key=lambda mode: mode.parts)


def entries(switch: SwitchPlan, offers: Iterable[Offer]) -> list[str]:
    """The offers as lines of `ports:` in a topology; later ones go on from earlier ones."""
    lines: list[str] = []
    for offer in offers:
        for mode in dict.fromkeys(offer.split.values()):
            some = ranges(name for name, one in offer.split.items() if one == mode)
            lines.append(_entry(switch.name, some, f"breakout: {mode}"))
        for speed in dict.fromkeys(offer.speeds.get(name, 0) for name in offer.ports):
            some = ranges(name for name in offer.ports if offer.speeds.get(name, 0) == speed)
            lines.append(_entry(switch.name, some, "use: bgp" + (f", speed: {speed_text(speed)}" if speed else "")))
    return lines


def _entry(switch: str, ports: Sequence[str], rest: str) -> str:
    said = ports[0] if len(ports) == 1 else f"[{', '.join(ports)}]"
    return f"- {{switches: {switch}, ports: {said}, {rest}}}"
