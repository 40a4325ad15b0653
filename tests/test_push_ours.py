"""Push beside what an operator has built: every way leaves it there and working, and says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import Lab, booted, copied, needs_lab

pytestmark = needs_lab

FILES = ("inventories/scs-lab.yml", "topologies/spine-leaf-1x2.yml")
LEAF, ASN = "st01-sw25g-r01-u34", 65404
BUILT: dict[str, dict[str, dict[str, Any]]] = {
    "VLAN": {"Vlan100": {"vlanid": "100"}},
    "VLAN_MEMBER": {"Vlan100|Ethernet20": {"tagging_mode": "untagged"}},
    "PORTCHANNEL": {"PortChannel1": {"admin_status": "up", "mtu": "9100", "min_links": "1"}},
    "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet60": {}},
    "VLAN_SUB_INTERFACE": {"Ethernet56.10": {"admin_status": "up"}, "Ethernet56.10|192.0.2.9/31": {}},
    "ACL_TABLE": {"MINE": {"type": "L3", "ports": ["Ethernet24"], "policy_desc": "by hand", "stage": "ingress"}},
    "STATIC_ROUTE": {"198.18.0.0/15": {"nexthop": "10.10.23.1", "ifname": "eth0"}},
    "LOOPBACK_INTERFACE": {"Loopback7": {}, "Loopback7|192.0.2.7/32": {}},
    "PORT": {port: {"admin_status": "up"} for port in ("Ethernet20", "Ethernet24", "Ethernet56", "Ethernet60")},
}
PORTS = list(BUILT["PORT"])
ROUTE = "ip route 203.0.113.0/24 blackhole"


@pytest.fixture(scope="module")
def fabric(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A fabric that was pushed from factory default, and a leaf of it on which somebody has built and saved."""
    folder = tmp_path_factory.mktemp("ours")
    files = copied(folder, *FILES)
    with booted(sonicfab, "ours", "", "--swss-ready-after", "1", files=files) as lab:
        first = push(lab)
        assert {one["state"] for one in first["switches"]} == {"changed"}
        assert not any(one["not_ours"] for one in first["switches"]), "factory default is nobody's"
        assert push(lab, command="plan", code=0)["switches"][0]["state"] == "unchanged"
        build(lab)
        yield lab


def build(lab: Lab) -> None:
    """What an operator does by hand, and saves."""
    script = (
        f"cat > /tmp/built.json <<'END'\n{json.dumps(BUILT)}\nEND\nconfig load -y /tmp/built.json && config save -y"
    )
    assert lab.inside(LEAF, script).code == 0
    lines = ["configure terminal", ROUTE, f"router bgp {ASN}", "neighbor 10.99.0.2 remote-as 65000", "end", "write"]
    assert lab.inside(LEAF, "vtysh " + " ".join(f"-c '{line}'" for line in lines)).code == 0


def push(lab: Lab, *options: object, code: int = 0, command: str = "push") -> dict[str, Any]:
    yes = [] if command == "plan" else ["--yes"]
    done = lab.sonicfab(command, *yes, "--format", "json", *options, cwd=Path(lab.files[1]).parent)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def of(result: dict[str, Any], switch: str = LEAF) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in result["switches"] if one["switch"] == switch)
    return found


def edit(lab: Lab, way: str, number: int) -> None:
    """A change that goes by that way."""
    inventory, topology = (Path(name) for name in lab.files[1::2])
    if way == "patch":
        text = inventory.read_text()
        line = next(one for one in text.splitlines() if one.startswith("  ntp: "))
        inventory.write_text(text.replace(line, f"  ntp: [10.10.23.{number}]"))
    elif way in ("frr-delta", "restart-bgp"):
        text = topology.read_text()
        line = next(one for one in text.splitlines() if one.startswith("  max_prefixes: "))
        topology.write_text(text.replace(line, f"  max_prefixes: {number}"))
    else:
        text = topology.read_text()
        lines = [one for one in text.splitlines() if "description: way" not in one]
        at = next(place for place, one in enumerate(lines) if one.strip() == "- role: leaf")
        topology.write_text("\n".join([*lines[: at + 1], f"      description: way {number}", *lines[at + 1 :], ""]))


@contextmanager
def one_port_less(lab: Lab) -> Iterator[None]:
    """While the topology has one host port less, which was pushed: it is shut, its rows and its neighbour are gone."""
    topology = Path(lab.files[3])
    before = topology.read_text()
    assert "Ethernet38-47" in before
    topology.write_text(before.replace("Ethernet38-47", "Ethernet38-46"))
    try:
        assert of(push(lab, "--limit", LEAF))["state"] == "changed"
        config = lab.config_db(LEAF)
        assert not any(key.startswith("Ethernet47") for key in config["INTERFACE"])
        assert config["PORT"]["Ethernet47"]["admin_status"] == "down"
        assert "neighbor Ethernet47 " not in lab.inside(LEAF, "vtysh -c 'show running-config'").out
        yield
    finally:
        topology.write_text(before)
    assert of(push(lab, "--limit", LEAF))["state"] == "changed"


