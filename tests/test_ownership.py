"""What on a switch is ours, and what another has put there: row by row, and part by part of frr.conf."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from known import get_build
from sonicfab.configdb import FABRIC_TABLES, diff, merge
from sonicfab.errors import SwitchError
from sonicfab.frr import conf
from sonicfab.frr.parts import carried, foreign, foreign_neighbors
from sonicfab.lab.sonic.cfggen import t1_preset
from sonicfab.ownership import record
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, frr_conf_counts, settle
from sonicfab.schema.facts import schema_of
from sonicfab.tables import table

GOLDEN = ROOT / "tests" / "golden"

MODE = "split-unified"
PORTS = [f"Ethernet{number}" for number in range(0, 32, 4)]
FRR = """\
ip prefix-list POOL seq 5 permit 10.0.0.0/8
!
router bgp 65001
 bgp router-id 10.0.0.1
 neighbor FABRIC peer-group
 neighbor Ethernet0 interface peer-group FABRIC
 !
 address-family ipv4 unicast
  network 10.0.0.1/32
  neighbor FABRIC activate
 exit-address-family
exit
!
end
"""
Config = dict[str, dict[str, dict[str, Any]]]


def port(number: int, *, up: bool = False) -> dict[str, str]:
    lanes = ",".join(str(number + lane) for lane in range(1, 5))
    return {"lanes": lanes, "speed": "100000", "mtu": "9100", "admin_status": "up" if up else "down"}


def rendered(**more: dict[str, dict[str, Any]]) -> Config:
    return {
        "DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "docker_routing_config_mode": MODE}},
        "PORT": {name: port(number * 4, up=name == "Ethernet0") for number, name in enumerate(PORTS)},
        "INTERFACE": {"Ethernet0": {"ipv6_use_link_local_only": "enable"}},
        "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.0.0.1/32": {}},
        **more,
    }


def beside(config: Config, **more: dict[str, dict[str, Any]]) -> Config:
    """A config with rows in it that somebody has added."""
    tables: Config = {name: dict(rows) for name, rows in config.items()}
    for name, rows in more.items():
        tables[name] = {**tables.get(name, {}), **rows}
    return tables


def settled(
    there: Config,
    frr: str = FRR,
    *,
    ours: Config | None = None,
    intended: str = FRR,
    before: Record | None = None,
    planned: Planned | None = None,
    take_over: bool = False,
) -> Settled:
    config = ours or rendered()
    what = Rendered(config, intended, FABRIC_TABLES | config.keys(), planned)
    return settle(what, OnSwitch(there, there, frr, before or Record()), take_over=take_over)


def changes(whole: Settled, there: Config) -> list[str]:
    return list(map(str, diff(whole.config_db, there, whole.owned)))


def used(number: int) -> dict[str, dict[str, Any]]:
    return {f"Ethernet{number}": {**port(number, up=True), "description": "by hand"}}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("VLAN_MEMBER", {"Vlan100|Ethernet20": {"tagging_mode": "untagged"}}),
        ("PORTCHANNEL_MEMBER", {"PortChannel1|Ethernet20": {}}),
        ("VLAN_SUB_INTERFACE", {"Ethernet20.10": {"admin_status": "up"}}),
        ("VLAN_SUB_INTERFACE", {"Eth20.10": {"vlan": "10"}}),
        ("MIRROR_SESSION", {"M": {"src_port": "Ethernet8,Ethernet20", "dst_port": "Ethernet28"}}),
        ("ACL_TABLE", {"A": {"type": "L3", "ports": ["Ethernet20", "PortChannel1"]}}),
        ("INTERFACE", {"Ethernet20": {}, "Ethernet20|192.0.2.0/31": {}}),
        ("A_TABLE_WITHOUT_A_MODEL", {"x": {"where": "Ethernet20"}}),
    ],
)
def test_a_port_that_another_uses_is_left_as_it_is(name: str, rows: dict[str, dict[str, Any]]) -> None:
    there = beside(rendered(), PORT=used(20), **{name: rows})
    whole = settled(there)
    assert [one for one in changes(whole, there) if "Ethernet20" in one] == []
    assert any("Ethernet20" in one for one in whole.theirs)
    assert merge(whole.config_db, there, whole.owned)[name] == there[name]


def test_what_is_changed_is_not_told_as_left() -> None:
    """A change by hand that nobody has saved, in what is another's: it goes back to what is saved."""
    members: dict[str, dict[str, Any]] = {f"PortChannel1|Ethernet{number}": {} for number in (16, 20)}
    stored = beside(rendered(), PORTCHANNEL_MEMBER=members)
    stored["INTERFACE"] = {**stored["INTERFACE"], "Ethernet24": {}, "Ethernet24|192.0.2.0/31": {}}
    running = beside(stored, PORT={"Ethernet20": {**stored["PORT"]["Ethernet20"], "admin_status": "up"}})
    del running["INTERFACE"]["Ethernet24|192.0.2.0/31"]
    there = OnSwitch(running, stored, FRR, Record())
    whole = settle(Rendered(rendered(), FRR, FABRIC_TABLES | {"PORTCHANNEL_MEMBER"}), there)
    assert changes(whole, running) == [
        "+ INTERFACE|Ethernet24|192.0.2.0/31",
        "~ PORT|Ethernet20 admin_status: up -> down",
    ]
    assert whole.theirs == (
        "PORT Ethernet16 (used by PORTCHANNEL_MEMBER)",
        "PORT Ethernet24 (used by INTERFACE)",
        "INTERFACE Ethernet24",
        "PORTCHANNEL_MEMBER PortChannel1|Ethernet16, PortChannel1|Ethernet20",
    )


