"""Rules on what a switch is: its metadata and its ports against the platform and the image build."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb, Row
from sonicfab.platforms import SONIC_FEC, WITHOUT_FEC, Platform
from sonicfab.ports import unfit_for
from sonicfab.schema.facts import to_int
from sonicfab.validate.breakouts import check_breakouts
from sonicfab.validate.findings import Finding
from sonicfab.validate.platform import check_platform_ports, lanes_of

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?")
"""hostname(7), with the underscore that Linux lets pass; at most 64 characters (limits.h HOST_NAME_MAX)."""
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")

_TRUTH = ("frr_mgmt_framework_config",)
"""Fields that one program compares with "true" and another with "false"."""


def check_device(config: ConfigDb, build: Build, platform: Platform | None, *, frr: bool) -> Iterator[Finding]:
    """DEVICE_METADATA, VERSIONS and PORT of one switch.

    The platform is None when it is none that is known; `frr` says that there is an frr.conf to keep.
    """
    yield from _build(build, platform)
    yield from _metadata(config, platform)
    yield from _identity(config)
    if frr:
        yield from _mode(config, build)
    yield from _version(config, build)
    ports = config.get("PORT", {})
    yield from _shared(ports)
    yield from _fec(ports, SONIC_FEC if platform is None else platform.fec)
    if platform is not None and ports:
        yield from check_platform_ports(ports, build, platform)
        yield from check_breakouts(config, build, platform)


def _build(build: Build, platform: Platform | None) -> Iterator[Finding]:
    if platform is not None and (why := unfit_for(platform, build)):
        message = f"{build.name} cannot run on {platform.name}: {why}"
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


def _identity(config: ConfigDb) -> Iterator[Finding]:
    """A name and a MAC that a host can have."""
    place = "DEVICE_METADATA|localhost"
    row = config.get("DEVICE_METADATA", {}).get("localhost", {})
    name, mac = str(row.get("hostname", "")), str(row.get("mac", ""))
    if name and not _HOST_NAME.fullmatch(name):
        yield Finding("SF-233", f"{place} hostname", f"hostname is '{name}'; expected letters, digits, '-' and '.'")
    octets = mac.replace("-", ":").split(":")
    first = int(octets[0], 16) if _MAC.fullmatch(mac) else 0
    if _MAC.fullmatch(mac) and (first & 1 or not any(int(octet, 16) for octet in octets)):
        kind = "that of a group of hosts" if first & 1 else "nobody's"
        yield Finding("SF-234", f"{place} mac", f"mac is {mac}, which is {kind}")


def _mode(config: ConfigDb, build: Build) -> Iterator[Finding]:
    row = config.get("DEVICE_METADATA", {}).get("localhost", {})
    if row.get("frr_mgmt_framework_config") == "true" and config.get("BGP_GLOBALS"):
        return  # frrcfgd makes the file of CONFIG_DB at each start (sonic-frr-mgmt-framework): nothing is lost
    mode = str(row.get("docker_routing_config_mode", ""))
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
        taken = {lanes.setdefault(lane, name): lane for lane in lanes_of(row)}
        for owner, lane in taken.items():
            if owner != name:
                yield Finding("SF-201", f"PORT|{name} lanes", f"lane {lane} belongs to {owner}, too")
        alias = str(row.get("alias", ""))
        if alias and aliases.setdefault(alias, name) != name:
            yield Finding("SF-202", f"PORT|{name} alias", f"{alias} is the alias of {aliases[alias]}, too")


def _fec(ports: Mapping[str, Row], needed: Mapping[int, str]) -> Iterator[Finding]:
    for name, row in ports.items():
        speed, fec = to_int(str(row.get("speed", ""))), str(row.get("fec", ""))
        if speed is None:
            continue
        if speed in needed and fec in ("", "none"):
            message = f"fec is {fec or 'missing'} on a port at {speed // 1000}G"
            yield Finding("SF-207", f"PORT|{name} fec", message, f"set fec to {needed[speed]}")
        elif speed in WITHOUT_FEC.get(fec, ()):
            yield Finding("SF-208", f"PORT|{name} fec", f"fec is {fec} on a port at {speed} Mb/s")
