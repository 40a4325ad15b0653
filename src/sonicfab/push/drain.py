"""Traffic away from a switch before it is interrupted: BGP graceful shutdown (RFC 8326), proven at its neighbours.

SONiC's own TSA does nothing for peers that are in frr.conf. With `bgp graceful-shutdown` FRR adds the community
GRACEFUL_SHUTDOWN to all it announces, and its eBGP peers give such a path the local preference 0, so that any other
path is better (FRR bgpd/bgp_route.c, bgp_update()).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.access import Access
from sonicfab.errors import SwitchError
from sonicfab.frr import conf
from sonicfab.hints import first_of
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.runner import run_all
from sonicfab.switch.state.routes import BGP_ROUTES, Route

WITHIN = 20.0
"""Seconds for the neighbours to change their routes."""
ASK_EVERY = 0.5
STABLE = 2.0
"""Seconds without a change after which what still leads there has no other way."""


LINE = "bgp graceful-shutdown"


def drained(frr: str) -> str:
    """A frr.conf with which FRR starts drained, so that nobody sends anything before its routes are there."""
    heads = {number for number, context, line in conf.lines(frr) if len(context) == 1 and _is_bgp(context) and not line}
    lines = enumerate(frr.splitlines(keepends=True), 1)
    return "".join(f"{line} {LINE}\n" if number in heads else line for number, line in lines)


def _is_bgp(context: conf.Context) -> bool:
    return context[0].startswith("router bgp ")


@dataclass(frozen=True)
class Drain:
    """Drains switches of a fabric."""

    access: Access
    plan: FabricPlan

    def request(self, running_frr: str) -> dict[str, str]:
        """What FRR is told, and what takes it back; file name -> text.

        Raises:
            SwitchError: no BGP runs.
        """
        router = next((context[0] for context in conf.read(running_frr) if context and _is_bgp(context)), "")
        if not router:
            raise SwitchError("there is no BGP to drain")
        return {
            "frr.delta": f"{router}\n {LINE}\nexit\n",
            "frr.delta2": "",
            "frr.undo": f"{router}\n no {LINE}\nexit\n",
            "frr.undo2": "",
        }

    def wait(self, name: str, stop: threading.Event) -> int:
        """Wait until no neighbour sends anything through a switch that can go another way, or until `stop` is set.

        Returns the number of routes that still lead through it: to the switch itself, and those without another path.

        Raises:
            SwitchError, TransportError: a neighbour could not be asked, or goes on sending.
        """
        neighbors = dict.fromkeys(session.far.switch for session in self.plan.switches[name].fabric_sessions)
        outcomes = run_all(neighbors, lambda far, _: self._moved(name, self.plan.switches[far], stop))
        for one in outcomes:
            if one.error:
                raise one.error
        return sum(one.value or 0 for one in outcomes)

    def _moved(self, name: str, far: SwitchPlan, stop: threading.Event) -> int:
        """Wait for one neighbour; how many of its routes lead on to `name`."""
        ports = {one.interface for one in far.fabric_sessions if one.far.switch == name}
        with contextlib.closing(self.access.open(far)) as switch:
            routes = switch.get(BGP_ROUTES)
            since = time.monotonic()
            deadline = since + WITHIN
            while (shared := _shared(routes, ports)) or _moving(routes) or time.monotonic() - since < STABLE:
                if stop.is_set():
                    return 0
                if time.monotonic() > deadline:
                    break
                time.sleep(ASK_EVERY)
                now = switch.get(BGP_ROUTES)
                if now != routes:
                    routes, since = now, time.monotonic()
        if shared:
            raise SwitchError(f"{far.name} still sends through {name} after {WITHIN:.0f} s: {first_of(shared)}")
        return sum(not ports.isdisjoint(route.ports) for route in routes.values())


def _moving(routes: Mapping[str, Route]) -> bool:
    """Whether a route that zebra has selected is not in the kernel yet: its traffic still takes the old way."""
    return not all(route.installed for route in routes.values())


def _shared(routes: Mapping[str, Route], ports: set[str]) -> list[str]:
    """The prefixes whose traffic these ports share with others: they have another way."""
    return sorted(
        prefix for prefix, route in routes.items() if 0 < len(ports.intersection(route.ports)) < len(route.ports)
    )
