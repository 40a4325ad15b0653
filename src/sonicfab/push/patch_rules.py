"""What a patch of CONFIG_DB interrupts, and which changes must not be made by patch at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sonicfab import tables
from sonicfab.builds import Build
from sonicfab.configdb import SECRET_TABLES, ConfigChange, ConfigDb
from sonicfab.frr import frrcfgd
from sonicfab.schema.facts import schema_of
from sonicfab.validate.findings import errors
from sonicfab.validate.schema import SchemaCheck

LIVE_METADATA = frozenset({"hostname", "timezone"})
"""Fields of DEVICE_METADATA that a daemon follows: hostcfgd DeviceMetaCfg (sonic-host-services, 202305 to 202605).
The others count when a service starts, as docker_routing_config_mode does in the bgp container's docker_init.sh."""

_RDMA = frozenset({"PFC_WD", "BUFFER_POOL", "BUFFER_PROFILE", "WRED_PROFILE"})
# gcu_field_operation_validators.conf.json, all branches: only for HWSKUs in its list, which has no Accton one
_PORT_DOWN = ("BUFFER_PG", "BUFFER_QUEUE", "BUFFER_PORT_", "PORT_QOS_MAP", "QUEUE")
# RequiredValueIdentifier of patch_sorter.py, all branches: PORT admin_status must be "down" for these

Kind = Literal["link", "traffic", "session", "service"]

