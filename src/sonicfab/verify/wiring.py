"""Cables as LLDP tells of them, against the plan; and the fewest moves that make them right. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.plan.types import FabricPlan
from sonicfab.switch.state.lldp import LldpNeighbor


@dataclass(frozen=True, slots=True)
class FarEnd:
    """Who is at the other end: a switch of the plan and its port; "" where that is not known.

    `said` is what the neighbour calls itself and its port.
    """

    switch: str
    port: str
    said: str

    @property
    def end(self) -> Endpoint:
        """The switch and its port, where both are known."""
        return Endpoint(self.switch, self.port)

    def __str__(self) -> str:
        """SWITCH:PORT, or what it calls itself."""
        return f"{self.switch}:{self.port}" if self.switch and self.port else self.said


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do with cables: `swap` the plugs of two ports, or `move` one to a port that is free."""

    action: str
    first: Endpoint
    second: Endpoint

    def __str__(self) -> str:
        """As an instruction."""
        if self.action == "move":
            return f"move the plug in {self.first} to {self.second}"
        if self.first.switch == self.second.switch:
            return f"swap the plugs in {self.first} and {self.second.port}"
        return f"swap the plugs in {self.first} and {self.second}"


class Directory:
    """Finds the switch and port of the plan that a neighbour's LLDP frame tells; `planned` is who should be there."""

    def __init__(self, plan: FabricPlan) -> None:
        self.planned = planned_wiring(plan)
        self._by_mac = {switch.mac.lower(): name for name, switch in plan.switches.items() if switch.mac}
        self._names = set(plan.switches)
        self._ports = {
            name: {word.lower(): port.name for port in switch.ports for word in (port.name, port.alias)}
            for name, switch in plan.switches.items()
        }
        self._described = {
            (name, port.far): port.name for name, switch in plan.switches.items() for port in switch.ports if port.far
        }

    def find(self, neighbor: LldpNeighbor) -> FarEnd:
        """By chassis MAC, else by name; its port by alias or name, else by its description.

        lldpmgrd makes the alias a port's id (sonic-buildimage dockers/docker-lldp/lldpmgrd); builds spell aliases
        with other capitals, and until lldpmgrd has come around the id is a MAC address.
        """
        said = f"{neighbor.system_name or neighbor.chassis}:{neighbor.port}"
        switch = self._by_mac.get(neighbor.chassis.lower(), "")
        if not switch and neighbor.system_name in self._names:
            switch = neighbor.system_name
        if not switch:
            return FarEnd("", "", said)
        port = self._ports[switch].get(neighbor.port.lower(), "")
        port = port or self._described.get((switch, Endpoint.of(neighbor.port_description)), "")
        return FarEnd(switch, port, said)


def planned_wiring(plan: FabricPlan) -> dict[Endpoint, Endpoint]:
    """Each end of a planned cable -> the other end."""
    wiring: dict[Endpoint, Endpoint] = {}
    for a, b in (cable for link in plan.links for cable in link.cables):
        wiring[a], wiring[b] = b, a
    return wiring


def actual_wiring(seen: Mapping[Endpoint, FarEnd]) -> dict[Endpoint, Endpoint]:
    """Each end -> the other, as far as both are known; what one end alone tells counts."""
    wiring: dict[Endpoint, Endpoint] = {}
    for end, far in seen.items():
        if far.switch and far.port:
            wiring[end] = far.end
            wiring.setdefault(far.end, end)
    return wiring


def wrong_groups(
    planned: Mapping[Endpoint, Endpoint], actual: Mapping[Endpoint, Endpoint]
) -> list[frozenset[Endpoint]]:
    """Ends that a mistake ties together: from a wrong cable's ends to where they belong, and on, until it closes."""
    wrong = {end for end, far in actual.items() if planned.get(end) != far}
    groups: list[frozenset[Endpoint]] = []
    done: set[Endpoint] = set()
    for end in sorted(wrong, key=_order):
        if end in done:
            continue
        group, todo = set[Endpoint](), [end]
        while todo:
            one = todo.pop()
            if one in group:
                continue
            group.add(one)
            todo += [far for far in (actual.get(one), planned.get(one)) if far is not None]
        done |= group
        groups.append(frozenset(group))
    return groups


def moves(
    planned: Mapping[Endpoint, Endpoint], actual: Mapping[Endpoint, Endpoint], group: Iterable[Endpoint]
) -> list[Move]:
    """The fewest moves that bring the cables of a group to where the plan has them.

    A cycle of n wrong cables needs n - 1 swaps: each puts one cable right, the last one two. A chain ends in a port
    that is free: there a plug is moved instead.
    """
    now = {end: actual[end] for end in group if end in actual}
    found: list[Move] = []
    while True:
        wrong = sorted((end for end, far in now.items() if end in planned and planned[end] != far), key=_order)
        if not wrong:
            return found
        move = min((_move(planned, now, end) for end in wrong), key=lambda one: _cost(*one))[0]
        found.append(move)
        _carry_out(now, move)


def _move(planned: Mapping[Endpoint, Endpoint], now: Mapping[Endpoint, Endpoint], end: Endpoint) -> tuple[Move, bool]:
    """What puts the cable at `end` right: its far plug goes to the port that is planned; and whether that is free."""
    far, wanted = now[end], planned[end]
    free = wanted not in now
    return Move("move" if free else "swap", far, wanted), free


def _cost(move: Move, free: bool) -> tuple[bool, bool, object]:
    """Moves before swaps, on one switch before between two, then in the order of names."""
    return (not free, move.first.switch != move.second.switch, (_order(move.first), _order(move.second)))


def _carry_out(now: dict[Endpoint, Endpoint], move: Move) -> None:
    first, second = move.first, move.second
    far_first, far_second = now.pop(first), now.pop(second, None)
    now[second], now[far_first] = far_first, second
    if far_second is not None:
        now[first], now[far_second] = far_second, first


def _order(end: Endpoint) -> tuple[object, object]:
    return natural_key(end.switch), natural_key(end.port)
