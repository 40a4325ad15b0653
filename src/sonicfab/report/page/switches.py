"""What the page tells of each switch: its numbers, its ports, its sessions, its services, and what its build is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace

from sonicfab.builds import Build
from sonicfab.endpoint import Endpoint
from sonicfab.model.fields import ranges
from sonicfab.plan.bgp import Session
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.ports import defects_on
from sonicfab.report.picture.front import PortSeen, front_svg, ports_seen
from sonicfab.report.picture.states import MARKS, WORDS, State, Verified, worst
from sonicfab.verify.results import CheckResult

_MOST_FAILED = 60
"""Results of a switch that are told; one that nobody reaches fails in each of its expectations."""


@dataclass(frozen=True)
class SessionSeen:
    """A BGP session of a switch; `seen` is what was seen of each family."""

    peer: str
    far: str
    asn: str
    group: str
    state: State
    seen: tuple[str, ...]


@dataclass(frozen=True)
class SwitchSeen:
    """A switch with all that the page tells of it.

    Attributes:
        numbers, services, build: names and values.
        free: the ports that nothing uses.
        more: so many failed results are not among `failed`.
    """

    name: str
    anchor: str
    role: str
    model: str
    image: str
    state: State
    numbers: tuple[tuple[str, str], ...]
    front: str
    ports: tuple[PortSeen, ...]
    free: int
    sessions: tuple[SessionSeen, ...]
    services: tuple[tuple[str, str], ...]
    build: tuple[tuple[str, str], ...]
    defects: tuple[tuple[str, str], ...]
    failed: tuple[CheckResult, ...]
    more: int

    @property
    def mark(self) -> str:
        """The sign of its state."""
        return MARKS[self.state]

    @property
    def word(self) -> str:
        """Its state in words."""
        return WORDS[self.state]


def switches_seen(plan: FabricPlan, verified: Verified) -> tuple[SwitchSeen, ...]:
    """All switches, in the order of the plan."""
    outside = {Endpoint(one.switch, one.interface): one.name for one in plan.outside}
    return tuple(_seen(one, verified, outside) for one in plan.switches.values())


def anchor_of(switch: str, port: str = "") -> str:
    """Where the page tells of a switch, or of its port."""
    return f"switch-{switch}" + (f"-{port}" if port else "")


def _seen(switch: SwitchPlan, verified: Verified, outside: Mapping[Endpoint, str]) -> SwitchSeen:
    ports = ports_seen(switch, verified, outside)
    failed = verified.failed(switch.name)
    return SwitchSeen(
        name=switch.name,
        anchor=anchor_of(switch.name),
        role=str(switch.role),
        model=switch.platform.model,
        image=switch.build.name,
        state=verified.switch(switch.name),
        numbers=(*_numbers(switch), *_runs(switch, verified)),
        front=front_svg(switch, ports, lambda port: anchor_of(switch.name, port)),
        ports=tuple(one for one in ports.values() if one.port.used),
        free=sum(1 for one in ports.values() if not one.port.used),
        sessions=_together(_sessions(switch, verified, outside)),
        services=tuple(_told(switch.services)),
        build=tuple(_build(switch.build)),
        defects=tuple((one.what, one.consequence) for one in defects_on(switch.build, [switch.platform])),
        failed=tuple(failed[:_MOST_FAILED]),
        more=max(0, len(failed) - _MOST_FAILED),
    )


def _numbers(switch: SwitchPlan) -> Iterator[tuple[str, str]]:
    if switch.asn:
        yield "AS number", str(switch.asn)
    loopbacks = [str(one) for one in (switch.loopbacks.ipv4, switch.loopbacks.ipv6) if one]
    if loopbacks:
        yield "loopback", ", ".join(loopbacks)
    yield "management", "DHCP" if switch.management.dhcp else str(switch.management.address)
    yield "MAC", switch.mac
    if switch.serial:
        yield "serial number", switch.serial
    yield "HWSKU", switch.platform.hwsku
    for one in switch.interfaces.values():
        if one.network:
            yield f"{one.name}, network {one.network}", ", ".join(map(str, one.addresses)) or "no address"


def _runs(switch: SwitchPlan, verified: Verified) -> Iterator[tuple[str, str]]:
    version = verified.verification.frr.get(switch.name) if verified.verification else ""
    if version:
        yield "FRR that runs", version


def _sessions(switch: SwitchPlan, verified: Verified, outside: Mapping[Endpoint, str]) -> Iterator[SessionSeen]:
    for group, one in switch.sessions:
        results = verified.session(switch.name, one.peer)
        yield SessionSeen(
            one.peer,
            _far(switch, one, outside),
            str(one.remote_asn or "any"),
            group.name,
            worst(results),
            tuple(f"{result.family} {result.seen}".strip() for result in results),
        )


def _together(sessions: Iterable[SessionSeen]) -> tuple[SessionSeen, ...]:
    """Sessions of which the same is told but for their peers, such as those with servers, are one."""
    alike: dict[SessionSeen, list[str]] = {}
    for one in sessions:
        alike.setdefault(replace(one, peer=""), []).append(one.peer)
    return tuple(replace(one, peer=", ".join(ranges(peers))) for one, peers in alike.items())


def _far(switch: SwitchPlan, session: Session, outside: Mapping[Endpoint, str]) -> str:
    there = outside.get(Endpoint(switch.name, session.interface), "")
    return str(session.far) or there or ("a server" if session.remote_asn is None else session.description)


def _told(services: object, path: str = "") -> Iterator[tuple[str, str]]:
    """The keys that the inventory sets; of a secret its reference."""
    for one in fields(services) if is_dataclass(services) else ():
        value, name = getattr(services, one.name), f"{path}{one.name}"
        if _has_keys(value):
            yield from _told(value, f"{name}.")
        elif value not in (None, (), {}):
            yield name, _text(value)


def _has_keys(value: object) -> bool:
    """Whether it has keys of its own, and is no single value as the reference of a secret is."""
    return is_dataclass(value) and type(value).__str__ is object.__str__


def _text(value: object) -> str:
    if isinstance(value, (tuple, list, frozenset, set)):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(one)}" for key, one in value.items())
    if _has_keys(value):
        return " ".join(f"{name} {text}" for name, text in _told(value))
    return str(value)


def _build(build: Build) -> Iterator[tuple[str, str]]:
    said = (
        ("vendor", build.vendor),
        ("follows", build.follows),
        ("FRR", build.frr),
        ("Debian", build.debian),
        ("kernel", build.kernel),
        ("Docker", build.docker),
        ("database version", build.database_version),
        ("routing mode", build.routing_config_mode),
        ("time", build.ntp_daemon),
        ("reload checks YANG", build.reload_checks_yang),
    )
    yield from ((name, value) for name, value in said if value)
