"""Rules on the next hops of BGP routes: those that a session brings, and that the ASIC must be able to use.

What bgpd does is the same from FRR 7.5 to 10.5: of a global and a link-local IPv6 next hop it takes the link-local
one (bgpd/bgp_zebra.c bgp_path_info_to_ipv6_nexthop), unless a policy says `set ipv6 next-hop prefer-global`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address

from sonicfab.configdb import ConfigDb, Row
from sonicfab.frr.bgp import Bgp, FrrText, Neighbor
from sonicfab.hints import first_of
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import addresses

_TABLES = ("INTERFACE", "VLAN_INTERFACE", "PORTCHANNEL_INTERFACE")


def check_next_hops(read: FrrText, bgp: Bgp, config: ConfigDb | None) -> Iterator[Finding]:
    """Sessions whose routes have next hops that are no use; the config_db is None where there is none beside it."""
    for code, why, sessions in (
        ("SF-412", "takes next hops that are link-local: {lacks}", _link_local(read, bgp, config)),
        ("SF-414", "carries IPv4 and has no `capability extended-nexthop`", _no_extended(bgp)),
        (
            "SF-415",
            "carries IPv6, whose next hops are link-local, and its port has no `ipv6_use_link_local_only`",
            _ipv6_over_ipv4(read, bgp, config),
        ),
    ):
        for group, some in _by_group(sessions).items():
            who = f"neighbor {first_of([one.name for one in some], 3)}" + (f" of peer-group {group}" if group else "")
            said = why.format(lacks=_lacks(read, bgp, some[0]))
            yield Finding(code, f"line {some[0].line}", f"{who} {said}", line=some[0].line)


def takes_link_local(read: FrrText, bgp: Bgp, session: Neighbor) -> bool:
    """Whether routes of a session between global IPv6 addresses get link-local next hops.

    False where nothing is taken for want of a policy, which is another finding.
    """
    if session.interface or session.multihop or not _is_global(session.name, 6):
        return False
    carried = bgp.families(session) & ({"ipv4", "ipv6"} if _extended(bgp, session) else {"ipv6"})
    asks = bgp.needs_policy and bgp.is_external(session)
    return any(
        not _prefers_global(read, bgp, session, family) and (bgp.filters(session, family, "in") or not asks)
        for family in carried
    )


def _link_local(read: FrrText, bgp: Bgp, config: ConfigDb | None) -> Iterator[Neighbor]:
    ports = _Ports(config)
    for one in bgp.sessions:
        if not takes_link_local(read, bgp, one):
            continue
        # without a config_db, an external neighbour is taken to be on a link
        direct = bgp.is_external(one) if config is None else bool(ports.port(one.name))
        if direct and not ports.takes_link_local(one.name):
            yield one


def _no_extended(bgp: Bgp) -> Iterator[Neighbor]:
    for one in bgp.sessions:
        over_ipv6 = not one.interface and _is_global(one.name, 6)
        if over_ipv6 and "ipv4" in bgp.families(one) and not _extended(bgp, one):
            yield one


def _ipv6_over_ipv4(read: FrrText, bgp: Bgp, config: ConfigDb | None) -> Iterator[Neighbor]:
    if config is None:
        return  # the port may have the address or the flag that it takes
    ports = _Ports(config)
    for one in bgp.sessions:
        if "ipv6" not in bgp.families(one) or one.interface or one.multihop or not _is_global(one.name, 4):
            continue
        port = ports.port(one.name)
        preferred = ports.has_ipv6(port) and _prefers_global(read, bgp, one, "ipv6")
        if port and not preferred and not ports.takes_link_local(one.name):
            yield one


def _extended(bgp: Bgp, session: Neighbor) -> bool:
    return session.extended_nexthop or bgp.group_of(session).extended_nexthop


def _maps(bgp: Bgp, session: Neighbor, family: str) -> list[str]:
    return [use.name for use in bgp.filters(session, family, "in") if use.kind == "route-map"][:1]  # its own first


def _prefers_global(read: FrrText, bgp: Bgp, session: Neighbor, family: str) -> bool:
    return any(name in read.global_maps for name in _maps(bgp, session, family))


def _lacks(read: FrrText, bgp: Bgp, session: Neighbor) -> str:
    names = [name for family in ("ipv6", "ipv4") for name in _maps(bgp, session, family)]
    lacking = next((name for name in names if name not in read.global_maps), "")
    who = f"route-map {lacking} does not say" if lacking else "no route-map in says"
    return f"{who} `set ipv6 next-hop prefer-global`"


def _by_group(sessions: Iterable[Neighbor]) -> Mapping[str, list[Neighbor]]:
    """Neighbours whose group says it for all of them, together; those that have none, under ""."""
    found: dict[str, list[Neighbor]] = {}
    for one in sessions:
        found.setdefault(one.group, []).append(one)
    return found


def _is_global(name: str, version: int) -> bool:
    try:
        address = ip_address(name)
    except ValueError:
        return False  # a port, or nothing that FRR would take
    return address.version == version and not address.is_link_local


class _Ports:
    """Which port leads to an address."""

    def __init__(self, config: ConfigDb | None) -> None:
        self._config = config or {}
        own = [(table, name, one) for table, name, one, _ in addresses(self._config) if table in _TABLES]
        self._networks = [(table, name, one.network) for table, name, one in own]
        self._ipv6 = {name for _, name, one in own if one.ip.version == 6 and not one.is_link_local}

    def port(self, peer: str) -> str:
        """The port towards a peer; "" where it is on no subnet."""
        return self._place(ip_address(peer))[1]

    def takes_link_local(self, peer: str) -> bool:
        """Whether swss learns link-local neighbours on the port towards a peer."""
        table, name = self._place(ip_address(peer))
        row: Row = self._config.get(table, {}).get(name, {})
        return row.get("ipv6_use_link_local_only") == "enable"

    def has_ipv6(self, port: str) -> bool:
        """Whether a port has a global IPv6 address."""
        return port in self._ipv6

    def _place(self, address: IPv4Address | IPv6Address) -> tuple[str, str]:
        for table, name, network in self._networks:
            if network.version == address.version and address in network:
                return table, name
        return "", ""
