"""Services of a switch: the rows that each makes, on every build that has them, as the build's own models allow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from known import CATALOG, build_names, get_build, get_platform, subject
from sonicfab.configdb import ConfigDb
from sonicfab.model.inventory import Inventory
from sonicfab.model.services import services
from sonicfab.plan.settings import resolve_settings
from sonicfab.ports import unfit_for
from sonicfab.validate.run import Validator
from test_switched_off import rendered

Case = tuple[Mapping[str, Any], Mapping[str, Any]]
TACACS: Case = (
    {
        "aaa": {"login": ["tacacs+", "local"], "failthrough": "true"},
        "tacacs": {
            "servers": ["192.0.2.2", "192.0.2.3"],
            "key": "env:KEY",
            "auth_type": "chap",
            "timeout": "3",
            "source": "Loopback0",
        },
    },
    {
        "AAA": {"authentication": {"login": "tacacs+,local", "failthrough": "True"}},
        "TACPLUS": {
            "global": {"passkey": "a-community", "auth_type": "chap", "timeout": "3", "src_intf": "Loopback0"},
        },
        "TACPLUS_SERVER": {"192.0.2.2": {"priority": "2"}, "192.0.2.3": {"priority": "1"}},
    },
)
RADIUS: Case = (
    {
        "management": {"vrf": "true"},
        "aaa": {"login": ["local", "radius"]},
        "radius": {"servers": "radius.example.net", "key": "env:KEY", "retransmit": "0", "source": "eth0"},
    },
    {
        "AAA": {"authentication": {"login": "local,radius"}},
        "RADIUS": {"global": {"passkey": "a-community", "retransmit": "0"}},
        "RADIUS_SERVER": {"radius.example.net": {"priority": "1", "src_intf": "eth0", "vrf": "mgmt"}},
    },
)
SNMP: Case = (
    {
        "snmp": {
            "users": [
                {"name": "reader", "auth_password": "env:P"},
                {"name": "other", "auth": "MD5", "auth_password": "env:P", "privacy_password": "file:p"},
            ]
        }
    },
    {
        "SNMP_USER": {
            "reader": {
                "SNMP_USER_TYPE": "AuthNoPriv",
                "SNMP_USER_PERMISSION": "RO",
                "SNMP_USER_AUTH_TYPE": "SHA",
                "SNMP_USER_AUTH_PASSWORD": "a-community",
                "SNMP_USER_ENCRYPTION_TYPE": "",
                "SNMP_USER_ENCRYPTION_PASSWORD": "",
            },
            "other": {
                "SNMP_USER_TYPE": "Priv",
                "SNMP_USER_PERMISSION": "RO",
                "SNMP_USER_AUTH_TYPE": "MD5",
                "SNMP_USER_AUTH_PASSWORD": "a-community",
                "SNMP_USER_ENCRYPTION_TYPE": "AES",
                "SNMP_USER_ENCRYPTION_PASSWORD": "a-community",
            },
        }
    },
)
SYSLOG: Case = (
    {
        "syslog": ["192.0.2.5"],
        "syslog_options": {"severity": "warn", "protocol": "tcp", "port": "6514", "source": "192.0.2.21"},
    },
    {
        "SYSLOG_SERVER": {
            "192.0.2.5": {"severity": "warn", "protocol": "tcp", "port": "6514", "source": "192.0.2.21"},
        },
    },
)
NTP: Case = (
    {
        "ntp": ["192.0.2.5"],
        "ntp_options": {
            "iburst": "true",
            "pool": "true",
            "source": "Loopback0",
            "key": "env:K",
            "key_id": "7",
            "key_type": "sha256",
        },
    },
    {
        "NTP": {"global": {"src_intf": "Loopback0", "authentication": "enabled"}},
        "NTP_SERVER": {"192.0.2.5": {"iburst": "on", "association_type": "pool", "key": "7"}},
        "NTP_KEY": {"7": {"type": "sha256", "value": "YS1jb21tdW5pdHk=", "trusted": "yes"}},
    },
)
NTP_SOURCE: Case = (
    {"ntp": ["192.0.2.5"], "ntp_options": {"source": "Loopback0", "iburst": "false"}},
    {"NTP": {"global": {"src_intf": "Loopback0"}}, "NTP_SERVER": {"192.0.2.5": {}}},
)
DNS: Case = (
    {"dns": ["192.0.2.5"], "dns_options": {"search": ["example.net", "example.org"]}},
    {
        "DNS_NAMESERVER": {"192.0.2.5": {}},
        "DNS_OPTIONS": {"GLOBAL": {"search": ["example.net", "example.org"]}},
    },
)
CONTROL: Case = (
    {"control_plane": {"ssh": ["192.0.2.0/24", "2001:db8::/64"], "snmp": "198.51.100.7"}},
    {
        "ACL_TABLE": {
            name: {
                "type": "CTRLPLANE",
                "policy_desc": name,
                "services": [name.partition("_")[0]],
                "stage": "ingress",
            }
            for name in ("SSH_V4", "SSH_V6", "SNMP_V4")
        },
        "ACL_RULE": {
            "SSH_V4|RULE_1": {"PRIORITY": "9999", "PACKET_ACTION": "ACCEPT", "SRC_IP": "192.0.2.0/24"},
            "SSH_V6|RULE_2": {"PRIORITY": "9998", "PACKET_ACTION": "ACCEPT", "SRC_IPV6": "2001:db8::/64"},
            "SNMP_V4|RULE_1": {"PRIORITY": "9999", "PACKET_ACTION": "ACCEPT", "SRC_IP": "198.51.100.7/32"},
        },
    },
)
BANNER: Case = (
    {"banner": {"login": 'Only "we"\nmay', "motd": ""}},
    {"BANNER_MESSAGE": {"global": {"state": "enabled", "login": 'Only "we"\nmay', "motd": ""}}},
)
FEATURES: Case = (
    {"features": {"telemetry": "false", "radv": "true"}},
    {"FEATURE": {"telemetry": {"state": "disabled"}, "radv": {"state": "enabled"}}},
)
KDUMP: Case = (
    {"kdump": {"enabled": "true", "memory": "0M-2G:256M", "dumps": "2"}},
    {"KDUMP": {"config": {"enabled": "true", "memory": "0M-2G:256M", "num_dumps": "2"}}},
)
SFLOW: Case = (
    {"sflow": {"collectors": ["192.0.2.5"], "port": "6344", "polling_interval": "0", "agent": "eth0"}},
    {
        "SFLOW": {"global": {"admin_state": "up", "polling_interval": "0", "agent_id": "eth0"}},
        "SFLOW_COLLECTOR": {"collector1": {"collector_ip": "192.0.2.5", "collector_port": "6344"}},
        "FEATURE": {"sflow": {"state": "enabled"}},
    },
)
TELEMETRY: Case = (
    {
        "telemetry": {"port": "8080", "client_auth": "false", "log_level": "2"},
        "gnmi": {"port": "50052", "server_crt": "/etc/sonic/a.cer", "server_key": "/etc/sonic/a.key"},
    },
    {
        "TELEMETRY": {"gnmi": {"port": "8080", "client_auth": "false", "log_level": "2"}},
        "GNMI": {
            "gnmi": {"port": "50052"},
            "certs": {"server_crt": "/etc/sonic/a.cer", "server_key": "/etc/sonic/a.key"},
        },
    },
)
RULES: Case = (
    {
        "ssh_server": {"retries": "3", "login_timeout": "30"},
        "password_rules": {"enabled": "true", "min_length": "12", "expire_days": "-1", "history": "5"},
    },
    {
        "SSH_SERVER": {"POLICIES": {"authentication_retries": "3", "login_timeout": "30"}},
        "PASSW_HARDENING": {
            "POLICIES": {"state": "enabled", "len_min": "12", "expiration": "-1", "history_cnt": "5"},
        },
    },
)
SESSIONS: Case = (
    {"ssh_server": {"idle_timeout": "0", "max_sessions": "8"}},
    {"SSH_SERVER": {"POLICIES": {"inactivity_timeout": "0", "max_sessions": "8"}}},
)
KEYS_ALONE: Case = (
    {"ssh_server": {"passwords": "false"}},
    {"SSH_SERVER": {"POLICIES": {"password_authentication": "false"}}},
)
CASES: dict[str, Case] = {
    "rules": RULES,
    "sessions": SESSIONS,
    "keys alone": KEYS_ALONE,
    "control plane": CONTROL,
    "banner": BANNER,
    "features": FEATURES,
    "kdump": KDUMP,
    "sflow": SFLOW,
    "telemetry": TELEMETRY,
    "tacacs": TACACS,
    "radius": RADIUS,
    "snmp": SNMP,
    "syslog": SYSLOG,
    "ntp": NTP,
    "ntp source": NTP_SOURCE,
    "dns": DNS,
}
FAR = "2001:db8::1"
LACKING = {
    "rules": "202305",
    "sessions": "202305 202311 202405",
    "keys alone": "202305 202311 202405 202411 202505",
    "banner": "202305 202311",
    "ntp": "202305",
    "ntp source": "202305",
    "dns": "202305 202311 202405 202411 202505",
}
"""Service -> the builds that lack it, by the branch of their models."""
FIT = [build for build in build_names() if not unfit_for(get_platform("as7326-56x"), get_build(build))]


def refused(inventory: Mapping[str, Any], build: str = "community-202411") -> list[tuple[str, str]]:
    """(path, message) of what is told of a switch with these values in defaults."""
    device = {"role": "leaf", "platform": "as7326-56x", "mac": "02:00:5e:20:01:00"}
    device |= {"management": {"address": "192.0.2.21/24"}}  # type: ignore[dict-item]
    management = {"gateway": "192.0.2.1", **inventory.get("management", {})}
    read = Inventory.model_validate(
        {"defaults": {**inventory, "image_build": build, "management": management}, "devices": {"leaf1": device}}
    )
    return [
        (".".join(map(str, one.path)), one.message) for one in resolve_settings(read, ["leaf1"], CATALOG, unfit=True)[1]
    ]


@pytest.mark.parametrize("build", FIT)
@pytest.mark.parametrize("case", CASES)
def test_rows_of_a_service(case: str, build: str) -> None:
    inventory, rows = CASES[case]
    if get_build(build).nearest_schema in LACKING.get(case, "").split():
        told = refused(inventory, build)
        assert told
        assert all(f"{build} cannot have `" in message for _, message in told)
        return
    config = rendered({**inventory, "image_build": build}, {}).config_db
    assert {table: config[table] for table in rows} == rows
    found = Validator(models=False, vtysh=False).validate([subject(build, config)]).findings
    without: ConfigDb = rendered({"management": inventory.get("management", {}), "image_build": build}, {}).config_db
    before = Validator(models=False, vtysh=False).validate([subject(build, without)]).findings
    assert {(one.code, one.place) for one in found if one.code != "SF-504"} <= {(one.code, one.place) for one in before}


RULE = "defaults.password_rules"
SERVERS = {"servers": "192.0.2.2"}
CONTRADICTIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no server": (
        {"aaa": {"login": ["tacacs+", "local"]}},
        ["defaults.aaa.login login asks tacacs+, and `tacacs` has no servers and no key"],
    ),
    "no key": (
        {"aaa": {"login": ["local", "radius"]}, "radius": SERVERS},
        ["defaults.aaa.login login asks radius, and `radius` has no key"],
    ),
    "options of no server": (
        {"ntp_options": {"iburst": "true"}, "syslog_options": {"port": "1514"}},
        [
            "defaults.ntp_options.iburst there is no NTP server that this is about",
            "defaults.syslog_options.port there is no syslog server that this is about",
        ],
    ),
    "a key that is half said": (
        {"ntp": "192.0.2.2", "ntp_options": {"key": "env:K", "key_id": "7"}},
        ["defaults.ntp_options.key a key needs its `key_type`"],
    ),
    "a source of another family": (
        {"syslog": ["192.0.2.2"], "syslog_options": {"source": FAR}},
        [
            f"defaults.syslog_options.source from {FAR} no message gets to 192.0.2.2, which is of another family",
        ],
    ),
    "a user twice": (
        {"snmp": {"users": [{"name": "reader", "auth_password": "env:P"}] * 2}},
        ["defaults.snmp.users the SNMP user reader is there twice"],
    ),
    "a control plane that shuts out": (
        {
            "ssh": {"jump_host": "admin@203.0.113.9"},
            "snmp": {"community": "env:C"},
            "control_plane": {"ssh": "192.0.2.0/24"},
        },
        [
            "defaults.control_plane.ssh the jump host 203.0.113.9 could not log in: no network of the list has it",
            "defaults.control_plane.ssh SNMP is configured, and nobody could ask: what is not listed is closed",
        ],
    ),
    "a control plane without SSH": (
        {"control_plane": {"ntp": "192.0.2.0/24"}},
        ["defaults.control_plane.ntp nobody could log in: what is not listed is closed"],
    ),
    "a feature that is off and wanted": (
        {"features": {"snmp": "false"}, "snmp": {"location": "here"}},
        ["defaults.features snmp is off, and `snmp.location` says how it shall be"],
    ),
    "sFlow to nobody": (
        {"sflow": {"polling_interval": "3"}},
        [
            "defaults.sflow.polling_interval there is no collector that this is about",
            "defaults.sflow.polling_interval the interval is 5 to 300 seconds, or 0 for none",
        ],
    ),
    "a login by what is closed": (
        {
            "image_build": "community-202605",
            "ssh": {"password": "env:P"},
            "ssh_server": {"passwords": "false"},
            "password_rules": {"enabled": "true", "expire_days": "90"},
        },
        [
            "defaults.ssh_server.passwords sonicfab itself logs in by a password: `ssh.password`",
            f"{RULE}.expire_days the password by which sonicfab logs in would lapse, too: `ssh.password`",
        ],
    ),
    "nothing to fall through": (
        {"aaa": {"failthrough": "true"}},
        ["defaults.aaa.failthrough `failthrough` is about an order, and there is no `login`"],
    ),
}


def test_keys_that_contradict() -> None:
    def told(given: Mapping[str, Any]) -> list[str]:
        build = given.get("image_build", "community-202411")
        return [" ".join(one) for one in refused(given, build)]

    assert {name: told(given) for name, (given, _) in CONTRADICTIONS.items()} == {
        name: want for name, (_, want) in CONTRADICTIONS.items()
    }


def test_what_a_service_needs_is_in_the_newest_models() -> None:
    for service in services():
        for key in service.needs:
            given: Any = service.model_fields[key.partition(".")[0]]
            assert given, f"{key} is a key of {service.__name__}"
