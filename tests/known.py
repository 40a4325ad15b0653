"""The image builds and switch models that tests take by name: those that ship, and those learned until now."""

from __future__ import annotations

from collections.abc import Sequence

from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb
from sonicfab.platforms import Platform
from sonicfab.validate.findings import Finding
from sonicfab.validate.run import Subject
from sonicfab.validate.subjects import hwsku_of

CATALOG = Catalog.load()
PLATFORMS = tuple(CATALOG.platforms.values())


def get_build(name: str) -> Build:
    """The build of that name; a KeyError says that it is not known."""
    return (CATALOG if name in CATALOG.builds else Catalog.load()).builds[name]  # which is learned anew


def get_platform(name: str) -> Platform:
    """The model of that name; a KeyError says that it is not known."""
    return CATALOG.platforms[name]


def build_names() -> tuple[str, ...]:
    """All builds that are known."""
    return tuple(Catalog.load().builds)


def platform_names() -> tuple[str, ...]:
    """All models that are known."""
    return tuple(CATALOG.platforms)


def subject(
    build: str, tables: ConfigDb | None = None, frr: str | None = None, read: Sequence[Finding] = ()
) -> Subject:
    """What `validate` is given of one config: its model is that of its HWSKU."""
    return Subject("s", get_build(build), CATALOG.platform_of(hwsku_of(tables or {})), tables, frr, read=tuple(read))
