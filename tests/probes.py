"""Probes: one change each to a small config that every build accepts, and what SONiC's own check said of it.

`VERDICTS` were recorded with the models of seven branches: ok, X refused before the YANG library (unknown field, key
that fits no row), F refused by it, - accepted although the table has no model.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

Config = dict[str, Any]

BUILDS = ("202305", "202311", "202405", "202411", "202505", "202511", "202605")

BASE: Config = {
    "DEVICE_METADATA": {
        "localhost": {
            "hwsku": "Accton-AS7726-32X",
            "platform": "x86_64-accton_as7726_32x-r0",
            "mac": "aa:bb:cc:dd:ee:ff",
            "hostname": "leaf1",
            "type": "LeafRouter",
            "bgp_asn": "4200000001",
            "docker_routing_config_mode": "split-unified",
        }
    },
    "PORT": {
        "Ethernet0": {
            "lanes": "1,2,3,4",
            "alias": "hundredGigE1",
            "index": "1",
            "speed": "100000",
            "fec": "rs",
            "mtu": "9100",
            "admin_status": "up",
        }
    },
    "INTERFACE": {"Ethernet0": {"ipv6_use_link_local_only": "enable"}, "Ethernet0|10.0.0.0/31": {}},
    "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.255.0.1/32": {}},
    "BGP_NEIGHBOR": {
        "10.0.0.1": {"asn": "65001", "name": "spine1", "local_addr": "10.0.0.0", "holdtime": "10", "keepalive": "3"}
    },
    "MGMT_PORT": {"eth0": {"alias": "eth0", "admin_status": "up"}},
    "MGMT_INTERFACE": {"eth0|192.168.0.2/24": {"gwaddr": "192.168.0.1"}},
    "VLAN": {"Vlan100": {"vlanid": "100"}},
    "VLAN_MEMBER": {},
    "VRF": {"Vrf100": {"vni": "100"}},
    "VXLAN_TUNNEL": {"vtep": {"src_ip": "10.255.0.1"}},
    "VXLAN_EVPN_NVO": {"nvo": {"source_vtep": "vtep"}},
    "NTP_SERVER": {"10.1.1.1": {}},
    "DNS_NAMESERVER": {"10.1.1.1": {}},
    "VERSIONS": {"DATABASE": {"VERSION": "version_202505_01"}},
}


CHANGES: dict[str, Callable[[Config], object]] = {
    "baseline": lambda _: None,
    "INTERFACE without bare key": lambda c: c["INTERFACE"].pop("Ethernet0"),
    "LOOPBACK without bare key": lambda c: c["LOOPBACK_INTERFACE"].pop("Loopback0"),
    "INTERFACE port not in PORT": lambda c: c["INTERFACE"].update({"Ethernet4": {}}),
    "PORT no lanes": lambda c: c["PORT"]["Ethernet0"].pop("lanes"),
    "PORT no speed": lambda c: c["PORT"]["Ethernet0"].pop("speed"),
    "fec auto": lambda c: c["PORT"]["Ethernet0"].update(fec="auto"),
    "autoneg true": lambda c: c["PORT"]["Ethernet0"].update(autoneg="true"),
    "mtu 9216": lambda c: c["PORT"]["Ethernet0"].update(mtu="9216"),
    "mtu 9217": lambda c: c["PORT"]["Ethernet0"].update(mtu="9217"),
    "docker_routing_config_mode bad": lambda c: c["DEVICE_METADATA"]["localhost"].update(
        docker_routing_config_mode="split_unified"
    ),
    "type Spine": lambda c: c["DEVICE_METADATA"]["localhost"].update(type="Spine"),
    "type SpineRouter": lambda c: c["DEVICE_METADATA"]["localhost"].update(type="SpineRouter"),
    "suppress-fib-pending": lambda c: c["DEVICE_METADATA"]["localhost"].update(
        {"suppress-fib-pending": "enabled", "synchronous_mode": "enable"}
    ),
    "bgp_router_id": lambda c: c["DEVICE_METADATA"]["localhost"].update({"bgp_router_id": "10.255.0.1"}),
    "nexthop_group": lambda c: c["DEVICE_METADATA"]["localhost"].update({"nexthop_group": "enabled"}),
    "zebra_nexthop": lambda c: c["DEVICE_METADATA"]["localhost"].update({"zebra_nexthop": "disabled"}),
    "VRF name 22 chars": lambda c: c["VRF"].update({"Vrf_customer_long_name": {}}),
    "VRF name red": lambda c: c["VRF"].update({"red": {}}),
    "VRF default {}": lambda c: c["VRF"].update({"default": {}}),
    "Vlan1": lambda c: c["VLAN"].update({"Vlan1": {"vlanid": "1"}}),
    "Vlan name/vlanid mismatch": lambda c: c["VLAN"].update({"Vlan200": {"vlanid": "201"}}),
    "VLAN without vlanid": lambda c: c["VLAN"].update({"Vlan200": {}}),
    "VXLAN_TUNNEL name 11 chars": lambda c: (
        c.update(VXLAN_TUNNEL={"vtep_loop_0": {"src_ip": "10.255.0.1"}}),
        c["VXLAN_EVPN_NVO"]["nvo"].update(source_vtep="vtep_loop_0"),
    ),
    "BGP_NEIGHBOR iface single key": lambda c: c["BGP_NEIGHBOR"].update({"Ethernet0": {"asn": "65001", "name": "x"}}),
    "BGP_NEIGHBOR default|Ethernet0 + globals": lambda c: (
        c.update(BGP_GLOBALS={"default": {"local_asn": "4200000001"}}),
        c["BGP_NEIGHBOR"].update({"default|Ethernet0": {"peer_type": "external"}}),
    ),
    "BGP_NEIGHBOR default|10.0.0.3 no globals": lambda c: c["BGP_NEIGHBOR"].update(
        {"default|10.0.0.3": {"asn": "65001"}}
    ),
    "BGP_NEIGHBOR_AF admin true": lambda c: c.update(
        BGP_GLOBALS={"default": {"local_asn": "4200000001"}},
        BGP_NEIGHBOR={"default|Ethernet0": {"peer_type": "external"}},
        BGP_NEIGHBOR_AF={"default|Ethernet0|ipv4_unicast": {"admin_status": "true"}},
    ),
    "BGP_NEIGHBOR_AF admin up": lambda c: c.update(
        BGP_GLOBALS={"default": {"local_asn": "4200000001"}},
        BGP_NEIGHBOR={"default|Ethernet0": {"peer_type": "external"}},
        BGP_NEIGHBOR_AF={"default|Ethernet0|ipv4_unicast": {"admin_status": "up"}},
    ),
    "BGP_NEIGHBOR v6only": lambda c: c.update(
        BGP_GLOBALS={"default": {"local_asn": "4200000001"}},
        BGP_NEIGHBOR={"default|Ethernet0": {"peer_type": "external", "v6only": "true"}},
    ),
    "BGP_GLOBALS asn != metadata": lambda c: c.update(BGP_GLOBALS={"default": {"local_asn": "65000"}}),
    "BGP_GLOBALS ebgp_requires_policy": lambda c: c.update(
        BGP_GLOBALS={"default": {"local_asn": "4200000001", "ebgp_requires_policy": "false"}}
    ),
    "MGMT_INTERFACE no gwaddr": lambda c: c["MGMT_INTERFACE"].update({"eth0|192.168.0.2/24": {}}),
    "MGMT_INTERFACE eth0 bare": lambda c: c["MGMT_INTERFACE"].update({"eth0": {"admin_status": "up"}}),
    "MGMT no MGMT_PORT": lambda c: c.pop("MGMT_PORT"),
    "NTP vrf mgmt w/o mvrf": lambda c: c.update(NTP={"global": {"vrf": "mgmt"}}),
    "NTP_SERVER iburst": lambda c: c["NTP_SERVER"].update({"10.1.1.1": {"iburst": "on"}}),
    "DNS 4 servers": lambda c: c.update(DNS_NAMESERVER={f"10.1.1.{i}": {} for i in range(1, 5)}),
    "SNMP_COMMUNITY short": lambda c: c.update(SNMP_COMMUNITY={"pub": {"TYPE": "RO"}}),
    "hostname 64": lambda c: c["DEVICE_METADATA"]["localhost"].update(hostname="x" * 64),
    "hostname underscore": lambda c: c["DEVICE_METADATA"]["localhost"].update(hostname="leaf_1"),
    "mac upper": lambda c: c["DEVICE_METADATA"]["localhost"].update(mac="AA:BB:CC:DD:EE:FF"),
    "LOOPBACK table": lambda c: c.update(LOOPBACK={"Loopback0": {"admin_status": "up"}}),
    "PORTCHANNEL no admin_status": lambda c: c.update(PORTCHANNEL={"PortChannel1": {"mtu": "9100"}}),
    "PORTCHANNEL mix_speed": lambda c: c.update(
        PORTCHANNEL={"PortChannel1": {"admin_status": "up", "mix_speed": "false"}}
    ),
    "PC member with IP iface": lambda c: c.update(
        PORTCHANNEL={"PortChannel1": {"admin_status": "up"}}, PORTCHANNEL_MEMBER={"PortChannel1|Ethernet0": {}}
    ),
    "VLAN_MEMBER on routed port": lambda c: c.update(VLAN_MEMBER={"Vlan100|Ethernet0": {"tagging_mode": "untagged"}}),
    "LLDP Global": lambda c: c.update(LLDP={"Global": {"hello_timer": 10}}),
    "LLDP GLOBAL hello_time": lambda c: c.update(LLDP={"GLOBAL": {"hello_time": "10"}}),
    "PORT valid_speeds": lambda c: c["PORT"]["Ethernet0"].update(valid_speeds="100000,40000"),
    "PORT parent_port": lambda c: c["PORT"]["Ethernet0"].update(parent_port="Ethernet0"),
    "VLAN_INTERFACE static_anycast_gateway": lambda c: c.update(
        VLAN_INTERFACE={"Vlan100": {"static_anycast_gateway": "true"}}
    ),
    "VERSIONS newer 202605": lambda c: c.update(VERSIONS={"DATABASE": {"VERSION": "version_202605_01"}}),
    "BGP_PEER_RANGE vrf|name": lambda c: c.update(
        BGP_PEER_RANGE={"default|R1": {"name": "R1", "ip_range": ["10.0.0.0/24"]}}
    ),
    "STATIC_ROUTE ok": lambda c: c.update(STATIC_ROUTE={"default|0.0.0.0/0": {"nexthop": "10.0.0.1"}}),
    "AAA tacacs+ no passkey": lambda c: c.update(AAA={"authentication": {"login": "tacacs+,local"}}),
    "bgp_asn none": lambda c: c["DEVICE_METADATA"]["localhost"].update(bgp_asn="None"),
}

VERDICTS = {
    "baseline": "ok ok ok ok ok ok ok",
    "INTERFACE without bare key": "F F F F F F F",
    "LOOPBACK without bare key": "F F F F F F F",
    "INTERFACE port not in PORT": "F F F F F F F",
    "PORT no lanes": "F F F F F F F",
    "PORT no speed": "F F F F F F F",
    "fec auto": "F ok ok ok ok ok ok",
    "autoneg true": "F F F F F F F",
    "mtu 9216": "ok ok ok ok ok ok ok",
    "mtu 9217": "F F F F F F F",
    "docker_routing_config_mode bad": "F F F F F F F",
    "type Spine": "F F F F F F F",
    "type SpineRouter": "ok ok ok ok ok ok ok",
    "suppress-fib-pending": "X ok X ok ok ok ok",
    "bgp_router_id": "X X ok ok ok ok ok",
    "nexthop_group": "X X X ok ok ok ok",
    "zebra_nexthop": "X X X X X ok ok",
    "VRF name 22 chars": "ok ok ok F F F F",
    "VRF name red": "F F F F F F F",
    "VRF default {}": "F F F F F F F",
    "Vlan1": "ok ok F F F F F",
    "Vlan name/vlanid mismatch": "ok ok F F F F F",
    "VLAN without vlanid": "ok ok ok ok ok ok ok",
    "VXLAN_TUNNEL name 11 chars": "F ok ok ok ok ok ok",
    "BGP_NEIGHBOR iface single key": "F F F F F F F",
    "BGP_NEIGHBOR default|Ethernet0 + globals": "ok ok ok ok ok ok ok",
    "BGP_NEIGHBOR default|10.0.0.3 no globals": "F F F F F F F",
    "BGP_NEIGHBOR_AF admin true": "F F F F F F F",
    "BGP_NEIGHBOR_AF admin up": "ok ok ok ok ok ok ok",
    "BGP_NEIGHBOR v6only": "X X X X X X X",
    "BGP_GLOBALS asn != metadata": "ok ok ok ok ok ok ok",
    "BGP_GLOBALS ebgp_requires_policy": "X X X X X X X",
    "MGMT_INTERFACE no gwaddr": "F F F F F F F",
    "MGMT_INTERFACE eth0 bare": "X X X X X X X",
    "MGMT no MGMT_PORT": "F F F F F F F",
    "NTP vrf mgmt w/o mvrf": "F F F F F F F",
    "NTP_SERVER iburst": "X ok ok ok ok ok ok",
    "DNS 4 servers": "F F F F F F F",
    "SNMP_COMMUNITY short": "F F F F F F F",
    "hostname 64": "F F F F F F F",
    "hostname underscore": "ok ok ok ok ok ok ok",
    "mac upper": "ok ok ok ok ok ok ok",
    "LOOPBACK table": "- - - - - - -",
    "PORTCHANNEL no admin_status": "F F F F F F F",
    "PORTCHANNEL mix_speed": "X X X X X X X",
    "PC member with IP iface": "ok ok ok ok ok ok ok",
    "VLAN_MEMBER on routed port": "ok ok F F F F F",
    "LLDP Global": "X X X X X X X",
    "LLDP GLOBAL hello_time": "ok ok ok ok ok ok ok",
    "PORT valid_speeds": "X X X X X X X",
    "PORT parent_port": "X X X X X X X",
    "VLAN_INTERFACE static_anycast_gateway": "X X X X X X X",
    "VERSIONS newer 202605": "ok ok ok ok ok ok ok",
    "BGP_PEER_RANGE vrf|name": "X X X X X F F",
    "STATIC_ROUTE ok": "ok ok ok ok ok ok ok",
    "AAA tacacs+ no passkey": "ok ok F F F F F",
    "bgp_asn none": "X F F F F F X",
}


def probe(name: str) -> Config:
    """The small config with one change."""
    config = copy.deepcopy(BASE)
    CHANGES[name](config)
    return config
