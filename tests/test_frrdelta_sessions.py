"""What sessions feel, seen: three routers, six sessions of the one, and a delta that says which of them go.

A session that is not named keeps its TCP connection; one that is named does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frrpairs import BASE, changed
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
    """Apply a delta when all sessions are up; what it names must have happened and nothing else. The names."""
    wait_until(lambda: set(dut.sessions()) == ALL, 20, f"all sessions up: {dut.sessions()}")
    before = dut.sessions()
    said = dut.become(intended)
    named = {reset.peer for reset in said.resets}
    # what is reset goes at once; in the time of a keepalive, others would too
    wait_until(lambda: all(dut.sessions().get(peer) != before[peer] for peer in named), 5, f"all of {named} reset")
    now = dut.sessions()
    untouched = ALL - named - set(said.removed)
    assert {peer: now.get(peer) for peer in untouched} == {peer: before[peer] for peer in untouched}
    return named | set(said.removed)


CASES = {
    "description": set(),
}


def test_probe(dut: Router) -> None:
    import time

    from frrpairs import CHANGES

    for name in CHANGES:
        try:
            text = changed(name)
        except AssertionError as err:
            print("SKIP", name, err)
            continue
        t = time.time()
        try:
            said = felt(dut, text)
            back = dut.become(BASE)
            print(f"{name!r}: {sorted(said)} back {[r.peer for r in back.resets]} {time.time() - t:.1f}")
        except AssertionError as err:
            print("FAIL", name, str(err)[:1500])
            dut.become(BASE)