@pytest.mark.parametrize("name", ["BREAKOUT_CFG", "QUEUE", "PORT_QOS_MAP", "BUFFER_PG", "CABLE_LENGTH"])
def test_a_setting_of_a_port_is_no_use_of_it(name: str) -> None:
    there = beside(rendered(), PORT=used(20), **{name: {"Ethernet20": {"x": "y"}, "Ethernet20|3": {}}})
    assert [one for one in changes(settled(there), there) if "Ethernet20" in one and "admin_status" in one]


@pytest.mark.parametrize("branch", ["202305", "202411", "202605"])
def test_no_table_whose_model_refers_to_ports_is_missed(branch: str) -> None:
    """Each is a use of the port unless tables.yml says that it is a setting: nothing depends on a list of uses."""
    schema = schema_of(get_build(f"community-{branch}"))
    assert schema is not None
    referring = {
        name
        for name in schema
        for row in (*schema[name].lists, *schema[name].rows.values())
        for value in (*row.keys, *row.fields.values())
        if any(one.table == "PORT" for one in value.type.references)
    }
    assert {"VLAN_MEMBER", "PORTCHANNEL_MEMBER", "ACL_TABLE", "INTERFACE"} <= referring
    for name in referring - {"PORT"} - FABRIC_TABLES:
        there = beside(rendered(), PORT=used(20), **{name: {"a|Ethernet20": {"b": "Ethernet20"}}})
        down = [one for one in changes(settled(there), there) if "Ethernet20" in one]
        assert bool(down) == table(name).settings, name


def test_a_port_of_a_removed_link_is_shut_and_its_rows_go() -> None:
    """What was rendered when the config was last confirmed is ours, whoever has touched it since."""
    before = rendered(INTERFACE={"Ethernet0": {}, "Ethernet4": {}, "Ethernet4|10.1.0.0/31": {}})
    there = beside(before, PORT={"Ethernet4": port(4, up=True)}, INTERFACE={"Ethernet4|192.0.2.1/24": {}})
    whole = settled(there, before=Record.of(before, FRR))
    assert [one for one in changes(whole, there) if "Ethernet4" in one] == [
        "- INTERFACE|Ethernet4",
        "- INTERFACE|Ethernet4|10.1.0.0/31",
        "- INTERFACE|Ethernet4|192.0.2.1/24",
        "~ PORT|Ethernet4 admin_status: up -> down",
    ]
    assert not whole.theirs


def test_an_address_on_an_interface_of_ours_is_ours_to_remove() -> None:
    there = beside(
        rendered(), INTERFACE={"Ethernet0|192.0.2.1/24": {}}, LOOPBACK_INTERFACE={"Loopback0|10.9.9.9/32": {}}
    )
    assert changes(settled(there), there) == [
        "- INTERFACE|Ethernet0|192.0.2.1/24",
        "- LOOPBACK_INTERFACE|Loopback0|10.9.9.9/32",
    ]


