"""Neighbours of others, their policies and static routes, read out of FRR's config: said where every word is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sonicfab.adopt.routemaps import RouteMaps
from sonicfab.adopt.source import read_folders
from sonicfab.adopt.whole import Adopted, Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.yamltext import compose, value
from test_adopt import GOLDEN

LISTS = """\
ip prefix-list OWN seq 5 permit 10.0.0.0/8 le 32
ip prefix-list DEFAULT permit 0.0.0.0/0
ipv6 prefix-list DEFAULT6 permit ::/0
ip prefix-list NOT seq 5 deny 10.0.0.0/8
bgp as-path access-list PATH seq 5 permit ^64999_
bgp community-list standard SOME seq 5 permit 64999:1
bgp community-list standard SOME seq 10 permit no-export
!
"""
TWO = """\
route-map M permit 10
 match ip address prefix-list DEFAULT
 set metric 5
exit
route-map M permit 15
 match ipv6 address prefix-list DEFAULT6
 set metric 5"""
MUCH = """\
route-map M permit 1
 set ipv6 next-hop prefer-global
 on-match next
exit
route-map M permit 10
 match as-path PATH
 match community SOME
 set as-path prepend 65001 65001
 set community 65001:7 no-export additive"""


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("route-map M permit 7", [{"permit": "any"}]),
        ("route-map M deny 3\n match ip address prefix-list OWN", [{"deny": "10.0.0.0/8 le 32"}]),
        (
            TWO,
            [{"permit": "default", "set": {"metric": "5"}}],
        ),
        (
            MUCH,
            [
                {
                    "permit": "any",
                    "as_path": "^64999_",
                    "communities": ["64999:1", "no-export"],
                    "set": {"prepend": "2", "communities": ["65001:7", "no-export"]},
                }
            ],
        ),
        ("route-map M permit 10\n match ip address prefix-list NOT", None),
        ("route-map M permit 10\n match ip address prefix-list NOBODY", None),
        ("route-map M permit 10\n match ip address prefix-list OWN\n match ip address prefix-list DEFAULT", None),
        ("route-map M permit 10\n match source-protocol static", None),
        ("route-map M permit 10\n set community 65001:7", None),
        ("route-map M permit 10\n set as-path prepend 65002", None),
        ("route-map M permit 10\n on-match goto 30", None),
        ("route-map OTHER permit 10", None),
    ],
)
def test_a_route_map_is_a_policy_where_every_entry_has_a_word(lines: str, words: Any) -> None:
    assert RouteMaps(f"{LISTS}{lines}\nexit\n", 65001).words("M") == words


LEAF1, LEAF2 = "st01-sw25g-r01-u34", "st01-sw25g-r01-u35"
NEIGHBOR = """\
 neighbor 203.0.113.1 remote-as 64999
 neighbor 203.0.113.1 description transit north
 neighbor 203.0.113.1 bfd
 !
 address-family ipv4 unicast
  neighbor 203.0.113.1 activate
  neighbor 203.0.113.1 route-map IN in
  neighbor 203.0.113.1 route-map OUT out
 exit-address-family
 !
"""
IN = """\
route-map IN permit 10
 match ip address prefix-list DEFAULT
exit
!
route-map OUT permit 10
 set metric 5
