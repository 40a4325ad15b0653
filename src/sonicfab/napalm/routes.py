"""Routes: zebra's, with what bgpd knows of them."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from napalm.base import models

from sonicfab.switch.operations import Switch
from sonicfab.switch.state.bgp import paths_to
from sonicfab.switch.state.routes import routes_to

_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60}


def route_to(
    switch: Switch, prefix: IPv4Network | IPv6Network, protocol: str, *, longer: bool
) -> dict[str, list[models.RouteDict]]:
    """What get_route_to returns, of the default VRF."""
    wanted = protocol.lower()
    known = {
        str(ip_network(key)): [one for one in entries if wanted in ("", one.get("protocol"))]
        for key, entries in switch.get(routes_to(prefix, below=longer)).items()
    }
    found: dict[str, list[models.RouteDict]] = {}
    paths: dict[str, list[dict[str, Any]]] = {}
    if longer and _has_bgp(known):
        paths = switch.get(paths_to(prefix, below=True))
    for key, entries in known.items():
        if not longer and _has_bgp({key: entries}):
            paths = switch.get(paths_to(ip_network(key), below=False))
        if entries:
            found[key] = [row for one in entries for row in _rows(one, paths.get(key, []))]
    return found


def seconds(text: str) -> int:
    """FRR's uptime: `00:09:19`, `1d02h03m` or `02w3d04h`; -1 when it is none of them (frrtime_to_interval)."""
    if match := re.fullmatch(r"(\d+):(\d+):(\d+)", text):
        hours, minutes, rest = (int(part) for part in match.groups())
        return hours * 3600 + minutes * 60 + rest
    if not re.fullmatch(r"(\d+[wdhm])+", text):
        return -1
    return sum(int(count) * _SECONDS[unit] for count, unit in re.findall(r"(\d+)([wdhm])", text))


def _has_bgp(routes: dict[str, list[dict[str, Any]]]) -> bool:
    return any(one.get("protocol") == "bgp" for entries in routes.values() for one in entries)


def _rows(entry: dict[str, Any], paths: list[dict[str, Any]]) -> list[models.RouteDict]:
    """One for each next hop."""
    selected = bool(entry.get("selected"))
    found: list[models.RouteDict] = []
    for hop in entry.get("nexthops", []):
        bgp = entry.get("protocol") == "bgp"
        used = selected and bool(hop.get("fib"))
        found.append(
            {
                "protocol": str(entry.get("protocol", "")),
                "current_active": used,
                "last_active": used,  # zebra keeps no history
                "age": seconds(str(entry.get("uptime", ""))),
                "next_hop": str(hop.get("ip", "")),
                "outgoing_interface": str(hop.get("interfaceName", "")),
                "selected_next_hop": bool(hop.get("active")),
                "preference": int(entry.get("distance", 0)),
                "inactive_reason": "" if selected else "another route is selected",
                "routing_table": str(entry.get("vrfName", "default")),
                "protocol_attributes": _bgp_attributes(hop, paths) if bgp else {},
            }
        )
    return found


def _bgp_attributes(hop: dict[str, Any], paths: list[dict[str, Any]]) -> dict[str, Any]:
    """Of the path whose next hop this is, what bgpd tells; {} when it has none, as for a route that has just gone."""
    ours = [path for path in paths if any(one.get("ip") == hop.get("ip") for one in path.get("nexthops", []))]
    if not ours:
        return {}
    path = next((one for one in ours if one.get("peer", {}).get("interface") == hop.get("interfaceName")), ours[0])
    as_path = str(path["aspath"].get("string", "")) if "aspath" in path else str(path.get("path", ""))
    first = re.match(r"\d+", as_path)
    found: dict[str, Any] = {
        "as_path": as_path,
        "peer_id": str(path.get("peer", {}).get("peerId", path.get("peerId", ""))),
    }
    if first:
        found["remote_as"] = int(first[0])
    if "aspath" in path:  # the paths of several prefixes are told without their communities
        found["communities"] = list(path.get("community", {}).get("list", []))
    for word, theirs in (("local_preference", "locPrf"), ("preference2", "weight"), ("metric", "metric")):
        if theirs in path:
            found[word] = int(path[theirs])
    return found
