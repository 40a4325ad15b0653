"""Lines of FRR that a switch keeps though the plan means otherwise; peer-groups of the names that they have there."""

from __future__ import annotations

import pytest

from sonicfab.frr import conf
from sonicfab.frr.chosen import chooses, without
from sonicfab.model.leave import frr_lines
from sonicfab.model.topology import SwitchEntry
from sonicfab.ownership.left import Left
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, settle
from sonicfab.plan.assemble import PlanProblems
from test_sessions import frr_of, planned

BGP, V4 = ("router bgp 65401",), ("router bgp 65401", "address-family ipv4 unicast")
MODE = {"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "split"}}}
LEAVE = ["frr router bgp * / neighbor * description", "frr router bgp * / address-family ipv6 unicast", "frr ip nht"]


@pytest.mark.parametrize(
    ("pattern", "context", "line", "fits"),
    [
        ("router bgp * / neighbor * description", BGP, "neighbor Ethernet0 description to the left", True),
        ("router bgp * / neighbor * description", V4, "neighbor Ethernet0 description x", False),
        ("router bgp * / neighbor", BGP, "neighbor SPINE bfd", True),
        ("router bgp 65402", BGP, "neighbor SPINE bfd", False),
        ("router bgp * / address-family ipv4", V4, "neighbor SPINE activate", True),
        ("router bgp *", V4, "neighbor SPINE activate", True),
        ("ip nht", (), "ip nht resolve-via-default", True),
        ("ip nht", (), "ipv6 nht resolve-via-default", False),
    ],
)
def test_a_pattern_names_lines_by_how_they_begin(pattern: str, context: conf.Context, line: str, fits: bool) -> None:
    assert chooses(pattern, context, line) is fits


def test_what_is_left_is_not_rendered_and_all_else_is() -> None:
    whole = frr_of(planned([]), "leaf1")
    less = frr_of(planned([], ownership="planned", leave=LEAVE), "leaf1")
    gone = {str(one) for one in conf.diff(whole, less)}
    assert all(" description " in one or "ipv6 unicast" in one or "ip nht" in one for one in gone)
    assert not any(one.startswith("-") for one in gone)
    assert len([one for one in gone if " description " in one]) == 2
    assert conf.parse(less)[V4] == conf.parse(whole)[V4]
    assert [line for _, line in without(whole, ())] == whole.splitlines()
    ours = {"leaf1": {"ownership": "everything"}}
    owned = frr_of(planned([], ownership="planned", leave=LEAVE, switches=ours), "leaf1")
    assert owned == whole, "of a switch that is ours whole nothing is left"


def test_extra_may_say_it_otherwise() -> None:
    extra = {"frr": {BGP[0]: ["neighbor SPINE remote-as 65501"]}}
    word = "frr router bgp * / neighbor SPINE remote-as"
    entry = {"asn": "65401", "extra": extra, "leave": word}
    text = frr_of(planned([], ownership="planned", switches={"leaf1": entry}), "leaf1")
    assert "neighbor SPINE remote-as 65501" in text
    assert "neighbor SPINE remote-as external" not in text


def test_what_a_switch_has_there_stays() -> None:
    meant = "router bgp 65401\n neighbor SPINE peer-group\n neighbor SPINE timers 3 9\nexit\n"
    there = "router bgp 65401\n neighbor SPINE peer-group\n neighbor SPINE password secret\n neighbor SPINE bfd\nexit\n"
    planned_ = Planned(left=Left(lines=frr_lines(["frr router bgp * / neighbor SPINE password"])))
    whole = settle(Rendered(MODE, meant, MODE.keys(), planned_), OnSwitch(MODE, MODE, there, Record()))
    assert whole.frr is not None
    assert [str(one) for one in conf.diff(whole.frr, there)] == [
        "- router bgp 65401 / neighbor SPINE bfd",
        "+ router bgp 65401 / neighbor SPINE timers 3 9",
    ]


@pytest.mark.parametrize("word", ["frr ", "frr router bgp * / ", "frr * / x", "frr neighbor A password b"])
def test_words_that_name_no_lines(word: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        SwitchEntry.model_validate({"leave": word})


def test_peer_groups_have_the_names_that_they_are_given() -> None:
    names = {"peer_groups": {"spine": "core", "leaf": "FABRIC"}}
    own = {"leaf1": {"peer_groups": {"spine": "upstream"}}}
    plan = planned([], bgp=names, switches=own)
    assert "neighbor Ethernet72 interface peer-group upstream\n" in frr_of(plan, "leaf1")
    assert "neighbor core route-map FROM-FABRIC in\n" in frr_of(plan, "leaf2")
    assert "neighbor FABRIC peer-group\n" in frr_of(plan, "spine1")
    ours, theirs = (frr_of(one, "leaf2") for one in (planned([]), plan))
    assert not conf.diff(ours.replace("neighbor SPINE", "neighbor core").replace("group SPINE", "group core"), theirs)


def test_of_a_numbered_underlay_each_family_has_its_group() -> None:
    pools = {"ipv4": "10.120.0.0/24", "ipv6": "fd00:120::/112"}
    text = frr_of(planned([], underlay=pools, bgp={"peer_groups": {"spine": "core"}}), "leaf1")
    assert "neighbor core-V4 peer-group\n" in text
    assert "neighbor core-V6 peer-group\n" in text


def test_two_groups_of_one_name_on_a_switch_are_refused() -> None:
    link = {"link": "spine1:Ethernet120 - spine2:Ethernet120", "bgp": "ibgp"}
    with pytest.raises(PlanProblems) as raised:
        planned([link], bgp={"peer_groups": {"leaf": "FABRIC", "ibgp": "FABRIC"}})
    assert any("would have one peer-group FABRIC" in one.message for one in raised.value.problems)
    with pytest.raises(ValueError, match="peer-group"):
        planned([], bgp={"peer_groups": {"leaf": "Ethernet0"}})
