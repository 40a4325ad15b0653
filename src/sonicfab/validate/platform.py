"""PORT against the switch model: its port table under the image build, and what its ports share in the hardware."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from sonicfab.builds import Build
from sonicfab.configdb import Row
from sonicfab.hints import first_of
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import core_of, ports_of, speed_groups
from sonicfab.schema.facts import to_int
from sonicfab.validate.codes import Severity
from sonicfab.validate.findings import Finding


def check_platform_ports(ports: Mapping[str, Row], build: Build, platform: Platform) -> Iterator[Finding]:
    """Names, lanes, speeds, aliases and indexes against the port table of the image, and what ports share."""
    try:
        known = ports_of(platform, build)
    except KeyError:
        return  # the build's port table for this platform is not known
    yield from _indexes(ports, known)
    yield from _groups(ports, build, platform)
    by_lane = {lane: port for port in known.values() for lane in port.lanes}
    for name, row in ports.items():
        port = known.get(name)
        lanes = [int(lane) for lane in lanes_of(row) if lane.isdigit()]
        if port is None or set(lanes) - set(port.lanes):
            yield from _foreign(name, lanes, by_lane, platform)
            continue
        yield from _speed(name, row, port, len(lanes), platform)
        alias = str(row.get("alias", ""))
        if alias and alias != port.alias and len(lanes) == len(port.lanes):  # the first part of a port has its own
            message = f"alias is {alias}; {build.name} calls the port {port.alias}"
            yield Finding("SF-209", f"PORT|{name} alias", message, f"write {port.alias}")
    used = {lane for row in ports.values() for lane in lanes_of(row)}
    missing = [port.name for port in known.values() if port.name not in ports and not used & set(map(str, port.lanes))]
    if missing:
        yield Finding("SF-205", "PORT", f"there is no row for {first_of(missing, 4)} of the {platform.name}")


def _foreign(name: str, lanes: list[int], by_lane: Mapping[int, PlatformPort], platform: Platform) -> Iterator[Finding]:
    """A name or lanes that the platform does not have; a part of a port that was broken out by hand is its own."""
    owners = {by_lane[lane].name for lane in lanes if lane in by_lane}
    strange = [lane for lane in lanes if lane not in by_lane]
    if strange or not lanes:
        message = f"{name}: the {platform.name} has no such port" + (f", and no lane {strange[0]}" if strange else "")
        yield Finding("SF-203", f"PORT|{name}", message)
    elif len(owners) > 1 or by_lane[lanes[0]].name == name or not _is_part(name, by_lane[lanes[0]]):
        shown = ",".join(map(str, lanes))
        message = f"lanes {shown} are those of {' and '.join(sorted(owners))} on the {platform.name}"
        yield Finding("SF-204", f"PORT|{name} lanes", message)


def _is_part(name: str, port: PlatformPort) -> bool:
    """Ethernet50 is a part of Ethernet48 when that has four lanes."""
    own, whole = name.removeprefix("Ethernet"), port.name.removeprefix("Ethernet")
    return own.isdigit() and whole.isdigit() and 0 <= int(own) - int(whole) < len(port.lanes)


def _speed(name: str, row: Row, port: PlatformPort, lanes: int, platform: Platform) -> Iterator[Finding]:
    speed = to_int(str(row.get("speed", "")))
    can = platform.speeds[port.speed]
    if speed is None:
        return
    if lanes == len(port.lanes) and speed not in can:
        shown = ", ".join(map(str, can))
        yield Finding("SF-206", f"PORT|{name} speed", f"speed is {speed} Mb/s; the port can do {shown}")
    elif platform.lane_speed and speed > lanes * platform.lane_speed:  # broken out: its own part of the speed
        can_do = f"{lanes} lane{'s' * (lanes != 1)} can do {lanes * platform.lane_speed}"
        yield Finding("SF-206", f"PORT|{name} speed", f"speed is {speed} Mb/s; {can_do}")


def _indexes(ports: Mapping[str, Row], known: Mapping[str, PlatformPort]) -> Iterator[Finding]:
    """The index says which transceiver is the port's; the parts of a port that was broken out share theirs."""
    whole = {str(lane): port for port in known.values() for lane in port.lanes}
    owners: dict[str, tuple[str, str]] = {}
    for name, row in ports.items():
        index, lanes = str(row.get("index", "")), lanes_of(row)
        port = whole.get(lanes[0]) if lanes else None
        if not index or port is None:
            continue
        owner, of = owners.setdefault(index, (name, port.name))
        if of != port.name:
            message = f"index {index} is that of {owner}, too; the image has {port.index}"
            yield Finding("SF-232", f"PORT|{name} index", message, f"write {port.index}")


def _groups(ports: Mapping[str, Row], build: Build, platform: Platform) -> Iterator[Finding]:
    """Ports that share a speed, by their own lanes, or by the port groups of the image."""
    groups = speed_groups(platform, build) if build.port_table in platform.port_groups else {}
    seen: dict[object, list[tuple[str, int, bool]]] = {}
    for name, row in ports.items():
        speed, lanes = to_int(str(row.get("speed", ""))), [int(lane) for lane in lanes_of(row) if lane.isdigit()]
        key = groups.get(name) or core_of(lanes, platform.lanes_per_core)
        if speed is not None and key is not None:
            seen.setdefault(key, []).append((name, speed, row.get("admin_status") == "up"))
    for members in seen.values():
        # the first that is up counts; without one, the first
        owner, its_speed, owner_up = next((one for one in members if one[2]), members[0])
        for name, speed, up in members:
            if speed != its_speed:
                shown = "" if up else ", though it is down"
                message = f"speed is {speed}{shown}; {owner}, which shares one with it, has {its_speed}"
                grade: Severity | Literal[""] = "" if up and owner_up else "warning"
                yield Finding("SF-231", f"PORT|{name} speed", message, "give both one speed", grade=grade)


def lanes_of(row: Row) -> tuple[str, ...]:
    """The lanes of a port, as they are written."""
    return _split(str(row.get("lanes", "")))


@lru_cache(maxsize=4096)  # the switches of a fabric have few platforms
def _split(lanes: str) -> tuple[str, ...]:
    return tuple(lane.strip() for lane in lanes.split(",") if lane.strip())
