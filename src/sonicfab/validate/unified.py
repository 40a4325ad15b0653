"""Rules on a config_db of which frrcfgd makes FRR's config: what that becomes, judged as an frr.conf is."""

from __future__ import annotations

from dataclasses import replace

from sonicfab.builds import Build, Frrcfgd
from sonicfab.configdb import ConfigDb
from sonicfab.frr.bgp import FrrText
from sonicfab.frr.frrcfgd import FrrcfgdError, runs
from sonicfab.validate.findings import Finding
from sonicfab.validate.frr import check_frr

_OF_A_FILE = frozenset({"SF-405", "SF-409", "SF-422"})
"""What is said of the lines of a file that somebody writes."""
_MODE = "DEVICE_METADATA|localhost docker_routing_config_mode"


def check_unified(config: ConfigDb, build: Build) -> tuple[FrrText | None, list[Finding]]:
    """What frrcfgd of a build makes of a config, and what is wrong with it; nothing of one that it is not for."""
    if not (runs(config, build.routing_config_mode) and config.get("BGP_GLOBALS")):
        return None, []
    daemon = build.frrcfgd or Frrcfgd()
    if daemon.broken:
        return None, [Finding("SF-260", _MODE, f"{build.name}: {daemon.broken}")]
    try:
        text = daemon.makes(config)
    except FrrcfgdError as err:
        place, _, why = str(err).partition(": ")
        return None, [Finding("SF-260", place, why)]
    read, found = check_frr(text, config, build)
    lines = text.splitlines()
    return read, [_shown(one, lines) for one in found if one.code not in _OF_A_FILE]


def _shown(one: Finding, lines: list[str]) -> Finding:
    """A finding about a line that nobody has written."""
    said = f" ({lines[one.line - 1].strip()})" if one.line else ""
    return replace(one, place="BGP_GLOBALS", line=0, message=f"frrcfgd makes: {one.message}{said}")


def beside_models(one: Finding, config: ConfigDb, build: Build) -> Finding:
    """A row that the models of the build do not allow, and that its frrcfgd reads in no other spelling: a warning."""
    if build.frrcfgd is None or one.code not in ("SF-103", "SF-104") or not runs(config, build.routing_config_mode):
        return one
    table, _, rest = one.place.partition("|")
    name = rest.rpartition(" ")[2] if " " in rest else ""
    if table in build.frrcfgd.beside_models or f"{table} {name}" in build.frrcfgd.beside_models:
        return replace(one, code="SF-261", hint="")
    return one
