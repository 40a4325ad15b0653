"""`config apply-patch` on a lab switch: live changes without a flap, and the words of SONiC 202411's own program."""

from __future__ import annotations

import copy
import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conftest import REFERENCE, Run
from known import get_build
from labs import LEAF1, LEAF2, Done, Lab, booted, needs_lab, rendered
from patience import Patience
from sonicfab.configdb import FABRIC_TABLES, diff
from sonicfab.lab.access import open_lab_switch
from sonicfab.push.patch import dumps, plan_patch
from sonicfab.switch import guard
from sonicfab.switch.operations import Switch
from sonicfab.switch.patching import read_apply_patch
from sonicfab.switch.state.config import RUNNING_CONFIG_DB

pytestmark = needs_lab
RECORDED = REFERENCE / "recorded" / "202411"
OWNED = FABRIC_TABLES | {"NTP_SERVER"}
BUILD = get_build("community-202411")

Config = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def configs(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return rendered(sonicfab, tmp_path_factory.mktemp("rendered"))


@pytest.fixture(scope="module")
def lab(sonicfab: Run, configs: dict[str, Path]) -> Iterator[Lab]:
    with booted(sonicfab, "patched", "scs-lab", "--from", str(configs[LEAF1].parent)) as one:
        done = one.verify()
        assert done.returncode == 0, done.stdout
        yield one


def sessions(lab: Lab, switch: str) -> dict[str, int]:
    """Peer and family -> how often its session has come up."""
    summary = json.loads(lab.inside(switch, "vtysh -c 'show bgp summary json'").out)
    return {
        f"{name} {family}": peer["connectionsEstablished"]
        for family, facts in summary.items()
        for name, peer in facts["peers"].items()
    }


def links(lab: Lab, switch: str) -> dict[str, Any]:
    return {link["ifname"]: link for link in json.loads(lab.inside(switch, "ip -j addr").out)}


def test_a_running_switch_is_patched_and_patched_back(lab: Lab, configs: dict[str, Path]) -> None:
    intended: Config = json.loads((configs[LEAF1] / "config_db.json").read_text())
    with closing(Switch(LEAF1, open_lab_switch(lab.state, LEAF1))) as switch:
        before = switch.get(RUNNING_CONFIG_DB)
        assert diff(intended, before, OWNED) == []
        flaps = sessions(lab, LEAF1)
        assert flaps
        uplink = next(iter(flaps)).partition(" ")[0]
        free = next(port for port in intended["PORT"] if port not in intended["INTERFACE"])
        intended["PORT"][uplink].update(description="to the spine, soon another", mtu="9000")
        intended["PORT"][free].update(admin_status="up", description="server9")
        intended["INTERFACE"].update({free: {}, f"{free}|10.99.0.0/31": {}})
        intended.setdefault("NTP_SERVER", {})["192.0.2.99"] = {}

        plan = plan_patch(intended, before, OWNED, BUILD)
        assert plan.refused == ()
        assert {one.kind for one in plan.interrupts} == {"traffic", "service"}
        guard.arm(switch, "gcu", "a test", 120, 0, 5)
        patches = {"patch.json": dumps((*plan.tests, *plan.operations)), "undo.json": dumps(plan.undo)}
        guard.stage(switch, "gcu", patches)
        assert switch.check_patch(plan.limit).outcome == "possible"
        assert switch.get(RUNNING_CONFIG_DB) == before, "a dry run writes nothing"
        assert read_apply_patch(guard.apply_patch(switch, "gcu", plan.limit), dry_run=False).outcome == "applied"
        after = switch.get(RUNNING_CONFIG_DB)
        assert diff(intended, after, OWNED) == []
        assert (links(lab, LEAF1)[uplink]["mtu"], links(lab, LEAF1)[free]["mtu"]) == (9000, 9100)
        assert "10.99.0.0" in {one["local"] for one in links(lab, LEAF1)[free]["addr_info"]}
        assert sessions(lab, LEAF1) == flaps

        again = read_apply_patch(guard.apply_patch(switch, "gcu", plan.limit), dry_run=False)
        assert again.outcome == "refused", "the tests hold what it was compared with"
        guard.restore(switch, "gcu")
        patience = Patience(30)
        while guard.status(switch, "gcu").state != "restored":
            assert not patience.ended
            time.sleep(0.5)
        assert switch.get(RUNNING_CONFIG_DB) == before
        assert links(lab, LEAF1)[uplink]["mtu"] == 9100
        assert "10.99.0.0" not in lab.inside(LEAF1, f"ip addr show {free}").out
    assert sessions(lab, LEAF1) == flaps
    stored = json.loads(lab.inside(LEAF1, "cat /etc/sonic/config_db.json").out)
    assert "server9" not in json.dumps(stored), "a patch does not save"


def patch(lab: Lab, operations: list[dict[str, Any]] | str, *options: str, switch: str = LEAF2) -> Done:
    text = operations if isinstance(operations, str) else json.dumps(operations)
    return lab.inside(switch, f"cat > /tmp/patch.json; config apply-patch {' '.join(options)} /tmp/patch.json", text)


def test_what_gcu_refuses_and_what_it_leaves_behind(lab: Lab) -> None:
    before = lab.config_db(LEAF2)
    mtu = {"op": "replace", "path": "/PORT/Ethernet0/mtu", "value": "99999"}
    name = {"op": "add", "path": "/PORT/Ethernet0/description", "value": "x"}
    for operations, said in (
        ([mtu], 'Invalid value "99999" in "mtu" element.'),
        ([{"op": "remove", "path": "/LOOPBACK_INTERFACE/Loopback0"}], "points to a non-existing leaf"),
        ([{"op": "add", "path": "/NOSUCH_TABLE", "value": {"x": {}}}], "tables without YANG models"),
        ([{"op": "add", "path": "/VLAN/Vlan2", "value": {}}], "member 'VLAN' not found in {"),
        ([{"op": "add", "path": "/VLAN", "value": {}}], "Table: VLAN"),
        ([{"op": "replace", "path": "/PORT/Ethernet0/lanes", "value": "2"}], "'2' lane is used multiple times"),
        ([{"op": "test", "path": "/PORT/Ethernet0/mtu", "value": "1"}, name], "is not equal to tested value 1"),
    ):
        done = patch(lab, operations)
        assert (done.code, said in done.err) == (2, True), done
        assert lab.config_db(LEAF2) == before
    lab.inside(LEAF2, "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet1' mtu 99999")
    assert patch(lab, [name]).code == 2, "one invalid row blocks every patch"
    assert patch(lab, [{**mtu, "path": "/PORT/Ethernet1/mtu", "value": "9100"}]).code == 2, "even its repair"
    lab.inside(LEAF2, "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet1' mtu 9100")
    number = patch(lab, [{"op": "replace", "path": "/PORT/Ethernet0/mtu", "value": 9000}])
    assert (number.code, "still some parts not updated" in number.err) == (2, True)
    assert lab.config_db(LEAF2)["PORT"]["Ethernet0"]["mtu"] == "9000", "it was written all the same"


def test_checkpoints(lab: Lab) -> None:
    before = lab.config_db(LEAF2)
    assert lab.inside(LEAF2, "config list-checkpoints").out == "[]\n"
    assert lab.inside(LEAF2, "config checkpoint cp1").code == 0
    assert patch(lab, [{"op": "add", "path": "/VLAN", "value": {"Vlan100": {"vlanid": "100"}}}]).code == 0
    assert lab.inside(LEAF2, "config rollback -d cp1").code == 0
    assert "VLAN" in lab.config_db(LEAF2)
    done = lab.inside(LEAF2, "config rollback cp1")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Config rolled back successfully.")
    assert lab.config_db(LEAF2) == before
    assert lab.inside(LEAF2, "config delete-checkpoint cp1").code == 0
    missing = lab.inside(LEAF2, "config rollback cp1")
    assert (missing.code, missing.err.splitlines()[-1]) == (2, "Error: Checkpoint 'cp1' does not exist")


LOAD = (
    "cat > /tmp/base.json; redis-cli -s /run/redis/redis.sock -n 4 flushdb > /dev/null; "
    "sonic-cfggen -j /tmp/base.json --write-to-db"
)
VLAN200 = {"VLAN": {"Vlan200": {"vlanid": "200"}}}
REPLAYED: list[tuple[str, Any]] = [  # the recording, and what its switch had that is not in the recorded CONFIG_DB
    ("patch_ok_add_field", {}),
    ("patch_ok_remove_field", {"PORT": {"Ethernet72": {"description": "spine1"}}}),
    ("patch_ok_replace_field", {}),
    ("patch_ok_replace_same_value", {"PORT": {"Ethernet72": {"mtu": "9000"}}}),
    ("patch_verbose", {}),
    ("patch_dry_run_ok", {}),
    ("patch_dry_run_bad", {}),
    ("patch_test_op_ok", {}),
    ("patch_test_op_fails", {}),
    ("patch_move_op", {}),
    ("patch_empty_list", {}),
    ("patch_hostname", {}),
    ("patch_slash_in_key", {"INTERFACE": {"Ethernet0": None}}),
    ("patch_ok_new_table", {}),
    ("patch_add_table_over_existing", {"VLAN": {"Vlan100": {"vlanid": "100"}}}),
    ("patch_12_vlans", VLAN200),
    (
        "patch_remove_last_row_empty_table",
        {**VLAN200, "VLAN_MEMBER": {"Vlan200|Ethernet0": {"tagging_mode": "tagged"}}},
    ),
    ("patch_remove_table", {**VLAN200, "VLAN_MEMBER": {"Vlan200|Ethernet0": {"tagging_mode": "tagged"}}}),
    ("patch_table_without_yang", {}),
    ("patch_unrelated_while_table_without_yang_present", {"NOSUCH_TABLE": {"x": {"y": "z"}}}),
    ("patch_int_value", {"PORT": {"Ethernet72": {"mtu": "9000"}}}),
    ("patch_broken_json", {}),
    ("patch_not_a_list", {}),
    ("patch_remove_missing_row", VLAN200),
    ("patch_port_lanes", {}),
    ("patch_port_lanes_duplicate", {}),
    ("patch_port_speed", {}),
    ("patch_loopback0_change_ip", {}),
    ("patch_remove_loopback0", {}),
    ("patch_remove_loopback0_with_ips", {}),
    ("patch_remove_loopback_table", {}),
    ("patch_remove_referenced_row", {}),
    ("patch_yang_failure_range", {}),
    ("patch_unrelated_while_existing_row_invalid", {"PORT": {"Ethernet1": {"mtu": "99999"}}}),
    ("patch_fixing_the_invalid_row", {"PORT": {"Ethernet1": {"mtu": "99999"}}}),
]


@pytest.fixture(scope="module")
def recorded_leaf(lab: Lab) -> str:
    """A switch whose CONFIG_DB is that of the recordings, and the file that makes it so."""
    base = json.loads((RECORDED / "config-read" / "cfggen_print_data_leaf.json").read_text())["stdout"]
    config = json.loads(base)
    config["INTERFACE"].setdefault("Ethernet72", {"ipv6_use_link_local_only": "enable"})
    return json.dumps(config)


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings here")
@pytest.mark.parametrize(("case", "rows"), REPLAYED, ids=[case for case, _ in REPLAYED])
def test_it_says_what_sonic_says(lab: Lab, recorded_leaf: str, case: str, rows: Any) -> None:
    record = json.loads((RECORDED / "config-write" / f"{case}.json").read_text())
    config: Config = json.loads(recorded_leaf)
    for table, added in copy.deepcopy(rows).items():
        for key, row in added.items():
            config.setdefault(table, {}).setdefault(key, {}).update(row or {})
            if row is None:
                del config[table][key]
    text = record["inputs"]["/tmp/patch.json"]
    command = f"{LOAD} && printf %s {shlex.quote(text)} > /tmp/patch.json && {record['command']}"
    done = lab.inside(LEAF2, command, json.dumps(config))
    assert done.code == record["exit_code"], done
    assert done.out.strip() == record["stdout"].strip()
    assert done.err.strip() == record["stderr"].strip()


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recordings here")
def test_checkpoints_and_replace_say_what_sonic_says(lab: Lab, recorded_leaf: str) -> None:
    assert lab.inside(LEAF2, LOAD, recorded_leaf).code == 0
    bare: Config = json.loads(recorded_leaf)
    targets: dict[str, Any] = {
        "replace_table_without_yang": {**bare, "NOSUCH_TABLE": {"x": {"y": "z"}}},
        "replace_empty_table": {**bare, "ACL_TABLE": {}},
        "replace_with_bgpraw": {**bare, "bgpraw": "x"},
        "replace_no_change": bare,
    }
    changed: list[dict[str, Any]] = [
        {"op": "replace", "path": "/PORT/Ethernet72/mtu", "value": "9000"},
        {"op": "add", "path": "/VLAN", "value": {"Vlan100": {"vlanid": "100"}}},
    ]
    for case in (
        *("checkpoint_list_empty", "checkpoint_create", "checkpoint_create_duplicate", "checkpoint_list_one"),
        *("rollback_no_change", "change", "rollback_ok", "checkpoint_bad_name"),
        *("checkpoint_delete", "checkpoint_delete_missing", "rollback_missing"),
        *("replace_missing_file", *targets),
    ):
        if case == "change":
            assert patch(lab, changed).code == 0
            continue
        record = json.loads((RECORDED / "config-write" / f"{case}.json").read_text())
        done = lab.inside(LEAF2, f"cat > /tmp/target.json; {record['command']}", json.dumps(targets.get(case, {})))
        assert done.code == record["exit_code"], done
        assert _without_length(done.out) == _without_length(record["stdout"]), case
        assert done.err.strip() == record["stderr"].strip(), case


def _without_length(text: str) -> str:
    return re.sub(r"(Target config length:) \d+", r"\1", text.strip())
