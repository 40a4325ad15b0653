"""`ownership: planned`: what the plan does not speak of stays the operator's, by row, by field and by line."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from sonicfab.configdb import FABRIC_TABLES, diff, dumps, merge
from sonicfab.frr import conf
from sonicfab.frr.parts import parts, settings, without_others
from sonicfab.ownership.back import back
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record, read
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, settle
from test_ownership import FRR, PORTS, THEIRS, Config, beside, factory, port, rendered, used
from test_ownership import settled as settle_rendered

ROUTED = rendered()["INTERFACE"]
SPARED = Planned({"PORT": dict.fromkeys(PORTS[1:], frozenset[str]())})
"""Of `rendered()` Ethernet0 alone is planned."""


settled = partial(settle_rendered, planned=SPARED)


def changes(whole: Settled, there: Config) -> list[str]:
    return list(map(str, diff(whole.config_db, there, whole.owned)))


def record(config: Config, frr: str = FRR, planned: Planned = SPARED) -> Record:
    return Record.of(config, frr, planned)


def test_a_port_that_nobody_planned_stays_as_it_is() -> None:
    by_hand = {**port(20, up=True), "description": "by hand", "fec": "fc", "autoneg": "on", "speed": "40000"}
    there = beside(rendered(), PORT={"Ethernet20": by_hand})
    whole = settled(there)
    assert changes(whole, there) == []
    assert whole.theirs == (
        "PORT Ethernet20 (not in the plan, set by another)",
        "PORT Ethernet4, Ethernet8, Ethernet12, Ethernet16 and 2 more (not in the plan)",
    )
    assert merge(whole.config_db, there, whole.owned)["PORT"]["Ethernet20"] == by_hand


def test_tables_that_are_never_rendered_are_counted_and_those_of_the_image_are_no_news() -> None:
    there = beside(
        rendered(), VLAN={"Vlan10": {}, "Vlan11": {}}, FEATURE={"bgp": {}}, QUEUE={"Ethernet0|3": {}}, X={"a": {}}
    )
    assert settled(there).theirs[-1] == "other tables: VLAN (2), X (1)"
    assert not any("VLAN" in one for one in settled(there, planned=None).theirs), "as docs/ownership.md says"


def test_what_shares_its_speed_with_a_planned_port_follows_it_and_nothing_else_of_it() -> None:
    there = beside(rendered(), PORT={"Ethernet4": {**port(4, up=True), "speed": "40000", "description": "mine"}})
    decided = Planned({"PORT": {**SPARED.spared["PORT"], "Ethernet4": frozenset({"speed"})}})
    assert changes(settled(there, planned=decided), there) == ["~ PORT|Ethernet4 speed: 40000 -> 100000"]


def test_what_runs_beside_each_other_already_is_told_and_no_reason_to_refuse() -> None:
    told = "VLAN_MEMBER|Vlan100|Ethernet0, whose port is routed in the plan"
    members: dict[str, dict[str, Any]] = {"Vlan100|Ethernet0": {"tagging_mode": "tagged"}}
    there = beside(rendered(), VLAN_MEMBER=members)
    whole = settled(there)
    assert not whole.blocked
    assert told in whole.theirs
    assert changes(whole, there) == []
    assert changes(settled(there, take_over=True), there) == ["- VLAN_MEMBER|Vlan100|Ethernet0: tagging_mode=tagged"]
    there = {**there, "INTERFACE": {}}
    assert settled(there).blocked == (told,), "what the plan would put beside it"


def test_a_field_that_was_decided_of_a_port_of_nobody_goes_back() -> None:
    there = beside(rendered(), PORT={"Ethernet4": {**port(4, up=True), "speed": "40000", "description": "said"}})
    ours = frozenset({"speed", "description"})
    before = record(there, planned=Planned({"PORT": {**SPARED.spared["PORT"], "Ethernet4": ours}}))
    assert changes(settled(there, before=before), there) == [
        "- PORT|Ethernet4 description: said",
        "~ PORT|Ethernet4 speed: 40000 -> 100000",
    ]


def test_fields_of_a_row_of_ours_that_the_plan_does_not_decide_stay() -> None:
    there = beside(rendered(), PORT={"Ethernet0": {**port(0), "autoneg": "on", "mtu": "1500"}})
    there["DEVICE_METADATA"] = {"localhost": {**there["DEVICE_METADATA"]["localhost"], "bgp_asn": "65001"}}
    whole = settled(there)
    assert changes(whole, there) == [
        "~ PORT|Ethernet0 admin_status: down -> up",
        "~ PORT|Ethernet0 mtu: 1500 -> 9100",
    ]
    assert whole.theirs[-2:] == ("DEVICE_METADATA localhost: bgp_asn", "PORT Ethernet0: autoneg")
    assert merge(whole.config_db, there, whole.owned)["PORT"]["Ethernet0"]["autoneg"] == "on"


def test_rows_of_tables_that_are_whole_otherwise_stay() -> None:
    ours = rendered(MGMT_INTERFACE={"eth0|192.0.2.2/24": {"gwaddr": "192.0.2.1"}})
    there = beside(ours, MGMT_INTERFACE={"eth0|2001:db8::2/64": {"gwaddr": "2001:db8::1"}})
    assert changes(settled(there, ours=ours), there) == []
    moved = rendered(MGMT_INTERFACE={"eth0|192.0.2.3/24": {"gwaddr": "192.0.2.1"}})
    found = changes(settled(there, ours=moved, before=record(ours)), there)
    assert [one.partition(":")[0] for one in found] == [
        "- MGMT_INTERFACE|eth0|192.0.2.2/24",
        "+ MGMT_INTERFACE|eth0|192.0.2.3/24",
    ]


def test_a_list_of_the_inventory_is_all_that_there_shall_be() -> None:
    ours = rendered(NTP_SERVER={"192.0.2.1": {}})
    there = beside(ours, NTP_SERVER={"192.0.2.1": {"iburst": "on"}, "192.0.2.9": {}})
    assert changes(settled(there, ours=ours), there) == ["- NTP_SERVER|192.0.2.9"]
    by_row = Planned(SPARED.spared, frozenset({"NTP_SERVER"}))
    assert changes(settled(there, ours=ours, planned=by_row), there) == []


def test_what_was_planned_and_is_no_more_goes() -> None:
    """A link that leaves the topology: its port is shut, its interface and its description go; then it is nobody's."""
    more = {"Ethernet4": {**port(4, up=True), "description": "spine1:Ethernet0", "fec": "rs"}}
    before = rendered(INTERFACE={**ROUTED, "Ethernet4": {}, "Ethernet4|10.1.0.0/31": {}})
    before["PORT"] = {**before["PORT"], **more}
    planned = Planned({"PORT": dict.fromkeys(PORTS[2:], frozenset[str]())})
    there = beside(before, PORT={"Ethernet4": {**more["Ethernet4"], "autoneg": "on"}})
    there = beside(there, PORT={"Ethernet20": used(20)["Ethernet20"]})
    whole = settled(there, before=record(before, planned=planned))
    assert changes(whole, there) == [
        "- INTERFACE|Ethernet4",
        "- INTERFACE|Ethernet4|10.1.0.0/31",
        "~ PORT|Ethernet4 admin_status: up -> down",
        "- PORT|Ethernet4 description: spine1:Ethernet0",
        "- PORT|Ethernet4 fec: rs",
    ]
    after: Config = {**there, **whole.config_db}  # type: ignore[dict-item]
    assert changes(settled(after, before=record(rendered())), after) == []
    whole_before = settled(there, before=Record.of(before, FRR))
    assert "~ PORT|Ethernet4 admin_status: up -> down" in changes(whole_before, there), "planned when all was ours"
    assert not any("Ethernet20" in one for one in changes(whole_before, there)), "shut when all was ours: no plan"


