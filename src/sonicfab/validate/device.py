"""Rules on what a switch is: its metadata and its ports against the platform and the image build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb, Row
from sonicfab.hints import first_of
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import ports_of
from sonicfab.schema.facts import to_int
from sonicfab.validate.findings import Finding

WITHOUT = {"rs": frozenset({1000, 10000, 40000}), "fc": frozenset({1000, 100000, 200000, 400000, 800000})}
"""FEC -> speeds in Mb/s for which IEEE 802.3 does not have it (RS: clauses 91, 108, 134; FC: clause 74)."""

_TRUTH = ("frr_mgmt_framework_config",)
"""Fields that one program compares with "true" and another with "false"."""


def check_device(config: ConfigDb, build: Build, platform: Platform | None, *, frr: bool) -> Iterator[Finding]:
    """DEVICE_METADATA, VERSIONS and PORT of one switch.

    The platform is None when it is none that is known; `frr` says that there is an frr.conf to keep.
    """
    yield from _build(build, platform)
    yield from _metadata(config, platform)
    if frr:
        yield from _mode(config, build)
    yield from _version(config, build)
    ports = config.get("PORT", {})
    yield from _shared(ports)
    yield from _fec(ports)
    if platform is not None and ports:
        yield from _platform_ports(ports, build, platform)


def _build(build: Build, platform: Platform | None) -> Iterator[Finding]:
    if platform is not None and platform.name in build.unfit_platforms:
        message = f"{build.name} cannot run on {platform.name}: {build.unfit_platforms[platform.name]}"
        yield Finding("SF-501", "DEVICE_METADATA|localhost", message)


def _metadata(config: ConfigDb, platform: Platform | None) -> Iterator[Finding]:
    if "DEVICE_METADATA" not in config:
        return  # a part of a config
    place = "DEVICE_METADATA|localhost"
    row = config["DEVICE_METADATA"].get("localhost", {})
    for name in ("hwsku", "platform", "mac"):
        if not row.get(name):
            yield Finding("SF-218", f"{place} {name}", f"the field {name} is missing")
    for name in _TRUTH:
        value = str(row.get(name, "true"))
        if value not in ("true", "false"):
            yield Finding("SF-219", f"{place} {name}", f"{name} is '{value}'; expected true or false in small letters")
    if platform is not None:
        for name, expected in (("hwsku", platform.hwsku), ("platform", platform.platform)):
            if row.get(name, expected) != expected:
                message = f"{name} is {row[name]}; a {platform.name} has {expected}"
                yield Finding("SF-221", f"{place} {name}", message)


def _mode(config: ConfigDb, build: Build) -> Iterator[Finding]:
    mode = str(config.get("DEVICE_METADATA", {}).get("localhost", {}).get("docker_routing_config_mode", ""))
    if "DEVICE_METADATA" in config and mode != build.routing_config_mode:
        said = f"is {mode}" if mode else "is missing, which means separated"
        message = f"docker_routing_config_mode {said}; {build.name} keeps frr.conf only in {build.routing_config_mode}"
        hint = f"set it to {build.routing_config_mode}"
        yield Finding("SF-216", "DEVICE_METADATA|localhost docker_routing_config_mode", message, hint)


def _version(config: ConfigDb, build: Build) -> Iterator[Finding]:
    version = str(config.get("VERSIONS", {}).get("DATABASE", {}).get("VERSION", ""))
    if version and build.database_version and version != build.database_version:
        message = f"VERSION is {version}; that of {build.name} is {build.database_version}"
        yield Finding("SF-220", "VERSIONS|DATABASE VERSION", message)


def _shared(ports: Mapping[str, Row]) -> Iterator[Finding]:
    """Lanes and aliases that two ports have."""
    lanes: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for name, row in ports.items():
        taken = {lanes.setdefault(lane, name): lane for lane in _lanes(row)}
        for owner, lane in taken.items():
            if owner != name:
                yield Finding("SF-201", f"PORT|{name} lanes", f"lane {lane} belongs to {owner}, too")
        alias = str(row.get("alias", ""))
        if alias and aliases.setdefault(alias, name) != name:
            yield Finding("SF-202", f"PORT|{name} alias", f"{alias} is the alias of {aliases[alias]}, too")


def _fec(ports: Mapping[str, Row]) -> Iterator[Finding]:
    for name, row in ports.items():
        speed, fec = to_int(str(row.get("speed", ""))), str(row.get("fec", ""))
        if speed is None:
            continue
        if speed == 100000 and fec in ("", "none"):
            yield Finding("SF-207", f"PORT|{name} fec", f"fec is {fec or 'missing'} on a port at 100G")
        elif speed in WITHOUT.get(fec, ()):
            yield Finding("SF-208", f"PORT|{name} fec", f"fec is {fec} on a port at {speed} Mb/s")


def _platform_ports(ports: Mapping[str, Row], build: Build, platform: Platform) -> Iterator[Finding]:
    try:
        known = ports_of(platform.name, build.name)
    except KeyError:
        return  # the build's port table for this platform is not known
    by_lane = {lane: port for port in known.values() for lane in port.lanes}
    for name, row in ports.items():
        port = known.get(name)
        lanes = [int(lane) for lane in _lanes(row) if lane.isdigit()]
        if port is None or set(lanes) - set(port.lanes):
            yield from _foreign(name, lanes, by_lane, platform)
            continue
        yield from _speed(name, row, port, len(lanes), platform)
        alias = str(row.get("alias", ""))
        if alias and alias != port.alias:
            message = f"alias is {alias}; {build.name} calls the port {port.alias}"
            yield Finding("SF-209", f"PORT|{name} alias", message, f"write {port.alias}")
    used = {lane for row in ports.values() for lane in _lanes(row)}
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
    if speed is None or lanes != len(port.lanes):  # broken out: its own part of the speed
        return
    if speed not in can:
        shown = ", ".join(map(str, can))
        yield Finding("SF-206", f"PORT|{name} speed", f"speed is {speed} Mb/s; the port can do {shown}")


def _lanes(row: Row) -> tuple[str, ...]:
    return _split(str(row.get("lanes", "")))


@lru_cache(maxsize=4096)  # the switches of a fabric have few platforms
def _split(lanes: str) -> tuple[str, ...]:
    return tuple(lane.strip() for lane in lanes.split(",") if lane.strip())
