"""`leave`: what the plan means otherwise than a switch has it, and leaves as it is there."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from sonicfab.model.fields import expected, port_list

FRR_WORD = "frr"
"""All of FRR's config, and the routing mode that it lives by."""
_ROW = re.compile(r"([A-Z][A-Z0-9_]*)(?:\|(.+?))?(?: ([A-Za-z0-9_|.:/-]+))?")


def places_of(word: str) -> tuple[tuple[str, str, str], ...]:
    """(table, key, field) that a word names, "" for all; ports of a range one by one. None for what is no such word."""
    match = _ROW.fullmatch(word)
    if match is None:
        return ()
    table, key, name = match[1], match[2] or "", match[3] or ""
    keys = port_list(key) if table == "PORT" and key else (key,)
    return tuple((table, one, name) for one in keys)


def _word(value: str) -> str:
    if value != FRR_WORD and not places_of(value):
        raise expected(f"'{FRR_WORD}', or TABLE, TABLE|key or 'TABLE|key field' of config_db", value)
    return value


LeaveWord = Annotated[str, AfterValidator(_word)]
