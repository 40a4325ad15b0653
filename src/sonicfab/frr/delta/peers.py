"""The neighbours and peer-groups of a `router bgp`, as its lines tell them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sonicfab.frr.conf import Context, Tree, under

_NEIGHBOR = re.compile(r"(?:no )?neighbor (\S+) (.+)")
_SHAPE = re.compile(r"(interface(?: v6only)?)?(?: ?peer-group (\S+))?(?: ?(remote-as) (\S+))?")
IPV4 = "address-family ipv4 unicast"
NO_DEFAULT_IPV4 = "no bgp default ipv4-unicast"


@dataclass(frozen=True, slots=True)
class Peer:
    """A neighbour or a peer-group.

    Attributes:
        is_group: it is a peer-group.
        group: the peer-group that it is a member of; "" if none.
        remote_as: its own, "" if it has none.
        shape: its lines that make it, without the value of remote-as. FRR cannot change them in place.
    """

    name: str
    is_group: bool
    group: str
    remote_as: str
    shape: frozenset[str]


def owner(line: str) -> str:
    """The neighbour or peer-group that a line is about; "" for another line."""
    match = _NEIGHBOR.fullmatch(line)
    return match[1] if match else ""


def peers_of(lines: Iterable[str]) -> Mapping[str, Peer]:
    """Name -> neighbour or peer-group, from the lines right below `router bgp`."""
    found: dict[str, Peer] = {}
    for line in lines:
        match = _NEIGHBOR.fullmatch(line)
        if not match:
            continue
        name, rest = match.groups()
        peer = found.get(name, Peer(name, False, "", "", frozenset()))
        shape = _SHAPE.fullmatch(rest)
        if rest == "peer-group":
            peer = Peer(name, True, "", peer.remote_as, peer.shape)
        elif shape:
            blanked = rest if not shape[3] else rest.removesuffix(f" {shape[4]}")
            group, remote_as = shape[2] or peer.group, shape[4] or peer.remote_as
            peer = Peer(name, peer.is_group, group, remote_as, peer.shape | {blanked})
        found[name] = peer
    return found


def made_again(have: Mapping[str, Peer], want: Mapping[str, Peer]) -> dict[str, str]:
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
            found[context] = {owner(line): not line.startswith("no ") for line in lines}
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
    peers = peers_of(have[name,])
    lines: list[str] = []
    for peer in peers.values():
        active = told.get(peer.name, not printed_on)
        # a member's is told where it differs from its group's; another's where it differs from the default
        if not peer.group and active != printed_on:
            lines.append(f"neighbor {peer.name} activate" if active else f"no neighbor {peer.name} activate")
    for line in have.get(family, ()):
        known = peers.get(owner(line))
        if not line.endswith(" activate") or (known and known.group):
            lines.append(line)
    return {**have, family: lines}


def _group(peer: Peer) -> str:
    return f"peer-group {peer.group}" if peer.group else "no peer-group"
