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
