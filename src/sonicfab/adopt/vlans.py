"""Networks: the VLANs of the switches by number, their gateways, and how ports are in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.adopt.edges import Said
from sonicfab.adopt.links import FoundLink
from sonicfab.adopt.page import Entry, flow, one_or_list, scalar
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint

_VLAN = re.compile(r"Vlan([1-9][0-9]{0,3})")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,61}[A-Za-z0-9]")


@dataclass
class Vlans:
    """The networks, and what is in them.

    Attributes:
        names: VLAN number -> name of its network.
        uses: port or port channel -> how it is in networks.
    """

    names: dict[int, str] = field(default_factory=dict)
    uses: dict[Endpoint, Said] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


def vlans_of(switches: Sequence[Seen]) -> Vlans:
    """Those that a port is in: a VLAN without one is nothing that the topology could say."""
    found = Vlans()
    rows: dict[int, dict[str, Mapping[str, object]]] = {}
    for switch in switches:
        for name, row in switch.config.get("VLAN", {}).items():
            if (number := _number(name)) and any(vlan == number for vlan, _, _ in _members(switch)):
                rows.setdefault(number, {})[switch.name] = row
    for number in sorted(rows):
        found.names[number] = _name(number, rows[number], found.names)
    for switch in switches:
        found.uses |= dict(_uses(switch, found.names))
    by_name = {one.name: one for one in switches}
    found.entries = [_entry(number, found.names[number], rows[number], by_name) for number in rows]
    return found


def of_link(link: FoundLink, uses: Mapping[Endpoint, Said]) -> Said:
    """How both ends of a link are in networks; empty where they are not alike."""
    one, other = (uses.get(end, ()) for end in link.ends)
    return one if one == other else ()


def _entry(number: int, name: str, rows: Mapping[str, Mapping[str, object]], switches: Mapping[str, Seen]) -> Entry:
    said: dict[str, object] = {"vlan": number}
    addresses = {
        switch: {f"ipv{one.version}": str(one) for one in switches[switch].addresses.get(f"Vlan{number}", ())}
        for switch in rows
    }
    addresses = {switch: some for switch, some in addresses.items() if some}
    if len(rows) == 1 and addresses:
        said["gateway"] = next(iter(addresses.values()))
    elif addresses:
        said["addresses"] = addresses
    subnets = {str(one.network) for name in rows for one in switches[name].addresses.get(f"Vlan{number}", ())}
    if any(prefix in subnets for name in rows for _, prefix in switches[name].bgp.networks):
        said["announce"] = True
    six = {one: switches[one].config.get("DHCP_RELAY", {}).get(f"Vlan{number}", {}) for one in rows}
    relays = {tuple(dict.fromkeys([*_relays(rows[one]), *_relays(six[one])])) for one in addresses or rows}
    if len(relays) == 1 and (servers := relays.pop()):
        said["dhcp_relay"] = one_or_list(servers)
    interfaces = (switches[one].config.get("VLAN_INTERFACE", {}).get(f"Vlan{number}", {}) for one in addresses)
    proxies = {text_of(row, "proxy_arp") for row in interfaces}
    if addresses and len(proxies) == 1 and (word := proxies.pop()):
        said["proxy_arp"] = word == "enabled"
        if len(addresses) < len(rows):
            said["switches"] = one_or_list(list(addresses))  # else it were set on those that have no address, too
    descriptions = {text_of(row, "description") for row in rows.values()}
    if len(descriptions) == 1 and (text := descriptions.pop()):
        said["description"] = text
    return Entry([f"  {scalar(name)}: {flow(said)}"], f"network {name}", f"on {', '.join(rows)}")


def _relays(row: Mapping[str, object]) -> Iterator[str]:
    for name in ("dhcp_servers", "dhcpv6_servers"):
        value = row.get(name, [])
        yield from (value if isinstance(value, list) else [str(value)])


def _uses(switch: Seen, names: Mapping[int, str]) -> Iterator[tuple[Endpoint, Said]]:
    by_port: dict[str, tuple[list[int], list[int]]] = {}
    for vlan, port, plain in _members(switch):
        if vlan in names:
            by_port.setdefault(port, ([], []))[0 if plain else 1].append(vlan)
    for port in sorted(by_port, key=natural_key):
        untagged, tagged = by_port[port]
        networks = [names[one] for one in sorted(tagged)]
        if len(untagged) > 1:
            continue  # in two networks untagged: no use that there is a word for
        if untagged and not networks:
            yield Endpoint(switch.name, port), (("use", "access"), ("network", names[untagged[0]]))
            continue
        native = (("native", names[untagged[0]]),) if untagged else ()
        yield Endpoint(switch.name, port), (("use", "trunk"), ("networks", tuple(networks)), *native)


def _members(switch: Seen) -> Iterator[tuple[int, str, bool]]:
    """(VLAN, port, untagged) of each member of a VLAN that is there."""
    vlans = switch.config.get("VLAN", {})
    for key, row in switch.config.get("VLAN_MEMBER", {}).items():
        name, _, port = key.partition("|")
        if name in vlans and port and (number := _number(name)):
            yield number, port, text_of(row, "tagging_mode") == "untagged"


def _number(name: str) -> int:
    match = _VLAN.fullmatch(name)
    return int(match[1]) if match else 0


def _name(number: int, rows: Mapping[str, Mapping[str, object]], taken: Mapping[int, str]) -> str:
    """What its description says, where all switches say it and it is a word; else its number."""
    said = {text_of(row, "description") for row in rows.values()}
    word = said.pop() if len(said) == 1 else ""
    return word if _WORD.fullmatch(word) and word not in taken.values() else f"vlan{number}"
