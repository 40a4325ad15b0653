"""Traffic away from a switch before it is interrupted: BGP graceful shutdown (RFC 8326), proven at its neighbours.

SONiC's own TSA does nothing for peers that are in frr.conf. With `bgp graceful-shutdown` FRR adds the community
GRACEFUL_SHUTDOWN to all it announces, and its eBGP peers give such a path the local preference 0, so that any other
path is better (FRR bgpd/bgp_route.c, bgp_update()).
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

from sonicfab.access import Access
from sonicfab.errors import SwitchError
from sonicfab.plan.types import FabricPlan
from sonicfab.switch.operations import Switch
from sonicfab.switch.parse import Route

WITHIN = 20.0
"""Seconds for the neighbours to change their routes."""
ASK_EVERY = 0.5
STABLE = 2.0
"""Seconds without a change after which what still leads there has no other way."""


LINE = "bgp graceful-shutdown"


def drained(frr: str) -> str:
    """A frr.conf with which FRR starts drained, so that nobody sends anything before its routes are there."""
    return "".join(
        f"{line} {LINE}\n" if line.startswith("router bgp ") else line for line in frr.splitlines(keepends=True)
    )


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
        router = next((line for line in running_frr.splitlines() if line.startswith("router bgp ")), "")
        if not router:
            raise SwitchError("there is no BGP to drain")
        return {
            "frr.delta": f"{router}\n {LINE}\nexit\n",
            "frr.delta2": "",
            "frr.undo": f"{router}\n no {LINE}\nexit\n",
            "frr.undo2": "",
        }

    def wait(self, name: str) -> int:
        """Wait until no neighbour sends anything through a switch that can go another way.

        Returns the number of routes that still lead through it: to the switch itself, and those without another path.

        Raises:
            SwitchError, TransportError: a neighbour could not be asked.
        """
        deadline = time.monotonic() + WITHIN
        neighbors = dict.fromkeys(session.switch for session in self.plan.switches[name].fabric_sessions)
        stays = 0
        for far in neighbors:
            ports = {one.port for one in self.plan.switches[far].fabric_sessions if one.switch == name}
            with contextlib.closing(self.access.open(self.plan.switches[far])) as switch:
                stays += self._moved(name, switch, ports, deadline)
        return stays

    def _moved(self, name: str, switch: Switch, ports: set[str], deadline: float) -> int:
        """Wait for one neighbour; how many of its routes lead on through these ports."""
        through = _through(switch.bgp_routes(), ports)
        since = time.monotonic()
        # what shares its traffic with other ports has another way
        while any(through.values()) or time.monotonic() - since < STABLE:
            if time.monotonic() > deadline:
                some = ", ".join(sorted(through)[:3])
                raise SwitchError(f"{switch.name} still sends through {name} after {WITHIN:.0f} s: {some}")
            time.sleep(ASK_EVERY)
            now = _through(switch.bgp_routes(), ports)
            if now != through:
                through, since = now, time.monotonic()
        return len(through)


def _through(routes: dict[str, Route], ports: set[str]) -> dict[str, bool]:
    """Prefix -> whether it has other ports too, of those routes that lead through some ports."""
    return {prefix: bool(set(route.ports) - ports) for prefix, route in routes.items() if set(route.ports) & ports}