exit
!
"""
STATICS = """\
ip route 198.51.100.0/24 203.0.113.1 20
ip route 198.51.100.0/24 203.0.113.9 Ethernet16 20
ip route 198.51.101.0/24 blackhole tag 4
ip route 198.51.102.0/24 203.0.113.1 nexthop-vrf BLUE
!
"""


def adopted(policies: str = IN, neighbor: str = NEIGHBOR) -> tuple[Adopted, Any]:
    """The golden fabric with a router outside at its first leaf, as somebody would have typed it."""
    found = []
    for source in read_folders([GOLDEN / "spine-leaf-1x2"]):
        frr, config = source.frr, {**source.config_db}
        if source.name == LEAF1:
            config["INTERFACE"] = {**config["INTERFACE"], "Ethernet16": {}, "Ethernet16|203.0.113.2/28": {}}
            frr = frr.replace(" address-family ipv4 unicast\n", f"{neighbor} address-family ipv4 unicast\n", 1)
            frr = f"{LISTS}{STATICS}{frr.removesuffix('end' + chr(10))}{policies}end\n"
        found.append(replace(source, config_db=config, frr=frr))
    result = adopt(found, Catalog.load(), Given())
    return result, value(compose(result.files["topology.yml"]))


def test_a_neighbour_of_others_is_known() -> None:
    """Its address, ASN, options and policies are said; it has no group, and its lines are left and kept for that."""
    result, topology = adopted()
    assert result.unchanged, result.changes
    assert topology["outside"] == [
        {
            "name": "transit-north",
            "switch": LEAF1,
            "interface": "Ethernet16",
            "address": "203.0.113.2/28",
            "peer": "203.0.113.1",
            "asn": "64999",
            "accept": "IN",
            "announce": "OUT",
            "bgp": {"bfd": "true", "keepalive": "60", "hold": "180"},
        }
    ]
    assert topology["policies"] == {"IN": [{"permit": "0.0.0.0/0"}], "OUT": [{"permit": "any", "set": {"metric": "5"}}]}
    assert topology["routes"] == [
        {
            "switches": [LEAF1],
            "prefix": "198.51.100.0/24",
            "via": ["203.0.113.1", "203.0.113.9 Ethernet16"],
            "distance": "20",
        },
        {"switches": [LEAF1], "prefix": "198.51.101.0/24", "blackhole": "true", "tag": "4"},
    ]
    assert "nexthop-vrf" in result.files["topology.yml"], "what has no word is kept as it stands"


@pytest.mark.parametrize(
    ("policies", "neighbor"),
    [
        (IN.replace("set metric 5", "set metric +5"), NEIGHBOR),
        (IN, NEIGHBOR.replace("route-map IN in", "prefix-list OWN in")),
        (IN, NEIGHBOR.replace("remote-as 64999", "remote-as 65405")),
    ],
    ids=["a line without a word", "another filter", "the ASN of a switch"],
)
def test_what_has_no_word_is_kept_as_it_stands(policies: str, neighbor: str) -> None:
    result, topology = adopted(policies, neighbor)
    assert result.unchanged
    assert "outside" not in topology
    assert "neighbor 203.0.113.1 bfd" in result.files["topology.yml"]


VLAN = {
    "VLAN": {"Vlan23": {"vlanid": "23"}},
    "VLAN_MEMBER": {"Vlan23|Ethernet20": {"tagging_mode": "untagged"}},
    "VLAN_INTERFACE": {"Vlan23": {}, "Vlan23|203.0.113.2/28": {}},
}


def read(more: dict[str, Any], frr: str, neighbor: str = NEIGHBOR) -> tuple[Adopted, Any]:
    """The golden fabric with more rows and lines on its first leaf."""
    found = []
    for source in read_folders([GOLDEN / "spine-leaf-1x2"]):
        text, config = source.frr, {**source.config_db}
        if source.name == LEAF1:
            config |= {table: {**config.get(table, {}), **rows} for table, rows in more.items()}
            text = text.replace(" address-family ipv4 unicast\n", f"{neighbor} address-family ipv4 unicast\n", 1)
            text = f"{LISTS}{frr}{text.removesuffix('end' + chr(10))}{IN}end\n"
        found.append(replace(source, config_db=config, frr=text))
    result = adopt(found, Catalog.load(), Given())
    assert result.unchanged, result.changes
    return result, value(compose(result.files["topology.yml"]))


def test_a_neighbour_in_a_vlan_is_in_its_network() -> None:
    """Named by its address alone: the network has the switch's own."""
    _, topology = read(VLAN, "ip route 198.51.100.0/24 203.0.113.1 Vlan23\n!\n")
    assert topology["networks"] == {"vlan23": {"vlan": "23", "gateway": {"ipv4": "203.0.113.2/28"}}}
    (one,) = topology["outside"]
    assert {key: one.get(key) for key in ("interface", "address", "peer")} == {
        "interface": "vlan23",
        "address": None,
        "peer": "203.0.113.1",
    }
    assert topology["routes"] == [
        {"switches": [LEAF1], "prefix": "198.51.100.0/24", "via": "203.0.113.1 vlan23"},
    ]


def test_a_neighbour_over_a_sub_interface_is_kept_with_the_reason() -> None:
    rows = {"VLAN_SUB_INTERFACE": {"Ethernet20.7": {"vlan": "7"}, "Ethernet20.7|203.0.113.2/28": {}}}
    result, topology = read(rows, "")
    assert "outside" not in topology
    extra = topology["switches"][LEAF1]["extra"]
    assert "neighbor 203.0.113.1 remote-as 64999" in str(extra["frr"])
    assert extra["config_db"].keys() == {"VLAN_SUB_INTERFACE"}
    assert "# the topology has none; sessions over them stand below" in result.files["topology.yml"]


ROWS: dict[str, tuple[dict[str, str], dict[str, Any] | None]] = {
    "198.51.100.0/24": ({"nexthop": "203.0.113.1"}, {"via": "203.0.113.1", "tag": "1"}),
    "default|198.51.101.0/24": (
        {"nexthop": "203.0.113.1,0.0.0.0", "ifname": "Vlan23,Ethernet20", "distance": "5,5", "advertise": "false"},
        {"via": ["203.0.113.1 vlan23", "Ethernet20"], "distance": "5", "tag": "2"},
    ),
    "198.51.102.0/24": ({"blackhole": "true", "nexthop": ""}, {"blackhole": "true", "tag": "1"}),
    "198.51.103.0/24": ({"nexthop": "203.0.113.1", "bfd": "true"}, None),
    "198.51.104.0/24": ({"nexthop": "203.0.113.1", "ifname": ",,"}, None),
    "Vrf1|198.51.105.0/24": ({"nexthop": "203.0.113.1"}, None),
    "198.51.106.0/24": ({"nexthop": "203.0.113.1,203.0.113.9", "distance": "1,2"}, None),
}


def test_rows_of_static_routes_are_routes_where_they_say_the_same() -> None:
    """What bgpcfgd makes of them; the rows are kept, and a push changes nothing."""
    result, topology = read({**VLAN, "STATIC_ROUTE": {key: row for key, (row, _) in ROWS.items()}}, "")
    said = {one.pop("prefix"): one for one in topology["routes"]}
    assert said == {
        key.rpartition("|")[2]: {"switches": [LEAF1], **one} for key, (_, one) in ROWS.items() if one is not None
    }
    assert topology["switches"][LEAF1]["extra"]["config_db"]["STATIC_ROUTE"].keys() == ROWS.keys()
    (odd,) = [str(one) for one in result.odd if "STATIC_ROUTE" in str(one)]
    assert "198.51.104.0/24 has lists of different lengths" in odd
