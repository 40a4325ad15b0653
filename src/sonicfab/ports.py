"""A switch model under an image build: whether it runs, what is wrong with it, and how its ports are named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache

from sonicfab.builds import Build, Defect
from sonicfab.hints import did_you_mean
from sonicfab.platforms import Platform, PlatformPort


class PortTable(dict[str, PlatformPort]):
    """The ports of one switch by name, in front panel order."""

    @cached_property
    def named(self) -> Mapping[str, PlatformPort]:
        """The same by name and by alias."""
        return {**{port.alias: port for port in self.values()}, **self}


def unfit_for(platform: Platform, build: Build) -> str | None:
    """Why a build cannot run on a switch model; "" when it can, None when that is not known.

    It follows from what the model needs and what the image carries; a port table alone is no driver.
    """
    if platform.name in build.unfit_platforms:
        return build.unfit_platforms[platform.name]
    if not platform.modules:
        return ""
    if platform.modules not in build.platform_modules:
        return None
    if build.platform_modules[platform.modules]:
        return ""
    whose = platform.modules.capitalize()
    return f"the image carries no {whose} platform modules (no drivers for ports, fans and power supplies)"


def not_known(platform: Platform, build: Build) -> str:
    """What is to be said where `unfit_for` does not know."""
    pair, whose = f"{build.name} runs on {platform.name}", platform.modules.capitalize()
    return f"whether {pair} is not known: nobody has looked for {whose} platform modules in it"


def defects_on(build: Build, platforms: Iterable[Platform]) -> tuple[Defect, ...]:
    """What is known to be wrong with a build on some switch models: what concerns them of the build's own, then theirs.

    What several models have in common is told once.
    """
    branch, of_models = build.identified_by.get("branch", build.name), dict[Defect, list[str]]()
    named = {platform.name: platform for platform in platforms}
    for name, platform in named.items():
        for one in platform.defects.get(build.port_table, ()):
            of_models.setdefault(replace(one, source=one.source.format(branch=branch)), []).append(name)
    own = (one for one in build.defects if not one.platforms or named.keys() & set(one.platforms))
    return (*own, *(replace(one, platforms=tuple(names)) for one, names in of_models.items()))


@lru_cache(maxsize=64)
def ports_of(platform: Platform, build: Build) -> PortTable:
    """The ports as they are when nobody has broken any out.

    Raises:
        KeyError: the build's ports for this platform are not known.
    """
    own = build.ports.get(platform.hwsku)
    if own is None:
        return PortTable(platform.ports(build.port_table))
    return PortTable(
        (
            name,
            PlatformPort(
                name,
                tuple(int(lane) for lane in row["lanes"].split(",")),
                row.get("alias", name),
                int(row.get("index", 0)),
                int(row["speed"]),
            ),
        )
        for name, row in own.items()
    )


def nearest_port(name: str, ports: Collection[str]) -> str:
    """A hint that names the port with the nearest number, else one that is spelt alike."""
    match = re.fullmatch(r"([A-Za-z]+)(\d+)", name)
    numbered = [port for port in ports if match and re.fullmatch(rf"{match[1]}\d+", port, re.IGNORECASE)]
    if not match or not numbered:
        return did_you_mean(name, ports)
    near = min(numbered, key=lambda port: abs(int(re.sub(r"\D", "", port)) - int(match[2])))
    return f"did you mean '{near}'?"


def elsewhere(text: str, platform: Platform, build: Build) -> str:
    """A hint when the text is what other images call a port of this model; else nothing."""
    for table in platform.port_tables.values():
        for port in table.values():
            if port.alias == text:
                return f"other images have that alias, {build.name} has not: the name of the port is {port.name}"
    return ""


@lru_cache(maxsize=64)
def speed_groups(platform: Platform, build: Build) -> Mapping[str, tuple[str, ...]]:
    """Port -> all ports with which it shares a speed, itself among them; ports that share it with none are left out.

    Raises:
        KeyError: as ports_of.
    """
    return _grouped(ports_of(platform, build), platform, build)


def groups_in(table: PortTable, platform: Platform, build: Build) -> Mapping[str, tuple[str, ...]]:
    """The same of the ports of one switch, some of which may be split."""
    plain = table is ports_of(platform, build)
    return speed_groups(platform, build) if plain else _grouped(table, platform, build)


def _grouped(table: PortTable, platform: Platform, build: Build) -> Mapping[str, tuple[str, ...]]:
    size = platform.port_groups.get(build.port_table, 0)
    groups: dict[int, list[str]] = {}
    for position, port in enumerate(table.values()):
        core = core_of(port.lanes, platform.lanes_per_core)
        number = position // size if size else core
        if number is not None:
            groups.setdefault(number, []).append(port.name)
    return {name: tuple(names) for names in groups.values() if len(names) > 1 for name in names}


def core_of(lanes: Collection[int], lanes_per_core: int) -> int | None:
    """The SerDes core that the lanes are of, counted from 0; None when they are of several, or it is not known."""
    cores = {(lane - 1) // lanes_per_core for lane in lanes} if lanes_per_core else set()
    return cores.pop() if len(cores) == 1 else None
