"""Mistakes that are planted into the rendered examples, one at a time, and the code that must find each.

A plant gets the files of all switches of a fabric: name -> Files, and spoils them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faults_border import BORDER_FAULTS
from faults_ports import PORT_FAULTS
from faults_services import SERVICE_FAULTS
from faults_unified import UNIFIED_FAULTS
from plants import LEAF, NET, OTHER, PORT, Fabric, Plant
from plants import Fault as Fault
from plants import Files as Files


def _db(change: Callable[[dict[str, Any]], object]) -> Plant:
    return lambda fabric: change(fabric[LEAF].db)


def _add(table: str, rows: dict[str, Any]) -> Plant:
    return _db(lambda db: db.setdefault(table, {}).update(rows))


def _set(table: str, key: str, name: str, value: object) -> Plant:
    return _db(lambda db: db[table][key].update({name: value}))


def _drop(table: str, key: str, name: str = "") -> Plant:
    return _db(lambda db: db[table][key].pop(name) if name else db[table].pop(key))


def _line(old: str, new: str) -> Plant:
    return lambda fabric: fabric[LEAF].line(old, new)


def _bundle(channel: str, port: str) -> Plant:
    """A port that nothing uses, up and in a port channel."""
    return _all(_set("PORT", port, "admin_status", "up"), _add("PORTCHANNEL_MEMBER", {f"{channel}|{port}": {}}))


def _all(*plants: Plant) -> Plant:
    return lambda fabric: [plant(fabric) for plant in plants]


def _copy(table: str) -> Plant:
    return lambda fabric: fabric[OTHER].db.update({table: fabric[LEAF].db[table]})


def _swap_lanes(fabric: Fabric) -> None:
    ports = fabric[LEAF].db["PORT"]
    ports["Ethernet0"]["lanes"], ports["Ethernet1"]["lanes"] = ports["Ethernet1"]["lanes"], ports["Ethernet0"]["lanes"]


TACACS = _add("AAA", {"authentication": {"login": "tacacs+,local"}})
VLANS = {"Vlan100": {"vlanid": "100"}, "Vlan200": {"vlanid": "200"}}
LAG = _all(
    _add("PORTCHANNEL", {"PortChannel1": {"admin_status": "up"}}),
    _add("PORTCHANNEL_MEMBER", {"PortChannel1|Ethernet10": {}}),
)

FAULTS = (
    Fault("SF-101", "a table that no community build has a model of", _add("SAG", {"IPv4": {"enable": "true"}})),
    Fault("SF-101", "a table's name is misspelt", _db(lambda db: db.update(SYSLOG_SERVERS=db.pop("SYSLOG_SERVER")))),
    Fault("SF-102", "a field of another vendor's image", _set("PORT", "Ethernet0", "valid_speeds", "25000,10000")),
    Fault(
        "SF-102",
        "a field that this build does not have yet",
        _set("DEVICE_METADATA", "localhost", "suppress-fib-pending", "enabled"),
        build="community-202405",
    ),
    Fault("SF-103", "the bare row of eth0", _add("MGMT_INTERFACE", {"eth0": {"admin_status": "up"}})),
    Fault("SF-103", "LLDP|Global instead of LLDP|GLOBAL", _add("LLDP", {"Global": {"hello_time": "10"}})),
    Fault("SF-104", "an MTU that is too large", _set("PORT", "Ethernet0", "mtu", "9217")),
    Fault("SF-104", "autoneg true instead of on", _set("PORT", "Ethernet0", "autoneg", "true")),
    Fault(
        "SF-104",
        "fec auto on a build that does not know it",
        _set("PORT", PORT, "fec", "auto"),
        build="community-202305",
        also=frozenset({"SF-305"}),
    ),
    Fault("SF-104", "a role that SONiC does not have", _set("DEVICE_METADATA", "localhost", "type", "leaf")),
    Fault("SF-104", "a VRF whose name does not begin with Vrf", _add("VRF", {"red": {}})),
    Fault("SF-104", "a short SNMP community", _add("SNMP_COMMUNITY", {"abc": {"TYPE": "RO"}})),
    Fault("SF-105", "an interface row of a port that is not there", _add("INTERFACE", {"Ethernet999": {}})),
    Fault("SF-105", "no MGMT_PORT|eth0", _drop("MGMT_PORT", "eth0")),
    Fault("SF-106", "a port without a speed", _drop("PORT", "Ethernet0", "speed")),
    Fault("SF-106", "a port channel without admin_status", _add("PORTCHANNEL", {"PortChannel1": {"mtu": "9100"}})),
    Fault(
        "SF-107", "four name servers", _db(lambda db: db.update(DNS_NAMESERVER={f"192.0.2.{n}": {} for n in range(4)}))
    ),
    Fault("SF-108", "a list where a word belongs", _set("PORT", "Ethernet0", "mtu", ["9100"])),
    Fault("SF-108", "numbers in a list", _set("PORT", "Ethernet0", "adv_speeds", [25000, 10000])),
    Fault(
        "SF-109",
        "a JSON true",
        _set("MGMT_VRF_CONFIG", "vrf_global", "mgmtVrfEnabled", True),
        also=frozenset({"SF-104", "SF-124"}),
    ),
    Fault("SF-110", "a table that is a list", _db(lambda db: db.update(NTP_SERVER=["192.0.2.1"]))),
    Fault("SF-121", "an address without the bare row of its port", _drop("INTERFACE", PORT)),
    Fault("SF-121", "Loopback0's addresses without its bare row", _drop("LOOPBACK_INTERFACE", "Loopback0")),
    Fault("SF-122", "an IPv4 address called IPv6", _add("INTERFACE", {NET: {"family": "IPv6"}})),
    Fault("SF-123", "no gateway for eth0", _drop("MGMT_INTERFACE", "eth0|192.0.2.21/24", "gwaddr")),
    Fault("SF-124", "NTP in a VRF that is not enabled", _drop("MGMT_VRF_CONFIG", "vrf_global")),
    Fault(
        "SF-125", "an IPv6 source for an IPv4 syslog server", _set("SYSLOG_SERVER", "192.0.2.4", "source", "fd00::1")
    ),
    Fault(
        "SF-126",
        "suppress-fib-pending without synchronous mode",
        _all(
            _set("DEVICE_METADATA", "localhost", "suppress-fib-pending", "enabled"),
            _set("DEVICE_METADATA", "localhost", "synchronous_mode", "disable"),
        ),
    ),
    Fault("SF-127", "Vlan200 with the number 201", _add("VLAN", {"Vlan200": {"vlanid": "201"}})),
    Fault(
        "SF-128",
        "a VLAN member that is in a port channel",
        _all(_add("VLAN", VLANS), LAG, _add("VLAN_MEMBER", {"Vlan100|Ethernet10": {"tagging_mode": "tagged"}})),
        also=frozenset({"SF-240"}),
    ),
    Fault(
        "SF-129",
        "a port that is untagged in two VLANs",
        _all(
            _add("VLAN", VLANS),
            _add("VLAN_MEMBER", {f"{vlan}|Ethernet10": {"tagging_mode": "untagged"} for vlan in VLANS}),
        ),
        also=frozenset({"SF-240"}),
    ),
    Fault("SF-130", "TACACS+ without a passkey", TACACS, also=frozenset({"SF-251"})),
    Fault("SF-131", "adv_speeds all and more", _set("PORT", "Ethernet0", "adv_speeds", "all,25000")),
    Fault(
        "SF-131",
        "an ACL for the control plane without services",
        _add("ACL_TABLE", {"MGMT": {"type": "CTRLPLANE", "policy_desc": "x"}}),
    ),
    Fault(
        "SF-132",
        "a sub-interface with a name of 16 characters",
        _all(
            _add("PORTCHANNEL", {"PortChannel101": {"admin_status": "up"}}),
            _add("VLAN_SUB_INTERFACE", {"PortChannel101.100": {"admin_status": "up", "vlan": "100"}}),
        ),
    ),
    Fault("SF-201", "a lane in two ports", _set("PORT", "Ethernet0", "lanes", "2"), also=frozenset({"SF-204"})),
    Fault(
        "SF-202",
        "an alias of two ports",
        _set("PORT", "Ethernet0", "alias", "twentyfiveGigE2"),
        also=frozenset({"SF-209"}),
    ),
    Fault(
        "SF-203",
        "a 10G port of another image",
        _add("PORT", {"Ethernet80": {"lanes": "129", "speed": "10000", "alias": "mgmtTenGigE57", "index": "80"}}),
    ),
    Fault("SF-204", "the lanes of two ports swapped", _swap_lanes),
    Fault("SF-205", "an unused port left out", _drop("PORT", "Ethernet47")),
    Fault("SF-206", "a 25G port at 40G", _set("PORT", "Ethernet0", "speed", "40000"), also=frozenset({"SF-231"})),
    Fault("SF-207", "a 100G port without FEC", _drop("PORT", PORT, "fec"), also=frozenset({"SF-305"})),
    Fault("SF-208", "FC-FEC at 100G", _set("PORT", PORT, "fec", "fc"), also=frozenset({"SF-305"})),
    Fault("SF-209", "the alias of another image", _set("PORT", "Ethernet0", "alias", "Eth1(Port1)")),
    Fault(
        "SF-211",
        "no Loopback0 at all",
        _db(lambda db: db.pop("LOOPBACK_INTERFACE")),
        also=frozenset({"SF-407", "SF-408"}),
    ),
    Fault(
        "SF-212",
        "an address on two ports",
        _add("INTERFACE", {"Ethernet0|10.120.0.0/31": {}}),
        also=frozenset({"SF-213"}),
    ),
    Fault("SF-213", "a subnet that holds another", _add("INTERFACE", {"Ethernet0|10.120.0.250/24": {}})),
    Fault(
        "SF-214",
        "a BGP neighbour on no subnet",
        _all(
            _line("neighbor 10.120.0.1 peer", "neighbor 10.99.0.1 peer"),
            _line("neighbor 10.120.0.1 desc", "neighbor 10.99.0.1 desc"),
        ),
        also=frozenset({"SF-309"}),
    ),
    Fault(
        "SF-214",
        "a BGP_NEIGHBOR on no subnet",
        _add("BGP_NEIGHBOR", {"10.99.0.1": {"asn": "65001", "local_addr": "10.120.0.0", "name": "x"}}),
    ),
    Fault(
        "SF-215",
        "a local_addr that the switch does not have",
        _add("BGP_NEIGHBOR", {"10.120.0.1": {"asn": "65001", "local_addr": "10.99.0.0", "name": "x"}}),
    ),
    Fault(
        "SF-245",
        "a VLAN whose DHCP is relayed by nobody",
        lambda fabric: fabric["hall-leaf1"].db["VLAN"]["Vlan23"].update(dhcp_servers=["10.40.23.5"]),
        fabric="hall-oob",
    ),
    Fault(
        "SF-240",
        "a VLAN whose member is down",
        _all(
            _add("VLAN", {"Vlan100": {"vlanid": "100"}}),
            _add("VLAN_MEMBER", {"Vlan100|Ethernet60": {"tagging_mode": "untagged"}}),
        ),
    ),
    Fault("SF-216", "no routing mode", _drop("DEVICE_METADATA", "localhost", "docker_routing_config_mode")),
    Fault(
        "SF-216",
        "split on a community build",
        _set("DEVICE_METADATA", "localhost", "docker_routing_config_mode", "split"),
    ),
    Fault(
        "SF-217",
        "BFD without the framework",
        _line(" neighbor HOST timers 3 9", " neighbor HOST bfd\n neighbor HOST timers 3 9"),
    ),
    Fault("SF-218", "no MAC", _drop("DEVICE_METADATA", "localhost", "mac")),
    Fault(
        "SF-219",
        "frr_mgmt_framework_config True",
        _set("DEVICE_METADATA", "localhost", "frr_mgmt_framework_config", "True"),
        also=frozenset({"SF-104"}),
    ),
    Fault(
        "SF-220", "the schema version of another build", _set("VERSIONS", "DATABASE", "VERSION", "version_202305_01")
    ),
    Fault("SF-221", "the HWSKU of another switch", _set("DEVICE_METADATA", "localhost", "hwsku", "Accton-AS7726-32X")),
    Fault(
        "SF-222",
        "a gateway outside of the subnet",
        _set("MGMT_INTERFACE", "eth0|192.0.2.21/24", "gwaddr", "198.51.100.1"),
    ),
    Fault(
        "SF-223",
        "a port channel member with an address",
        _all(
            _add("PORTCHANNEL", {"PortChannel1": {"admin_status": "up"}}),
            _add("PORTCHANNEL_MEMBER", {f"PortChannel1|{PORT}": {}}),
        ),
        also=frozenset({"SF-314"}),  # nor is the other end in one
    ),
    Fault(
        "SF-226",
        "port channel members of 25G and 100G",
        _all(
            _add("PORTCHANNEL", {"PortChannel5": {"admin_status": "up"}}),
            *(_bundle("PortChannel5", port) for port in ("Ethernet20", "Ethernet60")),
        ),
    ),
    Fault(
        "SF-227",
        "a port channel with another MTU than its member",
        _all(
            _add("PORTCHANNEL", {"PortChannel5": {"admin_status": "up", "mtu": "1500"}}),
            _bundle("PortChannel5", "Ethernet20"),
        ),
    ),
    Fault(
        "SF-228",
        "min_links beyond the members",
        _all(
            _add("PORTCHANNEL", {"PortChannel5": {"admin_status": "up", "min_links": "2"}}),
            _bundle("PortChannel5", "Ethernet20"),
        ),
    ),
    Fault(
        "SF-314",
        "a port channel at one end of a link",
        _all(
            _add("PORTCHANNEL", {"PortChannel5": {"admin_status": "up"}}),
            _add("PORTCHANNEL_MEMBER", {f"PortChannel5|{PORT}": {}}),
        ),
        also=frozenset({"SF-223"}),
    ),
    Fault(
        "SF-224",
        "a neighbour for frrcfgd while bgpcfgd runs",
        _all(
            _add("BGP_GLOBALS", {"default": {"local_asn": "4200000101"}}),
            _add("BGP_NEIGHBOR", {f"default|{PORT}": {"peer_type": "external"}}),
        ),
    ),
    Fault(
        "SF-225",
        "a VLAN member that is routed, on a build whose models allow it",
        _all(_add("VLAN", VLANS), _add("VLAN_MEMBER", {f"Vlan100|{PORT}": {"tagging_mode": "tagged"}})),
        build="community-202311",
        also=frozenset({"SF-315"}),  # nor is the other end in it
    ),
    Fault(
        "SF-206",
        "a 100G port on one lane",
        _set("PORT", PORT, "lanes", "121"),
        also=frozenset({"SF-205", "SF-235", "SF-238"}),
    ),
    Fault(
        "SF-231",
        "a port at 10G beside one at 25G in a SerDes core",
        _db(lambda db: db["PORT"]["Ethernet5"].update(speed="10000", admin_status="up")),
    ),
    Fault("SF-232", "the index of another port", _set("PORT", "Ethernet0", "index", "2")),
    Fault("SF-233", "a host name with a space", _set("DEVICE_METADATA", "localhost", "hostname", "dc1 leaf1")),
    Fault("SF-234", "a multicast MAC", _set("DEVICE_METADATA", "localhost", "mac", "01:00:5e:20:01:00")),
    Fault(
        "SF-301", "the loopback of another switch", _copy("LOOPBACK_INTERFACE"), also=frozenset({"SF-407", "SF-408"})
    ),
    Fault("SF-302", "the MAC of another switch", _copy("DEVICE_METADATA")),
    Fault(
        "SF-315",
        "a trunk that lacks a VLAN at one end",
        lambda fabric: fabric["hall-oob1"].db["VLAN_MEMBER"].pop("Vlan25|Ethernet48"),
        fabric="hall-oob",
    ),
    Fault(
        "SF-315",
        "another native VLAN at one end",
        lambda fabric: fabric["hall-leaf1"].db["VLAN_MEMBER"]["Vlan23|Ethernet47"].update(tagging_mode="tagged"),
        fabric="hall-oob",
    ),
    Fault("SF-303", "another MTU at one end", _set("PORT", PORT, "mtu", "1500")),
    Fault("SF-304", "another speed at one end", _set("PORT", PORT, "speed", "40000"), also=frozenset({"SF-208"})),
    Fault("SF-305", "another FEC at one end", _set("PORT", PORT, "fec", "none"), also=frozenset({"SF-207"})),
    Fault(
        "SF-306",
        "the AS number of nobody",
        _line(" neighbor SPINE-V4 remote-as external", " neighbor SPINE-V4 remote-as 65099"),
        also=frozenset({"SF-437"}),  # one with an AS number of its own is somebody else, and told our loopback
    ),
    Fault("SF-306", "both ends in one AS", _line("router bgp 4200000101", "router bgp 4200000001")),
    Fault("SF-307", "a link that is up at one end", _set("PORT", PORT, "admin_status", "down")),
    Fault(
        "SF-308",
        "the ends in two subnets",
        _db(lambda db: db["INTERFACE"].update({f"{PORT}|10.120.9.0/31": db["INTERFACE"].pop(NET)})),
        also=frozenset({"SF-214", "SF-309"}),
    ),
    Fault(
        "SF-309",
        "a session that one end does not have",
        _line(" neighbor 10.120.0.1 peer-group SPINE-V4\n neighbor 10.120.0.1 description dc1-spine1:Ethernet0\n", ""),
    ),
    Fault(
        "SF-312",
        "a password at one end",
        _line(" neighbor SPINE-V4 timers 3 9", " neighbor SPINE-V4 password s3cret\n neighbor SPINE-V4 timers 3 9"),
        also=frozenset({"SF-409"}),
    ),
    Fault(
        "SF-313",
        "BFD at one end",
        _line(" neighbor SPINE-V4 timers 3 9", " neighbor SPINE-V4 bfd\n neighbor SPINE-V4 timers 3 9"),
        also=frozenset({"SF-217"}),
    ),
    Fault(
        "SF-423",
        "a password that is too long",
        _line(" neighbor HOST timers 3 9", f" neighbor HOST password {'x' * 81}\n neighbor HOST timers 3 9"),
        also=frozenset({"SF-409"}),
    ),
    Fault(
        "SF-403",
        "a BFD profile that is not defined",
        _line(" neighbor HOST timers 3 9", " neighbor HOST bfd profile fast\n neighbor HOST timers 3 9"),
        also=frozenset({"SF-217"}),
    ),
    Fault(
        "SF-401",
        "a misspelt word",
        _line(" bgp log-neighbor-changes", " bgp log-neighbour-changes"),
    ),
    Fault("SF-402", "no policy towards the spines", _line("  neighbor SPINE-V4 route-map FROM-FABRIC in\n", "")),
    Fault("SF-403", "a route-map that is not defined", _line("route-map FROM-FABRIC in", "route-map FROM-FABRICS in")),
    Fault(
        "SF-403",
        "a prefix-list that is not defined",
        _line("prefix-list LOOPBACKS seq 5 permit 10", "prefix-list LOOPS seq 5 permit 10"),
    ),
    Fault(
        "SF-404",
        "BGP unnumbered over a port without link-local",
        _drop("INTERFACE", "Ethernet0", "ipv6_use_link_local_only"),
    ),
    Fault("SF-404", "BGP unnumbered over a port that is not routed", _drop("INTERFACE", "Ethernet0")),
    Fault("SF-405", "a line that docker_init.sh will append", _line("fpm address 127.0.0.1\n", "")),
    Fault("SF-406", "two AS numbers", _set("DEVICE_METADATA", "localhost", "bgp_asn", "65000")),
    Fault(
        "SF-407",
        "a router id that the switch does not have",
        _line("router-id 10.120.255.1", "router-id 10.120.255.99"),
    ),
    Fault(
        "SF-408",
        "a network that the switch does not have",
        _line("network 10.120.255.1/32", "network 10.120.255.99/32"),
    ),
    Fault(
        "SF-409",
        "a password",
        _line(" neighbor HOST timers 3 9", " neighbor HOST timers 3 9\n neighbor HOST password s3cret"),
    ),
    Fault("SF-410", "a group that nothing activates", _line("  neighbor SPINE-V4 activate\n", "")),
    Fault(
        "SF-402",
        "a prefix-list in one direction only",
        _all(
            _line("  neighbor SPINE-V4 route-map FROM-FABRIC in\n", "  neighbor SPINE-V4 prefix-list HOSTS in\n"),
            _line("  neighbor SPINE-V4 route-map TO-FABRIC out\n", ""),
        ),
    ),
    Fault(
        "SF-403",
        "a prefix-list of a neighbour that is not defined",
        _line("neighbor SPINE-V4 route-map FROM-FABRIC in", "neighbor SPINE-V4 prefix-list HOST in"),
    ),
    Fault(
        "SF-420",
        "BGP in a VRF that is not there",
        _line("router bgp 4200000101\n", "router bgp 4200000101 vrf Vrf1\nexit\nrouter bgp 4200000101\n"),
    ),
    Fault(
        "SF-421",
        "a line that leaves `router bgp` in the middle",
        _line(" address-family ipv6 unicast\n", " ip nht resolve-via-default\n address-family ipv6 unicast\n"),
        also=frozenset({"SF-410"}),
    ),
    Fault("SF-422", "a telnet password for FRR", _line("log syslog", "password zebra\nlog syslog")),
    Fault("SF-412", "link-local next hops on numbered links", _line(" set ipv6 next-hop prefer-global\n", "")),
    Fault(
        "SF-412",
        "a policy for IPv6 that prefers no global next hop",
        _line("neighbor SPINE-V6 route-map FROM-FABRIC in", "neighbor SPINE-V6 route-map FROM-HOST in"),
    ),
    Fault(
        "SF-414",
        "IPv4 over IPv6 without extended next hops",
        _line(
            "  neighbor SPINE-V4 activate\n",
            "  neighbor SPINE-V6 activate\n  neighbor SPINE-V6 route-map FROM-FABRIC in\n"
            "  neighbor SPINE-V6 route-map TO-FABRIC out\n  neighbor SPINE-V4 activate\n",
        ),
    ),
    Fault(
        "SF-415",
        "IPv6 over IPv4 on ports without IPv6 addresses",
        _all(
            _db(lambda db: [db["INTERFACE"].pop(key) for key in list(db["INTERFACE"]) if "|fd" in key]),
            _line(
                "  neighbor SPINE-V6 activate\n",
                "  neighbor SPINE-V4 activate\n  neighbor SPINE-V4 route-map FROM-FABRIC in\n"
                "  neighbor SPINE-V4 route-map TO-FABRIC out\n  neighbor SPINE-V6 activate\n",
            ),
        ),
        also=frozenset({"SF-214", "SF-309"}),
    ),
    Fault("SF-501", "an image without the platform's drivers", lambda _fabric: None, build="community-202511"),
    Fault(
        "SF-504",
        "NTP in a management VRF where chronyd cannot reach its servers",
        _all(
            _add("MGMT_VRF_CONFIG", {"vrf_global": {"mgmtVrfEnabled": "true"}}),
            _add("NTP", {"global": {"src_intf": "eth0", "vrf": "mgmt"}}),
            _add("NTP_SERVER", {"192.0.2.2": {}}),
        ),
        build="community-202505",
    ),
    *PORT_FAULTS,
    *BORDER_FAULTS,
    *SERVICE_FAULTS,
    *UNIFIED_FAULTS,
)
