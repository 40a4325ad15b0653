"""Interface neighbours and the addresses of their ports: what must not change in the wrong order.

A neighbour `interface Ethernet0` has no address of its own. FRR takes the other one of an IPv4 /30 or /31 on the port,
where there is one, and else the link-local one that it has heard of, and looks again whenever the session stops, also
when it is deleted (bgpd/bgpd.c bgp_peer_conf_if_to_su_update, bgp_fsm.c bgp_stop). The entry of the next hop table that
belongs to the old address keeps a pointer to the neighbour, which is freed: `show bgp nexthop` says `peer (null)`, and
the next link that goes down reads it (FRR 10.0.1: SIGSEGV in bgp_fsm_nht_update; 8.4 reads freed memory). So such a
neighbour goes before its port gets an address, and comes after its port has lost its own. FRR 10.7 unlinks the entry
when the address changes (commit 50eb934d1a); no build of SONiC has that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sonicfab.frr.bgp import Neighbor, neighbor_of, neighbors_of
from sonicfab.frr.conf import Command, Tree, written
from sonicfab.frr.delta.peers import made_again


def leaving(have: Tree, want: Tree, ports: Collection[str]) -> list[tuple[str, str]]:
    """(instance, neighbour) of the interface neighbours on some ports that go, or are made again."""
    return [(name, peer.name) for name, peer, again in _interface_peers(have, want) if again and peer.name in ports]


def coming(have: Tree, want: Tree) -> frozenset[str]:
    """The ports on which interface neighbours come, or are made again."""
    return frozenset(peer.name for _, peer, again in _interface_peers(want, have) if again)


def removals(peers: Collection[tuple[str, str]]) -> list[Command]:
    """The commands that delete neighbours."""
    return [((name,), f"no neighbor {peer}") for name, peer in peers]


def without(have: Tree, peers: Collection[tuple[str, str]]) -> Tree:
    """The config once these neighbours are deleted."""
    gone = set(peers)
    return {
        context: [line for line in lines if not (context and (context[0], neighbor_of(line)) in gone)]
        for context, lines in have.items()
    }


def gets_addresses(have: Tree, want: Tree) -> frozenset[str]:
    """The ports that FRR's own config gives an address that they did not have."""
    return frozenset(
        context[0].removeprefix("interface ")
        for context, lines in want.items()
        if context and context[0].startswith("interface ")
        if any(" address " in line and line not in have.get(context, ()) for line in lines)
    )


def before_addresses(have: Tree, want: Tree, ports: Collection[str]) -> str:
    """The text for `vtysh -f` ahead of addresses that somebody else is about to give to some ports; "" for none."""
    return written(removals(leaving(have, want, ports)))


def _interface_peers(old: Tree, new: Tree) -> Iterator[tuple[str, Neighbor, bool]]:
    """(instance, interface neighbour of `old`, whether `new` lacks it or has it in another way)."""
    names = [context[0] for context in old if len(context) == 1 and context[0].startswith("router bgp ")]
    for name in names:
        there = neighbors_of(new.get((name,), ()))
        mine = neighbors_of(old[name,])
        again = made_again(mine, there)
        for peer in mine.values():
            if any(shape.startswith("interface") for shape in peer.shape):
                yield name, peer, peer.name not in there or peer.name in again
