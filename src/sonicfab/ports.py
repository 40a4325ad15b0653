"""The ports of a switch model as an image build names them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sonicfab.builds import cached_by_build, get_build
from sonicfab.platforms import PlatformPort, get_platform


def unfit_for(platform: str, build: str) -> str | None:
    """Why a build cannot run on a switch model; "" when it can, None when that is not known.

    Raises:
        KeyError: the platform or the build is not known.
    """
    model, facts = get_platform(platform), get_build(build)
    if platform in facts.unfit_platforms:
        return facts.unfit_platforms[platform]
    if model.hwsku in facts.ports:  # learned with the ports of this model
        return ""
    if facts.platform_modules is None:
        return None
    if model.modules in facts.platform_modules:
        return ""
    return f"the image carries no platform modules of {model.modules} (no drivers for ports, fans and power supplies)"


@cached_by_build
def ports_of(platform: str, build: str) -> Mapping[str, PlatformPort]:
    """Port name -> port, in front panel order.

    Raises:
        KeyError: the platform or the build is not known, or the build's ports for this platform are not.
    """
    model, facts = get_platform(platform), get_build(build)
    own = facts.ports.get(model.hwsku)
    if own is None:
        return model.ports(facts.port_table)
    return {
        name: PlatformPort(
            name,
            tuple(int(lane) for lane in row["lanes"].split(",")),
            row.get("alias", name),
            int(row.get("index", 0)),
            int(row["speed"]),
        )
        for name, row in own.items()
    }


@cached_by_build
def speed_groups(platform: str, build: str) -> Mapping[str, tuple[str, ...]]:
    """Port -> all ports with which it shares a speed, itself among them; ports that share it with none are left out.

    Raises:
        KeyError: as ports_of.
    """
    model, facts = get_platform(platform), get_build(build)
    ports = list(ports_of(platform, build).values())
    size = model.port_groups.get(facts.port_table, 0)
    groups: dict[int, list[str]] = {}
    for position, port in enumerate(ports):
        core = core_of(port.lanes, model.lanes_per_core)
        number = position // size if size else core
        if number is not None:
            groups.setdefault(number, []).append(port.name)
    return {name: tuple(names) for names in groups.values() if len(names) > 1 for name in names}


def core_of(lanes: Collection[int], lanes_per_core: int) -> int | None:
    """The SerDes core that the lanes are of, counted from 0; None when they are of several, or it is not known."""
    cores = {(lane - 1) // lanes_per_core for lane in lanes} if lanes_per_core else set()
    return cores.pop() if len(cores) == 1 else None
