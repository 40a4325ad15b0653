"""Routes: those that zebra has selected, and what zebra says of all in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

from sonicfab.families import Family
from sonicfab.switch.answers import exactly, json_documents, json_object, reading
from sonicfab.switch.ask import Question
from sonicfab.switch.state.interfaces import Interface, interfaces_of


@dataclass(frozen=True, slots=True)
class Route:
    """A BGP route that zebra has selected.

    Attributes:
        installed: packets are forwarded by it, as far as zebra knows.
        ports: the interfaces of its next hops: those in the forwarding table, of a route that is not, the active ones.
        lacks: why it is not installed; "" when it is.
        offloaded: what the ASIC has said of it; None where nobody has said anything.
        link_local: those of the ports whose next hop is a link-local address.
    """

    prefix: str
    installed: bool
    ports: tuple[str, ...]
    link_local: tuple[str, ...] = ()
    lacks: str = ""
    offloaded: bool | None = None


@dataclass(frozen=True, slots=True)
class ZebraState:
    """What zebra says: the interfaces, their addresses, and the BGP routes that it has selected."""

    interfaces: Mapping[str, Interface]
    addresses: Mapping[str, tuple[str, ...]]
    routes: Mapping[str, Route]


@reading("show ip route bgp json")
def bgp_routes(text: str) -> dict[str, Route]:
    """Prefix -> route, from `show ip route bgp json` and `show ipv6 route bgp json`, one after the other.

    Raises:
        SwitchError: it is not JSON.
    """
    routes: dict[str, Route] = {}
    for document in json_documents(text, "show ip route bgp json"):
        routes |= _selected(document)
    return routes


def _selected(table: Mapping[str, Any]) -> dict[str, Route]:
    """The selected routes of `show ip route bgp json`, read as JSON already."""
    routes: dict[str, Route] = {}
    for prefix, entries in table.items():
        for entry in entries if isinstance(entries, list) else ():
            if entry.get("selected"):
                routes[_written(prefix)] = _route(prefix, entry)
    return routes


@lru_cache(maxsize=16384)  # the switches of a fabric have most of their routes in common
def _written(prefix: str) -> str:
    """A prefix in the one way in which prefixes are compared here.

    Raises:
        ValueError: it is none.
    """
    return str(ip_network(prefix))


def _route(prefix: str, entry: Mapping[str, Any]) -> Route:
    """Installed is what FRR's own `show ip route` marks with `*`, and not with q, r or o.

    zebra/zebra_vty.c vty_show_ip_route() and re_status_output_char(): "installed" is what the kernel took, "queued"
    stays until the last of what zebra waits for has answered, with `--asic-offload` the ASIC (zebra_rib.c
    rib_process_result()), which may refuse: "offloaded": false.
    """
    hops = [hop for hop in entry.get("nexthops", []) if hop.get("active")]
    forwarding = [hop for hop in hops if hop.get("fib")] or hops
    ports = {hop["interfaceName"] for hop in forwarding if hop.get("interfaceName")}
    local = {hop.get("interfaceName") for hop in forwarding if str(hop.get("ip", "")).lower().startswith("fe80:")}
    offloaded = entry.get("offloaded")
    lacks = (
        "not installed"
        if not entry.get("installed")
        else "failed to install"
        if entry.get("failed")
        else "refused by the ASIC"
        if offloaded is False
        else "queued"
        if entry.get("queued")
        else ""
    )
    return Route(prefix, not lacks, tuple(sorted(ports)), tuple(sorted(local & ports)), lacks, offloaded)


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A static route as zebra has it.

    Attributes:
        selected: no route of another protocol goes before it.
        installed: packets are forwarded by it, as far as zebra knows.
        hops: (address, interface) of its active next hops; ("", "") drops what comes.
    """

    prefix: str
    selected: bool
    installed: bool
    hops: frozenset[tuple[str, str]]

    def leads_to(self, address: IPv4Address | IPv6Address | None, interface: str) -> bool:
        """Whether one of its next hops is that one, over that interface if there is one; without both, a blackhole."""
        if address is None and not interface:
            return ("", "") in self.hops
        return any(
            (address is None or one == str(address)) and (not interface or over == interface) for one, over in self.hops
        )


@reading("show ip route static json")
def static_routes(text: str) -> dict[str, StaticRoute]:
    """Prefix -> static route, from `show ip route static json` and the same of IPv6, one after the other.

    Raises:
        SwitchError: it is none of that.
    """
    found: dict[str, StaticRoute] = {}
    for table in exactly(2, text):
        for prefix, entries in table.items():
            for entry in entries if isinstance(entries, list) else ():
                hops = frozenset(
                    ("", "") if hop.get("blackhole") else (str(hop.get("ip", "")), str(hop.get("interfaceName", "")))
                    for hop in entry.get("nexthops", [])
                    if hop.get("active")
                )
                selected = bool(entry.get("selected"))
                route = StaticRoute(_written(prefix), selected, not _route(prefix, entry).lacks, hops)
                if selected or route.prefix not in found:
                    found[route.prefix] = route
    return found


@reading("what zebra says")
def zebra(text: str) -> ZebraState:
    """Interfaces, and the BGP routes of both families, one after the other.

    Raises:
        SwitchError: it is none of that.
    """
    own, *tables = exactly(3, text)
    routes: dict[str, Route] = {}
    for table in tables:
        routes |= _selected(table)
    addresses = {
        name: tuple(str(one.get("address", "")) for one in row.get("ipAddresses", []))
        for name, row in own.items()
        if isinstance(row, dict)
    }
    return ZebraState(interfaces_of(own), addresses, routes)


@reading("show ip route json")
def routes(text: str) -> dict[str, list[dict[str, Any]]]:
    """Prefix -> routes of zebra, of all protocols, as FRR names their fields.

    Raises:
        SwitchError: it is not JSON.
    """
    return dict(json_object(text, "show ip route json"))


ZEBRA_STATE = Question(
    "zebra",
    "sudo -n vtysh -d zebra -c 'show interface json' -c 'show ip route bgp json' -c 'show ipv6 route bgp json'",
    zebra,
    "ports and BGP routes",
)
BGP_ROUTES = Question(
    "BGP routes",
    "sudo -n vtysh -c 'show ip route bgp json' -c 'show ipv6 route bgp json'",
    bgp_routes,
    "BGP routes",
)
STATIC_ROUTES = Question(
    "static routes",
    "sudo -n vtysh -d zebra -c 'show ip route static json' -c 'show ipv6 route static json'",
    static_routes,
    "static routes",
)
ROUTE = Question("routes", "sudo -n vtysh -c 'show {family} route {prefix} json'", routes, "the routes to a prefix")
ROUTES_BELOW = Question(
    "routes",
    "sudo -n vtysh -c 'show {family} route {prefix} longer-prefixes json'",
    routes,
    "the routes to all within a prefix",
)


def routes_to(prefix: IPv4Network | IPv6Network, *, below: bool) -> Question[dict[str, list[dict[str, Any]]]]:
    """The best match of a prefix, or with `below` all within it."""
    address = prefix.network_address if prefix.prefixlen == prefix.max_prefixlen and not below else prefix
    return (ROUTES_BELOW if below else ROUTE).of(family=Family.of(prefix).command, prefix=address)
