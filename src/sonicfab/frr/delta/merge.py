"""Configuration lines on top of a config: the whole config that FRR has after them. Pure.

What a line overwrites is known of the kinds in `kinds`, which are proved on real FRR; any other line is refused, not
guessed. tests/test_frrdelta_merge.py compares the outcome with what FRR itself makes of the same lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sonicfab.frr import conf
from sonicfab.frr.bgp import neighbor_of
from sonicfab.frr.conf import Context, read, too_deep, written
from sonicfab.frr.delta.kinds import context_kind, find
from sonicfab.frr.delta.peers import IPV4, NO_DEFAULT_IPV4

_ENTRY = re.compile(r"(\S+ (?:prefix-list|as-path access-list|\S*community-list \S+) \S+ seq \d+) .+")
_LIST = re.compile(
    r"(?:(?:ip|ipv6) prefix-list|bgp as-path access-list|bgp (?:large-|ext)?community-list \S+) \S+(?: seq \d+)?"
)
_NEIGHBOR = re.compile(r"neighbor (\S+)(?: interface| peer-group)?")
_WITH_TAIL = re.compile(r"neighbor \S+ shutdown|redistribute \S+")
"""`no` of these takes them back whatever follows: a message, a route-map."""
_SHAPE = re.compile(r"neighbor \S+ (?:interface )?(?:remote-as|peer-group) \S+")
"""What cannot be taken back alone: FRR takes the neighbour with it, or keeps it, by what else it has."""
_MAKES = re.compile(r"neighbor \S+ (?:peer-group|interface.*|(?:remote-as|peer-group) \S+)")
_REMOVABLE = ("route-map ", "router bgp ", "bfd", "profile ")
_HEADERS = ("Building configuration...", "Current configuration:", "frr version ")
_ON_BY_DEFAULT = frozenset(
    # FRR prints these only as `no ...` (bgpd/bgp_vty.c and zebra/rtadv.c with `frr defaults traditional`)
    {
        "bgp default ipv4-unicast",
        "bgp ebgp-requires-policy",
        "bgp suppress-duplicates",
        "bgp network import-check",
        "bgp fast-external-failover",
        "ipv6 nd suppress-ra",
    }
)


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome.

    Attributes:
        text: the whole config; it may hold passwords, so it is in no repr.
        refused: why it cannot be told, a sentence for each line.
    """

    text: str = field(repr=False)
    refused: tuple[str, ...]


def merge(running: str, given: str) -> Merged:
    """What `running` becomes by the lines of `given`, each in its context and indented as FRR prints it."""
    refused = [
        f"the {which} has a context that is not known, with {conf.masked(line)!r} in it"
        for which, text in (("running config", running), ("candidate", given))
        for line in too_deep(text)
    ]
    merging = _Merging(running)
    for number, context, line in conf.lines(given, host_lines=True):
        reason = "" if refused else merging.take(context, line)
        if reason:
            refused.append(f"line {number}, {conf.masked(line or context[-1])!r}: {reason}")
    return Merged("" if refused else merging.text(), tuple(refused))


