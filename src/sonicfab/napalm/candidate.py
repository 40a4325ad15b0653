"""A candidate: what was loaded, and what a switch is to run by it. Pure.

SONiC has no candidate of its own. One of NAPALM's is held by the driver: JSON is a config_db.json, other text an
frr.conf, and the text of get_config both, so that what it returns can be loaded again.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sonicfab import configdb, tables
from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import MASK, ConfigDb, Row
from sonicfab.errors import InputError
from sonicfab.frr import conf, frrcfgd
from sonicfab.frr.conf import too_deep
from sonicfab.frr.delta.merge import merge
from sonicfab.hints import did_you_mean, first_of
from sonicfab.napalm.configtext import CONFIG_DB_MARK, FRR_MARK
from sonicfab.push.comparison import Comparison, Target
from sonicfab.schema.facts import schema_of
from sonicfab.validate.findings import Finding, errors
from sonicfab.validate.reading import as_config_db, parse_json
from sonicfab.validate.run import Subject, Validator
from sonicfab.validate.subjects import hwsku_of

_BY_DAEMONS = tables.moving() | tables.at_start()
"""Tables that daemons and db_migrator.py write."""
_FRR_HEADERS = ("Building configuration...", "Current configuration:")
_SHOWN = 5
Rows = dict[str, dict[str, Row]]


@dataclass(frozen=True)
class Seen:
    """What a switch has. `system` is its init_cfg.json, which SONiC merges below every config that it loads."""

    running: ConfigDb = field(repr=False)
    running_frr: str = field(repr=False)
    stored: ConfigDb = field(repr=False)
    stored_frr: str = field(repr=False)
    system: ConfigDb = field(repr=False)


@dataclass(frozen=True)
class Candidate:
    """What was loaded, by file; None where nothing was.

    Attributes:
        tables: of a config_db.json.
        gone: table and key of each row that is to go; the key is "" for a whole table. Of a merge alone.
        frr: the text of an frr.conf, or lines of one.
        replaces_tables, replaces_frr: it is the whole of that, not something on top.
    """

    tables: ConfigDb | None = field(default=None, repr=False)
    gone: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    frr: str | None = field(default=None, repr=False)
    replaces_tables: bool = False
    replaces_frr: bool = False

    def over(self, earlier: Candidate | None) -> Candidate:
        """Both loads in one: for each file the later one counts."""
        if earlier is None:
            return self
        merged = self
        if self.tables is None:
            merged = replace(merged, tables=earlier.tables, gone=earlier.gone, replaces_tables=earlier.replaces_tables)
        if self.frr is None:
            merged = replace(merged, frr=earlier.frr, replaces_frr=earlier.replaces_frr)
        return merged


def read_candidate(text: str, name: str, *, replaces: bool) -> Candidate:
    """A text that is loaded; `name` is how errors call it.

    Raises:
        InputError: it is empty, masked, or no JSON or no config_db.
    """
    config_db, frr = _parts(text)
    if MASK in text:
        raise InputError(f"{name} has masked secrets ({MASK})", "load what get_config returns without sanitized=True")
    if not config_db.strip() and not frr.strip():
        raise InputError(f"{name} is empty", "load a config_db.json, an frr.conf, or the text of get_config")
    tables, gone = _tables(config_db, name, replaces=replaces) if config_db.strip() else (None, ())
    given = frr if frr.strip() else None
    return Candidate(tables, gone, given, replaces_tables=replaces, replaces_frr=replaces)


def _parts(text: str) -> tuple[str, str]:
    """(config_db.json, frr.conf)."""
    if text.lstrip().startswith("{"):
        return text, ""
    parts: dict[str, list[str]] = {CONFIG_DB_MARK: [], FRR_MARK: []}
    here = FRR_MARK
    for line in text.splitlines():
        if line.rstrip() in parts:
            here = line.rstrip()
        elif not line.startswith(_FRR_HEADERS):
            parts[here].append(line)
    config_db, frr = ("\n".join(parts[mark]).strip("\n") for mark in (CONFIG_DB_MARK, FRR_MARK))
    return config_db, f"{frr}\n" if frr else ""


def _tables(text: str, name: str, *, replaces: bool) -> tuple[ConfigDb, tuple[tuple[str, str], ...]]:
    try:
        data, _ = parse_json(text, f"{name}, config_db.json")
    except InputError as err:
        # the line itself may hold a secret
        said = [f"line {one.place.line}, column {one.place.column}: {one.message}" for one in err.diagnostics]
        raise InputError("; ".join([str(err), *said])) from None
    gone: list[tuple[str, str]] = []
    if not replaces and isinstance(data, dict):
        data, gone = _without_nulls(data)
    tables, found = as_config_db(data)
    _refuse(name, errors(found))
    return tables, tuple(gone)


def _without_nulls(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """A null deletes a row, or a table (sonic-swss-common common/configdb.cpp mod_config)."""
    kept: dict[str, Any] = {}
    gone: list[tuple[str, str]] = []
    for table, rows in data.items():
        if rows is None:
            gone.append((table.upper(), ""))
        elif isinstance(rows, dict):
            gone += [(table.upper(), key) for key, row in rows.items() if row is None]
            kept[table] = {key: row for key, row in rows.items() if row is not None}
        else:
            kept[table] = rows
    return kept, gone


def build_of(sonic_version: Mapping[str, str], catalog: Catalog) -> Build | None:
    """The image build that a switch runs, the one that tells most of it; None for one that is not known."""
    builds = [build for build in catalog.builds.values() if build.is_told_by(sonic_version)]
    return max(builds, key=lambda build: len(build.identified_by), default=None)


def target_of(name: str, candidate: Candidate, seen: Seen, build: Build) -> Target:
    """What the switch is to run.

    Raises:
        InputError: the outcome cannot be told, or would not be what SONiC starts from.
    """
    tables, owned = _config_db(candidate, seen)
    # what FRR starts from is told by it, so it is part of what is meant
    tables.setdefault(
        "DEVICE_METADATA", {key: dict(row) for key, row in seen.running.get("DEVICE_METADATA", {}).items()}
    )
    frr = None
    mode = tables["DEVICE_METADATA"].get("localhost", {}).get("docker_routing_config_mode")
    if candidate.frr is not None and mode == build.routing_config_mode:
        frr = _frr(candidate, seen)
    elif candidate.frr is not None and _says_more(candidate, seen):
        by_rows = f"change the rows that frrcfgd makes FRR's config of, such as {_FOR_FRRCFGD}; or "
        raise InputError(
            f"{name}: FRR does not start from frr.conf in the routing mode {mode or 'of the image'}",
            f"{by_rows if frrcfgd.runs(tables, build.routing_config_mode) else ''}"
            f"set docker_routing_config_mode of DEVICE_METADATA|localhost to {build.routing_config_mode}",
        )
    return Target(name, tables, frr, owned, exact=True)


_FOR_FRRCFGD = "BGP_NEIGHBOR and ROUTE_MAP"


def _says_more(candidate: Candidate, seen: Seen) -> bool:
    """Whether a text of FRR is more than what get_config tells of a switch whose FRR has its config from CONFIG_DB."""
    text = candidate.frr or ""
    if candidate.replaces_frr:
        return bool(conf.diff(text, seen.running_frr))
    have = conf.parse(seen.running_frr)
    return any(lines - have.get(context, frozenset()) for context, lines in conf.parse(text).items())


def _config_db(candidate: Candidate, seen: Seen) -> tuple[Rows, Collection[str]]:
    if candidate.tables is None:
        return {}, ()
    if candidate.replaces_tables:
        tables = with_system(candidate.tables, seen)
        owned = {*tables, *seen.running} - (_BY_DAEMONS - candidate.tables.keys())
    else:
        tables = {table: _copy(seen.running.get(table, {})) for table in candidate.tables}
        for table, key in candidate.gone:
            rows = tables.setdefault(table, _copy(seen.running.get(table, {})))
            if key:
                rows.pop(key, None)
            else:
                rows.clear()
        for table, given in candidate.tables.items():
            for key, row in given.items():
                tables[table][key] = {**tables[table].get(key, {}), **row}
        owned = {*tables}
    for table in [*tables]:
        tables[table] = _without_system_fields(table, tables[table], seen)
    # a table that SONiC itself fills, and that is as wanted, is not to be stored for that
    by_itself = {table for table in owned if table in seen.system or table in _BY_DAEMONS}
    same = {table for table in by_itself if not configdb.diff(tables, seen.running, {table})}
    return {table: rows for table, rows in tables.items() if table not in same}, owned - same


def with_system(tables: ConfigDb, seen: Seen) -> Rows:
    """The tables as they run when SONiC has loaded them: what init_cfg.json has, and still runs, lies below them."""
    result = {table: _copy(rows) for table, rows in tables.items()}
    for table, rows in seen.system.items():
        for key, row in rows.items():
            have = seen.running.get(table, {}).get(key)
            if have is not None:
                own = result.setdefault(table, {}).get(key, {})
                result[table][key] = {**{name: value for name, value in row.items() if name in have}, **own}
    return result


def _without_system_fields(table: str, rows: Mapping[str, Row], seen: Seen) -> dict[str, Row]:
    """Without the fields that SONiC has put into the running rows: nobody has stored them, and nobody need."""
    kept: dict[str, Row] = {}
    for key, row in rows.items():
        running, stored = (config.get(table, {}).get(key, {}) for config in (seen.running, seen.stored))
        added = {
            name
            for name in configdb.system_fields(table)
            if name in row and name not in stored and row[name] == running.get(name)
        }
        kept[key] = {name: value for name, value in row.items() if name not in added}
    return kept


def _copy(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {key: dict(row) for key, row in rows.items()}


def _frr(candidate: Candidate, seen: Seen) -> str:
    assert candidate.frr is not None
    text = candidate.frr
    if candidate.replaces_frr:
        deep = [conf.masked(line) for line in too_deep(text)]
        if deep:
            raise InputError(
                f"frr.conf has a context that is not known, with {deep[0]!r} in it", "indent it as FRR prints it"
            )
    else:
        if not seen.running_frr:
            raise InputError("FRR does not run, so nothing can be merged into its config", "load a whole frr.conf")
        merged = merge(seen.running_frr, text)
        if merged.refused:
            raise InputError(
                f"frr.conf: {first_of(merged.refused, _SHOWN, '; ')}",
                "load the whole frr.conf with load_replace_candidate instead",
            )
        text = merged.text
    # the file that is there stays when it means the same: a candidate made from what runs is no change of the file
    if not conf.diff(text, seen.stored_frr) and _whole(text) in (_whole(seen.stored_frr), _whole(seen.running_frr)):
        return seen.stored_frr
    return text


def _whole(text: str) -> dict[conf.Context, frozenset[str]]:
    """With what belongs to the program or the host, but for the version."""
    contexts = dict(conf.parse(text, host_lines=True))
    contexts[()] = frozenset(line for line in contexts[()] if not line.startswith((*_FRR_HEADERS, "frr version ")))
    return contexts


def check(target: Target, seen: Seen, build: Build, catalog: Catalog) -> None:
    """Refuse a CONFIG_DB that does not fit the build, unless the same is wrong with what runs already.

    frr.conf is read by the switch's own FRR when it is staged.

    Raises:
        InputError: with the first mistakes.
    """
    if not target.owned:
        return
    _refuse_unknown(target, seen, build)
    validator = Validator(models=False, vtysh=False)
    whole = configdb.merge(target.config_db, seen.running, target.owned)
    found = _findings(validator, Subject(target.switch, build, catalog.platform_of(hwsku_of(whole)), whole))
    if found:
        known = _findings(
            validator, Subject(target.switch, build, catalog.platform_of(hwsku_of(seen.running)), seen.running)
        )
        _refuse(target.switch, [one for place, one in found.items() if place not in known])


def _refuse_unknown(target: Target, seen: Seen, build: Build) -> None:
    """Refuse a table that is new on the switch and that its build has no model of.

    The config updater takes no patch of it (sonic-utilities generic_config_updater/generic_updater.py, PatchApplier),
    and a misspelt one would lie there unread.
    """
    schema = schema_of(build)
    if schema is None:
        return
    for table in sorted(target.config_db.keys() - seen.running.keys()):
        if table not in schema:
            hint = did_you_mean(table, schema) or "take it out"
            raise InputError(f"{target.switch}: {table}: {build.name} has no such table", hint)


def _findings(validator: Validator, subject: Subject) -> dict[tuple[str, ...], Finding]:
    found = errors(validator.validate([subject]).findings)
    return {(one.code, one.place, one.message): one for one in found}


def _refuse(name: str, found: Collection[Finding]) -> None:
    if not found:
        return
    lines = [f"{one.code} {one.place}: {one.message}" for one in found]
    raise InputError(f"{name}: {first_of(lines, _SHOWN, '; ')}", next(iter(found)).mend)


def unsaved(found: Comparison, seen: Seen) -> list[str]:
    """What was changed by hand and not saved, secrets masked; what SONiC adds by itself was changed by nobody."""
    stored = with_system(seen.stored, seen)
    tables = {*stored, *seen.running} - _BY_DAEMONS
    changes = [str(change.reversed()) for change in configdb.diff(stored, seen.running, tables)]
    return changes + [line for line in found.drift if line.startswith("frr: ")]


def whole_text(target: Target, seen: Seen) -> tuple[str, str]:
    """config_db.json and frr.conf as they would be."""
    frr = seen.running_frr if target.frr is None else target.frr
    return json.dumps(json.loads(target.loaded(seen.running)), indent=4), frr
