"""Rules between switches: addresses and names that two have, and links whose ends do not agree. O(switches + links)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface

from sonicfab.configdb import ConfigDb, Row
from sonicfab.validate.bgp import Bgp
from sonicfab.validate.findings import Finding
from sonicfab.validate.interfaces import addresses

End = tuple[str, str]


@dataclass(frozen=True)
class SwitchFacts:
    """One switch as the others see it; `bgp` is None where there is no frr.conf."""

    name: str
    config: ConfigDb
    bgp: Bgp | None

    def port(self, name: str) -> Row:
        """A row of PORT; empty when it is not there."""
        return self.config.get("PORT", {}).get(name, {})


def check_links(switches: Mapping[str, SwitchFacts], links: Iterable[tuple[End, End]]) -> Iterator[Finding]:
    """What is wrong between the switches; a link is left out unless both its switches are there."""
    yield from _identities(switches.values())
    yield from _addresses(switches.values())
    owners = {name: _interfaces(one) for name, one in switches.items()}
    for a, b in links:
        if a[0] in switches and b[0] in switches:
            yield from _link(switches[a[0]], a[1], switches[b[0]], b[1])
            yield from _sessions(switches, owners, a, b)
            yield from _sessions(switches, owners, b, a)


def _identities(switches: Iterable[SwitchFacts]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for one in switches:
        row = one.config.get("DEVICE_METADATA", {}).get("localhost", {})
        router_id = one.bgp.router_id if one.bgp else ""
        for what, value, place in (
            ("hostname", str(row.get("hostname", "")), "DEVICE_METADATA|localhost hostname"),
            ("mac", str(row.get("mac", "")).lower(), "DEVICE_METADATA|localhost mac"),
            ("router id", router_id, "frr.conf"),
        ):
            owner = seen.setdefault((what, value), one.name)
            if value and owner != one.name:
                yield Finding("SF-302", place, f"the {what} {value} is that of {owner}, too", switch=one.name)


def _addresses(switches: Iterable[SwitchFacts]) -> Iterator[Finding]:
    seen: dict[tuple[str, str], str] = {}
    for one in switches:
        for table, name, address, vrf in addresses(one.config, management=True):
            if address.ip.is_link_local:
                continue
            space = "mgmt" if table == "MGMT_INTERFACE" else vrf
            owner = seen.setdefault((space, str(address.ip)), one.name)
            if owner != one.name:
                place = f"{table}|{name}|{address}"
                yield Finding("SF-301", place, f"{address.ip} is an address of {owner}, too", switch=one.name)


def _link(one: SwitchFacts, port: str, other: SwitchFacts, far: str) -> Iterator[Finding]:
    here, there = one.port(port), other.port(far)
    far_end = f"{other.name}:{far}"
    for code, field, default in (("SF-303", "mtu", "9100"), ("SF-304", "speed", ""), ("SF-305", "fec", "none")):
        own, theirs = str(here.get(field, default)), str(there.get(field, default))
        if own != theirs:
            message = f"{field} is {own or 'missing'}; at the other end, {far_end}, it is {theirs or 'missing'}"
            yield Finding(code, f"PORT|{port} {field}", message, switch=one.name)
    up, far_up = (str(row.get("admin_status", "down")) for row in (here, there))
    if up != far_up:
        message = f"admin_status is {up}; at the other end, {far_end}, it is {far_up}"
        yield Finding("SF-307", f"PORT|{port} admin_status", message, switch=one.name)
    yield from _subnets(one, port, other, far)


def _subnets(one: SwitchFacts, port: str, other: SwitchFacts, far: str) -> Iterator[Finding]:
    for version in (4, 6):
        here, there = (_on_port(*end, version) for end in ((one, port), (other, far)))
        if here and there and here.network != there.network:
            message = f"{here} is in another subnet than {there} of {other.name}:{far}"
            yield Finding("SF-308", f"INTERFACE|{port}|{here}", message, switch=one.name)


def _on_port(one: SwitchFacts, port: str, version: int) -> IPv4Interface | IPv6Interface | None:
    for key in one.config.get("INTERFACE", {}):
        name, _, text = key.partition("|")
        if name == port and text:
            for _, _, address, _ in addresses({"INTERFACE": {key: {}}}):
                if address.version == version and not address.ip.is_link_local:
                    return address
    return None


def _interfaces(one: SwitchFacts) -> Mapping[str, str]:
    """Address -> the first interface that has it."""
    found: dict[str, str] = {}
    for _, name, address, _ in addresses(one.config):
        found.setdefault(str(address.ip), name)
    return found


def _sessions(
    switches: Mapping[str, SwitchFacts], owners: Mapping[str, Mapping[str, str]], near: End, far: End
) -> Iterator[Finding]:
    """The sessions over a link as one end has them, held against the other end."""
    one, other = switches[near[0]], switches[far[0]]
    if one.bgp is None or other.bgp is None or not other.bgp.asn:
        return
    their_addresses = [address for address, port in owners[far[0]].items() if port == far[1]]
    for name in (near[1], *their_addresses):
        session = one.bgp.neighbors.get(name)
        if session is None or session.is_group:
            continue
        wanted = one.bgp.remote_as(session)
        fits = {"external": other.bgp.asn != one.bgp.asn, "internal": other.bgp.asn == one.bgp.asn}
        if wanted and not fits.get(wanted, wanted == other.bgp.asn):
            message = f"neighbor {name} expects AS {wanted}; {far[0]} has {other.bgp.asn}"
            if wanted == "external":
                message = f"neighbor {name} is to be external, but {far[0]} has the same AS {other.bgp.asn}"
            yield _frr("SF-306", session.line, message, near[0])
        # the peer of a session back: the port, or an address of the same family on the near end
        own = [ip for ip, port in owners[near[0]].items() if port == near[1] and (":" in ip) == (":" in name)]
        if not any(peer in other.bgp.neighbors for peer in ([far[1]] if session.interface else own)):
            yield _frr("SF-309", session.line, f"neighbor {name}: {far[0]} has no session back over {far[1]}", near[0])


def _frr(code: str, line: int, message: str, switch: str) -> Finding:
    return Finding(code, f"line {line}", message, switch=switch, file="frr.conf", line=line)
