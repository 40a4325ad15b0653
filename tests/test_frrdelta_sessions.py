"""What sessions feel, seen: three routers, six sessions of the one, and a delta that says which of them go.

A session that is not named keeps its TCP connection; one that is named does not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from frrpairs import BASE, CHANGES, after, changed
from frrs import Router, fresh, holder, wait_until
from labs import needs_lab

pytestmark = needs_lab

NEIGHBOR = """\
ip prefix-list ALL seq 5 permit any
router bgp {asn}
 bgp router-id 10.0.0.{number}
 no bgp ebgp-requires-policy
 timers bgp 3 9
 neighbor DUT peer-group
 neighbor DUT remote-as external
 neighbor DUT timers connect 1
 neighbor eth0 interface peer-group DUT
 neighbor {numbered} peer-group DUT
 neighbor 10.0.1.1 peer-group DUT
 neighbor 10.0.1.1 ebgp-multihop 3
 neighbor 10.0.1.1 update-source lo
 address-family ipv4 unicast
  network 10.0.0.{number}/32
  no neighbor 10.0.1.1 activate
 exit-address-family
 address-family ipv6 unicast
  neighbor eth0 activate
 exit-address-family
 address-family l2vpn evpn
  neighbor 10.0.1.1 activate
 exit-address-family
