"""BGP as values of the plan: instances, peer-groups, sessions and their policies.

Timers in seconds; what a field is decided by stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Annotated, ClassVar

from sonicfab.builds import Build
from sonicfab.endpoint import Endpoint
from sonicfab.families import Family
from sonicfab.model.policies import Prefix
from sonicfab.plan.decided import Rule, in_file
from sonicfab.plan.options import DEFAULT, NOTHING, Options
from sonicfab.plan.routes import Aggregate, Redistribution

IpNetwork = IPv4Network | IPv6Network


def _is_outside(one: object) -> bool:
    """Whether it is a session with somebody else's neighbour."""
    return getattr(one, "remote_asn", None) is not None and not getattr(one, "far", None)


DESCRIPTION = (
    Rule(
        "as the topology describes the neighbour, or its name",
        ("use.description|use.name",),
        where=lambda one: getattr(one, "use", "") == "outside" or _is_outside(one),
    ),
    Rule("SWITCH:PORT at the far end of the link", ("use",), where=lambda one: bool(one.far)),
    Rule("as given for the host ports", ("use.description",), asked=True),
    Rule("`host` where the topology gives no description", ("use",)),
)
"""What decides how a port, and the session over it, are described."""


@dataclass(frozen=True, slots=True)
class Session:
    """One end of a BGP session.

    Attributes:
        peer: what FRR calls the neighbour: the port (unnumbered) or the far address.
        interface: of this switch that it runs over.
        far: the switch at the other end, and its interface; nowhere where the neighbour is none of this fabric.
        remote_asn: of the far switch; None for a host, whose number is its own.
        families: negotiated on it.
        options: all that hold for it.
        own: those that are not its group's.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file(
        "peer interface:port far:switch remote_asn families -description -own"
    )

    peer: Annotated[
        str,
        Rule("", ("use.peer|topology:outside",), where=_is_outside, naming=True),
        Rule("", ("use",), where=lambda one: one.peer == one.interface, naming=True),
        Rule("", ("network", "use"), naming=True),
    ]
    interface: str
    far: Endpoint
    remote_asn: int | None
    families: tuple[Family, ...]
    description: Annotated[str, DESCRIPTION]
    options: Options = DEFAULT
    own: Options = NOTHING


@dataclass(frozen=True, slots=True)
class PrefixList:
    """Single addresses out of some networks: LOOPBACKS of switches, HOSTS of servers; `exact`: NETWORKS as they are.

    `of` is the path of the topology where somebody else's list stands; its `prefixes` have their own lengths.
    """

    name: Annotated[
        str,
        Rule("", ("topology:loopbacks",), where=lambda one: one.name == "LOOPBACKS", naming=True),
        Rule("", ("topology:hosts.prefixes",), where=lambda one: one.name == "HOSTS", naming=True),
        Rule("", ("topology:networks",), where=lambda one: one.name == "NETWORKS", naming=True),
        Rule("", ("topology:{of}",), where=lambda one: bool(one.of), naming=True),
    ]
    networks: Annotated[
        tuple[IpNetwork, ...],
        Rule(
            "what the switches announce: single addresses of the pool",
            ("topology:loopbacks.{family}",),
            where=lambda one: one.name == "LOOPBACKS",
        ),
        Rule(
            "what the servers may announce: single addresses of the prefixes",
            ("topology:hosts.prefixes.{family}[]",),
            where=lambda one: one.name == "HOSTS",
        ),
        Rule("a network that is to be announced, as a whole", ("topology:networks",), where=lambda one: one.exact),
    ]
    exact: bool = False
    prefixes: Annotated[tuple[Prefix, ...], Rule("as the topology gives it", ("topology:{of}",))] = ()
    of: str = field(compare=False, default="")

    @property
    def keyword(self) -> str:
        """`ip` or `ipv6`, as FRR's commands begin."""
        return self.family.command

    @property
    def family(self) -> Family:
        """Of its prefixes."""
        return Family.of(self.networks[0] if self.networks else self.prefixes[0].network)

    @property
    def set_name(
        self,
    ) -> Annotated[
        str,
        Rule("", ("topology:loopbacks",), where=lambda one: one.name == "LOOPBACKS", naming=True),
        Rule("", ("topology:{of}|topology:hosts.prefixes|topology:networks",), naming=True),
    ]:
        """What CONFIG_DB calls it: a PREFIX_SET is of one family, and both are of one namespace."""
        return f"{self.name}-V6" if self.family is Family.IPV6 else self.name

    def rows(self, build: Build) -> list[tuple[str, str]]:
        """The rows of PREFIX that frrcfgd of a build makes the list of: (key after the name, action).

        Its template compares lengths as text (`rb > len` in bgpd.conf.db.pref_list.j2), and leaves `ge` out where that
        says less: a list that is wider than it should be. Where rows are numbered, one denies what is too short.

        Raises:
            ValueError: the rows of the build cannot say it.
        """
        numbered, rows = bool(build.frrcfgd and build.frrcfgd.numbered_prefixes), list[tuple[str, str]]()
        for network, low, high in self._ranges:
            length = network.partition("/")[2]
            if low > int(length) and str(low) <= length:
                if not numbered:
                    raise ValueError(f"{network} from /{low} on")
                rows.append((f"{network}|{length}..{low - 1}", "deny"))
                low = int(length)
            rows.append((f"{network}|{'exact' if low == high == int(length) else f'{low}..{high}'}", "permit"))
        return [(f"{5 * number}|{key}" if numbered else key, action) for number, (key, action) in enumerate(rows, 1)]

    @property
    def _ranges(self) -> Iterator[tuple[str, int, int]]:
        """(network, shortest, longest) of each entry."""
        for network in self.networks:
            length = network.prefixlen if self.exact else network.max_prefixlen
            yield str(network), length, length
        for prefix in self.prefixes:
            longest = prefix.le or (prefix.network.max_prefixlen if prefix.ge else prefix.network.prefixlen)
            yield str(prefix.network), prefix.ge or prefix.network.prefixlen, longest


