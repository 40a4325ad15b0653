"""port_config.ini of a HWSKU, read as SONiC does: sonic-buildimage src/sonic-config-engine/portconfig.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.errors import InputError
from sonicfab.platforms import Platform, PlatformPort

_COLUMNS = ("name", "lanes", "alias", "index")
"""What the columns are when no comment names them."""
_PORT = re.compile(r"Ethernet\d{1,5}")
_INTERNAL = re.compile(r"Ethernet-[A-Za-z0-9]+")
_LANES = re.compile(r"\d{1,5}(,\d{1,5}){0,15}")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.()-]{0,63}")  # Edgecore: Eth6/3(Port1)
_NUMBER = re.compile(r"\d{1,7}")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class PortConfig:
    """The ports of a file, each with lanes, alias, index and speed; `filled` says what the file itself lacks."""

    ports: Mapping[str, Row]
    filled: tuple[str, ...]


def read_port_config(text: str, platform: Platform | None, place: str) -> PortConfig:
    """The front-panel ports of a port_config.ini; `place` names the file in messages.

    Columns may stand in any order. A port without an alias is its own alias, as in SONiC. Speed and index that the
    file has no column for are taken from what is known of the platform, for the port of the same name and lanes.

    Without a platform nothing is known of its ports but what is there.

    Raises:
        InputError: it is not such a file, or a port in it is not usable.
    """
    known: dict[tuple[str, tuple[int, ...]], PlatformPort] = {}
    for table in platform.port_tables.values() if platform else ():
        for port in table.values():
            known.setdefault((port.name, port.lanes), port)
    filled: dict[str, None] = {}
    ports: dict[str, Row] = {}
    for number, row in _rows(text, place):
        where = f"{place}:{number}"
        name = row.pop("name")
        if _INTERNAL.fullmatch(name):
            continue  # recirculation, inband and backplane ports: none of them can be cabled
        if not _PORT.fullmatch(name):
            raise InputError(f"{where}: not a port: {_shown(name)}", "a row begins with Ethernet and a number")
        if name in ports:
            raise InputError(f"{where}: {name} is there twice")
        lanes = row.get("lanes", "")
        if not _LANES.fullmatch(lanes):
            raise InputError(f"{where}: {name} has no lanes" + (f": {_shown(lanes)}" if lanes else ""))
        alike = known.get((name, tuple(int(lane) for lane in lanes.split(","))))
        ports[name] = {"lanes": lanes, "alias": row.get("alias", name), **_numbers(row, name, alike, where, filled)}
        if platform is None and row.get("autoneg") in ("on", "off"):
            ports[name]["autoneg"] = row["autoneg"]
        _check(name, ports[name], platform, where)
    if not ports:
        raise InputError(f"{place}: it has no ports")
    return PortConfig(ports, tuple(filled))


def _rows(text: str, place: str) -> list[tuple[int, Row]]:
    """(line number, column -> value); a comment with the word `name` names the columns of the rows below it."""
    titles: tuple[str, ...] = _COLUMNS
    rows: list[tuple[int, Row]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            words = line.strip().strip("#").split()
            if "name" in words and "lanes" in words:
                titles = tuple(words)
            continue
        words = line.split()
        if not words:
            continue
        if len(words) > len(titles):
            raise InputError(f"{place}:{number}: {len(words)} values for {len(titles)} columns")
        rows.append((number, dict(zip(titles, words, strict=False))))
        if "name" not in rows[-1][1]:
            raise InputError(f"{place}:{number}: a row without a port name")
    return rows


def _numbers(row: Row, name: str, alike: PlatformPort | None, where: str, filled: dict[str, None]) -> Row:
    values: Row = {}
    for column in ("index", "speed"):
        if column in row:
            values[column] = row[column].partition(",")[0]  # an index for each lane: sfputilbase.py takes the first
        elif alike is not None:
            values[column] = str(getattr(alike, column))
            filled[f"{column} of the ports is not in it; it is what is known of the platform"] = None
        else:
            raise InputError(
                f"{where}: {name} has no {column}, and nothing is known of a port with these lanes",
                f"add the column {column} to a copy of the file, in a folder for --from",
            )
    return values


def _check(name: str, row: Row, platform: Platform | None, where: str) -> None:
    if not _ALIAS.fullmatch(row["alias"]):
        raise InputError(f"{where}: the alias of {name} is not usable: {_shown(row['alias'])}")
    for column in ("index", "speed"):
        if not _NUMBER.fullmatch(row[column]):
            raise InputError(f"{where}: the {column} of {name} is not a number: {_shown(row[column])}")
    if platform is not None and int(row["speed"]) not in platform.speeds:
        raise InputError(
            f"{where}: {name} has speed {row['speed']}, which no port of an {platform.model} has",
            f"known are: {', '.join(str(speed) for speed in platform.speeds)}",
        )


def _shown(value: str) -> str:
    return ascii(value[:40])
