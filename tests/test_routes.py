"""Static routes, aggregates and redistribution: what is planned and rendered, and what real FRR makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frrs import fresh, holder, printed_as_written, wait_until
from known import nothing_wrong_in_frr, rendered_config
from sonicfab.lab.netns import Holder
from sonicfab.plan.assemble import PlanProblems
from sonicfab.plan.dump import plan_text
from sonicfab.plan.types import FabricPlan
from test_outside import DMZ, HOSTS, OUTSIDE, POLICIES, UP
from test_sessions import UNDERLAYS, frr_of, in_lab, planned, wired

ROUTES: list[Any] = [
    {"switches": "leaf2", "prefix": "203.0.113.0/24", "via": ["10.30.0.9", "10.30.0.10"], "tag": "7", "distance": "30"},
    {"switches": "leaf2", "prefix": "203.0.113.64/26", "via": "10.30.0.9 dmz", "announce": "true"},
    {"switches": "leaf2", "prefix": "2001:db8:2::/48", "via": "fe80::1 Ethernet41"},
    {"switches": "leaf2", "prefix": "198.51.100.0/24", "via": "10.30.0.9", "bfd": "true"},
    {"role": "leaf", "prefix": "192.0.2.192/26", "blackhole": "true", "distance": "250"},
]
MORE: dict[str, Any] = {
    "routes": ROUTES,
    "aggregates": [
        {"switches": "leaf2", "prefix": "10.20.0.0/16", "policy": "MARKED"},
        {"role": "leaf", "prefix": "fd00:20::/48"},
    ],
    "redistribute": [{"switches": "leaf2", "protocol": "static", "policy": "STATICS"}],
    "policies": {
        **POLICIES,
        "MARKED": [{"permit": "any", "set": {"communities": "65000:9"}}],
        "STATICS": [{"permit": ["203.0.113.0/24", "2001:db8:2::/48"], "set": {"metric": "9"}}],
    },
}


def routed(**more: Any) -> FabricPlan:
    return planned([], **{"outside": OUTSIDE, **DMZ, **HOSTS, **MORE, **more})


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    with holder(tmp_path_factory.mktemp("frr")) as namespaces:
        yield namespaces


def _without_bfd() -> list[Any]:
    """FRR of this machine may be older than BFD of static routes."""
    return [{key: value for key, value in one.items() if key != "bfd"} for one in ROUTES]


@in_lab
@pytest.mark.parametrize("underlay", UNDERLAYS[:2], ids=str)
def test_frr_prints_what_is_rendered(held: Holder, tmp_path: Path, underlay: Any) -> None:
    plan = routed(underlay=underlay, routes=_without_bfd())
    for switch in ("leaf1", "leaf2"):
        printed_as_written(held, tmp_path, frr_of(plan, switch))


@in_lab
def test_it_comes_and_goes_by_a_delta(held: Holder, tmp_path: Path) -> None:
    router = fresh(held, tmp_path, "zebra", "staticd", "bgpd", "bfdd")
    changed = _without_bfd()
    changed[0] |= {"via": ["10.30.0.10", "10.30.0.11"], "tag": "8"}
    changed[1] |= {"via": "10.30.0.9", "announce": "false"}
    texts = [frr_of(routed(routes=[], aggregates=[], redistribute=[]), "leaf2")]
    texts += [frr_of(routed(routes=_without_bfd()), "leaf2")]
    texts += [frr_of(routed(routes=changed, aggregates=[{"role": "leaf", "prefix": "10.20.0.0/16"}]), "leaf2")]
    assert router.load(texts[0]).returncode == 0
    for text in (*texts[1:], texts[0]):
        assert not router.become(text).refused


def test_what_is_rendered() -> None:
    plan = routed()
    lines = frr_of(plan, "leaf2").splitlines()
    assert [one for one in lines if one.startswith(("ip route", "ipv6 route"))] == [
        "ip route 203.0.113.0/24 10.30.0.9 tag 7 30",
        "ip route 203.0.113.0/24 10.30.0.10 tag 7 30",
        "ip route 203.0.113.64/26 10.30.0.9 Vlan30",
        "ip route 198.51.100.0/24 10.30.0.9 bfd",
        "ip route 192.0.2.192/26 blackhole 250",
        "ipv6 route 2001:db8:2::/48 fe80::1 Ethernet41",
    ]
    for line in (
        "  network 203.0.113.64/26",
        "  aggregate-address 10.20.0.0/16 route-map MARKED",
        "  aggregate-address fd00:20::/48",
        "  redistribute static route-map STATICS",
        "route-map STATICS permit 10",
        "ip prefix-list STATICS-10 seq 5 permit 203.0.113.0/24",
    ):
        assert line in lines, line
    passed = [one for one in lines if one.startswith("ip prefix-list OUTSIDE ") and "203.0.113" in one]
    assert [one.split(" permit ")[1] for one in passed] == ["203.0.113.0/24", "203.0.113.7/32", "203.0.113.64/26"]
    told = json.loads(plan_text(plan))["switches"]
    assert len(told["leaf2"]["statics"]) == 6
    assert told["leaf1"]["statics"] == [{"prefix": "192.0.2.192/26", "distance": 250}]
    assert "statics" not in told["spine1"]


def test_what_is_rendered_is_right() -> None:
    nothing_wrong_in_frr(routed(), "leaf1", "leaf2")


def test_bfd_of_a_static_route_alone_wants_bfdd() -> None:
    plan = planned([], "community-202411", **DMZ, routes=[ROUTES[3]])
    config = rendered_config(plan, "leaf2").config_db
    assert config["DEVICE_METADATA"]["localhost"]["frr_mgmt_framework_config"] == "true"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"redistribute": [{"role": "leaf", "protocol": "static", "policy": "STATICS"}]},
            "there is no policy 'STATICS'",
        ),
        ({"routes": [{"role": "superspine", "prefix": "0.0.0.0/0", "blackhole": "true"}]}, "is a superspine"),
        ({"routes": [ROUTES[4], {**ROUTES[4], "role": None, "switches": "leaf1"}]}, "has 192.0.2.192/26 twice"),
    ],
)
def test_what_cannot_be(more: Any, said: str) -> None:
    with pytest.raises(PlanProblems) as caught:
        planned([], **more)
    assert [one for one in caught.value.problems if said in one.message]


def test_bfd_on_a_build_that_knows_none() -> None:
    with pytest.raises(PlanProblems) as caught:
        planned([], "edgecore-202111", **DMZ, routes=[ROUTES[3]])
    assert "watches no static route with BFD" in str([one.message for one in caught.value.problems])


@in_lab
def test_a_static_default_reaches_the_fabric_and_an_aggregate_the_outside(held: Holder, tmp_path: Path) -> None:
    """Told while they are there: the static route while its next hop is, the aggregate while it has a member."""
    plan = planned(
        [],
        outside=[{**UP, "announce": "10.10.0.0/24"}],
        routes=[{"switches": "leaf1", "prefix": "0.0.0.0/0", "via": "192.0.2.128", "announce": "true"}],
        aggregates=[{"switches": "leaf1", "prefix": "10.10.0.0/24"}],
    )
    routers = wired(held, tmp_path, plan, "staticd")
    upstream = fresh(held, tmp_path, "zebra", "bgpd")
    routers["leaf1"].wire("Ethernet40", upstream, "eth1")
    upstream.ip("address", "add", "192.0.2.128/31", "dev", "eth1")
    routers["leaf1"].ip("address", "add", "192.0.2.129/31", "dev", "Ethernet40")
    done = upstream.load(
        "router bgp 64999\n no bgp ebgp-requires-policy\n neighbor 192.0.2.129 remote-as 65401\n"
        " neighbor 192.0.2.129 timers connect 1\nexit\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr

    def told() -> bool:
        return all("0.0.0.0/0" in routers[name].show("show ip route bgp") for name in ("spine1", "spine2", "leaf2"))

    wait_until(told, 60, "the default route everywhere")
    wait_until(lambda: "10.10.0.0/24" in upstream.show("show ip route bgp"), 30, "the aggregate outside")
    assert upstream.show("show ip route bgp").keys() == {"10.10.0.0/24"}
    assert "10.10.0.0/24" not in routers["spine1"].show("show ip route bgp"), "it stays where it is made"
    routers["leaf1"].ip("address", "del", "192.0.2.129/31", "dev", "Ethernet40")
    wait_until(lambda: "0.0.0.0/0" not in routers["leaf2"].show("show ip route bgp"), 30, "gone with its next hop")
