"""Configs: what runs, what the next start loads, and what of it was rendered."""

from __future__ import annotations

import re
from typing import Any

from sonicfab.errors import SwitchError, UnreadableError
from sonicfab.ownership import record
from sonicfab.switch.answers import json_object
from sonicfab.switch.ask import Question


def config_db(text: str) -> dict[str, dict[str, dict[str, Any]]]:
    """From `sonic-cfggen -d --print-data`; also from `show runningconfiguration all`, whose FRR text is dropped.

    Raises:
        SwitchError: it is not JSON.
    """
    data = json_object(text, "config_db")
    tables = {table: rows for table, rows in data.items() if isinstance(rows, dict)}
    for table, rows in tables.items():
        for key, row in rows.items():
            if not isinstance(row, dict) or any(value is None or isinstance(value, dict) for value in row.values()):
                raise UnreadableError(f"config_db: {table}|{key} is not a row of fields")
    return tables


def frr_config(text: str) -> str:
    """FRR's running config as it is printed.

    Raises:
        SwitchError: it is none: vtysh begins it with a line of its own (vtysh/vtysh.c vtysh_write_terminal).
    """
    if not any(line.startswith(("Current configuration:", "frr version ")) for line in text.splitlines()):
        shown = text.strip().splitlines()
        raise SwitchError(f"show running-config: not FRR's config: {shown[0][:60] if shown else 'nothing'!r}")
    return text


def frr_version(running: str) -> str:
    """The version of FRR that printed a running config (vtysh/vtysh.c vtysh_write_terminal); "" if it does not say."""
    found = re.search(r"^frr version (\S+)$", running, re.MULTILINE)
    return found[1] if found else ""


RUNNING_CONFIG_DB = Question("running CONFIG_DB", "sudo -n sonic-cfggen -d --print-data", config_db, "what runs")
RUNNING_FRR = Question("running FRR config", "sudo -n vtysh -c 'show running-config'", frr_config, "what runs")
STORED_CONFIG_DB = Question(
    "stored config_db.json", "sudo -n cat /etc/sonic/config_db.json", config_db, "what the next start loads"
)
STORED_FRR = Question(
    "stored frr.conf",
    "sudo -n sh -c 'f=/etc/sonic/frr/frr.conf; [ -e $f ] || [ -L $f ] || "
    "{ echo $f: No such file or directory >&2; exit 1; }; "
    'seen=$(LC_ALL=C stat -c "%F with %h name(s)" $f); '
    'case $seen in "regular file with 1 "* | "regular empty file with 1 "*) '
    "exec dd if=$f bs=64k iflag=nofollow,nonblock status=none;; esac; echo $f is $seen >&2; exit 1'",
    str,
    "the same. No link is followed: the folder belongs to the user of the bgp container",
)
"""That user may put a link there: root must not read through it."""
RECORD = Question(
    "record of what is ours",
    "sudo -n sh -c '[ ! -e /etc/sonic/sonicfab/owned.json ] || cat /etc/sonic/sonicfab/owned.json'",
    record.read,
    "what was rendered when the config was last confirmed, and so is ours; nothing where that never was",
)
MODE_RESETTERS = Question(
    "mode resetters",
    "ls /etc/sonic/minigraph.xml /etc/sonic/golden_config_db.json 2>/dev/null || true",
    str.split,
    "files that would reset the routing mode",
)
"""db_migrator.py takes the routing mode from them, whatever the config says (sonic-utilities)."""
