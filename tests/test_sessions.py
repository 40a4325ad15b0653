"""Sessions as the topology asks for them: eBGP, iBGP or none, their options, and what real FRR makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frrs import Router, fresh, holder, printed_as_written, wait_until
from known import CATALOG
from labs import needs_lab
from sonicfab.families import Family
from sonicfab.frr.conf import diff
from sonicfab.frr.delta.compute import delta
from sonicfab.lab.netns import Holder
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.plan.assemble import PlanProblems, make_plan
from sonicfab.plan.types import FabricPlan
from sonicfab.render import Renderer, template_folders
from sonicfab.schema.facts import builtin
from sonicfab.validate.schema import SchemaCheck
from sonicfab.verify.paths import Outage, PathFinder, Paths

MESH = {
    "spines": ["spine1", "spine2"],
    "uplinks": ["Ethernet72", "Ethernet76"],
    "leaves": {"leaf1": "Ethernet0", "leaf2": "Ethernet4"},
}
SPINES, LEAVES = "spine1:Ethernet120 - spine2:Ethernet120", "leaf1:Ethernet48 - leaf2:Ethernet48"


def planned(
    links: list[Any], build: str = "edgecore-202211", *, unfit: bool = False, mesh: bool = True, **more: Any
) -> FabricPlan:
    """Two spines of one AS and two leaves, with links beside the mesh."""
    devices = {
        f"{role}{number}": {
            "role": role,
            "platform": platform,
            "mac": f"02:00:00:00:0{tier}:0{number}",
            "management": {"address": f"192.0.2.{tier}{number}/24"},
        }
        for tier, (role, platform) in enumerate((("spine", "as7726-32x"), ("leaf", "as7326-56x")), 1)
        for number in (1, 2)
    }
    defaults = {"image_build": build, "management": {"gateway": "192.0.2.254", "vrf": "true"}}
    topology = {
        "name": "pair",
        "asn": {"spine": "65501", "leaf": "65401-65409"},
        "loopbacks": {"ipv4": "10.10.0.0/24", "ipv6": "fd00:10::/64"},
        "links": [*([MESH] if mesh else []), *links],
        **more,
    }
    inventory = Inventory.model_validate({"defaults": defaults, "devices": devices})
    plan, _, _ = make_plan(inventory, Topology.model_validate(topology), Numbers(), CATALOG, unfit=unfit)
    return plan


def frr_of(plan: FabricPlan, switch: str) -> str:
    return Renderer(template_folders(), lambda *_: "s3cr3t-Word").render(plan, plan.switches[switch]).frr


EVERYTHING: dict[str, Any] = {
    "bgp": {"groups": {"leaf": {"connect_retry": "5", "allowas_in": "1"}}},
    "hosts": {
        "prefixes": {"ipv4": "10.20.0.0/24", "ipv6": "fd00:20::/64"},
        "max_prefixes": {"limit": "10", "restart": "5"},
        "ports": [
            {"role": "leaf", "ports": "Ethernet0-3"},
            {
                "switches": "leaf1",
                "ports": "Ethernet8",
                "bgp": {"max_prefixes": {"limit": "4", "warning_only": "true"}, "password": "env:X", "bfd": "true"},
            },
            {"switches": "leaf1", "ports": "Ethernet9", "bgp": {"graceful_restart": "disabled", "allowas_in": "3"}},
        ],
    },
}
LINKS: list[Any] = [
    {"link": SPINES, "bgp": "ibgp"},
    {
        "link": "spine1:Ethernet124 - spine2:Ethernet124",
        "bgp": {
            "session": "ibgp",
            "bfd": {"interval": "100"},
            "password": "env:X",
            "graceful_restart": "restarter",
            "keepalive": "1",
            "hold": "3",
        },
    },
    {"link": LEAVES, "bgp": {"session": "ebgp", "bfd": {"multiplier": "5"}, "shutdown": "true", "description": "x y"}},
    {"link": "leaf1:Ethernet52 - leaf2:Ethernet52", "bgp": "none"},
]
UNDERLAYS: list[Any] = ["unnumbered", {"ipv4": "10.1.0.0/24", "ipv6": "fd00:1::/64"}, {"ipv6": "fd00:1::/64"}]


def in_lab(test: Any) -> Any:
    for mark in needs_lab:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    with holder(tmp_path_factory.mktemp("frr")) as namespaces:
        yield namespaces


@in_lab
@pytest.mark.parametrize("underlay", UNDERLAYS, ids=str)
def test_frr_prints_what_is_rendered(held: Holder, tmp_path: Path, underlay: Any) -> None:
    """Nothing of it is refused, and `show running-config` has each line, in the order in which we write them."""
    plan = planned(LINKS, underlay=underlay, **EVERYTHING)
    for switch in plan.switches:
        printed_as_written(held, tmp_path, frr_of(plan, switch))


def wired(held: Holder, folder: Path, plan: FabricPlan, *daemons: str) -> dict[str, Router]:
    """The switches of a plan as routers, with their cables and what is rendered for them."""
    routers = {name: fresh(held, folder, "zebra", "bgpd", *daemons) for name in plan.switches}
    for link in plan.links:
        routers[link.a.switch].wire(link.a.port, routers[link.b.switch], link.b.port)
    for name, switch in plan.switches.items():
        for address in (switch.loopbacks.ipv4, switch.loopbacks.ipv6):
            routers[name].ip("address", "add", str(address), "dev", "lo")
        text = frr_of(plan, name).replace("timers 3 9", "timers 1 3").replace("connect 10", "connect 1")
        done = routers[name].load(text)
        assert done.returncode == 0, done.stdout + done.stderr
    return routers


def ways_of(routers: dict[str, Router], plan: FabricPlan, family: Family) -> dict[tuple[str, str], list[str]]:
    """(switch, origin) -> the ports by which zebra goes there."""
    found: dict[tuple[str, str], list[str]] = {}
    by_prefix = {f"{one}/{one.max_prefixlen}": name for name, one in loopbacks(plan, family).items()}
    for name, router in routers.items():
        for prefix, routes in router.show(f"show {family.command} route bgp").items():
            for route in (one for one in routes if one.get("selected")):
                ports = [hop["interfaceName"] for hop in route["nexthops"] if hop.get("active")]
                found[name, by_prefix[prefix]] = sorted(ports)
    return found


def loopbacks(plan: FabricPlan, family: Family) -> dict[str, Any]:
    return {name: switch.loopback(family) for name, switch in plan.switches.items()}


def expected_ways(plan: FabricPlan, family: Family, broken: Outage) -> dict[tuple[str, str], list[str]]:
    ways = PathFinder(plan, family, broken)
    pairs = [(one, other) for one in plan.switches for other in plan.switches]
    return {(one, other): sorted(way.ports) for one, other in pairs if (way := ways.of(one, other))}


@in_lab
@pytest.mark.parametrize("peers", [[SPINES], [SPINES, LEAVES], []], ids=["spines", "spines and leaves", "none"])
def test_routes_take_the_ways_that_the_plan_tells(held: Holder, tmp_path: Path, peers: list[str]) -> None:
    """With all links, and with each of some gone: routes go by the ports that `verify` expects, no other, no loop."""
    more: dict[str, Any] = {"asn": {"spine": "65501", "leaf": "65401" if LEAVES in peers else "65401-65409"}}
    if LEAVES not in peers:
        more = {}
    plan = planned([{"link": one, "bgp": "ibgp"} for one in peers], **more)
    routers = wired(held, tmp_path, plan)
    try:
        for gone in (None, plan.links[0], plan.links[-1]):
            broken = Outage(frozenset({gone.a, gone.b})) if gone else Outage()
            if gone:
                routers[gone.a.switch].ip("link", "set", gone.a.port, "down")
            for family in Family:
                wanted = expected_ways(plan, family, broken)
                wait_until(lambda: ways_of(routers, plan, family) == wanted, 30, f"{gone}: {wanted}")  # noqa: B023
            if gone:
                routers[gone.a.switch].ip("link", "set", gone.a.port, "up")
    finally:
        for router in routers.values():
            router.end()


STEPS: tuple[tuple[list[Any], dict[str, Any]], ...] = (
    ([{"link": SPINES, "bgp": "ibgp"}], {}),
    (LINKS, EVERYTHING),
    (LINKS, {**EVERYTHING, "bgp": {"password": "env:X", "bfd": "true", "graceful_restart": "helper"}}),
    ([*LINKS[1:3]], {"bgp": {"keepalive": "5", "hold": "15", "max_prefixes": "500"}}),
    ([], {}),
)


@in_lab
@pytest.mark.parametrize("switch", ["spine1", "leaf1"])
def test_options_come_change_and_go_without_a_restart(held: Holder, tmp_path: Path, switch: str) -> None:
    """Each step is one delta on the same running FRR, and so is the way back."""
    router = fresh(held, tmp_path)
    try:
        texts = [frr_of(planned(links, **more), switch) for links, more in STEPS]
        for text in (*texts, *reversed(texts)):
            router.become(text)
    finally:
        router.end()


def test_a_password_that_changes_is_told_to_reset_its_session_alone_and_is_not_shown() -> None:
    before, after = (frr_of(planned(LINKS, **EVERYTHING), "spine1").replace("s3cr3t-Word", word) for word in ("a", "b"))
    found = delta(before, after)
    assert found.refused == ()
    assert [one.peer for one in found.resets] == ["Ethernet124"]
    assert [str(one) for one in diff(after, before)] == [
        f"{sign} router bgp 65501 / neighbor Ethernet124 password ********" for sign in "-+"
    ]


@pytest.mark.parametrize("build", ["202411", "202505", "202511", "202605"])
def test_bgp_waits_for_the_asic_where_zebra_hears_of_it(build: str) -> None:
    plan = planned([], f"community-{build}", unfit=True, bgp={"suppress_fib_pending": "true"})
    config = Renderer(template_folders(), lambda *_: "").render(plan, plan.switches["leaf1"])
    assert " bgp router-id 10.10.0.1\n bgp suppress-fib-pending\n" in config.frr
    assert config.config_db["DEVICE_METADATA"]["localhost"]["suppress-fib-pending"] == "enabled"
    assert SchemaCheck(builtin(build)).check(config.config_db) == []


@pytest.mark.parametrize("build", ["community-202311", "community-202405", "edgecore-202211"])
def test_where_it_does_not_it_is_refused(build: str) -> None:
    with pytest.raises(PlanProblems) as caught:
        planned([], build, bgp={"suppress_fib_pending": "true"})
    (problem,) = [one for one in caught.value.problems if one.severity == "error"]
    assert problem.path == ("bgp", "suppress_fib_pending")
    assert f"leaf1 ({build})" in problem.message


@pytest.mark.parametrize("allowed", [False, True])
def test_leaves_of_one_as_reach_each_other_where_their_own_number_is_allowed(allowed: bool) -> None:
    options = {"allowas_in": "1"} if allowed else {"connect_retry": "5"}
    plan = planned([], asn={"spine": "65501", "leaf": "65401"}, bgp={"groups": {"spine": options}})
    ways = expected_ways(plan, Family.IPV4, Outage())
    wanted = ["Ethernet72", "Ethernet76"] if allowed else None
    assert (ways.get(("leaf1", "leaf2")), ways.get(("leaf2", "leaf1"))) == (wanted, wanted)
    assert ("  neighbor SPINE allowas-in 1\n" in frr_of(plan, "leaf1")) == allowed


def test_what_all_of_a_group_share_stands_with_the_group() -> None:
    """A value that one of them lacks cannot: FRR has no line that takes it from a single neighbour."""
    all_of_them = planned([], bgp={"password": "env:X", "bfd": "true"})
    assert " neighbor LEAF password s3cr3t-Word\n" in frr_of(all_of_them, "spine1")
    lone = {**MESH, "leaves": {"leaf1": "Ethernet0"}}
    but_one = [{**MESH, "leaves": {"leaf2": "Ethernet4"}, "bgp": {"password": ""}}]
    text = frr_of(planned([lone, *but_one], mesh=False, bgp={"password": "env:X", "bfd": "true"}), "spine1")
    assert " neighbor LEAF bfd\n" in text
    assert "neighbor LEAF password" not in text
    assert " neighbor Ethernet0 password s3cr3t-Word\n" in text
    assert "neighbor Ethernet4 password" not in text


def test_where_the_policies_are_anothers_a_detour_is_as_good_as_not() -> None:
    """Which metric tells of a way through the other spine is a line of TO-FABRIC, and that one is left there."""
    links = [{"link": SPINES, "bgp": "ibgp"}]
    ours = PathFinder(planned(links), Family.IPV4).of("leaf1", "spine1")
    theirs = planned(links, ownership="planned", leave=["frr route-map TO-FABRIC"])
    left = PathFinder(theirs, Family.IPV4).of("leaf1", "spine1")
    assert ours == Paths(frozenset({"Ethernet72"}), 1)
    assert left == Paths(frozenset({"Ethernet72", "Ethernet76"}), 2, certain=False)
