"""Patches of CONFIG_DB: they lead to what is intended and back, and what GCU cannot be trusted with is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import REFERENCE
from known import build_names, get_build
from sonicfab.builds import Build
from sonicfab.configdb import FABRIC_TABLES, SERVICE_TABLES, diff
from sonicfab.push.patch import Operation, PatchPlan, between, dumps, plan_patch, pointer

Config = dict[str, dict[str, dict[str, Any]]]

BUILD = get_build("community-202411")
OWNED = FABRIC_TABLES | SERVICE_TABLES
RECORDED = REFERENCE / "recorded" / "202411"

tables = st.sampled_from(
    ["DEVICE_METADATA", "PORT", "INTERFACE", "LOOPBACK_INTERFACE", "NTP", "ACL_TABLE", "no/such~1"]
)
keys = st.sampled_from(["localhost", "global", "Ethernet0", "Ethernet0|10.0.0.0/31", "a~b", "Loopback0", "~1/~0"])
fields = st.sampled_from(["mtu", "dhcp_rate_limit", "vrf", "src_intf", "buffer_model", "a/b", "lanes", "admin_status"])
values = st.one_of(st.sampled_from(["", "up", "9100", "a/b~"]), st.lists(st.sampled_from(["1", "2"]), max_size=2))
rows = st.dictionaries(keys, st.dictionaries(fields, values, max_size=3), min_size=1, max_size=4)
configs = st.dictionaries(tables, rows, max_size=5)
some_tables = st.sets(tables)


def applied(operations: tuple[Operation, ...], config: Config) -> Config:
    """By the library that SONiC's config updater uses, from the text of the file."""
    done: Config = jsonpatch.apply_patch(copy.deepcopy(config), dumps(operations))
    return done


@given(configs, configs, some_tables)
def test_a_patch_leads_there_and_back(intended: Config, running: Config, owned: set[str]) -> None:
    plan = plan_patch(intended, running, owned, BUILD)
    after = applied((*plan.tests, *plan.operations), running)
    assert diff(intended, after, owned) == []
    assert list(plan.changes) == diff(intended, running, owned)
    touched = {change.table for change in plan.changes}
    assert {name: rows for name, rows in after.items() if name not in touched} == {
        name: rows for name, rows in running.items() if name not in touched
    }
    assert all(after.values()), "an empty table is refused by the config updater"
    assert applied(plan.undo, after) == running
    assert bool(plan.operations) == bool(plan.changes)
    changed_rows = {(change.table, change.key) for change in plan.changes}
    for name in touched:
        for key, row in running[name].items() if name in running else ():
            if (name, key) not in changed_rows:
                assert after[name][key] == row, "a row that does not differ was touched"


@given(configs, configs)
def test_no_patch_names_a_row_whose_table_is_not_there(before: Config, after: Config) -> None:
    """Recorded: adding a row to a missing table is refused, and the whole config printed."""
    there = set(before)
    for one in between(before, after):
        steps = one.path.count("/")
        table = one.path.split("/")[1].replace("~1", "/").replace("~0", "~")
        assert steps == 1 or table in there
        there = there - {table} if (steps, one.op) == (1, "remove") else there | {table}


@given(configs, configs, some_tables)
def test_a_change_in_between_fails_the_tests(intended: Config, running: Config, owned: set[str]) -> None:
    plan = plan_patch(intended, running, owned, BUILD)
    for test in plan.tests:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in test.path.split("/")[1:]]
        changed: Any = copy.deepcopy(running)
        node = changed
        for step in steps[:-1]:
            node = node[step]
        node[steps[-1]] = {"by": {"hand": "x"}}
        with pytest.raises(jsonpatch.JsonPatchException):
            applied(plan.tests, changed)


def test_pointers() -> None:
    assert pointer("INTERFACE", "Ethernet0|10.0.0.0/31") == "/INTERFACE/Ethernet0|10.0.0.0~131"
    assert pointer("T", "a~/b") == "/T/a~0~1b"


RUNNING: Config = {
    "DEVICE_METADATA": {"localhost": {"hostname": "leaf1", "docker_routing_config_mode": "split-unified"}},
    "PORT": {
        "Ethernet0": {"admin_status": "up", "alias": "e1", "lanes": "3", "mtu": "9100", "speed": "25000"},
        "Ethernet1": {"admin_status": "down", "alias": "e2", "lanes": "2", "mtu": "9100", "speed": "25000"},
    },
    "INTERFACE": {"Ethernet0": {"ipv6_use_link_local_only": "enable"}},
    "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.0.0.11/32": {}, "Loopback0|fd00::11/128": {}},
    "ACL_TABLE": {"SSH": {"type": "CTRLPLANE", "policy_desc": "x", "services": ["SSH"]}},
}


def planned(changes: Config, running: Config = RUNNING, build: Build = BUILD) -> PatchPlan:
    """The plan for a running config with some fields, rows or tables changed; None takes them away."""
    intended = copy.deepcopy(running)
    _merge(intended, changes)
    return plan_patch(intended, running, OWNED, build)


