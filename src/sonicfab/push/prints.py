"""Fingerprints of configs: whether, and where, something is another than it was; no value can be read from them. Pure.

Rows and lines are hashed without their secrets, which a dictionary would find by a plain hash; the secrets of a config
have one print together, which is made slowly (scrypt, RFC 7914).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

from sonicfab.configdb import MASK, SECRET_TABLES, ConfigDb, Row, is_secret, natural_key
from sonicfab.datafiles import STRICT
from sonicfab.frr import conf
from sonicfab.hints import first_of

_COST = 2**14
"""Some 50 ms for each guess; switches with the same secrets share one print."""
_SHOWN = 6


@dataclass(frozen=True)
class Prints:
    """Of one config of a switch.

    Attributes:
        config_db: table -> row -> print; of a table whose keys are secrets there is one row, `*`.
        frr: section of frr.conf -> print; lines that stand in none are together by their first words.
        secrets: of all secrets together; "" where there are none.
    """

    __pydantic_config__: ClassVar = STRICT

    config_db: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    frr: Mapping[str, str] = field(default_factory=dict)
    secrets: str = ""


def prints_of(config_db: ConfigDb, frr: str, salt: str) -> Prints:
    """Those of a config_db and the text of an frr.conf; with another salt they are others."""
    secrets: list[str] = []
    tables = {name: dict(_rows(name, rows, salt, secrets)) for name, rows in sorted(config_db.items()) if rows}
    sections: dict[str, list[str]] = {}
    for context, lines in sorted(conf.parse(frr).items()):
        for line in sorted(lines):
            before, secret = conf.parted(line)
            section = context[0] if context else " ".join(before.split()[:3])  # ip prefix-list NAME
            sections.setdefault(section, []).append(" / ".join([*context, before]))
            secrets.append(secret)
    frr_prints = {name: _print("\n".join(lines), salt) for name, lines in sections.items()}
    return Prints(tables, frr_prints, _slow("\0".join(filter(None, secrets)), salt))


def differences(before: Prints, now: Prints) -> list[str]:
    """Where they differ: `PORT|Ethernet0 is another`, `frr.conf: router bgp 65401 is gone`."""
    found: list[str] = []
    for table in sorted({*before.config_db, *now.config_db}):
        old, new = before.config_db.get(table, {}), now.config_db.get(table, {})
        found += [f"{table}|{key} {how}" for key, how in _compared(old, new)]
    found += [f"frr.conf: {name} {how}" for name, how in _compared(before.frr, now.frr)]
    return found + (["a secret is another"] if before.secrets != now.secrets else [])


def told(found: list[str]) -> str:
    """The first of them, and how many more."""
    return first_of(found, _SHOWN, "; ")


def hashed(text: str) -> str:
    """The SHA-256 of something without secrets."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _rows(table: str, rows: Mapping[str, Row], salt: str, secrets: list[str]) -> Iterator[tuple[str, str]]:
    if table in SECRET_TABLES:
        secrets += [f"{key}\1{_text(table, row, [])}" for key, row in sorted(rows.items())]
        yield "*", _print(str(len(rows)), salt)
        return
    for key in sorted(rows, key=natural_key):
        yield key, _print(_text(table, rows[key], secrets), salt)


def _text(table: str, row: Row, secrets: list[str]) -> str:
    """A row as text, its secrets put aside."""
    parts: list[str] = []
    for name, value in sorted(row.items()):
        if is_secret(table, name):
            secrets.append(f"{table}\1{name}\1{value}")
            value = MASK
        parts.append(f"{name}={value!r}")
    return "\0".join(parts)


def _compared(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in sorted({*old, *new}, key=natural_key):
        if old.get(key) != new.get(key):
            yield key, "is new" if key not in old else "is gone" if key not in new else "is another"


def _print(text: str, salt: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), key=salt.encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1024)
def _slow(text: str, salt: str) -> str:
    if not text:
        return ""
    made = hashlib.scrypt(text.encode(errors="surrogatepass"), salt=salt.encode(), n=_COST, r=8, p=1, dklen=16)
    return made.hex()
