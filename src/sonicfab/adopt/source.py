"""The config of one switch as somebody has it, and the folders that such configs are found in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sonicfab.configdb import ConfigDb
from sonicfab.errors import InputError
from sonicfab.ownership.record import Record
from sonicfab.switch.state.lldp import LldpNeighbor
from sonicfab.validate.findings import Finding
from sonicfab.validate.reading import as_config_db, parse_json, text_of


@dataclass(frozen=True)
class Source:
    """What is known of a switch before anybody has made sense of it.

    Attributes:
        name: of its folder or file, or the host that was asked.
        place: where its config_db is from, for people.
        config_db: its tables; what is none is left out, and told in `odd`.
        frr: the text of frr.conf, or FRR's running config; "" where there is none.
        neighbors: what LLDP says, of a switch that runs.
        version: of sonic_version.yml, of a switch that runs.
        host: the address that it was reached at; "" for files.
        mac: the base MAC that it says itself; "" for files.
        record: what of it is ours by earlier pushes.
        serial: its serial number, where somebody tells it.
    """

    name: str
    place: str
    config_db: ConfigDb = field(repr=False)
    frr: str = field(default="", repr=False)
    odd: tuple[str, ...] = ()
    neighbors: tuple[LldpNeighbor, ...] = ()
    version: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    port: int = 22
    user: str = ""
    mac: str = ""
    record: Record = field(default=Record(), repr=False)
    serial: str = ""


_MOST_FILES = 20_000
"""JSON files below one place; more is no folder of configs."""
_PLAIN = frozenset({"config_db", "config-db", "running", "running-config"})
"""File names that say nothing of the switch: its folder does."""
_NO_NAME = frozenset({"etc", "sonic", "frr", "config", "configs", ""})
_ENDINGS = re.compile(r"[._-](?:main|config[._-]?db|config|running|sonic)$", re.IGNORECASE)
_TABLES = frozenset({"DEVICE_METADATA", "PORT", "MGMT_INTERFACE", "INTERFACE", "VLAN"})
"""A file with one of these is a config_db."""


def read_folders(places: Sequence[Path]) -> list[Source]:
    """Every switch below these folders (or of these files), by the layouts that people keep configs in.

    NAME/config_db.json with NAME/frr.conf or NAME/frr/frr.conf; /etc/sonic of a switch; NAME.json with NAME.conf or
    NAME_frr.conf; NAME_main.json or NAME_config_db.json beside NAME_frr.conf; a build folder of sonicfab.

    Raises:
        InputError: with every file that is a config and cannot be read; or there is none.
    """
    found: list[Source] = []
    mistakes: list[InputError] = []
    for place in places:
        if not place.exists():
            mistakes.append(InputError(f"{place}: no such folder or file"))
            continue
        try:
            paths = list(_json_files(place))
        except InputError as err:
            mistakes.append(err)
            continue
        for path in paths:
            try:
                found += _source(path, named=path.stem.lower() in _PLAIN or path == place)
            except InputError as err:
                mistakes.append(err)
    if mistakes:
        message = "; ".join(map(str, mistakes))
        raise InputError(message, mistakes[0].hint, [one for err in mistakes for one in err.diagnostics])
    if not found:
        shown = ", ".join(map(str, places))
        raise InputError(
            f"{shown}: no config_db.json of a switch", "expected such as NAME/config_db.json and NAME/frr.conf"
        )
    return found


def _json_files(place: Path) -> Iterator[Path]:
    """In the order of their names. A folder that cannot be read is a mistake, for it may hold a switch."""
    if place.is_file():
        yield place
        return

    def unreadable(err: OSError) -> None:
        raise InputError(f"cannot read {err.filename}: {err.strerror}") from err

    walked = os.walk(place, onerror=unreadable)
    named = [Path(folder, name) for folder, _, names in walked for name in names if name.endswith(".json")]
    found = [path for path in named if path.is_file()]  # no link to nowhere
    if len(found) > _MOST_FILES:
        raise InputError(f"{place}: {len(found)} JSON files below it", "name the folder that has the configs")
    yield from sorted(found)


def _source(path: Path, *, named: bool) -> Iterator[Source]:
    """`named`: the file must be a config; another JSON file may be anything, but a broken config is none."""
    text = text_of(path)
    try:
        data, twice = parse_json(text, str(path))
    except InputError:
        if named or any(f'"{table}"' in text for table in _TABLES):
            raise
        return
    if not isinstance(data, dict) or not (_TABLES & {str(key).upper() for key in data}):
        if named:
            raise InputError(f"{path}: no config_db: it has no table such as DEVICE_METADATA or PORT")
        return
    tables, odd = as_config_db(data)
    base = _ENDINGS.sub("", path.stem)
    plain = path.stem.lower() in _PLAIN
    frr = next((text for text in map(_if_there, _frr_files(path, base, plain=plain)) if text is not None), "")
    name = _folder_name(path.parent) if plain else base
    yield Source(name, str(path), tables, frr, tuple(_told([*twice, *odd])))


def _if_there(path: Path) -> str | None:
    """The text of a file; None when there is none. One that cannot be read is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as err:
        raise InputError(f"cannot read {path}: {err.strerror}") from err
    return text_of(path) if path.is_file() else None


def _frr_files(path: Path, base: str, *, plain: bool) -> Iterator[Path]:
    folder = path.parent
    if plain:
        yield from (
            folder / "frr.conf",
            folder / "frr" / "frr.conf",
            folder / "bgpd.conf",
            folder / "frr" / "bgpd.conf",
        )
        return
    for ending in ("_frr.conf", "-frr.conf", ".frr.conf", ".conf", "_frr.txt"):
        yield folder / f"{base}{ending}"
    yield folder / base / "frr.conf"


def _folder_name(folder: Path) -> str:
    return next((part for part in reversed(folder.resolve().parts) if part.lower() not in _NO_NAME), "switch")


def _told(findings: Iterable[Finding]) -> Iterator[str]:
    for one in findings:
        yield f"{one.place}: {one.message}" if one.place else one.message
