"""Facts, interfaces, their addresses and counters, VLANs and network instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from napalm.base import models

from sonicfab.configdb import natural_key
from sonicfab.frr.bgp import read_frr
from sonicfab.napalm.names import interface_names, interface_row, vrfs
from sonicfab.switch.operations import Switch
from sonicfab.switch.state import ports
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR
from sonicfab.switch.state.interfaces import ADDRESSES, INTERFACES
from sonicfab.switch.state.system import HOSTNAME, UPTIME

_UNKNOWN_SPEED = 2**32 - 1
"""What the kernel, and FRR after it, says of an interface without a speed: SPEED_UNKNOWN."""
_COUNTERS = {
    "octets": "OCTETS",
    "errors": "ERRORS",
    "discards": "DISCARDS",
    "unicast_packets": "UCAST_PKTS",
    "multicast_packets": "MULTICAST_PKTS",
    "broadcast_packets": "BROADCAST_PKTS",
}
"""NAPALM's word -> the end of SAI's: SAI_PORT_STAT_IF_IN_OCTETS and so on."""


def facts(switch: Switch) -> models.FactsDict:
    """What get_facts returns."""
    found, hostname, uptime = switch.facts(), switch.get(HOSTNAME), switch.get(UPTIME)
    vendor, _, model = found.hwsku.partition("-")
    return {
        "uptime": uptime,
        "vendor": vendor,
        "model": model or found.hwsku,
        "hostname": hostname,
        "fqdn": hostname,
        "os_version": found.sonic_version.get("build_version", ""),
        "serial_number": found.serial,
        "interface_list": interface_names(switch.get(RUNNING_CONFIG_DB)),
    }


def interfaces(switch: Switch) -> dict[str, models.InterfaceDict]:
    """What get_interfaces returns."""
    config, seen = switch.get(RUNNING_CONFIG_DB), switch.get(INTERFACES)
    states = ports.table(switch.get(ports.PORT_TABLE), "PORT_TABLE", ":")
    found: dict[str, models.InterfaceDict] = {}
    for name in interface_names(config):
        row, interface = interface_row(config, name), seen.get(name)
        speed = interface.speed if interface and 0 < interface.speed < _UNKNOWN_SPEED else -1
        found[name] = {
            "is_up": bool(interface and interface.oper_up),
            "is_enabled": bool(interface and interface.admin_up),
            "description": row.get("description", ""),
            "last_flapped": ports.last_change(states.get(name, {})),
            "speed": float(row.get("speed", speed)),
            "mtu": interface.mtu if interface else int(row.get("mtu", -1)),
            "mac_address": interface.mac.upper() if interface else "",
        }
    return found


def interfaces_ip(switch: Switch) -> dict[str, models.InterfacesIPDict]:
    """What get_interfaces_ip returns: the addresses that are in effect."""
    links = switch.get(ADDRESSES)
    found: dict[str, models.InterfacesIPDict] = {}
    for name in interface_names(switch.get(RUNNING_CONFIG_DB)):
        families: models.InterfacesIPDict = {}
        for family, address, length in links[name].addresses if name in links else ():
            if family == "ipv4":
                families.setdefault("ipv4", {})[address] = {"prefix_length": length}
            else:
                families.setdefault("ipv6", {})[address] = {"prefix_length": length}
        if families:
            found[name] = families
    return found


def interfaces_counters(switch: Switch) -> dict[str, models.InterfaceCounterDict]:
    """What get_interfaces_counters returns: the ASIC's of its ports, the kernel's of the management interface."""
    counters = ports.counters_of(switch.get(ports.PORT_NAMES), switch.get(ports.PORT_COUNTERS))
    found = {port: _sai_counters(counters[port]) for port in sorted(counters, key=natural_key)}
    links = switch.get(ADDRESSES)
    for name in switch.get(RUNNING_CONFIG_DB).get("MGMT_PORT", {}):
        if name in links:
            found[name] = _kernel_counters(links[name].received, links[name].sent)
    return found


def vlans(switch: Switch) -> dict[int, models.VlanDict]:
    """What get_vlans returns."""
    config = switch.get(RUNNING_CONFIG_DB)
    members = sorted(config.get("VLAN_MEMBER", {}), key=natural_key)
    found: dict[int, models.VlanDict] = {}
    for name in sorted(config.get("VLAN", {}), key=natural_key):
        own = [member.partition("|")[2] for member in members if member.partition("|")[0] == name]
        found[int(name.removeprefix("Vlan"))] = {"name": name, "interfaces": own}
    return found


def network_instances(switch: Switch, wanted: str) -> dict[str, models.NetworkInstanceDict]:
    """What get_network_instances returns."""
    read = read_frr(switch.optional(RUNNING_FRR) or "")
    return {
        name: {
            "name": name,
            "type": "DEFAULT_INSTANCE" if name == "default" else "L3VRF",
            "state": {"route_distinguisher": read.instance(name).rd},
            "interfaces": {"interface": {member: {} for member in members}},
        }
        for name, members in vrfs(switch.get(RUNNING_CONFIG_DB)).items()
        if wanted in ("", name)
    }


def _sai_counters(fields: ports.Fields) -> models.InterfaceCounterDict:
    found = {
        f"{ours}_{word}": int(ports.number(fields, f"SAI_PORT_STAT_IF_{theirs}_{end}"))
        for ours, theirs in (("rx", "IN"), ("tx", "OUT"))
        for word, end in _COUNTERS.items()
    }
    return cast("models.InterfaceCounterDict", found)


def _kernel_counters(received: Mapping[str, int], sent: Mapping[str, int]) -> models.InterfaceCounterDict:
    found = {f"{way}_{word}": -1 for way in ("rx", "tx") for word in _COUNTERS}  # packets are not told by kind
    for way, counters in (("rx", received), ("tx", sent)):
        for word, name in (("octets", "bytes"), ("errors", "errors"), ("discards", "dropped")):
            found[f"{way}_{word}"] = counters.get(name, -1)
    found["rx_multicast_packets"] = received.get("multicast", -1)
    return cast("models.InterfaceCounterDict", found)