_NO_LINK = frozenset({"description", "alias", "index", "dhcp_rate_limit"})
"""Fields of PORT that no orchagent brings the port down for. It does for speed, fec, autoneg, adv_speeds,
interface_type and adv_interface_types (sonic-swss orchagent/portsorch.cpp "Bring port down before applying"); for a
field that is not here it is taken for granted."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """What a patch interrupts.

    Attributes:
        kind: link: a port loses its link; traffic: some packets are lost though links stay; session: BGP sessions
            end; service: a daemon of the switch restarts, and no traffic notices.
        subject: the port, the interface, the neighbour or the service.
        why: in a few words.
    """

    kind: Kind
    subject: str
    why: str

    def __str__(self) -> str:
        """`Ethernet0: speed: ...`."""
        return f"{self.subject}: {self.why}"


def interrupts(changes: Iterable[ConfigChange], running: ConfigDb) -> Iterator[Interruption]:
    """What the changes interrupt, each told once."""
    found = (one for change in changes for one in _interrupts(change, running))
    yield from dict.fromkeys(found)


def _interrupts(change: ConfigChange, running: ConfigDb) -> Iterator[Interruption]:
    name = change.key.partition("|")[0]
    if change.table == "PORT" and change.field:
        yield from _port(change, running)
    elif change.table in ("PORTCHANNEL", "PORTCHANNEL_MEMBER"):
        yield from _port_channel(change, running)
    elif change.table in ("VLAN", "VLAN_MEMBER"):
        yield from _vlan(change)
    elif change.table == "VLAN_INTERFACE" and change.action == "remove":
        lost = change.key.partition("|")[2]
        yield Interruption("traffic", name, f"loses {lost}, the gateway of its hosts" if lost else "is routed no more")
    elif change.table in ("INTERFACE", "LOOPBACK_INTERFACE", "PORTCHANNEL_INTERFACE"):
        if "|" in change.key and change.action == "remove":
            yield Interruption("session", name, f"loses {change.key.partition('|')[2]}, and sessions from it end")
        elif "|" not in change.key and not (change.action == "add" and change.field in ("", _LINK_LOCAL)):
            what = f"{change.field} changes" if change.field else "is no interface for routing any more"
            yield Interruption("session", name, f"{what}, and sessions over it end")
    elif change.table == "BGP_NEIGHBOR" and change.action != "add":
        yield Interruption("session", change.key, "bgpcfgd removes the neighbour of the row")
    elif change.table in ("NTP", "NTP_SERVER"):  # ntp_validator() of services_validator.py, and hostcfgd
        yield Interruption("service", "NTP", "its daemon restarts")
    elif change.table == "SYSLOG_SERVER" or (change.table, change.field) == (
        "DEVICE_METADATA",
        "timezone",
    ):  # rsyslog_validator(); hostcfgd
        yield Interruption("service", "rsyslog", "it restarts")


_LINK_LOCAL = "ipv6_use_link_local_only"


def _port(change: ConfigChange, running: ConfigDb) -> Iterator[Interruption]:
    # portmgr.h: DEFAULT_ADMIN_STATUS_STR is down; what is down cannot be interrupted
    if running.get("PORT", {}).get(change.key, {}).get("admin_status", "down") != "up" or change.field in _NO_LINK:
        return
    if change.field == "mtu":  # portsorch.cpp sets it while the port is up
        yield Interruption("traffic", change.key, "mtu: frames above it are lost until both ends have the same")
    elif change.field == "admin_status":
        yield Interruption("link", change.key, f"admin_status: it becomes {change.new or 'down'}")
    else:
        yield Interruption("link", change.key, f"{change.field}: orchagent brings the port down to set it")


def _vlan(change: ConfigChange) -> Iterator[Interruption]:
    """What vlanmgrd does live (sonic-swss cfgmgr/vlanmgr.cpp doVlanTask, doVlanMemberTask)."""
    name, _, port = change.key.partition("|")
    if change.table == "VLAN_MEMBER" and change.action != "add":
        what = "leaves it" if change.action == "remove" else f"becomes {change.new} in it"
        yield Interruption("traffic", name, f"{port} {what}")
    elif change.table == "VLAN" and change.action == "remove" and not change.field:
        yield Interruption("traffic", name, "the VLAN goes")
    elif change.field == "dhcp_servers":  # vlan_validator() of services_validator.py
        yield Interruption("service", "dhcp_relay", "it restarts")


def _port_channel(change: ConfigChange, running: ConfigDb) -> Iterator[Interruption]:
    """What teammgrd does live (sonic-swss cfgmgr/teammgr.cpp doLagTask, doLagMemberTask)."""
    name, _, port = change.key.partition("|")
    if change.table == "PORTCHANNEL_MEMBER":
        others = [key for key in running.get(change.table, {}) if key.startswith(f"{name}|") and key != change.key]
        if change.action == "remove":
            why = "and the others carry its traffic" if others else "and was the last one"
            yield Interruption("traffic" if others else "link", name, f"loses its member {port}, {why}")
        elif running.get("PORT", {}).get(port, {}).get("admin_status") == "up":
            yield Interruption("link", port, f"it is taken down to become a member of {name}")
    elif change.action == "remove" and not change.field:
        yield Interruption("link", name, "it goes, and its members with it")
    elif change.field == "mtu":
        yield Interruption("traffic", name, "mtu: frames above it are lost until both ends have the same")
    elif change.field == "admin_status":
        yield Interruption("link", name, f"admin_status: it becomes {change.new or 'down'}")


_READ_ONCE = frozenset({"min_links", "fallback", "fast_rate"})
"""Fields of PORTCHANNEL that teammgrd reads when it makes one and not again: they "cannot be changed after the LAG is
created" (sonic-swss cfgmgr/teammgr.cpp doLagTask, 202305 to 202605)."""


def patch_refusals(changes: Sequence[ConfigChange], running: ConfigDb, target: ConfigDb, build: Build) -> Iterator[str]:
    """Why the changes must not be made by patch; each reason once."""
    if not changes:
        return
    reasons = [one for change in changes for one in _refusal(change, running, target)]
    reasons += _by_schema(changes, running, target, build)
    reasons += _lanes(running)
    yield from dict.fromkeys(reasons)


