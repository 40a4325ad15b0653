"""Rules between the interfaces of one switch: Loopback0, addresses, gateways, neighbours, port channels, VLANs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from sonicfab.configdb import ConfigDb
from sonicfab.validate.findings import Finding

IpNetwork = IPv4Network | IPv6Network


class Address(NamedTuple):
    """An address of an interface, with what many rules ask of it; `text` and `subnet` are canonical.

    Making these forms is most of what rules on addresses cost, so each is made once.
    """

    ip: IPv4Address | IPv6Address
    network: IpNetwork
    text: str
    subnet: str
    is_link_local: bool

    def __str__(self) -> str:
        """With the length, as in a key."""
        return f"{self.text}/{self.network.prefixlen}"


TABLES = ("INTERFACE", "VLAN_INTERFACE", "PORTCHANNEL_INTERFACE", "LOOPBACK_INTERFACE", "VLAN_SUB_INTERFACE")
"""Tables whose rows give interfaces addresses: INTERFACE|Ethernet0|10.0.0.0/31."""


Owned = tuple[str, str, Address, str]
"""(table, interface, address, VRF)."""


def interface_table(name: str) -> str:
    """The table in which an interface of that name has its rows."""
    if "." in name:
        return "VLAN_SUB_INTERFACE"
    prefixes = {"Vlan": "VLAN_INTERFACE", "PortChannel": "PORTCHANNEL_INTERFACE", "Loopback": "LOOPBACK_INTERFACE"}
    return next((table for prefix, table in prefixes.items() if name.startswith(prefix)), "INTERFACE")


def port_table(name: str) -> str:
    """The table that has the MTU and the like of a port, or of a port channel."""
    return "PORTCHANNEL" if name.startswith("PortChannel") else "PORT"


def addresses(config: ConfigDb, *, management: bool = False) -> Iterator[Owned]:
    """(table, interface, address, VRF) of every address that can be read; eth0's only when asked for."""
    for table in (*TABLES, "MGMT_INTERFACE") if management else TABLES:
        rows = config.get(table, {})
        for key in rows:
            name, separator, text = key.partition("|")
            if separator:
                address = _interface(text)
                vrf = rows.get(name, {}).get("vrf_name", "")
                if address is not None:
                    yield table, name, address, str(vrf)


def check_interfaces(config: ConfigDb, *, bgp: bool) -> Iterator[Finding]:
    """Everything about the interfaces of one switch that its schema cannot say; `bgp`: its frr.conf has BGP."""
    yield from _loopback(config, bgp=bgp)
    yield from _clashes(config)
    yield from _management(config)
    yield from _neighbors(config)
    yield from _members(config)
    yield from _port_channels(config)
    yield from _down_members(config)
    yield from _relays(config)


_NO_ASN = frozenset({"", "0", "None", "none", "null"})
"""What stands in bgp_asn of a switch without BGP (sonic-buildimage dockers/docker-fpm-frr/frr/bgpd/bgpd.conf.j2)."""