def test_a_broken_out_port_is_in_the_way_of_one_that_is_planned_and_stays_otherwise() -> None:
    def parts(of: int) -> dict[str, dict[str, Any]]:
        return {f"Ethernet{of + n}": {"lanes": str(of + n + 1), "speed": "25000"} for n in range(4)}

    there = beside(rendered(), PORT=parts(4))
    assert changes(settled(there), there) == []
    there = beside(rendered(), PORT=parts(0))
    whole = settled(there)
    assert len(whole.blocked) == 1
    assert "Ethernet0, which is planned and shares its lanes with Ethernet1" in whole.blocked[0]


def test_factory_default_goes_and_so_does_its_asn() -> None:
    there = factory("t1")
    assert there["DEVICE_METADATA"]["localhost"]["bgp_asn"] == "65100"
    whole = settled(there)
    assert not whole.config_db.get("BGP_NEIGHBOR")
    assert "bgp_asn" not in whole.config_db["DEVICE_METADATA"]["localhost"]
    assert whole.config_db["INTERFACE"] == ROUTED


NETWORK: Config = {
    "VLAN": {"Vlan100": {"vlanid": "100"}},
    "VLAN_MEMBER": {"Vlan100|Ethernet0": {"tagging_mode": "tagged"}},
}


@pytest.mark.parametrize("preset", ["t1", "l3", "l2", "l1", "empty"])
@pytest.mark.parametrize("planned", [None, SPARED], ids=["everything", "planned"])
@pytest.mark.parametrize("network", [{}, NETWORK], ids=["routed", "network"])
def test_what_was_pushed_and_not_saved_yet_is_as_intended(
    preset: str, planned: Planned | None, network: Config
) -> None:
    """Until a push is confirmed, the factory default is still stored: it must not be taken for somebody's then."""
    there, ours = factory(preset), rendered(**network)
    what = Rendered(ours, FRR, FABRIC_TABLES | ours.keys(), planned)
    first = settle(what, OnSwitch(there, there, "", Record()))
    runs = merge(first.config_db, there, first.owned)
    again = settle(what, OnSwitch(runs, there, "", Record()))
    assert not diff(again.config_db, runs, again.owned)
    assert not diff(again.config_db, first.config_db, again.owned & first.owned)


