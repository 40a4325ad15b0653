"""The differences of one switch between two configs, by meaning and without secrets."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sonicfab import configdb
from sonicfab.configdb import SECRET_TABLES, ConfigChange, ConfigDb, Row
from sonicfab.frr import conf
from sonicfab.frr.conf import FrrLineChange

Kind = Literal["config_db", "frr"]
Action = Literal["add", "remove", "change"]
MASK = "********"

# config_db.json files that were not rendered here hold more secrets than ours: TACPLUS and RADIUS passkeys,
# SNMP_USER and BGP_NEIGHBOR passwords, MACSEC_PROFILE keys, the keys of NTP_KEY (their sonic-*.yang)
_SECRET_FIELD = re.compile(r"pass_?key|password|passwd|passphrase|secret|_cak$|^community$|bind_pw", re.IGNORECASE)
_ROUTER = re.compile(r"(router bgp) \d+(.*)")
_SECRET_VALUES = frozenset({("NTP_KEY", "value")})


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one switch.

    Attributes:
        section: the table, or the context that an FRR line is in ("" at the top).
        key: of the row; "" for FRR.
        field: "" for a whole row, and for FRR.
        old: the value, the row as text, or the line, without secrets; "" where there was none.
    """

    kind: Kind
    action: Action
    section: str
    key: str
    field: str
    old: str
    new: str


def between(
    old: tuple[ConfigDb, str], new: tuple[ConfigDb, str], *, tables: Iterable[str] | None = None
) -> list[Difference]:
    """Every difference of two (config_db, frr.conf); `tables` are the only ones to look at."""
    names = old[0].keys() | new[0].keys() if tables is None else set(tables)
    changes = configdb.diff(new[0], old[0], names, exact=True) if old[0] != new[0] else []
    lines = conf.diff(new[1], old[1], host_lines=True) if old[1] != new[1] else []
    return [*of_config_db(changes, old[0], new[0]), *of_frr(lines)]


def of_config_db(changes: Iterable[ConfigChange], old: ConfigDb, new: ConfigDb) -> Iterator[Difference]:
    """The changes of a config_db that lead from `old` to `new`, without secrets."""
    for one in changes:
        key = MASK if one.table in SECRET_TABLES else one.key
        if one.field:
            before, after = (_value(one.table, one.field, text) for text in (one.old, one.new))
        else:
            before, after = (_row_text(one.table, config.get(one.table, {}).get(one.key)) for config in (old, new))
        yield Difference("config_db", one.action, one.table, key, one.field, before, after)


def of_frr(changes: Sequence[FrrLineChange]) -> Iterator[Difference]:
    """The changed lines; one that is gone and one that came in its place are one change."""
    renamed = _renumbered(changes)
    for old, new in renamed.items():
        yield Difference("frr", "change", "", "", "", old, new)
    by_context: dict[tuple[str, ...], list[FrrLineChange]] = defaultdict(list)
    for change in _as_before(changes, renamed):
        by_context[change.context].append(change)
    for context, found in by_context.items():
        section = " / ".join(context)
        gone = [one.line for one in found if one.sign == "-"]
        come = [one.line for one in found if one.sign == "+"]
        pairs = _pairs(gone, come)
        for line in gone:
            if line in pairs:
                old, new = conf.masked(line), conf.masked(pairs[line])
                yield Difference("frr", "change", section, "", "", old, new)
            else:
                yield Difference("frr", "remove", section, "", "", conf.masked(line), "")
        replaced = set(pairs.values())
        for line in come:
            if line not in replaced:
                yield Difference("frr", "add", section, "", "", "", conf.masked(line))


def _renumbered(changes: Iterable[FrrLineChange]) -> dict[str, str]:
    """`router bgp` contexts that are there again with another ASN: VRF by VRF there is one at most."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for change in changes:
        if change.context and (match := _ROUTER.fullmatch(change.context[0])):
            found[match[2]][change.sign].add(change.context[0])
    pairs = [(signs["-"], signs["+"]) for signs in found.values()]
    return {min(old): min(new) for old, new in pairs if len(old) == len(new) == 1 and old != new}


def _as_before(changes: Iterable[FrrLineChange], renamed: Mapping[str, str]) -> list[FrrLineChange]:
    """The changes without those that only come from another ASN."""
    before = {new: old for old, new in renamed.items()}
    moved = [
        replace(one, context=(before.get(one.context[0], one.context[0]), *one.context[1:])) if one.context else one
        for one in changes
    ]
    both: dict[tuple[tuple[str, ...], str], set[str]] = defaultdict(set)
    for one in moved:
        both[one.context, one.line].add(one.sign)
    return [one for one in moved if len(both[one.context, one.line]) == 1]


def _pairs(gone: Sequence[str], come: Sequence[str]) -> dict[str, str]:
    """Lines that differ in one or two words after the second, where it is plain which became which."""
    found: dict[str, list[str]] = {old: [new for new in come if _alike(old, new)] for old in gone}
    wanted: dict[str, int] = defaultdict(int)
    for candidates in found.values():
        for new in candidates:
            wanted[new] += 1
    return {old: news[0] for old, news in found.items() if len(news) == 1 and wanted[news[0]] == 1}


def _alike(old: str, new: str) -> bool:
    one, other = old.split(" "), new.split(" ")
    if len(one) != len(other) or len(one) < 3 or one[:2] != other[:2]:
        return False
    return sum(a != b for a, b in zip(one, other, strict=True)) <= 2


def _row_text(table: str, row: Row | None) -> str:
    if row is None:
        return ""
    fields: Mapping[str, str] = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in row.items()
    }
    return ", ".join(f"{name}={_value(table, name, fields[name])}" for name in sorted(fields, key=configdb.natural_key))


def _value(table: str, field: str, text: str) -> str:
    secret = _SECRET_FIELD.search(field) or (table, field) in _SECRET_VALUES
    return MASK if secret and text else text
