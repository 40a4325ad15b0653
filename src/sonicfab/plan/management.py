"""How a switch is reached: its management interface, and how to log in there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Annotated, ClassVar

from sonicfab.model.fields import SecretRef
from sonicfab.plan.decided import Rule, in_file

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface


@dataclass(frozen=True, slots=True)
class SshPlan:
    """How to log in to the switch; secrets are references."""

    user: str
    port: int
    password: SecretRef | None
    key: SecretRef | None
    passphrase: SecretRef | None
    agent: bool
    jump_host: str
    known_hosts: str


@dataclass(frozen=True, slots=True)
class ManagementAddress:
    """An address of eth0; `routes` are the networks that are reached over its gateway whatever BGP says."""

    address: Annotated[
        IpInterface, Rule("the address of eth0", ("inventory:management.address", "inventory:management.ipv6"))
    ]
    gateway: Annotated[
        IpAddress, Rule("the gateway of eth0", ("inventory:management.gateway", "inventory:management.gateway_ipv6"))
    ]
    routes: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        Rule("reached over the management network whatever BGP says", ("inventory:management.routes",)),
    ] = ()


@dataclass(frozen=True, slots=True)
class ManagementPlan:
    """The management interface eth0.

    Attributes:
        address: by which the switch is reached.
        gateway: None with DHCP, which tells it.
        vrf: whether it is in the VRF `mgmt`; None: the inventory does not say.
        dhcp: it has no address in CONFIG_DB; SONiC asks DHCP then (files/image_config/interfaces/interfaces.j2).
        beside: an IPv6 address beside the IPv4 one, and its gateway.
        contact: where it answers as long as it has not its address; "" for nowhere else.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("address gateway -contact")

    address: Annotated[IpInterface, Rule("the address of eth0", ("inventory:management.address",))]
    gateway: Annotated[IpAddress | None, Rule("the gateway of eth0", ("inventory:management.gateway",))]
    vrf: Annotated[bool | None, Rule("", ("inventory:management.vrf",))]
    dhcp: Annotated[bool, Rule("", ("inventory:management.dhcp",))] = False
    beside: tuple[IPv6Interface, IPv6Address] | None = None
    routes: tuple[IPv4Network | IPv6Network, ...] = ()
    contact: str = ""

    @property
    def addresses(self) -> Annotated[tuple[ManagementAddress, ...], Rule("", ("inventory:management",), naming=True)]:
        """Those that stand in CONFIG_DB, each with the routes of its family."""
        if self.dhcp or self.gateway is None:
            return ()
        pairs: list[tuple[IpInterface, IpAddress]] = [(self.address, self.gateway)]
        pairs += [self.beside] if self.beside else []
        return tuple(
            ManagementAddress(address, gateway, tuple(one for one in self.routes if one.version == address.version))
            for address, gateway in pairs
        )
