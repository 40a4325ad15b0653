"""The cables and host ports of a topology, resolved to real ports of real switches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sonicfab.builds import Build
from sonicfab.configdb import natural_key
from sonicfab.errors import KeyPath, Problem, Severity
from sonicfab.hints import did_you_mean
from sonicfab.model.fields import Endpoint
from sonicfab.model.topology import Mesh, Topology
from sonicfab.plan.types import LinkPlan, SwitchSettings
from sonicfab.platforms import Platform, PlatformPort
from sonicfab.ports import ports_of


@dataclass(frozen=True, slots=True)
class HostPort:
    """A port with a server behind it; Mb/s and bytes. `path` is the topology's entry that names it.

    `fec` is "" where the topology gives none.
    """

    switch: str
    port: str
    speed: int
    mtu: int
    description: str
    path: KeyPath
    fec: str = ""


@dataclass(frozen=True, slots=True)
class Cabling:
    """What is plugged in where, in natural order."""

    links: tuple[LinkPlan, ...]
    hosts: tuple[HostPort, ...]


@dataclass(frozen=True, slots=True)
class _Cable:
    """A link as the topology names it, and where it does so."""

    path: KeyPath
    ends: tuple[Endpoint, Endpoint]
    mtu: int
    speed: int | None
    fec: str


def members(topology: Topology) -> dict[str, KeyPath]:
    """The switches that the topology names, each with the first place that names it.

    A role under host ports names none: it picks among those that `links` and `switches` name.
    """
    named: dict[str, KeyPath] = {name: ("switches", name) for name in topology.switches}
    for cable in _cables(topology):
        for end in cable.ends:
            named.setdefault(end.switch, cable.path)
    for index, entry in enumerate(topology.hosts.ports):
        for position, name in enumerate(entry.switches):
            named.setdefault(name, ("hosts", "ports", index, "switches", position))
    return named


def resolve(
    topology: Topology, switches: Mapping[str, SwitchSettings], *, complete: bool
) -> tuple[Cabling, list[Problem]]:
    """The cabling, and every problem in it.

    `switches` are those of the fabric whose settings are known; `complete` says that these are all of them.
    """
    plugs = _Plugs(switches)
    links = [link for cable in _cables(topology) if (link := plugs.link(cable))]
    hosts = list(_hosts(topology, switches, plugs, complete=complete))
    cabling = Cabling(
        tuple(sorted(links, key=lambda link: natural_key(link.name))),
        tuple(sorted(hosts, key=lambda host: (natural_key(host.switch), natural_key(host.port)))),
    )
    return cabling, plugs.problems


def cables_alone(topology: Topology) -> Iterator[Problem]:
    """Cables that are wrong on whatever switches: to itself, or a port that two of them name alike."""
    taken: dict[str, str] = {}
    for cable in _cables(topology):
        one, other = cable.ends
        if one.switch == other.switch:
            yield Problem("topology", cable.path, f"a link from {one.switch} to itself")
            continue
        for end in cable.ends:
            first = taken.setdefault(str(end), f"{one} - {other}")
            if first != f"{one} - {other}":
                yield Problem("topology", cable.path, f"{end} is used twice", f"the first use is link {first}")


def speed_text(speed: int) -> str:
    """25000 -> 25G."""
    return f"{speed // 1000}G" if speed % 1000 == 0 else f"{speed}M"


def _cables(topology: Topology) -> Iterator[_Cable]:
    for index, entry in enumerate(topology.links):
        path: KeyPath = ("links", index)
        mtu = entry.mtu or topology.mtu
        if not isinstance(entry, Mesh):
            yield _Cable(path, entry.link, mtu, entry.speed, entry.fec or "")
            continue
        for leaf, spine_ports in entry.leaves.items():
            uplinks = iter(entry.uplinks)
            for spine in entry.spines:
                for spine_port in spine_ports:
                    ends = (Endpoint(spine, spine_port), Endpoint(leaf, next(uplinks)))
                    yield _Cable((*path, "leaves", leaf), ends, mtu, entry.speed, entry.fec or "")


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
                port = plugs.take(Endpoint(switch, name), where, "a host port")
                if port is None:
                    continue
                speed = entry.speed or port.speed
                if plugs.can_do(switch, port, speed, where):
                    mtu = entry.mtu or topology.mtu
                    yield HostPort(switch, port.name, speed, mtu, entry.description, path, entry.fec or "")


def _elsewhere(text: str, settings: SwitchSettings) -> str:
    """A hint when the text is what other images call a port of this model."""
    for table in settings.platform.port_tables.values():
        for port in table.values():
            if port.alias == text:
                return (
                    f"other images have that alias, {settings.build.name} has not: the name of the port is {port.name}"
                )
    return ""


def nearest_port(name: str, ports: Collection[str]) -> str:
    """A hint that names the port with the nearest number, else one that is spelt alike."""
    match = re.fullmatch(r"([A-Za-z]+)(\d+)", name)
    numbered = [port for port in ports if match and re.fullmatch(rf"{match[1]}\d+", port, re.IGNORECASE)]
    if not match or not numbered:
        return did_you_mean(name, ports)
    near = min(numbered, key=lambda port: abs(int(re.sub(r"\D", "", port)) - int(match[2])))
    return f"did you mean '{near}'?"


class _Plugs:
    """Which ports there are and which are taken; collects the problems."""

    def __init__(self, switches: Mapping[str, SwitchSettings]) -> None:
        self.switches = switches
        self.problems: list[Problem] = []
        self._taken: dict[Endpoint, str] = {}
        self._aliases: dict[tuple[Platform, Build], dict[str, PlatformPort]] = {}

    def report(self, path: KeyPath, message: str, hint: str = "", *, warning: bool = False, alike: str = "") -> None:
        """Note a problem of the topology."""
        severity: Severity = "warning" if warning else "error"
        self.problems.append(Problem("topology", path, message, hint, severity, alike=alike))

    def link(self, cable: _Cable) -> LinkPlan | None:
        """The cable between two real ports; None (and a problem) when it cannot be."""
        one, other = cable.ends
        if one.switch == other.switch:
            self.report(cable.path, f"a link from {one.switch} to itself")
            return None
        name = f"{one} - {other}"
        ports = [self.take(end, cable.path, f"link {name}") for end in cable.ends]
        if ports[0] is None or ports[1] is None:
            return None
        pairs = sorted(((one.switch, ports[0]), (other.switch, ports[1])), key=lambda pair: natural_key(pair[0]))
        speed = self._speed(cable, pairs)
        if speed is None:
            return None
        self._look_at_tiers(cable)
        (a, a_port), (b, b_port) = pairs
        return LinkPlan(Endpoint(a, a_port.name), Endpoint(b, b_port.name), speed, cable.mtu, cable.path, fec=cable.fec)

    def take(self, end: Endpoint, path: KeyPath, use: str) -> PlatformPort | None:
        """The port that an endpoint names, by name or alias; None when it is not there or taken already."""
        settings = self.switches.get(end.switch)
        if settings is None:
            return None  # that switch has problems of its own, told elsewhere
        ports = self._ports(settings)
        port = ports.get(end.port)
        if port is None:
            message = f"{end.switch} ({settings.platform.name}) has no port '{end.port}'"
            hint = _elsewhere(end.port, settings) or nearest_port(end.port, ports)
            self.report(path, message, hint, alike=f"no port {end.port}")
            return None
        key = Endpoint(end.switch, port.name)
        if key in self._taken:
            self.report(path, f"{key} is used twice", f"the first use is {self._taken[key]}")
            return None
        self._taken[key] = use
        return port

    def can_do(self, switch: str, port: PlatformPort, speed: int, path: KeyPath) -> bool:
        """True when the port can run at that speed; else a problem says what it can."""
        speeds = self._platform(switch).speeds[port.speed]
        if speed in speeds:
            return True
        can = ", ".join(speed_text(one) for one in speeds)
        platform = self.switches[switch].platform.name
        message = f"{switch}:{port.name} ({platform}) cannot do {speed_text(speed)}"
        self.report(path, message, f"it can do {can}", alike=f"{platform} {port.speed}")
        return False

    def _speed(self, cable: _Cable, pairs: list[tuple[str, PlatformPort]]) -> int | None:
        if cable.speed is not None:
            possible = [self.can_do(switch, port, cable.speed, cable.path) for switch, port in pairs]
            return cable.speed if all(possible) else None
        (a, a_port), (b, b_port) = pairs
        if a_port.speed == b_port.speed:
            return a_port.speed
        both = set(self._platform(a).speeds[a_port.speed]) & set(self._platform(b).speeds[b_port.speed])
        ends = " and ".join(f"{switch}:{port.name} {speed_text(port.speed)}" for switch, port in pairs)
        hint = f"give the link a speed that both can do: {', '.join(map(speed_text, sorted(both)))}" if both else ""
        self.report(cable.path, f"the ends have different speeds: {ends}", hint)
        return None

    def _look_at_tiers(self, cable: _Cable) -> None:
        roles = [self.switches[end.switch].role for end in cable.ends]
        if roles[0].tier == roles[1].tier:
            names = " and ".join(f"{end.switch} ({role})" for end, role in zip(cable.ends, roles, strict=True))
            self.report(cable.path, f"this link joins two switches of one tier: {names}", warning=True)

    def _platform(self, switch: str) -> Platform:
        return self.switches[switch].platform

    def _ports(self, settings: SwitchSettings) -> dict[str, PlatformPort]:
        known = self._aliases.get((settings.platform, settings.build))
        if known is None:
            ports = ports_of(settings.platform, settings.build)
            known = {**{port.alias: port for port in ports.values()}, **ports}
            self._aliases[settings.platform, settings.build] = known
        return known
