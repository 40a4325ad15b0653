"""`ports:` of the topology: entries merge field by field, and what they say is what the switches get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from known import get_platform, platform_names
from sonicfab.breakouts import Mode, parts_of
from sonicfab.endpoint import Endpoint
from sonicfab.fabric import read_fabric
from sonicfab.model.topology import Topology
from sonicfab.plan.frontpanel import Need, front_of, is_free, propose
from sonicfab.plan.ports import PortSettings, settled_ports
from test_ownership import beside
from test_ownership import rendered as rendered_by_hand
from test_ownership import settled as settled_rows

LEAF, LEAF2 = "st01-sw25g-r01-u34", "st01-sw25g-r01-u35"
SPINE = "st01-sw100g-r01-u36"
INVENTORY = ROOT / "inventories" / "scs-lab.yml"


def topology(folder: Path, ports: str) -> Path:
    """The small example without its hosts, with these ports."""
    text = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text().partition("\nhosts:")[0]
    hosts = "\nhosts:\n  prefixes: {ipv4: 10.10.22.0/24}\n"
    path = folder / "topology.yml"
    path.write_text(text + hosts + "\nports:\n" + ports)
    return path


def rendered(sonicfab: Run, folder: Path, ports: str, *options: str) -> dict[str, dict[str, dict[str, str]]]:
    """Switch -> its PORT."""
    path = topology(folder, ports)
    done = sonicfab("render", "-i", INVENTORY, "-t", path, "-o", folder / "out", *options)
    assert done.returncode == 0, done.stderr
    found = (folder / "out").glob("*/*/config_db.json")
    return {one.parent.name: json.loads(one.read_text())["PORT"] for one in found}


def frr(folder: Path, switch: str) -> str:
    return next((folder / "out").glob(f"*/{switch}/frr.conf")).read_text()


def test_a_description_may_have_any_character(sonicfab: Run, tmp_path: Path) -> None:
    text = "Köln 🧀 <b> #"
    ports = rendered(sonicfab, tmp_path, f"  - {{role: leaf, ports: Ethernet0, use: bgp, description: '{text}'}}\n")
    assert ports[LEAF]["Ethernet0"]["description"] == text


def test_later_entries_win_field_by_field(sonicfab: Run, tmp_path: Path) -> None:
    ports = rendered(
        sonicfab,
        tmp_path,
        """\
  - {role: leaf, ports: Ethernet0-7, use: bgp, fec: rs, mtu: 9000, description: rack}
  - {ports: Ethernet4, autoneg: true, fec: none, adv_speeds: [10G, 25G], adv_interface_types: CR}
  - {switches: st01-sw25g-r01-u34, ports: [Ethernet4-5], mtu: 1500, admin: down}
  - {switches: st01-sw25g-r01-u34, ports: Ethernet6, use: unused}
  - {switches: st01-sw25g-r01-u34, ports: Ethernet7, fec: default, description: "", autoneg: false}
""",
    )
    leaf, other = ports[LEAF], ports[LEAF2]
    both = {"mtu": "9000", "fec": "rs", "description": "rack", "admin_status": "up"}
    assert leaf["Ethernet0"].items() >= both.items()
    four = {"mtu": "1500", "fec": "none", "description": "rack", "admin_status": "down", "autoneg": "on"}
    four |= {"adv_speeds": "10000,25000", "adv_interface_types": "CR"}
    assert leaf["Ethernet4"].items() >= four.items()
    assert other["Ethernet4"].items() >= {**both, "fec": "none", "autoneg": "on"}.items()
    assert leaf["Ethernet6"].items() >= {"mtu": "9000", "admin_status": "down"}.items()
    assert "fec" not in leaf["Ethernet7"]
    assert leaf["Ethernet7"].items() >= {"autoneg": "off", "description": "host"}.items()
    assert ports[SPINE]["Ethernet4"]["autoneg"] == "on", "an entry without role and switches is for all that have it"
    text = frr(tmp_path, LEAF)
    assert "neighbor Ethernet5 interface" in text
    assert "neighbor Ethernet6 " not in text


def test_what_is_set_at_one_end_of_a_link_is_of_that_end(sonicfab: Run, tmp_path: Path) -> None:
    ports = rendered(
        sonicfab,
        tmp_path,
        """\
  - {switches: st01-sw100g-r01-u36, ports: Ethernet112, speed: 40G, description: far, autoneg: true}
