"""`ownership: planned` on a switch that somebody has built: a plan tells, and every way touches ours alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import LEAF2, Lab, booted, copied, needs_lab, rendered
from test_push_ours import FILES, LEAF, edit, of, one_port_less, push

pytestmark = needs_lab

BUILT: dict[str, dict[str, dict[str, Any]]] = {
    "PORT": {
        "Ethernet20": {"admin_status": "up", "description": "by hand", "fec": "fc", "mtu": "1500"},
        "Ethernet48": {"admin_status": "up", "speed": "40000", "description": "a router"},
        "Ethernet76": {"tpid": "0x8100"},  # of the link: a field that the plan has no word for
    },
    "DEVICE_METADATA": {"localhost": {"cloudtype": "Public"}},
    "VLAN": {"Vlan100": {"vlanid": "100"}},
    "VLAN_MEMBER": {"Vlan100|Ethernet20": {"tagging_mode": "untagged"}},
    "MGMT_INTERFACE": {"eth0|2001:db8::2/64": {"gwaddr": "2001:db8::1"}},
    "LOOPBACK_INTERFACE": {"Loopback7": {}, "Loopback7|192.0.2.7/32": {}},
}
SETTINGS = ("bgp graceful-restart", "timers bgp 10 30", "maximum-paths ibgp 4")
OTHERS = ("neighbor 10.99.0.2 remote-as 65000", "ip route 203.0.113.0/24 blackhole", "route-map MINE permit 10")


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A fabric that runs, whose switches have no record of anybody, and of which one is somebody's."""
    folder = tmp_path_factory.mktemp("planned")
    files = copied(folder, *FILES)
    topology = Path(files[3])
    topology.write_text(f"ownership: planned\n{topology.read_text()}")
    configs = rendered(sonicfab, folder / "before", files=files)
    build(configs[LEAF])
    (configs[LEAF].parent / "plan.json").unlink()
    options = ("--from", configs[LEAF].parent.parent, "--swss-ready-after", "1")
    with booted(sonicfab, "planned", "", *options, files=files) as lab:
        yield lab


def build(folder: Path) -> None:
    """What an operator has built before."""
    config = json.loads((folder / "config_db.json").read_text())
    for table, rows in BUILT.items():
        for key, row in rows.items():
            config.setdefault(table, {})[key] = {**config.get(table, {}).get(key, {}), **row}
    (folder / "config_db.json").write_text(json.dumps(config))
    text = (folder / "frr.conf").read_text()
    text = text.replace(
        " neighbor HOST peer-group\n", f" {SETTINGS[0]}\n {SETTINGS[1]}\n neighbor HOST peer-group\n", 1
    )
    text = text.replace(" !\n", f" {OTHERS[0]}\n !\n", 1).replace(
        "  maximum-paths 64\n", f"  maximum-paths 64\n  {SETTINGS[2]}\n", 1
    )
    text = text.replace("end\n", f"{OTHERS[1]}\n!\n{OTHERS[2]}\nexit\n!\nend\n")
    (folder / "frr.conf").write_text(text)


def still_there(lab: Lab) -> None:
    stored = json.loads(lab.inside(LEAF, "cat /etc/sonic/config_db.json").out)
    running = lab.inside(LEAF, "vtysh -c 'show running-config'").out
    for config in (lab.config_db(LEAF), stored):
        for table, rows in BUILT.items():
            for key, row in rows.items():
                assert config[table][key].items() >= row.items(), (table, key)
    kept = lab.inside(LEAF, "cat /etc/sonic/frr/frr.conf").out
    for line in (*SETTINGS, *OTHERS):
        assert running.count(line) == 1, line
        assert kept.count(line) == 1, line


def test_a_foreign_switch_is_told_what_is_not_ours_and_nothing_would_change(fabric: Lab) -> None:
    for one in push(fabric, command="plan")["switches"]:
        assert (one["state"], one["way"]) == ("unchanged", "store"), one
        assert one["changes"] == ["there is no record yet of what is ours"]
    found = of(push(fabric, command="plan"))
    said = "\n".join(found["not_ours"])
    for what in (
        "Ethernet20",
        "Ethernet48",
        "not in the plan",
        "cloudtype",
        SETTINGS[2],
        "PORT Ethernet76: tpid",
        "2001:db8::2",
    ):
        assert what in said, said
    shown = fabric.sonicfab("plan", cwd=Path(fabric.files[1]).parent)
    listed = shown.stdout.split("not ours, left as it is:")[1].split("(-v")[0]
    assert all(len(line) <= 120 for line in listed.splitlines()), shown.stdout


def test_the_first_push_changes_the_record_alone(fabric: Lab) -> None:
    done = push(fabric)
    assert {one["state"] for one in done["switches"]} == {"unchanged"}
    assert '"fields"' in fabric.inside(LEAF, "cat /etc/sonic/sonicfab/owned.json").out
    still_there(fabric)
    assert {one["state"] for one in push(fabric, command="plan")["switches"]} == {"unchanged"}
    verified = fabric.verify()
    assert verified.returncode == 0, verified.stdout


