"""Peer-groups carry their policy as data: a kind of neighbour that nobody has thought of is a value of the plan."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network
from typing import Any

import pytest

from conftest import ROOT
from sonicfab.endpoint import NOWHERE
from sonicfab.fabric import Fabric, render_fabric
from sonicfab.families import Family
from sonicfab.frr.bgp import read_frr
from sonicfab.plan.bgp import PeerGroup, PrefixList, RouteMap, Session
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.options import Options, PrefixLimit
from sonicfab.plan.types import InterfacePlan, SwitchPlan
from sonicfab.push.gate import make_gate
from sonicfab.switch.ask import Answers, Question, UnreadableError
from sonicfab.switch.state.bgp import BGP_STATE, BgpState
from sonicfab.transport import CommandResult
from sonicfab.validate.frr import check_frr
from sonicfab.verify.checks.bgp import Bgp
from sonicfab.verify.expect import FabricExpectations
from sonicfab.verify.results import Problem
from test_golden import open_example
from test_push_steps import peer, seen

PEER = "203.0.113.1"


def with_upstream(fabric: Fabric) -> tuple[Fabric, SwitchPlan]:
    """The fabric with a router of somebody else's behind a port of the first leaf: it tells hosts of its own."""
    leaf = fabric.plan.switches["dc1-leaf1"]
    takes = RouteMap(
        "FROM-UPSTREAM", "what an upstream may tell", (PrefixList("UPSTREAM-HOSTS", (IPv4Network("198.51.100.0/24"),)),)
    )
    tells = RouteMap(
        "TO-UPSTREAM", "what an upstream is told", tuple(one for one in leaf.prefix_lists if one.name == "HOSTS")
    )
    session = Session(PEER, "Ethernet40", NOWHERE, 64999, (Family.IPV4,), "uplink of the site")
    group = PeerGroup("UPSTREAM", (Family.IPV4,), (session,), takes, tells, Options(max_prefixes=PrefixLimit(10)))
    changed = replace(
        leaf,
        bgp=(replace(leaf.bgp[0], groups=(*leaf.bgp[0].groups, group)),),
        route_maps=(*leaf.route_maps, takes, tells),
    )
    plan = replace(fabric.plan, switches={**fabric.plan.switches, leaf.name: changed})
    return replace(fabric, plan=plan), changed


def test_no_template_compares_words() -> None:
    words = re.compile(r"""(?:[!=]=|\bin) *[(\[]?["']""")
    files = (ROOT / "templates").rglob("*.j2")
    assert [path.name for path in files if words.search(path.read_text())] == []


def test_the_templates_write_whatever_groups_and_policies_there_are() -> None:
    fabric, leaf = with_upstream(open_example("dc-2x4"))
    (config,) = render_fabric(fabric, [leaf])
    assert config.frr.count("route-map FROM-UPSTREAM") == 2
    for line in (
        f" neighbor {PEER} peer-group UPSTREAM",
        "  neighbor UPSTREAM maximum-prefix 10",
        "  neighbor UPSTREAM route-map FROM-UPSTREAM in",
        "  neighbor UPSTREAM route-map TO-UPSTREAM out",
        "route-map FROM-UPSTREAM permit 10",
        " match ip address prefix-list UPSTREAM-HOSTS",
        "ip prefix-list UPSTREAM-HOSTS seq 5 permit 198.51.100.0/24 ge 32",
    ):
        assert line in config.frr.splitlines(), line
    assert " neighbor UPSTREAM bfd" not in config.frr.splitlines()


