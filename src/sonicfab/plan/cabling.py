"""The cables and host ports of a topology, resolved to real ports of real switches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sonicfab.configdb import natural_key
from sonicfab.endpoint import NOWHERE, Endpoint
from sonicfab.errors import KeyPath, Problem, Severity
from sonicfab.model.bundles import Bundle
from sonicfab.model.outside import Outside
from sonicfab.model.sessions import UNSAID, SessionOptions
from sonicfab.model.topology import Link, Mesh, Topology
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.plan.ports import NOTHING_SAID, PortSettings, no_port, settled_ports
from sonicfab.plan.types import Cable, LinkPlan, SwitchSettings
from sonicfab.plan.vlans import Membership, memberships
from sonicfab.platforms import Platform, PlatformPort


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port with a server behind it; Mb/s and bytes. `path` is the topology's entry that names it.

    `fec` is "" where the topology gives none; `outside`: it is no server, but a neighbour of somebody else's.
    """

    switch: str
    port: str
    speed: int
    mtu: int
    description: str
    path: KeyPath
    fec: str = ""
    bgp: SessionOptions = UNSAID
    outside: Outside | None = None


@dataclass(frozen=True, slots=True)
class Cabling:
    """What is plugged in where, in natural order.

    `port_channels` are those of each switch; `settings` is what the topology says of single ports and bundles.
    """

    links: tuple[LinkPlan, ...]
    hosts: tuple[HostPort, ...]
    port_channels: Mapping[str, tuple[PortChannelPlan, ...]]
    settings: Mapping[Endpoint, PortSettings] = field(default_factory=dict)

    def said(self, end: Endpoint) -> PortSettings:
        """What `ports:` says of a port or a bundle."""
        return self.settings.get(end, NOTHING_SAID)

    @property
    def members(self) -> dict[Endpoint, PortChannelPlan]:
        """Port -> the port channel that it is a member of."""
        channels = ((name, one) for name, some in self.port_channels.items() for one in some)
        return {Endpoint(name, port): one for name, one in channels for port in one.members}

    def channel(self, end: Endpoint) -> PortChannelPlan | None:
        """The port channel of that name; None where it is a port."""
        return next((one for one in self.port_channels.get(end.switch, ()) if one.name == end.port), None)

    @property
    def others(self) -> dict[Endpoint, PortSettings]:
        """Those with settings that are neither of a link nor a host port: for VLANs, or for nothing yet."""
        taken = {end for link in self.links for cable in ((link.a, link.b), *link.cables) for end in cable}
        taken |= {Endpoint(host.switch, host.port) for host in self.hosts} | self.members.keys()
        taken |= {
            Endpoint(name, port) for name, some in self.port_channels.items() for one in some for port in one.members
        }
        return {end: said for end, said in self.settings.items() if end not in taken}


@dataclass(frozen=True, slots=True)
class _Link:
    """A link as the topology names it, and where it does so; `bundle` where it is more than one cable."""

    path: KeyPath
    ends: Cable
    mtu: int
    speed: int | None
    fec: str
    bgp: SessionOptions
    bundle: Bundle | None = None
    vlans: tuple[Membership, ...] = ()

    @property
    def cables(self) -> tuple[Cable, ...]:
        return (self.bundle.link if self.bundle else None) or (self.ends,)


HOST_PORT = "a host port"


def members(topology: Topology) -> dict[str, KeyPath]:
    """The switches that the topology names, each with the first place that names it.

    A role under host ports names none: it picks among those that `links` and `switches` name.
    """
    named: dict[str, KeyPath] = {name: ("switches", name) for name in topology.switches}
    for link in _links(topology):
        for end in link.ends:
            named.setdefault(end.switch, link.path)
    for index, entry in enumerate(topology.hosts.ports):
        for position, name in enumerate(entry.switches):
            named.setdefault(name, ("hosts", "ports", index, "switches", position))
    for index, neighbor in enumerate(topology.outside):
        named.setdefault(neighbor.switch, ("outside", index, "switch"))
    for section in ("bundles", "ports", "routes", "aggregates", "redistribute"):
        for index, one in enumerate(getattr(topology, section)):
            for position, name in enumerate(one.switches):
                named.setdefault(name, (section, index, "switches", position))
    return named


