"""Planted mistakes of services: who may log in, whom the control-plane ACL lets in, from where servers are asked."""

from __future__ import annotations

from typing import Any

from plants import LEAF, Fabric, Fault, Plant

_MANAGERS, _OTHERS = "192.0.2.0/24", "198.51.100.0/24"
"""The management network of the switches, and another one."""


def _rows(**tables: dict[str, Any]) -> Plant:
    def plant(fabric: Fabric) -> None:
        for table, rows in tables.items():
            fabric[LEAF].db.setdefault(table, {}).update(rows)

    return plant


def _without_vrf(**tables: dict[str, Any]) -> Plant:
    def plant(fabric: Fabric) -> None:
        del fabric[LEAF].db["MGMT_VRF_CONFIG"]
        _rows(**tables)(fabric)

    return plant


def _rule(source: str = _MANAGERS, action: str = "ACCEPT", priority: str = "9999") -> dict[str, str]:
    family = "SRC_IPV6" if ":" in source else "SRC_IP"
    return {"PRIORITY": priority, "PACKET_ACTION": action, **({family: source} if source else {})}


def _acl(*rules: dict[str, str], service: str = "SSH") -> Plant:
    """A control-plane ACL for a service."""
    table = {"type": "CTRLPLANE", "policy_desc": "x", "services": [service]}
    numbered = {f"MGMT|RULE_{number}": rule for number, rule in enumerate(rules, 1)}
    return _rows(ACL_TABLE={"MGMT": table}, ACL_RULE=numbered)


def _bfd(fabric: Fabric) -> None:
    _acl(_rule())(fabric)
    fabric[LEAF].line(" neighbor HOST timers 3 9", " neighbor HOST bfd\n neighbor HOST timers 3 9")


def _off(feature: str, **tables: dict[str, Any]) -> Plant:
    return _rows(FEATURE={feature: {"state": "disabled"}}, **tables)


_SERVER_AT = {"gnmi": {"port": "50051"}}
_LOGIN = {"authentication": {"login": "tacacs+,local"}}
_SERVER = {"192.0.2.2": {"priority": "1"}}
_KEY = {"global": {"passkey": "a-key"}}

SERVICE_FAULTS = (
    Fault("SF-251", "RADIUS without a server", _rows(AAA={"authentication": {"login": "local,radius"}})),
    Fault("SF-251", "TACACS+ without a server", _rows(AAA=_LOGIN, TACPLUS=_KEY)),
    Fault("SF-252", "an ACL that opens SNMP alone", _acl(_rule(), service="SNMP")),
    Fault("SF-252", "an ACL that refuses SSH", _acl(_rule(action="DROP"))),
    Fault("SF-253", "an ACL beside sessions with BFD", _bfd, also=frozenset({"SF-217", "SF-306"})),
    Fault("SF-254", "an ACL for another network than that of management", _acl(_rule(_OTHERS))),
    Fault("SF-254", "an ACL for IPv6 alone, where management is IPv4", _acl(_rule("2001:db8::/64"))),
    Fault(
        "SF-254",
        "an ACL that refuses the management network first",
        _acl(_rule(action="DROP"), _rule("", priority="1")),
    ),
    Fault("SF-255", "a rule of the other family in an ACL", _acl(_rule(), _rule("2001:db8::/64", priority="9998"))),
    Fault("SF-255", "two rules of an ACL with one priority", _acl(_rule(_OTHERS), _rule())),
    Fault("SF-255", "an ACL none of whose rules has an address", _acl(_rule(""))),
    Fault(
        "SF-256",
        "a TACACS+ server in a management VRF that there is none of",
        _without_vrf(AAA=_LOGIN, TACPLUS=_KEY, TACPLUS_SERVER={"192.0.2.2": {"vrf": "mgmt"}}),
        also=frozenset({"SF-124"}),
    ),
    Fault(
        "SF-256",
        "a RADIUS server in a management VRF that there is none of",
        _without_vrf(RADIUS=_KEY, RADIUS_SERVER={"192.0.2.2": {"vrf": "mgmt"}}),
        also=frozenset({"SF-124"}),
    ),
    Fault("SF-258", "SNMP whose container is off", _off("snmp", SNMP_COMMUNITY={"a-word": {"TYPE": "RO"}})),
    Fault("SF-258", "sFlow whose container is off", _off("sflow", SFLOW={"global": {"admin_state": "up"}})),
    Fault("SF-258", "telemetry whose container is off", _off("telemetry", TELEMETRY=_SERVER_AT)),
    Fault("SF-258", "gNMI whose container is off", _off("gnmi", GNMI=_SERVER_AT)),
    Fault("SF-259", "two servers at one port", _rows(TELEMETRY=_SERVER_AT, GNMI=_SERVER_AT)),
    Fault(
        "SF-257",
        "sFlow with a port without an address as its agent",
        _rows(SFLOW={"global": {"admin_state": "up", "agent_id": "Ethernet0"}}),
    ),
    Fault("SF-104", "a banner that is neither on nor off", _rows(BANNER_MESSAGE={"global": {"state": "on"}})),
    Fault("SF-104", "a kernel dump that is neither on nor off", _rows(KDUMP={"config": {"enabled": "perhaps"}})),
    Fault("SF-257", "NTP from a port without an address", _rows(NTP={"global": {"src_intf": ["Ethernet0"]}})),
    Fault(
        "SF-257",
        "TACACS+ from a port without an address",
        _rows(AAA=_LOGIN, TACPLUS={"global": {"passkey": "a-key", "src_intf": "Ethernet0"}}, TACPLUS_SERVER=_SERVER),
    ),
)
