"""A switch model from the device folder of an image: /usr/share/sonic/device/PLATFORM, or device/VENDOR/PLATFORM.

port_config.ini has the ports; platform.json, where the image has it, what else they can be (sonic-buildimage
src/sonic-config-engine/portconfig.py reads both so).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sonicfab.breakouts import Mode, parts_of
from sonicfab.errors import InputError
from sonicfab.learn.portconfig import Row, read_port_config
from sonicfab.platforms import SONIC_FEC, Breakouts, Platform, PlatformPort

_PLATFORM = re.compile(r"[a-z0-9_]+-(?P<vendor>[a-z0-9]+)_[a-z0-9_]+-r\d+")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_ALIASES = ("Eth{index}/{part}(Port{index})", "{alias}/{part}", "Eth{index}/{part}")
"""How images are known to call the parts of a port."""


@dataclass(frozen=True)
class LearnedModel:
    """A model, the text of its file, and what the user should look at."""

    platform: Platform
    text: str
    notes: tuple[str, ...]


@dataclass
class _Found:
    """What platform.json tells: by the speed of a port what it can do whole, and its other modes."""

    speeds: dict[int, dict[int, None]] = field(default_factory=dict)
    modes: dict[int, dict[str, None]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    aliases: list[tuple[str, Mode, list[str]]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)


def learn_model(name: str, folder: Path, table: str) -> LearnedModel:
    """The model whose files are in the folder; its ports are those of builds with that port table.

    Raises:
        InputError: the folder is none of a platform, or what it says is not usable.
    """
    platform = folder.resolve().name
    match = _PLATFORM.fullmatch(platform)
    sku = _text(folder / "default_sku").partition(" ")[0].strip()
    if match is None or not _WORD.fullmatch(sku):
        hint = "copy it from a switch: scp -r SWITCH:/usr/share/sonic/device/PLATFORM ."
        raise InputError(f"{folder}: not the device folder of a platform with default_sku", hint)
    place = folder / sku / "port_config.ini"
    rows = read_port_config(_text(place), None, str(place)).ports
    ports = {port: _port(port, row) for port, row in rows.items()}
    interfaces = _json(folder / "platform.json").get("interfaces") or {}
    found = _Found()
    for port in ports.values():
        _look_at(port, interfaces.get(port.name), found)
    notes = [*found.notes]
    if not interfaces:
        notes.append("there is no platform.json: what its ports can do but their own speed is to be added by hand")
    notes.append("which ports share a speed (lanes_per_core) and how they stand on the front are in no file")
    data: dict[str, Any] = {
        "name": name,
        "model": sku,
        "platform": platform,
        "hwsku": sku,
        "asic": _text(folder / "platform_asic").strip() or "broadcom",
        "modules": match["vendor"],
        "fec": {speed: fec for speed, fec in SONIC_FEC.items() if any(one.speed == speed for one in ports.values())},
        "speeds": {speed: list(some) for speed, some in found.speeds.items()},
        "lane_speed": max(port.speed // len(port.lanes) for port in ports.values()),
    }
    if found.modes:
        alias = _alias(found, ports, notes)
        splits: dict[str, Any] = {"modes": {speed: list(some) for speed, some in found.modes.items()}, "alias": alias}
        data["breakouts"] = {table: {**splits, "platform_json": True}}
    tables = {table: {port: _row(rows[port], one) for port, one in ports.items()}}
    text = _file(data, found.refused if found.modes else {}, tables, platform)
    return LearnedModel(Platform.of(yaml.safe_load(text)), text, tuple(notes))


def _look_at(port: PlatformPort, told: Any, found: _Found) -> None:  # noqa: ANN401 - any JSON
    speeds = found.speeds.setdefault(port.speed, {port.speed: None})
    modes = told.get("breakout_modes") if isinstance(told, dict) else None
    if not isinstance(modes, dict):
        return
    others = False
    for text, aliases in modes.items():
        try:
            mode = Mode.of(text)
        except ValueError:
            found.notes[f"the mode {text} has parts of several kinds; it is left out"] = None
            continue
        if mode.parts == 1 and not mode.lanes:
            speeds |= dict.fromkeys(mode.speeds)
            continue
        others = True
        found.modes.setdefault(port.speed, {})[text] = None
        found.aliases.append((port.name, mode, [str(alias) for alias in aliases]))
    if not others and len(port.lanes) > 1:
        found.refused[port.name] = "platform.json of the image has no other mode for it"


def _alias(found: _Found, ports: Mapping[str, PlatformPort], notes: list[str]) -> str:
    """The pattern that makes the aliases of platform.json; the first when none does."""
    for pattern in _ALIASES:
        facts = Breakouts({}, pattern)
        if all([one.alias for one in parts_of(facts, ports[name], mode)] == told for name, mode, told in found.aliases):
            return pattern
    name, _, told = found.aliases[0]
    notes.append(f"the parts of {name} are called {', '.join(told)} there: correct `alias` of `breakouts`")
    return _ALIASES[0]


def _port(name: str, row: Row) -> PlatformPort:
    lanes = tuple(int(lane) for lane in row["lanes"].split(","))
    return PlatformPort(name, lanes, row["alias"], int(row["index"]), int(row["speed"]))


def _row(row: Row, port: PlatformPort) -> dict[str, Any]:
    autoneg = {"on": {"autoneg": True}, "off": {"autoneg": False}}.get(row.get("autoneg", ""), {})
    return {"lanes": list(port.lanes), "alias": port.alias, "index": port.index, "speed": port.speed, **autoneg}


def _file(
    data: Mapping[str, Any], refused: Mapping[str, str], tables: Mapping[str, Mapping[str, Any]], platform: str
) -> str:
    head = f"# {data['hwsku']}, learned from the device folder {platform} of an image: what it says, and no more.\n"
    lines: list[str] = [head, yaml.safe_dump(dict(data), sort_keys=False, default_flow_style=None, width=116)]
    lines += ["    refused:\n"] if refused else []  # of `breakouts`, which is the last
    lines += [f"      {port}: {why}\n" for port, why in refused.items()]
    lines.append("port_tables:\n")
    for table, rows in tables.items():
        lines.append(f"  {table}:\n")
        lines += [f"    {line}\n" for line in _rows(rows)]
    return "".join(lines)


def _rows(rows: Mapping[str, Any]) -> Iterator[str]:
    for port, row in rows.items():
        yield f"{port}: {yaml.safe_dump(row, sort_keys=False, default_flow_style=True, width=1000).strip()}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _json(path: Path) -> Mapping[str, Any]:
    text = _text(path)
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError as err:
        raise InputError(f"{path}: not JSON: {err}") from err
    return value if isinstance(value, dict) else {}


def check_name(name: str, known: Iterable[str]) -> None:
    """Refuse a name that is none, or that of a model that ships.

    Raises:
        InputError: it is one of these.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise InputError(f"{name}: not a name for a switch model", "small letters, digits and hyphens, at most 40")
    if name in known:
        raise InputError(f"{name} is known already")
