"""Services of switches that run already: read into the inventory, and rendered again as they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from known import get_build
from sonicfab.adopt.services import control_plane, secret_services, services_of
from sonicfab.configdb import ConfigDb
from test_services import CASES
from test_switched_off import rendered

NEW = "community-202605"
SECRET = {"tacacs", "radius", "snmp", "ntp"}
"""Cases with a secret: it stands behind `#`, with a reference in its place."""
NOBODYS = {"features", "telemetry"}
"""Containers that every image has, on or off: whether somebody has meant that, no config tells."""


def nested(values: Mapping[str, object]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in values.items():
        head, _, rest = path.partition(".")
        if rest:
            tree.setdefault(head, {})[rest] = value
        else:
            tree[head] = value
    return tree


def as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return {key: as_text(one) for key, one in value.items()}
    return [as_text(one) for one in value] if isinstance(value, list) else str(value)


@pytest.mark.parametrize("case", sorted(CASES.keys() - NOBODYS))
def test_what_is_rendered_of_a_service_comes_back(case: str) -> None:
    inventory, rows = CASES[case]
    management = inventory.get("management", {})
    config = rendered({**inventory, "image_build": NEW}, {}).config_db
    said = nested(services_of(config, get_build(NEW)))
    if case in SECRET:
        for key, values in secret_services(config).items():
            said[key] = {**said.get(key, {}), **values}
    again = rendered({**as_text(said), "management": management, "image_build": NEW}, {}).config_db
    assert {table: again.get(table) for table in rows} == rows


def test_no_secret_is_read() -> None:
    for case in SECRET:
        config = rendered({**CASES[case][0], "image_build": NEW}, {}).config_db
        assert "a-community" not in str((services_of(config), secret_services(config)))


ACL: ConfigDb = rendered({**CASES["control plane"][0], "image_build": NEW}, {}).config_db


@pytest.mark.parametrize(
    ("table", "key", "change"),
    [
        ("ACL_TABLE", "SSH_V4", {"policy_desc": "mine"}),
        ("ACL_TABLE", "MINE", {"type": "CTRLPLANE", "services": ["SSH"], "stage": "ingress"}),
        ("ACL_RULE", "SSH_V4|RULE_1", {"PRIORITY": "7"}),
        ("ACL_RULE", "SSH_V4|RULE_1", {"PACKET_ACTION": "DROP"}),
        ("ACL_RULE", "SSH_V4|RULE_1", {"SRC_IP": "nonsense"}),
        ("ACL_RULE", "SSH_V4|OTHER", {"PRIORITY": "1", "PACKET_ACTION": "ACCEPT", "SRC_IP": "192.0.2.9/32"}),
    ],
)
def test_an_acl_of_another_make_is_no_control_plane_of_ours(table: str, key: str, change: dict[str, Any]) -> None:
    assert control_plane(ACL) == {"ssh": ["192.0.2.0/24", "2001:db8::/64"], "snmp": ["198.51.100.7/32"]}
    rows = {**ACL[table], key: {**ACL[table].get(key, {}), **change}}
    assert control_plane({**ACL, table: rows}) == {}


@pytest.mark.parametrize(
    "config",
    [
        {"BANNER_MESSAGE": {"global": {"state": "disabled", "login": "Debian", "motd": "", "logout": ""}}},
        {"KDUMP": {"config": {"enabled": "false", "memory": "0M-2G:256M", "num_dumps": "3"}}},
        {"PASSW_HARDENING": {"POLICIES": {"state": "disabled", "len_min": "8"}}},
        {"SFLOW": {"global": {"admin_state": "down"}}},
        {"FEATURE": {"snmp": {"state": "enabled"}}},
        {"TELEMETRY": {"gnmi": {"port": "50051"}}},
    ],
)
def test_what_every_image_has_is_nobodys(config: ConfigDb) -> None:
    assert services_of(config) == {}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"SYSLOG_SERVER": {"192.0.2.4": {"severity": "nonsense", "port": "514"}}}, {"syslog", "syslog_options.port"}),
        ({"SYSLOG_SERVER": {"192.0.2.4": {"source": "2001:db8::1"}}}, {"syslog"}),
        ({"NTP_SERVER": {"192.0.2.4": {"iburst": "on"}, "192.0.2.5": {}}}, {"ntp"}),
        ({"AAA": {"authentication": {"login": "tacacs+,local"}}}, set()),
        ({"SFLOW": {"global": {"admin_state": "up", "polling_interval": "3"}},
          "SFLOW_COLLECTOR": {"collector1": {"collector_ip": "192.0.2.5"}}}, {"sflow.collectors"}),
        ({"KDUMP": {"config": {"enabled": "true", "num_dumps": "many"}}}, {"kdump.enabled"}),
    ],
)  # fmt: skip
def test_what_the_inventory_would_refuse_is_not_said(config: ConfigDb, said: set[str]) -> None:
    assert services_of(config).keys() == said


def test_what_the_build_lacks_is_not_said() -> None:
    config: ConfigDb = {"DNS_OPTIONS": {"GLOBAL": {"search": ["example.net"]}}, "DNS_NAMESERVER": {"192.0.2.5": {}}}
    assert services_of(config, get_build(NEW)).keys() == {"dns", "dns_options.search"}
    assert services_of(config, get_build("community-202411")).keys() == {"dns"}
