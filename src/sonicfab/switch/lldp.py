"""All that lldpd knows of a neighbour, from `lldpctl -f json0`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sonicfab.switch.answers import json_object


@dataclass(frozen=True, slots=True)
class LldpDetail:
    """A neighbour of one port; capabilities are lldpd's words."""

    local_port: str
    chassis: str
    system_name: str
    system_description: str
    port: str
    port_description: str
    capabilities: tuple[str, ...]
    enabled: tuple[str, ...]


def details(text: str) -> list[LldpDetail]:
    """All neighbours.

    Raises:
        SwitchError: it is not JSON.
    """
    found: list[LldpDetail] = []
    for block in json_object(text, "lldpctl").get("lldp", []):
        for one in block.get("interface", []):
            chassis, port = _first(one.get("chassis")), _first(one.get("port"))
            capabilities = [row for row in chassis.get("capability", []) if row.get("type")]
            found.append(
                LldpDetail(
                    local_port=str(one.get("name", "")),
                    chassis=_value(chassis.get("id")),
                    system_name=_value(chassis.get("name")),
                    system_description=_value(chassis.get("descr")),
                    port=_value(port.get("id")),
                    port_description=_value(port.get("descr")),
                    capabilities=tuple(row["type"] for row in capabilities),
                    enabled=tuple(row["type"] for row in capabilities if row.get("enabled")),
                )
            )
    return found


def _first(rows: object) -> dict[str, Any]:
    return rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}


def _value(rows: object) -> str:
    return str(_first(rows).get("value", ""))
