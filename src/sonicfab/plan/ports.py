"""What the topology's `ports:` says of each port: its entries merged field by field, later ones over earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sonicfab.breakouts import breakouts_of, modes_of, parts_of
from sonicfab.endpoint import Endpoint
from sonicfab.errors import KeyPath, Problem
from sonicfab.model.bundles import is_port_channel
from sonicfab.model.ports import SETTINGS, PortFec, PortsEntry, PortUse
from sonicfab.model.topology import Topology
from sonicfab.plan.types import SwitchSettings
from sonicfab.ports import elsewhere, nearest_port, ports_of

_OF_USE = ("network", "networks", "native")
"""What belongs to a use: it goes when a later entry gives the port another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSettings:
    """What is said of one port, or of one bundle; None: nothing.

    Attributes:
        use: what it is for; None says nothing, so it is what `links` and `hosts` make of it.
        network: of an access port, by its name; `networks` and `native` of a trunk.
        speed: Mb/s; `adv_speeds` and `adv_interface_types`, which negotiation tells the far end, as SONiC writes them.
        breakout: the mode that is asked for; the table of the switch has the parts already.
        paths: field -> the place of the topology where its value stands.
    """

    use: PortUse | None = None
    network: str | None = None
    networks: tuple[str, ...] | None = None
    native: str | None = None
    speed: int | None = None
    fec: PortFec | None = None
    autoneg: bool | Literal["default"] | None = None
    adv_speeds: tuple[str, ...] | None = None
    adv_interface_types: tuple[str, ...] | None = None
    admin: Literal["up", "down"] | None = None
    mtu: int | None = None
    description: str | None = None
    breakout: str | None = None
    paths: Mapping[str, KeyPath] = field(default_factory=dict, compare=False)

    @property
    def decided(self) -> frozenset[str]:
        """The fields of its PORT row that are said."""
        return frozenset({"use": "admin_status", "admin": "admin_status"}.get(name, name) for name in self.paths)

    def path(self, *names: str) -> KeyPath:
        """Where the first of these fields is set that is; else where any is."""
        return next((self.paths[name] for name in names if name in self.paths), next(iter(self.paths.values()), ()))


NOTHING_SAID = PortSettings()


def settled_ports(
    topology: Topology,
    switches: Mapping[str, SwitchSettings],
    bundles: Mapping[str, Collection[str]] | None = None,
    *,
    complete: bool = True,
) -> tuple[dict[Endpoint, PortSettings], list[Problem]]:
    """Port or bundle -> what is said of it, and every problem in the entries.

    `switches` are those of the fabric whose settings are known; `complete` says that these are all of them.
    `bundles` are the names of the bundles of each switch.
    """
    settled: dict[Endpoint, PortSettings] = {}
    problems: list[Problem] = []
    for index, entry in enumerate(topology.ports):
        path: KeyPath = ("ports", index)
        said = {name: value for name in SETTINGS if (value := getattr(entry, name)) is not None}
        for switch, name in picked(entry, path, switches, bundles or {}, problems, complete=complete):
            parts = _parts(switches[switch], name) if entry.breakout else [name]
            for end in (Endpoint(switch, part) for part in parts):
                settled[end] = _over(settled.get(end, NOTHING_SAID), said, path)
    return settled, problems


def _parts(switch: SwitchSettings, name: str) -> list[str]:
    """The parts of a port that is split; a whole one is its own, and so is a bundle."""
    parts = [port.name for port in switch.table.values() if name in (port.parent or port.name, port.name)]
    return parts or [name]


def _over(earlier: PortSettings, said: Mapping[str, Any], path: KeyPath) -> PortSettings:
    paths = {**earlier.paths, **{name: (*path, name) for name in said}}
    if said.get("use", earlier.use) != earlier.use:
        gone = {name for name in _OF_USE if name not in said}
        said = {**dict.fromkeys(gone), **said}
        paths = {name: one for name, one in paths.items() if name not in gone}
    return replace(earlier, **said, paths=paths)


def picked(
    entry: PortsEntry,
    path: KeyPath,
    switches: Mapping[str, SwitchSettings],
    bundles: Mapping[str, Collection[str]],
    problems: list[Problem],
    *,
    complete: bool,
) -> Iterator[Endpoint]:
    """The ports of an entry, each once. Named switches have all of them; of a role or of the fabric, those that do.

    With a breakout they are those that there are before any is split.
    """
    by_pattern = [name for name, one in switches.items() if entry.role is None or entry.role == one.role]
    chosen = [name for name in entry.switches if name in switches] if entry.switches else by_pattern
    if entry.switches and entry.role:
        chosen = list(dict.fromkeys([*chosen, *by_pattern]))
    if entry.role and not by_pattern and complete:
        problems.append(Problem("topology", (*path, "role"), f"no switch of this fabric is a {entry.role}"))
    known = {name: _names(switches[name], bundles.get(name, ()), whole=bool(entry.breakout)) for name in chosen}
    for name in dict.fromkeys(entry.ports):
        found = [switch for switch in chosen if name in known[switch]]
        missing = [one for one in chosen if one in entry.switches and one not in found]
        for switch in missing if missing or found else chosen[:1]:
            problems.append(no_port(switches[switch], name, (*path, "ports"), known[switch]))
        for switch in found:
            yield Endpoint(switch, known[switch][name])


def no_port(switch: SwitchSettings, name: str, path: KeyPath, known: Collection[str] = ()) -> Problem:
    """That a switch has no port of that name or alias; `known` are all names that would do there."""
    message = f"{switch.name} ({switch.platform.name}) has no port '{name}'"
    if whole := _would_split(switch, name):
        port, mode = whole
        near = nearest_port(name, known or switch.table.named)
        hint = f"{near} It would be a part of {port}, which `breakout: {mode}` in `ports` splits".lstrip()
        return Problem("topology", path, message, hint, alike=f"no part of {port}")
    if not known and is_port_channel(name):
        hint = "`bundles` makes port channels: their link stands there, with the ports that are in it"
        return Problem("topology", path, message, hint, alike="port channel")
    hint = elsewhere(name, switch.platform, switch.build) or nearest_port(name, known or switch.table.named)
    return Problem("topology", path, message, hint, alike=f"no port {name}")


def _would_split(switch: SwitchSettings, name: str) -> tuple[str, str] | None:
    """(port, mode) of a whole port that would have a part of that name, in the mode with the most parts."""
    facts = breakouts_of(switch.platform, switch.build)
    found = [
        (mode.parts, port.name, f"{mode.parts}x{mode.speeds[0] // 1000}G")
        for port in switch.table.values()
        if facts is not None and not port.parent
        for mode in modes_of(switch.platform, switch.build, port)
        if name in {one.name for one in parts_of(facts, port, mode)}
    ]
    return max(found, key=lambda one: one[0])[1:] if found else None


def _names(switch: SwitchSettings, bundles: Iterable[str], *, whole: bool) -> dict[str, str]:
    """What names a port or a bundle -> its name; `whole` ports are those that are there before any is split."""
    table = ports_of(switch.platform, switch.build) if whole else switch.table
    return {**{one: port.name for one, port in table.named.items()}, **{name: name for name in bundles}}