def test_rows_of_another_in_our_tables_stay() -> None:
    rows: Config = {
        "LOOPBACK_INTERFACE": {"Loopback7": {}, "Loopback7|192.0.2.7/32": {}},
        "BGP_NEIGHBOR": {"192.0.2.9": {"asn": "65000", "name": "router"}},
    }
    there = beside(rendered(), **rows)
    whole = settled(there)
    assert changes(whole, there) == []
    assert whole.theirs == ("BGP_NEIGHBOR 192.0.2.9", "LOOPBACK_INTERFACE Loopback7, Loopback7|192.0.2.7/32")
    assert changes(settled(there, take_over=True), there) == [
        "- BGP_NEIGHBOR|192.0.2.9: asn=65000, name=router",
        "- LOOPBACK_INTERFACE|Loopback7",
        "- LOOPBACK_INTERFACE|Loopback7|192.0.2.7/32",
    ]


def test_what_is_not_saved_is_nobodys() -> None:
    """It is drift, which a push refuses to overwrite unasked."""
    config, running = rendered(), beside(rendered(), LOOPBACK_INTERFACE={"Loopback7": {}})
    what = Rendered(config, FRR, FABRIC_TABLES | config.keys())
    whole = settle(what, OnSwitch(running, config, FRR, Record()))
    assert changes(whole, running) == ["- LOOPBACK_INTERFACE|Loopback7"]


def test_rows_of_a_template_of_ones_own_are_ours_and_no_others() -> None:
    ours = rendered(VLAN={"Vlan100": {"vlanid": "100"}}, VLAN_MEMBER={"Vlan100|Ethernet20": {}})
    there = beside(ours, VLAN={"Vlan200": {"vlanid": "200"}}, VLAN_MEMBER={"Vlan200|Ethernet24": {}}, PORT=used(24))
    assert changes(settled(there, ours=ours), there) == []
    before = Record.of(beside(ours, VLAN={"Vlan200": {}}), FRR)
    assert changes(settled(there, ours=ours, before=before), there) == ["- VLAN|Vlan200: vlanid=200"]
    none = rendered(VLAN={}, VLAN_MEMBER={})
    assert len([one for one in changes(settled(there, ours=none), there) if one.startswith("- VLAN")]) == 4


def test_a_routed_port_in_a_vlan_cannot_be() -> None:
    there = beside(rendered(), VLAN_MEMBER={"Vlan100|Ethernet0": {}, "Vlan100|Ethernet20": {}}, PORT=used(20))
    whole = settled(there)
    assert whole.blocked == ("VLAN_MEMBER|Vlan100|Ethernet0, whose port is routed in the plan",)
    taken = settled(there, take_over=True)
    assert not taken.blocked
    assert [one for one in changes(taken, there) if "VLAN" in one] == ["- VLAN_MEMBER|Vlan100|Ethernet0"]


def test_a_port_that_was_broken_out_stays_whole() -> None:
    quarters = {
        f"Ethernet{20 + lane}": {"lanes": str(21 + lane), "speed": "25000", "admin_status": "up"} for lane in range(4)
    }
    there = beside(rendered(), VLAN_MEMBER={"Vlan100|Ethernet21": {}})
    there["PORT"] |= quarters
    whole = settled(there)
    assert [one for one in changes(whole, there) if "Ethernet2" in one] == []
    there["VLAN_MEMBER"] = {}
    assert "- PORT|Ethernet21: admin_status=up, lanes=22, speed=25000" in changes(settled(there), there)


# factory default


def factory(preset: str) -> Config:
    ports = {name: {**port(number * 4), "admin_status": "up"} for number, name in enumerate(PORTS)}
    config: Config = {"DEVICE_METADATA": {"localhost": {"hwsku": "x"}}, "PORT": ports}
    if preset == "t1":
        return t1_preset(config)
    if preset == "l3":
        loopbacks: dict[str, dict[str, Any]] = {"Loopback0": {}, "Loopback0|10.1.0.1/32": {}}
        return {**config, "LOOPBACK_INTERFACE": loopbacks, "INTERFACE": {name: {} for name in PORTS}}
    if preset == "l2":
        members = {f"Vlan1000|{name}": {"tagging_mode": "untagged"} for name in PORTS}
        return {**config, "VLAN": {"Vlan1000": {"vlanid": "1000"}}, "VLAN_MEMBER": members}
    return config


