"""Ports split into parts, as SONiC does it: sonic-buildimage src/sonic-config-engine/portconfig.py BreakoutCfg."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sonicfab.builds import Build
from sonicfab.platforms import Breakouts, Platform, PlatformPort

MODE = r"(\d{1,2})x(\d{1,4})G(?:\[([0-9G, ]+)\])?(?:\((\d{1,2})\))?"
"""So many parts at a speed, the others that these may have, how many lanes all of them take: 4x25G[10G](4)."""


@dataclass(frozen=True, slots=True)
class Mode:
    """A mode of a port; speeds in Mb/s, the usual one first. `lanes` is 0 where it takes all that the port has."""

    text: str
    parts: int
    speeds: tuple[int, ...]
    lanes: int

    @classmethod
    def of(cls, text: str) -> Mode:
        """What a mode of platform.json says.

        Raises:
            ValueError: it is none.
        """
        match = re.fullmatch(MODE, text)
        if match is None:
            raise ValueError(f"not a breakout mode: {text}")
        others = [one.strip().removesuffix("G") for one in (match[3] or "").split(",") if one.strip()]
        speeds = tuple(int(one) * 1000 for one in (match[2], *others))
        return cls(text, int(match[1]), speeds, int(match[4] or 0))

    def at(self, asked: Mode) -> Mode | None:
        """This mode with the parts and the usual speed that are asked for; None when it is another."""
        if (self.parts, asked.speeds[0] in self.speeds) != (asked.parts, True):
            return None
        usual = asked.speeds[0]
        return Mode(self.text, self.parts, (usual, *(one for one in self.speeds if one != usual)), self.lanes)


def breakouts_of(platform: Platform, build: Build) -> Breakouts | None:
    """How ports of the model split under the build; None: not at all, as far as is known."""
    return platform.breakouts.get(build.port_table)


def modes_of(platform: Platform, build: Build, port: PlatformPort) -> tuple[Mode, ...]:
    """The modes of a port beside the whole one; none where it cannot be split."""
    facts = breakouts_of(platform, build)
    if facts is None or port.name in facts.refused:
        return ()
    return tuple(Mode.of(text) for text in facts.modes.get(port.speed, ()))


def is_whole(port: PlatformPort, asked: Mode) -> bool:
    """True for the mode that leaves a port as it is: one part with all its speed."""
    return asked.parts == 1 and asked.speeds[0] == port.speed


def parts_in(lanes: Mapping[str, Sequence[str]], ports: Mapping[str, PlatformPort]) -> dict[str, list[str]]:
    """Whole port -> the rows that are parts of it, of all rows with their lanes; a port that is whole has none."""
    whole = {str(lane): port for port in ports.values() for lane in port.lanes}
    found: dict[str, list[str]] = {}
    for name, own in lanes.items():
        port = whole.get(own[0]) if own else None
        if port is not None and len(own) < len(port.lanes) and set(own) <= set(map(str, port.lanes)):
            found.setdefault(port.name, []).append(name)
    return found


def why_not(platform: Platform, build: Build, port: PlatformPort) -> str:
    """Why a port has no modes."""
    facts = breakouts_of(platform, build)
    if facts is None:
        return f"how ports of the {platform.name} split under {build.name} is not known"
    if port.name in facts.refused:
        return facts.refused[port.name]
    return f"ports at {port.speed // 1000}G of the {platform.name} do not split"


def parts_of(facts: Breakouts, port: PlatformPort, mode: Mode) -> Iterator[PlatformPort]:
    """The parts of a port in a mode: named by the first of their lanes, in the order of the lanes."""
    lanes = (mode.lanes or len(port.lanes)) // mode.parts
    base = int(port.name.removeprefix("Ethernet"))
    for number in range(mode.parts):
        first = number * lanes
        alias = facts.alias.format(alias=port.alias, index=port.index, part=number + 1)
        yield PlatformPort(
            f"Ethernet{base + first}",
            port.lanes[first : first + lanes],
            port.alias if mode.parts == 1 else alias,
            port.index,
            mode.speeds[0],
            speeds=mode.speeds,
            parent=port.name,
            subport=number + 1 if mode.parts > 1 and facts.subport else 0,
        )
