"""get_config: both files of SONiC as one text, and that text without its secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from napalm.base import models

from sonicfab.configdb import MASK, SECRET_TABLES, is_secret
from sonicfab.switch import parse
from sonicfab.switch.operations import Switch

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
        running = json.dumps(switch.running_config_db(), indent=4)
        texts["running"] = _text(running, switch.running_frr(), sanitized=sanitized)
    if retrieve in ("all", "startup"):
        texts["startup"] = _text(switch.stored_config_db(), switch.stored_frr(), sanitized=sanitized)
    if candidate and retrieve in ("all", "candidate"):
        texts["candidate"] = _text(*candidate, sanitized=sanitized)
    return texts


def _text(config_db: str, frr: str, *, sanitized: bool) -> str:
    if sanitized:
        config_db = json.dumps(_sanitize(parse.config_db(config_db)), indent=4)
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