class _Merging:
    """A config that lines are given to."""

    def __init__(self, running: str) -> None:
        tree = read(running, host_lines=True)
        self._tree = {one: [line for line in rows if not line.startswith(_HEADERS)] for one, rows in tree.items()}

    def text(self) -> str:
        """The config as it is now."""
        return written((context, line) for context, lines in self._tree.items() for line in ("", *lines))

    def take(self, context: Context, line: str) -> str:
        """Give it a line; why that cannot be done, or ""."""
        if not context and (not line or line in ("configure terminal", "conf t")):
            return ""
        if not context and not list(conf.lines(line)):  # it belongs to the program or the host
            there = line in self._tree[()] or line.startswith(_HEADERS)
            return "" if there else "belongs to the program or the host, not to the routing"
        if context in self._tree and (not line or line in self._tree[context]):
            return ""  # whatever it is, it is there
        if context_kind(context) is None:
            return "its context is not one that is known"
        if not line:
            return self._open(context)
        if line.removeprefix("no ") == NO_DEFAULT_IPV4.removeprefix("no "):
            lines = self._tree[context]
            if any(map(neighbor_of, lines)) and line.startswith("no ") != (NO_DEFAULT_IPV4 in lines):
                return "it changes which families the neighbours that are there are active in"
        return self._take_back(context, line) if line.startswith("no ") else self._set(context, line)

    def _open(self, context: Context) -> str:
        head = context[0]
        if head.startswith("router bgp "):
            others = [one[0] for one in self._tree if len(one) == 1 and re.fullmatch(r"router bgp \d+", one[0])]
            if others and head not in others:
                return f"FRR has {others[0]} already"
        if head.startswith("route-map ") and context not in self._tree:
            _, name, _, number = head.split(" ")
            for action in ("permit", "deny"):  # the entry keeps its body
                if (old := (f"route-map {name} {action} {number}",)) in self._tree:
                    self._tree = {context if one == old else one: lines for one, lines in self._tree.items()}
        for depth in range(1, len(context) + 1):
            self._tree.setdefault(context[:depth], [])
        return ""

    def _set(self, context: Context, line: str) -> str:
        kind = find(context, line)
        if kind is None:
            return "not a line that is known"
        lines = self._tree[context]
        name = neighbor_of(line)
        if name and not _MAKES.fullmatch(line) and name not in map(neighbor_of, self._tree[context[:1]]):
            return f"there is no neighbor {name}"
        key = kind.key(line)
        if key == line and f"no {line}" in lines:
            lines.remove(f"no {line}")
            return ""
        if key == line and self._on_by_default(context, line):
            return ""
        same = [one for one in lines if _slot(context, one) == _slot(context, line)]
        if same:
            lines[lines.index(same[0])] = line
            for one in same[1:]:
                lines.remove(one)
        else:
            lines.insert(_place(lines, line), line)
        return ""

    def _take_back(self, context: Context, line: str) -> str:
        bare = line.removeprefix("no ")
        lines = self._tree[context]
        sub = (*context, bare)
        if context_kind(sub) is not None:
            if not bare.startswith(_REMOVABLE):
                return "it cannot be told what that takes back"
            self._tree = {one: rows for one, rows in self._tree.items() if one[: len(sub)] != sub}
            return ""
        if not context and re.fullmatch(r"route-map \S+", bare):
            self._tree = {one: rows for one, rows in self._tree.items() if not (*one, "")[0].startswith(f"{bare} ")}
            return ""
        if not context and _LIST.fullmatch(bare):
            lines[:] = [one for one in lines if not one.startswith(f"{bare} ")]
            return ""
        neighbor = _NEIGHBOR.fullmatch(bare)
        if neighbor and context_kind(context) == "router bgp":
            return self._without(context, neighbor[1])
        if _SHAPE.fullmatch(bare):
            return "it cannot be told what that takes back; `no neighbor NAME` takes it back as a whole"
        return self._without_line(context, line, bare)

    def _without_line(self, context: Context, line: str, bare: str) -> str:
        lines = self._tree[context]
        kind = find(context, bare)
        known = kind or find(context, f"{bare} 1")  # without its value
        if known is None:
            return "not a line that is known"
        taken = [one for one in lines if one == bare or _slot(context, one) == bare]
        if _WITH_TAIL.fullmatch(bare):
            taken += [one for one in lines if one.startswith(f"{bare} ")]
        for one in dict.fromkeys(taken):
            lines.remove(one)
        if kind and not taken:
            if kind.key(bare) == bare and self._on_by_default(context, bare):
                lines.insert(_place(lines, line), line)
            elif kind.key(bare) != bare and any(_slot(context, one) == _slot(context, bare) for one in lines):
                return "it stands there with another value"
        return ""

    def _without(self, context: Context, name: str) -> str:
        """A neighbour or a peer-group goes, with all its lines."""
        under = [one for one in self._tree if one[:1] == context]
        members = [one for one in self._tree[context] if one.endswith(f" peer-group {name}")]
        if members:
            return f"{neighbor_of(members[0])} is a member of it"
        for one in under:
            self._tree[one] = [line for line in self._tree[one] if neighbor_of(line) != name]
        return ""

    def _on_by_default(self, context: Context, line: str) -> bool:
        if line.endswith(" activate"):
            return context[-1] == IPV4 and NO_DEFAULT_IPV4 not in self._tree.get(context[:1], ())
        return line in _ON_BY_DEFAULT


def _slot(context: Context, line: str) -> str:
    """What a line has in common with those that it overwrites; itself where it overwrites none."""
    entry = _ENTRY.fullmatch(line)
    if entry:
        return entry[1]
    words = line.split(" ")
    if not context and words[0] in ("ip", "ipv6") and words[1:2] == ["route"]:
        return " ".join(words[:4])  # prefix and next hop; a distance or a tag is what it says
    kind = find(context, line)
    return kind.key(line) if kind else line


def _place(lines: list[str], line: str) -> int:
    """Where a new line goes: peer-groups before neighbours, what makes a neighbour before what is said of it."""
    name = neighbor_of(line)
    own = [number for number, one in enumerate(lines) if name and neighbor_of(one) == name]
    if own:
        return own[-1] + 1
    first = next((number for number, one in enumerate(lines) if neighbor_of(one)), len(lines))
    return len(lines) if name and not line.endswith(" peer-group") else first
