"""Rules on the links between switches: ends that do not agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sonicfab.configdb import ConfigDb, Row, natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.frr.bgp import Bgp, FrrText, Neighbor
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import addresses, interface_table, port_table
from sonicfab.validate.nexthops import takes_link_local

_OF_LINKS = ("INTERFACE", "PORTCHANNEL_INTERFACE")
"""Where the addresses of a link stand."""


@dataclass(frozen=True)
class SwitchView:
    """One switch as the others see it; `frr` is None where there is no frr.conf.

    Attributes:
        addresses: (VRF, address as bytes, its place in the config) without those of one link alone.
        ports: interface -> its addresses; one that several have belongs to the first.
        subnets: (port or port channel, IP version) -> (its first address, the subnet of that).
    """

    name: str
    config: ConfigDb
    frr: FrrText | None
    addresses: list[tuple[str, bytes, str]] = field(default_factory=list)
    ports: dict[str, list[str]] = field(default_factory=dict)
    subnets: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, config: ConfigDb, frr: FrrText | None) -> SwitchView:
        """The facts of a config, so that no rule between switches has to read its rows again."""
        facts = cls(name, config, frr)
        owners: dict[str, str] = {}
        for table, interface, address, vrf in addresses(config, management=True):
            management = table == "MGMT_INTERFACE"
            if not management and owners.setdefault(address.text, interface) == interface:
                facts.ports.setdefault(interface, []).append(address.text)
            shared = config.get(table, {}).get(interface, {}).get("static_anycast_gateway") == "true"
            if address.is_link_local or shared:
                continue  # several switches have an anycast gateway
            space = "mgmt" if management else vrf
            facts.addresses.append((space, address.ip.packed, f"{table}|{interface}|{address}"))
            if table in _OF_LINKS:
                facts.subnets.setdefault((interface, address.ip.version), (str(address), address.subnet))
        return facts

    def port(self, name: str) -> Row:
        """A row of PORT, or of a port channel; empty when it is not there."""
        return self.config.get(port_table(name), {}).get(name, {})

    def vlans(self, port: str) -> dict[str, str]:
        """VLAN -> how a port, or a port channel, is in it."""
        rows = self.config.get("VLAN_MEMBER", {}).items()
        inside = ((key.partition("|"), row) for key, row in rows)
        return {name: str(row.get("tagging_mode", "")) for (name, _, member), row in inside if member == port}

    def bgp_over(self, port: str) -> Bgp | None:
        """The BGP instance of the VRF that a port is in; None when there is no frr.conf, or no such instance in it."""
        vrf = str(self.config.get(interface_table(port), {}).get(port, {}).get("vrf_name", ""))
        return self.frr.instances.get(vrf) if self.frr else None


def between(one: SwitchView, other: SwitchView, links: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """What is wrong with the links of two switches, (port of the one, port of the other)."""
    for port, far in links:
        yield from _link(one, port, other, far)
        yield from _sessions(one, port, other, far)
        yield from _sessions(other, far, one, port)


def parallel(near: SwitchView, other: SwitchView, links: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Sessions over several links to one switch whose next hops are one link-local address."""
    sessions: list[Neighbor] = []
    for port, far_port in links:
        bgp = near.bgp_over(port)
        if near.frr is None or bgp is None:
            continue
        peers = (bgp.neighbors[one] for one in other.ports.get(far_port, ()) if one in bgp.neighbors)
        sessions += [one for one in peers if takes_link_local(near.frr, bgp, one)]
    if len(sessions) > 1:
        peers_said = " and ".join(one.name for one in sessions)
        message = f"{peers_said} lead to {other.name}, and only one of {len(sessions)} paths is used"
        yield _frr("SF-413", sessions[0].line, message, near.name)


def bundles(channels: Mapping[Endpoint, str], links: Iterable[tuple[Endpoint, Endpoint]]) -> Iterator[Finding]:
    """Members of one port channel, as `channels` has them, whose far ends are in several, or in none."""
    first: dict[Endpoint, tuple[Endpoint, str]] = {}
    for end, far in (pair for a, b in links for pair in ((a, b), (b, a))):
        if end not in channels:
            continue
        own, place = Endpoint(end.switch, channels[end]), f"PORTCHANNEL_MEMBER|{channels[end]}|{end.port}"
        if far not in channels:
            message = f"the other end of {end.port}, {far}, is in no port channel"
            yield Finding("SF-314", place, message, switch=end.switch)
            continue
        there = Endpoint(far.switch, channels[far])
        wanted, port = first.setdefault(own, (there, end.port))
        if there != wanted:
            message = f"{end.port} ends in {there}, and {port} of the same port channel in {wanted}"
            yield Finding("SF-314", place, message, switch=end.switch)


