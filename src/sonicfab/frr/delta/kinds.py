"""The lines that a delta may change: which of them replace each other, how they are taken back, what a session feels.

A line that is not here is refused where it would have to change. Each kind is proved on real FRR by
tests/test_frrdelta_kinds.py; what sessions feel is from bgpd/bgpd.c of FRR 8.4.4 (peer_flag_action_list and the
functions that send BGP_NOTIFY_CEASE_CONFIG_CHANGE) and tests/test_frrdelta_sessions.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, lru_cache

from sonicfab.frr.conf import Context


class Felt(Enum):
    """What a session feels of a line that changes."""

    NOTHING = "nothing"
    RESET = "reset"
    LATER = "later"  # the session stays; its next start goes by the new line


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """When it is first asked for: compiling all of them takes longer than most commands take to start."""
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of line.

    Attributes:
        pattern: the whole line, without a leading `no`. Its groups are what is told apart: a line overwrites the one
            with the same groups. Without groups, each line stands for itself.
        cut: `no` takes the first group alone; with the value it is refused, or takes less than the line.
        felt: what the sessions that the line is about feel.
        back: the command that takes the line back, where FRR has no `no` for it.
    """

    pattern: str
    cut: bool = False
    felt: Felt = Felt.NOTHING
    back: str = ""

    def key(self, line: str) -> str:
        """What the line has in common with those that it overwrites."""
        bare = line.removeprefix("no ")
        match = _compiled(self.pattern).fullmatch(bare)
        assert match is not None
        return " ".join(group for group in match.groups() if group) or bare

    def no(self, line: str) -> str:
        """The command that takes the line back."""
        if line.startswith("no "):
            return line[3:]
        if self.back:
            return self.back
        match = _compiled(self.pattern).fullmatch(line)
        assert match is not None
        return f"no {match[1] if self.cut else line}"


def _one(pattern: str, felt: Felt = Felt.NOTHING, *, cut: bool = False) -> Kind:
    return Kind(pattern, cut, felt)


