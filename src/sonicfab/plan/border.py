"""What a switch has to do with the outside: its sessions with neighbours of others, and their policies. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sonicfab.endpoint import NOWHERE
from sonicfab.errors import KeyPath, Problem
from sonicfab.families import Family
from sonicfab.hints import did_you_mean
from sonicfab.model.outside import Exchanged, Outside
from sonicfab.model.sessions import SessionSettings
from sonicfab.model.topology import Topology
from sonicfab.plan.asns import speaks_bgp
from sonicfab.plan.bgp import PeerGroup, RouteMap, Session
from sonicfab.plan.interfaces import LOOPBACK
from sonicfab.plan.options import in_common, own, settled
from sonicfab.plan.outside import Let, OutsidePlan
from sonicfab.plan.policy import accepted, named_policy
from sonicfab.plan.types import Loopbacks


def interface_of(topology: Topology, one: Outside) -> str:
    """The interface that the sessions of a neighbour run over, as SONiC names it."""
    network = topology.networks.get(one.interface or "")
    return f"Vlan{network.vlan}" if network else one.interface or LOOPBACK


def outside_plans(topology: Topology, name_of: Mapping[tuple[str, str], str]) -> tuple[OutsidePlan, ...]:
    """The neighbours of the fabric; `name_of` are the ports that have another name than the topology gives them."""
    return tuple(
        OutsidePlan(
            one.name,
            one.switch,
            name_of.get((one.switch, one.name), interface_of(topology, one)),
            one.asn,
            accepted(topology, (one.name,)),
            tuple(family for _, it in _sessions(topology, one, "") for family in it.families if not one.bgp.shutdown),
            tuple(_lets(topology, one.accept)),
            tuple(_lets(topology, one.announce)),
            one.originate_default,
        )
        for one in topology.outside
    )


def _lets(topology: Topology, said: Exchanged) -> Iterator[Let]:
    if not isinstance(said, str):
        yield Let(permit=True, prefixes=said)
        return
    for one in topology.policies.get(said, ()):
        yield Let(one.permit is not None, one.prefixes, not (one.as_path or one.communities))


def outside_routing(
    topology: Topology, plans: Iterable[OutsidePlan], switch: str, asn: int, loopbacks: Loopbacks
) -> tuple[tuple[PeerGroup, ...], tuple[RouteMap, ...]]:
    """The peer-groups of a switch with neighbours of others, and their policies, each once."""
    interfaces = {one.name: one.interface for one in plans}
    maps: dict[str, RouteMap] = {}
    groups: list[PeerGroup] = []
    for index, one in enumerate(topology.outside):
        if one.switch != switch:
            continue
        of = f"outside.{index}"
        numbered_ipv6 = any(peer.version == 6 for peer in one.peer)
        taken = named_policy(topology, one.accept, f"FROM-{one.name}", f"{of}.accept", asn)
        told = named_policy(topology, one.announce, f"TO-{one.name}", f"{of}.announce", asn)
        for policy, incoming in ((taken, True), (told, False)):
            known = maps.setdefault(policy.name, policy)
            if incoming and numbered_ipv6:
                maps[policy.name] = replace(known, global_next_hops=True)
        for name, session in _sessions(topology, one, interfaces[one.name]):
            default = replace(settled(*_places(topology, one)), graceful_restart="")  # no group passes it on
            common = in_common(default, [session.options])
            version = Family.IPV6 if Family.IPV4 not in session.families else Family.IPV4
            groups.append(
                PeerGroup(
                    name,
                    session.families,
                    (replace(session, own=own(session.options, common)),),
                    taken,
                    told,
                    common,
                    asn=one.asn,
                    multihop=one.multihop or 0,
                    source=str(loopbacks.ipv6 if version == Family.IPV6 else loopbacks.ipv4) if one.multihop else "",
                    originate_default=one.originate_default,
                    of=of,
                )
            )
    groups = [replace(one, policy_in=maps[one.policy_in.name], policy_out=maps[one.policy_out.name]) for one in groups]
    return tuple(groups), tuple(maps.values())


def _places(topology: Topology, one: Outside) -> tuple[SessionSettings, ...]:
    """Where something is said of a session with the outside: of the fabric's options, it has the timers alone."""
    bgp = topology.bgp
    return one.bgp, SessionSettings(keepalive=bgp.keepalive, hold=bgp.hold, connect_retry=bgp.connect_retry)


