"""Addresses are written as Python writes them, whichever way is quicker."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicfab.ipam import alone, text_of

GROUPS = st.lists(st.sampled_from([0, 0, 0, 1, 0x10, 0xFFFF]), min_size=8, max_size=8)
"""Of IPv6: with runs of zeros of every length and place."""


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), GROUPS, st.integers(0, 128))
def test_an_address_is_written_as_ipaddress_writes_it(four: int, short: int, groups: list[int], long: int) -> None:
    six = int("".join(f"{one:04x}" for one in groups), 16)
    for value in (
        IPv4Address(four),
        IPv4Interface((four, short)),
        IPv6Address(six),
        IPv6Interface((six, long)),
        IPv6Address(four),
        IPv6Interface(((0xFFFF << 32) + four, long)),
    ):
        assert text_of(value) == str(value)
        assert text_of(ip_interface(value).network) == str(ip_interface(value).network)


@given(st.integers(0, 2**32 - 1), GROUPS)
def test_an_address_is_alone_in_its_network(four: int, groups: list[int]) -> None:
    for address in (IPv4Address(four), IPv6Address(int("".join(f"{one:04x}" for one in groups), 16))):
        assert alone(address) == ip_interface(address)
        assert alone(address).network == ip_network(address)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "::", "::ffff:192.0.2.1", "::192.0.2.1", "2001:db8::1:0:0:1"])
def test_so_are_odd_ones(text: str) -> None:
    for value in (ip_address(text), ip_interface(text), ip_network(text)):
        assert text_of(value) == str(value)
