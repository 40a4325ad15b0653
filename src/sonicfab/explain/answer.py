"""What a user asks about a switch, found however it is spelt, and explained."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonicfab.compare.differences import MASK
from sonicfab.configdb import SECRET_TABLES, Table, natural_key
from sonicfab.errors import InputError, KeyPath
from sonicfab.explain.inputs import Origin, Sources
from sonicfab.explain.origins import origin_of
from sonicfab.explain.trace import Made, TemplateLine, Trace, TracingRenderer
from sonicfab.fabric import FabricFiles
from sonicfab.frr import conf
from sonicfab.hints import did_you_mean
from sonicfab.ports import nearest_port
from sonicfab.render import template_folders

FRR = "frr"
_BY_PORT = frozenset({"PORT", "INTERFACE"})


@dataclass(frozen=True, slots=True)
class Explained:
    """A rendered value and where it comes from; the rule is "" where it is only text of a template."""

    file: str
    place: str
    value: str
    origin: Origin
    template: TemplateLine | None


def explain(
    files: FabricFiles, build: str, switch: str, words: Sequence[str], templates: Sequence[Path]
) -> list[Explained]:
    """Explain `TABLE [KEY [FIELD]]` or `frr [TEXT]` of a switch.

    Raises:
        InputError: there is no such switch, table, key, field or line, with what may have been meant.
    """
    fabric = files.plan(build, unfit=True)
    plan = fabric.plan.switches.get(switch)
    if plan is None:
        raise InputError(f"{fabric.plan.name} has no switch {switch}", did_you_mean(switch, fabric.plan.switches))
    renderer = TracingRenderer(template_folders(templates), lambda ref, _what: str(ref))
    trace = renderer.trace(fabric.plan, plan)
    sources = Sources(files, fabric.plan, plan)
    first, *rest = words
    if first.lower() in (FRR, "frr.conf"):
        return _frr(sources, trace, " ".join(rest))
    table, *more = [*first.split("|", 1), *rest]  # TABLE|KEY in one word, as redis and `diff` write it
    return _config_db(sources, trace, table, more)


def everything(sources: Sources, trace: Trace) -> list[Explained]:
    """Every row, every field and every line of a switch."""
    rows = [
        _field(sources, trace, table, key, field)
        for table, found in trace.config.config_db.items()
        for key, row in found.items()
        for field in ("", *row)
    ]
    return [*rows, *(() if sources.switch.unified else _frr(sources, trace, ""))]


def _config_db(sources: Sources, trace: Trace, table: str, words: Sequence[str]) -> list[Explained]:
    config = trace.config.config_db
    name = next((one for one in config if one.lower() == table.lower()), None)
    if name is None:
        hint = did_you_mean(table, [*config, FRR])
        raise InputError(f"{trace.config.switch}: no table {table} is rendered", hint)
    rows = config[name]
    key, field = (*words, "", "")[:2]
    keys = _keys(rows, key) if key else list(rows)
    if not keys and len(rows) == 1 and not field:  # `VERSIONS VERSION`: the only row goes without saying
        keys, field = list(rows), key
    if not keys:
        shown = [] if name in SECRET_TABLES else sorted(rows, key=natural_key)
        hint = nearest_port(key, shown) if name in _BY_PORT else did_you_mean(key, shown)
        raise InputError(f"{trace.config.switch}: {name} has no row {key}", hint)
    wanted = [(one, _fields(rows, one, field)) for one in keys]
    if field and not any(fields for _, fields in wanted):
        known = sorted({one for each in keys for one in rows[each]})
        raise InputError(f"{trace.config.switch}: {name}|{keys[0]} has no field {field}", did_you_mean(field, known))
    return [_field(sources, trace, name, one, each) for one, fields in wanted for each in fields]


def _keys(rows: Table, word: str) -> list[str]:
    """The rows that a word means: by name, by pattern, by a part of several, by the port's alias."""
    asked = word.lower().replace(" ", "|")
    exact = [key for key in rows if key.lower() == asked]
    if exact:
        return exact
    patterns = [key for key in rows if fnmatch.fnmatchcase(key.lower(), asked)] if "*" in asked else []
    alias = [key for key, row in rows.items() if str(row.get("alias", "")).lower() == asked]
    # Loopback0|10.10.21.4/32 is also asked for as 10.10.21.4/32 and as 10.10.21.4
    parts = [key for key in rows if asked in _parts(key)]
    return patterns or alias or parts


def _parts(key: str) -> set[str]:
    parts = key.lower().split("|")
    return {*parts, *(part.partition("/")[0] for part in parts), key.lower().partition("/")[0]}


def _fields(rows: Table, key: str, field: str) -> list[str]:
    if not field:
        return list(rows[key]) or [""]
    return [name for name in rows[key] if name.lower() == field.lower()]


def _field(sources: Sources, trace: Trace, table: str, key: str, field: str) -> Explained:
    value = trace.config.config_db[table][key].get(field, "")
    shown = MASK if table in SECRET_TABLES else key
    extra = sources.switch.extra
    beside = extra.row_path(table, key, field)
    if beside and extra.config_db[table][key].get(field, "") != value:
        beside = None  # the plan says another: a mistake, which every other command tells
    made = None if beside else trace.rows.get((table, key, field))
    return Explained(
        file="config_db.json",
        place=f"{table}|{shown}" + (f" {field}" if field else ""),
        value=value if isinstance(value, str) else ",".join(value),
        origin=_origin(sources, made, beside),
        template=made.line if made else None,
    )


def _frr(sources: Sources, trace: Trace, text: str) -> list[Explained]:
    if sources.switch.unified:
        message = f"{trace.config.switch} has no frr.conf: frrcfgd makes FRR's config of rows of config_db"
        raise InputError(message, "ask for these, such as BGP_NEIGHBOR or ROUTE_MAP")
    asked = text.lower().strip()
    found: list[Explained] = []
    every: list[str] = []
    for number, context, line in conf.lines(trace.config.frr, host_lines=True):
        own, within = (line, context) if line else (context[-1], context[:-1])
        whole = " / ".join([*within, own])
        every.append(own)
        if _means(asked, own, whole):
            made = trace.frr.get(number)
            beside = None if made else sources.switch.extra.line_path(context, line)
            place, origin = " / ".join(within), _origin(sources, made, beside)
            found.append(Explained("frr.conf", place, conf.masked(own), origin, made.line if made else None))
    if not found:
        hint = did_you_mean(text, _unique([*every, *_parts_of(every, len(text.split()))]))
        raise InputError(f"{trace.config.switch}: no line of frr.conf has '{text}'", hint)
    exact = [one for one in found if one.value.lower() == asked]
    return exact or found


def _origin(sources: Sources, made: Made | None, beside: KeyPath | None) -> Origin:
    if beside:
        return Origin("`extra`: given as it stands, beside the plan", sources.topology(*beside))
    return origin_of(sources, made) if made else Origin("")


def _means(asked: str, line: str, whole: str) -> bool:
    return asked in line.lower() or (" / " in asked and asked in whole.lower())


def _parts_of(lines: Iterable[str], count: int) -> Iterator[str]:
    """So many words of a line that follow each other, as one asks for a part of it."""
    for words in map(str.split, lines):
        yield from (" ".join(words[at : at + count]) for at in range(len(words) - count + 1))


def _unique(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
