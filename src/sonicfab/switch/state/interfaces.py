"""Interfaces, as FRR and as the kernel see them, and the kernel's neighbours on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sonicfab.families import Family
from sonicfab.switch.answers import json_object, json_objects, reading
from sonicfab.switch.ask import Question


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as FRR sees it; speed in Mb/s."""

    name: str
    admin_up: bool
    oper_up: bool
    mtu: int
    speed: int
    mac: str
    description: str


@dataclass(frozen=True, slots=True)
class Link:
    """An interface of the kernel; addresses are (family, address, prefix length), counters the kernel's own."""

    name: str
    addresses: tuple[tuple[str, str, int], ...]
    received: dict[str, int]
    sent: dict[str, int]


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A neighbour whose MAC address is known; `age` is seconds since it was last confirmed, -1.0 when it never ages."""

    interface: str
    ip: str
    mac: str
    state: str
    age: float


@reading("show interface json")
def interfaces(text: str) -> dict[str, Interface]:
    """Name -> interface, from `show interface json`.

    Raises:
        SwitchError: it is not JSON.
    """
    return interfaces_of(json_object(text, "show interface json"))


@reading("show interface json")
def interfaces_of(data: Mapping[str, Any]) -> dict[str, Interface]:
    """The interfaces of `show interface json`, read as JSON already.

    Without those that FRR's config alone names and the kernel has not: zebra/interface.c if_dump_vty_json().
    """
    found: dict[str, Interface] = {}
    for name, row in data.items():
        if row.get("pseudoInterface") is True:
            continue
        found[name] = Interface(
            name=name,
            admin_up=row.get("administrativeStatus") == "up",
            oper_up=row.get("operationalStatus") == "up",
            mtu=int(row.get("mtu", 0)),
            speed=int(row.get("speed", 0)),
            mac=str(row.get("hardwareAddress", "")),
            description=str(row.get("description") or ""),
        )
    return found


@reading("ip addr show")
def links(text: str) -> dict[str, Link]:
    """Name -> link, from `ip -j -s addr show`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, Link] = {}
    for one in json_objects(text, "ip addr show"):
        name = str(one.get("ifname", ""))
        addresses = tuple(
            (Family.of(str(address["local"])), str(address["local"]), int(address["prefixlen"]))
            for address in one.get("addr_info", [])
            if "local" in address
        )
        counters = one.get("stats64", {})
        found[name] = Link(name, addresses, dict(counters.get("rx", {})), dict(counters.get("tx", {})))
    return found


@reading("ip neigh show")
def neighbors(text: str) -> list[Neighbor]:
    """From `ip -j -s neigh show`: those with a MAC address.

    Raises:
        SwitchError: it is not JSON.
    """
    found: list[Neighbor] = []
    for one in json_objects(text, "ip neigh show"):
        state = " ".join(one.get("state", []))
        if "lladdr" not in one or state in ("FAILED", "INCOMPLETE", "NOARP"):
            continue
        age = -1.0 if "PERMANENT" in state else float(one.get("confirmed", -1))
        found.append(Neighbor(str(one.get("dev", "")), str(one.get("dst", "")), str(one["lladdr"]), state, age))
    return found


INTERFACES = Question(
    "interfaces", "sudo -n vtysh -c 'show interface json'", interfaces, "interfaces, as FRR sees them"
)
ADDRESSES = Question(
    "addresses",
    "ip -j -s addr show",
    links,
    "addresses, and counters of the kernel, which are the management interface's",
)
NEIGHBORS = Question("neighbours", "ip -j -s neigh show", neighbors, "ARP and IPv6 neighbours")
