"""What lldpd knows of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonicfab.switch.answers import json_object, reading
from sonicfab.switch.ask import Question


@dataclass(frozen=True, slots=True)
class LldpNeighbor:
    """Who is at the other end: a SONiC switch gives the alias as port id."""

    local_port: str
    system_name: str
    port: str
    port_description: str
    chassis: str
    age: float = 0
    """Seconds since it was first heard of."""
    system_description: str = ""
    capabilities: tuple[str, ...] = ()
    """lldpd's words."""
    enabled: tuple[str, ...] = ()
    """Those of the capabilities that are in use."""


@reading("lldpctl")
def neighbors(text: str) -> list[LldpNeighbor]:
    """All neighbours, from `lldpctl -f json0`; whose shape does not depend on how many there are.

    Raises:
        SwitchError: it is not JSON.
    """
    found: list[LldpNeighbor] = []
    for block in json_object(text, "lldpctl").get("lldp", []):
        for one in block.get("interface", []):
            chassis, port = _first(one.get("chassis")), _first(one.get("port"))
            capabilities = [row for row in chassis.get("capability", []) if row.get("type")]
            found.append(
                LldpNeighbor(
                    local_port=str(one.get("name", "")),
                    system_name=_value(chassis.get("name")),
                    port=_value(port.get("id")),
                    port_description=_value(port.get("descr")),
                    chassis=_value(chassis.get("id")),
                    age=_age(str(one.get("age", ""))),
                    system_description=_value(chassis.get("descr")),
                    capabilities=tuple(row["type"] for row in capabilities),
                    enabled=tuple(row["type"] for row in capabilities if row.get("enabled")),
                )
            )
    return found


def _age(text: str) -> float:
    """Seconds of `1 day, 02:03:04`."""
    days, _, time = text.rpartition(", ")
    parts = [int(part) for part in time.split(":") if part.isdigit()]
    if len(parts) != 3:
        return 0
    day = days.split(" ")[0]
    return (int(day) if day.isdigit() else 0) * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2]


def _first(rows: object) -> dict[str, Any]:
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}


def _value(rows: object) -> str:
    return str(_first(rows).get("value", ""))


LLDP_NEIGHBORS = Question(
    "lldp", "sudo -n docker exec lldp lldpctl -f json0", neighbors, "who is at the other ends of the cables"
)
