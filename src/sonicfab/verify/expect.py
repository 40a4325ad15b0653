"""What the plan lets one expect of each switch. Pure."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sonicfab.plan.types import FabricPlan, Family, IpAddress, Session, SwitchPlan


@dataclass(frozen=True)
class Expectations:
    """Of one switch.

    Attributes:
        sessions: with other switches; each must be established in each of its families.
        host_peers: peers on host ports: they may be there or not.
        loopbacks: switch -> its addresses, for every switch whose routes reach this one.
    """

    plan: SwitchPlan
    sessions: tuple[Session, ...]
    host_peers: frozenset[str]
    loopbacks: Mapping[str, Mapping[Family, IpAddress]]

    @property
    def count(self) -> int:
        """How many single expectations these are: sessions, routes and pings, each per family."""
        sessions = sum(len(session.families) for session in self.sessions)
        return sessions + 2 * sum(len(addresses) for addresses in self.loopbacks.values())


class FabricExpectations:
    """The expectations of all switches of a fabric."""

    def __init__(self, plan: FabricPlan) -> None:
        self._plan = plan

    def of(self, switch: SwitchPlan) -> Expectations:
        """What is expected of one switch."""
        return Expectations(
            plan=switch,
            sessions=tuple(switch.fabric_sessions),
            host_peers=frozenset(session.peer for group, session in switch.sessions if group.kind == "host"),
            loopbacks={
                name: self._addresses[name] for name in self._plan.switches if name in self._seen_by[switch.name]
            },
        )

    @cached_property
    def _addresses(self) -> dict[str, dict[Family, IpAddress]]:
        found: dict[str, dict[Family, IpAddress]] = {}
        for name, switch in self._plan.switches.items():
            pairs = ((family, switch.loopback(family)) for family in self._plan.families)
            found[name] = {family: address for family, address in pairs if address is not None}
        return found

    @cached_property
    def _seen_by(self) -> dict[str, set[str]]:
        """Switch -> the switches whose loopbacks reach it by BGP."""
        seen: dict[str, set[str]] = {name: set() for name in self._plan.switches}
        for origin in self._plan.switches:
            for name in self._reach(origin):
                seen[name].add(origin)
        return seen

    def _reach(self, origin: str) -> set[str]:
        """The switches that an announcement of `origin` reaches.

        BGP drops a path that has one's own AS number in it: two spines of one ASN do not see each other's loopback
        through a leaf. Each switch passes on its shortest path; the breadth-first order finds that first.
        """
        switches = self._plan.switches
        paths: dict[str, tuple[int, ...]] = {origin: ()}
        queue = deque([origin])
        while queue:
            name = queue.popleft()
            path = (switches[name].asn, *paths[name])
            for far in self._neighbors[name]:
                if far not in paths and switches[far].asn not in path:
                    paths[far] = path
                    queue.append(far)
        return paths.keys() - {origin}

    @cached_property
    def _neighbors(self) -> dict[str, list[str]]:
        neighbors: dict[str, list[str]] = defaultdict(list)
        for name, switch in self._plan.switches.items():
            neighbors[name] = list(dict.fromkeys(session.switch for session in switch.fabric_sessions))
        return neighbors