@pytest.mark.parametrize("preset", ["t1", "l3", "l2", "l1", "empty"])
def test_factory_default_is_nobodys(preset: str) -> None:
    there = factory(preset)
    whole = settled(there, "")
    assert (whole.theirs, whole.blocked) == ((), ())
    after = merge(whole.config_db, there, whole.owned)
    kept = {name: rows for name, rows in after.items() if rows and name not in rendered()}
    assert kept.keys() <= {"FLEX_COUNTER_TABLE"}
    assert {name: after[name] for name in rendered()} == rendered()


def test_an_address_of_the_factory_default_that_somebody_changed_is_his() -> None:
    there = factory("t1")
    there["INTERFACE"]["Ethernet20|192.0.2.0/31"] = {}
    there["BGP_NEIGHBOR"]["10.0.0.3"]["asn"] = "65000"
    whole = settled(there, "")
    assert whole.blocked
    assert whole.config_db["INTERFACE"].keys() == {"Ethernet0", "Ethernet20", "Ethernet20|192.0.2.0/31"}
    assert whole.config_db["BGP_NEIGHBOR"].keys() == {"10.0.0.3"}
    assert whole.config_db["PORT"]["Ethernet20"]["admin_status"] == "up"


def test_a_vlan_1000_with_some_ports_is_somebodys() -> None:
    there = factory("l2")
    del there["VLAN_MEMBER"]["Vlan1000|Ethernet0"]
    whole = settled(there, "")
    assert merge(whole.config_db, there, whole.owned)["VLAN_MEMBER"] == there["VLAN_MEMBER"]


# FRR

THEIRS = """\
ip prefix-list POOL seq 5 permit 10.0.0.0/8
!
router bgp 65001
 bgp router-id 10.0.0.1
 neighbor FABRIC peer-group
 neighbor Ethernet0 interface peer-group FABRIC
 neighbor 10.99.0.2 remote-as 65000
 neighbor 10.99.0.2 description x
 !
 address-family ipv4 unicast
  network 10.0.0.1/32
  neighbor FABRIC activate
  neighbor 10.99.0.2 activate
  network 10.50.0.0/24
 exit-address-family
 !
 address-family l2vpn evpn
  neighbor FABRIC activate
  advertise-all-vni
 exit-address-family
exit
!
ip route 10.9.0.0/16 10.1.1.1
!
ip prefix-list MINE seq 5 permit any
!
route-map MINE permit 10
 match ip address prefix-list MINE
exit
!
router bgp 65001 vrf Vrf1
 neighbor 1.2.3.4 remote-as 1
exit
!
end
"""


def test_parts_of_another_are_carried() -> None:
    whole = settled(rendered(), THEIRS)
    assert whole.frr is not None
    assert conf.diff(whole.frr, THEIRS) == []
    assert whole.is_stored(THEIRS)
    assert whole.is_stored(whole.frr)
    again = settled(rendered(), whole.frr)
    assert again.frr == whole.frr
    assert foreign_neighbors(THEIRS, FRR, ()) == {"10.99.0.2"}
    assert "neighbor 10.99.0.2 of router bgp 65001" in whole.theirs[-1]


