"""get_config: both files of SONiC as one text, and that text without its secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from napalm.base import models

from sonicfab.configdb import MASK, SECRET_TABLES, is_secret
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR
from sonicfab.switch.state.config import config_db as config_db_of

CONFIG_DB_MARK, FRR_MARK = "! /etc/sonic/config_db.json", "! /etc/sonic/frr/frr.conf"
"""What each of the files begins with in a text that has both."""
_FRR_SECRET = re.compile(
    r"(?m)^(\s*(?:.*\s)?(?:password(?: \d)?|key-string|md5|authentication text) )\S+", re.IGNORECASE
)


def config(
    switch: Switch, retrieve: str, *, sanitized: bool, candidate: tuple[str, str] | None = None
) -> models.ConfigDict:
    """What get_config returns; `candidate` is what the two files would be after a commit.

    Raises:
        SwitchError: what is to be sanitized is not JSON.
    """
    texts: models.ConfigDict = {"running": "", "startup": "", "candidate": ""}
    if retrieve in ("all", "running"):
        running = json.dumps(switch.get(RUNNING_CONFIG_DB), indent=4)
        texts["running"] = _text(running, switch.optional(RUNNING_FRR) or "", sanitized=sanitized)
    if retrieve in ("all", "startup"):
        stored = switch.get(STORED_CONFIG_DB.printed())
        texts["startup"] = _text(stored, switch.optional(STORED_FRR) or "", sanitized=sanitized)
    if candidate and retrieve in ("all", "candidate"):
        texts["candidate"] = _text(*candidate, sanitized=sanitized)
    return texts


def _text(config_db: str, frr: str, *, sanitized: bool) -> str:
    if sanitized:
        config_db = json.dumps(_sanitize(config_db_of(config_db)), indent=4)
        frr = _FRR_SECRET.sub(rf"\g<1>{MASK}", frr)
    return f"{CONFIG_DB_MARK}\n{config_db}\n{FRR_MARK}\n{frr}"


def _sanitize(config_db: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        table: {
            (f"{MASK}{number}" if table in SECRET_TABLES else key): {
                field: MASK if is_secret(table, field) else value for field, value in row.items()
            }
            for number, (key, row) in enumerate(rows.items(), 1)
        }
        for table, rows in config_db.items()
    }
