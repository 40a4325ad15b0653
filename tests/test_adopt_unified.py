"""Switches whose BGP frrcfgd makes of CONFIG_DB: adopted row by row, rendered again as they were."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sonicfab
from conftest import example_files
from sonicfab.adopt.source import Source, read_folders
from sonicfab.adopt.whole import Adopted, Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb
from sonicfab.frr.frrcfgd import TABLES
from sonicfab.ownership.left import Left, Place
from sonicfab.yamltext import compose, value
from test_adopt import GOLDEN, rendered, unlike

SPINE, LEAF1, LEAF2 = "st01-sw100g-r01-u36", "st01-sw25g-r01-u34", "st01-sw25g-r01-u35"
ALLOW = {"route_map_in": ["ALLOW"], "route_map_out": ["ALLOW"]}
BY_HAND: dict[str, Any] = {
    "BGP_GLOBALS": {"default": {"log_nbr_state_changes": "true", "always_compare_med": "true"}},
    "BGP_PEER_GROUP": {"default|up": {"peer_type": "external", "keepalive": "5", "holdtime": "15"}},
    "BGP_NEIGHBOR_AF": {
        "default|up|ipv4_unicast": {"admin_status": "true", "send_community": "both", **ALLOW},
        "default|192.0.2.77|ipv4_unicast": {"admin_status": "true"},
    },
    "BGP_NEIGHBOR": {"default|192.0.2.77": {"asn": "64999", "ebgp_multihop_ttl": "4", "auth_password": "hush"}},
    "ROUTE_MAP": {"ALLOW|1": {"route_operation": "permit"}},
    "ROUTE_REDISTRIBUTE": {"default|connected|bgp|ipv4": {}},
    "COMMUNITY_SET": {
        "BLUE": {"set_type": "STANDARD", "match_action": "ANY", "community_member": ["65000:1", "65000:2"]}
    },
    "TAG_SET": {"T": {"tag_value": ["7"]}},
}
PREPEND = {"set_asn": "1", "set_repeat_asn": "2"}
"""frrcfgd's template compares the second with a number."""
PORTS = {SPINE: ("Ethernet112", "Ethernet116"), LEAF1: ("Ethernet76",), LEAF2: ("Ethernet72",)}


@pytest.mark.parametrize(
    ("example", "build"),
    [("scs-lab", "community-202411"), ("dc-2x4", "community-202605")],
)
def test_what_sonicfab_made_comes_back_as_it_was(example: str, build: str, tmp_path: Path) -> None:
    """Said in the files alone: nothing is left, nothing is extra, and the fabric says once where BGP is from."""
    inventory, topology = map(Path, example_files(example)[1::2])
    text = topology.read_text()
    head = "bgp:\n" if "\nbgp:\n" in text else "name: "
    line = "  source: config_db\n" if head == "bgp:\n" else ""
    text = text.replace(f"\n{head}", f"\n{head}{line}", 1) + ("" if line else "\nbgp: {source: config_db}\n")
    (tmp_path / topology.name).write_text(text)
    numbers = topology.with_name(f"{topology.stem}.numbers.yml")
    if numbers.exists():
        (tmp_path / numbers.name).write_text(numbers.read_text())
    before = rendered(inventory, tmp_path / topology.name, tmp_path / "first", build)
    result = sonicfab.adopt_files([before], tmp_path / "site")
    assert result.exit_code == 0
    assert not any(result.adopted.leave.values())
    assert "extra:" not in result.adopted.files["topology.yml"]
    assert "  source: config_db\n" in result.adopted.files["topology.yml"]
    site = tmp_path / "site"
    after = rendered(site / "inventory.yml", site / "topology.yml", tmp_path / "second")
    for path in (one for one in before.iterdir() if one.is_dir()):
        for folder in (path, after / path.name):
            assert not (folder / "frr.conf").exists()
            (folder / "frr.conf").write_text("")
        assert not unlike(path, after / path.name), path.name


