"""A fabric on stock virtual images, docker-sonic-vs and sonic-vs.img: what differs there from the planned switches.

Their HWSKU is Force10-S6000 with 32 ports of 40G, and their interface eth1 is the port Ethernet0, eth2 is Ethernet4
and so on (containerlab docs/manual/kinds/sonic-vs.md and sonic-vm.md). So the cables of a switch are put on its first
ports, in the order of its own ports; what has no cable in the lab, hosts too, is left out. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sonicfab.configdb import ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError
from sonicfab.hints import first_of
from sonicfab.plan.bgp import BgpInstance, PeerGroup, Session
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.services import without_network
from sonicfab.plan.types import FabricPlan, InterfacePlan, LinkPlan, PortPlan, SwitchPlan
from sonicfab.plan.vlans import VlanPlan

STOCK_KINDS = ("sonic-vs", "sonic-vm")
HWSKU = "Force10-S6000"
PLATFORM = "x86_64-kvm_x86_64-r0"
SPEED = 40000
_LANES = (
    *(25, 29, 33, 37, 45, 41, 1, 5, 13, 9, 17, 21, 53, 49, 57, 61),
    *(69, 65, 73, 77, 109, 105, 113, 117, 125, 121, 81, 85, 93, 89, 101, 97),
)
"""The first of the four lanes of each port: Force10-S6000's port_config.ini, as SONiC's own tests print it."""

_OLD_NICS = 10
"""How many interfaces a sonic-vm had that vrnetlab made before January 2025: vrnetlab pull request 308."""

Mapped = Mapping[Endpoint, str]
"""A planned port -> the port of the stock image."""


@dataclass(frozen=True, slots=True)
class StockPort:
    """A cable's end in a stock lab."""

    interface: str
    port: str
    planned: str


def stock_ports(plan: FabricPlan) -> dict[str, tuple[StockPort, ...]]:
    """Switch -> its cabled ports, in the order of its interfaces.

    Raises:
        InputError: a switch has more cables than the image has ports.
    """
    ends = {end for link in plan.links for cable in link.cables for end in cable}
    ports: dict[str, tuple[StockPort, ...]] = {}
    for name, switch in plan.switches.items():
        cabled = [port.name for port in switch.ports if Endpoint(name, port.name) in ends]
        if len(cabled) > len(_LANES):
            raise InputError(f"{name} has {len(cabled)} cables, and the image {len(_LANES)} ports", "--kind light")
        ports[name] = tuple(StockPort(f"eth{n + 1}", f"Ethernet{4 * n}", port) for n, port in enumerate(cabled))
    return ports


def wider_than_old_images(ports: Mapping[str, tuple[StockPort, ...]]) -> str:
    """What to know of a sonic-vm when switches have more cables than old images have interfaces; "" when none has.

    Such an image boots and leaves those cables dead without a word: containerlab issue 2369.
    """
    wide = [f"{name} ({len(ends)})" for name, ends in ports.items() if len(ends) > _OLD_NICS]
    if not wide:
        return ""
    told = f"more than {_OLD_NICS} cables have {first_of(wide)}"
    needs = "the image must be one that vrnetlab of January 2025 or later has made"
    return f"sonic-vm: {told}: {needs}; older ones have {_OLD_NICS} interfaces, and the others would stay dead"


def stock_plan(plan: FabricPlan) -> FabricPlan:
    """The same fabric with the cables on the ports of the stock image.

    Raises:
        InputError: a switch has more cables than the image has ports.
    """
    mapped = {
        Endpoint(switch, port.planned): port.port for switch, ports in stock_ports(plan).items() for port in ports
    }
    switches = {name: _switch(switch, mapped) for name, switch in plan.switches.items()}
    return replace(plan, switches=switches, links=tuple(_link(link, mapped) for link in plan.links))


def stock_config(config: ConfigDb, *, own_mac: bool = False) -> ConfigDb:
    """A rendered CONFIG_DB for the stock image: its identity, and its management network instead of the inventory's.

    With its `own_mac`, none is said: `config reload` takes that of eth0 then (sonic-utilities 202311 to master
    config/main.py load_sysinfo_if_missing()).
    """
    left_out = ("MGMT_INTERFACE", "MGMT_VRF_CONFIG", "MGMT_PORT")
    localhost = {**config["DEVICE_METADATA"]["localhost"], "hwsku": HWSKU, "platform": PLATFORM}
    if own_mac:
        localhost.pop("mac", None)
    metadata = {**config["DEVICE_METADATA"], "localhost": localhost}
    kept = {table: rows for table, rows in config.items() if table not in left_out}
    return {**kept, "DEVICE_METADATA": metadata}


