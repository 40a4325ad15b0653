"""The plan as values: everything about a fabric decided, nothing rendered yet.

Frozen dataclasses; addresses are ipaddress objects, speeds Mb/s, MTUs bytes, timers seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
)
from typing import Annotated, ClassVar, Literal

from sonicfab.builds import Build
from sonicfab.endpoint import NOWHERE, Endpoint
from sonicfab.errors import KeyPath
from sonicfab.families import Family
from sonicfab.hints import did_you_mean
from sonicfab.model.policies import Prefix
from sonicfab.model.sessions import UNSAID, SessionOptions
from sonicfab.model.topology import SONIC_MTU, Ownership
from sonicfab.ownership.left import Left
from sonicfab.plan.bgp import (
    DESCRIPTION,
    FAMILIES,
    BgpInstance,
    BgpPlan,
    PeerGroup,
    PrefixList,
    RouteMap,
    Session,
    Step,
)
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.plan.decided import Fact, Rule, in_file
from sonicfab.plan.extra import Extra
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.management import IpAddress, IpInterface, ManagementPlan, SshPlan
from sonicfab.plan.options import BfdProfile
from sonicfab.plan.outside import OutsidePlan
from sonicfab.plan.routes import StaticRoute
from sonicfab.plan.services import Services
from sonicfab.plan.vlans import Membership, NetworkPlan, VlanPlan
from sonicfab.platforms import Platform
from sonicfab.ports import PortTable
from sonicfab.roles import Role

Cable = tuple[Endpoint, Endpoint]


_OF_PORT_TABLE = Rule("from the port table of the build", ("inventory:platform", "inventory:image_build"), ("port",))
_NO_FEC = Fact(
    "config_db has no default for FEC",
    "sonic-buildimage src/sonic-config-engine/minigraph.py, which writes it for speed 100000, and only there",
)
_SUBPORT = Fact(
    "the parts of a port share its index, and are told by their subport",
    "sonic-buildimage src/sonic-config-engine/portconfig.py BreakoutCfg.get_config",
)
_MTU = Fact(
    f"a port has MTU {SONIC_MTU} unless somebody asks for another",
    "sonic-buildimage src/sonic-config-engine/config_samples.py; sonic-swss cfgmgr/portmgr.h DEFAULT_MTU_STR",
)
_MTU_OF_FABRIC = (
    Rule("the MTU of the fabric", ("topology:mtu",), asked=True),
    Rule(f"the MTU of the fabric, {SONIC_MTU} where the topology gives none"),
)
_LINK_LOCAL = Fact(
    "without it SONiC ignores link-local neighbours, and no route over them reaches the ASIC",
    "sonic-swss neighsyncd/neighsync.cpp isLinkLocalEnabled",
)


PortPlanUse = Literal["link", "host", "outside", "member", "access", "trunk", "unused"]


@dataclass(frozen=True, slots=True)
class PortPlan:
    """One front-panel port: hardware. What runs over it is an interface.

    Attributes:
        use: `link` to a switch, `host` behind which a server with BGP is, `outside` behind which
            somebody else's router is, `member` of a port channel, `access` or
            `trunk` of VLANs, or `unused`.
        fec: rs, fc, none or auto, or "" where SONiC is to decide.
        subport: of a part of a port that is split its place there, counted from 1; 0 where the image wants none.
        far: where its cable ends: the port of another switch, or nowhere.
        decided: the fields of its row that are decided whatever uses it; one may be decided not to be there.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file(
        "-name alias use far:far_end speed fec mtu -lanes -index -description -decided"
    )

    name: Annotated[str, Rule("", ("inventory:platform",), ("port",), naming=True)]
    alias: Annotated[str, _OF_PORT_TABLE]
    lanes: Annotated[tuple[int, ...], _OF_PORT_TABLE]
    index: Annotated[int, _OF_PORT_TABLE]
    speed: Annotated[
        int,
        Rule("as given, in Mb/s", ("use.speed",), asked=True),
        Rule("both ends of the link have this speed", ("use",), ("port",), where=lambda port: bool(port.far)),
        Rule("the speed of the port, in Mb/s: nobody asks for another", ("use",), ("port",)),
    ]
    fec: Annotated[
        str,
        Rule("as given for this link or port", ("use.fec",), asked=True),
        Rule("the FEC of the switch model at this speed", ("use.speed|use",), (_NO_FEC, "fec", "port")),
    ]
    mtu: Annotated[
        int,
        Rule("as given for this link or port", ("use.mtu",), asked=True),
        Rule("nothing uses the port: SONiC's own default", facts=(_MTU,), where=lambda port: port.use == "unused"),
        _MTU_OF_FABRIC,
    ]
    use: Annotated[PortPlanUse, Rule("", ("use",))]
    description: Annotated[str, Rule("as given for this port", ("use.description",), asked=True), DESCRIPTION] = ""
    far: Endpoint = NOWHERE
    autoneg: Annotated[
        bool | None,
        Rule("as given for this port", ("use.autoneg",), asked=True),
        Rule("as the port table of the image has it", ("inventory:platform", "inventory:image_build")),
    ] = None
    adv_speeds: Annotated[tuple[str, ...], Rule("as given for this port", ("use.adv_speeds",), asked=True)] = ()
    adv_interface_types: Annotated[
        tuple[str, ...], Rule("as given for this port", ("use.adv_interface_types",), asked=True)
    ] = ()
    admin: Literal["up", "down"] | None = None
    decided: frozenset[str] = frozenset()
    subport: Annotated[int, Rule("the place of the part in its port", ("breakout",), (_SUBPORT,))] = 0

    @property
    def admin_status(
        self,
    ) -> Annotated[
        str,
        Rule("as given for this port", ("use.admin",), asked=True),
        Rule("up: a link of the fabric", ("use",), where=lambda port: port.use == "link"),
        Rule("up: a server is behind it", ("use",), where=lambda port: port.use == "host"),
        Rule("up: the outside is behind it", ("use",), where=lambda port: port.use == "outside"),
        Rule("up: a member of a port channel", ("use",), where=lambda port: port.use == "member"),
        Rule("up: it is a port of VLANs", ("use",), where=lambda port: port.used),
        Rule("down: nothing in the topology uses this port"),
    ]:
        """As asked for; else `up` only where the port is used."""
        return self.admin or ("up" if self.used else "down")

    @property
    def used(self) -> Annotated[bool, Rule("", ("use",))]:
        """True when the topology puts it to use."""
        return self.use != "unused"


