"""Two build folders, two folders of one switch, or two config files: what differs between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from sonicfab.compare.differences import Difference, between
from sonicfab.compare.grouping import Group, Rows, group, rows_of
from sonicfab.configdb import ConfigDb
from sonicfab.errors import InputError
from sonicfab.validate.reading import as_config_db, read_json, text_of

CONFIG_DB: Final = "config_db.json"
FRR: Final = "frr.conf"

What = Literal["folder", "config_db.json", "frr.conf"]


@dataclass(slots=True)
class _Switch:
    config_db: ConfigDb | None = None
    frr: str | None = None


@dataclass(slots=True)
class _Side:
    what: What
    switches: dict[str, _Switch]
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FilesDiff:
    """What differs between `old` and `new`; `remarks` is what cannot be compared, and why."""

    old: str
    new: str
    switches: tuple[str, ...]
    groups: tuple[Group, ...]
    remarks: tuple[str, ...]
    config_db: int
    frr: int

    @property
    def differs(self) -> bool:
        """True when a file differs or one side lacks it."""
        return bool(self.groups or self.remarks)


def compare_files(old: Path, new: Path) -> FilesDiff:
    """Compare two folders or two files.

    Raises:
        InputError: one cannot be read, is not a config, or they are not of one kind.
    """
    sides = _read(old), _read(new)
    if sides[0].what != sides[1].what:
        kinds = " and ".join(f"{path} is a {side.what}" for path, side in zip((old, new), sides, strict=True))
        raise InputError(f"{kinds}: they cannot be compared", "give two folders, two config_db.json or two frr.conf")
    before, after = (side.switches for side in sides)
    if len(before) == len(after) == 1:  # one switch each is that switch, whatever its folder is called
        after = {next(iter(before)): next(iter(after.values()))}
    remarks = [remark for side in sides for remark in side.remarks]
    remarks += [f"{name} is only in {old}" for name in before if name not in after]
    remarks += [f"{name} is only in {new}" for name in after if name not in before]
    found: dict[str, list[Difference]] = {}
    sizes: dict[str, dict[str, Rows]] = {}
    for name in before:
        if name in after:
            one, other = before[name], after[name]
            remarks += _lacking(name, one, other, (old, new))
            found[name] = _compare(one, other)
            sizes[name] = rows_of(one.config_db or {}, other.config_db or {})
    kinds_found = [one.kind for differences in found.values() for one in differences]
    return FilesDiff(
        old=str(old),
        new=str(new),
        switches=tuple(found),
        groups=tuple(group(found, sizes)),
        remarks=tuple(remarks),
        config_db=kinds_found.count("config_db"),
        frr=kinds_found.count("frr"),
    )


def read_config_db(path: Path) -> tuple[ConfigDb, list[str]]:
    """A config_db.json as SONiC would load it, and remarks on what SONiC would refuse; an empty table is none.

    Raises:
        InputError: it cannot be read, is not JSON, or not tables of rows of fields.
    """
    data, _ = read_json(path)
    tables, found = as_config_db(data)
    told = {code: [one for one in found if one.code == code] for code in ("SF-110", "SF-108")}
    for one in told["SF-110"]:
        raise InputError(f"{path}: {one.place}: {one.message}" if one.place else f"{path}: {one.message}")
    remarks = [f"{path}: {one.place}: {one.message}" for one in told["SF-108"]]
    return {table: rows for table, rows in tables.items() if rows}, remarks


def _read(path: Path) -> _Side:
    if path.is_dir():
        return _read_folder(path)
    text = text_of(path)
    if path.suffix == ".json" or text.lstrip()[:1] in ("{", "["):
        tables, remarks = read_config_db(path)
        return _Side(CONFIG_DB, {path.stem: _Switch(config_db=tables)}, remarks)
    if not path.suffix == ".conf" and not _is_frr(text):
        raise InputError(f"{path}: neither a config_db.json nor an frr.conf")
    return _Side(FRR, {path.stem: _Switch(frr=text)})


def _is_frr(text: str) -> bool:
    first = [line.split(" ")[0] for line in text.splitlines()[:50]]
    return bool({"frr", "router", "Building", "interface", "route-map"} & set(first))


def _read_folder(folder: Path) -> _Side:
    """A switch's folder, a fabric's, or one that holds fabrics."""
    side = _Side("folder", {})
    found: dict[Path, _Switch] = defaultdict(_Switch)
    for depth in ("", "*/", "*/*/"):
        for path in sorted([*folder.glob(depth + CONFIG_DB), *folder.glob(depth + FRR)]):
            if path.name == FRR:
                found[path.parent].frr = text_of(path)
            else:
                found[path.parent].config_db, remarks = read_config_db(path)
                side.remarks += remarks
    if not found:
        raise InputError(f"{folder}: no {CONFIG_DB} and no {FRR} in it or below", "`sonicfab render -o` writes them")
    side.switches = _named(folder, found)
    return side


def _named(folder: Path, found: Mapping[Path, _Switch]) -> dict[str, _Switch]:
    """By the switch's name; by the path where two fabrics have a switch of one name."""
    names = [path.name for path in found]
    if len(set(names)) == len(names):
        return {path.resolve().name: switch for path, switch in found.items()}
    return {str(path.relative_to(folder)): switch for path, switch in found.items()}


def _lacking(name: str, one: _Switch, other: _Switch, sides: tuple[Path, Path]) -> list[str]:
    remarks: list[str] = []
    for file, before, after in ((CONFIG_DB, one.config_db, other.config_db), (FRR, one.frr, other.frr)):
        if (before is None) != (after is None):
            remarks.append(f"{name}: {file} is only in {sides[0] if after is None else sides[1]}")
    return remarks


def _compare(one: _Switch, other: _Switch) -> list[Difference]:
    found: list[Difference] = []
    if one.config_db is not None and other.config_db is not None:
        found += between((one.config_db, ""), (other.config_db, ""))
    if one.frr is not None and other.frr is not None:
        found += between(({}, one.frr), ({}, other.frr))
    return found
