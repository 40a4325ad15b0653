"""What BGP lets in and out of the switches of a fabric: prefix lists, and the route-maps that ask them. Pure.

eBGP exchanges nothing without a policy (RFC 8212).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sonicfab.model.policies import EXACTLY_ANY, PolicyEntry, Prefix
from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PrefixList, RouteMap, Step


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
    outside = {one.text: one for one in (*accepted(topology), *told_inside(topology))}.values()
    for version in (4, 6) if loopbacks.ipv6 else (4,):
        prefixes = tuple(one for one in outside if one.network.version == version)
        lists.append(PrefixList("OUTSIDE", (), prefixes=prefixes, of="outside"))
    return tuple(one for one in lists if one.networks or one.prefixes)


def accepted(topology: Topology, names: Collection[str] = ()) -> tuple[Prefix, ...]:
    """What may come from outside, or from some of there: prefixes that the policies permit, each once."""
    found: dict[str, Prefix] = {}
    for one in topology.outside:
        if not names or one.name in names:
            said = topology.policies.get(one.accept, ()) if isinstance(one.accept, str) else ()
            inline = () if isinstance(one.accept, str) else one.accept
            for prefix in (*inline, *(prefix for entry in said for prefix in entry.permit or ())):
                found.setdefault(prefix.text, prefix)
    return tuple(found.values())


def told_inside(topology: Topology) -> tuple[Prefix, ...]:
    """What switches tell the fabric of their own beside loopbacks and networks: static routes, what is taken over."""
    routes = [Prefix(one.prefix) for one in topology.routes if one.announce]
    names = dict.fromkeys(one.policy for one in topology.redistribute)
    entries = (entry for name in names for entry in topology.policies.get(name, ()))
    return tuple(dict.fromkeys([*routes, *(one for entry in entries for one in entry.permit or ())]))


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


def named_policy(topology: Topology, said: str | tuple[Prefix, ...], way: str, of: str, asn: int) -> RouteMap:
    """The policy of a name on a switch with an ASN, or one of prefixes that stand at `of`, whose name is `way`.

    A route-map entry that asks lists of both families matches nothing, so each family has one of its own.
    """
    if not isinstance(said, str):
        entries = [(PolicyEntry(permit=said), of)] if said else []
        name, purpose = way, f"what the topology says at {of}"
    else:
        entries = [(one, f"policies.{said}.{number}") for number, one in enumerate(topology.policies.get(said, ()))]
        name, of, purpose = said, f"policies.{said}", f"the policy {said} of the topology"
    families = (4, 6) if topology.loopbacks.ipv6 else (4,)
    steps = [step for number, (one, at) in enumerate(entries) for step in _steps(name, number, one, at, asn, families)]
    return RouteMap(name, purpose, (), steps=tuple(steps), of=of)


def _steps(name: str, number: int, entry: PolicyEntry, of: str, asn: int, families: Sequence[int]) -> Iterator[Step]:
    whole = entry.prefixes == EXACTLY_ANY
    for version in families[:1] if whole else families:
        prefixes = () if whole else tuple(one for one in entry.prefixes if one.network.version == version)
        if not (whole or prefixes):
            continue
        at = 10 * (number + 1) + (5 if version == 6 else 0)
        yield Step(
            number=at,
            permit=entry.permit is not None,
            name=f"{name}-{at}",
            of=of,
            list=PrefixList(f"{name}-{at}", (), prefixes=prefixes, of=of) if prefixes else None,
            as_path=entry.as_path or "",
            communities=entry.communities,
            local_preference=entry.set.local_preference,
            metric=entry.set.metric,
            prepend=" ".join([str(asn)] * (entry.set.prepend or 0)),
            add=" ".join(entry.set.communities),
        )
