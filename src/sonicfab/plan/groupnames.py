"""What the peer-groups of a fabric are called on a switch: as sonicfab calls them, or as the topology says. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sonicfab.errors import KeyPath, Problem
from sonicfab.model.sessions import HOST, IBGP
from sonicfab.model.topology import Topology
from sonicfab.plan.bgp import PeerGroup
from sonicfab.roles import Role


def named(topology: Topology, switch: str, groups: Iterable[PeerGroup]) -> tuple[PeerGroup, ...]:
    """The groups with the names that the topology gives them, in the order in which FRR prints them."""
    some = list(groups)
    if said := _said(topology, switch):
        names = {one.name for one in some}
        some = [replace(one, name=_name(said, one.name, names)) for one in some]
    # bgpd prints the groups by name: peer_group_cmp() in FRR's bgpd/bgpd.c
    return tuple(sorted(some, key=lambda group: group.name))


def _name(of: Mapping[str, str], name: str, all_: Collection[str]) -> str:
    """Of `SPINE-V4`: what is said of spine, with the family behind it where there is `SPINE-V6`, too."""
    word, _, family = name.partition("-")
    said = of.get(word.lower())
    both = {f"{word}-V4", f"{word}-V6"} <= {*all_}
    return name if said is None else f"{said}-{family}" if both else said


def _said(topology: Topology, switch: str) -> Mapping[str, str]:
    entry = topology.switches.get(switch)
    return {**topology.bgp.peer_groups, **(entry.peer_groups if entry else {})}


def name_problems(
    topology: Topology, sessions: Iterable[tuple[str, str]], roles: Mapping[str, Role], hosts: Iterable[str]
) -> Iterator[Problem]:
    """Two groups of one name on a switch; `sessions` are (switch, role of the far end or ibgp), `hosts` switches."""
    if not topology.bgp.peer_groups and not any(one.peer_groups for one in topology.switches.values()):
        return
    words: dict[str, set[str]] = defaultdict(set)
    for switch, word in [*sessions, *((switch, HOST) for switch in hosts)]:
        words[switch].add(word)
    for switch in (one for one in roles if one in words):
        said = _said(topology, switch)
        taken = {one.name: one.name for one in topology.outside if one.switch == switch}
        for word in sorted(words[switch]):
            name = said.get(word, word.upper())
            other = taken.setdefault(name, word)
            if other != word and word in said:
                entry = topology.switches.get(switch)
                own = entry is not None and word in entry.peer_groups
                path: KeyPath = ("switches", switch, "peer_groups", word) if own else ("bgp", "peer_groups", word)
                message = f"on {switch}, the sessions of {other} and of {word} would have one peer-group {name}"
                yield Problem("topology", path, message, "give them two names, or this switch its own `peer_groups`")


def group_word(kind: str, far: Role) -> str:
    """The word for the group of a session with a switch of that role."""
    return IBGP if kind == IBGP else far