BY_HAND = FRR.replace(
    " neighbor FABRIC peer-group\n", " bgp graceful-restart\n timers bgp 10 30\n neighbor FABRIC peer-group\n"
).replace("  network 10.0.0.1/32\n", "  network 10.0.0.1/32\n  maximum-paths ibgp 4\n")


def test_settings_of_our_bgp_that_the_plan_does_not_decide_stay() -> None:
    whole = settled(rendered(), BY_HAND)
    assert not conf.diff(whole.frr or "", BY_HAND)
    assert whole.theirs[-2:] == (
        "FRR router bgp 65001: bgp graceful-restart, timers bgp 10 30",
        "FRR router bgp 65001 / address-family ipv4 unicast: maximum-paths ibgp 4",
    )
    ours = conf.diff(settled(rendered(), BY_HAND, before=record(rendered(), BY_HAND)).frr or "", FRR)
    assert ours == [], "what was ours goes"


def test_a_setting_that_is_decided_and_lines_of_our_neighbours_are_ours() -> None:
    there = FRR.replace("bgp router-id 10.0.0.1", "bgp router-id 10.9.9.9")
    there = there.replace(" !\n", " neighbor Ethernet0 shutdown\n !\n")
    assert settled(rendered(), there).frr == FRR


def test_the_record_knows_fields_and_lines_and_no_values() -> None:
    ours = rendered(SNMP_COMMUNITY={"hush": {"TYPE": "RO"}})
    one = record(ours, BY_HAND)
    assert read(one.dumps()) == one
    assert "hush" not in one.dumps()
    assert set(one.rows["PORT"]) == {"Ethernet0"}
    assert one.has_field("PORT", "Ethernet0", "mtu")
    assert not one.has_field("PORT", "Ethernet4", "mtu")
    assert "router bgp 65001 / bgp graceful-restart" in one.lines
    assert dumps(ours)


