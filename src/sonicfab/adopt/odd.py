"""What looks wrong in the configs that were read: told, and not mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from sonicfab.adopt.identify import frr_lines, metadata
from sonicfab.adopt.links import FoundLink, Links
from sonicfab.adopt.page import ranges
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.adopt.settings import device_of, settings_of
from sonicfab.adopt.staticrows import hops_of
from sonicfab.hints import first_of
from sonicfab.plan.interfaces import LOOPBACK
from sonicfab.roles import Role

_SHOWN = 6


@dataclass
class Oddity:
    """One thing, with everything that it was seen on.

    Attributes:
        what: in words, without where.
        where: switches, or ends of links.
    """

    what: str
    where: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """WHERE: WHAT."""
        return f"{first_of(self.where, _SHOWN)}: {self.what}"


def oddities(switches: Sequence[Seen], roles: Mapping[str, Role], links: Links) -> list[Oddity]:
    """Everything, equal things once."""
    found: dict[str, Oddity] = {}

    def tell(where: str, what: str) -> None:
        places = found.setdefault(what, Oddity(what)).where
        if where not in places:
            places.append(where)

    for switch in switches:
        for look in _OF_SWITCH:
            for what in look(switch):
                tell(switch.name, what)
        for what in _type(switch, roles[switch.name]):
            tell(switch.name, what)
    for where, what in (*_twice(switches), *_ends(switches, links), *_gateways(switches)):
        tell(where, what)
    for end, claims in links.claims.items():
        tell(str(end), f"{' and '.join(claims)} both say that it is their far end")
    return list(found.values())


def _reading(switch: Seen) -> Iterator[str]:
    yield from switch.source.odd
    for row in switch.config.get("MGMT_PORT", {}).values():
        yield from (f"MGMT_PORT has a field {name!r}: an address that nothing reads" for name in row if "|" in name)


def _name(switch: Seen) -> Iterator[str]:
    host = text_of(metadata(switch.config), "hostname")
    if host == "sonic":
        yield "its hostname is still sonic"
    elif not host:
        yield "it has no hostname"
    frr = next((line.split(None, 1)[1].strip() for line in frr_lines(switch.source.frr, "hostname ")), "")
    if frr and host and frr != host:
        yield f"FRR's hostname is {frr if host == 'sonic' else f'{frr}, its own {host}'}"


def _loopback(switch: Seen) -> Iterator[str]:
    own = {one.ip for some in switch.addresses.values() for one in some}
    on_loopback = {one.ip for one in switch.addresses.get(LOOPBACK, ())}
    for _, prefix in switch.bgp.networks:
        try:
            network = ip_network(prefix)
        except ValueError:
            yield f"BGP announces {prefix}, which is no network"
            continue
        if network.prefixlen == network.max_prefixlen and network.network_address not in on_loopback:
            where = "not on Loopback0" if network.network_address in own else "on none of its interfaces"
            yield f"{network.network_address} is announced but {where}"
    router_id = switch.bgp.router_id
    if router_id and router_id not in map(str, own):
        yield f"its router id {router_id} is none of its addresses"


def _neighbors(switch: Seen) -> Iterator[str]:
    ports, bundles = switch.config.get("PORT", {}), switch.config.get("PORTCHANNEL", {})
    vlans, members = switch.config.get("VLAN", {}), {port for some in switch.bundles.values() for port in some}
    lacking, down, inside = [], [], []
    for one in switch.sessions:
        name = one.interface
        if not one.unnumbered or "." in name:
            continue
        if name not in ports and name not in bundles and name not in vlans:
            lacking.append(name)
        elif name in members:
            inside.append(name)
        elif text_of(ports.get(name, bundles.get(name, {})), "admin_status") == "down":
            down.append(name)
    if lacking:
        yield f"a neighbour without a port: {first_of(ranges(lacking), _SHOWN)}"
    if down:
        yield f"BGP over a port that is shut: {first_of(ranges(down), _SHOWN)}"
    if inside:
        yield f"BGP over a member of a port channel: {first_of(ranges(inside), _SHOWN)}"
    groups = {one.group for one in switch.bgp.sessions if one.group}
    unknown = sorted(groups - switch.bgp.neighbors.keys())
    if unknown:
        yield f"neighbours of a peer-group that there is none of: {first_of(unknown)}"


def _interfaces(switch: Seen) -> Iterator[str]:
    routed = {key.partition("|")[0] for key in switch.config.get("INTERFACE", {})}
    in_bundle = {port for some in switch.bundles.values() for port in some}
    in_vlan = {key.partition("|")[2] for key in switch.config.get("VLAN_MEMBER", {})}
    for what, some in (("a port channel", in_bundle), ("a VLAN", in_vlan)):
        if routed & some:
            yield f"routed (INTERFACE) and a member of {what}: {first_of(ranges(routed & some), _SHOWN)}"
    unknown = {one for one in in_bundle | routed if one.startswith("Ethernet")} - switch.config.get("PORT", {}).keys()
    unknown = {one for one in unknown if "." not in one}
    if unknown:
        yield f"rows of ports that PORT has not: {first_of(ranges(unknown), _SHOWN)}"
    empty = [name for name, some in switch.bundles.items() if not some]
    if empty:
        yield f"a port channel without members: {first_of(empty)}"


def _vlans(switch: Seen) -> Iterator[str]:
    vlans = switch.config.get("VLAN", {})
    members = {key.partition("|")[0] for key in switch.config.get("VLAN_MEMBER", {})}
    svis = {key.partition("|")[0] for key in switch.config.get("VLAN_INTERFACE", {})}
    if svis - vlans.keys():
        yield f"an interface (VLAN_INTERFACE) of a VLAN that there is none of: {first_of(ranges(svis - vlans.keys()))}"
    if members - vlans.keys():
        yield f"members of a VLAN that there is none of: {first_of(ranges(members - vlans.keys()))}"
    if (svis & vlans.keys()) - members:
        yield f"an interface of a VLAN without members: {first_of(ranges((svis & vlans.keys()) - members))}"


def _management(switch: Seen) -> Iterator[str]:
    told = device_of(switch)
    if "management.address" not in told or "management.dhcp" in told:
        yield "MGMT_INTERFACE has no address of eth0: SONiC asks DHCP for one"


def _frr(switch: Seen) -> Iterator[str]:
    if frr_lines(switch.source.frr, "password zebra") or frr_lines(switch.source.frr, "enable password zebra"):
        yield "FRR has the password that everybody knows"
    mode = text_of(metadata(switch.config), "docker_routing_config_mode")
    from_tables = "BGP_GLOBALS" in switch.config  # frr.conf is a copy of what SONiC makes of these
    if switch.bgp_from == "frr" and not from_tables and switch.build and mode != switch.build.routing_config_mode:
        yield f"its routing mode is {mode or 'not set'}: on {switch.build.name} SONiC does not keep frr.conf in it"


def _type(switch: Seen, role: Role) -> Iterator[str]:
    kind = text_of(metadata(switch.config), "type")
    if kind and kind != role.sonic_type:
        yield f"its type is {kind}, and it is a {role}"


def _static_rows(switch: Seen) -> Iterator[str]:
    for key, row in switch.config.get("STATIC_ROUTE", {}).items():
        if not hops_of(row):
            yield f"STATIC_ROUTE|{key} has lists of different lengths: SONiC makes no route of it"


_OF_SWITCH: tuple[Callable[[Seen], Iterator[str]], ...] = (
    _reading,
    _name,
    _loopback,
    _neighbors,
    _interfaces,
    _vlans,
    _management,
    _frr,
    _static_rows,
)


def _twice(switches: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    owners: dict[tuple[str, str], list[str]] = {}
    for switch in switches:
        address = str(device_of(switch).get("management.address", "")).partition("/")[0]
        loopbacks = [str(one) for version in (4, 6) if (one := switch.loopback(version))]
        told = [("base MAC", switch.mac), ("management address", address), *(("loopback", one) for one in loopbacks)]
        for what, value in told:
            if value:
                owners.setdefault((what, value), []).append(switch.name)
    for (what, value), names in owners.items():
        if len(names) > 1:
            yield ", ".join(names), f"they have one {what}: {value}"


def _ends(switches: Sequence[Seen], links: Links) -> Iterator[tuple[str, str]]:
    """Settings in which the two ports of a cable differ."""
    by_name = {one.name: one for one in switches}
    for link in links.found:
        for one, other in link.members or (link.ends,):
            rows = [by_name[end.switch].config.get("PORT", {}).get(end.port, {}) for end in (one, other)]
            for name in ("speed", "mtu", "fec", "autoneg"):
                a, b = (text_of(row, name) for row in rows)
                if a and b and a != b:
                    yield f"{one} - {other}", f"its ends have {name} {a} and {b}"
        yield from _not_both(link, by_name)


def _not_both(link: FoundLink, switches: Mapping[str, Seen]) -> Iterator[tuple[str, str]]:
    speak = [any(one.interface == end.port for one in switches[end.switch].sessions) for end in link.ends]
    if speak[0] != speak[1]:
        yield f"{link.a} - {link.b}", f"only {link.ends[speak.index(True)]} has a BGP session on it"


def _gateways(switches: Sequence[Seen]) -> Iterator[tuple[str, str]]:
    """Switches of one management network that leave it by different ways."""
    by_network: dict[object, dict[str, list[str]]] = {}
    for switch in switches:
        address = str(device_of(switch).get("management.address", ""))
        gateway = str(settings_of(switch, "").get("management.gateway", ""))
        if address and gateway:
            network = ip_network(address, strict=False)
            by_network.setdefault(network, {}).setdefault(gateway, []).append(switch.name)
    for place, gateways in by_network.items():
        if len(gateways) > 1:
            names = [name for some in gateways.values() for name in some]
            yield first_of(names, _SHOWN), f"in {place} they have different gateways: {', '.join(gateways)}"
