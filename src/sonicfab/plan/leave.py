"""What the topology leaves as it is on a switch."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.errors import Problem
from sonicfab.model.leave import FRR_WORD, places_of
from sonicfab.model.topology import Topology
from sonicfab.ownership.left import Left, Place


def left_on(topology: Topology, switch: str) -> Left:
    """What its entry leaves; nothing where there is none."""
    entry = topology.switches.get(switch)
    if entry is None or not entry.leave:
        return NOTHING_LEFT
    places = (Place(*place) for word in entry.leave for place in places_of(word))
    return Left(frozenset(places), frr=FRR_WORD in entry.leave)


NOTHING_LEFT = Left()


def useless(topology: Topology) -> Iterator[Problem]:
    """`leave` of switches that are ours whole, where nothing is another's."""
    for name, entry in topology.switches.items():
        if entry.leave and (entry.ownership or topology.ownership) == "everything":
            message = f"{name} is ours whole: nothing of it is left"
            yield Problem("topology", ("switches", name, "leave"), message, "give it `ownership: planned`", on_key=True)
