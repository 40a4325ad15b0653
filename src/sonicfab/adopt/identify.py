"""Which switch it is: its name, model and image build, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sonicfab.adopt.sessions import text_of
from sonicfab.adopt.source import Source
from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb
from sonicfab.frr import conf
from sonicfab.hints import first_of
from sonicfab.model.fields import is_switch_name
from sonicfab.platforms import Platform
from sonicfab.ports import ports_of, unfit_for

_FACTORY = "sonic"
"""The host name that an image comes with (sonic-buildimage src/sonic-config-engine/config_samples.py)."""


@dataclass(frozen=True)
class Known:
    """A name, model or build, and how it is known; the value is None where it is not."""

    value: str | None
    why: str


def metadata(config: ConfigDb) -> Mapping[str, object]:
    """DEVICE_METADATA|localhost."""
    return config.get("DEVICE_METADATA", {}).get("localhost", {})


def name_of(source: Source) -> Known:
    """The switch's name: its host name, unless that is the factory's; else FRR's, else that of its file or host."""
    host = text_of(metadata(source.config_db), "hostname")
    if is_switch_name(host) and host != _FACTORY:
        return Known(host, "its hostname")
    frr = next((line.split(None, 1)[1].strip() for line in frr_lines(source.frr, "hostname ")), "")
    if is_switch_name(frr) and frr != _FACTORY:
        return Known(frr, "FRR's hostname")
    words = [one for one in re.split(r"[^A-Za-z0-9-]+", source.name) if is_switch_name(one)]
    if is_switch_name(source.name):
        words.append(source.name)
    return Known(words[-1] if words else None, "its folder or file")


def frr_lines(text: str, start: str) -> list[str]:
    """The lines at the top of FRR's config that begin so."""
    return [line for _, context, line in conf.lines(text, host_lines=True) if not context and line.startswith(start)]


def platform_of(source: Source, catalog: Catalog) -> tuple[Platform | None, str]:
    """The switch model, and how it is known or why it is not."""
    row = metadata(source.config_db)
    platform, hwsku = text_of(row, "platform"), text_of(row, "hwsku")
    for one in catalog.platforms.values():
        if platform == one.platform and hwsku in (one.hwsku, ""):
            return one, f"platform {platform}"
    for one in catalog.platforms.values():
        if hwsku and hwsku == one.hwsku:
            return one, f"HWSKU {hwsku}"
    for one in catalog.platforms.values():
        if platform and platform == one.platform:
            return one, f"platform {platform}, but its HWSKU is {hwsku}"
    said = " ".join(one for one in (platform, hwsku) if one)
    if not said:
        return None, "DEVICE_METADATA|localhost names neither a platform nor a hwsku"
    return None, f"no switch model {said} is known: {first_of(catalog.platforms, 6)}"


def build_of(source: Source, platform: Platform, builds: Collection[Build]) -> tuple[Build | None, str]:
    """The image build, and by what it is known; None where the config fits several, or none."""
    told = [one for one in builds if source.version and one.identified_by and one.is_told_by(source.version)]
    if told:
        return max(told, key=lambda one: len(one.identified_by)), "its sonic_version.yml"
    marks = {
        build.name: _marks(source, platform, build) for build in builds if unfit_for(platform, build) in ("", None)
    }
    best = max((len(some) for some in marks.values()), default=0)
    found = [build for build in builds if best and len(marks.get(build.name, ())) == best]
    if len(found) == 1 and best > 1:
        return found[0], ", ".join(dict.fromkeys(marks[found[0].name]))
    if not found:
        return None, "its config fits no build that is known"
    return None, f"its config fits {first_of([one.name for one in found], 9)}"


def _marks(source: Source, platform: Platform, build: Build) -> list[str]:
    """What of a config is as this build has it, the surer the oftener: builds raise the version of the database."""
    version = text_of(source.config_db.get("VERSIONS", {}).get("DATABASE", {}), "VERSION")
    frr = next((line.removeprefix("frr version ").strip() for line in frr_lines(source.frr, "frr version ")), "")
    marks = []
    if _ports_match(source.config_db, platform, build):
        marks += ["port aliases"] * 2
    if version and version == build.database_version:
        marks += [f"database {version}"] * 4
    elif version and _family(version) == _family(build.database_version):
        marks += [f"database {version}"] * 3
    if frr and frr == build.frr:
        marks.append(f"FRR {frr}")
    if text_of(metadata(source.config_db), "docker_routing_config_mode") == build.routing_config_mode:
        marks.append(f"mode {build.routing_config_mode}")
    return marks


def _family(version: str) -> str:
    """version_202411_01 -> version_202411: steps of the migrator within a branch."""
    return version.rpartition("_")[0] if version.count("_") == 2 else version


def _ports_match(config: ConfigDb, platform: Platform, build: Build) -> bool:
    """Whether most of its ports have the aliases and lanes of the build's table."""
    try:
        table = ports_of(platform, build)
    except KeyError:
        return False
    rows = config.get("PORT", {})
    same = [name for name, row in rows.items() if name in table and _same(row, table[name].alias, table[name].lanes)]
    return bool(rows) and len(same) * 2 > len(rows)


def _same(row: Mapping[str, object], alias: str, lanes: Iterable[int]) -> bool:
    return text_of(row, "alias") == alias and text_of(row, "lanes").replace(" ", "") == ",".join(map(str, lanes))