@dataclass(frozen=True, slots=True)
class Step:
    """An entry of a named policy: for routes of one family, or (without a list) for all.

    Attributes:
        number: of the entry in the route-map.
        of: the path of the topology where it stands.
        as_path: what the AS path must match; "" for any.
        communities: of which a route must have one; none for any.
        add: communities that it gets, as FRR writes them.
        prepend: AS numbers that are put before its path, as FRR writes them.
    """

    number: Annotated[int, Rule("", ("topology:{of}",), naming=True)]
    permit: bool
    name: Annotated[str, Rule("", ("topology:{of}",), naming=True)]
    of: str = field(compare=False, default="")
    list: Annotated[PrefixList | None, Rule("", ("topology:{of}",), naming=True)] = None
    as_path: Annotated[str, Rule("what the AS path must match", ("topology:{of}.as_path",))] = ""
    communities: Annotated[tuple[str, ...], Rule("a route has one of them", ("topology:{of}.communities",))] = ()
    local_preference: Annotated[
        int | None, Rule("paths with a higher one are preferred", ("topology:{of}.set.local_preference",))
    ] = None
    metric: Annotated[
        int | None, Rule("neighbours prefer the path with the lower one", ("topology:{of}.set.metric",))
    ] = None
    prepend: Annotated[str, Rule("the path is made longer by our own AS number", ("topology:{of}.set.prepend",))] = ""
    add: Annotated[str, Rule("communities that the route gets", ("topology:{of}.set.communities",))] = ""

    @property
    def action(self) -> Annotated[str, Rule("an entry of the policy", ("topology:{of}",))]:
        """`permit` or `deny`."""
        return "permit" if self.permit else "deny"


