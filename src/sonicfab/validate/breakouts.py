"""Ports that are split, in PORT and BREAKOUT_CFG, against what the switch model has under the image build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab.breakouts import Mode, breakouts_of, modes_of, parts_in, why_not
from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb, Row
from sonicfab.hints import first_of
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import ports_of
from sonicfab.schema.facts import to_int
from sonicfab.validate.findings import Finding
from sonicfab.validate.platform import lanes_of


def check_breakouts(config: ConfigDb, build: Build, platform: Platform) -> Iterator[Finding]:
    """Parts of ports that do not split so, and modes that PORT does not follow."""
    try:
        known = ports_of(platform, build)
    except KeyError:
        return  # the build's port table for this platform is not known
    table = config.get("PORT", {})
    split = parts_in({name: lanes_of(row) for name, row in table.items()}, known)
    parts = {port: {name: table[name] for name in names} for port, names in split.items()}
    facts = breakouts_of(platform, build)
    for name, rows in parts.items():
        yield from _parts(known[name], rows, build, platform)
    if parts and facts is not None and not facts.platform_json:
        message = f"{first_of(parts)} split, and {build.name} has no platform.json for the {platform.name}"
        yield Finding("SF-238", "PORT", message)
    yield from _modes(config, known, parts, build, platform)


def _parts(port: PlatformPort, rows: Mapping[str, Row], build: Build, platform: Platform) -> Iterator[Finding]:
    modes = modes_of(platform, build, port)
    for name, row in rows.items():
        lanes, speed = len(lanes_of(row)), to_int(str(row.get("speed", "")))
        if not modes:
            message = f"{name} is a part of {port.name}, which cannot be split: {why_not(platform, build, port)}"
            yield Finding("SF-235", f"PORT|{name} lanes", message)
        elif not any((mode.lanes or len(port.lanes)) // mode.parts == lanes and speed in mode.speeds for mode in modes):
            can = ", ".join(mode.text for mode in modes)
            message = f"{name} has {lanes} of the lanes of {port.name} at {speed} Mb/s; its modes are {can}"
            yield Finding("SF-235", f"PORT|{name} lanes", message, f"take one of {can}")


def _modes(
    config: ConfigDb,
    known: Mapping[str, PlatformPort],
    parts: Mapping[str, Mapping[str, Row]],
    build: Build,
    platform: Platform,
) -> Iterator[Finding]:
    facts = breakouts_of(platform, build)
    for name, row in config.get("BREAKOUT_CFG", {}).items():
        text, place = str(row.get("brkout_mode", "")), f"BREAKOUT_CFG|{name}"
        if facts is None or not facts.platform_json:
            message = f"{build.name} has no platform.json for the {platform.name}: nothing reads brkout_mode {text}"
            yield Finding("SF-236", place, message)
            continue
        try:
            mode = Mode.of(text)
        except ValueError:
            continue  # a mode of several kinds of parts, or none: its words are for the schema to judge
        port = known.get(name)
        if port is None or mode.parts > len(port.lanes):
            continue  # to 202111 four ports of 25G are the parts of a group that is none here
        have = len(parts.get(name, ())) or 1
        if have != mode.parts:
            said = f"{have} rows" if have > 1 else "one row"
            message = f"brkout_mode is {text}; PORT has {said} of {name}"
            yield Finding("SF-237", f"{place} brkout_mode", message)
