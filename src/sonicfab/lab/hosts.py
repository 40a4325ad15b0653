"""Servers on the host ports of a lab: who they are, and what FRR on them is told. Pure; `netns` makes them.

A host is what the fabric's host policy is about: a server that speaks BGP unnumbered on one interface and announces
one address of each family, its own.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from sonicfab.asn import PRIVATE_ASNS
from sonicfab.errors import InputError
from sonicfab.families import Family
from sonicfab.ipam import AddressPool, IpAddress, IpNetwork
from sonicfab.lab.spec import BOND, LabHost
from sonicfab.plan.bgp import Session
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.plan.types import FabricPlan, PortPlan
from sonicfab.plan.vlans import NetworkPlan

ALL_PORTS = 0
"""As a number of hosts per switch: one on each of its host ports."""

SPEAKER = """\
frr defaults traditional
hostname {name}
log file /var/log/frr/bgpd.log
router bgp {asn}
 bgp router-id {router_id}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
"""
"""How the config begins of whatever speaks BGP to a switch of a lab."""
_BGP = """\
 neighbor {interface} interface remote-as external
 neighbor {interface} description {switch}:{port}
 neighbor {interface} timers {keepalive} {hold}
 neighbor {interface} timers connect {connect_retry}
{families}exit
{own}route-map OWN permit 10
 match ip address prefix-list OWN
exit
route-map OWN permit 20
 match ipv6 address prefix-list OWN
exit
"""
_FAMILY = """\
 address-family {family} {family.safi}
  network {address}
  neighbor {interface} activate
  neighbor {interface} route-map OWN out
 exit-address-family
"""


def lab_hosts(plan: FabricPlan, per_switch: int) -> tuple[LabHost, ...]:
    """The hosts of a fabric: one on each host port and each access port, or on the first ports of each switch.

    A port's host has the same numbers however many hosts there are: they go by the place of the port among all host
    ports of the plan.

    Raises:
        InputError: the topology has no host ports, or no addresses for all of them.
    """
    ports = list(_host_ports(plan))
    members = list(_access_ports(plan))
    if not ports and not members:
        raise InputError("the topology has no host ports", "name some under hosts: ports:, or leave --hosts away")
    addresses = {family: _addresses(plan, family, len(ports)) for family in plan.families}
    if ports and not any(addresses.values()):
        raise InputError("the topology gives hosts no addresses", "name networks under hosts: prefixes:")
    numbers = _free_asns(plan)
    found: list[LabHost] = []
    seen: Counter[str] = Counter()
    for place, (switch, port, session) in enumerate(ports):
        asn = next(numbers)
        seen[switch] += 1
        if per_switch != ALL_PORTS and seen[switch] > per_switch:
            continue
        own = {family: addresses[family][place] for family in session.families if addresses[family]}
        found.append(_host(plan, switch, port, asn, own))
    for switch, port, network, place in members:
        inside = f"{switch} {network.name}"
        seen[inside] += 1
        if per_switch == ALL_PORTS or seen[inside] <= per_switch:
            found.append(_in_network(switch, port, network, place))
    return tuple(found)


def _access_ports(plan: FabricPlan) -> Iterator[tuple[str, PortPlan, NetworkPlan, int]]:
    """(switch, port, network, place in it) of the ports that are in one network, untagged, without a switch behind."""
    seen: Counter[str] = Counter()
    networks = {one.name: one for one in plan.networks}
    for name, switch in plan.switches.items():
        ports = {port.name: port for port in switch.ports if port.use == "access"}
        for vlan in switch.vlans:
            for member in vlan.members:
                if member.interface in ports:
                    yield name, ports[member.interface], networks[vlan.network], seen[vlan.network]
                    seen[vlan.network] += 1


def _in_network(switch: str, port: PortPlan, network: NetworkPlan, place: int) -> LabHost:
    """A host with an address of each subnet, and the first address that a switch has in it as its gateway."""
    name, addresses, gateways = f"{switch}-{port.name}", list[str](), list[str]()
    for subnet in network.subnets:
        taken = [one for one in network.gateways if one in subnet]
        free = (one for one in AddressPool(subnet) if one not in taken)
        if address := next(islice(free, place, None), None):
            addresses.append(f"{address}/{subnet.prefixlen}")
            gateways.append(str(taken[0]))
    own, ways = tuple(addresses), tuple(gateways)
    return LabHost(name, switch, port.name, 0, host_mac(name), port.mtu, own, bgp="", gateways=ways)


def _host(
    plan: FabricPlan, switch: str, port: PortPlan | PortChannelPlan, asn: int, own: dict[Family, IpAddress]
) -> LabHost:
    members = port.members if isinstance(port, PortChannelPlan) else ()
    interface = BOND if members else "eth0"
    name = f"{switch}-{port.name}"
    if name in plan.switches:
        raise InputError(f"a host would have the name of the switch {name}")
    prefixes = {family: f"{address}/{address.max_prefixlen}" for family, address in own.items()}
    router_id = own.get(Family.IPV4) or f"10.{asn >> 16 & 255}.{asn >> 8 & 255}.{asn & 255}"
    bgp = (SPEAKER + _BGP).format(
        name=name,
        asn=asn,
        router_id=router_id,
        switch=switch,
        port=port.name,
        keepalive=plan.bgp.keepalive,
        hold=plan.bgp.hold,
        connect_retry=plan.bgp.connect_retry,
        # a server passes nothing on, whatever it has learned
        own="".join(f"{family.command} prefix-list OWN permit {prefix}\n" for family, prefix in prefixes.items()),
        interface=interface,
        families="".join(
            _FAMILY.format(family=family, address=prefix, interface=interface) for family, prefix in prefixes.items()
        ),
    )
    return LabHost(name, switch, port.name, asn, host_mac(name), port.mtu, tuple(prefixes.values()), bgp, members)


def host_mac(name: str) -> str:
    """The MAC address of a host: one of its own, locally administered: IEEE 802c."""
    return ":".join(["02", *(f"{byte:02x}" for byte in hashlib.sha256(name.encode()).digest()[:5])])


def _host_ports(plan: FabricPlan) -> Iterator[tuple[str, PortPlan | PortChannelPlan, Session]]:
    for name, switch in plan.switches.items():
        sessions = {session.interface: session for session in switch.host_sessions}
        ports: list[PortPlan | PortChannelPlan] = [*switch.ports, *switch.port_channels]
        yield from ((name, port, sessions[port.name]) for port in ports if port.name in sessions)


def _addresses(plan: FabricPlan, family: Family, count: int) -> list[IpAddress]:
    """As many addresses as there are host ports; none when the family has no networks for hosts."""
    networks: Iterable[IpNetwork] = plan.hosts.ipv4 if family is Family.IPV4 else plan.hosts.ipv6
    pool = chain.from_iterable(AddressPool(network) for network in networks)
    found = [address for address, _ in zip(pool, range(count), strict=False)]
    if found and len(found) < count:
        raise InputError(
            f"hosts.prefixes.{family} has {len(found)} addresses for {count} host ports",
            "give it a larger network, or more of them",
        )
    return found


def _free_asns(plan: FabricPlan) -> Iterator[int]:
    """Private numbers that no switch has, from the highest down: RFC 6996."""
    used = {switch.asn for switch in plan.switches.values()}
    return (number for number in reversed(PRIVATE_ASNS[-1]) if number not in used)
