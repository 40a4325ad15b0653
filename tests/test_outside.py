"""Neighbours of others and the policies towards them: what is planned, and what real FRR makes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from frrs import Router, fresh, holder, printed_as_written, wait_until
from known import nothing_wrong_in_frr, rendered_config
from sonicfab.endpoint import NOWHERE
from sonicfab.families import Family
from sonicfab.lab.netns import Holder
from sonicfab.model.policies import read_prefixes
from sonicfab.plan.bgp import PeerGroup, RouteMap, Session
from sonicfab.plan.dump import plan_text
from sonicfab.plan.outside import OutsidePlan
from sonicfab.plan.types import FabricPlan
from sonicfab.switch.state.bgp import BgpPeer, BgpState
from sonicfab.switch.state.routes import Route, ZebraState
from test_golden import open_example
from test_sessions import UNDERLAYS, frr_of, in_lab, planned, wired
from verify_world import World

POLICIES: dict[str, Any] = {
    "FROM-TRANSIT": [
        {"deny": ["10.0.0.0/8 le 32", "fd00::/8 le 128"]},
        {"permit": "default", "set": {"local_preference": "200"}},
        {
            "permit": ["198.51.100.0/22 ge 23 le 24", "2001:db8::/32 le 48", "203.0.113.0/24"],
            "as_path": "^64999_",
            "communities": ["64999:100", "no-export"],
            "set": {"metric": "50", "communities": ["65000:1", "65000:2"], "prepend": "2"},
        },
        {"permit": "any", "communities": "64999:7"},
    ],
}
UP: dict[str, Any] = {
    "name": "UP",
    "switch": "leaf1",
    "interface": "Ethernet40",
    "asn": "64999",
    "address": "192.0.2.129/31",
    "peer": "192.0.2.128",
}
OUTSIDE: list[Any] = [
    {
        "name": "TRANSIT",
        "switch": "leaf1",
        "interface": "Ethernet40",
        "asn": "64999",
        "address": ["192.0.2.129/31", "2001:db8:f::1/127"],
        "peer": ["192.0.2.128", "2001:db8:f::"],
        "accept": "FROM-TRANSIT",
        "announce": ["10.20.0.0/24 le 32", "fd00:20::/64 ge 128"],
        "bgp": {"password": "env:X", "max_prefixes": {"limit": "1000"}, "bfd": "true"},
    },
    {"name": "IX", "switch": "leaf2", "interface": "Ethernet41", "asn": "64998", "accept": "default"},
    {
        "name": "FAR",
        "switch": "leaf2",
        "asn": "64997",
        "peer": "192.0.2.200",
        "multihop": "4",
        "originate_default": "true",
        "accept": "203.0.113.7/32",
        "bgp": {"graceful_restart": "helper", "description": "far away"},
    },
    {"name": "FIREWALL", "switch": "leaf2", "interface": "dmz", "asn": "64996", "peer": "10.30.0.9", "announce": "any"},
]
DMZ: dict[str, Any] = {
    "networks": {"dmz": {"vlan": "30", "gateway": {"ipv4": "10.30.0.1/24"}, "switches": "leaf2"}},
    "ports": [{"switches": "leaf2", "ports": "Ethernet42", "use": "access", "network": "dmz"}],
}
HOSTS: dict[str, Any] = {
    "hosts": {
        "prefixes": {"ipv4": "10.20.0.0/24", "ipv6": "fd00:20::/64"},
        "ports": [{"role": "leaf", "ports": "Ethernet0-1"}],
    }
}


def bordered(**more: Any) -> FabricPlan:
    return planned([], **{"outside": OUTSIDE, "policies": POLICIES, **DMZ, **HOSTS, **more})


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    with holder(tmp_path_factory.mktemp("frr")) as namespaces:
        yield namespaces


@in_lab
@pytest.mark.parametrize("underlay", UNDERLAYS[:2], ids=str)
def test_frr_prints_what_is_rendered(held: Holder, tmp_path: Path, underlay: Any) -> None:
    """Nothing is refused, `show running-config` has each line, and those of neighbours in the order of ours."""
    plan = bordered(underlay=underlay)
    for switch in ("leaf1", "leaf2"):
        printed_as_written(held, tmp_path, frr_of(plan, switch))


def test_what_is_planned() -> None:
    plan = bordered()
    ports = {port.name: port for port in plan.switches["leaf1"].ports}
    assert (ports["Ethernet40"].use, ports["Ethernet40"].description) == ("outside", "TRANSIT")
    interface = plan.switches["leaf1"].interfaces["Ethernet40"]
    assert [str(one) for one in interface.addresses] == ["192.0.2.129/31", "2001:db8:f::1/127"]
    assert plan.switches["leaf2"].interfaces["Ethernet41"].link_local
    told = json.loads(plan_text(plan))["outside"]
    assert (told["FIREWALL"]["interface"], told["FAR"]["interface"]) == ("Vlan30", "Loopback0")
    config = rendered_config(plan, "leaf1").config_db
    assert {"Ethernet40", "Ethernet40|192.0.2.129/31"} <= config["INTERFACE"].keys()
    assert config["PORT"]["Ethernet40"]["description"] == "TRANSIT"


def test_what_of_it_is_rendered_is_right() -> None:
    nothing_wrong_in_frr(bordered(), "leaf1", "leaf2")


@in_lab
def test_it_comes_and_goes_by_a_delta(held: Holder, tmp_path: Path) -> None:
    """A border is added to what runs, changed and taken away again; nothing of it is refused."""
    router = fresh(held, tmp_path, "zebra", "bgpd", "bfdd")
    changed = copy.deepcopy(POLICIES)
    changed["FROM-TRANSIT"][2] |= {"communities": "64999:101", "as_path": "_64999$", "set": {"metric": "60"}}
    texts = [frr_of(planned([], **DMZ, **HOSTS), "leaf1"), frr_of(bordered(), "leaf1")]
    texts += [frr_of(bordered(policies=changed), "leaf1"), texts[0]]
    assert router.load(texts[0]).returncode == 0
    for text in texts[1:]:
        done = router.become(text)
        assert not done.refused


@in_lab
def test_the_default_route_comes_in_and_nothing_else_does(held: Holder, tmp_path: Path) -> None:
    said = {"accept": ["default", "198.51.100.0/22 le 24"], "announce": "10.10.0.2/32", "originate_default": "true"}
    plan = planned([], outside=[{**UP, **said}])
    routers = wired(held, tmp_path, plan)
    upstream = fresh(held, tmp_path, "zebra", "bgpd")
    routers["leaf1"].wire("Ethernet40", upstream, "eth1")
    routers["leaf1"].ip("address", "add", "192.0.2.129/31", "dev", "Ethernet40")
    upstream.ip("address", "add", "192.0.2.128/31", "dev", "eth1")
    networks = ("0.0.0.0/0", "198.51.101.0/24", "198.51.100.0/25", "10.10.0.1/32", "203.0.113.0/24")
    lines = "".join(f"  network {one}\n" for one in networks)
    done = upstream.load(
        "router bgp 64999\n no bgp network import-check\n no bgp ebgp-requires-policy\n"
        f" neighbor 192.0.2.129 remote-as 65401\n neighbor 192.0.2.129 timers connect 1\n"
        f" address-family ipv4 unicast\n{lines} exit-address-family\nexit\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {"0.0.0.0/0", "198.51.101.0/24"}

    def foreign(router: Router) -> set[str]:
        return {one for one in router.show("show ip route bgp") if not one.startswith("10.10.0.")}

    wait_until(lambda: all(foreign(one) == wanted for one in routers.values()), 60, "the default route everywhere")
    assert {name: foreign(one) for name, one in routers.items()} == dict.fromkeys(routers, wanted)

    def learned() -> set[str]:
        return {*upstream.show("show bgp ipv4 unicast neighbors 192.0.2.129 routes")["routes"]}

    wait_until(lambda: learned() == {"0.0.0.0/0", "10.10.0.2/32"}, 60, "what it is told")
    assert learned() == {"0.0.0.0/0", "10.10.0.2/32"}


class _Spoilt(World):
    """The fabric with a neighbour at the first leaf that tells the default route; `UP` may be down or silent."""

    def __init__(self, *, up: bool = True, tells: bool = True) -> None:
        fabric = open_example("dc-2x4")
        one = OutsidePlan(
            "UP", "dc1-leaf1", "Ethernet40", 64999, (*read_prefixes("default"), *read_prefixes("192.0.2.0/24 le 28")),
            (Family.IPV4,),
        )  # fmt: skip
        leaf = fabric.plan.switches["dc1-leaf1"]
        policy = RouteMap("FROM-UP", "", ())
        session = Session("203.0.113.1", "Ethernet40", NOWHERE, 64999, (Family.IPV4,), "UP")
        group = PeerGroup("UP", (Family.IPV4,), (session,), policy, policy, asn=64999, of="outside.0")
        leaf = replace(leaf, bgp=(replace(leaf.bgp[0], groups=(*leaf.bgp[0].groups, group)),))
        plan = replace(fabric.plan, switches={**fabric.plan.switches, leaf.name: leaf}, outside=(one,))
        super().__init__(replace(fabric, plan=plan))
        state = self.boxes[leaf.name].bgp
        assert isinstance(state, BgpState)
        told = BgpPeer(
            "203.0.113.1", Family.IPV4, 64999, leaf.asn, "Established" if up else "Active", "", 2, 2, 9.0, ""
        )
        self.boxes[leaf.name].bgp = replace(state, peers=(*state.peers, told))
        for name, box in self.boxes.items() if up and tells else ():
            assert isinstance(box.bgp, BgpState)
            assert isinstance(box.zebra, ZebraState)
            ports = ("Ethernet40",) if name == leaf.name else ("Ethernet0",)
            more = {"192.0.2.16/28": frozenset({64999}), "0.0.0.0/0": frozenset({64999})}
            box.bgp = replace(box.bgp, origins={**box.bgp.origins, **more})
            routes = {prefix: Route(prefix, True, ports) for prefix in more}
            box.zebra = replace(box.zebra, routes={**box.zebra.routes, **routes})


def _codes(world: World) -> list[str]:
    results, found = world.verified()
    failed = [one for one in results if one.status == "failed"]
    assert sorted(map(repr, failed)) == sorted(repr(one) for finding in found for one in finding.failed)
    return [finding.code for finding in found]


def test_what_comes_from_outside_is_nobodys_mistake() -> None:
    world = _Spoilt()
    results, found = world.verified()
    assert found == []
    assert sum(one.check == "outside" and one.status == "ok" for one in results) == len(world.plan.switches)


def test_a_neighbour_that_is_down_explains_the_default_route() -> None:
    world = _Spoilt(up=False)
    assert _codes(world) == ["outside-down"]
    (finding,) = world.verified()[1]
    assert finding.where == ("dc1-leaf1:Ethernet40",)
    assert len(finding.consequences) == len(world.plan.switches)


def test_a_neighbour_that_tells_no_default_route() -> None:
    assert _codes(_Spoilt(tells=False)) == ["no-default-route"]


def test_a_switch_that_alone_lacks_the_default_route() -> None:
    world = _Spoilt()
    box = world.boxes["dc1-leaf3"]
    assert isinstance(box.zebra, ZebraState)
    box.zebra = replace(box.zebra, routes={k: one for k, one in box.zebra.routes.items() if k != "0.0.0.0/0"})
    assert _codes(world) == ["outside-unexplained"]


def test_a_prefix_that_no_policy_lets_in_is_foreign() -> None:
    world = _Spoilt()
    box = world.boxes["dc1-leaf1"]
    assert isinstance(box.zebra, ZebraState)
    leaked = {"192.0.2.64/29": Route("192.0.2.64/29", True, ("Ethernet40",))}
    box.zebra = replace(box.zebra, routes={**box.zebra.routes, **leaked})
    results, _ = world.verified()
    assert [one.subject for one in results if one.status == "failed"] == ["192.0.2.64/29"]


@pytest.mark.parametrize(
    ("said", "inside", "beside"),
    [
        ("default", ["0.0.0.0/0", "::/0"], ["10.0.0.0/8"]),
        ("10.0.0.0/8", ["10.0.0.0/8"], ["10.0.0.0/9", "10.1.0.0/16", "11.0.0.0/8"]),
        ("10.0.0.0/8 le 16", ["10.0.0.0/8", "10.1.0.0/16"], ["10.1.1.0/24", "fd00::/16"]),
        ("10.0.0.0/8 ge 24", ["10.1.1.0/24", "10.1.1.1/32"], ["10.0.0.0/8", "10.1.0.0/16"]),
        ("any", ["0.0.0.0/0", "203.0.113.1/32", "2001:db8::/32"], []),
    ],
)
def test_what_a_prefix_covers(said: str, inside: list[str], beside: list[str]) -> None:
    prefixes = read_prefixes(said)

    def covered(one: str) -> bool:
        return any(prefix.covers(ip_network(one)) for prefix in prefixes)

    assert [one for one in (*inside, *beside) if covered(one)] == inside
