"""What an FRR config means for BGP, whoever has written it: two texts that mean the same are equal here.

Where FRR has several words for one thing, one is taken: lists stand in the entries that ask them, without their names
and numbers; an entry that only sets something and goes on (`on-match next`) is in those after it; lengths are from-to.
What is no matter of BGP and its policies (zebra, logs, interfaces) is left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network

from sonicfab.frr import conf

_PREFIX_LIST = re.compile(r"(ip|ipv6) prefix-list (\S+) (?:seq (\d+) )?(permit|deny) (\S+)(?: ge (\d+))?(?: le (\d+))?")
_LIST = re.compile(
    r"bgp (as-path access-list|community-list (?:standard|expanded)) (\S+) (?:seq \d+ )?(permit|deny) (.+)"
)
_ENTRY = re.compile(r"route-map (\S+) (permit|deny) (\d+)")
_ASKED = re.compile(r"match (ip|ipv6) (address|next-hop) prefix-list (\S+)")
_ASKED_SET = re.compile(r"match (as-path|community) (\S+)")
_USED = re.compile(r"route-map (\S+)(?: in| out)?$")

Meaning = frozenset[str]


def meaning(text: str) -> Meaning:
    """Every statement about BGP of a text, each in one spelling."""
    lists: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    entries: dict[tuple[str, int], tuple[str, list[str]]] = {}
    found: set[str] = set()
    for number, context, line in conf.lines(text):
        top = context[0] if context else line
        if named := _PREFIX_LIST.fullmatch(line):
            command, name, seq, action, network, low, high = named.groups()
            lists[command, name].append((int(seq or number), _range(action, network, low, high)))
        elif named := _LIST.fullmatch(line):
            lists[named[1].partition(" ")[0].removesuffix("-list"), named[2]].append((number, f"{named[3]} {named[4]}"))
        elif entry := _ENTRY.fullmatch(top):
            lines = entries.setdefault((entry[1], int(entry[3])), (entry[2], []))[1]
            lines += [line] if context and line else []
        elif top.startswith("router bgp ") and line and line != top:
            found.add(" / ".join([*context, _said(line)]))
    known = {key: ", ".join(one for _, one in sorted(some)) for key, some in lists.items()}
    used = {one for line in found for one in _USED.findall(line)}
    policies = _policies(entries, known)
    return frozenset(found) | {f"route-map {name}: {policies.get(name, 'not there')}" for name in used}


def differences(one: str, other: str) -> list[str]:
    """In which statements a text differs from another: `+ ` only in it, `- ` only in the other."""
    first, second = meaning(one), meaning(other)
    return [*(f"+ {line}" for line in sorted(first - second)), *(f"- {line}" for line in sorted(second - first))]


def _said(line: str) -> str:
    """A line of BGP in one spelling: FRR does not print its own number for allowas-in."""
    return re.sub(r" allowas-in$", " allowas-in 3", line)


def _range(action: str, network: str, low: str | None, high: str | None) -> str:
    net = ip_network(network, strict=False)
    shortest = int(low or net.prefixlen)
    longest = int(high or (net.max_prefixlen if low else net.prefixlen))
    return f"{action} {net} {shortest}..{longest}"


def _policies(
    entries: Mapping[tuple[str, int], tuple[str, list[str]]], lists: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    """Route-map -> its entries in one spelling."""
    made: dict[str, list[str]] = defaultdict(list)
    given: dict[str, list[str]] = defaultdict(list)
    for (name, _), (action, lines) in sorted(entries.items()):
        matches, sets = _split(lines, lists)
        if "on-match next" in lines and not matches:
            given[name] += sets
            continue
        goes_on = "on-match next" in lines
        wanted = sorted({*sets, *(given[name] if action == "permit" else ())})
        made[name].append(f"{action}{' and on' if goes_on else ''} [{'; '.join(matches)}] [{'; '.join(wanted)}]")
    return {name: " | ".join(_narrowed(some)) for name, some in made.items()}


def _narrowed(entries: Iterable[str]) -> Iterator[str]:
    """Without a last one that denies all that is left, which FRR does anyway."""
    kept = list(entries)
    while kept and kept[-1] == "deny [] []":
        kept.pop()
    yield from kept


def _split(lines: Iterable[str], lists: Mapping[tuple[str, str], str]) -> tuple[list[str], list[str]]:
    """What an entry asks, its lists written out, and what it sets."""
    matches, sets = [], []
    for line in lines:
        if asked := _ASKED.fullmatch(line):
            matches.append(f"{asked[1]} {asked[2]}: {_tidy(lists.get((asked[1], asked[3]), 'no list'))}")
        elif asked := _ASKED_SET.fullmatch(line):
            matches.append(f"{asked[1]}: {lists.get((asked[1], asked[2]), 'no list')}")
        elif line.startswith(("match ", "call ")):
            matches.append(line)
        elif line.startswith("set "):
            sets.append(line)
    return sorted(matches), sets


_DENIED = re.compile(r"deny (\S+) (\d+)\.\.(\d+), permit (\S+) (\d+)\.\.(\d+)")


def _tidy(said: str) -> str:
    """A list whose entry is cut off by the one before it: `deny N 64..127, permit N 64..128` is `permit N 128..128`."""

    def cut(one: re.Match[str]) -> str:
        network, low, high, same, start, end = one.groups()
        if network != same or low != start or not int(high) < int(end):
            return one[0]
        return f"permit {network} {int(high) + 1}..{end}"

    return ", ".join(sorted(_DENIED.sub(cut, said).split(", "))) if "deny" not in _DENIED.sub(cut, said) else said
