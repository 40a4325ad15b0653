"""Rules on an frr.conf, alone and beside its config_db. Pure; sonicfab.validate.vtysh asks FRR itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.frr.bgp import UNSUPPRESS, Bgp, FrrText, Neighbor, read_frr
from sonicfab.hints import first_of
from sonicfab.validate.border import check_border
from sonicfab.validate.contexts import check_contexts
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import IpNetwork, Owned, addresses, interface_table
from sonicfab.validate.nexthops import check_next_hops


def check_frr(text: str, config: ConfigDb | None, build: Build) -> tuple[FrrText, list[Finding]]:
    """What the file says of BGP, and what is wrong with it; the config_db is None where there is none beside it."""
    read = read_frr(text)
    found = [*check_contexts(text), *_names(read), *_start_lines(text, build), *_passwords(read, build)]
    for bgp in read.instances.values():
        found += [*_policies(bgp, build), *_secrets(bgp), *check_next_hops(read, bgp, config)]
    if config is not None:
        own = list(addresses(config, management=True))
        for bgp in read.instances.values():
            found += [*_beside(bgp, config, own), *_bfd(bgp, config, build)]
        found += check_border(text, read, own, config, build)
    return read, found


def _line(code: str, line: int, message: str, hint: str = "") -> Finding:
    return Finding(code, f"line {line}" if line else "", message, hint, line=line)


def _shown(bgp: Bgp, name: str) -> str:
    return f"neighbor {name} of VRF {bgp.vrf}" if bgp.vrf else f"neighbor {name}"


def _policies(bgp: Bgp, build: Build) -> Iterator[Finding]:
    for one in bgp.sessions:
        families, shown = bgp.families(one), _shown(bgp, one.name)
        if not families:
            yield _line("SF-410", one.line, f"{shown} is active in no address family")
        if one.password or bgp.group_of(one).password:
            line = one.password or bgp.group_of(one).password
            yield _line("SF-409", line, f"the password of {shown} stands in the file")
        if not bgp.needs_policy or not bgp.is_external(one) or one.oad or bgp.group_of(one).oad:
            continue
        for family in sorted(families):
            lacks = [way for way in ("in", "out") if not _has_policy(bgp, one, family, way, build)]
            if lacks:
                yield _line("SF-402", one.line, f"{shown} has no policy {' and '.join(lacks)} for {family}")


def _has_policy(bgp: Bgp, one: Neighbor, family: str, way: str, build: Build) -> bool:
    """As bgp_inbound_policy_exists and bgp_outbound_policy_exists of FRR's bgpd/bgp_route.c; it need not be defined."""
    unsuppress = way == "out" and build.unsuppress_map_is_policy and bgp.filters(one, family, UNSUPPRESS)
    return bool(bgp.filters(one, family, way) or unsuppress)


def _names(read: FrrText) -> Iterator[Finding]:
    for use in read.undefined:
        yield _line("SF-403", use.line, f"{use.kind} {use.name} is not defined")


def _start_lines(text: str, build: Build) -> Iterator[Finding]:
    lines = set(text.splitlines())
    for line in build.frr_start_lines:
        if line not in lines:
            yield _line("SF-405", 0, f"`{line}` is missing; {build.name} appends it at the next start", f"add `{line}`")


def _passwords(read: FrrText, build: Build) -> Iterator[Finding]:
    if not build.frr_telnet_daemons or not read.passwords:
        return
    who = first_of(build.frr_telnet_daemons, 6)
    for number in sorted([*read.passwords, *read.enable_passwords]):
        yield _line("SF-422", number, f"a password for telnet, for which {who} of {build.name} listen on 127.0.0.1")