def _merge(target: Any, changes: Any) -> None:
    for name, value in changes.items():
        if value is None:
            del target[name]
        elif isinstance(value, dict) and value and isinstance(target.get(name), dict):
            _merge(target[name], value)
        else:
            target[name] = value


def paths(plan: PatchPlan) -> list[str]:
    return [f"{one.op} {one.path}" for one in plan.operations]


def test_a_description_interrupts_nothing() -> None:
    plan = planned({"PORT": {"Ethernet0": {"description": "server1"}}})
    assert [one.as_json() for one in plan.operations] == [
        {"op": "add", "path": "/PORT/Ethernet0/description", "value": "server1"}
    ]
    assert [one.as_json() for one in plan.undo] == [{"op": "remove", "path": "/PORT/Ethernet0/description"}]
    assert (plan.interrupts, plan.refused, plan.tests) == ((), (), ())
    assert 2 < plan.seconds < 12


def test_bare_rows_come_first_and_go_last() -> None:
    new: Any = {"INTERFACE": {"Ethernet1|10.1.0.0/31": {}, "Ethernet1": {}}}
    plan = planned(new)
    assert paths(plan) == ["add /INTERFACE/Ethernet1", "add /INTERFACE/Ethernet1|10.1.0.0~131"]
    assert [f"{one.op} {one.path}" for one in plan.undo] == [
        "remove /INTERFACE/Ethernet1|10.1.0.0~131",
        "remove /INTERFACE/Ethernet1",
    ]
    assert not plan.refused
    assert not plan.interrupts


def test_a_table_comes_and_goes_as_a_whole() -> None:
    new: Any = {"NTP_SERVER": {"192.0.2.1": {}}}
    plan = planned(new)
    assert paths(plan) == ["add /NTP_SERVER"]
    assert [f"{one.op} {one.path}" for one in plan.undo] == ["remove /NTP_SERVER"]
    assert [str(one) for one in plan.interrupts] == ["NTP: its daemon restarts"]


@pytest.mark.parametrize(
    ("port", "field", "value", "kinds"),
    [
        ("Ethernet0", "mtu", "9000", ["traffic"]),
        ("Ethernet0", "speed", "10000", ["link"]),
        ("Ethernet0", "fec", "rs", ["link"]),
        ("Ethernet0", "autoneg", "off", ["link"]),
        ("Ethernet0", "admin_status", "down", ["link"]),
        ("Ethernet0", "alias", "x", []),
        ("Ethernet1", "speed", "10000", []),
        ("Ethernet1", "admin_status", "up", []),
    ],
)
def test_what_a_change_of_a_port_interrupts(port: str, field: str, value: str, kinds: list[str]) -> None:
    plan = planned({"PORT": {port: {field: value}}})
    assert [one.kind for one in plan.interrupts] == kinds
    assert plan.links_down == ((port,) if "link" in kinds else ())
    assert not plan.refused


def test_an_address_that_goes_ends_sessions() -> None:
    gone: Any = {"LOOPBACK_INTERFACE": {"Loopback0|10.0.0.11/32": None, "Loopback0|10.0.0.12/32": {}}}
    plan = planned(gone)
    assert paths(plan) == [
        "remove /LOOPBACK_INTERFACE/Loopback0|10.0.0.11~132",
        "add /LOOPBACK_INTERFACE/Loopback0|10.0.0.12~132",
    ]
    assert [(one.kind, one.subject) for one in plan.interrupts] == [("session", "Loopback0")]
    assert not plan.refused


