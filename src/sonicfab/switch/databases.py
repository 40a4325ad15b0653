"""Rows of SONiC's redis databases, as sonic-db-dump prints them. Pure.

Who writes them: portsorch and fdborch of sonic-swss (PORT_TABLE, FDB_TABLE), syncd (COUNTERS), and psud, thermalctld
and xcvrd of sonic-platform-daemons (PSU_INFO, FAN_INFO, TEMPERATURE_INFO, TRANSCEIVER_DOM_SENSOR).
"""

from __future__ import annotations

import calendar
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.errors import SwitchError
from sonicfab.switch.answers import json_object, reading

Fields = Mapping[str, str]
Rows = Mapping[str, Fields]
"""Key -> field -> value."""


@dataclass(frozen=True, slots=True)
class FdbEntry:
    """A MAC address that the ASIC has learned, or was given when `static`."""

    mac: str
    vlan: int
    port: str
    static: bool


def rows(text: str, what: str) -> dict[str, dict[str, str]]:
    """Key -> fields of the hashes in a dump.

    Raises:
        SwitchError: it is not a dump.
    """
    found: dict[str, dict[str, str]] = {}
    for key, entry in json_object(text, what).items():
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(value, dict):
            found[key] = {str(field): str(one) for field, one in value.items()}
    return found


def table(dump: Rows, name: str, separator: str = "|") -> dict[str, Fields]:
    """Key without the table's name -> fields; APPL_DB separates them by a colon."""
    prefix = name + separator
    return {key.removeprefix(prefix): fields for key, fields in dump.items() if key.startswith(prefix)}


def port_counters(names: Rows, counters: Rows) -> dict[str, Fields]:
    """Port -> its SAI counters, from COUNTERS_PORT_NAME_MAP and the rows of the objects that it names."""
    ids = names.get("COUNTERS_PORT_NAME_MAP", {})
    return {port: counters.get(f"COUNTERS:{oid}", {}) for port, oid in ids.items()}


@reading("FDB_TABLE of STATE_DB")
def fdb(dump: Rows) -> list[FdbEntry]:
    """From the rows FDB_TABLE|VlanN:MAC of STATE_DB.

    Raises:
        SwitchError: a key is of another form.
    """
    found: list[FdbEntry] = []
    for key, fields in table(dump, "FDB_TABLE").items():
        vlan, _, mac = key.partition(":")
        if not (vlan.startswith("Vlan") and vlan[4:].isdigit() and mac):
            raise SwitchError(f"STATE_DB has the row FDB_TABLE|{key[:80]}, which is not of the form VlanN:MAC")
        found.append(FdbEntry(mac, int(vlan[4:]), fields.get("port", ""), static=fields.get("type") == "static"))
    return found


@reading("PORT_TABLE of APPL_DB")
def last_change(port: Fields) -> float:
    """When a port last went up or down, in seconds since 1970, from its row of APPL_DB; -1.0 when it is not told.

    portsorch writes it as ctime does, in UTC (updateDbPortFlapCount).
    """
    times = [
        float(calendar.timegm(time.strptime(text, "%a %b %d %H:%M:%S %Y")))
        for field in ("last_up_time", "last_down_time")
        if (text := port.get(field, ""))
    ]
    return max(times, default=-1.0)


def number(fields: Fields, name: str, default: float = -1.0) -> float:
    """A field as a number; what is not told (absent, "N/A", "None", "inf") is `default`."""
    try:
        value = float(fields.get(name, ""))
    except ValueError:
        return default
    return value if math.isfinite(value) else default


def yes(fields: Fields, name: str) -> bool:
    """A field as a truth: SONiC's daemons write `true` and `True`."""
    return fields.get(name, "").lower() == "true"
