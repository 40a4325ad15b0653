"""Lines of FRR's config that SONiC's daemons make of rows: nobody's, as long as the row is there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sonicfab.configdb import FABRIC_TABLES
from sonicfab.frr import conf
from sonicfab.ownership.daemons import made_of
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, settle
from test_ownership import FRR, beside, rendered, settled


@pytest.mark.parametrize(
    ("key", "row", "line"),
    [  # as FRR prints what managers_static_rt.py gives it
        ("198.18.0.0/15", {"nexthop": "192.0.2.1", "ifname": "eth0"}, "ip route 198.18.0.0/15 192.0.2.1 eth0 tag 1"),
        ("default|10.1.2.0/24", {"nexthop": "192.0.2.1", "distance": "1"}, "ip route 10.1.2.0/24 192.0.2.1 tag 1"),
        ("10.1.2.3/24", {"nexthop": "192.0.2.1", "distance": "200"}, "ip route 10.1.2.0/24 192.0.2.1 tag 1 200"),
        ("10.1.2.0/24", {"blackhole": "true", "advertise": "false"}, "ip route 10.1.2.0/24 blackhole tag 2"),
        ("10.1.2.0/24", {"ifname": "Ethernet0", "nexthop": "0.0.0.0"}, "ip route 10.1.2.0/24 Ethernet0 tag 1"),
        ("2001:db8::/32", {"nexthop": "2001:db8::1"}, "ipv6 route 2001:db8::/32 2001:db8::1 tag 1"),
        (
            "10.1.2.0/24",
            {"nexthop": "192.0.2.1,192.0.2.2", "nexthop-vrf": "default,Vrf1"},
            "ip route 10.1.2.0/24 192.0.2.2 tag 1 nexthop-vrf Vrf1",
        ),
    ],
)
def test_a_static_route_of_config_db_is_no_difference(key: str, row: Mapping[str, str], line: str) -> None:
    made = made_of({"STATIC_ROUTE": {key: row}})
    text = f"{line}\n{FRR}"
    assert conf.diff(FRR, made.without(text, FRR)) == []
    assert made.without(text, text) == text, "one that is intended is not taken out"
    other = text.replace("tag ", "tag 7")
    assert conf.diff(FRR, made.without(other, FRR)), "and no other route is taken for it"


def test_a_static_route_in_a_vrf_stands_in_its_context() -> None:
    made = made_of({"STATIC_ROUTE": {"Vrf1|10.1.2.0/24": {"nexthop": "192.0.2.1"}}})
    assert made.has(("vrf Vrf1",), "ip route 10.1.2.0/24 192.0.2.1 tag 1")
    assert not made.has((), "ip route 10.1.2.0/24 192.0.2.1 tag 1")


def test_a_route_whose_row_has_gone_is_no_line_of_another_in_the_frr_conf_that_has_it_still() -> None:
    """`write memory` had saved it; when the row went, bgpcfgd took it out of FRR and not out of the file."""
    there = beside(rendered(), STATIC_ROUTE={"10.8.0.0/16": {"nexthop": "192.0.2.8"}})
    gone, mine = "ip route 10.9.0.0/16 192.0.2.9 tag 1\n", "ip route 10.7.0.0/16 192.0.2.7\n"
    made = "ip route 10.8.0.0/16 192.0.2.8 tag 1\n"
    what = Rendered(rendered(), FRR, FABRIC_TABLES | rendered().keys())
    whole = settle(what, OnSwitch(there, there, gone + made + mine + FRR, Record(), made + mine + FRR))
    assert whole.theirs == ("FRR: ip route 10.7.0.0/16 192.0.2.7",)
    assert "10.9.0.0" not in (whole.frr or "")
    assert whole.is_stored(gone + made + mine + FRR), "it is nobody's change"
    dead = settle(what, OnSwitch(there, there, gone + made + mine + FRR, Record(), FRR))
    assert "10.9.0.0" in (dead.frr or ""), "where none of them runs, staticd may not"
    runs = settle(what, OnSwitch(there, there, gone + mine + FRR, Record(), gone + mine + FRR))
    assert "FRR: ip route 10.9.0.0/16 192.0.2.9 tag 1" in " ".join(runs.theirs), "what runs without a row is somebody's"
    unread = settle(what, OnSwitch(there, there, gone + FRR, Record()))
    assert "10.9.0.0" in (unread.frr or ""), "of what does not run nobody knows, where FRR does not"


ROWS_OF_BGP = [
    ("BGP_NEIGHBOR", "10.99.0.2", "neighbor 10.99.0.2 remote-as 65009"),
    ("BGP_MONITORS", "10.99.0.2", "neighbor 10.99.0.2 remote-as 65009"),
    ("BGP_PEER_RANGE", "DYN", "bgp listen range 10.32.0.0/24 peer-group DYN"),
    ("BGP_AGGREGATE_ADDRESS", "10.8.0.0/16", "aggregate-address 10.8.0.0/16 summary-only"),
    ("STATIC_ROUTE", "10.8.0.0/16", "redistribute static route-map STATIC_ROUTE_FILTER"),
]


@pytest.mark.parametrize(("table", "key", "line"), ROWS_OF_BGP)
def test_without_an_as_number_bgpcfgd_makes_nothing_of_bgp(table: str, key: str, line: str) -> None:
    for asn in ("65001", "", "None", "null", "0", None):
        metadata = {"hostname": "leaf1", **({} if asn is None else {"bgp_asn": asn})}
        made = made_of({"DEVICE_METADATA": {"localhost": metadata}, table: {key: {}}})
        assert made.has(("router bgp 65001",), line) == (asn == "65001"), asn


def test_a_neighbor_of_another_with_a_row_that_makes_nothing_stays() -> None:
    """It was dropped without a word: nobody but the operator had made it."""
    there = rendered(BGP_NEIGHBOR={"10.99.0.2": {"asn": "65009", "name": "router", "local_addr": "10.99.0.1"}})
    theirs = FRR.replace(" !\n", " neighbor 10.99.0.2 remote-as 65009\n !\n", 1)
    whole = settled(there, theirs)
    assert whole.frr is not None
    assert " neighbor 10.99.0.2 remote-as 65009\n" in whole.frr
    there["DEVICE_METADATA"]["localhost"]["bgp_asn"] = "65001"
    assert settled(there, theirs).frr == FRR, "this one bgpcfgd makes"
