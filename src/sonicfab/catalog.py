"""The image builds and the switch models that are known: looked for once, where a command begins, then handed on.

Each file is read when it is first asked for, so that a profile that cannot be used stops only what needs it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import yaml

from sonicfab.builds import Build, is_build_name
from sonicfab.datafiles import as_facts, fact_names, read_document, read_facts
from sonicfab.errors import InputError
from sonicfab.platforms import Platform

T = TypeVar("T")


class _Files(Mapping[str, T]):
    """Values by name, each read once."""

    def __init__(self, names: tuple[str, ...], read: Callable[[str], T]) -> None:
        self._names, self._read, self._values = names, read, dict[str, T]()

    def __getitem__(self, name: str) -> T:
        if name not in self._values:
            if name not in self._names:
                raise KeyError(name)
            self._values[name] = self._read(name)
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # without reading it

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Builds and models by the names that inventories have for them: those that ship, then those that were learned.

    To read the profile of a learned build raises InputError where it is not usable.
    """

    builds: Mapping[str, Build]
    platforms: Mapping[str, Platform]

    @classmethod
    def load(cls) -> Catalog:
        """What ships, and what was learned on this machine."""
        shipped, folder = fact_names("builds"), learned_folder()
        own = tuple(name for name in learned_names(folder) if name not in shipped)
        models, shipped_models = folder.parent / "platforms", fact_names("platforms")
        own_models = tuple(sorted(path.stem for path in models.glob("*.yml") if path.stem not in shipped_models))
        builds = _Files((*shipped, *own), partial(_build, folder))
        return cls(builds, _Files((*shipped_models, *own_models), partial(_platform, models)))

    def platform_of(self, hwsku: object) -> Platform | None:
        """The model with this HWSKU; None for one that is not known."""
        return next((one for one in self.platforms.values() if one.hwsku == hwsku), None)


def learned_folder() -> Path:
    """Where learned builds are kept: SONICFAB_DATA, else sonicfab/ in the user's XDG data folder."""
    own = os.environ.get("SONICFAB_DATA", "")
    base = os.environ.get("XDG_DATA_HOME", "") or str(Path.home() / ".local" / "share")
    return Path(own or Path(base) / "sonicfab") / "builds"


def learned_names(folder: Path) -> tuple[str, ...]:
    """The builds whose profiles are in the folder."""
    try:
        found = sorted(path.parent.name for path in folder.glob("*/build.yml"))
    except OSError:
        return ()
    return tuple(name for name in found if is_build_name(name))  # not what is just being written or removed


def _platform(learned: Path, name: str) -> Platform:
    if name in fact_names("platforms"):
        return Platform.read(name)
    file = learned / f"{name}.yml"
    try:
        return Platform.of(read_document(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as err:
        raise InputError(
            f"{file}: not a switch model: {str(err).splitlines()[0]}", "learn it again, or remove it"
        ) from err


def _build(learned: Path, name: str) -> Build:
    if name in fact_names("builds"):
        return as_facts(Build, read_facts("builds", name))
    file, yang = learned / name / "build.yml", learned / name / "yang"
    try:
        build = as_facts(Build, read_document(file))
    except (OSError, ValueError, yaml.YAMLError) as err:
        said = str(err).splitlines()[0]
        hint = "learn it again: sonicfab builds learn --replace"
        raise InputError(f"{file}: not a build profile: {said}", hint) from err
    if build.name != name:
        raise InputError(f"{file}: it is the profile of {build.name}", "a profile's folder has its name")
    return replace(build, yang=yang if yang.is_dir() else None)
