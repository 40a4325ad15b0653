"""What BGP lets in and out of the switches of a fabric: prefix lists, and the route-maps that ask them. Pure.

eBGP exchanges nothing without a policy (RFC 8212).
"""

from __future__ import annotations

from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PrefixList, RouteMap


def prefix_lists(topology: Topology) -> tuple[PrefixList, ...]:
    """What may be announced in a fabric, IPv4 before IPv6; a list without networks is left out."""
    loopbacks, hosts = topology.loopbacks, topology.hosts.prefixes
    told = [one for one in topology.networks.values() if one.announce]
    subnets = dict.fromkeys(one.network for network in told for _, one in network.interfaces)
    lists = [
        PrefixList("LOOPBACKS", (loopbacks.ipv4,)),
        PrefixList("HOSTS", hosts.ipv4),
        PrefixList("NETWORKS", tuple(one for one in subnets if one.version == 4), exact=True),
        PrefixList("LOOPBACKS", (loopbacks.ipv6,) if loopbacks.ipv6 else ()),
        PrefixList("HOSTS", hosts.ipv6 if loopbacks.ipv6 else ()),
        PrefixList("NETWORKS", tuple(one for one in subnets if one.version == 6 and loopbacks.ipv6), exact=True),
    ]
    return tuple(one for one in lists if one.networks)


def fabric_policies(
    lists: tuple[PrefixList, ...], *, global_next_hops: bool, detours: bool = False
) -> tuple[RouteMap, RouteMap]:
    """What a switch takes from another, and tells it; `detours`: it has internal neighbours, too."""
    taken = "what a switch takes from another: loopbacks and the addresses of servers"
    told = "what a switch tells another: loopbacks and the addresses of servers"
    return RouteMap("FROM-FABRIC", taken, lists, global_next_hops), RouteMap("TO-FABRIC", told, lists, detours=detours)


def internal_policy(lists: tuple[PrefixList, ...], *, global_next_hops: bool) -> RouteMap:
    """What a switch takes from another one of its AS. It tells it what it tells any other."""
    taken = "what a switch takes from another one of its AS: loopbacks and the addresses of servers"
    return RouteMap("FROM-IBGP", taken, lists, global_next_hops, of_inside=True)


def host_policies(lists: tuple[PrefixList, ...], *, detours: bool = False) -> tuple[RouteMap, RouteMap]:
    """What a switch takes from a server, and tells it."""
    taken = "what a switch takes from a server: addresses of the prefixes, nothing else"
    told = "what a switch tells a server: loopbacks and the addresses of other servers"
    hosts = tuple(one for one in lists if one.name == "HOSTS")
    return RouteMap("FROM-HOST", taken, hosts), RouteMap("TO-HOST", told, lists, detours=detours)
