"""`ports:` of the topology: entries merge field by field, and what they say is what the switches get."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from sonicfab.fabric import read_fabric
from sonicfab.model.fields import Endpoint
from sonicfab.model.topology import Topology
from sonicfab.plan.ports import PortSettings, settled_ports

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


def test_later_entries_win_field_by_field(sonicfab: Run, tmp_path: Path) -> None:
    ports = rendered(
        sonicfab,
        tmp_path,
        """\
  - {role: leaf, ports: Ethernet0-7, use: bgp, fec: rs, mtu: 9000, description: rack}
  - {ports: Ethernet4, autoneg: true, fec: none}
  - {switches: st01-sw25g-r01-u34, ports: [Ethernet4-5], mtu: 1500, admin: down}
  - {switches: st01-sw25g-r01-u34, ports: Ethernet6, use: unused}
  - {switches: st01-sw25g-r01-u34, ports: Ethernet7, fec: default, description: "", autoneg: false}
""",
    )
    leaf, other = ports[LEAF], ports[LEAF2]
    both = {"mtu": "9000", "fec": "rs", "description": "rack", "admin_status": "up"}
    assert leaf["Ethernet0"].items() >= both.items()
    four = {"mtu": "1500", "fec": "none", "description": "rack", "admin_status": "down", "autoneg": "on"}
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
