"""get_bgp_config: peer-groups and neighbours out of FRR's running config, default VRF."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from napalm.base import models

from sonicfab.families import Family
from sonicfab.frr import conf

NO_GROUP = "_"
"""NAPALM's name for the neighbours that are in no group."""


@dataclass
class _Peer:
    """What the lines of a neighbour or a peer-group say; lines of other kinds are not NAPALM's subject."""

    group: str = ""
    is_group: bool = False
    description: str = ""
    remote_as: str = ""
    local_as: int = 0
    local_address: str = ""
    multihop_ttl: int = 0
    policies: dict[str, list[str]] = field(default_factory=lambda: {"in": [], "out": []})
    remove_private_as: bool = False
    next_hop_self: bool = False
    reflector_client: bool = False
    prefix_limit: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def policy(self, way: str) -> str:
        """The route-map of all families; their names in a row when they differ."""
        return " ".join(dict.fromkeys(self.policies[way]))


def bgp_config(frr: str, group: str, neighbor: str) -> dict[str, models.BGPConfigGroupDict]:
    """What get_bgp_config returns; {} without BGP."""
    local_as, multipath, peers = _read(frr)
    if not local_as:
        return {}
    groups = {NO_GROUP: _Peer(is_group=True), **{name: peer for name, peer in peers.items() if peer.is_group}}
    found: dict[str, models.BGPConfigGroupDict] = {}
    for name, one in groups.items():
        members = {
            peer: _neighbor(row, local_as)
            for peer, row in peers.items()
            if not row.is_group and (row.group or NO_GROUP) == name and neighbor in ("", peer)
        }
        if group in ("", name) and (members or not neighbor):
            found[name] = _group(one, local_as, multipath=multipath, members=members)
    return found


def _read(frr: str) -> tuple[int, bool, dict[str, _Peer]]:
    local_as, multipath = 0, True  # FRR's default: all paths that it was built for (bgp_mpath.c)
    peers: dict[str, _Peer] = {}
    for _, context, line in conf.lines(frr):
        head = context[0].split(" ") if context else []
        if head[:2] != ["router", "bgp"] or "vrf" in head or "view" in head:
            continue
        local_as = as_number(head[2])
        if line == "maximum-paths 1":
            multipath = False
        words = line.split(" ")
        if words[0] == "neighbor" and len(words) > 2:
            family = context[1].split(" ")[1] if len(context) > 1 and context[1].startswith("address-family ") else ""
            _take(peers.setdefault(words[1], _Peer()), words[2:], family)
    return local_as, multipath, peers


def _take(peer: _Peer, words: list[str], family: str) -> None:
    match words:
        case ["peer-group"]:
            peer.is_group = True
        case [*_, "peer-group", name]:
            peer.group = name
        case ["interface", *_, "remote-as", number] | ["remote-as", number]:
            peer.remote_as = number
        case ["description", *text]:
            peer.description = " ".join(text)
        case ["local-as", number, *_]:
            peer.local_as = as_number(number)
        case ["update-source", source]:
            peer.local_address = source
        case ["ebgp-multihop"]:
            peer.multihop_ttl = 255
        case ["ebgp-multihop", hops]:
            peer.multihop_ttl = int(hops)
        case ["route-map", name, ("in" | "out") as way]:
            peer.policies[way].append(name)
        case ["remove-private-AS", *_]:
            peer.remove_private_as = True
        case ["next-hop-self", *_]:
            peer.next_hop_self = True
        case ["route-reflector-client"]:
            peer.reflector_client = True
        case ["maximum-prefix", limit, *rest]:
            kernel = next((one.kernel for one in Family if one == family), family)
            peer.prefix_limit[kernel] = {"unicast": _limit(limit, rest)}


def _limit(limit: str, rest: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"limit": int(limit)}
    if "warning-only" not in rest:
        threshold = int(rest[0]) if rest and rest[0].isdigit() else 75  # bgpd.h MAXIMUM_PREFIX_THRESHOLD_DEFAULT
        minutes = int(rest[rest.index("restart") + 1]) if "restart" in rest else 0
        found["teardown"] = {"threshold": threshold, "timeout": minutes}
    return found


def _group(
    peer: _Peer, local_as: int, *, multipath: bool, members: dict[str, models.BGPConfigNeighborDict]
) -> models.BGPConfigGroupDict:
    return {
        "type": _type(peer.remote_as, peer.local_as or local_as),
        "description": peer.description,
        "apply_groups": [],
        "multihop_ttl": peer.multihop_ttl,
        "multipath": multipath,
        "local_address": peer.local_address,
        "local_as": peer.local_as or local_as,
        "remote_as": as_number(peer.remote_as),
        "import_policy": peer.policy("in"),
        "export_policy": peer.policy("out"),
        "remove_private_as": peer.remove_private_as,
        "prefix_limit": peer.prefix_limit,
        "neighbors": members,
    }


def _neighbor(peer: _Peer, local_as: int) -> models.BGPConfigNeighborDict:
    return {
        "description": peer.description,
        "import_policy": peer.policy("in"),
        "export_policy": peer.policy("out"),
        "local_address": peer.local_address,
        "authentication_key": "",  # never told
        "nhs": peer.next_hop_self,
        "route_reflector_client": peer.reflector_client,
        "local_as": peer.local_as or local_as,
        "remote_as": as_number(peer.remote_as),
        "prefix_limit": peer.prefix_limit,
    }


def _type(remote_as: str, local_as: int) -> str:
    if remote_as in ("internal", "external", ""):
        return remote_as
    return "internal" if as_number(remote_as) == local_as else "external"


def as_number(value: object) -> int:
    """An AS number, also of `bgp as-notation dot`; 0 for `external` and `internal`."""
    high, _, low = str(value).rpartition(".")
    if not low.isdigit():
        return 0
    return (int(high) << 16) + int(low) if high else int(low)
