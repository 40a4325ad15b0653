"""FRR text by meaning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import REFERENCE
from sonicfab.frr.conf import diff, parse

CONFIG = """\
frr version 10.0.1
frr defaults traditional
hostname leaf1
agentx
no zebra nexthop kernel enable
service integrated-vtysh-config
!
ip prefix-list A seq 5 permit 10.0.0.0/24 ge 32
!
interface Ethernet0
 description spine1:Ethernet0
exit
!
router bgp 65401
 bgp router-id 10.0.0.1
 neighbor SPINE peer-group
 !
 address-family ipv4 unicast
  network 10.0.0.1/32
  neighbor SPINE activate
 exit-address-family
exit
!
route-map EMPTY permit 10
exit
!
route-map ONE permit 10
 match ip address prefix-list A
exit
!
end
"""


def test_contexts() -> None:
    contexts = parse(CONFIG)
    assert contexts[()] == {"no zebra nexthop kernel enable", "ip prefix-list A seq 5 permit 10.0.0.0/24 ge 32"}
    assert contexts["interface Ethernet0",] == {"description spine1:Ethernet0"}
    assert contexts["router bgp 65401", "address-family ipv4 unicast"] == {
        "network 10.0.0.1/32",
        "neighbor SPINE activate",
    }
    assert contexts["route-map EMPTY permit 10",] == frozenset()


def test_the_order_of_sections_does_not_matter() -> None:
    head, _, tail = CONFIG.partition("router bgp 65401")
    bgp, _, maps = tail.partition("route-map EMPTY")
    other = "Building configuration...\n\nCurrent configuration:\n!\nfrr version 8.4.4\n"
    swapped = f"{other}route-map EMPTY{maps.replace('end', '')}{head.partition('!')[2]}router bgp 65401{bgp}"
    swapped += "no zebra nexthop kernel enable\nend\n"
    assert diff(CONFIG, swapped) == []


def test_differences_say_where() -> None:
    running = CONFIG.replace("network 10.0.0.1/32", "network 10.0.0.9/32").replace(
        "route-map EMPTY permit 10\nexit\n", ""
    )
    assert [str(change) for change in diff(CONFIG, running)] == [
        "+ route-map EMPTY permit 10",
        "- router bgp 65401 / address-family ipv4 unicast / network 10.0.0.9/32",
        "+ router bgp 65401 / address-family ipv4 unicast / network 10.0.0.1/32",
    ]


def test_a_context_that_does_not_belong_there_is_seen_even_when_it_is_empty() -> None:
    assert [str(change) for change in diff("", "route-map X permit 10\nexit\n")] == ["- route-map X permit 10"]


def test_passwords_are_masked() -> None:
    running = "router bgp 65401\n neighbor SPINE password hunter2\nexit\n"
    assert [str(change) for change in diff("", running)] == ["- router bgp 65401 / neighbor SPINE password ********"]


RECORDED = sorted((REFERENCE / "recorded" / "202411" / "canonical").glob("*.json"))


@pytest.mark.skipif(not RECORDED, reason="no recordings of SONiC beside this checkout")
@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_recorded_running_configs_are_read_whole(file: Path) -> None:
    """Every line of a real running config is either in a context or one of those that are no configuration."""
    text = json.loads(file.read_text())["stdout"]
    contexts = parse(text)
    lines = [line.strip() for line in text.splitlines()]
    known = {line for found in contexts.values() for line in found} | {part for context in contexts for part in context}
    skipped = ("frr ", "hostname ", "log ", "service ", "Building", "Current", "exit", "end", "!", "")
    rest = [
        line for line in lines if line not in known and not (line in skipped or line.startswith((*skipped[:6], "exit")))
    ]
    assert rest == []
    assert diff(text, text) == []


def test_contexts_without_indentation() -> None:
    """FRR does not look at blanks; a text that is not indented means the same."""
    flat = "\n".join(line.strip() for line in CONFIG.splitlines())
    assert parse(flat) == parse(CONFIG)
    assert diff(flat, CONFIG) == []
    without_exit = "\n".join(line for line in flat.splitlines() if not line.startswith("exit"))
    assert parse(without_exit) == parse(CONFIG)


def test_a_line_that_only_the_top_level_knows_leaves_the_context() -> None:
    """As FRR does (lib/command.c command_config_read_one_line): it tries the parents, and stays where it found it."""
    text = "router bgp 1\n bgp router-id 1.1.1.1\n ip nht resolve-via-default\n network 1.1.1.1/32\nexit\n"
    assert parse(text) == {
        (): {"ip nht resolve-via-default", "network 1.1.1.1/32"},
        ("router bgp 1",): {"bgp router-id 1.1.1.1"},
    }
    in_vrf = "vrf Vrf1\n ip route 10.0.0.0/8 blackhole\nexit-vrf\nip route 11.0.0.0/8 blackhole\n"
    assert parse(in_vrf) == {("vrf Vrf1",): {"ip route 10.0.0.0/8 blackhole"}, (): {"ip route 11.0.0.0/8 blackhole"}}


def test_comments_are_no_lines() -> None:
    assert parse("! a comment\n# another\nip prefix-list A seq 5 permit any\n") == {
        (): {"ip prefix-list A seq 5 permit any"}
    }


@pytest.mark.parametrize(
    ("version", "defaults", "equal"),
    [
        ("8.4.4", "traditional", False),
        ("9.1", "traditional", True),
        ("10.0.1", "traditional", True),
        ("10.3", "datacenter", False),
    ],
)
def test_what_frr_has_by_itself_is_no_difference(version: str, defaults: str, *, equal: bool) -> None:
    """FRR 9.1 and later do not print it."""
    head = f"frr version {version}\nfrr defaults {defaults}\n"
    said = "ip nht resolve-via-default\nipv6 nht resolve-via-default\n"
    assert (diff(head + said, head) == []) is equal
    off = [str(one) for one in diff(head + said, f"{head}no ip nht resolve-via-default\n")]
    assert ("+ ipv6 nht resolve-via-default" in off) is not equal
    assert {"- no ip nht resolve-via-default", "+ ip nht resolve-via-default"} <= set(off)