def resolve(
    topology: Topology, switches: Mapping[str, SwitchSettings], *, complete: bool
) -> tuple[Cabling, list[Problem]]:
    """The cabling, and every problem in it.

    `switches` are those of the fabric whose settings are known; `complete` says that these are all of them.
    """
    settings, found = settled_ports(topology, switches, bundle_names(topology), complete=complete)
    plugs = _Plugs(switches, settings, found)
    links = [link for said in _links(topology) if (link := plugs.link(said))]
    for index, bundle in enumerate(topology.bundles):
        plugs.to_servers(bundle, ("bundles", index), topology.mtu)
    outside = _outside(topology, plugs)
    hosts = [*outside, *_hosts(topology, switches, plugs, complete=complete), *_hosts_by_port(topology, plugs)]
    cabling = Cabling(
        tuple(sorted(links, key=lambda link: natural_key(link.name))),
        tuple(sorted(hosts, key=lambda host: (natural_key(host.switch), natural_key(host.port)))),
        plugs.port_channels(),
        settings,
    )
    for end, said in cabling.others.items():
        if end not in plugs.uses:  # what is wrong with a port of a bundle that cannot be is told
            plugs.other(end, said)
    plugs.look_at_uses(cabling)
    return cabling, plugs.problems


def bundle_names(topology: Topology) -> dict[str, set[str]]:
    """Switch -> what its bundles are called."""
    names: dict[str, set[str]] = {}
    for bundle in topology.bundles:
        for switch in (end.switch for end in bundle.link[0]) if bundle.link else bundle.switches:
            names.setdefault(switch, set()).add(bundle.name_on(switch))
    return names


def cables_alone(topology: Topology) -> Iterator[Problem]:
    """Cables that are wrong on whatever switches: to itself, or a port that two of them name alike."""
    taken: dict[str, str] = {}
    for link in _links(topology):
        if link.ends[0].switch == link.ends[1].switch:
            yield Problem("topology", link.path, f"a link from {link.ends[0].switch} to itself")
            continue
        for one, other in link.cables:
            for end in (one, other):
                first = taken.setdefault(str(end), f"{one} - {other}")
                if first != f"{one} - {other}":
                    yield Problem("topology", link.path, f"{end} is used twice", f"the first use is link {first}")


def speed_text(speed: int) -> str:
    """25000 -> 25G."""
    return f"{speed // 1000}G" if speed % 1000 == 0 else f"{speed}M"


def _links(topology: Topology) -> Iterator[_Link]:
    for index, entry in enumerate(topology.links):
        path: KeyPath = ("links", index)
        mtu = entry.mtu or topology.mtu
        if not isinstance(entry, Mesh):
            carried = memberships(entry, topology.networks)
            yield _Link(path, entry.link, mtu, entry.speed, entry.fec or "", _bgp(entry), vlans=carried)
            continue
        for leaf, spine_ports in entry.leaves.items():
            uplinks = iter(entry.uplinks)
            for spine in entry.spines:
                for spine_port in spine_ports:
                    ends = (Endpoint(spine, spine_port), Endpoint(leaf, next(uplinks)))
                    yield _Link((*path, "leaves", leaf), ends, mtu, entry.speed, entry.fec or "", entry.bgp)
    for index, bundle in enumerate(topology.bundles):
        if not bundle.link:
            continue
        a, b = (Endpoint(end.switch, bundle.name_on(end.switch)) for end in bundle.link[0])
        carried, mtu = memberships(bundle, topology.networks), bundle.mtu or topology.mtu
        yield _Link(("bundles", index), (a, b), mtu, bundle.speed, bundle.fec or "", _bgp(bundle), bundle, carried)


def _bgp(entry: Link | Bundle) -> SessionOptions:
    """What a link says of its sessions; one that carries VLANs has none."""
    return entry.bgp.model_copy(update={"session": "none"}) if entry.use else entry.bgp


def _hosts(
    topology: Topology, switches: Mapping[str, SwitchSettings], plugs: _Plugs, *, complete: bool
) -> Iterator[HostPort]:
    for index, entry in enumerate(topology.hosts.ports):
        path: KeyPath = ("hosts", "ports", index)
        by_role = [name for name, one in switches.items() if one.role == entry.role]
        if entry.role and not by_role and complete:
            plugs.report((*path, "role"), f"no switch of this fabric is a {entry.role}")
        where = (*path, "ports")
        for switch in dict.fromkeys([*entry.switches, *by_role]):
            for name in entry.ports:
                if channel := plugs.channel(Endpoint(switch, name)):
                    if host := plugs.host_channel(channel, Endpoint(switch, name), where, path, entry.description):
                        yield replace(host, bgp=entry.bgp)
                    continue
                port = plugs.take(Endpoint(switch, name), where, HOST_PORT)
                if port is None:
                    continue
                said = plugs.said(end := Endpoint(switch, port.name))
                if said.use not in (None, "bgp"):
                    message = f"{end} is a host port: `hosts` names it"
                    plugs.report(said.path("use"), message, "take it out of one of both", alike="host port")
                speed = said.speed or entry.speed or port.speed
                if plugs.can_do(switch, port, speed, said.paths.get("speed", where)):
                    mtu = said.mtu or entry.mtu or topology.mtu
                    description = entry.description if said.description is None else said.description
                    yield HostPort(switch, port.name, speed, mtu, description, path, entry.fec or "", entry.bgp)


