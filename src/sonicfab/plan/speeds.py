"""Ports that share a speed: those of a SerDes core, or of a port group of the image (facts of the platform)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab.endpoint import Endpoint
from sonicfab.errors import KeyPath, Problem
from sonicfab.hints import first_of
from sonicfab.plan.cabling import Cabling, speed_text
from sonicfab.plan.types import SwitchSettings
from sonicfab.platforms import WITHOUT_FEC
from sonicfab.ports import groups_in

Use = tuple[str, int, KeyPath]
"""(port, speed, where the topology says so)."""


def mixed_speeds(cabling: Cabling, switches: Mapping[str, SwitchSettings]) -> Iterator[Problem]:
    """Ports in use that share a speed and are to have different ones: the hardware has one for all of them."""
    for switch, uses in _uses(cabling, switches).items():
        settings = switches[switch]
        groups = groups_in(settings.table, settings.platform, settings.build)
        first: dict[tuple[str, ...], Use] = {}
        for port, speed, path in uses:
            group = groups.get(port)
            if group is None or speed not in settings.platform.speeds_of(settings.table[port]):
                continue  # one that cannot have its speed is told already
            owner, its_speed, _ = first.setdefault(group, (port, speed, path))
            if speed != its_speed:
                both = f"{switch}:{port} at {speed_text(speed)} and {owner} at {speed_text(its_speed)}"
                hint = f"give {first_of(group, 12)} one speed, or take ports of another group"
                alike = f"{group[0]} {speed} {its_speed}"
                yield Problem("topology", path, f"{both} share one speed in the hardware", hint, alike=alike)


def impossible_fec(cabling: Cabling, switches: Mapping[str, SwitchSettings]) -> Iterator[Problem]:
    """FEC that ports are given, and that there is none of at their speed."""
    given: list[tuple[str, int, str, KeyPath]] = [
        (link.name, link.speed, link.fec, (*link.path[:2], "fec")) for link in cabling.links if link.fec
    ]
    speeds = {end: link.speed for link in cabling.links for cable in link.cables for end in cable}
    for host in cabling.hosts:
        speeds[Endpoint(host.switch, host.port)] = host.speed
        if host.fec:
            given.append((f"{host.switch}:{host.port}", host.speed, host.fec, (*host.path, "fec")))
    for end, said in cabling.settings.items():
        row = switches[end.switch].table.get(end.port)
        if said.fec and row is not None:
            given.append((str(end), speeds.get(end, said.speed or row.speed), said.fec, said.path("fec")))
    for name, speed, fec, path in given:
        if speed in WITHOUT_FEC.get(fec, ()):
            others = [one for one in WITHOUT_FEC if speed not in WITHOUT_FEC[one]]
            hint = f"ports at {speed_text(speed)} have {' or '.join([*others, 'none'])}"
            message = f"{name} runs at {speed_text(speed)}, for which there is no FEC {fec}"
            yield Problem("topology", path, message, hint, alike=f"{fec} {speed}")


def shared_speeds(used: Mapping[str, int], settings: SwitchSettings) -> dict[str, int]:
    """Unused port -> the speed that the ports in use of its group give it, when they give it one."""
    groups = groups_in(settings.table, settings.platform, settings.build)
    given = {other: speed for port, speed in used.items() for other in groups.get(port, ())}
    return {port: speed for port, speed in given.items() if port not in used}


def _uses(cabling: Cabling, switches: Mapping[str, SwitchSettings]) -> dict[str, list[Use]]:
    uses: dict[str, list[Use]] = {}
    for link in cabling.links:
        for switch, port in (end for cable in link.cables for end in cable):
            uses.setdefault(switch, []).append((port, link.speed, link.path))
    for name, channels in cabling.port_channels.items():
        some = [(port, one.speed, one.path) for one in channels if not one.far for port in one.members]
        uses.setdefault(name, []).extend(some)
    for host in cabling.hosts:
        uses.setdefault(host.switch, []).append((host.port, host.speed, host.path))
    for end, said in cabling.others.items():
        if (row := switches[end.switch].table.get(end.port)) and (said.speed or said.use in ("access", "trunk")):
            uses.setdefault(end.switch, []).append((end.port, said.speed or row.speed, said.path("speed", "use")))
    return uses
