"""What switches have to do with the outside: neighbours of others with their policies, static routes, aggregates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sonicfab.adopt.edges import picked
from sonicfab.adopt.links import Links
from sonicfab.adopt.page import Entry, Part, flow, one_or_list, scalar
from sonicfab.adopt.policies import USUAL, options_of
from sonicfab.adopt.routemaps import RouteMaps, Words
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import SeenSession
from sonicfab.adopt.staticrows import routes_of_rows
from sonicfab.endpoint import Endpoint
from sonicfab.frr import conf
from sonicfab.roles import Role

_NO_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_TIMES = ("keepalive", "hold", "connect_retry")
_TAKEN_OVER = ("static", "connected", "kernel")
_BGP = "router bgp "


@dataclass
class _Found:
    """What becomes of it in the topology."""

    outside: list[dict[str, Any]] = field(default_factory=list)
    policies: dict[str, Words] = field(default_factory=dict)
    on_switches: dict[str, dict[str, tuple[dict[str, Any], list[str]]]] = field(default_factory=dict)


def outside_parts(
    switches: Sequence[Seen],
    roles: Mapping[str, Role],
    links: Links,
    hosts: Collection[Endpoint],
    bgp: Mapping[str, object],
    networks: Mapping[int, str],
) -> list[Part]:
    """The keys `outside`, `policies`, `aggregates`, `routes` and `redistribute`; `bgp` is what the fabric's says.

    `networks` are the names of those that the topology has, by their VLANs.
    """
    found = _Found()
    names_of = {f"Vlan{number}": name for number, name in networks.items()}
    asns = {str(one.asn) for one in switches}
    taken = {*links.taken, *links.open_to, *(far for some in links.open_to.values() for far in some), *hosts}
    for switch in (one for one in switches if one.asn):
        policies = _Policies(RouteMaps(switch.frr, switch.asn), found.policies)
        for sessions in _others(switch, taken, asns):
            if entry := _neighbor(switch, sessions, policies, bgp, names_of):
                names = [one["name"] for one in found.outside]
                number = next(n for n in range(1, len(names) + 2) if _numbered(entry["name"], n) not in names)
                found.outside.append({**entry, "name": _numbered(entry["name"], number)})
        for key, one in (*_told(switch, policies), *_routes(switch, names_of)):
            found.on_switches.setdefault(key, {}).setdefault(flow(one), (one, []))[1].append(switch.name)
    named = [
        Entry([f"  {scalar(name)}:", *(f"    - {flow(one)}" for one in words)], f"policy {name}", "a route-map")
        for name, words in found.policies.items()
    ]
    parts = [
        Part("outside:", [Entry([f"  - {flow(one)}"], f"outside {one['name']}", _WHY) for one in found.outside]),
        Part("policies:", named),
    ]
    for key, some in found.on_switches.items():
        lines = [{**picked(names, roles), **one} for one, names in some.values()]
        parts.append(Part(f"{key}:", [Entry([f"  - {flow(one)}"], key, "as FRR has it") for one in lines]))
    return parts


_WHY = "a neighbour whose ASN none of these switches has"


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


@dataclass(frozen=True)
class _Policies:
    """The policies of one switch; what has the name of another one's must say the same."""

    maps: RouteMaps
    known: dict[str, Words]

    def named(self, name: str) -> bool:
        """Whether a route-map is a policy now."""
        words = self.maps.words(name)
        if words is None or self.known.get(name, words) != words:
            return False
        self.known[name] = words
        return True

    def exchanged(self, names: Collection[str], own: str) -> str | list[str] | None:
        """What `accept` or `announce` says; "" for nothing, None where no word does. `own`: the plan's, of prefixes."""
        if len(names) != 1:
            return None
        (name,) = names
        if name in ("", "any"):
            return name
        words = self.maps.words(name)
        if name == own and words and len(words) == 1 and words[0].keys() == {"permit"}:
            inline: str | list[str] = words[0]["permit"]
            return inline
        return name if self.named(name) else None


def _others(switch: Seen, taken: Collection[Endpoint], asns: Collection[str]) -> Iterator[list[SeenSession]]:
    """The sessions with each neighbour of others, both families together."""
    found: dict[tuple[str, str, str], list[SeenSession]] = {}
    for one in switch.sessions:
        strange = one.remote_as.isdigit() and one.remote_as not in asns
        if strange and Endpoint(switch.name, one.interface) not in taken:
            found.setdefault((one.interface, one.remote_as, _name(one)), []).append(one)
    yield from found.values()


def _name(one: SeenSession) -> str:
    base = one.group.removesuffix("-V4").removesuffix("-V6") or one.description or f"AS{one.remote_as}"
    return _NO_NAME.sub("-", base).strip("-")[:40]


