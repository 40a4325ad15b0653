"""What the topology leaves as it is on a switch."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.errors import Problem
from sonicfab.model.leave import FRR_WORD, places_of
from sonicfab.model.topology import Topology
from sonicfab.ownership.left import Left, Place


def left_on(topology: Topology, switch: str) -> Left:
    """What the topology leaves on all switches, and its entry on this one."""
    entry = topology.switches.get(switch)
    words = {*topology.leave, *(entry.leave if entry else ())}
    places = (Place(*place) for word in words if word != FRR_WORD for place in places_of(word))
    return Left(frozenset(places), frr=FRR_WORD in words)


def useless(topology: Topology) -> Iterator[Problem]:
    """`leave` of switches that are ours whole, where nothing is another's."""
    for name, entry in topology.switches.items():
        if entry.leave and (entry.ownership or topology.ownership) == "everything":
            message = f"{name} is ours whole: nothing of it is left"
            yield Problem("topology", ("switches", name, "leave"), message, "give it `ownership: planned`", on_key=True)
    owned = {topology.ownership, *(one.ownership for one in topology.switches.values())}
    if topology.leave and "planned" not in owned:
        message = "the switches are ours whole: nothing of them is left"
        yield Problem("topology", ("leave",), message, "give the fabric `ownership: planned`", on_key=True)
