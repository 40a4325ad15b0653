"""get_config: both files of SONiC as one text, and that text without its secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from napalm.base import models

from sonicfab.configdb import SECRET_TABLES
from sonicfab.switch import parse
from sonicfab.switch.operations import Switch

_SECRET_FIELD = re.compile(r"pass(key|word|phrase)?$|secret|^key$|community|_cak$", re.IGNORECASE)
_SECRET_FIELDS = {"NTP_KEY": {"value"}, "NTP_SERVER": set[str]()}
"""Tables whose field names say something else than elsewhere: `key` of NTP_SERVER is the number of a key."""
_FRR_SECRET = re.compile(
    r"(?m)^(\s*(?:.*\s)?(?:password(?: \d)?|key-string|md5|authentication text) )\S+", re.IGNORECASE
)
_MASK = "********"


def config(switch: Switch, retrieve: str, *, sanitized: bool) -> models.ConfigDict:
    """What get_config returns.

    Raises:
        SwitchError: what is to be sanitized is not JSON.
    """
    texts: models.ConfigDict = {"running": "", "startup": "", "candidate": ""}
    if retrieve in ("all", "running"):
        running = json.dumps(switch.running_config_db(), indent=4)
        texts["running"] = _text(running, switch.running_frr(), sanitized=sanitized)
    if retrieve in ("all", "startup"):
        texts["startup"] = _text(switch.stored_config_db(), switch.stored_frr(), sanitized=sanitized)
    return texts


def _text(config_db: str, frr: str, *, sanitized: bool) -> str:
    if sanitized:
        config_db = json.dumps(_sanitize(parse.config_db(config_db)), indent=4)
        frr = _FRR_SECRET.sub(rf"\g<1>{_MASK}", frr)
    return f"! /etc/sonic/config_db.json\n{config_db}\n! /etc/sonic/frr/frr.conf\n{frr}"


def _sanitize(config_db: dict[str, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    return {
        table: {
            (f"{_MASK}{number}" if table in SECRET_TABLES else key): {
                field: _MASK if _is_secret(table, field) else value for field, value in row.items()
            }
            for number, (key, row) in enumerate(rows.items(), 1)
        }
        for table, rows in config_db.items()
    }


def _is_secret(table: str, field: str) -> bool:
    if table in _SECRET_FIELDS:
        return field in _SECRET_FIELDS[table]
    return bool(_SECRET_FIELD.search(field))
