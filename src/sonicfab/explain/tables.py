"""The origin of every (table, field) that is rendered; field "" is the row itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sonicfab.explain.inputs import Fact, Given, Origin, Sources
from sonicfab.model.topology import SONIC_MTU
from sonicfab.plan.types import PortPlan

Explain = Callable[[Sources, str], Origin]
"""(sources, key of the row) -> origin."""


def origin_of(sources: Sources, table: str, key: str, field: str) -> Origin | None:
    """The origin of a field, or of a row; None for what only the user's own templates write."""
    found = ORIGINS.get((table, field))
    return found(sources, key) if found else None


def _build(sources: Sources) -> tuple[Given, ...]:
    return sources.setting("image_build")


def _fixed(rule: str, *facts: Fact) -> Explain:
    return lambda _sources, _key: Origin(rule, facts=facts)


def _setting(rule: str, *keys: str) -> Explain:
    return lambda sources, _key: Origin(rule, sources.setting(*keys))


def _member(rule: str, *keys: str) -> Explain:
    return lambda sources, key: Origin(rule, sources.member(key, *keys))


def _in_vrf(rule: str, *keys: str) -> Explain:
    return lambda sources, _key: Origin(rule, (*sources.setting("management", "vrf"), *sources.setting(*keys)))


# DEVICE_METADATA, VERSIONS


def _mode(sources: Sources, _key: str) -> Origin:
    rule = "the mode in which the bgp container keeps our frr.conf on this build"
    return Origin(rule, _build(sources), sources.fact("routing_config_mode"))


def _framework(sources: Sources, _key: str) -> Origin:
    rule = "the topology asks for BFD, and on this build bfdd starts only with this"
    return Origin(rule, sources.topology("bgp", "bfd"), sources.fact("bfd_needs_mgmt_framework", "yes"))


def _hwsku(sources: Sources, _key: str) -> Origin:
    return Origin(
        "the HWSKU of the switch model", sources.setting("platform"), sources.model_fact(sources.platform.hwsku)
    )


def _platform(sources: Sources, _key: str) -> Origin:
    return Origin(
        "SONiC's name of the switch model", sources.setting("platform"), sources.model_fact(sources.platform.platform)
    )


def _version(sources: Sources, _key: str) -> Origin:
    rule = "at this version the build's migrator has no step left to take"
    return Origin(rule, _build(sources), sources.fact("database_version"))


# PORT


def _row(sources: Sources, key: str) -> Origin:
    rule = "every port of the build is written: one that is left out would be missing at the next reload"
    return Origin(rule, sources.setting("platform"), sources.port_fact(sources.ports[key]))


def _from_table(sources: Sources, key: str) -> Origin:
    given = (*sources.setting("platform"), *_build(sources))
    return Origin("from the port table of the build", given, sources.port_fact(sources.ports[key]))