def test_a_listen_range_of_another_stands_behind_its_peer_group() -> None:
    """FRR refuses it where the group is not there yet, and then every push that loads the file is rolled back."""
    theirs = (
        " neighbor DYN peer-group\n neighbor DYN remote-as external\n bgp listen range 10.32.0.0/24 peer-group DYN\n"
    )
    for before in (" !\n address-family", " neighbor FABRIC"):  # as bgpd prints it, and as somebody may write it
        whole = settled(rendered(), FRR.replace(before, theirs + before, 1))
        assert whole.frr is not None
        lines = whole.frr.splitlines()
        listen = lines.index(" bgp listen range 10.32.0.0/24 peer-group DYN")
        assert lines.index(" neighbor DYN peer-group") < lines.index(" neighbor DYN remote-as external") < listen
        assert settled(rendered(), whole.frr).frr == whole.frr


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*/*/frr.conf")), ids=lambda file: "/".join(file.parts[-3:-1]))
def test_in_what_is_intended_nothing_is_anothers(file: Path) -> None:
    """As it is to the byte, which is seen at a glance, and as `vtysh` writes it, with a line more."""
    text = file.read_text()
    for lines in (None, ()):
        assert foreign(text, text, (), lines) == foreign(f"Building configuration...\n!\n{text}", text, (), lines)


def test_a_line_inside_what_is_ours_is_ours() -> None:
    """Else a neighbour of ours that somebody shut would stay shut for ever."""
    shut = FRR.replace(" !\n address-family", " neighbor FABRIC shutdown\n !\n address-family")
    whole = settled(rendered(), shut)
    assert (whole.frr, whole.theirs) == (FRR, ())
    assert not whole.is_stored(shut)


def test_what_was_rendered_before_goes() -> None:
    old = FRR.replace("POOL", "OLD")
    assert settled(rendered(), THEIRS, before=Record.of({}, THEIRS)).frr == FRR
    assert settled(rendered(), old).frr != FRR
    assert settled(rendered(), old, before=Record.of({}, old)).frr == FRR


def test_another_bgp_instance_cannot_stay_beside_ours() -> None:
    whole = settled(rendered(), THEIRS.replace("router bgp 65001", "router bgp 65999"))
    assert whole.blocked == ("FRR: router bgp 65999",)
    old = THEIRS.replace("65001", "65999")
    moved = settled(rendered(), old, before=Record.of({}, FRR.replace("65001", "65999")))
    assert "FRR: neighbor 10.99.0.2 of router bgp 65999" in moved.blocked[0]
    assert not settled(rendered(), old, take_over=True).blocked


@pytest.mark.parametrize("mode", ["separated", "unified", ""])
def test_where_sonic_makes_the_config_of_frr_nothing_of_it_is_anybodys(mode: str) -> None:
    there = rendered()
    there["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"] = mode
    assert settled(there, THEIRS).frr == FRR
    assert not frr_conf_counts(there, rendered())


def test_sessions_that_end_with_the_routing_mode_are_not_cut_unasked() -> None:
    there = beside(factory("t1"), BGP_NEIGHBOR={"192.0.2.9": {"asn": "65000", "name": "router"}})
    assert settled(there, "").blocked == ("BGP_NEIGHBOR 192.0.2.9, of which the planned routing mode makes no session",)
    assert not settled(there, "", take_over=True).blocked


NAMES = st.sampled_from(["A", "B", "C"])
LINES = st.one_of(
    st.builds("ip prefix-list {} seq {} permit 10.0.0.0/{}".format, NAMES, st.integers(1, 9), st.integers(8, 24)),
    st.builds("ip route 10.{}.0.0/16 192.0.2.{}".format, st.integers(1, 9), st.integers(1, 9)),
)
BGP = st.lists(st.builds(" neighbor 192.0.2.{} remote-as {}".format, st.integers(1, 4), st.integers(1, 3)), unique=True)
AF = st.lists(st.builds("  network 10.{}.0.0/16".format, st.integers(1, 9)), unique=True)


def config(lines: list[str], bgp: list[str], networks: list[str]) -> str:
    inner = [" address-family ipv4 unicast", *networks, " exit-address-family"] if networks else []
    return "\n".join([*lines, "router bgp 65001", " bgp router-id 1.1.1.1", *bgp, *inner, "exit", "end", ""])


CONFIGS = st.builds(config, st.lists(LINES, unique=True), BGP, AF)


@given(CONFIGS, CONFIGS, CONFIGS)
def test_carrying_loses_nothing_and_is_done_once(stored: str, intended: str, before: str) -> None:
    ours = Record.of({}, before).frr
    other = foreign(stored, intended, ours)
    text = carried(intended, other)
    assert carried(intended, foreign(text, intended, ours)) == text
    have, want, kept = (conf.parse(one) for one in (stored, intended, text))
    for context, some in want.items():
        assert some <= kept[context]
    for context, some in kept.items():
        assert some - want.get(context, frozenset()) <= have.get(context, frozenset())
    assert all(part in other.parts for part in foreign(stored, intended, ours).parts)


# the record


def test_the_record_is_read_as_it_was_written_and_holds_no_secret() -> None:
    one = Record.of({"SNMP_COMMUNITY": {"hush": {"TYPE": "RO"}}, "PORT": {"Ethernet0": {}}}, FRR)
    assert record.read(one.dumps()) == one
    assert "hush" not in one.dumps()
    assert one.has_row("SNMP_COMMUNITY", "hush")
    assert record.read("") == Record()


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"format_version": 9}', json.dumps({"format_version": 1})])
def test_a_record_that_cannot_be_read_is_not_taken_for_none(text: str) -> None:
    with pytest.raises(SwitchError, match="no record of sonicfab"):
        record.read(text)
