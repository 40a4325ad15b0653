"""Lines of FRR's config that somebody has abbreviated: FRR takes them, and prints them in full.

What is compared, merged and left goes by what FRR prints, so `neigh Ethernet0 remote external` would be another line.
"""

from __future__ import annotations

from sonicfab.frr.conf import Context

_TOP = """
    access-list agentx bfd bgp debug enable interface ip ipv6 key line mac nexthop-group no password pbr-map route-map
    router service vni vrf zebra
"""
_BGP = "address-family aggregate-address bgp maximum-paths neighbor network no redistribute timers"
_FAMILIES = "ipv4 ipv6 l2vpn"
# FRR bgpd/bgp_vty.c (stable/10.0), the commands that begin with `neighbor <A.B.C.D|X:X::X:X|WORD>`
_NEIGHBOR = """
    accept-own activate addpath-tx-all-paths addpath-tx-best-selected addpath-tx-bestpath-per-AS advertise-map
    advertisement-interval allowas-in as-override attribute-unchanged bfd capability default-originate description
    disable-addpath-rx disable-connected-check disable-link-bw-encoding-ieee distribute-list
    dont-capability-negotiate ebgp-multihop enforce-first-as enforce-multihop extended-link-bandwidth
    extended-optional-parameters filter-list graceful-restart graceful-restart-disable graceful-restart-helper
    graceful-shutdown interface local-as local-role maximum-prefix maximum-prefix-out next-hop-self nexthop-local
    oad override-capability passive password path-attribute peer-group port prefix-list remote-as remove-private-AS
    route-map route-reflector-client route-server-client rpki send-community send-nexthop-characteristics
    sender-as-path-loop-detection shutdown soft-reconfiguration solo soo strict-capability-match tcp-mss timers
    ttl-security unsuppress-map update-source weight
"""


def in_full(context: Context, line: str) -> str:
    """The line as far as it is known with its words in full; "" where none of them is abbreviated."""
    words = line.split()
    at = 1 if words[0] == "no" and words[1:] else 0
    known = _TOP if not context else _BGP if context[0].startswith("router bgp ") else ""
    full = list(words)
    full[at] = _full(words[at], known)
    if known is _BGP and full[at] == "neighbor" and len(words) > at + 2:
        full[at + 2] = _full(words[at + 2], _NEIGHBOR)
    if known is _BGP and full[at] == "address-family" and len(words) > at + 1:
        full[at + 1] = _full(words[at + 1], _FAMILIES)
    if not context and full[at] == "router" and len(words) > at + 1:
        full[at + 1] = _full(words[at + 1], "bgp")
    return " ".join(full) if full != words else ""


def _full(word: str, known: str) -> str:
    """The word, or the first known one that begins so."""
    some = known.split()
    return word if word in some else next((one for one in some if one.startswith(word)), word)