def _loopback(config: ConfigDb, *, bgp: bool) -> Iterator[Finding]:
    """A switch that bridges only needs none."""
    asn = str(config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", ""))
    if not (bgp or config.get("BGP_NEIGHBOR") or asn not in _NO_ASN):
        return
    rows = config.get("LOOPBACK_INTERFACE", {})
    if not any(key.partition("|")[0] == "Loopback0" for key in rows):
        yield Finding("SF-211", "LOOPBACK_INTERFACE", "there is no row LOOPBACK_INTERFACE|Loopback0")
    elif not any(key.startswith("Loopback0|") and _family(key) == 4 for key in rows):
        yield Finding("SF-211", "LOOPBACK_INTERFACE|Loopback0", "Loopback0 has no IPv4 address")


def _clashes(config: ConfigDb) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    nets: list[tuple[int, int, int, str, str]] = []
    for table, name, address, vrf in addresses(config):
        if address.is_link_local:
            continue  # of one link each, and the same on many is usual
        place = f"{table}|{name}|{address}"
        owner = seen.setdefault((vrf, address.text), f"{table}|{name}")
        if owner != f"{table}|{name}":
            yield Finding("SF-212", place, f"{address.text} is an address of {owner}, too")
        if table != "LOOPBACK_INTERFACE":
            network = address.network
            first, last = int(network.network_address), int(network.broadcast_address)
            nets.append((network.version, first, -last, f"{vrf}/{name}", place))
    nets.sort()
    last_end: dict[tuple[int, str], tuple[int, str, str]] = {}
    for version, first, negative_last, who, place in nets:
        vrf = who.split("/")[0]
        end, owner, owner_place = last_end.get((version, vrf), (-1, "", ""))
        if first <= end and owner != who:
            yield Finding("SF-213", place, f"the subnet overlaps that of {owner_place}")
        if -negative_last > end:
            last_end[version, vrf] = (-negative_last, who, place)


def _management(config: ConfigDb) -> Iterator[Finding]:
    for key, row in config.get("MGMT_INTERFACE", {}).items():
        address = _interface(key.partition("|")[2])
        gateway = _address(row.get("gwaddr", ""))
        if address is None or gateway is None or gateway.version != address.ip.version:
            continue
        if gateway not in address.network:
            message = f"the gateway {gateway} is not in {address.network}"
            yield Finding("SF-222", f"MGMT_INTERFACE|{key} gwaddr", message)


def _neighbors(config: ConfigDb) -> Iterator[Finding]:
    """BGP_NEIGHBOR as bgpcfgd reads it: reached over a subnet, from an address that is there."""
    framework = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("frr_mgmt_framework_config", "")
    own = [address for _, _, address, _ in addresses(config)] if config.get("BGP_NEIGHBOR") else []
    asn = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", "")
    for key, row in config.get("BGP_NEIGHBOR", {}).items():
        place, with_vrf = f"BGP_NEIGHBOR|{key}", "|" in key
        if with_vrf != (framework == "true"):
            daemon, form = ("frrcfgd", "VRF|NEIGHBOR") if framework == "true" else ("bgpcfgd", "NEIGHBOR")
            yield Finding("SF-224", place, f"{daemon} runs, and reads keys of the form {form} only")
            continue
        neighbor = _address(key.rpartition("|")[2])
        if neighbor is None or row.get("ebgp_multihop") == "true":
            continue
        external = row.get("asn", "") != asn  # iBGP goes from loopback to loopback
        if external and not any(neighbor in address.network and neighbor != address.ip for address in own):
            yield Finding("SF-214", place, f"{neighbor} is on no subnet of the switch's interfaces")
        local = _address(row.get("local_addr", ""))
        if local is not None and not any(local == address.ip for address in own):
            yield Finding("SF-215", f"{place} local_addr", f"the switch has no address {local}")


def _members(config: ConfigDb) -> Iterator[Finding]:
    """Ports that have two uses: routed, in a port channel, in a VLAN (the checks of sonic-utilities config/main.py)."""
    routed = {
        key.partition("|")[0]: f"{table}|{key.partition('|')[0]}"
        for table in ("INTERFACE", "PORTCHANNEL_INTERFACE")
        for key in config.get(table, {})
    }
    parents = {key.partition("|")[0].partition(".")[0] for key in config.get("VLAN_SUB_INTERFACE", {})}
    lags: dict[str, str] = {}
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        lag, _, port = key.partition("|")
        place = f"PORTCHANNEL_MEMBER|{key}"
        if port in routed:
            yield Finding("SF-223", place, f"{port} is routed by {routed[port]}, and is in {lag}")
        if port in parents:
            yield Finding("SF-223", place, f"{port} has sub-interfaces, and is in {lag}")
        if lags.setdefault(port, lag) != lag:
            yield Finding("SF-223", place, f"{port} is in {lags[port]}, too")
    for key in config.get("VLAN_MEMBER", {}):
        vlan, _, port = key.partition("|")
        place = f"VLAN_MEMBER|{key}"
        if port in routed:
            yield Finding("SF-225", place, f"{port} is routed by {routed[port]}, and is in {vlan}")
        elif port in lags:
            yield Finding("SF-225", place, f"{port} is in {lags[port]}, and is in {vlan}")


def _port_channels(config: ConfigDb) -> Iterator[Finding]:
    """What a port channel asks of its members, and they do not have."""
    ports = config.get("PORT", {})
    members: dict[str, list[str]] = {name: [] for name in config.get("PORTCHANNEL", {})}
    for key in config.get("PORTCHANNEL_MEMBER", {}):
        name, _, port = key.partition("|")
        if name in members and port in ports:
            members[name].append(port)
    for name, own in members.items():
        row, place = config["PORTCHANNEL"][name], f"PORTCHANNEL|{name}"
        if not own:
            continue  # somebody has made it beforehand
        least = str(row.get("min_links", ""))
        if least.isdigit() and int(least) > len(own):
            yield Finding("SF-228", f"{place} min_links", f"min_links is {least}, and {name} has {len(own)} member(s)")
        speed = str(ports[own[0]].get("speed", ""))
        for port in own:
            at = f"PORTCHANNEL_MEMBER|{name}|{port}"
            if (other := str(ports[port].get("speed", ""))) != speed:
                yield Finding("SF-226", at, f"{port} has speed {other}, and {own[0]} of the same port channel {speed}")
            mtu, of_port = str(row.get("mtu", "9100")), str(ports[port].get("mtu", "9100"))
            if mtu != of_port:
                yield Finding("SF-227", at, f"{port} has MTU {of_port}, and {name} {mtu}")


_RELAYING = frozenset({"ToRRouter", "EPMS", "MgmtTsToR", "MgmtToRRouter", "BmcMgmtToRRouter"})
"""The types of a switch whose container dhcp_relay runs without being told (init_cfg.json.j2, 202305 to 202605)."""


def _relays(config: ConfigDb) -> Iterator[Finding]:
    servers = {
        f"VLAN|{key} dhcp_servers": key for key, row in config.get("VLAN", {}).items() if row.get("dhcp_servers")
    }
    servers |= {f"DHCP_RELAY|{key}": key for key in config.get("DHCP_RELAY", {})}
    kind = str(config.get("DEVICE_METADATA", {}).get("localhost", {}).get("type", ""))
    state = config.get("FEATURE", {}).get("dhcp_relay", {}).get("state")
    for place, vlan in servers.items():
        if state != "enabled" and (state is not None or (kind and kind not in _RELAYING)):
            message = f"a {kind} runs no DHCP relay unless FEATURE|dhcp_relay is enabled"
            yield Finding("SF-245", place, message)
        elif vlan not in config.get("VLAN_INTERFACE", {}):
            yield Finding("SF-245", place, f"{vlan} has no interface: its relay is not started")


def _down_members(config: ConfigDb) -> Iterator[Finding]:
    ports = config.get("PORT", {})
    for table in ("VLAN_MEMBER", "PORTCHANNEL_MEMBER"):
        for key in config.get(table, {}):
            of, _, port = key.partition("|")
            # without the field it is down: sonic-swss cfgmgr/portmgr.h DEFAULT_ADMIN_STATUS_STR
            if port in ports and ports[port].get("admin_status", "down") != "up":
                yield Finding("SF-240", f"{table}|{key}", f"{port} is down, and so is what {of} has it for")


@lru_cache(maxsize=4096)  # each rule of a switch reads its addresses anew
def _interface(text: str) -> Address | None:
    address, separator, length = text.partition("/")
    if not separator:
        return None
    try:
        ip = IPv6Address(address) if ":" in address else IPv4Address(address)
        network = (IPv6Network if ip.version == 6 else IPv4Network)((int(ip), length), strict=False)
    except ValueError:
        return None  # net 1 says so
    return Address(ip, network, str(ip), str(network), ip.is_link_local)


def _address(text: object) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text) if isinstance(text, str) and text else None
    except ValueError:
        return None


def _family(key: str) -> int:
    address = _interface(key.partition("|")[2])
    return address.ip.version if address else 0