def test_a_rollback_takes_back_what_was_pushed_and_nothing_that_another_has_done_since() -> None:
    theirs = {"Ethernet20": {**port(20), "description": "before"}}
    kept = beside(rendered(), PORT={**theirs, "Ethernet0": {**port(0, up=True), "mtu": "1500", "tpid": "x"}})
    kept["BGP_NEIGHBOR"] = {"10.0.0.1": {"name": "ARISTA01T2", "asn": "65200", "local_addr": "10.0.0.0"}}
    kept_frr = BY_HAND.replace("65001", "65001")
    pushed = rendered(INTERFACE={**ROUTED, "Ethernet4": {}})
    now = beside(
        pushed, PORT={**theirs, "Ethernet0": {**port(0, up=True), "tpid": "y"}, "Ethernet24": used(24)["Ethernet24"]}
    )
    now["PORT"]["Ethernet20"] = {**port(20), "description": "since", "fec": "rs"}
    now_frr = BY_HAND.replace("timers bgp 10 30", "timers bgp 20 60").replace("10.0.0.1/32", "10.0.0.9/32")
    there = OnSwitch(now, now, now_frr, record(pushed, FRR.replace("10.0.0.1/32", "10.0.0.9/32")))
    whole = settle(back(Rendered(kept, kept_frr, FABRIC_TABLES | kept.keys()), Record(), there), there)
    assert changes(whole, now) == [
        "+ BGP_NEIGHBOR|10.0.0.1: asn=65200, local_addr=10.0.0.0, name=ARISTA01T2",
        "- INTERFACE|Ethernet4",
        "~ PORT|Ethernet0 mtu: 9100 -> 1500",
    ]
    assert list(map(str, conf.diff(whole.frr or "", now_frr))) == [
        "- router bgp 65001 / address-family ipv4 unicast / network 10.0.0.9/32",
        "+ router bgp 65001 / address-family ipv4 unicast / network 10.0.0.1/32",
    ]


def test_a_rollback_of_a_switch_that_is_ours_leaves_what_another_has_changed_and_saved_since() -> None:
    """Rows that no push has written, and parts of frr.conf that none has: in lists of services, too."""
    theirs: Config = {
        "NTP_SERVER": {"192.0.2.1": {}},
        "SNMP_COMMUNITY": {"old": {"TYPE": "RO"}},
        "STATIC_ROUTE": {"198.18.0.0/15": {"nexthop": "192.0.2.1"}, "10.9.0.0/16": {"nexthop": "192.0.2.1"}},
    }
    since: Config = {
        "NTP_SERVER": {"192.0.2.2": {}},
        "SNMP_COMMUNITY": {"new": {"TYPE": "RO"}},
        "SYSLOG_SERVER": {"192.0.2.3": {}},
        "STATIC_ROUTE": {"198.18.0.0/15": {"nexthop": "192.0.2.9"}, "10.8.0.0/16": {"nexthop": "192.0.2.1"}},
        "ACL_TABLE": {"MINE": {"type": "L3", "ports": ["Ethernet24"]}},
    }
    before = {**rendered(), **theirs}
    pushed = rendered(PORT={**rendered()["PORT"], "Ethernet0": {**port(0, up=True), "description": "new"}})
    now = {**pushed, **since}
    pushed_frr = FRR.replace("10.0.0.1/32", "10.0.0.9/32")
    now_frr = THEIRS.replace("10.0.0.1/32", "10.0.0.9/32").replace("description x", "description y")
    now_frr = now_frr.replace("!\nroute-map", "ip prefix-list MINE seq 10 deny any\n!\nroute-map")
    there = OnSwitch(now, now, now_frr, Record.of(pushed, pushed_frr))
    kept = Rendered(before, THEIRS, FABRIC_TABLES | before.keys())
    whole = settle(back(kept, Record.of(rendered(), FRR), there), there)
    assert changes(whole, now) == ["- PORT|Ethernet0 description: new", "+ STATIC_ROUTE|10.9.0.0/16: nexthop=192.0.2.1"]
    assert list(map(str, conf.diff(whole.frr or "", now_frr))) == [
        "- router bgp 65001 / address-family ipv4 unicast / network 10.0.0.9/32",
        "+ router bgp 65001 / address-family ipv4 unicast / network 10.0.0.1/32",
    ]
    assert not whole.blocked
    del now["NTP_SERVER"]  # a push that says `ntp: []` leaves none
    emptied = settle(back(kept, Record.of(rendered(), FRR), there), there)
    assert "+ NTP_SERVER|192.0.2.1" in changes(emptied, now)


