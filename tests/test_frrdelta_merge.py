"""Lines merged into a config: the same as what FRR itself makes of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frrs import Router, fresh, holder
from labs import needs_lab
from sonicfab.frr import conf
from sonicfab.frr.delta.merge import merge
from test_frrdelta_kinds import BASE

BGP = "router bgp 65101\n"
IPV4 = f"{BGP} address-family ipv4 unicast\n"

MERGES = {
    "an overwritten value": f"{BGP} neighbor 10.1.0.5 remote-as 65106\n neighbor G description of leaves\n",
    "a new neighbour of a new group": (
        f"{BGP} neighbor H peer-group\n neighbor H remote-as external\n neighbor 10.1.0.9 peer-group H\n"
        f"exit\n{IPV4}  neighbor H route-map M in\n exit-address-family\nexit\n"
    ),
    "a neighbour that goes": f"{BGP} no neighbor 10.1.0.5\n no neighbor Ethernet0 interface\n",
    "what is on by default": (
        f"{BGP} bgp default ipv4-unicast\n no bgp ebgp-requires-policy\n bgp suppress-duplicates\n"
        " no bgp network import-check\n no bgp fast-external-failover\n bgp bestpath as-path multipath-relax\n"
    ),
    "there and back": f"{BGP} no bgp ebgp-requires-policy\n bgp ebgp-requires-policy\n no bgp log-neighbor-changes\n",
    "families": (
        f"{IPV4}  network 10.9.0.0/24 route-map M\n  no network 10.0.1.1/32\n  no neighbor G activate\n"
        "  redistribute connected route-map N\n  maximum-paths 7\n  no maximum-paths ibgp\n exit-address-family\n"
        " address-family ipv6 unicast\n  neighbor G activate\n exit-address-family\nexit\n"
    ),
    "lists": (
        "ip prefix-list P seq 5 deny 10.0.0.0/8 le 32\nip prefix-list Q seq 5 permit any\n"
        "no bgp as-path access-list A\nbgp community-list standard C seq 5 permit 65101:1\n"
    ),
    "entries of route-maps": (
        "route-map M deny 10\n match ip address prefix-list P\nexit\nroute-map M permit 20\n set metric 5\nexit\n"
        "no route-map N permit 10\n"
    ),
    "a whole route-map": "no route-map N\n",
    "routes and interfaces": (
        "ip route 10.8.0.0/16 Null0\nno ip route 10.7.0.0/16 Null0\ninterface Ethernet0\n no description\n"
        " ipv6 nd ra-interval 9\nexit\n"
    ),
    "a profile": "bfd\n no profile fast\n profile slow\n  detect-multiplier 9\n exit\nexit\n",
    "what is there already": (
        f"{BGP} bgp router-id 10.0.1.1\n neighbor G peer-group\nexit\nip prefix-list P seq 5 permit any\n"
    ),
}

pytestmark = needs_lab


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    folder = tmp_path_factory.mktemp("frr")
    with holder(folder) as held:
        one = fresh(held, folder)
        done = one.load(BASE)
        assert done.returncode == 0, done.stdout
        yield one
        one.end()


@pytest.mark.parametrize("name", MERGES)
def test_the_outcome_is_that_of_frr(name: str, router: Router) -> None:
    before = router.running()
    merged = merge(before, MERGES[name])
    assert merged.refused == ()
    done = router.load(MERGES[name])
    after = router.running()
    try:
        assert [*map(str, conf.diff(merged.text, after))] == [], done.stdout + done.stderr
        assert merge(after, MERGES[name]).text.splitlines() == merge(after, "").text.splitlines()  # twice is once
    finally:
        router.become(before)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("router ospf\n network 10.0.0.0/8 area 0\n", "line 1, 'router ospf': its context is not one that is known"),
        ("router bgp 65999\n", "line 1, 'router bgp 65999': FRR has router bgp 65101 already"),
        (f"{BGP} neighbor G frobnicate\n", "line 2, 'neighbor G frobnicate': not a line that is known"),
        (f"{BGP} neighbor H timers 3 9\n", "there is no neighbor H"),
        (f"{BGP} no neighbor G peer-group\n", "line 2, 'no neighbor G peer-group': 10.1.0.1 is a member of it"),
        (f"{BGP} no neighbor 10.1.0.5 remote-as 65105\n", "it cannot be told what that takes back"),
        (f"{BGP} no bgp router-id 10.9.9.9\n", "it stands there with another value"),
        (
            f"{BGP} no bgp default ipv4-unicast\n",
            "it changes which families the neighbours that are there are active in",
        ),
        ("no interface Ethernet0\n", "it cannot be told what that takes back"),
        ("log syslog debugging\n", "belongs to the program or the host"),
        ("neighbor G password geheim\n", "line 1, 'neighbor G password ********': not a line that is known"),
        (f"{BGP}  neighbor G description deep\n", "the candidate has a context that is not known"),
    ],
)
def test_what_cannot_be_told_is_refused(given: str, said: str) -> None:
    merged = merge(BASE, given)
    assert merged.text == ""
    assert len(merged.refused) >= 1
    assert said in merged.refused[0]
