"""What the inventory or the topology switches off is gone from the switch; what it does not say stays another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from known import CATALOG
from sonicfab.configdb import ConfigDb, Row, diff
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import make_plan
from sonicfab.plan.types import FabricPlan
from sonicfab.render import Renderer, SwitchConfig, template_folders

DEFAULTS: dict[str, Any] = {"management": {"gateway": "192.0.2.1"}}
TOPOLOGY: dict[str, Any] = {
    "name": "off",
    "asn": {"spine": "65500", "leaf": "65401-65409"},
    "loopbacks": {"ipv4": "203.0.113.0/24"},
    "links": ["spine1:Ethernet0 - leaf1:Ethernet48"],
}


def planned(inventory: dict[str, Any], topology: dict[str, Any]) -> FabricPlan:
    """A spine and a leaf with these values in defaults and in the topology."""
    defaults = {**DEFAULTS, **inventory, "management": {**DEFAULTS["management"], **inventory.get("management", {})}}
    devices = {
        name: {"role": role, "platform": platform, "mac": mac, "management": {"address": f"192.0.2.{last}/24"}}
        for name, role, platform, mac, last in (
            ("spine1", "spine", "as7726-32x", "02:00:5e:10:01:00", 11),
            ("leaf1", "leaf", "as7326-56x", "02:00:5e:20:01:00", 21),
        )
    }
    read = Inventory.model_validate({"defaults": defaults, "devices": devices})
    plan, _, _ = make_plan(read, Topology.model_validate({**TOPOLOGY, **topology}), Numbers(), CATALOG)
    return plan


def rendered(inventory: dict[str, Any], topology: dict[str, Any]) -> SwitchConfig:
    """leaf1 with these values in defaults and in the topology."""
    plan = planned(inventory, topology)
    secrets: Callable[..., str] = lambda *_: "a-community"  # noqa: E731
    return Renderer(template_folders([]), secrets).render(plan, plan.switches["leaf1"])


NEW = {"image_build": "community-202605"}
HOSTS = {"prefixes": {"ipv4": "198.51.100.0/24"}, "ports": [{"role": "leaf", "ports": "Ethernet0"}]}
ON_OFF: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {  # inventory or topology on, off; what must go
    "management.vrf": ({"management": {"vrf": "true"}}, {"management": {"vrf": "false"}}, "MGMT_VRF_CONFIG|vrf_global"),
    "ntp": ({"ntp": ["192.0.2.2"]}, {"ntp": []}, "NTP_SERVER|192.0.2.2"),
    "dns": ({"dns": ["192.0.2.2"]}, {"dns": []}, "DNS_NAMESERVER|192.0.2.2"),
    "syslog": ({"syslog": ["192.0.2.2"]}, {"syslog": []}, "SYSLOG_SERVER|192.0.2.2"),
    "snmp.location": ({"snmp": {"location": "x"}}, {"snmp": {"location": ""}}, "SNMP|LOCATION"),
    "snmp.contact": ({"snmp": {"contact": "x"}}, {"snmp": {"contact": ""}}, "SNMP|CONTACT"),
    "snmp.community": ({"snmp": {"community": "env:C"}}, {"snmp": {"community": ""}}, "SNMP_COMMUNITY|a-community"),
    "ntp_options.key": (
        {"ntp": "192.0.2.2", "ntp_options": {"key": "env:K", "key_id": "7", "key_type": "sha1"}},
        {"ntp": "192.0.2.2", "ntp_options": {"key": ""}},
        "NTP_KEY|7",
    ),
    "dns_options.search": (
        {**NEW, "dns": "192.0.2.2", "dns_options": {"search": "example.net"}},
        {**NEW, "dns": "192.0.2.2", "dns_options": {"search": []}},
        "DNS_OPTIONS|GLOBAL",
    ),
    "snmp.users": (
        {"snmp": {"users": [{"name": "reader", "auth_password": "env:P"}]}},
        {"snmp": {"users": []}},
        "SNMP_USER|reader",
    ),
    "sflow.collectors": (
        {"sflow": {"collectors": "192.0.2.2"}},
        {"sflow": {"collectors": []}},
        "SFLOW_COLLECTOR|collector1",
    ),
    "aaa.login": ({"aaa": {"login": "local"}}, {"aaa": {"login": []}}, "AAA|authentication"),
    "tacacs.servers": ({"tacacs": {"servers": "192.0.2.2"}}, {"tacacs": {"servers": []}}, "TACPLUS_SERVER|192.0.2.2"),
    "tacacs.key": ({"tacacs": {"key": "env:K"}}, {"tacacs": {"key": ""}}, "TACPLUS|global passkey"),
    "radius.servers": ({"radius": {"servers": "192.0.2.2"}}, {"radius": {"servers": []}}, "RADIUS_SERVER|192.0.2.2"),
    "radius.key": ({"radius": {"key": "env:K"}}, {"radius": {"key": ""}}, "RADIUS|global passkey"),
    "bgp.bfd": (
        {"bgp": {"bfd": "true"}},
        {"bgp": {"bfd": "false"}},
        "DEVICE_METADATA|localhost frr_mgmt_framework_config",
    ),
    "hosts": ({"hosts": HOSTS}, {"hosts": {}}, "INTERFACE|Ethernet0"),
    "loopbacks.ipv6": (
        {"loopbacks": {"ipv4": "203.0.113.0/24", "ipv6": "2001:db8::/64"}},
        {"loopbacks": {"ipv4": "203.0.113.0/24"}},
        "LOOPBACK_INTERFACE|Loopback0|2001:db8::1/128",
    ),
}  # fmt: skip
IN_TOPOLOGY = {"bgp.bfd", "hosts", "loopbacks.ipv6"}


def has(config: ConfigDb, place: str) -> bool:
    row, _, field = place.partition(" ")
    table, _, key = row.partition("|")
    found: Row | None = config.get(table, {}).get(key)
    return found is not None and (not field or field in found)


@pytest.mark.parametrize("option", ON_OFF)
def test_what_is_switched_off_goes(option: str) -> None:
    on, off, place = ON_OFF[option]
    before, after = (rendered({}, one) if option in IN_TOPOLOGY else rendered(one, {}) for one in (on, off))
    assert has(before.config_db, place), "the option makes it"
    changes = [str(change) for change in diff(after.config_db, before.config_db, after.owned_tables)]
    gone = (f"- {place}", f"- {place.partition(' ')[0]}", "- SNMP_COMMUNITY|")
    assert any(change.startswith(gone) for change in changes), changes


@pytest.mark.parametrize("option", sorted(ON_OFF.keys() - IN_TOPOLOGY))
def test_what_the_inventory_does_not_say_stays(option: str) -> None:
    on = ON_OFF[option][0]
    before, after = rendered(on, {}), rendered({key: on[key] for key in NEW.keys() & on.keys()}, {})
    assert diff(after.config_db, before.config_db, after.owned_tables) == []


def test_every_option_of_a_switch_that_renders_rows_is_in_the_table() -> None:
    """An option that is new must say what it does when it is off."""
    kept = {
        "platform", "role", "image_build",  # values, never off
        "site",  # where it stands renders nothing
        "ssh",  # how to log in renders nothing
        "users",  # accounts are in no table
        "management.address", "management.gateway",  # required
        # MGMT_INTERFACE is whole: what is not said is gone
        "management.dhcp", "management.ipv6", "management.gateway_ipv6", "management.routes",
        "management.contact",  # where it answers before renders nothing
        "timezone",  # a field of a row that is owned: off is the timezone Etc/UTC
        # how, of a service that its servers, its order or its key switch on and off
        "aaa.failthrough",
        "sflow.port", "sflow.polling_interval", "sflow.agent",
        # ACL_TABLE has an operator's rows, too: ours go because they were there when the switch was last confirmed
        "control_plane.ssh", "control_plane.snmp", "control_plane.ntp",
        # a field of a row of the image, whose off is a value: an empty text, false
        "banner.login", "banner.motd", "banner.logout", "features", "kdump.enabled", "kdump.memory", "kdump.dumps",
        "password_rules.enabled", "password_rules.min_length", "password_rules.expire_days", "password_rules.history",
        # a number of sshd's, which hostcfgd leaves in its file when the field goes
        *(f"ssh_server.{key}" for key in ("retries", "login_timeout", "idle_timeout", "max_sessions", "passwords")),
        # of a container that `features` switches off
        *(f"{name}.{key}" for name in ("telemetry", "gnmi")
          for key in ("port", "client_auth", "log_level", "server_crt", "server_key", "ca_crt")),
        "ntp_options.iburst", "ntp_options.pool", "ntp_options.source", "ntp_options.key_id", "ntp_options.key_type",
        "syslog_options.severity", "syslog_options.protocol", "syslog_options.port", "syslog_options.source",
        "tacacs.auth_type", "tacacs.timeout", "tacacs.source",
        "radius.auth_type", "radius.timeout", "radius.retransmit", "radius.source",
    }  # fmt: skip
    settings = Inventory.model_fields["defaults"].annotation
    assert settings is not None
    options = set()
    for name, field in settings.model_fields.items():
        inner = getattr(field.annotation, "model_fields", None) if name != "ssh" else None
        options |= {f"{name}.{key}" for key in inner} if inner else {name}
    assert options == kept | (ON_OFF.keys() - IN_TOPOLOGY)


def test_ntp_is_asked_in_the_vrf_that_the_inventory_says_and_else_in_the_switchs() -> None:
    ntp = {"ntp": ["192.0.2.2"]}
    vrfs = [
        rendered({**ntp, "management": management}, {}).config_db["NTP"]["global"].get("vrf")
        for management in ({"vrf": "true"}, {"vrf": "false"}, {})
    ]
    assert vrfs == ["mgmt", "default", None]


def test_another_mtu_changes_the_ports_that_are_used_and_no_other() -> None:
    before, after = rendered({}, {"hosts": HOSTS}), rendered({}, {"hosts": HOSTS, "mtu": "9000"})
    changes = diff(after.config_db, before.config_db, after.owned_tables)
    assert [(change.table, change.key, change.field, change.new) for change in changes] == [
        ("PORT", "Ethernet0", "mtu", "9000"),
        ("PORT", "Ethernet48", "mtu", "9000"),
    ]