def _neighbor(
    switch: Seen,
    sessions: Sequence[SeenSession],
    policies: _Policies,
    bgp: Mapping[str, object],
    networks: Mapping[str, str],
) -> dict[str, Any] | None:
    """The entry of `outside`; None where something of it has no word."""
    first = sessions[0]
    where = _where(switch, sessions, networks)
    name = _name(first)
    if not where:
        return None
    said: dict[str, Any] = {"name": name, "switch": switch.name, **where, "asn": first.remote_as}
    for key, direction, own in (("accept", "in", f"FROM-{name}"), ("announce", "out", f"TO-{name}")):
        what = policies.exchanged(_filters(switch, sessions, direction), own)
        if what is None:
            return None
        if what:
            said[key] = what
    groups = {one.group or one.peer for one in sessions}
    lines = {line for _, _, line in conf.lines(switch.frr) if line.split()[-1:] == ["default-originate"]}
    if any(f"neighbor {group} default-originate" in lines for group in groups):
        said["originate_default"] = True
    usual = {**USUAL, **{key: value for key, value in bgp.items() if key in _TIMES}}
    options = options_of(switch, first.group or first.peer) or {}
    if odd := {key: value for key, value in options.items() if value != usual.get(key)}:
        said["bgp"] = odd
    return said


def _where(switch: Seen, sessions: Sequence[SeenSession], networks: Mapping[str, str]) -> dict[str, Any]:
    """The interface and addresses, or how far away; nothing where that is not to be said.

    In a network the neighbour is named by its address alone: the network has the switch's own.
    """
    interface = sessions[0].interface
    if not interface:
        hops = switch.bgp.group_of(switch.bgp.neighbors[sessions[0].peer]).hops
        hops = switch.bgp.neighbors[sessions[0].peer].hops or hops
        return {"peer": one_or_list(one.peer for one in sessions), "multihop": hops} if hops > 1 else {}
    if interface in networks and not sessions[0].unnumbered:
        return {"interface": networks[interface], "peer": one_or_list(one.peer for one in sessions)}
    if interface not in switch.config.get("PORT", {}) and not switch.bundles.get(interface):
        return {}
    if sessions[0].unnumbered:
        return {"interface": interface}
    addresses = [one for one in switch.addresses.get(interface, ()) if not one.ip.is_link_local]
    return {
        "interface": interface,
        "address": one_or_list(map(str, addresses)),
        "peer": one_or_list(one.peer for one in sessions),
    }


def _filters(switch: Seen, sessions: Sequence[SeenSession], direction: str) -> set[str]:
    """The names of the route-maps of all sessions and families; "" for nothing at all, `any` for everything."""
    found = set[str]()
    for one in sessions:
        neighbor = switch.bgp.neighbors[one.peer]
        for family in switch.bgp.families(neighbor) & {"ipv4", "ipv6"}:
            uses = switch.bgp.filters(neighbor, family, direction)
            if len(uses) > 1 or any(use.kind != "route-map" for use in uses):
                return set()
            found |= {use.name for use in uses} or {"" if switch.bgp.needs_policy else "any"}
    return found or {""}


def _told(switch: Seen, policies: _Policies) -> Iterator[tuple[str, dict[str, Any]]]:
    """(key, entry) of aggregates and of what BGP takes over."""
    taken: dict[tuple[str, str], set[str]] = {}
    families = set[str]()
    for _, context, line in conf.lines(switch.frr):
        if len(context) != 2 or not re.fullmatch(rf"{_BGP}\d+", context[0]):
            continue
        families.add(context[1])
        match line.split():
            case ["aggregate-address", prefix]:
                yield "aggregates", {"prefix": prefix}
            case ["aggregate-address", prefix, "route-map", name] if policies.named(name):
                yield "aggregates", {"prefix": prefix, "policy": name}
            case ["redistribute", protocol, "route-map", name] if protocol in _TAKEN_OVER:
                taken.setdefault((protocol, name), set()).add(context[1])
    for (protocol, name), some in taken.items():
        if some == {one for one in families if one.endswith(" unicast")} and policies.named(name):
            yield "redistribute", {"protocol": protocol, "policy": name}


def _routes(switch: Seen, networks: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Static routes of FRR's own, and those of rows."""
    yield from (("routes", one) for one in routes_of_rows(switch, networks))
    rows = {key.rpartition("|")[2] for key in switch.config.get("STATIC_ROUTE", {})}
    told = {prefix for _, prefix in switch.bgp.networks}
    hops: dict[tuple[str, str, str, bool], list[str]] = {}
    for _, context, line in conf.lines(switch.frr):
        words = line.split()
        if context or words[1:2] != ["route"] or words[0] not in ("ip", "ipv6") or len(words) < 4 or words[2] in rows:
            continue
        match = _ROUTE.fullmatch(" ".join(words[3:]))
        hop = [networks.get(word, word) for word in match["hop"].split()] if match else []
        if match and not hop[-1].startswith("Vlan"):
            key = (words[2], match["tag"] or "", match["distance"] or "", bool(match["bfd"]))
            hops.setdefault(key, []).append(" ".join(hop))
    for (prefix, tag, distance, bfd), via in hops.items():
        blackhole = via in (["blackhole"], ["Null0"])
        entry: dict[str, Any] = {"prefix": prefix, **({"blackhole": True} if blackhole else {"via": one_or_list(via)})}
        entry |= {key: value for key, value in (("tag", tag), ("distance", distance)) if value}
        entry |= {key: True for key, said in (("bfd", bfd), ("announce", prefix in told)) if said}
        yield "routes", entry


_ROUTE = re.compile(
    r"(?P<hop>[0-9a-fA-F.:]+(?: (?:Ethernet|PortChannel|Vlan)\S+)?|(?:Ethernet|PortChannel|Vlan)\S+|blackhole|Null0)"
    r"(?: tag (?P<tag>\d+))?(?: (?P<distance>\d+))?(?P<bfd> bfd)?"
)
