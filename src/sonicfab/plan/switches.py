"""Each switch of a fabric as it is planned: by itself, of what is plugged into it, when somebody asks for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from ipaddress import ip_interface
from operator import attrgetter
from threading import Lock
from typing import Literal

from sonicfab.builds import Build
from sonicfab.configdb import natural_key
from sonicfab.endpoint import NOWHERE, Endpoint
from sonicfab.ipam import alone, link_end
from sonicfab.model.topology import SONIC_MTU, SwitchEntry, Topology
from sonicfab.plan.bgp import BgpInstance, PeerGroup
from sonicfab.plan.border import outside_routing
from sonicfab.plan.cabling import Cabling, HostPort
from sonicfab.plan.extra import Extra
from sonicfab.plan.interfaces import LOOPBACK, InterfaceKind
from sonicfab.plan.leave import left_on
from sonicfab.plan.networks import Networks
from sonicfab.plan.numbers import Allotment
from sonicfab.plan.origin import with_routes
from sonicfab.plan.outside import OutsidePlan
from sonicfab.plan.ports import NOTHING_SAID, PortSettings
from sonicfab.plan.sessions import Routing
from sonicfab.plan.speeds import shared_speeds
from sonicfab.plan.types import (
    FabricPlan,
    InterfacePlan,
    LinkPlan,
    Loopbacks,
    PortPlan,
    PortPlanUse,
    SwitchPlan,
    SwitchSettings,
)
from sonicfab.plan.unified import is_unified
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import PortTable, ports_of


class Switches(Mapping[str, SwitchPlan]):
    """The switches of a fabric by name, each planned when it is first asked for, and kept then.

    Ten thousand of them are more than one wants in memory at once: `forget` is for who goes through them one by one.
    """

    def __init__(self, names: Iterable[str], plan: Callable[[str], SwitchPlan]) -> None:
        self._plan = plan
        self._planned: dict[str, SwitchPlan | None] = dict.fromkeys(names)
        self._lock = Lock()

    def __getitem__(self, name: str) -> SwitchPlan:
        with self._lock:  # two threads get the same one: some places look for a session by its identity
            found = self._planned[name]
            if found is None:
                found = self._planned[name] = self._plan(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._planned)

    def __len__(self) -> int:
        return len(self._planned)

    def __contains__(self, name: object) -> bool:
        return name in self._planned

    def __reduce__(self) -> tuple[type, tuple[dict[str, SwitchPlan]]]:
        """As a value for other processes: all of them."""
        return dict, (dict(self),)

    def forget(self, name: str) -> None:
        """Plan it anew when it is asked for again."""
        self._planned[name] = None


def forget(plan: FabricPlan, switch: str) -> None:
    """Take no more memory for a switch that nobody is going to ask for again."""
    if isinstance(plan.switches, Switches):
        plan.switches.forget(switch)


@dataclass(slots=True)
class _At:
    """What the topology has at one switch."""

    links: list[LinkPlan] = field(default_factory=list)
    hosts: list[HostPort] = field(default_factory=list)
    others: list[tuple[str, PortSettings]] = field(default_factory=list)


class Planner:
    """Plans switch by switch, once all is known of the fabric that they have to do with each other."""

    def __init__(
        self,
        topology: Topology,
        settings: Mapping[str, SwitchSettings],
        links: Iterable[LinkPlan],
        cabling: Cabling,
        allotment: Allotment,
        networks: Networks,
        outside: tuple[OutsidePlan, ...],
    ) -> None:
        self._topology, self._settings, self._cabling = topology, settings, cabling
        self._allotment, self._networks, self._outside = allotment, networks, outside
        self._at = {name: _At() for name in settings}
        for link in links:
            for end in (link.a, link.b):
                self._at[end.switch].links.append(link)
        for host in cabling.hosts:
            self._at[host.switch].hosts.append(host)
        for end, said in cabling.others.items():
            self._at[end.switch].others.append((end.port, said))
        self._with_outside = {one.switch for one in outside}
        self._routing = Routing(topology, {name: one.role for name, one in settings.items()}, allotment.asns)
        self._same: dict[tuple[object, ...], tuple[PlatformPort, PortSettings, PortPlan]] = {}
        self._to_host = lru_cache(maxsize=1024)(_to_host)

    def switch(self, name: str) -> SwitchPlan:
        """One of them."""
        topology, settings, at = self._topology, self._settings[name], self._at[name]
        loopbacks = Loopbacks(self._allotment.ipv4.get(name), self._allotment.ipv6.get(name))
        asn = self._allotment.asns.get(name, 0)
        groups, maps = self._routing.of(name, at.links, at.hosts)
        if name in self._with_outside:  # sessions and policies towards neighbours of others, beside those of the fabric
            out, policies = outside_routing(topology, self._outside, name, asn, loopbacks)
            groups, maps = tuple(sorted((*groups, *out), key=lambda one: one.name)), (*maps, *policies)
        plan = SwitchPlan(
            **dict(zip(_SETTINGS, _settings_of(settings), strict=True)),
            asn=asn,
            loopbacks=loopbacks,
            ports=self._all_ports(settings, at),
            interfaces=self._interfaces(name, at, loopbacks),
            port_channels=self._cabling.port_channels.get(name, ()),
            bgp=self._instances(name, asn, loopbacks, groups),
            route_maps=maps if loopbacks.ipv4 else (),
            vlans=self._networks.vlans[name],
            ownership=(topology.switches.get(name) or SwitchEntry()).ownership or topology.ownership,
            extra=Extra.of(topology, name),
            left=left_on(topology, name),
            unified=is_unified(topology, name),
        )
        return with_routes(topology, plan)

    def _instances(
        self, name: str, asn: int, loopbacks: Loopbacks, groups: tuple[PeerGroup, ...]
    ) -> tuple[BgpInstance, ...]:
        """BGP of a switch: none without a loopback, which is its router id."""
        if not loopbacks.ipv4:
            return ()
        own = tuple(alone(one).network for one in (loopbacks.ipv4, loopbacks.ipv6) if one is not None)
        return (BgpInstance(asn, loopbacks.ipv4, own, groups, subnets=self._networks.announced(name)),)

    def _all_ports(self, settings: SwitchSettings, at: _At) -> tuple[PortPlan, ...]:
        used = self._set_ports(settings, at)
        unused = _unused_ports(settings)
        if shared := shared_speeds({name: port.speed for name, port in used.items()}, settings):
            at_speed = {name: _at_speed(settings.platform, settings.table[name], one) for name, one in shared.items()}
            unused = {**unused, **at_speed}
        return tuple(used.get(name, port) for name, port in unused.items())

    def _set_ports(self, of: SwitchSettings, at: _At) -> dict[str, PortPlan]:
        """The ports of a switch of which the topology says anything.

        The fabric's MTU is for ports in use alone: another one for all would be 50 more changes of each switch.
        """
        found: dict[str, PortPlan] = {}
        channels = self._cabling.port_channels.get(of.name, ())
        members = {port: one for one in channels for port in one.members}
        for link in at.links:
            position = 0 if link.a.switch == of.name else 1
            use: PortPlanUse = "member" if link.members else "link"
            for cable in link.cables:
                name, far = cable[position].port, cable[1 - position]
                mtu = members[name].mtu if name in members else link.mtu
                found[name] = self._port(
                    of, name, link.speed, mtu, use, link.fec, self._described(of, name, str(far)), far
                )
        for name, one in members.items():
            if not one.far:
                described = self._described(of, name, one.description)
                found[name] = self._port(of, name, one.speed, one.mtu, "member", one.fec, described)
        for host in at.hosts:
            if not self._cabling.channel(Endpoint(of.name, host.port)):
                use = "outside" if host.outside else "host"
                described = host.description or "host"
                found[host.port] = self._port(of, host.port, host.speed, host.mtu, use, host.fec, described)
        for name, said in at.others:
            if row := of.table.get(name):
                use = said.use if said.use in ("access", "trunk") else "unused"
                mtu = SONIC_MTU if use == "unused" else self._topology.mtu
                found[name] = self._port(of, name, said.speed or row.speed, mtu, use, "", said.description or "")
        return found

    def _described(self, of: SwitchSettings, port: str, otherwise: str) -> str:
        said = self._cabling.said(Endpoint(of.name, port)).description
        return otherwise if said is None else said

    def _port(
        self,
        of: SwitchSettings,
        name: str,
        speed: int,
        mtu: int,
        use: PortPlanUse,
        fec: str,
        description: str,
        far: Endpoint = NOWHERE,
    ) -> PortPlan:
        """A port in use; those of servers are alike on many switches, and one value for all."""
        row, said = of.table[name], self._cabling.said(Endpoint(of.name, name))
        if far:
            return _port(of.platform, row, speed, mtu, use, fec, said, description, far)
        key = id(row), of.platform.name, id(said), speed, mtu, use, fec, description
        if key not in self._same:  # and keep both, so that no other values get their identities
            self._same[key] = row, said, _port(of.platform, row, speed, mtu, use, fec, said, description)
        return self._same[key][2]

    def _interfaces(self, name: str, at: _At, loopbacks: Loopbacks) -> dict[str, InterfacePlan]:
        """The interfaces of a switch by name, in natural order."""
        found = [*self._networks.interfaces(name), *(self._over(link, name) for link in at.links if not link.vlans)]
        for host in at.hosts:
            channel = self._cabling.channel(Endpoint(name, host.port))
            kind = InterfaceKind.PORT_CHANNEL if channel else InterfaceKind.PORT
            members, outside = channel.members if channel else (), host.outside
            addresses = tuple(str(one) for one in outside.address) if outside else ()
            use: Literal["host", "outside"] = "outside" if outside else "host"
            found.append(self._to_host(host.port, kind, use, members, addresses, host.mtu))
        own = tuple(alone(one) for one in (loopbacks.ipv4, loopbacks.ipv6) if one is not None)
        if own:
            found.append(InterfacePlan(LOOPBACK, InterfaceKind.LOOPBACK, addresses=own))
        return {one.name: one for one in sorted(found, key=lambda one: natural_key(one.name))}

    def _over(self, link: LinkPlan, switch: str) -> InterfacePlan:
        """The interface of a switch at a link; the ports of one that carries VLANs are members of those."""
        position = 0 if link.a.switch == switch else 1
        end, _, number = link.ends[position]
        own = [network for network in (link.ipv4, link.ipv6) if network is not None]
        return InterfacePlan(
            end.port,
            InterfaceKind.PORT_CHANNEL if link.members else InterfaceKind.PORT,
            "link",
            tuple(cable[position].port for cable in link.members),
            link_local=not own,
            addresses=tuple(link_end(network, number) for network in own),
            mtu=self._cabling.said(end).mtu or link.mtu,
        )


def _to_host(
    name: str,
    kind: InterfaceKind,
    use: Literal["host", "outside"],
    members: tuple[str, ...],
    addresses: tuple[str, ...],
    mtu: int,
) -> InterfacePlan:
    own = tuple(ip_interface(one) for one in addresses)
    return InterfacePlan(name, kind, use, members, link_local=not own, addresses=own, mtu=mtu)


def _unused_ports(switch: SwitchSettings) -> Mapping[str, PortPlan]:
    """The ports of a switch, nothing plugged in; one value for all switches of a model whose ports are as they came."""
    plain = _plain_ports(switch.platform, switch.build)
    if switch.table is ports_of(switch.platform, switch.build):
        return plain
    row = frozenset({"alias", "index", "lanes", "speed"})  # of a port that is there because the topology breaks one out
    return {
        name: port if name in plain and plain[name].lanes == port.lanes else replace(port, decided=row)
        for name, port in _unplugged(switch.platform, switch.table).items()
    }


@lru_cache(maxsize=64)
def _plain_ports(platform: Platform, build: Build) -> Mapping[str, PortPlan]:
    return _unplugged(platform, ports_of(platform, build))


def _unplugged(platform: Platform, table: PortTable) -> Mapping[str, PortPlan]:
    return {port.name: _port(platform, port, port.speed, SONIC_MTU, "unused") for port in table.values()}


@lru_cache(maxsize=1024)
def _at_speed(platform: Platform, row: PlatformPort, speed: int) -> PortPlan:
    """An unused port whose speed is that of others."""
    return replace(_port(platform, row, speed, SONIC_MTU, "unused"), decided=frozenset({"speed"}))


def _port(
    platform: Platform,
    row: PlatformPort,
    speed: int,
    mtu: int,
    use: PortPlanUse,
    fec: str = "",
    said: PortSettings = NOTHING_SAID,
    description: str = "",
    far: Endpoint = NOWHERE,
) -> PortPlan:
    """A port; what the topology says of it alone goes over what its use makes of it."""
    fec = said.fec or fec or platform.fec.get(speed, "")
    return PortPlan(
        row.name,
        row.alias,
        row.lanes,
        row.index,
        speed,
        "" if fec == "default" else fec,
        said.mtu or mtu,
        use,
        description=description,
        far=far,
        autoneg=None if said.autoneg == "default" else row.autoneg if said.autoneg is None else said.autoneg,
        adv_speeds=said.adv_speeds or (),
        adv_interface_types=said.adv_interface_types or (),
        admin=said.admin,
        decided=said.decided,
        subport=row.subport,
    )


_SETTINGS = tuple(one.name for one in fields(SwitchSettings))
_settings_of = attrgetter(*_SETTINGS)
