"""Ports that another uses: a row or a part of FRR's config that is not ours names them.

What refers to a port is told by its value and not by a list of tables: the models do not say it of sub-interfaces (a
pattern), of the ports of a mirror session (joined by commas) and of tables without a model. tables.yml says which
tables hold settings of a port, which are no use of it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from sonicfab import tables
from sonicfab.configdb import ConfigDb, Row, Value

_TEXTS = frozenset({"description", "alias", "name"})
"""Fields that say something to people."""
_SUB = re.compile(r"(Ethernet|Eth)(\d+)\.\d+")
"""A sub-interface, also in its short form (sonic-swss lib/subintf.cpp)."""


def named(words: Iterable[str]) -> Iterable[str]:
    """What could be the names of ports among words."""
    for word in words:
        found = _SUB.fullmatch(word) if "." in word else None
        yield f"Ethernet{found[2]}" if found else word


def words_of(key: str, row: Row) -> Iterable[str]:
    """The words of a row that may name a port."""
    yield from named(key.split("|"))
    for field, value in row.items():
        if field not in _TEXTS:
            yield from named(_words(value))


def _words(value: Value) -> list[str]:
    return [one.strip() for one in value.split(",")] if isinstance(value, str) else list(value)


def users(config: ConfigDb, ports: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """Port -> the tables whose rows use it."""
    found: dict[str, dict[str, None]] = {}
    for name, rows in config.items():
        if name == "PORT" or tables.table(name).settings:
            continue
        for key, row in rows.items():
            for word in words_of(key, row):
                if word in ports:
                    found.setdefault(word, {})[name] = None
    return {port: tuple(names) for port, names in found.items()}


def kept_rows(
    running: Mapping[str, Row], intended: Mapping[str, Row], keep: Collection[str]
) -> tuple[dict[str, Row], frozenset[str]]:
    """(the rows of ports that stay, the intended ports that cannot be beside them).

    A port that was broken out shares its lanes with the intended one: they stay or go together.
    """
    stays = set(keep)
    dropped: set[str] = set()
    while True:
        lanes = {lane for port in stays for lane in _lanes(running[port])}
        touched = {port for port, row in intended.items() if port not in stays and lanes & _lanes(row)}
        touched |= {port for port in stays if port in intended and _lanes(intended[port]) != _lanes(running[port])}
        around = {lane for port in touched for lane in _lanes(intended[port])}
        more = {port for port, row in running.items() if around & _lanes(row)} - stays
        dropped |= touched - stays
        if not more:
            return {port: running[port] for port in stays}, frozenset(dropped - stays)
        stays |= more


def _lanes(row: Row) -> set[str]:
    value = row.get("lanes", "")
    return set(_words(value)) - {""}