@pytest.mark.parametrize("careful", [True, False])
def test_a_rollback_brings_no_route_back_without_its_row(*, careful: bool) -> None:
    """It was saved by `write memory`, and its row has another next hop since."""
    made = "ip route 10.9.0.0/16 192.0.2.{} tag 1\n"
    before, now = (beside(rendered(), STATIC_ROUTE={"10.9.0.0/16": {"nexthop": f"192.0.2.{one}"}}) for one in (2, 7))
    record_of = record if careful else Record.of
    there = OnSwitch(now, now, made.format(7) + FRR, record_of(rendered(), FRR), made.format(7) + FRR)
    kept = Rendered(before, made.format(2) + FRR, FABRIC_TABLES | before.keys())
    whole = settle(back(kept, record_of(rendered(), FRR), there), there)
    assert changes(whole, now) == []
    assert "192.0.2.2" not in (whole.frr or "")


BGPCFGDS = """\
ip nht resolve-via-default
ip protocol bgp route-map RM_SET_SRC
route-map RM_SET_SRC permit 10
 set src 10.0.0.1
exit
"""
"""What bgpcfgd has made of Loopback0: sonic-buildimage src/sonic-bgpcfgd managers_setsrc.py."""


def test_a_rollback_leaves_what_bgpcfgd_has_made_and_no_kept_file_has() -> None:
    now = rendered()
    for kept in (SPARED, None):
        there = OnSwitch(now, now, FRR, record(now) if kept else Record.of(now, FRR))
        whole = settle(back(Rendered(now, FRR, FABRIC_TABLES), Record(), there), there)
        assert not conf.diff(whole.frr or "", whole.made.without(BGPCFGDS + FRR, whole.frr or ""))
    of_ours = settled(now, BGPCFGDS + FRR, intended=BGPCFGDS.replace("10.0.0.1", "10.0.0.2") + FRR)
    assert list(map(str, conf.diff(of_ours.frr or "", of_ours.made.without(BGPCFGDS + FRR, of_ours.frr or "")))) == [
        "- route-map RM_SET_SRC permit 10 / set src 10.0.0.1",
        "+ route-map RM_SET_SRC permit 10 / set src 10.0.0.2",
    ], "of one that has them they count"


def test_what_nobody_else_has_a_part_in_comes_back_to_the_byte() -> None:
    """Or the next plan would store it once more."""
    for text in (FRR, FRR.replace("!\n", ""), FRR.replace("10.0.0.1/32", "10.0.0.7/32")):
        assert without_others(text, FRR, parts(FRR), None) == text
        there = OnSwitch(rendered(), rendered(), FRR, Record.of(rendered(), FRR), FRR)
        assert back(Rendered(rendered(), text, FABRIC_TABLES), Record.of(rendered(), text), there).frr == text


def test_a_setting_that_a_push_has_overwritten_comes_back() -> None:
    text = BY_HAND.replace("bgp router-id 10.0.0.1", "bgp router-id 10.9.9.9")
    ours = parts(FRR), settings(FRR)
    assert not conf.diff(without_others(text, BY_HAND, *ours), FRR.replace("router-id 10.0.0.1", "router-id 10.9.9.9"))
    assert not conf.diff(without_others(THEIRS, THEIRS, *ours), FRR)
    assert not conf.diff(without_others(THEIRS, FRR, *ours), THEIRS), "what is not there any more comes back"
