"""Ports and sensors as SONiC's redis databases have them, row by row.

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
from sonicfab.switch.answers import documents, json_object, reading
from sonicfab.switch.ask import Question

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


@dataclass(frozen=True, slots=True)
class SonicPort:
    """A port as SONiC's APPL_DB has it; "" where it does not say."""

    speed: str
    fec: str
    autoneg: str = ""


def rows(text: str) -> dict[str, dict[str, str]]:
    """Key -> fields of the hashes in a dump.

    Raises:
        SwitchError: it is not a dump.
    """
    found: dict[str, dict[str, str]] = {}
    for key, entry in json_object(text, "sonic-db-dump").items():
        value = entry.get("value") if isinstance(entry, dict) else None
        if isinstance(value, dict):
            found[key] = {str(field): str(one) for field, one in value.items()}
    return found


def table(dump: Rows, name: str, separator: str = "|") -> dict[str, Fields]:
    """Key without the table's name -> fields; APPL_DB separates them by a colon."""
    prefix = name + separator
    return {key.removeprefix(prefix): fields for key, fields in dump.items() if key.startswith(prefix)}


def counters_of(names: Rows, counters: Rows) -> dict[str, Fields]:
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


@reading("PORT_TABLE of APPL_DB")
def sonic_ports(text: str) -> dict[str, SonicPort]:
    """Name -> port, from PORT_TABLE of APPL_DB.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, SonicPort] = {}
    for document in documents(text):
        for key, row in document.items():
            table, _, name = key.partition(":")
            if table == "PORT_TABLE" and name.startswith("Ethernet"):
                values = row.get("value", {})
                found[name] = SonicPort(*(values.get(field, "") for field in ("speed", "fec", "autoneg")))
    return found


@reading("TRANSCEIVER_INFO of STATE_DB")
def transceivers(text: str) -> frozenset[str]:
    """The ports that have one, from TRANSCEIVER_INFO of STATE_DB.

    Raises:
        SwitchError: it is not JSON.
    """
    return frozenset(key.partition("|")[2] for document in documents(text) for key in document)


@reading("portstat -j")
def port_errors(text: str) -> dict[str, int]:
    """Port -> frames received or sent with errors, from `portstat -j`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, int] = {}
    for document in documents(text[text.find("{") :] if "{" in text else text):
        for name, row in document.items():
            if isinstance(row, dict):
                values = (str(row.get(key, "0")).replace(",", "") for key in ("RX_ERR", "TX_ERR"))
                found[name] = sum(int(value) for value in values if value.isdigit())
    return found


SONIC_PORTS = Question(
    "ports", "sudo -n sonic-db-dump -n APPL_DB -k 'PORT_TABLE:*'", sonic_ports, "speed and FEC of the ASIC"
)
TRANSCEIVERS = Question(
    "transceivers", "sudo -n sonic-db-dump -n STATE_DB -k 'TRANSCEIVER_INFO|*'", transceivers, "which ports have one"
)
PORT_ERRORS = Question("counters", "sudo -n portstat -j", port_errors, "frames with errors")
"""Of the ASIC; the kernel's own counters know only what the switch itself sends and receives."""
PORT_COUNTERS = Question(
    "port counters",
    "sudo -n sonic-db-dump -n COUNTERS_DB -k 'COUNTERS:oid:0x1????????????'",
    rows,
    "the counters of ports; the pattern leaves out those of queues",
)
"""Bits 55 to 48 of an object's id are its SAI type, 1 for a port (sonic-sairedis lib/VirtualObjectIdManager.cpp)."""
DATABASE_ROWS = Question(
    "rows",
    "sudo -n sonic-db-dump -n {database} -k '{pattern}'",
    rows,
    "rows of STATE_DB (`FDB_TABLE`, `LAG_*`, `FAN_INFO` ..., `TRANSCEIVER_DOM_SENSOR`), APPL_DB (`PORT_TABLE`, "
    "`LAG_*`) and COUNTERS_DB (`COUNTERS_PORT_NAME_MAP`)",
)
"""Without -y: with it, sonic-db-dump ignores -k (redis-dump-load 1.1)."""
PORT_NAMES = DATABASE_ROWS.of(database="COUNTERS_DB", pattern="COUNTERS_PORT_NAME_MAP")
PORT_TABLE = DATABASE_ROWS.of(database="APPL_DB", pattern="PORT_TABLE:*")
FDB = DATABASE_ROWS.of(database="STATE_DB", pattern="FDB_TABLE|*")
SENSORS = DATABASE_ROWS.of(database="STATE_DB", pattern="*_INFO|*")
OPTICS = DATABASE_ROWS.of(database="STATE_DB", pattern="TRANSCEIVER_DOM_SENSOR|*")