def sources(tables: dict[str, Any], **fields: str) -> list[Source]:
    """The golden fabric with rows by hand in place of its frr.conf."""
    found = []
    for source in read_folders([GOLDEN / "spine-leaf-1x2"]):
        asn = {SPINE: "65501", LEAF1: "65404", LEAF2: "65405"}[source.name]
        config: dict[str, Any] = {table: dict(rows) for table, rows in source.config_db.items()}
        config |= {table: {key: dict(row) for key, row in rows.items()} for table, rows in tables.items()}
        config["BGP_GLOBALS"] = {"default": {"local_asn": asn, **tables["BGP_GLOBALS"]["default"]}}
        config["BGP_NEIGHBOR"] |= {f"default|{port}": {"peer_group_name": "up"} for port in PORTS[source.name]}
        metadata = {"docker_routing_config_mode": "unified", "frr_mgmt_framework_config": "true", **fields}
        config["DEVICE_METADATA"] = {"localhost": {**config["DEVICE_METADATA"]["localhost"], **metadata}}
        found.append(replace(source, config_db=config, frr="! a copy that nothing reads\n"))
    return found


def adopted(given: list[Source], build: str = "community-202411") -> Adopted:
    return adopt(given, Catalog.load(), Given(builds={"": build}))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Source], Adopted, Path]:
    """The rows by hand: the switches, what was made of them, and the folder with that and what it renders."""
    folder = tmp_path_factory.mktemp("by-hand")
    given = sources(BY_HAND)
    result = adopted(given)
    for name, text in result.files.items():
        (folder / name).write_text(text)
    rendered(folder / "inventory.yml", folder / "topology.yml", folder)
    return given, result, folder


def test_rows_by_hand_come_back_row_by_row(site: tuple[list[Source], Adopted, Path]) -> None:
    given, result, folder = site
    assert result.unchanged, result.changes
    assert not result.whole
    for source in given:
        made = json.loads((folder / result.name / source.name / "config_db.json").read_text())
        for table in (*TABLES, "TAG_SET"):
            had = {key: {**row} for key, row in source.config_db.get(table, {}).items()}
            had.get("default|192.0.2.77", {}).pop("auth_password", None)
            assert made.get(table, {}) == had, f"{source.name} {table}"
        assert made["DEVICE_METADATA"]["localhost"]["docker_routing_config_mode"] == "unified"
        assert not (folder / result.name / source.name / "frr.conf").exists()


def test_their_sessions_are_planned(site: tuple[list[Source], Adopted, Path]) -> None:
    """Links, the name of the group and its timers are said in words; what is by hand counts as extra, row by row."""
    topology: Any = value(compose(site[1].files["topology.yml"]))
    assert len(topology["links"]) == 2
    assert topology["bgp"]["source"] == "config_db"
    assert topology["bgp"]["peer_groups"] == {"leaf": "up", "spine": "up"}
    assert (topology["bgp"]["keepalive"], topology["bgp"]["hold"]) == ("5", "15")
    group = topology["switches"][SPINE]["extra"]["config_db"]
    assert "BGP_PEER_GROUP" not in group, "the plan says all of it"
    counts = site[1].tallies[SPINE].config_db
    assert (counts["BGP_PEER_GROUP"].reproduced, counts["ROUTE_MAP"].extra) == (1, 1)
    assert not site[1].tallies[SPINE].frr


def test_no_password_of_a_session_is_copied(site: tuple[list[Source], Adopted, Path]) -> None:
    assert not any("hush" in text for text in site[1].files.values())


@pytest.mark.parametrize(
    ("build", "tables", "said"),
    [
        ("community-202505", {}, "of community-202505 it is known"),
        ("edgecore-202211", {}, "of edgecore-202211 it is known"),
        ("community-202411", {"BGP_GLOBALS_EVPN_VNI": {"default|l2vpn_evpn|100": {}}}, "BGP_GLOBALS_EVPN_VNI is not"),
        ("community-202411", {"ROUTE_MAP": {"A|1": {**PREPEND, "route_operation": "permit"}}}, "fails on its rows"),
    ],
)
def test_what_nobody_can_say_stays_whole(build: str, tables: dict[str, Any], said: str) -> None:
    """Its sessions are known all the same, so that verify asks for them."""
    result = adopted(sources({**BY_HAND, **tables}), build)
    assert result.unchanged
    assert set(result.whole) == {SPINE, LEAF1, LEAF2}
    assert all(said in why for why in result.whole.values()), result.whole
    topology: Any = value(compose(result.files["topology.yml"]))
    assert len(topology["links"]) == 2