def _outside(topology: Topology, plugs: _Plugs) -> Iterator[HostPort]:
    """The ports and bundles behind which neighbours of others are."""
    for index, one in enumerate(topology.outside):
        if one.interface is None or one.interface in topology.networks or one.switch not in plugs.switches:
            continue
        path: KeyPath = ("outside", index)
        where, end = (*path, "interface"), Endpoint(one.switch, one.interface)
        if channel := plugs.channel(end):
            if host := plugs.host_channel(channel, end, where, path, one.description or one.name):
                yield replace(host, bgp=one.bgp, outside=one)
            continue
        port = plugs.take(end, where, f"that of {one.name}, outside")
        if port is None:
            continue
        said = plugs.said(end := Endpoint(one.switch, port.name))
        if said.use is not None:
            plugs.report(said.path("use"), f"{end} is the port of {one.name}: `outside` names it", "take it out here")
        speed, mtu = said.speed or one.speed or port.speed, said.mtu or one.mtu or topology.mtu
        if plugs.can_do(one.switch, port, speed, said.paths.get("speed", where)):
            description = (one.description or one.name) if said.description is None else said.description
            yield HostPort(one.switch, port.name, speed, mtu, description, path, one.fec or "", one.bgp, one)


def _hosts_by_port(topology: Topology, plugs: _Plugs) -> Iterator[HostPort]:
    """The host ports of `ports:`; those that `hosts` names already only get their settings from there."""
    for end, said in plugs.settings.items():
        if said.use != "bgp" or plugs.uses.get(end) == HOST_PORT:
            continue
        path = said.path("use")
        if not plugs.is_port(end):
            if (channel := plugs.channel(end)) and (host := plugs.host_channel(channel, end, path, path[:-1])):
                yield host
            continue
        port = plugs.take(end, path, HOST_PORT)
        if port is not None and plugs.can_do(end.switch, port, said.speed or port.speed, said.path("speed", "use")):
            speed, mtu = said.speed or port.speed, said.mtu or topology.mtu
            yield HostPort(end.switch, port.name, speed, mtu, said.description or "", path[:-1])


def _port_channel(
    said: _Bundled, end: Endpoint, members: tuple[str, ...], own: PortSettings, far: Endpoint = NOWHERE
) -> PortChannelPlan:
    """The port channel of a bundle at one end; what `ports:` says of it by its name goes over the bundle's own."""
    bundle, mtu, speed, path = said
    description = bundle.description if own.description is None else own.description
    return PortChannelPlan(
        name=end.port,
        members=members,
        mtu=own.mtu or mtu,
        speed=speed,
        path=path,
        fec=bundle.fec or "",
        description=str(far) if description is None else description,
        far=far,
        fast_rate={"fast": "true", "slow": "false"}.get(bundle.lacp_rate or "", ""),
        min_links=bundle.min_links or 0,
        fallback="" if bundle.fallback is None else str(bundle.fallback).lower(),
        admin_status=own.admin or bundle.admin or "up",
    )


_Bundled = tuple[Bundle, int, int, KeyPath]
"""(bundle, its MTU, the speed of its members, its place)."""