@pytest.mark.parametrize("way", ["patch", "frr-delta", "patch+frr-delta", "restart-bgp", "reload"])
def test_every_way_leaves_it_there(fabric: Lab, way: str) -> None:
    edit(fabric, way, 11 + len(way))
    done = of(push(fabric, "--limit", LEAF, "--way", way))
    assert (done["state"], done["way"]) == ("changed", way)
    assert not any(port in change for change in done["changes"] for port in ("Ethernet20", "Ethernet48"))
    still_there(fabric)
    assert of(push(fabric, "--limit", LEAF, command="plan"))["state"] == "unchanged"


def test_what_leaves_the_plan_goes_and_is_nobodys_then(fabric: Lab) -> None:
    with one_port_less(fabric):
        assert "description" not in fabric.config_db(LEAF)["PORT"]["Ethernet47"]
        still_there(fabric)
        assert fabric.inside(LEAF, "config interface startup Ethernet47 && config save -y").code == 0
        found = of(push(fabric, "--limit", LEAF, command="plan"))
        assert found["state"] == "unchanged", found


def test_extra_comes_and_goes_with_the_topology(fabric: Lab) -> None:
    topology = Path(fabric.files[3])
    before = topology.read_text()
    row = next(line for line in before.splitlines() if line.strip().startswith(f"{LEAF}: {{asn"))
    extra = (
        "extra: {config_db: {PORT: {Ethernet21: {description: kept}}}, frr: {'': [ip route 198.51.100.0/24 blackhole]}}"
    )
    topology.write_text(before.replace(row, row.replace("{asn", f"{{{extra}, asn")))
    try:
        assert of(push(fabric, "--limit", LEAF))["state"] == "changed"
        assert fabric.config_db(LEAF)["PORT"]["Ethernet21"]["description"] == "kept"
        assert "ip route 198.51.100.0/24 blackhole" in fabric.inside(LEAF, "vtysh -c 'show running-config'").out
    finally:
        topology.write_text(before)
    done = of(push(fabric, "--limit", LEAF))
    assert done["changes"][:2] == ["- PORT|Ethernet21 description: kept", "frr: - ip route 198.51.100.0/24 blackhole"]
    still_there(fabric)


def test_a_rollback_leaves_what_another_has_done_since(fabric: Lab) -> None:
    before = set(fabric.config_db(LEAF)["NTP_SERVER"])
    edit(fabric, "patch", 77)
    edit(fabric, "frr-delta", 7)
    assert of(push(fabric, "--limit", LEAF))["state"] == "changed"
    by_hand = "-c 'configure terminal' -c 'router bgp 65404' -c 'timers bgp 20 60' -c end -c write"
    since = "sonic-db-cli CONFIG_DB hset 'PORT|Ethernet20' description since && config save -y && vtysh"
    assert fabric.inside(LEAF, f"{since} {by_hand}").code == 0
    done = of(push(fabric, "--limit", LEAF, command="rollback"))
    assert done["state"] == "changed", done
    config = fabric.config_db(LEAF)
    assert set(config["NTP_SERVER"]) == before
    assert config["PORT"]["Ethernet20"]["description"] == "since"
    running = fabric.inside(LEAF, "vtysh -c 'show running-config'").out
    assert "timers bgp 20 60" in running
    assert "maximum-prefix 7" not in running


IN_THE_WAY: dict[str, dict[str, dict[str, Any]]] = {
    "DEVICE_METADATA": {"localhost": {"docker_routing_config_mode": "unified"}},
    "BGP_NEIGHBOR": {"default|10.99.0.9": {"asn": "65000", "name": "router"}},
    "VLAN": {"Vlan10": {"vlanid": "10"}},
    "VLAN_MEMBER": {"Vlan10|Ethernet0": {"tagging_mode": "untagged"}, "Vlan10|Ethernet20": {"tagging_mode": "tagged"}},
}


def test_what_is_in_the_way_is_told_beside_all_that_would_change_and_goes_when_asked(fabric: Lab) -> None:
    there = json.dumps(IN_THE_WAY)
    load = f"cat > /tmp/x.json <<'END'\n{there}\nEND\nconfig load -y /tmp/x.json"
    # a port that is routed goes into a VLAN: SONiC wants it not routed before
    done = fabric.inside(LEAF2, f"sonic-db-cli CONFIG_DB del 'INTERFACE|Ethernet0' && {load} && config save -y")
    assert done.code == 0, done.err
    found = of(push(fabric, "--limit", LEAF2, command="plan", code=3), LEAF2)
    assert found["state"] == "refused"
    assert found["in_the_way"] == [
        "BGP_NEIGHBOR default|10.99.0.9, of which the planned routing mode makes no session",
        "VLAN_MEMBER|Vlan10|Ethernet0, whose port is routed in the plan",
    ]
    assert any("docker_routing_config_mode: unified" in change for change in found["changes"])
    assert "PORT Ethernet20 (used by VLAN_MEMBER)" in found["not_ours"]
    shown = fabric.sonicfab("plan", "--limit", LEAF2, cwd=Path(fabric.files[1]).parent)
    assert "not ours, and in the way of the plan:" in shown.stdout
    assert "other tables: VLAN (1), VLAN_MEMBER (2)" in shown.stdout
    taken = of(push(fabric, "--limit", LEAF2, "--take-over", LEAF2), LEAF2)
    assert taken["state"] == "changed", taken
    assert "Vlan10|Ethernet20" in fabric.config_db(LEAF2)["VLAN_MEMBER"], "what is not in the way stays"
    assert of(push(fabric, "--limit", LEAF2, command="plan"), LEAF2)["state"] == "unchanged"