def _sessions(topology: Topology, one: Outside, interface: str) -> Iterator[tuple[str, Session]]:
    """(peer-group, session); numbered, each family has its own."""
    options = settled(*_places(topology, one), interface=interface)
    said = one.bgp.description or one.description or one.name
    if not one.peer:
        families = tuple(Family) if topology.loopbacks.ipv6 else (Family.IPV4,)
        yield one.name, Session(interface, interface, NOWHERE, one.asn, families, said, options)
    for peer in sorted(one.peer, key=lambda address: address.version):
        name = f"{one.name}-V{peer.version}" if len(one.peer) > 1 else one.name
        yield name, Session(str(peer), interface, NOWHERE, one.asn, (Family.of(peer),), said, options)


def outside_problems(topology: Topology, asns: Mapping[str, int]) -> Iterator[Problem]:
    """What is wrong with the neighbours of others and with the policies; `asns` lacks switches with other problems."""
    first: dict[str, int] = {}
    for index, one in enumerate(topology.outside):
        path: KeyPath = ("outside", index)
        if first.setdefault(one.name, index) != index:
            message = f"two neighbours have the name {one.name}"
            yield Problem("topology", (*path, "name"), message, "each has its own, by which its sessions go")
        if asns.get(one.switch) == one.asn:
            message = f"{one.name} has the ASN of {one.switch}, {one.asn}: the session would be internal"
            yield Problem("topology", (*path, "asn"), message, "what is outside has an AS number of its own")
        if not speaks_bgp(topology, one.switch):
            yield Problem("topology", (*path, "switch"), f"{one.switch} has no BGP", "take out its `bgp: none`")
        if any(peer.version == 6 for peer in one.peer) and not topology.loopbacks.ipv6:
            hint = "give the fabric IPv6 loopbacks, or leave the peer out"
            yield Problem(
                "topology", (*path, "peer"), f"the fabric routes no IPv6, and {one.name} has a peer of it", hint
            )
        yield from _on_network(topology, one, path)
        for key, said in (("accept", one.accept), ("announce", one.announce)):
            if isinstance(said, str) and said not in topology.policies:
                hint = did_you_mean(said, topology.policies) or "name it under policies:, or give prefixes"
                yield Problem("topology", (*path, key), f"there is no policy '{said}'", hint)
    used = {said for one in topology.outside for said in (one.accept, one.announce) if isinstance(said, str)}
    used |= {one.policy for one in topology.aggregates if one.policy} | {one.policy for one in topology.redistribute}
    for name in topology.policies:
        if name not in used:
            message = f"nobody uses the policy {name}: no switch gets it"
            hint = f"`outside` names it: accept: {name} or announce: {name}"
            yield Problem("topology", ("policies", name), message, hint, "warning", on_key=True)
        inline = [f"FROM-{one.name}" for one in topology.outside if not isinstance(one.accept, str)]
        inline += [f"TO-{one.name}" for one in topology.outside if not isinstance(one.announce, str)]
        if name in inline:
            message = f"the prefixes of a neighbour become a policy {name}, too"
            yield Problem(
                "topology", ("policies", name), message, "name it there, or call it something else", on_key=True
            )


def _on_network(topology: Topology, one: Outside, path: KeyPath) -> Iterator[Problem]:
    """A neighbour in a network: the switch must have an address there that it can be reached from."""
    network = topology.networks.get(one.interface or "")
    if network is None:
        if one.peer and not one.address and not one.multihop:
            message = f"{one.name} has a peer, and {one.switch} no address to reach it from"
            yield Problem("topology", (*path, "peer"), message, "add `address`, or leave the peer out: unnumbered")
        return
    own = [address for at, address in network.interfaces if at[0] == "gateway" or at[1] == one.switch]
    if one.address or not one.peer:
        message = f"a neighbour in the network {one.interface} is named by its `peer` alone"
        yield Problem("topology", (*path, "interface"), message, "the network says which address the switch has there")
    for peer in one.peer:
        if not any(peer in address.network for address in own):
            message = f"{peer} is in no subnet of the network {one.interface} on {one.switch}"
            yield Problem("topology", (*path, "peer"), message)
