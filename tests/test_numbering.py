"""Numbers are unique, inside their pools, and never move: whatever comes, goes or changes places in the files."""

from __future__ import annotations

import random
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from known import CATALOG
from sonicfab.asn import AsnPool, is_private
from sonicfab.ipam import AddressPool, LinkPool, link_end
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import PlanProblems, make_plan
from sonicfab.plan.types import FabricPlan

LEAF_PORTS = [f"Ethernet{number}" for number in range(48, 80, 4)]
SPINE_PORTS = [f"Ethernet{number}" for number in range(0, 128, 4)]


def inventory_of(leaves: list[int], spines: list[int]) -> Inventory:
    def device(name: str, role: str, platform: str, number: int) -> dict[str, object]:
        return {
            "role": role,
            "platform": platform,
            "mac": f"02:00:{'01' if role == 'leaf' else '02'}:00:{number >> 8:02x}:{number & 255:02x}",
            "management": {"address": f"192.0.{2 if role == 'leaf' else 3}.{number + 1}/16", "gateway": "192.0.0.1"},
        }

    devices = {f"leaf{number}": device(f"leaf{number}", "leaf", "as7326-56x", number) for number in leaves}
    devices |= {f"spine{number}": device(f"spine{number}", "spine", "as7726-32x", number) for number in spines}
    return Inventory.model_validate({"devices": devices})


def topology_of(links: list[tuple[int, int]], *, numbered: bool, extra: Mapping[str, object] | None = None) -> Topology:
    return Topology.model_validate(
        {
            "name": "property",
            "underlay": {"ipv4": "10.1.0.0/20", "ipv6": "fd00:1::/64"} if numbered else "unnumbered",
            "asn": {"spine": "65500-65510", "leaf": "4200000100-4200000300"},
            "loopbacks": {"ipv4": "10.0.0.0/22", "ipv6": "fd00::/64"},
            "links": [f"spine{s}:{SPINE_PORTS[leaf]} - leaf{leaf}:{LEAF_PORTS[s]}" for s, leaf in links],
            **(extra or {}),
        }
    )


def numbers_of(plan: FabricPlan) -> dict[str, tuple[object, ...]]:
    """Everything numbered, by name."""
    switches = {name: (one.asn, one.loopbacks.ipv4, one.loopbacks.ipv6) for name, one in plan.switches.items()}
    return {**switches, **{link.name: (link.ipv4, link.ipv6) for link in plan.links}}


Fabrics = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 31)), min_size=1, max_size=40)


def plan_of(links: list[tuple[int, int]], numbers: Numbers, *, numbered: bool) -> tuple[FabricPlan, Numbers]:
    leaves, spines = sorted({leaf for _, leaf in links}), sorted({spine for spine, _ in links})
    plan, recorded, _ = make_plan(inventory_of(leaves, spines), topology_of(links, numbered=numbered), numbers, CATALOG)
    return plan, recorded


@given(Fabrics, Fabrics, st.booleans(), st.randoms())
def test_numbers_stay(
    before: set[tuple[int, int]], after: set[tuple[int, int]], numbered: bool, rng: random.Random
) -> None:
    """From any fabric to any other, in any order: who is in both keeps every number."""
    first, kept = plan_of(shuffled(before, rng), Numbers(), numbered=numbered)
    second, _ = plan_of(shuffled(after, rng), kept, numbered=numbered)
    old, new = numbers_of(first), numbers_of(second)
    for name in old.keys() & new.keys():
        assert new[name] == old[name], f"{name} was renumbered"


@given(Fabrics, st.booleans(), st.randoms())
def test_numbers_are_unique_and_in_their_pools(links: set[tuple[int, int]], numbered: bool, rng: random.Random) -> None:
    plan, _ = plan_of(shuffled(links, rng), Numbers(), numbered=numbered)
    switches = list(plan.switches.values())
    assert len({switch.asn for switch in switches}) == len(switches)
    assert len({switch.loopbacks.ipv4 for switch in switches}) == len(switches)
    assert len({switch.loopbacks.ipv6 for switch in switches}) == len(switches)
    for switch in switches:
        low, high = (65500, 65510) if switch.role == "spine" else (4200000100, 4200000300)
        assert low <= switch.asn <= high
        assert switch.loopbacks.ipv4 in IPv4Network("10.0.0.0/22")
        assert switch.loopbacks.ipv6 in IPv6Network("fd00::/64")
    addresses = [
        str(address) for switch in switches for one in switch.interfaces_of("port") for address in one.addresses
    ]
    assert len(set(addresses)) == len(addresses)
    for link in plan.links:
        assert bool(link.ipv4) == bool(link.ipv6) == numbered


@given(Fabrics, st.booleans(), st.randoms())
def test_the_order_in_the_file_does_not_matter(links: set[tuple[int, int]], numbered: bool, rng: random.Random) -> None:
    one, _ = plan_of(sorted(links), Numbers(), numbered=numbered)
    other, _ = plan_of(shuffled(links, rng), Numbers(), numbered=numbered)
    assert numbers_of(one) == numbers_of(other)


