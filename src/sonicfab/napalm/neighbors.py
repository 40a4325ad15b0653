"""LLDP neighbours, ARP, IPv6 neighbours and MAC addresses."""

from __future__ import annotations

from ipaddress import ip_address

from napalm.base import models

from sonicfab.configdb import natural_key
from sonicfab.errors import SwitchError
from sonicfab.napalm.names import vrfs
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB
from sonicfab.switch.state.interfaces import NEIGHBORS, Neighbor
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.switch.state.ports import FDB, fdb

_CAPABILITIES = {
    "Other": "other",
    "Repeater": "repeater",
    "Bridge": "bridge",
    "Wlan": "wlan-access-point",
    "Router": "router",
    "Tel": "telephone",
    "Docsis": "docsis-cable-device",
    "Station": "station",
}
"""lldpd's word (its src/lib/atoms/chassis.c) -> NAPALM's."""


def lldp_neighbors(switch: Switch) -> dict[str, list[models.LLDPNeighborDict]]:
    """What get_lldp_neighbors returns."""
    found: dict[str, list[models.LLDPNeighborDict]] = {}
    for one in switch.get(LLDP_NEIGHBORS):
        found.setdefault(one.local_port, []).append(
            {"hostname": one.system_name or one.chassis, "port": one.port or one.port_description}
        )
    return found


def lldp_neighbors_detail(switch: Switch, interface: str) -> models.LLDPNeighborsDetailDict:
    """What get_lldp_neighbors_detail returns."""
    members = (key.partition("|") for key in switch.get(RUNNING_CONFIG_DB).get("PORTCHANNEL_MEMBER", {}))
    parents = {port: channel for channel, _, port in members}
    found: models.LLDPNeighborsDetailDict = {}
    for one in switch.get(LLDP_NEIGHBORS):
        if interface not in ("", one.local_port):
            continue
        found.setdefault(one.local_port, []).append(
            {
                "parent_interface": parents.get(one.local_port, ""),
                "remote_port": one.port,
                "remote_chassis_id": one.chassis,
                "remote_port_description": one.port_description,
                "remote_system_name": one.system_name,
                "remote_system_description": one.system_description,
                "remote_system_capab": _capabilities(one.capabilities),
                "remote_system_enable_capab": _capabilities(one.enabled),
            }
        )
    return found


def arp_table(switch: Switch, vrf: str) -> list[models.ARPTableDict]:
    """What get_arp_table returns.

    Raises:
        SwitchError: there is no such VRF.
    """
    within = _interfaces_of(switch, vrf)
    return [
        {"interface": one.interface, "mac": one.mac.upper(), "ip": one.ip, "age": one.age}
        for one in _neighbors(switch, 4)
        if within is None or one.interface in within
    ]


def ipv6_neighbors_table(switch: Switch) -> list[models.IPV6NeighborDict]:
    """What get_ipv6_neighbors_table returns."""
    return [
        {"interface": one.interface, "mac": one.mac.upper(), "ip": one.ip, "age": one.age, "state": one.state}
        for one in _neighbors(switch, 6)
    ]


def mac_address_table(switch: Switch) -> list[models.MACAdressTable]:
    """What get_mac_address_table returns; how often an address moved is not told."""
    entries = sorted(fdb(switch.get(FDB)), key=lambda entry: (entry.vlan, natural_key(entry.port), entry.mac))
    return [
        {
            "mac": one.mac.upper(),
            "interface": one.port,
            "vlan": one.vlan,
            "static": one.static,
            "active": True,
            "moves": -1,
            "last_move": -1.0,
        }
        for one in entries
    ]


def _neighbors(switch: Switch, version: int) -> list[Neighbor]:
    found = [one for one in switch.get(NEIGHBORS) if ip_address(one.ip).version == version]
    return sorted(found, key=lambda one: (natural_key(one.interface), int(ip_address(one.ip))))


def _interfaces_of(switch: Switch, vrf: str) -> list[str] | None:
    """The interfaces of a VRF; None for all."""
    if not vrf:
        return None
    known = vrfs(switch.get(RUNNING_CONFIG_DB))
    name = "default" if vrf == "global" else vrf
    if name not in known:
        raise SwitchError(f"{switch.name} has no VRF {vrf}", f"it has {', '.join(known)}")
    return known[name]


def _capabilities(words: tuple[str, ...]) -> list[str]:
    return [_CAPABILITIES.get(word, "other") for word in words]