def test_each_vrf_has_its_own_bgp() -> None:
    """Another instance is a value of the plan; nothing of one is written into, or read as part of, the other."""
    fabric, leaf = with_upstream(open_example("dc-2x4"))
    (instance,) = leaf.bgp
    inside = replace(instance, groups=tuple(one for one in instance.groups if one.inside))
    outside = replace(
        instance,
        groups=tuple(one for one in instance.groups if one.name == "UPSTREAM"),
        networks=(IPv4Network("198.51.100.0/24"),),
        vrf="Vrf_out",
    )
    port = InterfacePlan("Ethernet40", InterfaceKind.PORT, addresses=(IPv4Interface("203.0.113.0/31"),), vrf="Vrf_out")
    leaf = replace(leaf, bgp=(inside, outside), interfaces={**leaf.interfaces, port.name: port})
    (config,) = render_fabric(fabric, [leaf])
    default, other = read_frr(config.frr).instances.values()
    assert (default.vrf, other.vrf) == ("", "Vrf_out")
    assert [one.name for one in other.sessions] == [PEER]
    assert PEER not in {one.name for one in default.sessions}
    assert config.frr.count("  network 198.51.100.0/24") == 1
    assert f"router bgp {leaf.asn} vrf Vrf_out" in config.frr.splitlines()
    assert config.config_db["VRF"] == {"Vrf_out": {}}
    rows = {key: row for key, row in config.config_db["INTERFACE"].items() if key.startswith("Ethernet40")}
    assert rows == {"Ethernet40": {"vrf_name": "Vrf_out"}, "Ethernet40|203.0.113.0/31": {}}
    assert "vrf_name" not in config.config_db["INTERFACE"]["Ethernet72"]
    assert not [one for one in check_frr(config.frr, config.config_db, leaf.build)[1] if one.code == "SF-420"]


def test_verify_asks_for_the_sessions_of_each_vrf() -> None:
    fabric, leaf = with_upstream(open_example("dc-2x4"))
    (instance,) = leaf.bgp
    upstream = tuple(one for one in instance.groups if one.name == "UPSTREAM")
    expected = FabricExpectations(fabric.plan).of(
        replace(leaf, bgp=(instance, replace(instance, groups=upstream, vrf="Vrf_out")))
    )
    (asked,) = Bgp().questions(expected)
    assert asked.command.endswith(" -c 'show bgp vrf Vrf_out summary json' -c 'show bgp vrf Vrf_out neighbors json'")
    seen_there = {
        "ipv4Unicast": {"as": leaf.asn, "peers": {PEER: {"remoteAs": 64999, "state": "Established", "pfxRcd": 1}}}
    }
    printed = [{}, {}, {}, {}, seen_there, {"vrfName": "Vrf_out", PEER: {"remoteAs": 64999, "bgpState": "Established"}}]
    answers = Answers({asked.name: CommandResult(asked.command, 0, "\n".join(map(json.dumps, printed)), "", 0.1)})
    (wanted,) = [one for one in Bgp().wanted(expected) if one.subject == PEER][:1]
    assert Bgp().judge(expected, wanted, answers).problem == Problem.NONE
    short = Answers({asked.name: CommandResult(asked.command, 0, "\n".join(map(json.dumps, printed[:5])), "", 0.1)})
    with pytest.raises(UnreadableError, match="5 answers to 4 commands"):
        short.get(asked)


def test_a_neighbour_outside_of_the_fabric_must_be_up_and_the_rest_is_its_own_affair() -> None:
    fabric, leaf = with_upstream(open_example("dc-2x4"))
    expected = FabricExpectations(fabric.plan).of(leaf)
    (session,) = [one for one in expected.sessions if one.peer == PEER]
    assert PEER not in expected.host_peers
    (wanted,) = [one for one in Bgp().wanted(expected) if one.subject == PEER]
    assert wanted.about == (session, Family.IPV4)
    state = BgpState(leaf.asn, (replace(peer(PEER, 0), remote_asn=64999),), {}, {})

    class Told(Answers):
        def get(self, question: Question[Any]) -> Any:
            return state if question is BGP_STATE else super().get(question)

    assert Bgp().judge(expected, wanted, Told({})).problem == Problem.NONE, "it tells nothing: who knows what it has"
    state = replace(state, peers=())
    assert Bgp().judge(expected, wanted, Told({})).problem == Problem.NOT_CONFIGURED
    gate = make_gate(fabric.plan, leaf, {leaf.name: seen({PEER: 3})}, [])
    assert gate.must == {PEER: frozenset({"received", "sent"})}