def _beside(bgp: Bgp, config: ConfigDb, everything: Sequence[Owned]) -> Iterator[Finding]:
    if not bgp.asn:
        return
    if bgp.vrf and bgp.vrf not in config.get("VRF", {}) and bgp.vrf != "mgmt":
        message = f"router bgp {bgp.asn} vrf {bgp.vrf}: there is no row VRF|{bgp.vrf}"
        yield _line("SF-420", bgp.line, message, f"add VRF|{bgp.vrf}, and vrf_name: {bgp.vrf} to its interfaces")
    asn = str(config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", bgp.asn))
    if not bgp.vrf and asn not in (bgp.asn, "None", "null"):
        yield _line("SF-406", bgp.line, f"router bgp {bgp.asn}, but DEVICE_METADATA|localhost bgp_asn is {asn}")
    if bgp.router_id and bgp.router_id not in {address.text for _, _, address, _ in everything}:
        yield _line("SF-407", bgp.router_id_line, f"bgp router-id {bgp.router_id} is no address of the switch")
    own = [one for one in everything if _vrf_of(one) == (bgp.vrf or "default")]
    connected = {address.subnet for _, _, address, _ in own}
    where = f" in VRF {bgp.vrf}" if bgp.vrf else ""
    for (_, prefix), line in bgp.networks.items() if bgp.import_check else ():
        there = prefix in connected or prefix in bgp.statics or _canonical(prefix) in connected
        if not there:
            yield _line("SF-408", line, f"network {prefix} is on no interface of the switch{where}")
    networks = _Networks(address.network for _, _, address, _ in own)
    for one in bgp.sessions:
        yield from _reach(bgp, one, config, networks)


def _vrf_of(owned: Owned) -> str:
    table, _, _, vrf = owned
    return "mgmt" if table == "MGMT_INTERFACE" else vrf or "default"


def _reach(bgp: Bgp, one: Neighbor, config: ConfigDb, networks: _Networks) -> Iterator[Finding]:
    shown = _shown(bgp, one.name)
    if one.interface:
        yield from _over_interface(bgp, one, config)
        return
    try:
        address = ip_address(one.name)
    except ValueError:
        return  # vtysh says so
    remote = bgp.remote_as(one)
    distant = one.multihop or bgp.group_of(one).multihop or remote == "internal" or remote == bgp.asn
    if not distant and not address.is_link_local and address not in networks:
        where = f"VRF {bgp.vrf}" if bgp.vrf else "the switch"
        yield _line("SF-214", one.line, f"{shown} is on no subnet of the interfaces of {where}")


def _over_interface(bgp: Bgp, one: Neighbor, config: ConfigDb) -> Iterator[Finding]:
    """BGP unnumbered: the interface needs an IPv6 link-local address that neighsyncd does not leave out."""
    shown, table = _shown(bgp, one.name), interface_table(one.name)
    row = config.get(table, {}).get(one.name)
    place = f"{table}|{one.name}"
    if row is None:
        hint = f"add {place} with {LINK_LOCAL}" if table != "VLAN_SUB_INTERFACE" else _NO_SUB_INTERFACE
        yield _line("SF-404", one.line, f"{shown}: there is no row {place}", hint)
    elif table == "VLAN_SUB_INTERFACE":
        message = f"{shown}: {one.name} is a sub-interface, and those have no link-local mode"
        yield _line("SF-404", one.line, message, _NO_SUB_INTERFACE)
    elif row.get("ipv6_use_link_local_only") != "enable":
        message = f"{shown}: ipv6_use_link_local_only is not enabled on {place}"
        yield _line("SF-404", one.line, message, f"set {place} {LINK_LOCAL}")
    if row is not None and str(row.get("vrf_name", "")) != bgp.vrf:
        vrf = str(row.get("vrf_name", "")) or "default"
        message = f"{shown}: {place} is in VRF {vrf}, the session in {bgp.vrf or 'default'}"
        yield _line("SF-404", one.line, message, f"set {place} vrf_name as the BGP instance has it")


LINK_LOCAL = "ipv6_use_link_local_only: enable"
_NO_SUB_INTERFACE = "give the sub-interface and its far end addresses, and name the far one as the neighbour"
"""neighsyncd looks for the mode of Ethernet0.5 in INTERFACE, where no model allows the row; VLAN_SUB_INTERFACE has no
such field on any branch (sonic-swss neighsyncd/neighsync.cpp isLinkLocalEnabled, sonic-vlan-sub-interface.yang)."""


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


_LONGEST_PASSWORD = 80
"""Characters: bgpd/bgpd.h PEER_PASSWORD_MAXLEN, what Linux signs with."""


def _secrets(bgp: Bgp) -> Iterator[Finding]:
    for one in bgp.neighbors.values():
        if len(one.secret) > _LONGEST_PASSWORD:
            message = f"the MD5 password of neighbor {one.name} has {len(one.secret)} characters"
            yield _line("SF-423", one.password, message, f"take one of at most {_LONGEST_PASSWORD}")


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
