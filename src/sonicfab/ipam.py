"""Pools of numbers: what may be handed out, in which order. Pure; who gets what is decided in plan.numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
)
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any

IpAddress = IPv4Address | IPv6Address
IpInterface = IPv4Interface | IPv6Interface
IpNetwork = IPv4Network | IPv6Network


def is_address(text: str) -> bool:
    """Whether a text is an address, of either version."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AddressPool:
    """Single addresses out of a network; not its first one, and not an IPv4 network's last one.

    A loopback may be any address, but people and tools take the first and the last for the network itself.
    """

    network: IpNetwork

    @property
    def size(self) -> int:
        """How many addresses there are to hand out."""
        return max(self.network.num_addresses - (2 if self.network.version == 4 else 1), 0)

    def __contains__(self, number: object) -> bool:
        """Any address of the network belongs to it, also those that are not handed out."""
        return isinstance(number, (IPv4Address, IPv6Address)) and number in self.network

    def hands_out(self, number: object) -> bool:
        """True for an address that iterating gives."""
        if not isinstance(number, (IPv4Address, IPv6Address)) or number not in self.network:
            return False
        return 1 <= int(number) - int(self.network.network_address) <= self.size

    def __iter__(self) -> Iterator[IpAddress]:
        """From the lowest up."""
        first = int(self.network.network_address) + 1
        make = IPv4Address if self.network.version == 4 else IPv6Address
        return (make(number) for number in range(first, first + self.size))

    def __str__(self) -> str:
        """The network."""
        return str(self.network)


@dataclass(frozen=True, slots=True)
class LinkPool:
    """Networks of two addresses: /31 (RFC 3021) or /127 (RFC 6164)."""

    network: IpNetwork

    @property
    def size(self) -> int:
        """How many links there is room for."""
        return self.network.num_addresses // 2

    def __contains__(self, number: object) -> bool:
        """True for a /31 or /127 inside the pool."""
        if not isinstance(number, (IPv4Network, IPv6Network)) or number.version != self.network.version:
            return False
        return number.prefixlen == number.max_prefixlen - 1 and number.network_address in self.network

    def hands_out(self, number: object) -> bool:
        """True for a network that iterating gives."""
        return number in self

    def __iter__(self) -> Iterator[IpNetwork]:
        """From the lowest up."""
        make = IPv4Network if self.network.version == 4 else IPv6Network
        length = self.network.max_prefixlen - 1
        start = int(self.network.network_address)
        return (make((start + 2 * number, length)) for number in range(self.size))

    def __str__(self) -> str:
        """The network."""
        return str(self.network)


def link_end(network: IpNetwork, number: int) -> IpInterface:
    """One of the two addresses of a link network with its prefix length: 0 is the lower one."""
    make = IPv4Interface if network.version == 4 else IPv6Interface
    return make((int(network.network_address) + number, network.prefixlen))


def alone(address: IPv4Address | IPv6Address) -> IpInterface:
    """An address in a network of its own: /32 or /128."""
    make = IPv4Interface if address.version == 4 else IPv6Interface
    return make((int(address), address.max_prefixlen))


def end_text(network: IpNetwork, number: int) -> str:
    """The text of one of the two addresses of a link network."""
    address = int(network.network_address) + number
    return _ipv4(address.to_bytes(4, "big")) if network.version == 4 else _ipv6(address.to_bytes(16, "big"))


def _ipv4(packed: bytes) -> str:
    return inet_ntop(AF_INET, packed)


def _ipv6(packed: bytes) -> str:
    text = inet_ntop(AF_INET6, packed)
    return str(IPv6Address(packed)) if "." in text else text  # one that maps IPv4 is written in two ways


TEXT_OF: Mapping[type, Callable[[Any], str]] = {
    IPv4Address: lambda of: _ipv4(of.packed),
    IPv6Address: lambda of: _ipv6(of.packed) if of.scope_id is None else str(of),
    IPv4Interface: lambda of: f"{_ipv4(of.packed)}/{of.network.prefixlen}",
    IPv6Interface: lambda of: f"{_ipv6(of.packed)}/{of.network.prefixlen}" if of.scope_id is None else str(of),
    IPv4Network: lambda of: f"{text_of(of.network_address)}/{of.prefixlen}",
    IPv6Network: lambda of: f"{text_of(of.network_address)}/{of.prefixlen}",
}
"""Type -> what writes a value of it as `ipaddress` does, at a fifth of the cost; a switch has a hundred of them."""


def text_of(of: IPv4Address | IPv6Address | IpInterface | IpNetwork) -> str:
    """What `str` makes of it, sooner."""
    return TEXT_OF[type(of)](of)
