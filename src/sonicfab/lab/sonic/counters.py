"""COUNTERS_DB as syncd keeps it: SAI counters of each port, out of the kernel's own.

Follows sonic-swss orchagent/portsorch.cpp (COUNTERS_PORT_NAME_MAP, the names of the counters) and sonic-sairedis
lib/VirtualObjectIdManager.cpp (the ids of ports). syncd polls the ASIC each second; here the rows are written anew
when somebody asks. The kernel does not count packets by kind, so there are no UCAST, MULTICAST and BROADCAST counters.
"""

from __future__ import annotations

from pathlib import Path

from sonicfab.lab.sonic import db

_PORT = 1
"""SAI_OBJECT_TYPE_PORT."""
_COUNTERS = {
    "SAI_PORT_STAT_IF_IN_OCTETS": 0,
    "SAI_PORT_STAT_IF_IN_ERRORS": 2,
    "SAI_PORT_STAT_IF_IN_DISCARDS": 3,
    "SAI_PORT_STAT_IF_OUT_OCTETS": 8,
    "SAI_PORT_STAT_IF_OUT_ERRORS": 10,
    "SAI_PORT_STAT_IF_OUT_DISCARDS": 11,
}
"""Counter -> its column in /proc/net/dev, after the name."""


def refresh() -> None:
    """Write the counters as they are now."""
    ports = list(db.read().get("PORT", {}))
    ids = {port: f"oid:0x{_PORT:x}{number:012x}" for number, port in enumerate(ports, 2)}
    commands = [["DEL", "COUNTERS_PORT_NAME_MAP"]]
    lines = (line.partition(":") for line in Path("/proc/net/dev").read_text(encoding="utf-8").splitlines())
    kernel = {name.strip(): values.split() for name, colon, values in lines if colon}
    for port, oid in ids.items():
        commands.append(["HSET", "COUNTERS_PORT_NAME_MAP", port, oid])
        if port in kernel:
            values = [word for name, column in _COUNTERS.items() for word in (name, kernel[port][column])]
            commands.append(["HSET", f"COUNTERS:{oid}", *values])
    db.run(commands, db.DATABASES["COUNTERS_DB"])
