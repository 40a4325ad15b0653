"""Conditions that the models state as `must`, in tables that are not rendered: the facts say what the models say."""

from __future__ import annotations

from typing import Any

import pytest

from sonicfab.schema.facts import builtin, builtin_names
from sonicfab.schema.musts import rule_of
from sonicfab.validate.reading import as_config_db
from sonicfab.validate.schema import SchemaCheck
from sonicfab.validate.yang import YangCheck
from test_schema import models, needs_models

__all__ = ["models"]

PORT = {"PORT": {"Ethernet0": {"lanes": "1", "speed": "25000"}}}
META: dict[str, Any] = {"DEVICE_METADATA": {"localhost": {"bgp_asn": "65001", "hostname": "a"}}}
LAG = {"PORTCHANNEL": {"PortChannel101": {"admin_status": "up"}}}


def sub(name: str, **fields: str) -> dict[str, Any]:
    return {**PORT, **LAG, "VLAN_SUB_INTERFACE": {name: {"admin_status": "up", **fields}}}


def row(table: str, key: str, **fields: str) -> dict[str, Any]:
    return {table: {key: fields}}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "sub-interface": (sub("Ethernet0.10"), ""),
    "sub-interface, short": (sub("Eth0.10", vlan="10"), ""),
    "sub-interface, short, without vlan": (sub("Eth0.10"), "SF-132 add the field vlan"),
    "sub-interface of 16 characters": (sub("PortChannel101.100"), "SF-132 write Po101.100, and the field vlan"),
    "sub-interface of a port channel": (sub("Po101.100", vlan="100"), ""),
    "sub-interface of nothing": (sub("Ethernet9.10"), "SF-132 add it, or correct Ethernet9.10"),
    "thresholds": (row("CRM", "Config", acl_group_high_threshold="90", acl_group_low_threshold="70"), ""),
    "thresholds, swapped": (
        row("CRM", "Config", acl_group_high_threshold="70", acl_group_low_threshold="90"),
        "SF-131",
    ),
    "internal neighbour": (
        {**META, **row("BGP_INTERNAL_NEIGHBOR", "10.0.0.1", asn="65001", name="a", local_addr="10.0.0.2")},
        "",
    ),
    "internal neighbour of another AS": (
        {**META, **row("BGP_INTERNAL_NEIGHBOR", "10.0.0.1", asn="65002", name="a", local_addr="10.0.0.2")},
        "SF-131",
    ),
    "internal neighbour, other family": (
        {**META, **row("BGP_INTERNAL_NEIGHBOR", "10.0.0.1", asn="65001", name="a", local_addr="fd00::1")},
        "SF-131",
    ),
    "warm restart": (row("WARM_RESTART", "bgp", bgp_timer="120"), ""),
    "warm restart of another": (row("WARM_RESTART", "teamd", bgp_timer="120"), "SF-131"),
    "policer": (
        row(
            "COPP_GROUP", "g", trap_action="copy", queue="1", cir="600", cbs="600", meter_type="packets", mode="sr_tcm"
        ),
        "",
    ),
    "policer, burst too small": (
        row(
            "COPP_GROUP", "g", trap_action="copy", queue="1", cir="600", cbs="100", meter_type="packets", mode="sr_tcm"
        ),
        "SF-131",
    ),
    "policer, burst alone": (
        row("COPP_GROUP", "g", trap_action="copy", queue="1", cbs="600", meter_type="packets"),
        "SF-131",
    ),
    "control plane ACL": ({"ACL_TABLE": {"M": {"type": "CTRLPLANE", "policy_desc": "x", "services": ["SSH"]}}}, ""),
    "control plane ACL without services": (row("ACL_TABLE", "M", type="CTRLPLANE", policy_desc="x"), "SF-131"),
    "monitor": (row("BGP_MONITORS", "10.0.0.9", asn="65001", local_addr="10.0.0.1", name="BGPMonitor"), ""),
    "monitor, other name": (row("BGP_MONITORS", "10.0.0.9", asn="65001", local_addr="10.0.0.1", name="x"), "SF-131"),
    "syslog format": (row("SYSLOG_CONFIG", "GLOBAL", format="welf", welf_firewall_name="fw"), ""),
    "syslog format that has none": (
        row("SYSLOG_CONFIG", "GLOBAL", format="standard", welf_firewall_name="fw"),
        "SF-131",
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("build", builtin_names())
def test_the_facts(build: str, name: str) -> None:
    config, expected = CASES[name]
    found = [f"{one.code} {one.mend}" for one in SchemaCheck(builtin(build)).check(as_config_db(config)[0])]
    if not expected:
        assert found == []
    else:
        assert any(one.startswith(expected) for one in found), found


@needs_models
@pytest.mark.parametrize("build", builtin_names())
def test_the_models_say_the_same(build: str, models: dict[str, YangCheck]) -> None:
    for name, (config, expected) in CASES.items():
        found = models[build].check(as_config_db(config)[0])
        assert bool(found) == bool(expected), (name, [one.message for one in found])


def test_what_has_a_name_and_what_is_left_to_the_models() -> None:
    assert rule_of("current() > ../acl_counter_low_threshold") == "above:acl_counter_low_threshold"
    assert rule_of('current()/../module = "bgp"') == "only-with:module=bgp"
    assert rule_of("(not(boolean(../ips)))") == ""
    assert rule_of("not(boolean(../ips))") == "without:ips"
    assert rule_of("count(range) <= 2.0 and count(range) >= 1.0") == ""
