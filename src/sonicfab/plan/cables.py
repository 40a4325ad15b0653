"""Every cable of a fabric with both ends, as a person finds them on the boxes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sonicfab.configdb import natural_key
from sonicfab.endpoint import Endpoint
from sonicfab.plan.cabling import speed_text
from sonicfab.plan.frontpanel import Cage, front_of
from sonicfab.plan.types import FabricPlan, LinkPlan, PortPlan, SwitchPlan

_RACK = re.compile(r"(?:^|[-_.])r(?:ack)?(\d+)[-_.]u(\d+)$", re.IGNORECASE)
"""A name that ends with rack and unit, such as st01-sw25g-r01-u34 of the testbed of the Sovereign Cloud Stack."""

_SFP = ((1, "SFP"), (10, "SFP+"), (25, "SFP28"), (50, "SFP56"), (100, "SFP112"))
_QSFP = ((10, "QSFP+"), (25, "QSFP28"), (50, "QSFP56"), (100, "QSFP112"))
_QSFP_DD = ((25, "QSFP-DD"), (50, "QSFP-DD"), (100, "QSFP-DD800"))
_FAMILIES = {1: _SFP, 4: _QSFP, 8: _QSFP_DD}
"""Lanes -> (Gb/s of a lane, form factor): SFF-8402 and SFF-8665 name them by what a lane does, QSFP-DD its MSA."""


@dataclass(frozen=True, slots=True)
class CableEnd:
    """One end of a cable, in a port of a switch.

    Attributes:
        number: of the port on the front, counted from 1; a part of one that is split has its place behind it: `49/2`.
        speed: Mb/s.
        plug: what fits there: `QSFP28`, or `QSFP28 4x25G` where the port is split; "" where the model does not tell.
        rack, unit: where the switch is, as its name tells; 0 where it does not.
    """

    switch: str
    port: str
    alias: str
    number: str
    speed: int
    plug: str
    rack: int = 0
    unit: int = 0

    @property
    def end(self) -> Endpoint:
        """The switch and its port."""
        return Endpoint(self.switch, self.port)

    @property
    def label(self) -> str:
        """`SWITCH port 49/2 Ethernet49 (hundredGigE49/2)`, as it is read at the port."""
        return f"{self.switch} port {self.number} {self.port} ({self.alias})"


@dataclass(frozen=True, slots=True)
class CableRun:
    """A cable from end to end.

    Attributes:
        near: the end to which one comes first.
        far: its end at another switch; None where it goes to something that is no switch of the fabric.
        to: what that is, in words; "" where there is a switch.
        bundle: the port channel of the near end that it is a member of; "" for none.
        purpose: what runs over it: `BGP`, `server`, `VLANs a, b`, ...
    """

    near: CableEnd
    far: CableEnd | None
    to: str
    bundle: str
    purpose: str

    @property
    def ends(self) -> tuple[CableEnd, ...]:
        """Those that are in switches."""
        return (self.near,) if self.far is None else (self.near, self.far)


def cables(plan: FabricPlan, switches: Collection[str] | None = None) -> tuple[CableRun, ...]:
    """Every cable once, in the order in which one comes by: rack, unit from the top, port; else by name and port.

    `switches` leaves out those that end at none of these; the near end is at one of them.
    """
    chosen = plan.switches.keys() if switches is None else set(switches)
    names = sorted(plan.switches, key=_walk)
    fronts = {name: _ends(plan.switches[name]) for name in names}
    links = {end: link for link in plan.links for end in (link.a, link.b)}
    outside = {Endpoint(one.switch, one.interface): one.name for one in plan.outside}
    order = {end: position for position, end in enumerate(end for name in names for end in fronts[name])}
    found: list[CableRun] = []
    for name in names:
        switch = plan.switches[name]
        for port in switch.ports:
            here = Endpoint(name, port.name)
            if not port.used or name not in chosen:
                continue
            if port.far and port.far.switch in chosen and order[port.far] < order[here]:
                continue  # told at its other end
            far = fronts[port.far.switch][port.far] if port.far else None
            channel = next((one for one in switch.port_channels if port.name in one.members), None)
            interface = Endpoint(name, channel.name if channel else port.name)
            purpose = _between(links[interface]) if far else _to_others(switch, interface.port, outside.get(interface))
            bundle = channel.name if channel else ""
            to = "" if far else (channel.description if channel else port.description) or purpose
            found.append(CableRun(fronts[name][here], far, to, bundle, purpose))
    return tuple(sorted(found, key=lambda run: order[run.near.end]))


def place_of(switch: str) -> tuple[int, int]:
    """(rack, unit) that the name of a switch tells; zeros where it does not."""
    match = _RACK.search(switch)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _walk(switch: str) -> tuple[bool, int, int, object]:
    rack, unit = place_of(switch)
    return not rack, rack, -unit, natural_key(switch)


def _ends(switch: SwitchPlan) -> dict[Endpoint, CableEnd]:
    """Every port of a switch as the end of a cable, in the order of the front."""
    place = place_of(switch.name)
    found: dict[Endpoint, CableEnd] = {}
    for number, cage in enumerate(front_of(switch), 1):
        for part, port in enumerate(cage.ports, 1):
            shown = f"{number}/{part}" if len(cage.ports) > 1 else str(number)
            end = CableEnd(switch.name, port.name, port.alias, shown, port.speed, plug_of(cage, port), *place)
            found[end.end] = end
    return found


def plug_of(cage: Cage, port: PortPlan) -> str:
    """The form factor that fits into a port for its speed; of one that is split, and into what."""
    if cage.kind:
        return cage.kind
    parts = len(cage.ports)
    lanes = len(port.lanes) if parts == 1 else len(cage.port.lanes)
    single = port.speed / 1000 / len(port.lanes)
    if parts == 1 and lanes > 1 and single < _QSFP[0][0]:  # one lane of it, by an adapter
        fits = _named(_SFP, port.speed / 1000)
        return f"{fits} in an adapter" if fits else ""
    plug = _named(_FAMILIES.get(lanes, ()), single)
    return f"{plug} {parts}x{speed_text(port.speed)}".strip() if parts > 1 else plug


def _named(family: tuple[tuple[int, str], ...], lane: float) -> str:
    return next((name for most, name in family if lane <= most), "")


def _between(link: LinkPlan) -> str:
    """What runs between two switches."""
    if link.vlans:
        return _vlans([one.network for one in link.vlans])
    return "link" if link.bgp.session == "none" else "BGP"


def _to_others(switch: SwitchPlan, interface: str, outside: str | None) -> str:
    """What is behind a port or a port channel that leads to no switch of the fabric."""
    if outside is not None:
        return f"outside: {outside}"
    networks = list(_networks(switch, interface))
    return _vlans(networks) if networks else "server"


def _networks(switch: SwitchPlan, interface: str) -> Iterator[str]:
    return (vlan.network for vlan in switch.vlans for one in vlan.members if one.interface == interface)


def _vlans(networks: list[str]) -> str:
    return f"VLAN{'s' * (len(networks) != 1)} {', '.join(networks)}"
