"""The neighbours of a `router bgp` beside those that it is to have: which must be made again, which are active."""

from __future__ import annotations

from collections.abc import Mapping

from sonicfab.frr.bgp import Neighbor, neighbor_of, neighbors_of
from sonicfab.frr.conf import Context, Tree, under

IPV4 = "address-family ipv4 unicast"
NO_DEFAULT_IPV4 = "no bgp default ipv4-unicast"


def made_again(have: Mapping[str, Neighbor], want: Mapping[str, Neighbor]) -> dict[str, str]:
    """Neighbours that must be deleted and made again, and why.

    FRR refuses another peer-group ("Cannot change the peer-group. Deconfigure first"), and deletes the neighbour when
    its membership or remote-as is taken back; taking the remote-as of a peer-group back deletes all its members.
    """
    found: dict[str, str] = {}
    for name, old in have.items():
        new = want.get(name)
        if new is None or old.is_group:
            continue
        group = have.get(old.group)
        kept_group = want.get(old.group)
        if new.is_group:
            found[name] = "becomes a peer-group"
        elif old.group != new.group:
            found[name] = f"moves from {_group(old)} to {_group(new)}"
        elif old.shape != new.shape:
            found[name] = "is made in another way"
        elif group and group.remote_as and not (kept_group and kept_group.remote_as):
            found[name] = f"peer-group {old.group} loses its remote-as"
    return found


def activation(tree: Tree, name: str) -> Mapping[Context, Mapping[str, bool]]:
    """Address family -> who says there whether it is active."""
    found: dict[Context, dict[str, bool]] = {}
    for context in under(tree, name):
        if len(context) == 2:
            lines = [line for line in tree[context] if line.endswith(" activate")]
            found[context] = {neighbor_of(line): not line.startswith("no ") for line in lines}
    return found


def in_convention_of(have: Tree, want: Tree, name: str) -> Tree:
    """The running config with its activations told as the intended config tells them.

    `bgp default ipv4-unicast` changes how they are printed and not who is active; with the lines taken literally,
    sessions that nobody meant to touch would be switched off and on.
    """
    printed_on = NO_DEFAULT_IPV4 in have[name,]
    if printed_on == (NO_DEFAULT_IPV4 in want[name,]):
        return have
    family = (name, IPV4)
    told = activation(have, name).get(family, {})
    peers = neighbors_of(have[name,])
    lines: list[str] = []
    for peer in peers.values():
        active = told.get(peer.name, not printed_on)
        # a member's is told where it differs from its group's; another's where it differs from the default
        if not peer.group and active != printed_on:
            lines.append(f"neighbor {peer.name} activate" if active else f"no neighbor {peer.name} activate")
    for line in have.get(family, ()):
        known = peers.get(neighbor_of(line))
        if not line.endswith(" activate") or (known and known.group):
            lines.append(line)
    return {**have, family: lines}


def _group(peer: Neighbor) -> str:
    return f"peer-group {peer.group}" if peer.group else "no peer-group"