""",
    )
    spine, leaf = ports[SPINE]["Ethernet112"], ports[LEAF2]["Ethernet72"]
    assert (spine["speed"], leaf["speed"]) == ("40000", "40000"), "both ends have one speed"
    assert spine["description"] == "far"
    assert leaf["description"] == f"{SPINE}:Ethernet112"
    assert "autoneg" not in leaf


def test_hosts_and_ports_say_the_same(sonicfab: Run, tmp_path: Path) -> None:
    """`hosts.ports`, and `ports` with `use: bgp`."""
    text = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text().partition("\nhosts:")[0]
    text += "\nhosts:\n  prefixes: {ipv4: 10.10.22.0/24}\n"
    entry = "{role: leaf, ports: Ethernet0-3, speed: 10G, description: rack%s}\n"
    made = {}
    for name, rest in (("hosts", f"  ports:\n  - {entry % ''}"), ("ports", f"ports:\n  - {entry % ', use: bgp'}")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "topology.yml").write_text(text + rest)
        done = sonicfab("render", "-i", INVENTORY, "-t", folder / "topology.yml", "-o", folder / "out")
        assert done.returncode == 0, done.stderr
        made[name] = {one.relative_to(folder): one.read_text() for one in (folder / "out").rglob("*") if one.is_file()}
    assert made["hosts"] == made["ports"]


def settled(*entries: dict[str, Any], bundles: dict[str, list[str]] | None = None) -> dict[Endpoint, PortSettings]:
    plan = read_fabric(INVENTORY, ROOT / "topologies" / "spine-leaf-1x2.yml").plan().plan
    made = Topology.model_validate({"name": "x", "loopbacks": {"ipv4": "10.0.0.0/24"}, "ports": entries})
    found, problems = settled_ports(made, plan.switches, bundles)
    assert not problems
    return found


def test_each_field_knows_where_it_stands() -> None:
    trunk = {"ports": ["Ethernet0", "PortChannel5"], "switches": [LEAF], "use": "trunk", "networks": ["oob", "ipmi"]}
    access = {"ports": "PortChannel5", "switches": LEAF, "use": "access", "network": "oob", "mtu": "1500"}
    found = settled(trunk, access, bundles={LEAF: ["PortChannel5"]})
    assert found[Endpoint(LEAF, "Ethernet0")].networks == ("oob", "ipmi")
    bundle = found[Endpoint(LEAF, "PortChannel5")]
    assert (bundle.use, bundle.network, bundle.networks, bundle.mtu) == ("access", "oob", None, 1500)
    assert bundle.paths == {"use": ("ports", 1, "use"), "network": ("ports", 1, "network"), "mtu": ("ports", 1, "mtu")}


@pytest.mark.parametrize("name", ["Ethernet0", "twentyfiveGigE1"])
def test_a_port_goes_by_its_name_or_its_alias(name: str) -> None:
    assert list(settled({"ports": name, "switches": LEAF, "mtu": "1500"})) == [Endpoint(LEAF, "Ethernet0")]


def test_explain_names_the_entry(sonicfab: Run, tmp_path: Path) -> None:
    path = topology(tmp_path, "  - {role: leaf, ports: Ethernet0-3, use: bgp}\n  - {ports: Ethernet0, autoneg: true}\n")
    done = sonicfab("explain", LEAF, "PORT|Ethernet0", "-i", INVENTORY, "-t", path)
    assert done.returncode == 0, done.stderr
    assert "ports.1.autoneg" in done.stdout
    assert "ports.0.ports" in done.stdout


def test_a_port_is_split_as_sonic_names_its_parts(sonicfab: Run, tmp_path: Path) -> None:
    ports = rendered(
        sonicfab,
        tmp_path,
        f"""\
  - {{switches: {LEAF}, ports: [Ethernet48, Ethernet56], breakout: 4x25G, fec: fc}}
  - {{switches: {LEAF}, ports: Ethernet49-50, use: bgp, fec: rs}}
  - {{switches: {LEAF}, ports: hundredGigE51, breakout: 2x50G}}