def still_there(lab: Lab) -> None:
    config = lab.config_db(LEAF)
    for table, rows in BUILT.items():
        for key, row in rows.items():
            assert config[table][key].items() >= row.items(), (table, key)
    stored = json.loads(lab.inside(LEAF, "cat /etc/sonic/config_db.json").out)
    assert stored["PORT"]["Ethernet20"]["admin_status"] == "up"
    links = {one["ifname"]: one["flags"] for one in json.loads(lab.inside(LEAF, "ip -j link").out)}
    assert all("UP" in links[port] for port in PORTS if port in links)
    running = lab.inside(LEAF, "vtysh -c 'show running-config'").out
    for line in ("neighbor 10.99.0.2 remote-as 65000", ROUTE, "ip route 198.18.0.0/15 10.10.23.1 eth0 tag 1"):
        assert running.count(line) == 1, line
    kept = lab.inside(LEAF, "cat /etc/sonic/frr/frr.conf").out
    assert "neighbor 10.99.0.2 remote-as 65000" in kept
    assert ROUTE in kept


def test_what_was_built_is_no_change(fabric: Lab) -> None:
    found = of(push(fabric, command="plan", code=0))
    assert (found["state"], found["changes"]) == ("unchanged", [])
    said = " ".join(found["not_ours"])
    for what in (*PORTS, "Loopback7", "neighbor 10.99.0.2", ROUTE):
        assert what in said, said
    done = fabric.verify()
    assert done.returncode == 0, done.stdout
    assert "not ours, left as it is: " in done.stdout


@pytest.mark.parametrize("way", ["patch", "frr-delta", "patch+frr-delta", "restart-bgp", "reload"])
def test_every_way_leaves_it_there(fabric: Lab, way: str) -> None:
    edit(fabric, way, 11 + len(way))
    done = of(push(fabric, "--limit", LEAF, "--way", way))
    assert (done["state"], done["way"]) == ("changed", way)
    assert not any(port in change for change in done["changes"] for port in PORTS)
    still_there(fabric)
    found = of(push(fabric, "--limit", LEAF, command="plan"))
    assert found["state"] == "unchanged"
    assert found["not_ours"]


def test_a_port_that_is_no_longer_planned_goes_and_what_was_built_stays(fabric: Lab) -> None:
    """The record on the switch says that it was ours: a host port is shut, and its rows and its neighbour go."""
    with one_port_less(fabric):
        still_there(fabric)


def test_a_rollback_leaves_it_there_too(fabric: Lab) -> None:
    edit(fabric, "frr-delta", 31)
    assert of(push(fabric, "--limit", LEAF))["state"] == "changed"
    assert of(push(fabric, "--yes", "--limit", LEAF, command="rollback"))["state"] == "changed"
    still_there(fabric)
    assert of(push(fabric, "--limit", LEAF))["state"] == "changed"


def test_what_cannot_stay_refuses_until_it_is_taken_over(fabric: Lab) -> None:
    load = 'echo \'{"VLAN_MEMBER":{"Vlan100|Ethernet76":{"tagging_mode":"tagged"}}}\' > /tmp/m.json; '
    assert fabric.inside(LEAF, f"{load} config load -y /tmp/m.json && config save -y").code == 0
    edit(fabric, "frr-delta", 41)
    refused = of(push(fabric, "--limit", LEAF, code=3))
    assert refused["state"] == "refused"
    assert "VLAN_MEMBER|Vlan100|Ethernet76" in refused["error"]
    assert f"--take-over {LEAF}" in refused["error"]
    still_there(fabric)
    wrong = fabric.sonicfab("plan", "--take-over", "st01-sw25g-r01-u3x", cwd=Path(fabric.files[1]).parent)
    assert wrong.returncode == 2
    assert f"did you mean '{LEAF[:-1]}" in wrong.stderr
    done = of(push(fabric, "--limit", LEAF, "--take-over", LEAF))
    assert (done["state"], done["not_ours"]) == ("changed", [])
    config = fabric.config_db(LEAF)
    assert "Vlan100|Ethernet76" not in config["VLAN_MEMBER"]
    assert "Vlan100|Ethernet20" in config["VLAN_MEMBER"], "no table of ours"
    assert "Loopback7" not in config["LOOPBACK_INTERFACE"]
    assert config["PORT"]["Ethernet60"]["admin_status"] == "down"
    assert "10.99.0.2" not in fabric.inside(LEAF, "vtysh -c 'show running-config'").out