class _Plugs:
    """Which ports there are and which are taken; collects the problems."""

    def __init__(
        self,
        switches: Mapping[str, SwitchSettings],
        settings: Mapping[Endpoint, PortSettings],
        problems: list[Problem],
    ) -> None:
        self.switches, self.settings, self.problems = switches, settings, problems
        self.uses: dict[Endpoint, str] = {}
        self._channels: dict[str, list[PortChannelPlan]] = {}

    def report(self, path: KeyPath, message: str, hint: str = "", *, warning: bool = False, alike: str = "") -> None:
        """Note a problem of the topology."""
        severity: Severity = "warning" if warning else "error"
        self.problems.append(Problem("topology", path, message, hint, severity, alike=alike))

    def link(self, said: _Link) -> LinkPlan | None:
        """The link between real ports; None (and a problem) when it cannot be."""
        one, other = said.ends
        if one.switch == other.switch:
            self.report(said.path, f"a link from {one.switch} to itself")
            return None
        cables = [self._cable(said, cable) for cable in said.cables]
        speeds = {speed for _, speed in filter(None, cables)}
        if len(speeds) > 1:
            self._different(speeds, said.path)
        if not all(cables) or len(speeds) > 1:
            return None
        self._look_at_tiers(said)
        members = tuple(ends for ends, _ in filter(None, cables))
        a, b = members[0] if said.bundle is None else sorted(said.ends, key=lambda end: natural_key(end.switch))
        link = LinkPlan(a, b, speeds.pop(), said.mtu, said.path, fec=said.fec, bgp=said.bgp, vlans=said.vlans)
        return self._bundled(replace(link, members=members), said.bundle) if said.bundle else link

    def _cable(self, said: _Link, ends: Cable) -> tuple[Cable, int] | None:
        """A cable, its ends sorted, and its speed."""
        one, other = ends
        ports = [self.take(end, said.path, f"link {one} - {other}") for end in ends]
        if ports[0] is None or ports[1] is None:
            return None
        pairs = sorted(((one.switch, ports[0]), (other.switch, ports[1])), key=lambda pair: natural_key(pair[0]))
        speed = self._speed(said, pairs)
        for end in (Endpoint(switch, port.name) for switch, port in pairs):
            if (own := self.said(end)).use:
                message = f"{end} is a port of link {one} - {other}: it has no other use"
                self.report(own.path("use"), message, "take it out here")
        (a, a_port), (b, b_port) = pairs
        return None if speed is None else ((Endpoint(a, a_port.name), Endpoint(b, b_port.name)), speed)

    def _bundled(self, link: LinkPlan, bundle: Bundle) -> LinkPlan | None:
        """The link, whose port channels are noted on both switches."""
        for position, (end, far, _) in enumerate(link.ends):
            if end in self.uses:
                self.report(link.path, f"{end} is used twice", f"the first use is {self.uses[end]}")
                return None
            self.uses[end] = f"bundle {link.name}"
            members = tuple(cable[position].port for cable in link.members)
            channel = _port_channel((bundle, link.mtu, link.speed, link.path), end, members, self.said(end), far)
            self._channels.setdefault(end.switch, []).append(channel)
        return link

    def to_servers(self, bundle: Bundle, path: KeyPath, mtu: int) -> None:
        """The port channels of a bundle that leads to no switch of the fabric."""
        for switch in () if bundle.link else bundle.switches:
            end = Endpoint(switch, bundle.name_on(switch))
            ports = [self.take(Endpoint(switch, name), path, f"bundle {end}") for name in bundle.ports]
            taken = [port for port in ports if port is not None]
            if len(taken) < len(ports):
                continue
            if end in self.uses:
                self.report(path, f"{end} is used twice", f"the first use is {self.uses[end]}")
                continue
            self.uses[end] = f"bundle {end}"
            asked = [(port, self.said(Endpoint(switch, port.name))) for port in taken]
            each = [
                (port, own.speed or bundle.speed or port.speed, own.paths.get("speed", path)) for port, own in asked
            ]
            possible = [self.can_do(switch, port, speed, where) for port, speed, where in each]
            speeds = {speed for _, speed, _ in each}
            if all(possible) and len(speeds) > 1:
                self._different(speeds, path)
            elif all(possible):
                members = tuple(port.name for port in taken)
                said = (bundle, bundle.mtu or mtu, max(speeds), path)
                self._channels.setdefault(switch, []).append(_port_channel(said, end, members, self.said(end)))

    def look_at_uses(self, cabling: Cabling) -> None:
        """Tell of bundles to servers that are for nothing."""
        for name, channels in cabling.port_channels.items():
            for end, one in ((Endpoint(name, one.name), one) for one in channels if not one.far):
                if self.uses[end] != HOST_PORT and self.said(end).use is None:
                    hint = f"say what {one.name} is for in `ports`, such as use: bgp"
                    self.report(one.path, f"{end} carries nothing: nobody says what it is for", hint, warning=True)

    def _different(self, speeds: Collection[int], path: KeyPath) -> None:
        both = " and ".join(map(speed_text, sorted(speeds)))
        self.report(path, f"the members have different speeds: {both}", "LACP bundles ports of one speed")

    def channel(self, end: Endpoint) -> PortChannelPlan | None:
        """The port channel of that name; None where there is none."""
        return next((one for one in self._channels.get(end.switch, ()) if one.name == end.port), None)

    def host_channel(
        self, channel: PortChannelPlan, end: Endpoint, where: KeyPath, path: KeyPath, description: str = ""
    ) -> HostPort | None:
        """A bundle behind which a server speaks BGP; None (and a problem) when it is something else."""
        if channel.far or self.uses[end] == HOST_PORT:
            self.report(where, f"{end} is used twice", f"the first use is {self.uses[end]}")
            return None
        self.uses[end] = HOST_PORT
        text = description or channel.description
        return HostPort(end.switch, end.port, channel.speed, channel.mtu, text, path, channel.fec)

    def port_channels(self) -> Mapping[str, tuple[PortChannelPlan, ...]]:
        """Those of each switch, in natural order."""
        return {
            name: tuple(sorted(some, key=lambda one: natural_key(one.name))) for name, some in self._channels.items()
        }

    def take(self, end: Endpoint, path: KeyPath, use: str) -> PlatformPort | None:
        """The port that an endpoint names, by name or alias; None when it is not there or taken already."""
        settings = self.switches.get(end.switch)
        if settings is None:
            return None  # that switch has problems of its own, told elsewhere
        port = settings.table.named.get(end.port)
        if port is None:
            self.problems.append(no_port(settings, end.port, path))
            return None
        key = Endpoint(end.switch, port.name)
        if key in self.uses:
            self.report(path, f"{key} is used twice", f"the first use is {self.uses[key]}")
            return None
        self.uses[key] = use
        return port

    def said(self, end: Endpoint) -> PortSettings:
        """What `ports:` says of a port."""
        return self.settings.get(end, NOTHING_SAID)

    def is_port(self, end: Endpoint) -> bool:
        """True for a port, False for a bundle."""
        return end.port in self.switches[end.switch].table

    def other(self, end: Endpoint, said: PortSettings) -> None:
        """Look at a port that is for VLANs, or for nothing yet."""
        if not self.is_port(end):
            return
        port = self.switches[end.switch].table[end.port]
        self.can_do(end.switch, port, said.speed or port.speed, said.path("speed"))

    def can_do(self, switch: str, port: PlatformPort, speed: int, path: KeyPath) -> bool:
        """True when the port can run at that speed; else a problem says what it can."""
        speeds = self._platform(switch).speeds_of(port)
        if speed in speeds:
            return True
        can = ", ".join(speed_text(one) for one in speeds)
        platform = self.switches[switch].platform.name
        message = f"{switch}:{port.name} ({platform}) cannot do {speed_text(speed)}"
        self.report(path, message, f"it can do {can}", alike=f"{platform} {port.speed}")
        return False

    def _speed(self, cable: _Link, pairs: list[tuple[str, PlatformPort]]) -> int | None:
        said = {end: self.said(end) for end in (Endpoint(switch, port.name) for switch, port in pairs)}
        asked = [(str(end), one.speed, one.paths["speed"]) for end, one in said.items() if one.speed]
        asked = [("the link", cable.speed, cable.path), *asked] if cable.speed else asked
        if len({speed for _, speed, _ in asked}) > 1:
            ends = " and ".join(f"{who} {speed_text(speed)}" for who, speed, _ in asked)
            self.report(asked[-1][2], f"the ends have different speeds: {ends}", "a link has one speed at both ends")
            return None
        if asked:
            _, speed, path = asked[0]
            possible = [self.can_do(switch, port, speed, path) for switch, port in pairs]
            return speed if all(possible) else None
        (a, a_port), (b, b_port) = pairs
        if a_port.speed == b_port.speed:
            return a_port.speed
        both = set(self._platform(a).speeds_of(a_port)) & set(self._platform(b).speeds_of(b_port))
        ends = " and ".join(f"{switch}:{port.name} {speed_text(port.speed)}" for switch, port in pairs)
        hint = f"give the link a speed that both can do: {', '.join(map(speed_text, sorted(both)))}" if both else ""
        self.report(cable.path, f"the ends have different speeds: {ends}", hint)
        return None

    def _look_at_tiers(self, cable: _Link) -> None:
        roles = [self.switches[end.switch].role for end in cable.ends]
        if roles[0].tier == roles[1].tier and cable.bgp.session is None:
            names = " and ".join(f"{end.switch} ({role})" for end, role in zip(cable.ends, roles, strict=True))
            self.report(cable.path, f"this link joins two switches of one tier: {names}", warning=True)

    def _platform(self, switch: str) -> Platform:
        return self.switches[switch].platform