@given(Fabrics, st.booleans())
def test_a_second_look_changes_nothing(links: set[tuple[int, int]], numbered: bool) -> None:
    first, kept = plan_of(sorted(links), Numbers(), numbered=numbered)
    second, again = plan_of(sorted(links), kept, numbered=numbered)
    assert numbers_of(first) == numbers_of(second)
    assert kept == again


@given(Fabrics, st.booleans())
def test_both_ends_of_a_link_agree(links: set[tuple[int, int]], numbered: bool) -> None:
    plan, _ = plan_of(sorted(links), Numbers(), numbered=numbered)
    for name, switch in plan.switches.items():
        for session in switch.fabric_sessions:
            far = plan.switches[session.far.switch]
            assert far.asn == session.remote_asn
            mirror = [one for one in far.fabric_sessions if one.far == (name, session.interface)]
            assert session.families in [one.families for one in mirror]
            if numbered:
                own = {str(address.ip) for port in switch.interfaces_of("port") for address in port.addresses}
                assert session.peer not in own
                assert {one.peer for one in mirror} <= own


def test_a_number_by_hand_is_never_handed_out() -> None:
    by_hand = {"switches": {"leaf1": {"asn": "4200000100", "ipv4": "10.0.0.1", "ipv6": "fd00::1"}}}
    topology = topology_of([(0, 0), (0, 1)], numbered=False, extra=by_hand)
    plan, recorded, _ = make_plan(inventory_of([0, 1], [0]), topology, Numbers(), CATALOG)
    assert plan.switches["leaf1"].asn == 4200000100
    assert plan.switches["leaf0"].asn == 4200000101
    assert "leaf1" not in recorded.switches


def test_one_number_is_shared_by_the_role() -> None:
    topology = topology_of([(0, 0), (1, 0)], numbered=False, extra={"asn": {"spine": "65500", "leaf": "65401-65409"}})
    plan, recorded, _ = make_plan(inventory_of([0], [0, 1]), topology, Numbers(), CATALOG)
    assert plan.switches["spine0"].asn == plan.switches["spine1"].asn == 65500
    assert recorded.switches["spine0"].asn is None


def test_a_pool_for_a_range_skips_the_number_that_another_role_shares() -> None:
    topology = topology_of([(0, 0), (0, 1)], numbered=False, extra={"asn": {"spine": "65402", "leaf": "65401-65409"}})
    plan, _, _ = make_plan(inventory_of([0, 1], [0]), topology, Numbers(), CATALOG)
    assert [plan.switches[name].asn for name in ("leaf0", "leaf1", "spine0")] == [65401, 65403, 65402]


def test_what_leaves_gives_its_number_back() -> None:
    _, kept = plan_of([(0, 0), (0, 1)], Numbers(), numbered=True)
    _, after = plan_of([(0, 0)], kept, numbered=True)
    assert after.switches.keys() == {"leaf0", "spine0"}
    assert len(after.links) == 1


def test_all_problems_are_found_at_once() -> None:
    topology = topology_of([(0, 0), (0, 0)], numbered=False)
    with pytest.raises(PlanProblems) as caught:
        make_plan(inventory_of([0], [0]), topology, Numbers(), CATALOG)
    assert len(caught.value.problems) == 2  # both ports of the link are used twice


@pytest.mark.parametrize(
    ("network", "size", "first"),
    [
        ("10.0.0.0/24", 254, "10.0.0.1"),
        ("10.0.0.0/31", 0, ""),
        ("fd00::/126", 3, "fd00::1"),
        ("10.0.0.0/30", 2, "10.0.0.1"),
    ],
)
def test_address_pool(network: str, size: int, first: str) -> None:
    pool = AddressPool(IPv6Network(network) if ":" in network else IPv4Network(network))
    handed = [str(address) for address in pool] if size < 1000 else []
    assert (pool.size, len(handed)) == (size, size)
    assert not size or handed[0] == first


def test_link_pool() -> None:
    pool = LinkPool(IPv4Network("10.0.0.0/29"))
    assert [str(network) for network in pool] == ["10.0.0.0/31", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/31"]
    assert IPv4Network("10.0.0.2/31") in pool
    assert IPv4Network("10.0.0.2/32") not in pool
    assert IPv4Network("10.0.1.0/31") not in pool
    assert [str(link_end(IPv6Network("fd00::4/127"), number)) for number in (0, 1)] == ["fd00::4/127", "fd00::5/127"]


def test_asn_pools() -> None:
    assert str(AsnPool(65401, 65499)) == "65401-65499"
    assert AsnPool(65501, 65501).shared
    assert [is_private(number) for number in (64511, 64512, 65534, 65535, 4200000000, 4294967295)] == [
        False,
        True,
        True,
        False,
        True,
        False,
    ]


def shuffled(links: set[tuple[int, int]], rng: random.Random) -> list[tuple[int, int]]:
    order = sorted(links)
    rng.shuffle(order)
    return order