def _admin_status(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    rules = {"link": "up: a link of the fabric", "host": "up: a server is behind it"}
    unused = "down: nothing in the topology uses this port"
    if key in sources.used:
        unused = f"up: a row of a template of your own uses it, in {', '.join(sources.used[key])}"
    rule = rules.get(port.use, unused)
    return Origin(rule, sources.uses(port))


def _description(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    if port.use == "link":
        return Origin("SWITCH:PORT at the far end of the link", sources.uses(port))
    if given := sources.option(port, "description"):
        return Origin("as given for the host ports", given)
    return Origin("`host` where the topology gives no description", sources.uses(port))


def _speed(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    if given := sources.option(port, "speed"):
        return Origin("as given, in Mb/s", given)
    if port.use == "link":
        return Origin("both ends of the link have this speed", sources.uses(port), sources.port_fact(port))
    return Origin(
        "the speed of the port, in Mb/s: nobody asks for another", sources.uses(port), sources.port_fact(port)
    )


def _fec(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    if said := sources.option(port, "fec"):
        return Origin("as given for this link or host port", said)
    source = "sonic-buildimage src/sonic-config-engine/minigraph.py, which writes it for speed 100000, and only there"
    fact = Fact("config_db has no default for FEC", source)
    given = sources.option(port, "speed") or sources.uses(port)
    of_model = sources.model_fact(
        f"ports at {port.speed // 1000}G have FEC {port.fec} unless the topology says another"
    )
    return Origin("the FEC of the switch model at this speed", given, (fact, *of_model, *sources.port_fact(port)))


DEFAULT_MTU = Fact(
    f"a port has MTU {SONIC_MTU} unless somebody asks for another",
    "sonic-buildimage src/sonic-config-engine/config_samples.py; sonic-swss cfgmgr/portmgr.h DEFAULT_MTU_STR",
)


def _mtu(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    if port.use == "unused":
        return Origin("nothing uses the port: SONiC's own default", facts=(DEFAULT_MTU,))
    if given := sources.option(port, "mtu"):
        return Origin("as given for this link or host port", given)
    if given := sources.topology("mtu"):
        return Origin("the MTU of the fabric", given)
    return Origin("the MTU of the fabric, 9100 where the topology gives none")


# INTERFACE, LOOPBACK_INTERFACE


def _interface(sources: Sources, key: str) -> Origin:
    name, _, address = key.partition("|")
    port = sources.ports[name]
    if not address:
        return Origin("a routed port; an address needs this row beside it", sources.uses(port))
    version = 6 if ":" in address else 4
    rule = (
        "of the network of the link the first address is on the first switch in natural order, the second on the other"
    )
    return Origin(rule, (*sources.network(port, version), *sources.uses(port)))


def _link_local(sources: Sources, key: str) -> Origin:
    port = sources.ports[key]
    source = "sonic-swss neighsyncd/neighsync.cpp isLinkLocalEnabled"
    fact = Fact("without it SONiC ignores link-local neighbours, and no route over them reaches the ASIC", source)
    return Origin(_unnumbered(port), (*sources.uses(port), *sources.topology("underlay")), (fact,))


def _unnumbered(port: PortPlan) -> str:
    if port.use == "host":
        return "BGP to the host is unnumbered: it runs over IPv6 link-local addresses"
    return "the underlay is unnumbered: BGP runs over IPv6 link-local addresses"


def _loopback(sources: Sources, key: str) -> Origin:
    _, _, address = key.partition("|")
    if not address:
        return Origin("an address of Loopback0 needs this row beside it")
    given, rule = sources.number("ipv6" if ":" in address else "ipv4")
    return Origin(rule, given)


# management and services


def _ntp_vrf(sources: Sources, _key: str) -> Origin:
    rule = "NTP runs where the management interface is: in the VRF mgmt, if it has one"
    return Origin(rule, (*sources.setting("management", "vrf"), *sources.setting("ntp")))


def _community(sources: Sources, _key: str) -> Origin:
    return Origin("the secret that the inventory refers to", sources.setting("snmp", "community"))


ORIGINS: Mapping[tuple[str, str], Explain] = {
    ("DEVICE_METADATA", ""): lambda sources, _key: Origin("what the switch is", sources.name()),
    ("DEVICE_METADATA", "docker_routing_config_mode"): _mode,
    ("DEVICE_METADATA", "frr_mgmt_framework_config"): _framework,
    ("DEVICE_METADATA", "hostname"): lambda sources, _key: Origin("the switch's name", sources.name()),
    ("DEVICE_METADATA", "hwsku"): _hwsku,
    ("DEVICE_METADATA", "mac"): _setting("the base MAC of the switch", "mac"),
    ("DEVICE_METADATA", "platform"): _platform,
    ("DEVICE_METADATA", "timezone"): _setting("as given", "timezone"),
    ("DEVICE_METADATA", "type"): _setting("SONiC's word for the role", "role"),
    ("VERSIONS", ""): _version,
    ("VERSIONS", "VERSION"): _version,
    ("PORT", ""): _row,
    ("PORT", "alias"): _from_table,
    ("PORT", "index"): _from_table,
    ("PORT", "lanes"): _from_table,
    ("PORT", "admin_status"): _admin_status,
    ("PORT", "description"): _description,
    ("PORT", "speed"): _speed,
    ("PORT", "fec"): _fec,
    ("PORT", "mtu"): _mtu,
    ("INTERFACE", ""): _interface,
    ("INTERFACE", "ipv6_use_link_local_only"): _link_local,
    ("LOOPBACK_INTERFACE", ""): _loopback,
    ("MGMT_PORT", ""): _fixed("the management port has a row, or its address is refused by the YANG model"),
    ("MGMT_PORT", "admin_status"): _fixed("the management port is always up"),
    ("MGMT_PORT", "alias"): _fixed("LLDP tells the alias, and eth0 has no other name"),
    ("MGMT_INTERFACE", ""): _setting("the address of eth0", "management", "address"),
    ("MGMT_INTERFACE", "gwaddr"): _setting("the gateway of eth0", "management", "gateway"),
    ("MGMT_VRF_CONFIG", ""): _setting("eth0 is in a VRF of its own", "management", "vrf"),
    ("MGMT_VRF_CONFIG", "mgmtVrfEnabled"): _setting("eth0 is in a VRF of its own", "management", "vrf"),
    ("NTP", ""): _setting("the inventory names NTP servers", "ntp"),
    ("NTP", "src_intf"): _setting("the servers are asked from eth0", "ntp"),
    ("NTP", "vrf"): _ntp_vrf,
    ("NTP_SERVER", ""): _member("an NTP server of the inventory", "ntp"),
    ("DNS_NAMESERVER", ""): _member("a name server of the inventory", "dns"),
    ("SYSLOG_SERVER", ""): _member("a syslog server of the inventory", "syslog"),
    ("SYSLOG_SERVER", "vrf"): _in_vrf("eth0 is in the VRF mgmt, and logs leave there", "syslog"),
    ("SNMP", ""): _setting("the inventory says something of SNMP", "snmp"),
    ("SNMP", "Contact"): _setting("as given", "snmp", "contact"),
    ("SNMP", "Location"): _setting("as given", "snmp", "location"),
    ("SNMP_COMMUNITY", ""): _community,
    ("SNMP_COMMUNITY", "TYPE"): _fixed("SNMP is read-only"),
}
