"""Rules on an frr.conf, alone and beside its config_db. Pure; sonicfab.validate.vtysh asks FRR itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.validate.bgp import Bgp, Neighbor, dangling, read_bgp
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import IpNetwork, addresses


def check_frr(text: str, config: ConfigDb | None, build: Build) -> tuple[Bgp, list[Finding]]:
    """What the file says of BGP, and what is wrong with it; the config_db is None where there is none beside it."""
    bgp = read_bgp(text)
    found = [*_policies(bgp), *_names(bgp), *_start_lines(text, build)]
    if config is not None:
        found += [*_beside(bgp, config), *_bfd(bgp, config, build)]
    return bgp, found


def _line(code: str, line: int, message: str, hint: str = "") -> Finding:
    return Finding(code, f"line {line}" if line else "", message, hint, line=line)


def _policies(bgp: Bgp) -> Iterator[Finding]:
    for one in bgp.sessions:
        families = bgp.families(one)
        if not families:
            yield _line("SF-410", one.line, f"neighbor {one.name} is active in no address family")
        if one.password or bgp.group_of(one).password:
            line = one.password or bgp.group_of(one).password
            yield _line("SF-409", line, f"the password of neighbor {one.name} stands in the file")
        if not bgp.needs_policy or not bgp.is_external(one):
            continue
        for family in sorted(families):
            lacks = [way for way in ("in", "out") if not bgp.route_map(one, family, way)]
            if lacks:
                message = f"neighbor {one.name} has no route-map {' and '.join(lacks)} for {family}"
                yield _line("SF-402", one.line, message)


def _names(bgp: Bgp) -> Iterator[Finding]:
    for kind, name, line in dangling(bgp):
        yield _line("SF-403", line, f"{kind} {name} is not defined")


def _start_lines(text: str, build: Build) -> Iterator[Finding]:
    lines = set(text.splitlines())
    for line in build.frr_start_lines:
        if line not in lines:
            yield _line("SF-405", 0, f"`{line}` is missing; {build.name} appends it at the next start", f"add `{line}`")


def _beside(bgp: Bgp, config: ConfigDb) -> Iterator[Finding]:
    if not bgp.asn:
        return
    row = config.get("DEVICE_METADATA", {}).get("localhost", {})
    asn = str(row.get("bgp_asn", bgp.asn))
    if asn not in (bgp.asn, "None", "null"):
        yield _line("SF-406", bgp.line, f"router bgp {bgp.asn}, but DEVICE_METADATA|localhost bgp_asn is {asn}")
    own = list(addresses(config))
    known = {address.text for _, _, address, _ in own}
    if bgp.router_id and bgp.router_id not in known:
        yield _line("SF-407", bgp.router_id_line, f"bgp router-id {bgp.router_id} is no address of the switch")
    connected = {address.subnet for _, _, address, _ in own}
    for (_, prefix), line in bgp.networks.items():
        there = prefix in connected or prefix in bgp.statics or _canonical(prefix) in connected
        if not there:
            yield _line("SF-408", line, f"network {prefix} is on no interface of the switch")
    networks = _Networks(address.network for _, _, address, _ in own)
    for one in bgp.sessions:
        yield from _reach(one, config, networks)


def _reach(one: Neighbor, config: ConfigDb, networks: _Networks) -> Iterator[Finding]:
    if one.interface:
        tables = [config.get(table, {}) for table in ("INTERFACE", "VLAN_INTERFACE", "PORTCHANNEL_INTERFACE")]
        row = next((table[one.name] for table in tables if one.name in table), None)
        if row is None:
            yield _line("SF-404", one.line, f"neighbor {one.name}: there is no row INTERFACE|{one.name}")
        elif row.get("ipv6_use_link_local_only") != "enable":
            message = f"neighbor {one.name}: ipv6_use_link_local_only is not enabled on INTERFACE|{one.name}"
            yield _line("SF-404", one.line, message)
        return
    try:
        address = ip_address(one.name)
    except ValueError:
        return  # vtysh says so
    if not one.multihop and not address.is_link_local and address not in networks:
        yield _line("SF-214", one.line, f"neighbor {one.name} is on no subnet of the switch's interfaces")


class _Networks:
    """Networks by their length, so that looking for an address does not go through them one by one."""

    def __init__(self, networks: Iterable[IpNetwork]) -> None:
        self._by_length: dict[tuple[int, int], set[int]] = defaultdict(set)
        for one in networks:
            bits = one.max_prefixlen - one.prefixlen
            self._by_length[one.version, bits].add(int(one.network_address) >> bits)

    def __contains__(self, address: IPv4Address | IPv6Address) -> bool:
        number, version = int(address), address.version
        return any(version == of and number >> bits in numbers for (of, bits), numbers in self._by_length.items())


def _bfd(bgp: Bgp, config: ConfigDb, build: Build) -> Iterator[Finding]:
    framework = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("frr_mgmt_framework_config")
    if not build.bfd_needs_mgmt_framework or framework == "true":
        return
    for one in bgp.neighbors.values():
        if one.bfd:
            message = f"neighbor {one.name} has BFD; {build.name} starts bfdd only with the management framework"
            yield _line("SF-217", one.bfd, message)


def _canonical(prefix: str) -> str:
    try:
        return str(ip_network(prefix, strict=False))
    except ValueError:
        return prefix
