"""What a picture of a fabric shows: boxes in rows and lines between them, before anybody knows where.

A tier with many switches is folded: those that lead to the same others are one box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.compare.grouping import compress
from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.plan.types import FabricPlan, LinkPlan, SwitchPlan
from sonicfab.report.picture.states import WORDS, State, Verified, worst, worst_of

FOLDED_ABOVE = 36
"""So many boxes of a row have names that can be read at the width of a screen."""
_GROUPS = 24
"""At most so many boxes of a row that was folded, as far as there are that many reasons to tell them apart."""
_BESIDE_FOLDED = 12
"""So many boxes a row may have beside one that is folded."""
_TOLD = 6


@dataclass(frozen=True)
class Member:
    """A switch, or somebody outside, in a box."""

    name: str
    state: State
    detail: str = ""


@dataclass(frozen=True)
class Box:
    """A box of the picture.

    Attributes:
        kind: the role of its switches; `hosts` or `outside`.
        members: who is in it; of hosts none.
        ports: so many ports with hosts or VLANs are behind its switches.
    """

    key: str
    kind: str
    title: str
    detail: str
    members: tuple[Member, ...]
    state: State

    @property
    def folded(self) -> bool:
        """True when it stands for several."""
        return len(self.members) > 1


@dataclass(frozen=True)
class Line:
    """All cables between two boxes.

    Attributes:
        link, session: what was seen of cables and ports, and of BGP over them.
        cables: how many there are.
        told: each link in a few words, the worst first; at most a few of them.
        bundled: a port channel is among them.
    """

    a: str
    b: str
    cables: int
    link: State
    session: State
    told: tuple[str, ...]
    bundled: bool = False
    bad: int = 0

    @property
    def state(self) -> State:
        """The worst of both."""
        return worst_of((self.link, self.session))


@dataclass(frozen=True)
class Picture:
    """A fabric as it is drawn: rows of boxes from the top to the bottom, and lines between them."""

    fabric: str
    rows: tuple[tuple[Box, ...], ...]
    lines: tuple[Line, ...]
    known: bool
    switches: int = 0
    where: Mapping[str, str] = field(default_factory=dict)
    """Switch -> the box that it is in."""


@dataclass(frozen=True)
class _Cable:
    """A line of one link, before boxes are folded."""

    a: str
    b: str
    cables: int
    link: State
    session: State
    told: str


def picture_of(plan: FabricPlan, verified: Verified, folded_above: int = FOLDED_ABOVE) -> Picture:
    """What is drawn of a fabric; the same for the same plan and verification."""
    cables = [_cable(plan, link, verified) for link in plan.links]
    around: dict[str, set[str]] = defaultdict(set)
    for link in plan.links:
        around[link.a.switch].add(link.b.switch)
        around[link.b.switch].add(link.a.switch)
    tiers: dict[int, list[SwitchPlan]] = defaultdict(list)
    for switch in plan.switches.values():
        tiers[switch.role.tier].append(switch)
    if any(len(some) > folded_above for some in tiers.values()):
        folded_above = min(folded_above, _BESIDE_FOLDED)
    rows = [
        _row([_switch_box(one, verified) for one in sorted(tiers[tier], key=_in_tier)], around, folded_above)
        for tier in sorted(tiers, reverse=True)
    ]
    home = {member.name: box.key for row in rows for box in row for member in box.members}
    above, below, leads = _outside(
        plan, verified, home, tops={one.name for one in tiers[max(tiers)]} if tiers else set()
    )
    if len(tiers) < 2:
        above, below = [], [*above, *below]
    hosts, to_hosts = _hosts(plan, verified, home)
    order = {box.key: number for number, box in enumerate(box for row in rows for box in row)}
    last = sorted([*hosts, *below], key=lambda box: (order[leads.get(box.key) or box.key.partition("/")[2]], box.key))
    every = (tuple(above), *rows, tuple(last))
    at = {box.key: number for number, row in enumerate(every) for box in row}
    lines = _joined([*cables, *to_hosts], home, at)
    return Picture(plan.name, tuple(row for row in every if row), lines, verified.known, len(plan.switches), home)


def _in_tier(switch: SwitchPlan) -> tuple[object, ...]:
    return switch.role, natural_key(switch.name)


def _switch_box(switch: SwitchPlan, verified: Verified) -> Box:
    asn = f"AS {switch.asn}" if switch.asn else "without BGP"
    detail = f"{switch.role}, {switch.platform.name}, {asn}"
    state = verified.switch(switch.name)
    member = Member(switch.name, state, detail)
    return Box(f"s/{switch.name}", str(switch.role), switch.name, asn, (member,), state)


def _row(boxes: Sequence[Box], around: Mapping[str, Iterable[str]], above: int) -> tuple[Box, ...]:
    """The boxes of a tier, folded where they are too many."""
    if len(boxes) <= above:
        return tuple(boxes)
    alike: dict[tuple[str, frozenset[str]], list[Box]] = defaultdict(list)
    for box in boxes:
        alike[box.kind, frozenset(around.get(box.members[0].name, ()))].append(box)
    groups = list(alike.values())
    if len(groups) > _GROUPS:
        kinds: dict[str, list[Box]] = defaultdict(list)
        for box in boxes:
            kinds[box.kind].append(box)
        size = -(-len(boxes) // _GROUPS)
        groups = [some[at : at + size] for some in kinds.values() for at in range(0, len(some), size)]
    return tuple(_folded(some) for some in groups)


def _folded(boxes: Sequence[Box]) -> Box:
    if len(boxes) == 1:
        return boxes[0]
    members = tuple(member for box in boxes for member in box.members)
    state = worst_of(one.state for one in members)
    names = compress(one.name for one in members)
    return Box(f"g/{members[0].name}", boxes[0].kind, f"{len(members)} x {boxes[0].kind}", names, members, state)


def _cable(plan: FabricPlan, link: LinkPlan, verified: Verified) -> _Cable:
    ends = [Endpoint(end.switch, end.port) for pair in ((link.a, link.b), *link.cables) for end in pair]
    hardware = verified.port(*dict.fromkeys(ends))
    sessions = [
        result
        for end in (link.a, link.b)
        for _, session in plan.switches[end.switch].sessions
        if session.interface == end.port
        for result in verified.session(end.switch, session.peer)
    ]
    said = [WORDS[worst(hardware)]] if verified.known else []
    said += [f"{one.switch} {one.subject}: {one.seen}" for one in (*hardware, *sessions) if one.status == "failed"]
    if sessions and verified.known and worst(sessions) == "ok":
        said.append("BGP established")
    name = link.name + (f" ({len(link.cables)} cables)" if len(link.cables) > 1 else "")
    told = ": ".join([name, "; ".join(said)]) if said else name
    return _Cable(link.a.switch, link.b.switch, len(link.cables), worst(hardware), worst(sessions), told)


def _outside(
    plan: FabricPlan, verified: Verified, home: Mapping[str, str], tops: set[str]
) -> tuple[list[Box], list[Box], dict[str, str]]:
    """Those outside: of the switches at the top, of the others, and to which box each of them leads."""
    above: list[Box] = []
    below: list[Box] = []
    leads: dict[str, str] = {}
    for one in plan.outside:
        switch = plan.switches[one.switch]
        peers = [
            session.peer
            for group, session in switch.sessions
            if session.remote_asn and session.interface == one.interface
        ]
        state = worst(result for peer in peers for result in verified.session(one.switch, peer))
        detail = f"AS {one.asn}"
        box = Box(f"o/{one.name}", "outside", one.name, detail, (Member(one.name, state, detail),), state)
        leads[box.key] = home[one.switch]
        (above if one.switch in tops else below).append(box)
    return above, below, leads


def _hosts(plan: FabricPlan, verified: Verified, home: Mapping[str, str]) -> tuple[list[Box], list[_Cable]]:
    """What is behind the switches of each box: servers with BGP, and ports of VLANs; and those outside, as lines."""
    hosts: dict[str, int] = defaultdict(int)
    others: dict[str, int] = defaultdict(int)
    up: dict[str, int] = defaultdict(int)
    lines: list[_Cable] = []
    for name, switch in plan.switches.items():
        behind = {port for one in switch.port_channels if not one.far for port in one.members}
        hosts[home[name]] += len({session.interface for session in switch.host_sessions})
        others[home[name]] += sum(port.use in ("access", "trunk") or port.name in behind for port in switch.ports)
        up[home[name]] += len(
            {s.interface for s in switch.host_sessions if worst(verified.session(name, s.peer)) == "ok"}
        )
    for one in plan.outside:
        sessions = [s for _, s in plan.switches[one.switch].sessions if s.remote_asn and s.interface == one.interface]
        seen = [result for session in sessions for result in verified.session(one.switch, session.peer)]
        port = worst(verified.port(Endpoint(one.switch, one.interface)))
        lines.append(
            _Cable(one.switch, f"o/{one.name}", 1, port, worst(seen), f"{one.switch}:{one.interface} - {one.name}")
        )
    boxes: list[Box] = []
    for key in dict.fromkeys(home.values()):
        words = [f"{hosts[key]} host{'s' * (hosts[key] != 1)}"] if hosts[key] else []
        words += [f"{others[key]} VLAN port{'s' * (others[key] != 1)}"] if others[key] else []
        if words:
            seen_up = f"{up[key]} with BGP" if verified.known and hosts[key] else ""
            boxes.append(Box(f"h/{key}", "hosts", ", ".join(words), seen_up, (), "unknown"))
            lines.append(_Cable(key, f"h/{key}", hosts[key] + others[key], "unknown", "unknown", ", ".join(words)))
    return boxes, lines


def _joined(cables: Iterable[_Cable], home: Mapping[str, str], rows: Mapping[str, int]) -> tuple[Line, ...]:
    """The lines between boxes, each once and from the upper row to the lower, in the order of the links."""
    between: dict[tuple[str, str], list[_Cable]] = defaultdict(list)
    for one in cables:
        a, b = sorted((home.get(end, end) for end in (one.a, one.b)), key=lambda box: rows[box])
        between[(a, b) if (b, a) not in between else (b, a)].append(one)
    return tuple(_line(a, b, some) for (a, b), some in between.items())


def _line(a: str, b: str, some: Sequence[_Cable]) -> Line:
    bad = [one for one in some if worst_of((one.link, one.session)) in ("failed", "unreached")]
    order = [*bad, *(one for one in some if one not in bad)]
    told = [one.told for one in order[:_TOLD]]
    if len(order) > _TOLD:
        told.append(f"... and {len(order) - _TOLD} more")
    return Line(
        a,
        b,
        sum(one.cables for one in some),
        worst_of(one.link for one in some),
        worst_of(one.session for one in some),
        tuple(told),
        any(one.cables > 1 for one in some if not b.startswith("h/")),
        len(bad),
    )
