"""`leave`: what the plan means otherwise than a switch has it, and leaves as it is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from sonicfab.frr.chosen import SEPARATOR
from sonicfab.frr.conf import parted
from sonicfab.model.fields import expected, port_list

FRR_WORD = "frr"
"""All of FRR's config, and the routing mode that it lives by; with lines behind it, those that `frr.chosen` chooses."""
_FRR_LINES = f"{FRR_WORD} "
_ROW = re.compile(r"([A-Z][A-Z0-9_]*)(?:\|(.+?))?(?: ([A-Za-z0-9_|.:/-]+))?")


def places_of(word: str) -> tuple[tuple[str, str, str], ...]:
    """(table, key, field) that a word names, "" for all; ports of a range one by one. None for what is no such word."""
    match = _ROW.fullmatch(word)
    if match is None:
        return ()
    table, key, name = match[1], match[2] or "", match[3] or ""
    keys = port_list(key) if table == "PORT" and key else (key,)
    return tuple((table, one, name) for one in keys)


def is_lines(word: str) -> bool:
    """Whether a word names lines of FRR's config."""
    return word.startswith(_FRR_LINES)


def frr_lines(words: Iterable[str]) -> tuple[str, ...]:
    """The patterns of lines of FRR among the words."""
    return tuple(word.removeprefix(_FRR_LINES) for word in words if is_lines(word))


def _word(value: str) -> str:
    if is_lines(value):
        return _lines(value)
    if value != FRR_WORD and not places_of(value):
        raise expected(f"'{FRR_WORD}', or TABLE, TABLE|key or 'TABLE|key field' of config_db", value)
    return value


def _lines(value: str) -> str:
    parts = [" ".join(part.split()) for part in value.removeprefix(_FRR_LINES).split(SEPARATOR)]
    if not all(parts) or parts[0].startswith("*"):
        raise expected("lines of FRR's config such as 'frr router bgp * / neighbor * description'", value)
    if any(parted(part)[1] for part in parts):
        raise expected("a line up to its secret", value, "what is left needs no value")
    return f"{FRR_WORD} {SEPARATOR.join(parts)}"


LeaveWord = Annotated[str, AfterValidator(_word)]
