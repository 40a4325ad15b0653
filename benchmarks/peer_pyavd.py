"""pyavd on a spine-leaf of as many devices as asked: inputs checked, facts, structured configs, configs written."""

import sys
from pathlib import Path
from typing import Any

import pyavd

SPINES = 4
spines = [f"spine{number}" for number in range(1, SPINES + 1)]
leaves = [f"leaf{number}" for number in range(1, int(sys.argv[1]) - SPINES + 1)]
common: dict[str, Any] = {
    "fabric_name": "FABRIC",
    "dc_name": "DC1",
    "design": {"type": "l3ls-evpn"},
    "underlay_routing_protocol": "ebgp",
    "overlay_routing_protocol": "none",
    "mgmt_gateway": "172.16.0.1",
    "spine": {
        "defaults": {"platform": "7050X3", "loopback_ipv4_pool": "10.255.0.0/24", "bgp_as": "65001"},
        "nodes": [
            {"name": one, "id": number, "mgmt_ip": f"172.16.0.{number + 10}/16"} for number, one in enumerate(spines, 1)
        ],
    },
    "l3leaf": {
        "defaults": {
            "platform": "7050X3",
            "loopback_ipv4_pool": "10.254.0.0/20",
            "vtep_loopback_ipv4_pool": "10.253.0.0/20",
            "uplink_switches": spines,
            "uplink_ipv4_pool": "10.0.0.0/14",
            "uplink_interfaces": [f"Ethernet{number}" for number in range(49, 49 + SPINES)],
            "virtual_router_mac_address": "00:1c:73:00:00:99",
            "mlag": False,
        },
        "node_groups": [
            {
                "group": f"L{number}",
                "bgp_as": str(4200000000 + number),
                "nodes": [
                    {
                        "name": one,
                        "id": number,
                        "mgmt_ip": f"172.16.{1 + number // 250}.{1 + number % 250}/16",
                        "uplink_switch_interfaces": [f"Ethernet{number}"] * SPINES,
                    }
                ],
            }
            for number, one in enumerate(leaves, 1)
        ],
    },
}
inputs: dict[str, Any] = {}
for kind, names in (("spine", spines), ("l3leaf", leaves)):
    for name in names:
        given = {**common, "type": kind, "inventory_hostname": name}
        checked = pyavd.validate_inputs(given)
        if getattr(checked, "failed", False):
            sys.exit(f"{name}: {checked.validation_errors[:3]}")
        inputs[name] = getattr(checked, "validated_data", None) or given
facts = pyavd.get_avd_facts(inputs)
Path("made").mkdir(exist_ok=True)
for name, given in inputs.items():
    structured = pyavd.get_device_structured_config(name, given, facts)
    Path("made", f"{name}.cfg").write_text(pyavd.get_device_config(structured))