def _switch(switch: SwitchPlan, mapped: Mapped) -> SwitchPlan:
    ports = tuple(
        _port(switch.name, port, mapped) for port in switch.ports if Endpoint(switch.name, port.name) in mapped
    )
    bgp = tuple(_bgp(switch.name, one, mapped) for one in switch.bgp)
    interfaces = [one for one in (_interface(switch, one, mapped) for one in switch.interfaces.values()) if one]
    channels = tuple(
        replace(one, members=tuple(mapped[Endpoint(switch.name, port)] for port in one.members))
        for one in switch.port_channels
        if _cabled(switch.name, one.members, mapped)
    )
    management = replace(switch.management, vrf=False)
    # the services of the inventory are in its management network, which the lab has not
    return replace(
        switch,
        ports=ports,
        interfaces={one.name: one for one in interfaces},
        port_channels=channels,
        vlans=tuple(_vlan(switch, one, mapped) for one in switch.vlans),
        bgp=bgp,
        management=management,
        services=without_network(switch.services),
    )


def _port(switch: str, port: PortPlan, mapped: Mapped) -> PortPlan:
    name = mapped[Endpoint(switch, port.name)]
    index = int(name.removeprefix("Ethernet")) // 4
    far = _mapped(port.far, mapped)
    return replace(
        port,
        name=name,
        alias=f"fortyGigE0/{4 * index}",
        lanes=tuple(range(_LANES[index], _LANES[index] + 4)),
        index=index,
        speed=SPEED,
        fec="",
        description=port.description.replace(str(port.far), str(far)),
        far=far,
    )


def _interface(switch: SwitchPlan, one: InterfacePlan, mapped: Mapped) -> InterfacePlan | None:
    """The interface on the ports of the image; None for a port that has no cable there."""
    if one.kind == InterfaceKind.VLAN:
        return replace(one, members=tuple(_mapped(end, mapped).port for end in _there(switch, one.ports, mapped)))
    if not _cabled(switch.name, one.ports, mapped):
        return None
    ports = tuple(mapped[Endpoint(switch.name, port)] for port in one.ports)
    return replace(one, name=ports[0]) if one.kind == InterfaceKind.PORT else replace(one, members=ports)


def _cabled(switch: str, ports: Iterable[str], mapped: Mapped) -> bool:
    return all(Endpoint(switch, port) in mapped for port in ports)


def _there(switch: SwitchPlan, names: Iterable[str], mapped: Mapped) -> list[Endpoint]:
    """Those of a switch's ports and port channels that have cables on the image."""
    channels = {one.name for one in switch.port_channels if _cabled(switch.name, one.members, mapped)}
    ends = (Endpoint(switch.name, name) for name in names)
    return [end for end in ends if end in mapped or end.port in channels]


def _vlan(switch: SwitchPlan, vlan: VlanPlan, mapped: Mapped) -> VlanPlan:
    """The VLAN with the members that have cables on the image."""
    members = {Endpoint(switch.name, one.interface): one for one in vlan.members}
    there = _there(switch, (one.interface for one in vlan.members), mapped)
    return replace(vlan, members=tuple(replace(members[end], interface=_mapped(end, mapped).port) for end in there))


def _bgp(switch: str, one: BgpInstance, mapped: Mapped) -> BgpInstance:
    return replace(one, groups=tuple(_group(switch, group, mapped) for group in one.groups if group.inside))


def _group(switch: str, group: PeerGroup, mapped: Mapped) -> PeerGroup:
    return replace(group, sessions=tuple(_session(switch, session, mapped) for session in group.sessions))


def _session(switch: str, session: Session, mapped: Mapped) -> Session:
    port, far = _mapped(Endpoint(switch, session.interface), mapped).port, _mapped(session.far, mapped)
    return replace(
        session,
        peer=port if session.peer == session.interface else session.peer,
        interface=port,
        far=far,
        description=session.description.replace(str(session.far), str(far)),
    )


def _link(link: LinkPlan, mapped: Mapped) -> LinkPlan:
    members = tuple((_mapped(a, mapped), _mapped(b, mapped)) for a, b in link.members)
    return replace(link, a=_mapped(link.a, mapped), b=_mapped(link.b, mapped), members=members, speed=SPEED)


def _mapped(end: Endpoint, mapped: Mapped) -> Endpoint:
    return Endpoint(end.switch, mapped[end]) if end in mapped else end
