"""Planted mistakes of ports that are split, and of negotiation."""

from __future__ import annotations

from typing import Any

from plants import LEAF, PORT, Fabric, Fault


def _mode(fabric: Fabric) -> None:
    fabric[LEAF].db["BREAKOUT_CFG"] = {"Ethernet48": {"brkout_mode": "4x25G"}}


def _autoneg(fabric: Fabric) -> None:
    fabric[LEAF].db["PORT"][PORT]["autoneg"] = "on"


def _three_lanes(fabric: Fabric) -> None:
    row = fabric[LEAF].db["PORT"]["Ethernet48"]
    row.update(lanes="77,78,79", speed="40000")
    del row["fec"]


def _two_parts(fabric: Fabric) -> None:
    db: dict[str, Any] = fabric[LEAF].db
    for name, lanes in (("Ethernet48", "77,78"), ("Ethernet50", "79,80")):
        db["PORT"][name] = {**db["PORT"]["Ethernet52"], "index": "49", "alias": f"part{lanes}", "lanes": lanes}
        db["PORT"][name] |= {"speed": "50000", "fec": "rs"}


PORT_FAULTS = (
    Fault("SF-235", "a part of a port with three of its lanes", _three_lanes, also=frozenset({"SF-238"})),
    Fault("SF-236", "a breakout mode on an image without platform.json", _mode),
    Fault(
        "SF-237",
        "a breakout mode beside the whole port",
        _mode,
        build="edgecore-202211",
        also=frozenset({"SF-209", "SF-502"}),
    ),
    Fault("SF-238", "a port that was split by hand", _two_parts),
    Fault("SF-311", "negotiation at one end", _autoneg),
)