REFUSED: list[tuple[Any, str]] = [
    ({"PORT": {"Ethernet0": {"lanes": "4"}}}, "PORT|Ethernet0 lanes: "),
    ({"PORT": {"Ethernet1": None}}, "PORT|Ethernet1: a port that comes or goes"),
    ({"DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "unified"}}}, "docker_routing_config_mode: it "),
    ({"DEVICE_METADATA": {"localhost": {"mac": "00:11:22:33:44:55"}}}, "DEVICE_METADATA|localhost mac: it counts"),
    ({"LOOPBACK_INTERFACE": None}, "LOOPBACK_INTERFACE|Loopback0: its removal is illegal"),
    (
        {"LOOPBACK_INTERFACE": {"Loopback0|10.0.0.11/32": None, "Loopback0|fd00::11/128": None, "Loopback0": None}},
        "Loo",
    ),
    ({"LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.0.0.11/32": {}}}, "to take it back is illegal"),
    ({"SNMP_COMMUNITY": {"s3cr3t": {"TYPE": "RO"}}}, "SNMP_COMMUNITY: the config updater would write its secrets"),
    ({"SNMP": {"LOCATION": {"Location": "dc1"}}}, "SNMP: the SNMP agent reads it only when"),
    ({"MGMT_INTERFACE": {"eth0|192.0.2.2/24": {"gwaddr": "192.0.2.1"}}}, "MGMT_INTERFACE: the connection"),
    ({"PORT": {"Ethernet0": {"mtu": "99999"}}}, "what would run has an invalid row"),
    ({"PORT": {"Ethernet0": {"nosuch": "x"}}}, "what would run has an invalid row"),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSED, ids=lambda one: one if isinstance(one, str) else "")
def test_what_is_refused(changes: Config, reason: str) -> None:
    running = copy.deepcopy(RUNNING)
    if "take it back" in reason:
        running["LOOPBACK_INTERFACE"] = {"Loopback1": {}}
    plan = planned(changes, running)
    assert any(reason in one for one in plan.refused), plan.refused
    assert not any("s3cr3t" in one for one in plan.refused)


def test_one_invalid_row_that_runs_blocks_every_patch() -> None:
    """Recorded: even of a table of the operator; a table without a model does not."""
    change: Any = {"PORT": {"Ethernet0": {"description": "x"}}}
    wrong: Any = copy.deepcopy(RUNNING)
    wrong["ACL_TABLE"]["SSH"]["type"] = "NOSUCH|"
    wrong["ACL_TABLE"]["SSH"]["stage"] = "sideways"
    assert "what runs now has an invalid row" in planned(change, wrong).refused[0]
    assert "ACL_TABLE|SSH" in planned(change, wrong).refused[0]
    assert not planned(change, {**RUNNING, "NOSUCH_TABLE": {"x": {"y": "z"}}}).refused
    lanes: Any = copy.deepcopy(RUNNING)
    lanes["PORT"]["Ethernet1"]["lanes"] = "3"
    assert any("lane 3 belongs to Ethernet0, too" in one for one in planned(change, lanes).refused)
    assert plan_patch(lanes, lanes, OWNED, BUILD).refused == (), "no change, nothing to refuse"


def test_a_table_without_a_model_in_that_build() -> None:
    new: Any = {"DNS_NAMESERVER": {"192.0.2.2": {}}}
    for name in ("community-202305", "community-202411"):
        refused = planned(new, build=get_build(name)).refused
        assert refused == ()
    unknown: Any = {"NOSUCH_TABLE": {"x": {"y": "z"}}}
    plan = plan_patch({**RUNNING, **unknown}, RUNNING, {"NOSUCH_TABLE"}, BUILD)
    assert any("no YANG model" in one for one in plan.refused)


def test_builds_whose_models_are_not_known_get_no_patch() -> None:
    change: Any = {"PORT": {"Ethernet0": {"description": "x"}}}
    for name in build_names():
        build = get_build(name)
        assert bool(planned(change, build=build).refused) == (not build.schema), name


def test_no_row_of_bgp_by_patch_where_frrcfgd_writes_frr() -> None:
    """bgpcfgd takes the neighbour out; frrcfgd would do so in an FRR whose config is ours."""
    running: Any = copy.deepcopy(RUNNING)
    running["BGP_NEIGHBOR"] = {"10.0.0.1": {"asn": "65200"}, "10.0.0.3": {"asn": "65200"}}
    gone: Any = {"BGP_NEIGHBOR": {"10.0.0.1": None}}
    plan = planned(gone, running)
    assert [(one.kind, one.subject) for one in plan.interrupts] == [("session", "10.0.0.1")]
    assert not any("frrcfgd" in one for one in plan.refused)
    running["DEVICE_METADATA"]["localhost"]["frr_mgmt_framework_config"] = "true"
    assert any("frrcfgd runs" in one for one in planned(gone, running).refused)


def test_the_times_are_those_recorded() -> None:
    """56 descriptions took 42 s, 12 rows 30 s; a switch takes two to four times as long."""
    ports: Any = {f"Ethernet{n}": {"admin_status": "up", "lanes": str(n), "speed": "25000"} for n in range(1, 57)}
    named: Any = {"PORT": {name: {**row, "description": name} for name, row in ports.items()}}
    plan = plan_patch(named, {"PORT": ports}, {"PORT"}, BUILD)
    assert 2 * 42 <= plan.seconds <= 4 * 44
    servers: Any = {"NTP_SERVER": {f"192.0.2.{n}": {} for n in range(12)}}
    assert 2 * 30 <= plan_patch(servers, {}, {"NTP_SERVER"}, BUILD).seconds <= 4 * 32
    assert plan.limit > 2 * plan.seconds


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings here")
@pytest.mark.parametrize("switch", ["leaf", "spine"])
def test_what_a_switch_really_runs_is_no_reason_to_refuse(switch: str) -> None:
    """The rows of init_cfg.json, of the migrator and of daemons fit the build's schema."""
    recorded = json.loads((RECORDED / "config-read" / f"cfggen_print_data_{switch}.json").read_text())
    running = json.loads(recorded["stdout"])
    assert planned({"PORT": {"Ethernet0": {"description": "x"}}}, running).refused == ()
