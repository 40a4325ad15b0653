"""VLANs as values of the plan: those of a switch, with what is in them, and what is known of each in the fabric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated, ClassVar, Protocol

from sonicfab.model.networks import Network
from sonicfab.plan.decided import Fact, Rule, in_file

PREFIX = "Vlan"
_OF_NETWORK = "topology:networks.{network}"
_RELAY = Fact(
    "a switch whose `type` is not that of a ToR does not run the relay unless this says so",
    "sonic-buildimage files/build_templates/init_cfg.json.j2 (FEATURE dhcp_relay, 202305 to 202605)",
)


@dataclass(frozen=True, slots=True)
class Membership:
    """One network that a port or a link is in."""

    network: str
    tagged: bool


@dataclass(frozen=True, slots=True)
class VlanMember:
    """A port, or a port channel, that is in a VLAN; `network` is that of the VLAN."""

    interface: Annotated[str, Rule("", ("use",), naming=True)]
    network: str
    tagged: bool

    @property
    def tagging_mode(
        self,
    ) -> Annotated[
        str,
        Rule("a trunk: its frames say which VLAN they are of", ("use",), where=lambda one: one.tagged),
        Rule("access, or the native network of a trunk: its frames say no VLAN", ("use",)),
    ]:
        """As in CONFIG_DB and APPL_DB."""
        return "tagged" if self.tagged else "untagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class VlanPlan:
    """A VLAN of one switch.

    Attributes:
        network: what the topology calls it.
        mtu: of its router interface in the ASIC; 0 where the topology gives none.
        routed: the switch has an interface in it.
        proxy_arp: None where the topology says nothing.
        dhcp_relay, dhcp_relay_v6: servers to which DHCP is relayed; none where the switch does not route it.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("id:vlan network members")

    id: Annotated[int, Rule("", (f"{_OF_NETWORK}.vlan",))]
    network: str
    description: Annotated[str, Rule("as given for the network", (f"{_OF_NETWORK}.description",))] = ""
    mtu: Annotated[int, Rule("as given for the network", (f"{_OF_NETWORK}.mtu",))] = 0
    members: Annotated[tuple[VlanMember, ...], Rule("", (_OF_NETWORK,), naming=True)] = ()
    routed: Annotated[bool, Rule("the switch has a gateway or an address in the network", (_OF_NETWORK,))] = False
    proxy_arp: Annotated[bool | None, Rule("as given for the network", (f"{_OF_NETWORK}.proxy_arp",))] = None
    anycast: Annotated[
        bool, Rule("all switches with the gateway answer for it with one MAC", (f"{_OF_NETWORK}.anycast",))
    ] = False
    dhcp_relay: Annotated[
        tuple[str, ...], Rule("as given for the network", (f"{_OF_NETWORK}.dhcp_relay",), (_RELAY,))
    ] = ()
    dhcp_relay_v6: Annotated[
        tuple[str, ...], Rule("as given for the network", (f"{_OF_NETWORK}.dhcp_relay",), (_RELAY,))
    ] = ()

    @property
    def name(self) -> Annotated[str, Rule("", (f"{_OF_NETWORK}.vlan",), naming=True)]:
        """Of the VLAN and of its interface: Vlan23."""
        return f"{PREFIX}{self.id}"


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """A network of the fabric.

    Attributes:
        subnets: of all its gateways and addresses.
        gateways: the addresses that switches have in it, those of its gateway first.
        announced: BGP tells of them.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("-name vlan subnets announced -gateways")

    name: str
    vlan: int
    subnets: tuple[IPv4Network | IPv6Network, ...] = ()
    announced: bool = False
    gateways: tuple[IPv4Address | IPv6Address, ...] = ()


class InNetworks(Protocol):
    """What says that ports are in networks: a link, a bundle, or what `ports:` says of one."""

    @property
    def use(self) -> str | None:
        """`access` or `trunk`, or something else."""

    @property
    def network(self) -> str | None:
        """Of an access port."""

    @property
    def networks(self) -> tuple[str, ...] | None:
        """Tagged on a trunk."""

    @property
    def native(self) -> str | None:
        """Untagged on a trunk."""


def memberships(use: InNetworks, networks: Mapping[str, Network]) -> tuple[Membership, ...]:
    """The networks that an entry puts its ports in; what is wrong with it is told by sonicfab.plan.networks."""
    names = dict.fromkeys(one for one in (use.network, *(use.networks or ()), use.native) if one is not None)
    return tuple(
        Membership(name, tagged=use.use == "trunk" and name != use.native)
        for name in names
        if name in networks and use.use in ("access", "trunk")
    )