_OF_LOOPBACK = Rule(
    "an address of the switch itself", ("number.{family}",), where=lambda one: one.kind == InterfaceKind.LOOPBACK
)


@dataclass(frozen=True, slots=True)
class InterfacePlan:
    """What has addresses, and what sessions run over: a port, or something that is made of ports.

    Attributes:
        use: of the port, or of the port channel; "" where it is more than one, or none.
        members: the ports that it is made of, where it is none itself.
        link_local: routed by its IPv6 link-local address alone (ipv6_use_link_local_only).
        addresses: with prefix length.
        vrf: "" for the default one.
        mtu: 0 where it has none of its own.
        network: that a VLAN's interface is in; "" for any other.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("-name")

    name: Annotated[str, Rule("", ("use",), naming=True)]
    kind: InterfaceKind
    use: Literal["link", "host", "outside", ""] = ""
    members: tuple[str, ...] = ()
    link_local: Annotated[
        bool,
        Rule(
            "BGP to the host is unnumbered: it runs over IPv6 link-local addresses",
            ("use", "topology:underlay"),
            (_LINK_LOCAL,),
            where=lambda one: one.use == "host",
        ),
        Rule(
            "the session with the outside is unnumbered: it runs over IPv6 link-local addresses",
            ("use",),
            (_LINK_LOCAL,),
            where=lambda one: one.use == "outside",
        ),
        Rule(
            "the underlay is unnumbered: BGP runs over IPv6 link-local addresses",
            ("use", "topology:underlay"),
            (_LINK_LOCAL,),
            where=lambda one: one.link_local,
        ),
        Rule("the links have addresses", ("topology:underlay",)),
    ] = False
    addresses: Annotated[
        tuple[IpInterface, ...],
        _OF_LOOPBACK,
        Rule(
            "the address that the switch has in the network",
            ("topology:networks.{network}",),
            where=lambda one: bool(one.network),
        ),
        Rule(
            "the address that the switch has towards the outside",
            ("use.address",),
            where=lambda one: one.use == "outside",
        ),
        Rule(
            "of the network of the link the first address is on the first switch in natural order, the second on "
            "the other",
            ("network", "use"),
        ),
    ] = ()
    vrf: Annotated[str, Rule("the VRF that the interface is in", ("use",))] = ""
    mtu: int = 0
    network: str = ""

    @property
    def ports(self) -> tuple[str, ...]:
        """The ports that it is made of; a port of itself."""
        return (self.name,) if self.kind == InterfaceKind.PORT else self.members


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """What hosts may announce: single addresses out of the prefixes."""

    __file_names__: ClassVar[Mapping[str, str]] = in_file("ipv4 ipv6 max_prefixes")

    ipv4: tuple[IPv4Network, ...]
    ipv6: tuple[IPv6Network, ...]
    max_prefixes: Annotated[
        int | None, Rule("a server may announce no more; the session ends if it does", ("topology:hosts.max_prefixes",))
    ]


@dataclass(frozen=True, slots=True)
class BreakoutPlan:
    """A port that is split, or that the topology wants whole, by its mode as platform.json of the image writes it."""

    name: Annotated[str, Rule("the port is split", ("breakout",))]
    mode: Annotated[str, Rule("the mode of platform.json that is asked for", ("breakout",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """One switch of the inventory, complete."""

    name: Annotated[str, Rule("the switch's name", ("name",))]
    role: Annotated[Role, Rule("", ("inventory:role",))]
    platform: Annotated[Platform, Rule("", ("inventory:platform",))]
    build: Annotated[Build, Rule("", ("inventory:image_build",))]
    table: PortTable
    breakouts: tuple[BreakoutPlan, ...] = ()
    mac: Annotated[str, Rule("the base MAC of the switch", ("inventory:mac",))]
    port_mac: Annotated[
        str,
        Rule("the MAC of the front ports, which is not the base MAC here", ("inventory:port_mac",), asked=True),
        Rule("the base MAC of the switch", ("inventory:mac",)),
    ]
    serial: Annotated[str, Rule("", ("inventory:serial",))]
    ssh: SshPlan
    management: ManagementPlan
    services: Services
    site: Annotated[str, Rule("where the switch stands", ("inventory:site",))] = ""


@dataclass(frozen=True, slots=True)
class Loopbacks:
    """The loopback addresses of a switch; none without BGP."""

    ipv4: Annotated[IPv4Address | None, Rule("", ("number.ipv4",))]
    ipv6: Annotated[IPv6Address | None, Rule("", ("number.ipv6",))]


@dataclass(frozen=True, slots=True)
class LoopbackPools:
    """The networks that every loopback is in."""

    ipv4: Annotated[IPv4Network, Rule("the pool of the loopbacks", ("topology:loopbacks.ipv4",))]
    ipv6: Annotated[IPv6Network | None, Rule("the pool of the loopbacks", ("topology:loopbacks.ipv6",))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPlan(SwitchSettings):
    """The same switch in its fabric: with its numbers, ports and sessions; without BGP its ASN is 0."""

    __file_names__: ClassVar[Mapping[str, str]] = in_file(
        "-name role platform build:image_build mac -port_mac serial management asn loopbacks "
        "-ssh -services -table -ports -interfaces -bgp -route_maps"
    )

    asn: Annotated[int, Rule("the ASN of the switch", ("number.asn",))]
    loopbacks: Loopbacks
    ports: tuple[PortPlan, ...]
    interfaces: Mapping[str, InterfacePlan]
    port_channels: tuple[PortChannelPlan, ...]
    bgp: tuple[BgpInstance, ...]
    route_maps: tuple[RouteMap, ...]
    ownership: Annotated[Ownership, Rule("", ("topology:ownership",))] = "everything"
    extra: Extra = field(default_factory=Extra)
    vlans: Annotated[tuple[VlanPlan, ...], Rule("", ("topology:networks",), naming=True)] = ()
    left: Left = field(default_factory=Left)
    statics: Annotated[tuple[StaticRoute, ...], Rule("", ("topology:routes",), naming=True)] = ()
    unified: Annotated[
        bool,
        Rule("frrcfgd makes FRR's config of CONFIG_DB: there is no frr.conf of ours", ("topology:bgp.source",)),
    ] = False

    @property
    def unplanned_ports(self) -> Mapping[str, frozenset[str]]:
        """Port that is not ours -> the fields of its row that are decided all the same; none where everything is."""
        if self.ownership == "everything":
            return {}
        return {one.name: one.decided for one in self.ports if not (one.used or "lanes" in one.decided)}

    def interfaces_of(self, kind: str) -> list[InterfacePlan]:
        """Its interfaces of a kind.

        Raises:
            ValueError: there is no such kind.
        """
        known = list(map(str, InterfaceKind))
        if kind not in known:
            raise ValueError(f"no interface is of a kind '{kind}': {did_you_mean(kind, known)}")
        return [one for one in self.interfaces.values() if one.kind == kind]

    @property
    def prefix_lists(self) -> tuple[PrefixList, ...]:
        """Those that its policies ask, each once."""
        named = [step.list for step in self.steps if step.list]
        found = {id(one): one for one in (*(one for policy in self.route_maps for one in policy.lists), *named)}
        return tuple(dict.fromkeys(found.values()))  # most policies ask the same ones, and to compare them takes long

    @property
    def steps(self) -> Annotated[tuple[Step, ...], Rule("", ("topology:policies",), naming=True)]:
        """The entries of the topology's policies that it has, in FRR's order of their names."""
        return tuple(sorted((step for policy in self.route_maps for step in policy.steps), key=lambda one: one.name))

    @property
    def sessions(self) -> Iterator[tuple[PeerGroup, Session]]:
        """Every session of the switch with its group."""
        return (one for instance in self.bgp for one in instance.sessions)

    @property
    def fabric_sessions(self) -> list[Session]:
        """The sessions with other switches."""
        return [session for _, session in self.sessions if session.far]

    @property
    def bfd(
        self,
    ) -> Annotated[
        bool, Rule("BFD watches sessions of the switch", ("topology:bgp.bfd|topology:links|topology:routes",))
    ]:
        """True when BFD watches one of its sessions or static routes."""
        return any(session.options.bfd for _, session in self.sessions) or any(one.bfd for one in self.statics)

    @property
    def bfd_profiles(self) -> tuple[BfdProfile, ...]:
        """BFD with timers of its own: what its sessions ask for, each once and by name, as FRR prints them."""
        found = {one.options.bfd_profile for _, one in self.sessions if one.options.bfd_profile}
        return tuple(sorted(found, key=lambda one: one.name))

    def group_of(self, session: Session) -> PeerGroup:
        """The group that one of its sessions is in."""
        return next(group for group, one in self.sessions if one is session)

    @property
    def firm_sessions(self) -> list[Session]:
        """The sessions that must be up: not those with servers, which may be there or not, nor those that are shut."""
        return [one for _, one in self.sessions if one.remote_asn is not None and not one.options.shutdown]

    @property
    def host_sessions(self) -> list[Session]:
        """The sessions with servers."""
        return [session for _, session in self.sessions if session.remote_asn is None]

    def loopback(self, family: Family) -> Annotated[IpAddress | None, Rule("", ("number.{family}",))]:
        """The loopback address of a family; None when the fabric has none."""
        return self.loopbacks.ipv4 if family == Family.IPV4 else self.loopbacks.ipv6


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """A link between two switches, of one cable or a bundle of them; its ends are sorted.

    Attributes:
        a: an interface of the first switch: its port, or its port channel.
        members: the cables of a bundle; empty where the link is its own cable.
        path: the topology's entry for it.
        bgp: what that says of its sessions.
        fec: as the topology gives it; "" for what the switch model does by itself.
        flipped: `b` has the lower addresses; else `a`, which had the lower name when they were allotted.
        vlans: the networks that it carries; with any it is no link for BGP.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("-a -b speed mtu ipv4 ipv6 -flipped -members -bgp")

    a: Endpoint
    b: Endpoint
    speed: int
    mtu: int
    path: KeyPath = field(compare=False)
    ipv4: IPv4Network | None = None
    ipv6: IPv6Network | None = None
    fec: str = ""
    flipped: bool = False
    bgp: SessionOptions = UNSAID
    members: tuple[Cable, ...] = ()
    vlans: tuple[Membership, ...] = ()

    @property
    def cables(self) -> tuple[Cable, ...]:
        """(port of `a`, port of `b`) of each cable: what has plugs, where the link has sessions and numbers."""
        return self.members or ((self.a, self.b),)

    @property
    def ends(self) -> tuple[tuple[Endpoint, Endpoint, int], ...]:
        """(end, far end, which of the link's two addresses it has) for both ends."""
        low_a = 1 if self.flipped else 0
        return ((self.a, self.b, low_a), (self.b, self.a, 1 - low_a))

    @property
    def name(self) -> str:
        """`leaf1:Ethernet72 - spine1:Ethernet112`."""
        return f"{self.a} - {self.b}"


@dataclass(frozen=True, slots=True)
class FabricPlan:
    """The fabric: its switches by name in natural order, and its links.

    Attributes:
        underlay: whether links have addresses, or BGP is unnumbered.
        families: the unicast families that the fabric routes.
        told: what switches tell the fabric of static routes, and of what BGP takes over.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("name:fabric -links -switches")

    name: Annotated[str, Rule("the fabric's name", ("topology:name",))]
    underlay: Annotated[Literal["numbered", "unnumbered"], Rule("", ("topology:underlay",))]
    mtu: Annotated[int, _MTU_OF_FABRIC]
    loopbacks: LoopbackPools
    bgp: BgpPlan
    hosts: HostPolicy
    links: tuple[LinkPlan, ...]
    switches: Mapping[str, SwitchPlan]
    networks: tuple[NetworkPlan, ...] = ()
    outside: tuple[OutsidePlan, ...] = ()
    told: tuple[Prefix, ...] = ()

    @property
    def families(self) -> Annotated[tuple[Family, ...], FAMILIES]:
        """ipv4, and ipv6 where the fabric has IPv6 loopbacks."""
        return tuple(Family) if self.loopbacks.ipv6 else (Family.IPV4,)