_N = r"neighbor \S+"
_LIST = r"(?:(?:ip|ipv6) prefix-list \S+|bgp (?:as-path access-list|(?:large-|ext)?community-list \S+) \S+)"
_TOP = (
    _one(rf"{_LIST} seq \d+ .+"),
    _one(r"((?:ip|ipv6) prefix-list \S+ description) .+", cut=True),
    _one(r"(?:ip|ipv6) route \S+ \S+(?: (?:[A-Z]\S+|tag \d+|\d+|bfd))*"),
    _one(r"((?:ip|ipv6) protocol \S+ route-map) \S+"),
    _one(r"((?:ip|ipv6) nht resolve-via-default)"),
)
_INTERFACE = (
    _one(r"(description) .+", cut=True),
    _one(r"(?:ip|ipv6) address \S+"),
    _one(r"(ipv6 nd suppress-ra)"),
    _one(r"(ipv6 nd ra-interval) .+"),
)
_BFD_PROFILE = tuple(  # bfdd/bfd.h: BFD_DEFDETECTMULT, BFD_DEFDESIREDMINTX, BFD_DEFREQUIREDMINRX; the same to FRR 10.5
    replace(_one(rf"({word}) \d+"), back=f"{word} {default}")
    for word, default in (("detect-multiplier", 3), ("transmit-interval", 300), ("receive-interval", 300))
)
_ROUTE_MAP = (
    _one(r"(description) .+", cut=True),
    _one(r"(match (?:ip|ipv6) address prefix-list) \S+"),
    _one(r"(match (?:community|as-path|interface|tag|metric|local-preference|source-protocol)) .+"),
    _one(r"(set as-path prepend) .+", cut=True),
    _one(r"(set (?:metric|community|local-preference|src|weight|tag|origin)) .+"),
    _one(r"(set ipv6 next-hop prefer-global)"),
    _one(r"on-match next"),
    _one(r"(on-match goto) \d+", cut=True),
    _one(r"(call) \S+", cut=True),
)
_BGP = (
    _one(r"(bgp router-id) \S+", Felt.RESET, cut=True),
    _one(r"(bgp log-neighbor-changes)"),
    _one(r"(bgp default ipv4-unicast)"),
    _one(r"(bgp ebgp-requires-policy)", Felt.LATER),
    _one(r"(bgp graceful-shutdown)"),
    _one(r"(bgp suppress-fib-pending)"),
    _one(r"(bgp (?:bestpath as-path multipath-relax|bestpath compare-routerid|deterministic-med|always-compare-med))"),
    _one(r"(bgp (?:fast-external-failover|network import-check|suppress-duplicates))"),
    _one(r"(timers bgp) \d+ \d+", Felt.LATER),
    _one(rf"({_N}) peer-group"),
    _one(rf"({_N} (?:interface (?:v6only )?)?(?:peer-group|remote-as)) \S+", Felt.RESET),
    _one(rf"({_N} interface)(?: v6only)?"),
    _one(rf"({_N} description) .+", cut=True),
    _one(rf"({_N} timers) \d+ \d+", Felt.LATER),
    _one(rf"({_N} timers connect) \d+", Felt.LATER),
    _one(rf"({_N} bfd)"),
    _one(rf"({_N} bfd profile) \S+", cut=True),
    _one(rf"({_N} (?:password|update-source|ebgp-multihop)) .+", Felt.RESET, cut=True),
    _one(rf"({_N} ttl-security hops) \d+", Felt.RESET),
    _one(rf"({_N} (?:disable-connected-check|capability extended-nexthop|passive))", Felt.RESET),
    _one(rf"{_N} shutdown(?: message .+)?", Felt.RESET),  # without a message it does not overwrite one with
    _one(rf"({_N} local-as) .+", Felt.RESET),
    _one(rf"({_N} advertisement-interval) \d+"),
    _one(rf"({_N} graceful-restart)(?:-helper|-disable)?", Felt.LATER),
)
_AF = (
    _one(r"(network \S+)(?: route-map \S+)?", cut=True),
    _one(r"redistribute (?:connected|static|kernel)(?: .+)?"),
    _one(r"(aggregate-address \S+)(?: route-map \S+)?", cut=True),
    _one(r"(maximum-paths(?: ibgp)?) \d+"),
    _one(r"(advertise-all-vni)"),
    _one(r"(advertise (?:ipv4|ipv6) unicast)"),
    _one(rf"({_N} activate)", Felt.RESET),
    _one(rf"({_N} (?:route-map|prefix-list|filter-list)) \S+ (in|out)"),
    _one(rf"({_N} soft-reconfiguration inbound)"),
    _one(rf"{_N} next-hop-self(?: force)?"),  # two flags: one does not overwrite the other
    _one(rf"({_N} allowas-in)(?: .+)?", cut=True),
    _one(rf"({_N} maximum-prefix) .+", cut=True),
    _one(rf"({_N} weight) \d+"),
    _one(rf"({_N} default-originate)(?: route-map \S+)?", cut=True),
    _one(rf"({_N} as-override)"),
    _one(rf"({_N} (?:route-reflector-client|addpath-tx-all-paths))", Felt.RESET),
)
_FAMILIES = ("address-family ipv4 unicast", "address-family ipv6 unicast", "address-family l2vpn evpn")

_CONTEXTS: Mapping[str, tuple[Kind, ...]] = {
    "": _TOP,
    "interface": _INTERFACE,
    "route-map": _ROUTE_MAP,
    "router bgp": _BGP,
    "family": _AF,
    "bfd": (),
    "profile": _BFD_PROFILE,
}
_NAMES = (
    ((r"interface \S+",), "interface"),
    ((r"route-map \S+ (?:permit|deny) \d+",), "route-map"),
    ((r"router bgp \d+",), "router bgp"),
    ((r"router bgp \d+", "|".join(_FAMILIES)), "family"),
    (("bfd",), "bfd"),
    (("bfd", r"profile \S+"), "profile"),
)


@lru_cache(maxsize=4096)
def context_kind(context: Context) -> str | None:
    """Which kind of context it is, "" for the top level; None for one that is not known."""
    if not context:
        return ""
    for patterns, name in _NAMES:
        if len(patterns) == len(context) and all(map(re.fullmatch, patterns, context)):
            return name
    return None


def slot(context: Context, line: str) -> str:
    """What a line has in common with those that it overwrites."""
    kind = find(context, line)
    return kind.key(line) if kind else line.removeprefix("no ")


@lru_cache(maxsize=8192)
def find(context: Context, line: str) -> Kind | None:
    """The kind of a line; None for one that is not known, or in a context that is not."""
    name = context_kind(context)
    if name is None:
        return None
    bare = line.removeprefix("no ")
    return next((kind for kind in _CONTEXTS[name] if _compiled(kind.pattern).fullmatch(bare)), None)
