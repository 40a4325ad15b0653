"""Rules on services: who may log in, and what the control-plane ACL leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_interface

from sonicfab.configdb import ConfigDb, Row
from sonicfab.frr.bgp import FrrText
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.validate.controlplane import closed_to, is_closed, may_come_from, passed_over, tables_for, words
from sonicfab.validate.findings import Finding

_SSH = 22
_LOGIN = ("TACPLUS_SERVER", "RADIUS_SERVER")
_ASKING = (*_LOGIN, "NTP", "TACPLUS", "SYSLOG_SERVER", "SFLOW")
_ADDRESSED = ("MGMT_INTERFACE", *(kind.table for kind in InterfaceKind))
"""The tables of services that say from where, and those that have addresses."""
_CONTAINERS = {
    "snmp": ("SNMP_COMMUNITY", "SNMP_USER"),
    "sflow": ("SFLOW",),
    "telemetry": ("TELEMETRY",),
    "gnmi": ("GNMI",),
}
"""Feature -> the tables that its container reads."""
_ASKED = (("tacacs+", "TACPLUS_SERVER"), ("radius", "RADIUS_SERVER"))


def check_services(config: ConfigDb, read: FrrText | None, managed_from: Iterable[str] = ()) -> Iterator[Finding]:
    """Rows of services against each other, against what frr.conf wants open, and where it is managed from."""
    order = words(config.get("AAA", {}).get("authentication", {}), "login")
    for method, table in _ASKED:
        if method in order and not config.get(table):
            yield Finding("SF-251", "AAA|authentication login", f"login asks {method}, and {table} has no row")
    yield from _control_plane(config, read, managed_from)
    yield from (Finding("SF-255", place, why) for place, why in passed_over(config))
    yield from _asked_from(config)
    yield from _switched_off(config)
    yield from _one_port(config)


def _asked_from(config: ConfigDb) -> Iterator[Finding]:
    """The VRF and the interface from which services ask their servers."""
    vrf = config.get("MGMT_VRF_CONFIG", {}).get("vrf_global", {}).get("mgmtVrfEnabled") == "true"
    addressed = {key.partition("|")[0] for table in _ADDRESSED for key in config.get(table, {}) if "|" in key}
    for table in _ASKING:
        for key, row in config.get(table, {}).items():
            if table in _LOGIN and row.get("vrf") == "mgmt" and not vrf:  # of others the models say it (SF-124)
                yield Finding("SF-256", f"{table}|{key} vrf", "it is asked in the VRF mgmt, and there is none")
            for field in ("src_intf", "agent_id"):
                for name in words(row, field):
                    if name and name not in addressed:
                        message = f"it is asked from {name}, which has no address"
                        yield Finding("SF-257", f"{table}|{key} {field}", message)


def _switched_off(config: ConfigDb) -> Iterator[Finding]:
    """Rows of services whose container the very config has off."""
    for name, tables in _CONTAINERS.items():
        state = config.get("FEATURE", {}).get(name, {}).get("state")
        place = next((f"{table}|{key}" for table in tables for key in _meant(config, table)), "")
        if place and state in ("disabled", "always_disabled"):
            shown = place.partition("|")[0] if place.startswith("SNMP_COMMUNITY") else place
            yield Finding("SF-258", f"FEATURE|{name} state", f"the container is off, and {shown} says how it shall be")


def _meant(config: ConfigDb, table: str) -> Iterator[str]:
    """The rows that ask for something."""
    return (key for key, row in config.get(table, {}).items() if row.get("admin_state") != "down")


def _one_port(config: ConfigDb) -> Iterator[Finding]:
    """Both servers of gNMI run in the network of the switch, and one port takes one of them."""
    ports = [config.get(table, {}).get("gnmi", {}).get("port") for table in ("TELEMETRY", "GNMI")]
    if ports[0] and ports[0] == ports[1]:
        yield Finding("SF-259", "GNMI|gnmi port", f"TELEMETRY|gnmi listens at {ports[0]}, too")


def _control_plane(config: ConfigDb, read: FrrText | None, managed_from: Iterable[str]) -> Iterator[Finding]:
    """What the rule at the end of caclmgrd, which drops everything else, closes."""
    if not is_closed(config):
        return
    place = f"ACL_TABLE|{min(_control_plane_tables(config))}"
    tables = list(tables_for(config, _SSH))
    if not any(rule.accepts for rules in tables for rule in rules):
        yield Finding("SF-252", place, "the control-plane ACL has rules, and none accepts SSH")
    elif shut := next(_shut_out(config, managed_from), ""):
        yield Finding("SF-254", place, f"{shut} may log in: no rule of the control-plane ACL accepts SSH from there")
    watched = [one for bgp in read.instances.values() for one in bgp.neighbors.values() if one.bfd] if read else []
    if watched and not any("ANY" in words(row, "services") for row in _control_plane_tables(config).values()):
        message = f"neighbor {watched[0].name} has BFD, and the control-plane ACL drops its packets"
        yield Finding("SF-253", place, message)


def _control_plane_tables(config: ConfigDb) -> dict[str, Row]:
    return {name: row for name, row in config.get("ACL_TABLE", {}).items() if row.get("type") == "CTRLPLANE"}


def _shut_out(config: ConfigDb, managed_from: Iterable[str]) -> Iterator[str]:
    """Of those whom the inventory has log in, who may not: the jump host, else anybody of the management networks."""
    known = [ip_address(one) for one in managed_from]
    yield from (f"not even {one}, the jump host of the inventory," for one in known if closed_to(config, one, _SSH))
    if not known:
        keys = [key for key in config.get("MGMT_INTERFACE", {}) if "|" in key]
        networks = [ip_interface(key.rpartition("|")[2]).network for key in keys]
        if networks and not any(may_come_from(config, one, _SSH) for one in networks):
            yield f"nobody of {' and '.join(map(str, networks))}, where the switch is managed,"
