"""Routers of others in a lab: for each neighbour outside that is on a port, a host with FRR. Pure; `netns` makes them.

It announces what the fabric is to take from it, the default route where that is named, and takes everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network

from sonicfab.families import Family
from sonicfab.lab.hosts import SPEAKER, host_mac
from sonicfab.lab.spec import BOND, LabHost
from sonicfab.model.fields import SecretRef
from sonicfab.model.policies import Prefix
from sonicfab.plan.bgp import Session
from sonicfab.plan.outside import OutsidePlan
from sonicfab.plan.types import FabricPlan, InterfacePlan, SwitchPlan

Resolve = Callable[[SecretRef, str], str]


def lab_upstreams(plan: FabricPlan, resolve: Resolve) -> tuple[LabHost, ...]:
    """A host for each neighbour outside that is on a port or a bundle.

    One in a network (VLAN), or some hops away, has no cable of its own: there is none for it.

    Raises:
        InputError: the password of a session cannot be found.
    """
    found = (_upstream(plan, one, resolve) for one in plan.outside)
    return tuple(one for one in found if one)


def _upstream(plan: FabricPlan, one: OutsidePlan, resolve: Resolve) -> LabHost | None:
    switch = plan.switches[one.switch]
    interface = switch.interfaces.get(one.interface)
    if interface is None or interface.use != "outside":
        return None
    sessions = [(group, session) for group, session in switch.sessions if group.of_neighbor(one.name)]
    own = BOND if interface.members else "eth0"
    lines = [SPEAKER.format(name=one.name, asn=one.asn, router_id=_router_id(one.name))]
    lines.append(" no bgp network import-check\n")
    for _, session in sessions:
        lines += [f" {line}\n" for line in _neighbor(switch, interface, own, session, resolve)]
    for family in dict.fromkeys(family for _, session in sessions for family in session.families):
        lines.append(f" address-family {family} {family.safi}\n")
        lines += [f"  network {network}\n" for network in _told(one.accepted, family)]
        for _, session in sessions:
            if family in session.families:
                lines.append(f"  neighbor {_far(interface, own, session)} activate\n")
        lines.append(" exit-address-family\n")
    return LabHost(
        one.name,
        one.switch,
        one.interface,
        one.asn,
        host_mac(one.name),
        interface.mtu or plan.mtu,
        (),
        "".join([*lines, "exit\n"]),
        interface.members,
        link_addresses=tuple(_own_addresses(interface, [session for _, session in sessions])),
    )


def _neighbor(switch: SwitchPlan, interface: InterfacePlan, own: str, session: Session, resolve: Resolve) -> list[str]:
    name, options = _far(interface, own, session), session.options
    unnumbered = name == own
    lines = [f"neighbor {name} {'interface ' if unnumbered else ''}remote-as {switch.asn}"]
    lines.append(f"neighbor {name} description {switch.name}:{interface.name}")
    if options.password:
        lines.append(f"neighbor {name} password {resolve(options.password, 'BGP password')}")
    if options.bfd:
        lines.append(f"neighbor {name} bfd")
    lines.append(f"neighbor {name} timers {options.keepalive} {options.hold}")
    lines.append(f"neighbor {name} timers connect {options.connect_retry}")
    return lines


def _far(interface: InterfacePlan, own: str, session: Session) -> str:
    """What the neighbour calls our end: our address in its subnet, or its own interface."""
    near = next((one for one in interface.addresses if _in(session.peer, one.network)), None)
    return str(near.ip) if near else own


def _in(peer: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_network(peer).subnet_of(network)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return False


def _own_addresses(interface: InterfacePlan, sessions: Iterable[Session]) -> Iterable[str]:
    for session in sessions:
        for one in interface.addresses:
            if _in(session.peer, one.network):
                yield f"{session.peer}/{one.network.prefixlen}"


def _told(accepted: Iterable[Prefix], family: Family) -> list[str]:
    """A network for each prefix that it may announce: the shortest that is let in."""
    found = []
    for one in accepted:
        if Family.of(one.network) is family:
            network = one.network
            found.append(f"{network.network_address}/{one.ge or network.prefixlen}")
    return list(dict.fromkeys(found))


def _router_id(name: str) -> str:
    """Of its own in a lab: 10.255 and two bytes of its name."""
    high, low = hashlib.sha256(name.encode()).digest()[:2]
    return f"10.255.{high}.{max(low, 1)}"