def _link(one: SwitchView, port: str, other: SwitchView, far: str) -> Iterator[Finding]:
    here, there = one.port(port), other.port(far)
    far_end = f"{other.name}:{far}"
    for code, name, default in (("SF-303", "mtu", "9100"), ("SF-304", "speed", ""), ("SF-305", "fec", "none")):
        own, theirs = str(here.get(name, default)), str(there.get(name, default))
        if own != theirs:
            message = f"{name} is {own or 'missing'}; at the other end, {far_end}, it is {theirs or 'missing'}"
            yield Finding(code, f"{port_table(port)}|{port} {name}", message, switch=one.name)
    own, theirs = (str(row.get("autoneg", "off")) for row in (here, there))
    if own != theirs:
        message = f"autoneg is {own}; at the other end, {far_end}, it is {theirs}"
        yield Finding("SF-311", f"{port_table(port)}|{port} autoneg", message, switch=one.name)
    up, far_up = (str(row.get("admin_status", "down")) for row in (here, there))
    if up != far_up:
        message = f"admin_status is {up}; at the other end, {far_end}, it is {far_up}"
        yield Finding("SF-307", f"{port_table(port)}|{port} admin_status", message, switch=one.name)
    yield from _subnets(one, port, other, far)
    yield from _vlans(one, port, other, far)


def _vlans(one: SwitchView, port: str, other: SwitchView, far: str) -> Iterator[Finding]:
    """VLANs that one end of a link is in and the other is not, or otherwise tagged."""
    here, there = one.vlans(port), other.vlans(far)
    if not here and not there:
        return
    place, far_end = f"VLAN_MEMBER|*|{port}", f"{other.name}:{far}"
    natives = [next((name for name, mode in some.items() if mode != "tagged"), "none") for some in (here, there)]
    if natives[0] != natives[1]:
        message = f"the native VLAN is {natives[0]}; at the other end, {far_end}, it is {natives[1]}"
        yield Finding("SF-315", place, message, switch=one.name)
    for name in sorted(here.keys() ^ there.keys(), key=natural_key):
        if name not in natives:
            ends = f"{one.name}:{port}", far_end
            inside, outside = ends if name in here else ends[::-1]
            yield Finding("SF-315", place, f"{inside} is in {name}, and {outside} is not", switch=one.name)


def _subnets(one: SwitchView, port: str, other: SwitchView, far: str) -> Iterator[Finding]:
    for version in (4, 6):
        here, there = one.subnets.get((port, version)), other.subnets.get((far, version))
        if here and there and here[1] != there[1]:
            message = f"{here[0]} is in another subnet than {there[0]} of {other.name}:{far}"
            yield Finding("SF-308", f"{interface_table(port)}|{port}|{here[0]}", message, switch=one.name)


def _sessions(one: SwitchView, port: str, other: SwitchView, far: str) -> Iterator[Finding]:
    """The sessions over a link as one end has them, held against the other end."""
    near_bgp, far_bgp = one.bgp_over(port), other.bgp_over(far)
    if near_bgp is None or far_bgp is None or not far_bgp.asn:
        return
    for name in (port, *other.ports.get(far, ())):
        session = near_bgp.neighbors.get(name)
        if session is None or session.is_group:
            continue
        wanted = near_bgp.remote_as(session)
        fits = {"external": far_bgp.asn != near_bgp.asn, "internal": far_bgp.asn == near_bgp.asn}
        if wanted and not fits.get(wanted, wanted == far_bgp.asn):
            message = f"neighbor {name} expects AS {wanted}; {other.name} has {far_bgp.asn}"
            if wanted == "external":
                message = f"neighbor {name} is to be external, but {other.name} has the same AS {far_bgp.asn}"
            yield _frr("SF-306", session.line, message, one.name)
        # the peer of a session back: the port, or an address of the same family on the near end
        own = [ip for ip in one.ports.get(port, ()) if (":" in ip) == (":" in name)]
        peers = [peer for peer in ([far] if session.interface else own) if peer in far_bgp.neighbors]
        if one.name < other.name and peers:  # told once, of the link
            yield from _agree(one, near_bgp, session, other, far_bgp, far_bgp.neighbors[peers[0]])
        if not peers:
            message = f"neighbor {name}: {other.name} has no session back over {far}"
            yield _frr("SF-309", session.line, message, one.name)


def _agree(
    one: SwitchView, bgp: Bgp, near: Neighbor, other: SwitchView, far_bgp: Bgp, far: Neighbor
) -> Iterator[Finding]:
    """What both ends of a session must have alike."""
    group, far_group = bgp.group_of(near), far_bgp.group_of(far)
    own, theirs = bgp.secret(near), far_bgp.secret(far)
    if own != theirs:
        message = f"neighbor {near.name} has another MD5 password than {other.name} has for {far.name}"
        if not (own and theirs):
            has, who = ("a", f"{other.name} has none") if own else ("no", f"{other.name} has one")
            message = f"neighbor {near.name} has {has} MD5 password, and {who} for {far.name}"
        yield _frr("SF-312", near.password or group.password or near.line, message, one.name)
    here, there = near.bfd or group.bfd, far.bfd or far_group.bfd
    if bool(here) != bool(there):
        has, who = ("BFD", f"{other.name} has none") if here else ("no BFD", f"{other.name} has it")
        yield _frr("SF-313", here or near.line, f"neighbor {near.name} has {has}, and {who} for {far.name}", one.name)


def _frr(code: str, line: int, message: str, switch: str) -> Finding:
    return Finding(code, f"line {line}", message, switch=switch, file="frr.conf", line=line)
