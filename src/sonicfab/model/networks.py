"""Networks (VLANs) as the topology names them, and how a port or a link is in some of them."""

from __future__ import annotations

import re
from ipaddress import IPv4Interface, IPv6Interface
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyAddress, WithJsonSchema

from sonicfab.model.fields import Mtu, OneOrMany, Strict, SwitchName, expected, host_address, with_length

_NETWORK = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")


def _network_name(value: str) -> str:
    if not _NETWORK.fullmatch(value):
        raise expected("the name of a network (letters, digits and inner . _ -, at most 63)", value)
    return value


_ADDRESS = WithJsonSchema({"type": "string"})
NetworkName = Annotated[str, AfterValidator(_network_name)]
AddressV4 = Annotated[IPv4Interface, BeforeValidator(with_length), AfterValidator(host_address), _ADDRESS]
AddressV6 = Annotated[IPv6Interface, BeforeValidator(with_length), AfterValidator(host_address), _ADDRESS]
Use = Literal["access", "trunk"]


class Addresses(Strict):
    """An IPv4 and an IPv6 address with their lengths, either or both."""

    ipv4: AddressV4 | None = None
    ipv6: AddressV6 | None = None

    @property
    def all(self) -> tuple[IPv4Interface | IPv6Interface, ...]:
        """Those that are given, IPv4 first."""
        return tuple(one for one in (self.ipv4, self.ipv6) if one is not None)


class Network(Strict):
    """A VLAN; with a gateway it is routed on the switches that have that."""

    vlan: Annotated[int, Field(ge=2, le=4094)]  # 1 is refused by the models from 202405 on: sonic-vlan.yang
    gateway: Addresses = Addresses.model_construct()
    switches: OneOrMany[SwitchName] = ()
    addresses: dict[SwitchName, Addresses] = {}
    anycast: bool = False
    announce: bool = False
    proxy_arp: bool | None = None
    dhcp_relay: OneOrMany[IPvAnyAddress] = ()
    mtu: Mtu | None = None
    description: Annotated[str, Field(max_length=200, pattern=r'^[^"\\\n]*$')] = ""

    @property
    def interfaces(self) -> tuple[tuple[tuple[str, ...], IPv4Interface | IPv6Interface], ...]:
        """Every address that its switches get, with where it stands below the network: the gateway's first."""
        places = [(("gateway",), self.gateway), *((("addresses", name), one) for name, one in self.addresses.items())]
        return tuple(
            ((*path, family), address)
            for path, both in places
            for family, address in (("ipv4", both.ipv4), ("ipv6", both.ipv6))
            if address is not None
        )


class VlanUse(Strict):
    """How a port, or both ends of a link, are in networks: `access` untagged in one, `trunk` tagged in several."""

    use: Use | None = None
    network: NetworkName | None = None
    networks: OneOrMany[NetworkName] = ()
    native: NetworkName | None = None