exit
"""
ALL = {"Ethernet0", "Ethernet4", "10.1.0.1", "10.1.0.3", "10.0.0.1", "10.0.0.2"}


@pytest.fixture(scope="module")
def dut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    folder = tmp_path_factory.mktemp("frr")
    with holder(folder) as held:
        router, *neighbours = (fresh(held, folder) for _ in range(3))
        for number, neighbour in enumerate(neighbours, 1):
            unnumbered, numbered = f"Ethernet{4 * number - 4}", f"Ethernet{4 * number + 4}"
            router.wire(unnumbered, neighbour, "eth0")
            router.wire(numbered, neighbour, "eth1")
            neighbour.ip("address", "add", f"10.1.0.{2 * number - 1}/31", "dev", "eth1")
            neighbour.ip("address", "add", f"10.0.0.{number}/32", "dev", "lo")
            text = NEIGHBOR.format(asn=65000 + number, number=number, numbered=f"10.1.0.{2 * number - 2}")
            assert neighbour.load(text).returncode == 0
        router.become(BASE)
        yield router


def felt(dut: Router, intended: str) -> set[str]:
    """Apply a delta when all sessions are up; what it names must have happened, and nothing else. The names."""
    wait_until(lambda: set(dut.sessions()) == ALL, 40, "all sessions up")
    before = dut.sessions()
    said = dut.become(intended)
    named = {reset.peer for reset in said.resets}
    # a NOTIFICATION goes out within a second; in the time of a keepalive, others would have felt it too
    wait_until(lambda: all(dut.sessions().get(peer) != before[peer] for peer in named), 20, f"all of {named} reset")
    time.sleep(0.2)
    now = dut.sessions()
    untouched = ALL - named - set(said.removed)
    assert {peer: now.get(peer) for peer in untouched} == {peer: before[peer] for peer in untouched}
    return (named | set(said.removed)) & ALL


SILENT = (
    ("BFD", "description", "timers of a group", "route-map lines", "networks", "static routes"),
    ("numbered neighbour comes", "timers of a neighbour, not of the group", "route-map entries", "prefix-list entries"),
    ("maximum-paths", "prefix-list entries change places", "router advertisements"),
    ("options of an address family", "lists and route-maps renamed", "new members"),
)
OVERLAY, FABRIC = {"10.0.0.1", "10.0.0.2"}, {"Ethernet0", "Ethernet4"}
FELT = {
    "unnumbered neighbour goes": {"Ethernet4"},
    "numbered neighbour goes": {"10.1.0.1"},
    "numbered neighbour moves": {"10.1.0.1"},
    "unnumbered neighbour moves": {"Ethernet0"},
    "remote-as": {"10.1.0.1"},
    "EVPN goes": OVERLAY,
    "IPv6 goes": FABRIC,
    "router-id": ALL,
    "AS number": ALL,
    "group renamed": FABRIC,
    "no bgp default ipv4-unicast, and a shutdown": {"Ethernet0"},
    "group with its members goes": OVERLAY,
    "password, update-source, own policy": {"10.0.0.2"},
    "group loses its remote-as": OVERLAY,
    "remote-as of a group": FABRIC,
    "unnumbered neighbour out of its group": {"Ethernet4"},
}
# an option that resets, each on a session of its own
OPTIONS = (
    {
        " neighbor 10.1.0.1 peer-group NUM": (" neighbor 10.1.0.1 passive",),
        " neighbor 10.1.0.3 peer-group NUM": (" neighbor 10.1.0.3 local-as 65200",),
        " neighbor 10.0.0.1 peer-group OVERLAY": (" neighbor 10.0.0.1 ebgp-multihop 5",),
        " neighbor 10.0.0.2 peer-group OVERLAY": (" neighbor 10.0.0.2 capability extended-nexthop",),
    },
    {
        " neighbor 10.1.0.1 peer-group NUM": (" neighbor 10.1.0.1 disable-connected-check",),
        " neighbor 10.1.0.3 peer-group NUM": (" neighbor 10.1.0.3 ttl-security hops 1",),
        " neighbor 10.0.0.1 peer-group OVERLAY": (" neighbor 10.0.0.1 update-source 10.0.1.1",),
        "  neighbor FABRIC route-map FABRIC-OUT out": ("  neighbor Ethernet4 addpath-tx-all-paths",),
    },
)
# all that is said to be felt by nobody, or later
OPTIONS_SILENT = {
    " bgp router-id 10.0.1.1": (
        " bgp log-neighbor-changes",
        " bgp graceful-shutdown",
        " bgp bestpath compare-routerid",
        " bgp deterministic-med",
        " bgp always-compare-med",
        " no bgp fast-external-failover",
        " no bgp network import-check",
        " no bgp suppress-duplicates",
        " timers bgp 5 15",
    ),
    " neighbor 10.1.0.1 peer-group NUM": (
        " neighbor 10.1.0.1 advertisement-interval 1",
        " neighbor 10.1.0.1 timers 5 15",
        " neighbor 10.1.0.1 timers connect 5",
    ),
    "  neighbor FABRIC route-map FABRIC-OUT out": (
        "  neighbor FABRIC maximum-prefix 100",
        "  neighbor FABRIC weight 5",
        "  neighbor FABRIC as-override",
        "  neighbor FABRIC next-hop-self",
        "  neighbor FABRIC filter-list LOCAL out",
        "  neighbor FABRIC prefix-list LOOPBACKS in",
        "  neighbor FABRIC route-map STATICS in",
    ),
}


def test_changes_that_no_session_feels(dut: Router) -> None:
    dut.become(BASE)
    wait_until(lambda: set(dut.sessions()) == ALL, 40, "all sessions up")
    begun = dut.sessions()
    for names in SILENT:
        assert felt(dut, changed(*names)) == set()
        assert felt(dut, BASE) == set()
    # back from there, `update-source lo` has two addresses, and the text does not say which of them is used
    assert felt(dut, changed("interfaces")) == set()
    assert dut.sessions() == begun, "not by one of the changes a little later, either"


@pytest.mark.parametrize("name", FELT)
def test_changes_that_some_sessions_feel(dut: Router, name: str) -> None:
    dut.become(BASE)
    assert felt(dut, changed(name)) == FELT[name]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: f"{len(options)} options")
def test_options_that_reset(dut: Router, options: dict[str, tuple[str, ...]]) -> None:
    dut.become(BASE)
    text = BASE
    for line, more in options.items():
        text = after(line, *more)(text)
    assert felt(dut, text) == {option.split()[1] for (option,) in options.values()}


def test_options_that_do_not_reset(dut: Router) -> None:
    dut.become(BASE)
    text = BASE
    for line, more in OPTIONS_SILENT.items():
        text = after(line, *more)(text)
    text = text.replace(" no bgp ebgp-requires-policy\n", "")
    assert felt(dut, text) == set()
    assert felt(dut, BASE) == set()


def test_every_change_is_looked_at() -> None:
    rest = {"another unnumbered neighbour goes", "maximum-paths, lower", "interfaces"}  # the first two as others
    assert {name for names in SILENT for name in names} | FELT.keys() | rest == CHANGES.keys()
