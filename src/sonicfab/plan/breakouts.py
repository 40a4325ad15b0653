"""The ports of each switch after those are split that the topology wants split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from sonicfab.breakouts import Mode, breakouts_of, is_whole, modes_of, parts_of, why_not
from sonicfab.errors import KeyPath, Problem
from sonicfab.model.topology import Topology
from sonicfab.plan.ports import picked
from sonicfab.plan.types import BreakoutPlan, SwitchSettings
from sonicfab.platforms import PlatformPort
from sonicfab.ports import PortTable, ports_of


def break_out(
    topology: Topology, switches: Mapping[str, SwitchSettings], *, complete: bool = True
) -> tuple[dict[str, SwitchSettings], list[Problem]]:
    """The switches with their ports as the topology splits them, and what cannot be."""
    asked: dict[str, dict[str, tuple[Mode, KeyPath]]] = {}
    for index, entry in enumerate(topology.ports):
        if entry.breakout:
            path: KeyPath = ("ports", index)
            for switch, port in picked(entry, path, switches, {}, [], complete=complete):
                asked.setdefault(switch, {})[port] = (Mode.of(entry.breakout), (*path, "breakout"))
    problems: list[Problem] = []
    split = dict(switches)
    for name, modes in asked.items():
        split[name], found = _split(switches[name], modes)
        problems += found
    return split, problems


def _split(switch: SwitchSettings, asked: Mapping[str, tuple[Mode, KeyPath]]) -> tuple[SwitchSettings, list[Problem]]:
    plain = ports_of(switch.platform, switch.build)
    table: dict[str, PlatformPort] = {}
    plans: list[BreakoutPlan] = []
    problems: list[Problem] = []
    facts = breakouts_of(switch.platform, switch.build)
    for name, port in plain.items():
        mode, path = asked.get(name, (None, ()))
        if mode is None:
            table[name] = port
            continue
        fits = next(filter(None, (one.at(mode) for one in modes_of(switch.platform, switch.build, port))), None)
        if is_whole(port, mode) or fits is None or facts is None:
            table[name] = port
            problems += [] if is_whole(port, mode) else [_cannot(switch, port, mode, path)]
            continue
        parts = {part.name: part for part in parts_of(facts, port, fits)}
        problems += _overlaps(switch, port, parts, plain, path)
        table |= parts
        plans += [BreakoutPlan(name, fits.text)] if facts.platform_json else []
    return replace(switch, table=PortTable(table), breakouts=tuple(plans)), problems


def _cannot(switch: SwitchSettings, port: PlatformPort, mode: Mode, path: KeyPath) -> Problem:
    modes = modes_of(switch.platform, switch.build, port)
    whole = f"1x{port.speed // 1000}G"
    can = ", ".join([whole, *(one.text for one in modes)])
    hint = f"its modes are {can}" if modes else why_not(switch.platform, switch.build, port)
    message = f"{switch.name}:{port.name} ({switch.platform.name}) cannot be split into {mode.text}"
    return Problem("topology", path, message, hint, alike=f"{switch.platform.name} {switch.build.name} {hint}")


def _overlaps(
    switch: SwitchSettings, port: PlatformPort, parts: Mapping[str, PlatformPort], plain: PortTable, path: KeyPath
) -> Iterator[Problem]:
    """Parts whose names are those of other ports: SONiC names a part by the place of its first lane."""
    for name in parts:
        if name in plain and name != port.name:
            message = f"{switch.name}: a part of {port.name} would be called {name}, which is another port"
            yield Problem("topology", path, message, "take a mode with fewer parts")
