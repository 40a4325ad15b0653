"""bgpcfgd's static routes: what it makes of the rows of STATIC_ROUTE in FRR, and redistributes into BGP.

Follows sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_static_rt.py, which is the same in what it makes in all
branches from 202111 to 202605, save for routes with `bfd`, which 202305 and newer leave to another program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any

from sonicfab.lab.sonic import db, paths

Routes = dict[str, dict[str, list[str]]]
"""VRF -> prefix -> the tag, then the next hops as FRR's command has them."""

_LISTS = ("blackhole", "nexthop", "ifname", "distance", "nexthop-vrf")
_FILTER = "STATIC_ROUTE_FILTER"
_MEMORY = paths.STATE / "bgpcfgd.routes"
"""What bgpcfgd has in its memory: what it has made since it was started."""


def forget() -> None:
    """A new bgpcfgd knows of nothing that the one before has made."""
    _MEMORY.unlink(missing_ok=True)


def changes(config: db.Config) -> list[str]:
    """FRR's commands for what the rows say by now; from here on they count as given."""
    before: Routes = json.loads(_MEMORY.read_text(encoding="utf-8")) if _MEMORY.exists() else {}
    now = routes_of(config)
    _MEMORY.write_text(json.dumps(now), encoding="utf-8")
    return commands(before, now, config.get("DEVICE_METADATA", {}).get("localhost", {}).get("bgp_asn", ""))


def routes_of(config: db.Config) -> Routes:
    """What the rows ask for; a row that bgpcfgd would only complain about in its log is none."""
    found: Routes = {}
    for key, row in sorted(config.get("STATIC_ROUTE", {}).items()):
        vrf, bar, prefix = key.partition("|")
        vrf, prefix = (vrf, prefix) if bar else ("default", key)
        try:
            version = ip_network(prefix, strict=False).version
            hops = _next_hops(row, version)
        except ValueError:
            continue
        if str(row.get("bfd", "")).lower().split(",")[0] != "true":
            tag = "2" if row.get("advertise") == "false" else "1"
            found.setdefault(vrf, {})[prefix] = [tag, *sorted(set(hops))]
    return found


def commands(before: Routes, now: Routes, asn: str) -> list[str]:
    """How FRR gets from one to the other; redistribution comes with the first route of a VRF and goes with the last."""
    lines: list[str] = []
    for vrf in sorted(before.keys() | now.keys()):
        old, new = before.get(vrf, {}), now.get(vrf, {})
        for prefix in sorted(old.keys() | new.keys()):
            had, has = _lines(vrf, prefix, old.get(prefix)), _lines(vrf, prefix, new.get(prefix))
            lines += [f"no {line}" for line in had if line not in has]
            lines += [line for line in has if line not in had]
        if asn.isdigit() and bool(old) != bool(new):
            lines += _redistribution(vrf, asn, enabled=bool(new))
    return lines


def _lines(vrf: str, prefix: str, route: list[str] | None) -> list[str]:
    if route is None:
        return []
    tag, *hops = route
    family = "ipv6" if ":" in prefix else "ip"
    where = "" if vrf == "default" else f" vrf {vrf}"
    return [f"{family} route {prefix}{hop}{where} tag {tag}" for hop in hops]


def _redistribution(vrf: str, asn: str, *, enabled: bool) -> list[str]:
    no = "" if enabled else "no "
    lines = [f"router bgp {asn}" if vrf == "default" else f"router bgp {asn} vrf {vrf}"]
    for family in ("ipv4", "ipv6"):
        lines += [f"address-family {family}", f"{no}redistribute static route-map {_FILTER}", "exit-address-family"]
    lines.append("exit")
    if not enabled:
        return [*lines, f"no route-map {_FILTER}"]
    return [f"route-map {_FILTER} permit 10", "match tag 1", "exit", *lines]


def _next_hops(row: Mapping[str, Any], version: int) -> list[str]:
    """The next hops of a row, each as in the command.

    Raises:
        ValueError: the row's lists are not equally long.
    """
    lists = {name: str(row[name]).split(",") for name in _LISTS if str(row.get(name, "")).strip()}
    if not lists.keys() & {"blackhole", "nexthop", "ifname"}:
        return []
    if len({len(one) for one in lists.values()}) != 1:
        raise ValueError("the lists of next hops have different sizes")
    found: list[str] = []
    for values in zip(*lists.values(), strict=True):
        try:
            found.append(_next_hop(dict(zip(lists, values, strict=True)), version))
        except ValueError:  # IpNextHopSet leaves out one that is none
            continue
    return found


def _next_hop(given: dict[str, str], version: int) -> str:
    zero = "0.0.0.0" if version == 4 else "::"  # noqa: S104 - an address that stands for none
    black = given.get("blackhole") == "true"
    address = zero if black else given.get("nexthop") or zero
    port = "" if black else given.get("ifname", "")
    vrf = "" if black else given.get("nexthop-vrf", "")
    distance = int(given.get("distance", "0"))
    if not address.startswith("PortChannel"):
        if ip_address(address).version != version:
            raise ValueError(f"{address} is of the other family")
        if not black and not port.strip() and address == zero:
            raise ValueError("a next hop needs an address or a port")
    words = ["blackhole"] if black else []
    words += [word for word in (address if address != zero else "", port, str(distance or "")) if word]
    words += ["nexthop-vrf", vrf] if vrf else []
    return "".join(f" {word}" for word in words)
