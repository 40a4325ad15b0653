"""What the plan lets one expect of each switch. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sonicfab.access import Feature
from sonicfab.errors import Place
from sonicfab.families import Family
from sonicfab.plan.bgp import Session
from sonicfab.plan.management import IpAddress
from sonicfab.plan.types import FabricPlan, LinkPlan, PortPlan, SwitchPlan
from sonicfab.render import SwitchConfig
from sonicfab.switch.ask import Question
from sonicfab.switch.state.bgp import BgpState, bgp_state
from sonicfab.verify.paths import Outage, PathFinder, Paths


@dataclass(frozen=True)
class Expectations:
    """Of one switch.

    Attributes:
        fabric: the plan of all.
        sessions: that must be there; each must be established in each of its families.
        host_peers: peers on host ports: they may be there or not.
        loopbacks: switch -> its addresses, for every switch whose routes reach this one.
        ways: (switch, family) -> how its loopback is reached.
        known_prefixes: the loopbacks of all switches, as prefixes, and the networks that are announced.
        defaults: family -> a switch by which its default route comes in, where it reaches this one.
        config: what it is to run; None when nobody rendered it, and `no_config` says why.
        provides: what the switch has to check.
    """

    plan: SwitchPlan
    fabric: FabricPlan = field(repr=False)
    sessions: tuple[Session, ...]
    host_peers: frozenset[str]
    loopbacks: Mapping[str, Mapping[Family, IpAddress]] = field(repr=False)
    ways: Mapping[tuple[str, Family], Paths] = field(repr=False)
    known_prefixes: frozenset[str] = field(default=frozenset(), repr=False)
    defaults: Mapping[Family, str] = field(default_factory=dict, repr=False)
    config: SwitchConfig | None = field(default=None, repr=False)
    no_config: str = ""
    provides: frozenset[Feature] = frozenset(Feature)

    @cached_property
    def ports(self) -> dict[str, PortPlan]:
        """The planned ports by name."""
        return {port.name: port for port in self.plan.ports}

    @cached_property
    def bgp_state(self) -> Question[BgpState]:
        """What is asked of bgpd: its answer is that of BGP_STATE."""
        return bgp_state([one.vrf for one in self.plan.bgp if one.vrf])

    @cached_property
    def smallest_mtu(self) -> int:
        """Of the fabric's links."""
        return min((link.mtu for link in self.fabric.links), default=self.fabric.mtu)

    @cached_property
    def host_ports(self) -> frozenset[str]:
        """The ports behind which servers are."""
        return frozenset(session.interface for session in self.plan.host_sessions)


class FabricExpectations:
    """The expectations of all switches of a fabric; those of a switch are worked out when they are wanted.

    `push` is the command that pushes this fabric, as it is typed here.
    """

    def __init__(
        self,
        plan: FabricPlan,
        configs: Mapping[str, SwitchConfig] | None = None,
        *,
        place_of: Callable[[LinkPlan], Place] | None = None,
        no_config: str = "",
        provides: frozenset[Feature] = frozenset(Feature),
        push: str = "sonicfab push",
    ) -> None:
        self.plan, self.place_of, self.push = plan, place_of, push
        self._configs = configs or {}
        self._no_config, self._provides = no_config, provides
        self._ways: dict[Outage, dict[Family, PathFinder]] = {}
        self._borders: dict[Family, list[str]] = {}

    def of(self, switch: SwitchPlan) -> Expectations:
        """What is expected of one switch."""
        ways: dict[tuple[str, Family], Paths] = {}
        loopbacks: dict[str, dict[Family, IpAddress]] = {}
        for origin, addresses in self._addresses.items():
            for family, address in addresses.items():
                way = self.ways(family).of(switch.name, origin)
                if way is not None:
                    ways[origin, family] = way
                    loopbacks.setdefault(origin, {})[family] = address
        return Expectations(
            plan=switch,
            fabric=self.plan,
            sessions=tuple(switch.firm_sessions),
            host_peers=frozenset(session.peer for session in switch.host_sessions),
            loopbacks=loopbacks,
            ways=ways,
            known_prefixes=self._prefixes,
            defaults=self._defaults(switch.name),
            config=self._configs.get(switch.name),
            no_config=self._no_config,
            provides=self._provides,
        )

    def _defaults(self, name: str) -> dict[Family, str]:
        found: dict[Family, str] = {}
        for family in self.plan.families:
            borders = self.borders(family)
            if any(str(one.prefix) == family.default and not one.backup for one in self.plan.switches[name].statics):
                continue  # its own goes before what BGP brings
            near = [one for one in borders if one == name or self.ways(family).of(name, one) is not None]
            if near:
                found[family] = name if name in near else near[0]
        return found

    def borders(self, family: Family) -> list[str]:
        """The switches by which the default route of a family comes in: from outside, or as a static one."""
        if family not in self._borders:
            told = [one.switch for one in self.plan.outside if one.tells_default(family)]
            for name, switch in self.plan.switches.items():
                told += [name for one in switch.statics if one.announced and str(one.prefix) == family.default]
            self._borders[family] = list(dict.fromkeys(told))
        return self._borders[family]

    def ways(self, family: Family, broken: Outage = Outage()) -> PathFinder:  # noqa: B008 - frozen
        """The ways of a family, with some sessions and switches gone."""
        by_family = self._ways.setdefault(broken, {})
        if family not in by_family:
            by_family[family] = PathFinder(self.plan, family, broken)
        return by_family[family]

    @cached_property
    def _prefixes(self) -> frozenset[str]:
        addresses = (address for by_family in self._addresses.values() for address in by_family.values())
        told = {str(one) for network in self.plan.networks if network.announced for one in network.subnets}
        return frozenset(f"{address}/{address.max_prefixlen}" for address in addresses) | told

    @cached_property
    def _addresses(self) -> dict[str, dict[Family, IpAddress]]:
        found: dict[str, dict[Family, IpAddress]] = {}
        for name, switch in self.plan.switches.items():
            pairs = ((family, switch.loopback(family)) for family in self.plan.families)
            found[name] = {family: address for family, address in pairs if address is not None}
        return found


def other_end(plan: FabricPlan, session: Session) -> Session | None:
    """What the far switch has of a session; None of one with a server."""
    far = plan.switches.get(session.far.switch)
    same = (one for one in far.fabric_sessions if one.interface == session.far.port) if far else ()
    return next((one for one in same if one.families == session.families), None)


def negotiated(plan: FabricPlan, session: Session) -> tuple[int, int]:
    """(hold, keepalive) in seconds: the shorter hold time of both ends, and at most a third of it (RFC 4271 4.2, 4.4).

    As FRR does it: bgpd/bgp_packet.c bgp_open_receive.
    """
    far = other_end(plan, session)
    hold = min(session.options.hold, far.options.hold) if far else session.options.hold
    return hold, min(session.options.keepalive, hold // 3)
