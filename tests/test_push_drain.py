"""Draining a switch: what its neighbours must say before it counts as drained."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

import pytest

from sonicfab.access import Access
from sonicfab.errors import SwitchError
from sonicfab.plan.types import FabricPlan
from sonicfab.push import drain
from sonicfab.push.drain import Drain
from sonicfab.transport import CommandResult, Transport
from test_push_steps import clos

Routes = dict[str, tuple[list[str], bool]]
"""Prefix -> ports, and whether the kernel has it."""


class Neighbor(Transport):
    """A neighbour that answers with one table of routes after the other, and with the last one from then on."""

    def __init__(self, tables: Sequence[Routes]) -> None:
        self.tables, self.asked = list(tables), 0

    def run(self, command: str, *, stdin: bytes = b"", timeout: float = 60.0) -> CommandResult:  # noqa: ARG002
        assert "route bgp json" in command
        table = self.tables[min(self.asked, len(self.tables) - 1)]
        self.asked += 1
        document = {
            prefix: [
                {
                    "selected": True,
                    "queued" if not installed else "installed": True,
                    "nexthops": [{"interfaceName": port, "active": True} for port in ports],
                }
            ]
            for prefix, (ports, installed) in table.items()
        }
        return CommandResult(command, 0, json.dumps(document) + "{}", "", 0.0)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("WITHIN", 3.0), ("ASK_EVERY", 0.02), ("STABLE", 0.3)):
        monkeypatch.setattr(drain, name, seconds)


def waited(plan: FabricPlan, neighbors: dict[str, Neighbor]) -> int:
    access = Access(lambda switch: neighbors[switch.name], provides=frozenset())
    return Drain(access, plan).wait("spine0", threading.Event())


def uplinks(plan: FabricPlan, leaf: str) -> list[str]:
    return [one.interface for one in plan.switches[leaf].fabric_sessions]


def test_all_neighbors_are_waited_for_at_once() -> None:
    """Each takes its quiet time: for a spine of twelve leaves that is more than all the time that there is."""
    plan = clos(2, 12)
    neighbors = {}
    for leaf in (name for name in plan.switches if "leaf" in name):
        first, second = uplinks(plan, leaf)
        own: Routes = {"10.9.9.9/32": ([first], True)}
        shared: Routes = {**own, "10.0.0.1/32": ([first, second], True)}
        neighbors[leaf] = Neighbor([shared, shared, {**own, "10.0.0.1/32": ([second], True)}])
    assert waited(plan, neighbors) == 12, "its own loopback has no other way"


def test_a_route_that_is_not_in_the_kernel_is_waited_for() -> None:
    plan = clos(2, 1)
    first, second = uplinks(plan, "leaf0")
    queued: Routes = {"10.0.0.1/32": ([second], False)}
    leaf = Neighbor([{"10.0.0.1/32": ([first, second], True)}, *[queued] * 40, {"10.0.0.1/32": ([second], True)}])
    assert waited(plan, {"leaf0": leaf}) == 0
    assert leaf.asked > 42, "and then a quiet time"


def test_a_neighbor_that_goes_on_sending_is_named() -> None:
    plan = clos(2, 2)
    neighbors = {}
    for leaf in ("leaf0", "leaf1"):
        first, second = uplinks(plan, leaf)
        ports = [second] if leaf == "leaf0" else [first, second]
        neighbors[leaf] = Neighbor([{"10.0.0.1/32": (ports, True)}])
    with pytest.raises(SwitchError, match=r"leaf1 still sends through spine0 after 3 s: 10\.0\.0\.1/32"):
        waited(plan, neighbors)
