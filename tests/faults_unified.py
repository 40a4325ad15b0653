"""Planted mistakes of switches whose BGP is from CONFIG_DB."""

from __future__ import annotations

from typing import Any

from plants import LEAF, Fabric, Fault, Plant

_MODE = {"docker_routing_config_mode": "unified", "frr_mgmt_framework_config": "true"}


def _rows(**tables: dict[str, Any]) -> Plant:
    """FRR's config is made of CONFIG_DB, with these rows in it."""

    def plant(fabric: Fabric) -> None:
        db: dict[str, Any] = fabric[LEAF].db
        db["DEVICE_METADATA"]["localhost"] |= _MODE
        db.update(BGP_GLOBALS={"default": {"local_asn": "4200000101"}}, **tables)

    return plant


UNIFIED_FAULTS = (
    Fault(
        "SF-260",
        "a policy that frrcfgd's template cannot read",
        _rows(
            ROUTE_MAP_SET={"OUT": {}},
            ROUTE_MAP={"OUT|10": {"route_operation": "permit", "set_asn": "64999", "set_repeat_asn": "2"}},
        ),
    ),
    Fault("SF-260", "BGP in CONFIG_DB on a build whose frrcfgd has no templates", _rows(), build="community-202405"),
    Fault(
        "SF-261",
        "a prefix list as frrcfgd of 202411 reads it",
        _rows(PREFIX_SET={"ALL": {"mode": "IPv4"}}, PREFIX={"ALL|0.0.0.0/0|0..32": {"action": "permit"}}),
    ),
    Fault(
        "SF-402",
        "a neighbour in CONFIG_DB without a policy",
        _rows(
            BGP_NEIGHBOR={"default|Ethernet72": {"asn": "4200000001"}},
            BGP_NEIGHBOR_AF={"default|Ethernet72|ipv4_unicast": {"admin_status": "true"}},
        ),
        also=frozenset({"SF-261", "SF-404"}),
    ),
)
