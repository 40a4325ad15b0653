"""Which interfaces a CONFIG_DB knows, and in which VRF each is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sonicfab.configdb import natural_key

Config = Mapping[str, Mapping[str, Mapping[str, Any]]]

_TABLES = ("PORT", "PORTCHANNEL", "VLAN", "LOOPBACK_INTERFACE", "MGMT_PORT")
_L3_TABLES = (
    "INTERFACE",
    "PORTCHANNEL_INTERFACE",
    "VLAN_INTERFACE",
    "VLAN_SUB_INTERFACE",
    "LOOPBACK_INTERFACE",
)
MANAGEMENT_VRF = "mgmt"
"""The name is fixed: sonic-buildimage files/image_config/interfaces/interfaces.j2."""


def interface_names(config: Config) -> list[str]:
    """All, in natural order."""
    names = {key for table in _TABLES for key in config.get(table, {}) if "|" not in key}
    return sorted(names, key=natural_key)


def interface_row(config: Config, name: str) -> Mapping[str, Any]:
    """The row of an interface; {} when there is none."""
    return next((config[table][name] for table in _TABLES if name in config.get(table, {})), {})


def vrfs(config: Config) -> dict[str, list[str]]:
    """VRF -> its interfaces, `default` first; `mgmt` is there when the management VRF is on."""
    found: dict[str, list[str]] = {"default": []}
    found |= {name: [] for name in sorted(config.get("VRF", {}), key=natural_key) if name != "default"}
    management = config.get("MGMT_VRF_CONFIG", {}).get("vrf_global", {}).get("mgmtVrfEnabled") == "true"
    if management:
        found[MANAGEMENT_VRF] = []
    for name in interface_names(config):
        vrf = next((row["vrf_name"] for row in _l3_rows(config, name) if row.get("vrf_name")), "default")
        if management and name in config.get("MGMT_PORT", {}):
            vrf = MANAGEMENT_VRF
        found.setdefault(vrf, []).append(name)
    return found


def _l3_rows(config: Config, name: str) -> list[Mapping[str, Any]]:
    return [config[table][name] for table in _L3_TABLES if name in config.get(table, {})]