""",
    )[LEAF]
    parts = [ports[f"Ethernet{number}"] for number in range(48, 52)]
    assert [part["lanes"] for part in parts] == ["77", "78", "79", "80"]
    assert [part["alias"] for part in parts] == [f"hundredGigE49/{part}" for part in range(1, 5)]
    assert [part["subport"] for part in parts] == ["1", "2", "3", "4"]
    assert [part["fec"] for part in parts] == ["fc", "rs", "rs", "fc"]
    assert {part["index"] for part in parts} == {"49"}
    assert {part["speed"] for part in parts} == {"25000"}
    assert [part["admin_status"] for part in parts] == ["down", "up", "up", "down"]
    assert ports["Ethernet56"]["lanes"] == "93,94", "the later entry is the one that counts"
    assert (ports["Ethernet58"]["lanes"], ports["Ethernet58"]["speed"]) == ("95,96", "50000")
    assert "Ethernet57" not in ports
    assert "neighbor Ethernet49 interface" in frr(tmp_path, LEAF)


def test_an_image_with_platform_json_gets_the_mode_too(sonicfab: Run, tmp_path: Path) -> None:
    entry = f"  - {{switches: {LEAF}, ports: Ethernet48, breakout: 4x25G}}\n"
    rendered(sonicfab, tmp_path, entry, "--image-build", "edgecore-202211")
    made = json.loads(next((tmp_path / "out").glob(f"*/{LEAF}/config_db.json")).read_text())
    assert made["BREAKOUT_CFG"] == {"Ethernet48": {"brkout_mode": "4x25G"}}
    assert made["PORT"]["Ethernet49"]["alias"] == "Eth49/2(Port49)"
    assert "subport" not in made["PORT"]["Ethernet49"]
    other = json.loads(next((tmp_path / "out").glob(f"*/{LEAF2}/config_db.json")).read_text())
    assert "BREAKOUT_CFG" not in other


def test_the_split_ports_are_valid_and_explained(sonicfab: Run, tmp_path: Path) -> None:
    path = topology(tmp_path, f"  - {{switches: {LEAF}, ports: Ethernet48, breakout: 4x25G, use: bgp}}\n")
    files = ("-i", INVENTORY, "-t", path)
    done = sonicfab("validate", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SF-238" in done.stdout, "no platform.json"
    told = sonicfab("explain", LEAF, "PORT|Ethernet49", *files).stdout
    assert "ports.0.breakout" in told
    assert "BreakoutCfg" in told


@pytest.mark.parametrize("name", platform_names())
def test_the_facts_of_each_model_fit_each_other(name: str) -> None:
    """What a mode makes of a port are ports that the model could have: its lanes, once each, at speeds they can do."""
    platform = get_platform(name)
    for table, ports in platform.port_tables.items():
        assert sum(block.count for block in platform.front) == len(ports)
        lanes = [lane for port in ports.values() for lane in port.lanes]
        assert len(lanes) == len(set(lanes))
        facts = platform.breakouts[table]
        assert set(facts.refused) <= set(ports)
        for port in ports.values():
            assert port.speed <= len(port.lanes) * platform.lane_speed
            for mode in map(Mode.of, facts.modes.get(port.speed, ())):
                parts = list(parts_of(facts, port, mode))
                assert len(parts) == mode.parts
                used = [lane for part in parts for lane in part.lanes]
                assert used == list(port.lanes[: len(used)])
                assert all(part.speed <= len(part.lanes) * platform.lane_speed for part in parts)
                assert all(part.name == port.name or part.name not in ports for part in parts)
                assert len({part.alias for part in parts}) == mode.parts


def ports_command(sonicfab: Run, switch: str, need: str, *options: str, path: Path | None = None) -> Any:
    topology_file = path or ROOT / "topologies" / "spine-leaf-1x2.yml"
    return sonicfab("ports", switch, "-i", INVENTORY, "-t", topology_file, "--need", need, *options)


@pytest.mark.parametrize(
    ("switch", "need"),
    [(LEAF, "12x25G,4x10G"), (LEAF, "2x100G,30x10G,2x25G"), (SPINE, "6x25G,2x40G,3x100G"), (SPINE, "120x10G")],
)
def test_what_is_proposed_works_when_it_is_pasted(switch: str, need: str, sonicfab: Run, tmp_path: Path) -> None:
    value = json.loads(ports_command(sonicfab, switch, need, "--format", "json").stdout)
    assert value["format_version"] == 1
    for offer, asked in zip(value["proposed"], need.split(","), strict=True):
        assert f"{len(offer['ports'])}x{offer['speed'] // 1000}G" == asked
        assert offer["missing"] == 0
    path = tmp_path / "topology.yml"
    text = (ROOT / "topologies" / "spine-leaf-1x2.yml").read_text()
    path.write_text(text + "\nports:\n" + "\n".join(f"  {line}" for line in value["entries"]) + "\n")
    done = sonicfab("validate", "-i", INVENTORY, "-t", path)
    assert done.returncode == 0, done.stdout + done.stderr
    again = json.loads(ports_command(sonicfab, switch, "1x1G", "--format", "json", path=path).stdout)
    ports = {port["name"]: port for cage in again["front"] for port in cage["ports"]}
    for offer in value["proposed"]:
        assert {(ports[name]["speed"], ports[name]["use"]) for name in offer["ports"]} == {(offer["speed"], "host")}


def test_too_many_are_refused_with_how_many_are_missing(sonicfab: Run) -> None:
    done = ports_command(sonicfab, SPINE, "31x100G")
    assert done.returncode == 4
    assert "1 at 100G are missing" in done.stderr
    assert ports_command(sonicfab, SPINE, "some").returncode == 2
    assert "did you mean" in ports_command(sonicfab, SPINE[:-1] + "7", "1x100G").stderr


def test_the_front_is_drawn_as_it_stands_on_the_box(sonicfab: Run) -> None:
    done = ports_command(sonicfab, LEAF, "4x10G")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[2].split() == [str(number) for number in range(0, 48, 3)], "three rows of ports of 25G"
    assert lines[6].split()[:2] == ["2", "5"]
    assert lines[9].split() == ["48", "56", "64", "72"]
    assert "  - {switches: st01-sw25g-r01-u34, ports: [" in done.stdout


def test_a_core_has_one_speed_in_what_is_proposed() -> None:
    plan = read_fabric(INVENTORY, ROOT / "topologies" / "spine-leaf-1x2.yml").plan().plan
    for text in ("9x25G,9x10G,2x1G", "33x10G", "1x10G,1x25G,1x1G,1x40G"):
        offers = propose(plan.switches[LEAF], Need.several(text))
        given = {name: offer.need.speed for offer in offers for name in offer.ports}
        for cage in front_of(plan.switches[LEAF]):
            used = {port.speed for port in cage.ports if not is_free(port)}
            shared = {given[name] for name in cage.group if name in given}
            assert len(shared | (used if cage.group else set())) <= 1, (text, cage.port.name)


def test_a_port_that_another_uses_stays_as_it_is_split_or_whole() -> None:
    whole = rendered_by_hand()
    row = whole["PORT"]["Ethernet8"]
    parts = {
        f"Ethernet{8 + number}": {**row, "lanes": lane, "speed": "25000"}
        for number, lane in enumerate(row["lanes"].split(","))
    }
    split = beside(whole, PORT=parts)
    there = beside(split, VLAN_MEMBER={"Vlan100|Ethernet9": {"tagging_mode": "untagged"}})
    found = settled_rows(there, ours=whole)
    assert found.config_db["PORT"]["Ethernet8"]["lanes"] == "9"
    assert "PORT Ethernet9 (used by VLAN_MEMBER)" in found.theirs
    there = beside(whole, INTERFACE={"Ethernet8": {}, "Ethernet8|192.0.2.1/30": {}})
    found = settled_rows(there, ours=split)
    assert (found.config_db["PORT"]["Ethernet8"], found.blocked) == (row, ())
    used = beside(split, PORT={"Ethernet9": {**parts["Ethernet9"], "admin_status": "up"}})
    used = beside(used, INTERFACE={"Ethernet9": {"ipv6_use_link_local_only": "enable"}})
    (blocked,) = settled_rows(there, ours=used).blocked
    assert blocked == "Ethernet9, which is planned and shares its lanes with Ethernet8"
