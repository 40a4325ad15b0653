"""get_bgp_config: peer-groups and neighbours out of FRR's running config, default VRF."""

from __future__ import annotations

from typing import Any

from napalm.base import models

from sonicfab.families import Family
from sonicfab.frr.bgp import Neighbor, read_frr

NO_GROUP = "_"
"""NAPALM's name for the neighbours that are in no group."""


def bgp_config(frr: str, group: str, neighbor: str) -> dict[str, models.BGPConfigGroupDict]:
    """What get_bgp_config returns; {} without BGP."""
    bgp = read_frr(frr).bgp
    local_as, peers = as_number(bgp.asn), bgp.neighbors
    if not local_as:
        return {}
    groups = {NO_GROUP: Neighbor(NO_GROUP), **{name: one for name, one in peers.items() if one.is_group}}
    found: dict[str, models.BGPConfigGroupDict] = {}
    for name, one in groups.items():
        members = {
            peer: _neighbor(row, local_as)
            for peer, row in peers.items()
            if not row.is_group and (row.group or NO_GROUP) == name and neighbor in ("", peer)
        }
        if group in ("", name) and (members or not neighbor):
            found[name] = _group(one, local_as, multipath=bgp.multipath, members=members)
    return found


def _group(
    peer: Neighbor, local_as: int, *, multipath: bool, members: dict[str, models.BGPConfigNeighborDict]
) -> models.BGPConfigGroupDict:
    return {
        "type": _type(peer.remote_as, as_number(peer.local_as) or local_as),
        "description": peer.description,
        "apply_groups": [],
        "multihop_ttl": peer.hops,
        "multipath": multipath,
        "local_address": peer.update_source,
        "local_as": as_number(peer.local_as) or local_as,
        "remote_as": as_number(peer.remote_as),
        "import_policy": _policy(peer, "in"),
        "export_policy": _policy(peer, "out"),
        "remove_private_as": peer.remove_private_as,
        "prefix_limit": _limits(peer),
        "neighbors": members,
    }


def _neighbor(peer: Neighbor, local_as: int) -> models.BGPConfigNeighborDict:
    return {
        "description": peer.description,
        "import_policy": _policy(peer, "in"),
        "export_policy": _policy(peer, "out"),
        "local_address": peer.update_source,
        "authentication_key": "",  # never told
        "nhs": peer.next_hop_self,
        "route_reflector_client": peer.reflector_client,
        "local_as": as_number(peer.local_as) or local_as,
        "remote_as": as_number(peer.remote_as),
        "prefix_limit": _limits(peer),
    }


def _policy(peer: Neighbor, way: str) -> str:
    """The route-map of all families; their names in a row when they differ."""
    uses = (use for (_, one), uses in peer.filters.items() if one == way for use in uses if use.kind == "route-map")
    return " ".join(dict.fromkeys(use.name for use in uses))


def _limits(peer: Neighbor) -> dict[str, dict[str, dict[str, Any]]]:
    """By NAPALM's word for the family."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for family, one in peer.limits.items():
        teardown = {"teardown": {"threshold": one.threshold, "timeout": one.restart}}
        limit = {"limit": one.prefixes, **({} if one.warning_only else teardown)}
        found[next((known.kernel for known in Family if known == family), family)] = {"unicast": limit}
    return found


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