def _refusal(change: ConfigChange, running: ConfigDb, target: ConfigDb) -> Iterator[str]:
    table, key, field = change.table, change.key, change.field
    place = f"{table}|{key}"
    if table in SECRET_TABLES:
        # PatchApplier.apply() of generic_updater.py prints the patch and logs it
        yield f"{table}: the config updater would write its secrets to the switch's syslog"
    if table == "DEVICE_METADATA" and field not in LIVE_METADATA:
        yield f"{place} {field or change.action}: it counts when services start, and a patch starts none"
    if table in ("MGMT_INTERFACE", "MGMT_PORT", "MGMT_VRF_CONFIG"):
        # hostcfgd MgmtIfaceCfg restarts interfaces-config (202305 to 202605), with all of the management network
        yield f"{table}: the connection to the switch goes through it"
    if table in ("SNMP", "SNMP_AGENT_ADDRESS_CONFIG"):
        # docker-snmp renders snmpd.conf when it starts; `config snmp` of sonic-utilities restarts it for that reason
        yield f"{table}: the SNMP agent reads it only when its container starts"
    if table == "PORT" and not field:
        # a port that comes or goes is a breakout: config/main.py breakout(); it crashes swss on 7326 (BI issue 8852)
        yield f"{place}: a port that comes or goes needs a reload"
    if table == "PORTCHANNEL" and field in _READ_ONCE:
        yield f"{place} {field}: SONiC reads it when it makes the port channel, and not again"
    if table == "PORTCHANNEL_MEMBER" and change.action == "add" and _is_routed(key.partition("|")[2], running):
        # portsorch.cpp doLagMemberTask waits as long as the port is routed, and the config updater does not know of it
        yield f"{place}: the port is routed now, and must not be when it becomes a member"
    if table == "INTERFACE" and change.action == "add" and not field and _is_member(key.partition("|")[0], running):
        yield f"{place}: the port is a member of a port channel now, and must not be when it is routed"
    if field and tables.table(table).create_only & {field, "*"}:
        # CreateOnlyFilter of patch_sorter.py: it reaches such a change by removing the row and adding it again
        yield f"{place} {field}: the config updater removes the row, and what refers to it, to set it anew"
    if table == "LOOPBACK_INTERFACE" and key == "Loopback0" and not field:
        # illegal_operations_to_fields_map of gu_common.py, all branches; the whole table goes through (recorded)
        what = "its removal" if change.action == "remove" else "to take it back"
        yield f"{place}: {what} is illegal for the config updater"
    if table in _RDMA:
        yield f"{table}: the config updater changes it on some switch models alone, and this is none of them"
    if table.startswith(_PORT_DOWN):
        yield f"{table}: the config updater shuts the ports down to change it"
    framework = [one.get("DEVICE_METADATA", {}).get("localhost", {}) for one in (running, target)]
    if table in frrcfgd.TABLES and any(one.get("frr_mgmt_framework_config") == "true" for one in framework):
        # frrcfgd.py gives FRR each row as it comes, whatever the others say by then; with our frr.conf it removes from
        # it what it finds removed
        yield f"{table}: frrcfgd runs, and would change FRR's config row by row as they come"


def _is_routed(port: str, config: ConfigDb) -> bool:
    return any(key.partition("|")[0] == port for key in config.get("INTERFACE", {}))


def _is_member(port: str, config: ConfigDb) -> bool:
    return any(key.partition("|")[2] == port for key in config.get("PORTCHANNEL_MEMBER", {}))


def _by_schema(changes: Iterable[ConfigChange], running: ConfigDb, target: ConfigDb, build: Build) -> Iterator[str]:
    schema = schema_of(build)
    if schema is None:
        yield f"the YANG models of {build.name} are not known, and so is not what its config updater takes"
        return
    for table in dict.fromkeys(one.table for one in changes):
        if table not in schema:  # validate_config_db_patch_has_yang_models() of gu_common.py, all branches
            yield f"{table}: {build.name} has no YANG model of it, and its config updater refuses such tables"
    # ConfigWrapper.validate_config_db_config() loads the whole config. Recorded: every patch fails while a row is
    # invalid, even the one that would repair it; a table without a model hinders nobody, and is only a warning here.
    check = SchemaCheck(schema)
    for what, config in (("runs now", running), ("would run", target)):
        wrong = errors(check.check(config))
        if wrong:
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            first = wrong[0]
            yield f"what {what} has an invalid row, which blocks every patch: {first.place}: {first.message}{more}"
            return


def _lanes(config: ConfigDb) -> Iterator[str]:
    """validate_lanes() of gu_common.py, all branches: a lane in two ports blocks every patch."""
    users: dict[str, str] = {}
    for port, row in config.get("PORT", {}).items():
        lanes = row.get("lanes", "")
        for lane in lanes.split(",") if isinstance(lanes, str) and lanes else ():
            other = users.setdefault(lane.strip(), port)
            if other != port:
                yield f"PORT|{port}: lane {lane.strip()} belongs to {other}, too, which blocks every patch"
                return