def test_internal_sessions_with_a_policy_of_their_own() -> None:
    """The plan's policy of internal sessions is more than frrcfgd can say; where that is left, the rest is planned."""
    given = []
    for source in sources(BY_HAND):
        config: dict[str, Any] = dict(source.config_db)
        config["BGP_GLOBALS"] = {"default": {**config["BGP_GLOBALS"]["default"], "local_asn": "65501"}}
        config["BGP_PEER_GROUP"] = {"default|up": {"peer_type": "internal"}}
        given.append(replace(source, config_db=config))
    result = adopted(given)
    assert result.unchanged
    assert not result.whole
    topology: Any = value(compose(result.files["topology.yml"]))
    assert topology["links"][0]["bgp"] == "ibgp"


def test_one_of_them_has_its_frr_conf() -> None:
    """Then each says by itself where its BGP is from, and what of the plan's rows it leaves."""
    (plain,) = [one for one in read_folders([GOLDEN / "spine-leaf-1x2"]) if one.name == LEAF2]
    result = adopted([plain, *(one for one in sources(BY_HAND) if one.name != LEAF2)])
    assert result.unchanged
    topology: Any = value(compose(result.files["topology.yml"]))
    assert "source" not in topology["bgp"]
    assert {name: one.get("bgp") for name, one in topology["switches"].items()}[SPINE] == "config_db"
    assert "bgp" not in topology["switches"].get(LEAF2, {})
    assert all(word.startswith("frr ") for word in topology.get("leave", [])), "one that comes to it has the plan's"
    assert "ROUTE_MAP" in topology["switches"][LEAF1]["leave"]


# what is left and said otherwise


def test_extra_counts_where_the_plan_is_left() -> None:
    places = frozenset({Place("ROUTE_MAP"), Place("BGP_NEIGHBOR", "", "name")})
    instead = frozenset({Place("ROUTE_MAP", "A|1"), Place("ROUTE_MAP", "A|1", "route_operation")})
    left = Left(places, instead=instead)
    assert not left.has_row("ROUTE_MAP", "A|1")
    assert left.has_row("ROUTE_MAP", "B|1")
    planned: ConfigDb = {"ROUTE_MAP": {"B|1": {}}, "BGP_NEIGHBOR": {"x": {"name": "a", "asn": "1"}}, "PORT": {"p": {}}}
    assert left.without(planned, TABLES) == {"BGP_NEIGHBOR": {"x": {"asn": "1"}}, "PORT": {"p": {}}}
    rows = left.rows(
        {"ROUTE_MAP": {"A|1": {"route_operation": "deny"}}},
        {"ROUTE_MAP": {"A|1": {"route_operation": "permit", "set_med": "5"}, "B|1": {"set_med": "1"}}},
    )
    assert rows == {"ROUTE_MAP": {"A|1": {"route_operation": "deny", "set_med": "5"}, "B|1": {"set_med": "1"}}}


def test_what_was_ours_and_is_left_now_is_not_lost() -> None:
    """A row that is not rendered any more because it is left stays on the switch, and so does a field."""
    left = Left(frozenset({Place("PREFIX_SET"), Place("BGP_GLOBALS", "default", "router_id")}))
    running = {"PREFIX_SET": {"A": {"mode": "IPv4"}}, "BGP_GLOBALS": {"default": {"router_id": "1.1.1.1"}}, "VRF": {}}
    rows = left.rows({"BGP_GLOBALS": {"default": {"local_asn": "1"}}}, running, ["PREFIX_SET", "VRF"])
    assert rows == {
        "PREFIX_SET": {"A": {"mode": "IPv4"}},
        "BGP_GLOBALS": {"default": {"local_asn": "1", "router_id": "1.1.1.1"}},
    }