_PURPOSE = "{of.purpose}; eBGP exchanges nothing without a policy (RFC 8212)"


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A policy: what one of its lists permits, and nothing else.

    Attributes:
        purpose: whom it lets what.
        global_next_hops: routes are taken by the neighbour's global IPv6 address. bgpd prefers the link-local one, and
            swss learns no link-local neighbour on a port without `ipv6_use_link_local_only` (sonic-swss
            neighsyncd/neighsync.cpp), so the ASIC would have no next hop (sonic-swss#1872).
        of_inside: what it takes comes from a switch of the same AS; it is marked so.
        detours: what is marked so is told with a worse metric: the neighbours of the AS take another way, as long as
            one of its switches has one that is its own.
        steps: of a policy that the topology names; then they say all, in their order.
        of: the path of the topology where such a policy stands.
    """

    name: Annotated[
        str,
        Rule(_PURPOSE, ("topology:{of}",), where=lambda one: bool(one.of)),
        Rule(_PURPOSE, ("topology:hosts.prefixes",), where=lambda one: one.of_hosts),
        Rule(_PURPOSE, ("topology:loopbacks", "topology:hosts.prefixes")),
    ]
    purpose: str = field(compare=False)
    lists: Annotated[tuple[PrefixList, ...], Rule("", ("topology:loopbacks", "topology:hosts.prefixes"), naming=True)]
    global_next_hops: Annotated[bool, Rule("", ("topology:underlay",))] = False
    of_inside: Annotated[bool, Rule("", ("topology:links",))] = False
    detours: Annotated[bool, Rule("", ("topology:links",))] = False
    steps: Annotated[tuple[Step, ...], Rule("", ("topology:{of}",), naming=True)] = ()
    of: str = field(compare=False, default="")

    @property
    def of_hosts(self) -> bool:
        """True when it permits nothing but what servers may announce."""
        return all(one.name == "HOSTS" for one in self.lists)


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """Neighbours that are treated alike: all switches of a role, all of the same AS, or all hosts.

    Attributes:
        families: that it carries.
        options: what its sessions have in common.
        internal: its neighbours have the switch's own AS number (iBGP).
        asn: of its neighbours, which are none of the fabric; 0 where it is any but our own.
        multihop: so many hops away they may be; 0: next to us.
        source: the address that the sessions come from; "" for that of the interface.
        originate_default: they are told a default route, whether we have one or not.
        of: the path of the topology where such neighbours stand.
    """

    name: Annotated[
        str,
        Rule("", ("topology:{of}",), where=lambda group: bool(group.of), naming=True),
        Rule("", ("topology:hosts",), where=lambda group: not group.inside, naming=True),
        Rule("", ("topology:underlay",), naming=True),
    ]
    families: tuple[Family, ...]
    sessions: tuple[Session, ...]
    policy_in: RouteMap
    policy_out: RouteMap
    options: Options = DEFAULT
    internal: Annotated[bool, Rule("", ("topology:links",), naming=True)] = False
    asn: Annotated[int, Rule("the ASN of the neighbour", ("topology:{of}.asn",))] = 0
    multihop: Annotated[int, Rule("the neighbour is so many hops away", ("topology:{of}.multihop",))] = 0
    source: Annotated[str, Rule("from the loopback: the neighbour is far away", ("number.{family}",))] = ""
    originate_default: Annotated[bool, Rule("", ("topology:{of}.originate_default",))] = False
    of: str = field(compare=False, default="")

    def of_neighbor(self, name: str) -> bool:
        """True when it is of the neighbour outside of that name."""
        return bool(self.of) and self.name in (name, f"{name}-V4", f"{name}-V6")

    @property
    def inside(self) -> bool:
        """True when its neighbours are switches of the fabric."""
        return any(session.far for session in self.sessions)

    @property
    def global_ipv6(self) -> bool:
        """True when its sessions run between global IPv6 addresses."""
        return any(":" in session.peer for session in self.sessions)

    @property
    def extended_nexthop(self) -> Annotated[bool, Rule("", ("topology:underlay",))]:
        """True when IPv4 routes get IPv6 next hops (RFC 8950) and FRR does not offer that by itself.

        It does for BGP unnumbered alone: bgpd/bgpd.c peer_conf_interface_get and bgp_fsm.c, PEER_FLAG_CAPABILITY_ENHE.
        """
        return self.global_ipv6 and Family.IPV4 in self.families


FAMILIES = Rule("the fabric routes what it has loopbacks of", ("topology:loopbacks.{value}",))


@dataclass(frozen=True, slots=True)
class BgpInstance:
    """BGP of one VRF: what FRR calls `router bgp ASN vrf NAME`.

    Attributes:
        networks: what it announces by itself: its loopbacks.
        subnets: of VLANs, which it announces while it has an interface in them.
        vrf: "" for the default one.
        routes: prefixes of static routes that it announces while they are there.
        aggregates: what it announces while it has a route within.
    """

    asn: Annotated[int, Rule("the ASN of the switch", ("number.asn",))]
    router_id: Annotated[IPv4Address, Rule("", ("number.ipv4",))]
    networks: tuple[IpNetwork, ...]
    groups: tuple[PeerGroup, ...]
    vrf: str = ""
    subnets: tuple[IpNetwork, ...] = ()
    routes: tuple[IpNetwork, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    redistributed: Annotated[tuple[Redistribution, ...], Rule("", ("topology:redistribute",), naming=True)] = ()

    @property
    def families(self) -> Annotated[list[Family], FAMILIES]:
        """Those of what it announces and of what its groups carry."""
        carried = {family for group in self.groups for family in group.families}
        return [one for one in Family if one in carried or self.announced(one)]

    def announced(self, family: Family) -> Annotated[list[IpNetwork], Rule("", ("number.{family}",))]:
        """What it announces by itself in a family.

        Raises:
            ValueError: there is no such family.
        """
        wanted = Family.named(family)  # a template may have a word for it, and a wrong one must not find nothing
        return [one for one in self.networks if Family.of(one) == wanted]

    def internal(self, family: Family) -> Annotated[bool, Rule("", ("topology:links",))]:
        """True when one of its groups has internal neighbours in a family."""
        return any(group.internal and family in group.families for group in self.groups)

    def announced_subnets(self, family: Family) -> Annotated[list[IpNetwork], Rule("", ("topology:networks",))]:
        """The subnets of VLANs that it announces in a family.

        Raises:
            ValueError: there is no such family.
        """
        wanted = Family.named(family)
        return [one for one in self.subnets if Family.of(one) == wanted]

    def announced_routes(self, family: Family) -> Annotated[list[IpNetwork], Rule("", ("topology:routes",))]:
        """The prefixes of static routes that it announces in a family.

        Raises:
            ValueError: there is no such family.
        """
        wanted = Family.named(family)
        return [one for one in self.routes if Family.of(one) == wanted]

    def aggregated(self, family: Family) -> Annotated[list[Aggregate], Rule("", ("topology:aggregates",), naming=True)]:
        """Its aggregates of a family.

        Raises:
            ValueError: there is no such family.
        """
        wanted = Family.named(family)
        return [one for one in self.aggregates if Family.of(one.prefix) == wanted]

    @property
    def sessions(self) -> Iterator[tuple[PeerGroup, Session]]:
        """Every session with its group, in the order in which FRR prints them."""
        return ((group, session) for group in self.groups for session in group.sessions)


def _or_default(text: str, place: str) -> tuple[Rule, Rule]:
    return Rule(text, (place,), asked=True), Rule(f"{text}; the topology gives none: this is the default")


@dataclass(frozen=True, slots=True)
class BgpPlan:
    """What all sessions of the fabric share."""

    keepalive: Annotated[int, _or_default("keepalive time in seconds", "topology:bgp.keepalive")]
    hold: Annotated[int, _or_default("hold time in seconds", "topology:bgp.hold")]
    connect_retry: Annotated[int, _or_default("seconds until a session is tried again", "topology:bgp.connect_retry")]
    bfd: Annotated[bool, Rule("BFD on the links of the fabric", ("topology:bgp.bfd",))]
    maximum_paths: Annotated[int, _or_default("so many equal paths are used", "topology:bgp.maximum_paths")]
    suppress_fib_pending: Annotated[bool, Rule("", ("topology:bgp.suppress_fib_pending",))] = False
    defaults: Annotated[str, Rule("FRR's profile, as the topology says", ("topology:bgp.defaults",))] = "traditional"
