"""Which ways BGP takes through the planned fabric: the next hops of every loopback at every switch. Pure.

BGP's decision (FRR bgpd/bgp_route.c bgp_path_info_cmp, with `bestpath as-path multipath-relax`): nothing sets weight or
local preference, so the shortest AS path wins, of those an external one before an internal one, and all that are then
equal are used up to `maximum-paths`. A switch drops a path that has its own AS number in it, unless the session has
`allowas-in`. It announces one best path alone: what it has from an internal neighbour to no other internal one (RFC
4271 9.2), and to external ones with a metric (plan/policy.py) by which they take what another switch of that AS has.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sonicfab.endpoint import Endpoint
from sonicfab.families import Family
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

    `always` are on each path that it may announce, `maybe` on some; each a set of bits. `internal`: it has it from a
    switch of its AS.
    """

    neighbors: frozenset[str]
    always: int
    maybe: int
    certain: bool
    internal: bool = False


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
                if session.options.shutdown:
                    continue
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
            key = (switch.asn if shared[switch.asn] > 1 else None, counts, name if self._uneven else "")
            found[name] = first.setdefault(key, name)
        return found

    @cached_property
    def _uneven(self) -> bool:
        """Whether sessions are told apart by more than who their ends are: then nobody is a mirror image."""
        groups = [group for switch in self._plan.switches.values() for one in switch.bgp for group in one.groups]
        return any(group.internal for group in groups) or bool(self._allowed)

    @cached_property
    def _allowed(self) -> frozenset[tuple[str, str]]:
        """(switch, neighbour) where the switch takes paths with its own AS number."""
        return frozenset(
            (name, session.far.switch)
            for name, switch in self._plan.switches.items()
            for session in switch.fabric_sessions
            if session.options.allowas_in
        )

    @cached_property
    def _of_others(self) -> frozenset[str]:
        """The switches whose policies are not ours: with which metric they tell a detour is not known."""
        return frozenset(name for name, switch in self._plan.switches.items() if switch.left.policies)

    def _search(self, origin: str) -> dict[str, _Reached]:
        """Level by level: the switches that the announcement reaches with one, two ... AS numbers."""
        if origin in self._found:
            return self._found[origin]
        found = {origin: _Reached(frozenset(), 0, 0, certain=True)}
        level = [origin, *self._inside([origin], found)]
        while level:
            offers: dict[str, list[str]] = defaultdict(list)
            for name in level:
                for far in self._links[name]:
                    if far not in found and self._bits[far] != self._bits[name]:
                        offers[far].append(name)
            after: dict[str, _Reached] = {}
            for name, neighbors in offers.items():
                reached = self._choose(name, neighbors, found)
                if reached is not None:
                    after[name] = reached
            found |= after
            level = [*after, *self._inside(after, found)]
        del found[origin]
        self._found[origin] = found
        return found

    def _inside(self, names: Iterable[str], found: dict[str, _Reached]) -> list[str]:
        """The switches that have it from one of these, which are of their AS; they are found then."""
        offers: dict[str, list[str]] = defaultdict(list)
        for name in names:
            for far in self._links[name]:
                if far not in found and self._bits[far] == self._bits[name]:
                    offers[far].append(name)
        for name, neighbors in offers.items():
            paths = [(found[far].always, found[far].maybe) for far in neighbors]
            always, maybe = _of_any(paths)
            certain = all(found[far].certain for far in neighbors)
            found[name] = _Reached(frozenset(neighbors), always, maybe, certain, internal=True)
        return list(offers)

    def _choose(self, name: str, neighbors: Collection[str], found: Mapping[str, _Reached]) -> _Reached | None:
        own = self._bits[name]
        paths = {far: (found[far].always | self._bits[far], found[far].maybe | self._bits[far]) for far in neighbors}
        allowed = {far for far in paths if (name, far) in self._allowed}
        taken = {far: path for far, path in paths.items() if far in allowed or not path[0] & own}
        of_its_own = {self._bits[far] for far in taken if not found[far].internal}
        better = {
            far: path
            for far, path in taken.items()
            if not found[far].internal or self._bits[far] not in of_its_own or far in self._of_others
        }
        if not better:
            return None
        certain = all(found[far].certain and (far in allowed or not path[1] & own) for far, path in better.items())
        # metrics are compared within one AS; where the best path is of another, bgpd keeps both
        certain = certain and (better == taken or len({self._bits[far] for far in taken}) == 1)
        certain = certain and not any(found[far].internal and far in self._of_others for far in taken)
        return _Reached(frozenset(better), *_of_any(better.values()), certain)


def _of_any(paths: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """(always, maybe) of one of some paths."""
    always, maybe = -1, 0
    for path in paths:
        always &= path[0]
        maybe |= path[1]
    return always, maybe
