"""Which BGP sessions feel a delta: who is reset, who goes and comes, for whom something counts later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface

from sonicfab.frr.bgp import Neighbor, neighbor_of, neighbors_of
from sonicfab.frr.conf import Context, Tree, under
from sonicfab.frr.delta.bgp import instances
from sonicfab.frr.delta.kinds import Felt, find
from sonicfab.frr.delta.peers import in_convention_of, made_again
from sonicfab.frr.delta.types import SessionLater, SessionReset


@dataclass
class Effects:
    """What is felt, by peer; each reason once. `limits` are those whose `maximum-prefix` changes."""

    resets: dict[str, dict[str, None]] = field(default_factory=dict)
    later: dict[str, dict[str, None]] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)
    removed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    def told_resets(self) -> tuple[SessionReset, ...]:
        """For FrrDelta."""
        return tuple(SessionReset(peer, ", ".join(why)) for peer, why in self.resets.items())

    def told_later(self) -> tuple[SessionLater, ...]:
        """For FrrDelta; for a session that is reset everything counts at once."""
        return tuple(SessionLater(p, ", ".join(why)) for p, why in self.later.items() if p not in self.resets)


def effects_of(have: Tree, want: Tree) -> Effects:
    """What the sessions feel when the one config becomes the other."""
    felt = Effects()
    old_names, new_names = instances(have), instances(want)
    old = {name: neighbors_of(have[name,]) for name in old_names}
    new = {name: neighbors_of(want[name,]) for name in new_names}
    before, after = _sessions(old), _sessions(new)
    felt.removed = [name for name in before if name not in after]
    felt.added = [name for name in after if name not in before]
    for name in old_names:
        if name in new:
            _within(felt, in_convention_of(have, want, name), want, name)
        else:
            for peer in _sessions({name: old[name]}):
                if peer in after:
                    felt.resets.setdefault(peer, {})[f"{name} is made again under another number"] = None
    _addresses(felt, have, want)
    return felt


def _sessions(peers: Mapping[str, Mapping[str, Neighbor]]) -> dict[str, None]:
    return {peer.name: None for found in peers.values() for peer in found.values() if not peer.is_group}


def _within(felt: Effects, have: Tree, want: Tree, name: str) -> None:
    old, new = neighbors_of(have[name,]), neighbors_of(want[name,])
    again = made_again(old, new)
    for peer, why in again.items():
        if not new[peer].is_group:
            felt.resets.setdefault(peer, {})[why] = None
    stay = [p for p in old.values() if p.name in new and p.name not in again and not p.is_group]
    down = {p.name for p in stay if _is_down(have, name, p) and _is_down(want, name, new[p.name])}
    members: dict[str, list[str]] = {}
    for one in stay:
        members.setdefault(one.name, []).append(one.name)
        if one.group:
            members.setdefault(one.group, []).append(one.name)
    for context in dict.fromkeys([*under(want, name), *under(have, name)]):
        before, after = set(have.get(context, ())), set(want.get(context, ()))
        for line in sorted(before ^ after):
            kind = find(context, line)
            about = neighbor_of(line)
            if " maximum-prefix " in line:
                felt.limits |= set(members.get(about, ()))
            if kind is None or kind.felt is Felt.NOTHING:
                continue
            table = felt.resets if kind.felt is Felt.RESET else felt.later
            for peer in members.get(about, []) if about else [p.name for p in stay]:
                if peer not in down:
                    why = _why(context, kind.key(line), about if about != peer else "")
                    table.setdefault(peer, {})[why] = None


def _why(context: Context, key: str, group: str) -> str:
    """`password of peer-group SPINE changes`; never the line, which may hold a secret."""
    what = " ".join(key.split(" ")[2:]) if key.startswith("neighbor ") else key
    if what == "activate":
        what = context[-1].removeprefix("address-family ")
        return f"{what} is switched on or off" + (f" for peer-group {group}" if group else "")
    return f"{what} of peer-group {group} changes" if group else f"{what} changes"


def _is_down(tree: Tree, name: str, peer: Neighbor) -> bool:
    starts = tuple(f"neighbor {one} shutdown" for one in (peer.name, peer.group) if one)
    return any(line.startswith(starts) for line in tree[name,])


def _addresses(felt: Effects, have: Tree, want: Tree) -> None:
    """A session goes with the address that it comes from, or through which its peer is reached."""
    for context, lines in have.items():
        if not context or not context[0].startswith("interface "):
            continue
        name = context[0].split(" ")[1]
        gone = [line for line in lines if " address " in line and line not in want.get(context, ())]
        for address in (ip_interface(line.split(" ")[2]) for line in gone):
            for peer in _through(have, name, address):
                if peer not in felt.removed:
                    felt.resets.setdefault(peer, {})[f"{name} loses {address}"] = None


def _through(have: Tree, interface: str, address: IPv4Interface | IPv6Interface) -> Iterator[str]:
    """The neighbours whose sessions use an address of an interface."""
    for instance in instances(have):
        lines = set(have[instance,])
        for peer in neighbors_of(have[instance,]).values():
            try:
                far = ip_address(peer.name)
            except ValueError:
                continue  # a peer-group, or an interface, whose session is between link-local addresses
            owners = (peer.name, peer.group)
            sources = {f"neighbor {one} update-source {said}" for one in owners for said in (interface, address.ip)}
            if far.version == address.version and (far in address.network or sources & lines):
                yield peer.name
