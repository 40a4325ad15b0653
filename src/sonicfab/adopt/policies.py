"""What FRR's text says of the fabric's own shape: prefix lists, timers, paths."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from sonicfab.adopt.seen import Seen
from sonicfab.frr import conf

IpNetwork = IPv4Network | IPv6Network
_ENTRY = re.compile(r"(ip|ipv6) prefix-list (\S+)(?: seq \d+)? (permit|deny) (\S+)(?: ge (\d+))?(?: le (\d+))?")

_DEFAULTS = re.compile(r"^frr defaults (\S+)", re.MULTILINE)
USUAL: Mapping[str, object] = {"keepalive": 3, "hold": 9, "connect_retry": 10, "bfd": False}
"""Options of sessions of which the topology says nothing."""
TRADITIONAL, DATACENTER = "traditional", "datacenter"


def listed(frr: str, name: str, version: int) -> Iterator[IpNetwork]:
    """The networks out of which a prefix list permits single addresses.

    As frrcfgd makes it, its name tells the family, and what is shorter may be denied before all is permitted.
    """
    shorter = set[tuple[str, str]]()
    for _, context, line in conf.lines(frr):
        match = None if context else _ENTRY.fullmatch(line)
        if match is None or match[2] not in (name, f"{name}-V6"):
            continue
        try:
            network = ip_network(match[4])
        except ValueError:
            continue
        longest = network.max_prefixlen
        if match[3] == "deny":
            shorter.add((match[4], match[6] or ""))
            continue
        single = match[5] == str(longest) or (match[6] == str(longest) and (match[4], str(longest - 1)) in shorter)
        if network.version == version and (network.prefixlen == longest or single):
            yield network


def common(values: Iterable[object]) -> object | None:
    """What most say; None where nobody says anything."""
    counted = Counter(one for one in values if one is not None)
    return counted.most_common(1)[0][0] if counted else None


def timers(switches: Sequence[Seen], groups: Iterable[tuple[str, str]]) -> dict[str, object]:
    """Keys of `bgp:` as the peer-groups of links (switch, group) have them."""
    by_name = {one.name: one for one in switches}
    pairs, retries, bfd = [], [], []
    for switch, group in groups:
        frr = by_name[switch].frr
        lines = _lines_of(frr)
        pairs.append(_timers(frr, group))
        retries.append(_numbers(lines, rf"neighbor {re.escape(group)} timers connect (\d+)"))
        bfd.append(any(line.split()[:3] == ["neighbor", group, "bfd"] for line in lines))
    found: dict[str, object] = {}
    pair, retry = common(pairs), common(retries)
    if isinstance(pair, tuple) and pair != (3, 9):
        found |= {"keepalive": pair[0], "hold": pair[1]}
    if isinstance(retry, tuple) and retry != (10,):
        found["connect_retry"] = retry[0]
    if (defaults := most_defaults(switches)) != TRADITIONAL:
        found["defaults"] = defaults
    if common(bfd):
        found["bfd"] = True
    paths = common(_numbers(_lines_of(one.frr), r"maximum-paths (\d+)") for one in switches if one.asn)
    if isinstance(paths, tuple) and paths != (64,):
        found["maximum_paths"] = paths[0]
    return found


def _timers(frr: str, group: str) -> tuple[int, ...]:
    """Keepalive and hold time of a group's sessions.

    Where nothing is said they are the profile's: FRR's bgpd/bgp_vty.c, BGP_KEEPALIVE and BGP_HOLDTIME.
    """
    lines = _lines_of(frr)
    own = _numbers(lines, rf"neighbor {re.escape(group)} timers (\d+) (\d+)")
    all_of_bgp = _numbers(lines, r"timers bgp (\d+) (\d+)")
    return own or all_of_bgp or ((3, 9) if defaults_of(frr) == DATACENTER else (60, 180))


def defaults_of(frr: str) -> str:
    """FRR's profile: what the lines mean that are not there."""
    match = _DEFAULTS.search(frr)
    return match[1] if match else TRADITIONAL


def most_defaults(switches: Sequence[Seen]) -> str:
    """The profile that most switches with BGP in frr.conf have."""
    most = common(defaults_of(one.frr) for one in switches if one.bgp_from == "frr")
    return most if most == DATACENTER else TRADITIONAL


def _lines_of(frr: str) -> list[str]:
    return [line for _, context, line in conf.lines(frr) if context and context[0].startswith("router bgp ")]


def _numbers(lines: Iterable[str], pattern: str) -> tuple[int, ...] | None:
    found = (re.fullmatch(pattern, line) for line in lines)
    return next((tuple(map(int, match.groups())) for match in found if match), None)


def group_options(
    switches: Sequence[Seen], words: Iterable[str], name_of: Callable[[str, str], str], fabric: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Word of `bgp.groups` -> options in which all such groups agree, as far as they are not the `fabric`'s.

    `name_of` tells what a switch calls the group of a word.
    """
    usual = {**USUAL, **fabric}
    found: dict[str, dict[str, object]] = {}
    for word in words:
        told = [options for one in switches if (options := options_of(one, name_of(one.name, word))) is not None]
        same = (
            {key: value for key, value in told[0].items() if all(one.get(key) == value for one in told)} if told else {}
        )
        odd = {key: value for key, value in same.items() if value != usual.get(key)}
        if odd:
            found[word] = odd
    return found


def options_of(switch: Seen, group: str) -> dict[str, object] | None:
    """What a peer-group says of its sessions; None where the switch has none of that name."""
    names = [name for name in (group, f"{group}-V4", f"{group}-V6") if name in switch.bgp.neighbors]
    lines = [line for line in _lines_of(switch.frr) if line.split()[:2] == ["neighbor", *names[:1]]]
    if not names or not lines:
        return None
    said = re.escape(f"neighbor {names[0]} ")
    found: dict[str, object] = {"bfd": f"neighbor {names[0]} bfd" in lines}
    keepalive, hold = _timers(switch.frr, names[0])
    found |= {"keepalive": keepalive, "hold": hold}
    for key, pattern in (("connect_retry", r"timers connect (\d+)"), ("allowas_in", r"allowas-in (\d+)")):
        if number := _numbers(lines, f"{said}{pattern}"):
            found[key] = number[0]
    limits = set(switch.bgp.neighbors[names[0]].limits.values())
    if len(limits) == 1:
        limit = limits.pop()
        how = {"warning_only": True} if limit.warning_only else {"restart": limit.restart} if limit.restart else {}
        found["max_prefixes"] = {"limit": limit.prefixes, **how} if how else limit.prefixes
    return found


def session_options(switch: Seen, peer: str, group: str) -> dict[str, object]:
    """What a session has: by lines of its own, else by its group's."""
    own, common = options_of(switch, peer) or {}, options_of(switch, group) if group else None
    if common is None:
        return own
    if _numbers(_lines_of(switch.frr), rf"neighbor {re.escape(peer)} timers (\d+) (\d+)") is None:
        own = {key: value for key, value in own.items() if key not in ("keepalive", "hold")}
    return {**common, **own, "bfd": bool(own.get("bfd") or common.get("bfd"))}
