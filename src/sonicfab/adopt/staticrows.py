"""Static routes that bgpcfgd makes of STATIC_ROUTE, as far as `routes` of the topology say the same.

sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_static_rt.py, 202305 to 202605: lists of one length, a member for
each next hop; the tag tells whether BGP is told. With `bfd` another daemon makes the routes, of the hops that answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from sonicfab.adopt.identify import metadata
from sonicfab.adopt.page import one_or_list
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.sessions import text_of
from sonicfab.configdb import Row

_LISTS = ("blackhole", "nexthop", "ifname", "distance", "nexthop-vrf")


def routes_of_rows(switch: Seen, networks: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Entries of `routes`; `networks` are the names of the interfaces of VLANs."""
    if text_of(metadata(switch.config), "frr_mgmt_framework_config") == "true":
        return  # bgpcfgd does not run
    for key, row in switch.config.get("STATIC_ROUTE", {}).items():
        vrf, _, prefix = key.rpartition("|")
        hops = hops_of(row)
        known = vrf in ("", "default") and hops and row.get("bfd") != "true" and _is_network(prefix)
        if known and (entry := _entry(hops, networks)):
            yield {"prefix": prefix, **entry, "tag": "2" if row.get("advertise") == "false" else "1"}


def hops_of(row: Row) -> list[dict[str, str]]:
    """Field -> value of each next hop; none where the lists are not of one length: there is no route then."""
    lists = {name: text.split(",") for name in _LISTS if (text := text_of(row, name).strip())}
    if len({len(values) for values in lists.values()}) != 1:
        return []
    return [dict(zip(lists, one, strict=True)) for one in zip(*lists.values(), strict=True)]


def _entry(hops: list[dict[str, str]], networks: Mapping[str, str]) -> dict[str, Any]:
    """What is said beside the prefix; nothing where there is no word for it."""
    distances = {one.get("distance", "").strip() or "0" for one in hops}
    words = [
        " ".join(one[name] for name in ("nexthop", "ifname") if one.get(name, "").strip("0.:")).strip() for one in hops
    ]
    black = [one.get("blackhole") == "true" for one in hops]
    if len(distances) > 1 or any(one.get("nexthop-vrf") for one in hops) or (any(black) and len(hops) > 1):
        return {}
    via = [" ".join(networks.get(word, word) for word in one.split()) for one in words]
    if not all(black) and any(not one or one.split()[-1].startswith("Vlan") for one in via):
        return {}
    distance = distances.pop()
    said: dict[str, Any] = {"blackhole": True} if black[0] else {"via": one_or_list(via)}
    return {**said, **({"distance": distance} if distance not in ("0", "1") else {})}


def _is_network(prefix: str) -> bool:
    try:
        return bool(ip_network(prefix))
    except ValueError:
        return False
