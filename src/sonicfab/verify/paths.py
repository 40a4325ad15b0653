"""Which ways BGP takes through the planned fabric: the next hops of every loopback at every switch. Pure.

BGP's decision (FRR bgpd/bgp_route.c bgp_path_info_cmp, with `bestpath as-path multipath-relax`): all sessions are
external and nothing sets weight, local preference or MED, so the shortest AS path wins, all of that length are used up
to `maximum-paths`, and a switch drops a path that has its own AS number in it. A switch announces one best path alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sonicfab.families import Family
from sonicfab.model.fields import Endpoint
from sonicfab.plan.bgp import Session
from sonicfab.plan.types import FabricPlan


@dataclass(frozen=True, slots=True)
class Paths:
    """How a switch reaches another.

    Attributes:
        ports: the ports of all equally good paths.
        count: how many of them are used: `maximum-paths` may be fewer.
        certain: which ones follows from the plan. It does not where a path's AS numbers depend on which of several
            equal paths another switch happens to announce, and that decides whether it is dropped.
    """

    ports: frozenset[str]
    count: int
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Outage:
    """What is known not to work: sessions by their ends, and whole switches."""

    sessions: frozenset[Endpoint] = frozenset()
    switches: frozenset[str] = frozenset()

    def __or__(self, other: Outage) -> Outage:
        """Both."""
        return Outage(self.sessions | other.sessions, self.switches | other.switches)

    def __bool__(self) -> bool:
        """Whether anything is."""
        return bool(self.sessions or self.switches)


@dataclass(frozen=True, slots=True)
class _Reached:
    """What a switch knows of an origin: neighbours that it goes by, and the AS numbers of its best path.

    `always` are on each path that it may announce, `maybe` on some; each a set of bits.
    """

    neighbors: frozenset[str]
    always: int
    maybe: int
    certain: bool


class PathFinder:
    """The ways of one family.

    Origins with the same neighbours, whose AS numbers are shared alike, are each other's mirror image: for all of
    them together one search is done, and their names change places in its result.
    """

    def __init__(self, plan: FabricPlan, family: Family, broken: Outage = Outage()) -> None:
        self._plan, self._family, self._broken = plan, family, broken
        self._found: dict[str, dict[str, _Reached]] = {}
        self._made: dict[tuple[str, frozenset[str], bool], Paths] = {}

    def of(self, switch: str, origin: str) -> Paths | None:
        """How `switch` reaches the loopback of `origin`; None when BGP does not bring it there."""
        if switch == origin:
            return None
        representative = self._representatives.get(origin)
        if representative is None:
            return None
        place = {origin: representative, representative: origin}.get(switch, switch)
        reached = self._search(representative).get(place)
        if reached is None:
            return None
        neighbors = reached.neighbors
        if origin != representative and not neighbors.isdisjoint((origin, representative)):
            swapped = {origin: representative, representative: origin}
            neighbors = frozenset(swapped.get(name, name) for name in neighbors)
        return self._over(switch, neighbors, reached.certain)

    def _over(self, switch: str, neighbors: frozenset[str], certain: bool) -> Paths:
        """The way over some neighbours; a switch has few of them to all the others."""
        known = (switch, neighbors, certain)
        if known not in self._made:
            ports = frozenset(port for name in neighbors for port in self._links[switch][name])
            self._made[known] = Paths(ports, min(len(ports), self._plan.bgp.maximum_paths), certain)
        return self._made[known]

    def origins(self, switch: str) -> Iterator[str]:
        """The switches whose loopbacks come to this one, in the plan's order."""
        return (name for name in self._plan.switches if self.of(switch, name) is not None)

    @cached_property
    def _links(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Switch -> neighbour -> ports of the sessions with it."""
        links: dict[str, dict[str, tuple[str, ...]]] = {}
        down = self._broken
        for name, switch in self._plan.switches.items():
            ports: dict[str, list[str]] = defaultdict(list)
            for session in switch.fabric_sessions if name not in down.switches else ():
                if self._family in session.families and not self._is_down(name, session):
                    ports[session.far.switch].append(session.interface)
            links[name] = {far: tuple(sorted(set(own))) for far, own in ports.items()}
        return links

    def _is_down(self, name: str, session: Session) -> bool:
        down = self._broken
        if session.far.switch in down.switches:
            return True
        return Endpoint(name, session.interface) in down.sessions or session.far in down.sessions

    @cached_property
    def _bits(self) -> dict[str, int]:
        """Switch -> the bit of its AS number."""
        numbers = {switch.asn for switch in self._plan.switches.values()}
        bit = {number: 1 << place for place, number in enumerate(sorted(numbers))}
        return {name: bit[switch.asn] for name, switch in self._plan.switches.items()}

    @cached_property
    def _representatives(self) -> dict[str, str]:
        """Origin -> the first one that is its mirror image."""
        shared = Counter(switch.asn for switch in self._plan.switches.values())
        first: dict[object, str] = {}
        found: dict[str, str] = {}
        for name, switch in self._plan.switches.items():
            if name in self._broken.switches or switch.loopback(self._family) is None:
                continue
            counts = frozenset((far, len(ports)) for far, ports in self._links[name].items())
            # alone: any other number would do as well
            key = (switch.asn if shared[switch.asn] > 1 else None, counts)
            found[name] = first.setdefault(key, name)
        return found

    def _search(self, origin: str) -> dict[str, _Reached]:
        """Level by level: the switches that the announcement reaches with one, two ... AS numbers."""
        if origin in self._found:
            return self._found[origin]
        found = {origin: _Reached(frozenset(), 0, 0, certain=True)}
        level = [origin]
        while level:
            offers: dict[str, list[str]] = defaultdict(list)
            for name in level:
                for far in self._links[name]:
                    if far not in found:
                        offers[far].append(name)
            after: dict[str, _Reached] = {}
            for name, neighbors in offers.items():
                reached = self._choose(name, neighbors, found)
                if reached is not None:
                    after[name] = reached
            found |= after
            level = list(after)
        del found[origin]
        self._found[origin] = found
        return found

    def _choose(self, name: str, neighbors: Collection[str], found: Mapping[str, _Reached]) -> _Reached | None:
        own = self._bits[name]
        paths = {far: (found[far].always | self._bits[far], found[far].maybe | self._bits[far]) for far in neighbors}
        taken = {far: path for far, path in paths.items() if not path[0] & own}
        if not taken:
            return None
        certain = all(not path[1] & own and found[far].certain for far, path in taken.items())
        always, maybe = -1, 0
        for path in taken.values():
            always &= path[0]
            maybe |= path[1]
        return _Reached(frozenset(taken), always, maybe, certain)
