"""Networks: what the topology says of VLANs is what the switches get, on every build."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Run
from sonicfab.fabric import read_fabric
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, settle

INVENTORY = """\
defaults:
  image_build: {build}
  platform: as7326-56x
  role: leaf
  management: {{gateway: 192.0.2.1, vrf: true}}
devices:
  spine1: {{role: spine, platform: as7726-32x, mac: "02:00:5e:10:01:00", management: {{address: 192.0.2.11/24}}}}
  leaf1: {{mac: "02:00:5e:20:01:00", management: {{address: 192.0.2.21/24}}}}
  leaf2: {{mac: "02:00:5e:20:02:00", management: {{address: 192.0.2.22/24}}}}
  oob1: {{mac: "02:00:5e:20:03:00", management: {{address: 192.0.2.23/24}}}}
"""
TOPOLOGY = """\
name: small
asn: {spine: 65501, leaf: 65401-65409}
loopbacks: {ipv4: 10.0.0.0/24}
networks:
  oob: {vlan: 23, gateway: {ipv4: 10.10.23.1/24}, switches: leaf1, announce: true, description: out of band}
  ipmi: {vlan: 25, proxy_arp: false, addresses: {leaf2: {ipv4: 10.10.25.2/24}}, mtu: 1500}
  far: {vlan: 26, gateway: {ipv4: 10.10.26.1/24, ipv6: "fd00:26::1/64"}, dhcp_relay: [10.0.9.1, "fd00:9::1"]}
links:
  - spine1:Ethernet0 - leaf1:Ethernet48
  - spine1:Ethernet4 - leaf2:Ethernet48
  - {link: "oob1:Ethernet47 - leaf1:Ethernet0", use: trunk, networks: [oob, ipmi], native: oob}
  - {link: "oob1:Ethernet46 - leaf2:Ethernet0", use: trunk, networks: ipmi}
ports:
  - {switches: oob1, ports: Ethernet0-10, use: access, network: oob}
  - {switches: oob1, ports: Ethernet2, network: ipmi}
  - {switches: leaf2, ports: Ethernet1, use: access, network: far}
"""
BUILDS = ("community-202305", "community-202411", "community-202605", "edgecore-202211")
Tables = dict[str, dict[str, Any]]


def written(folder: Path, topology: str = TOPOLOGY, build: str = "community-202411") -> tuple[Path, Path]:
    """The two files."""
    inventory, path = folder / "inventory.yml", folder / "topology.yml"
    inventory.write_text(INVENTORY.format(build=build))
    path.write_text(topology)
    return inventory, path


def rendered(run: Run, folder: Path, topology: str = TOPOLOGY, build: str = "community-202411") -> dict[str, Tables]:
    """Switch -> its config_db."""
    inventory, path = written(folder, topology, build)
    done = run("render", "-i", inventory, "-t", path, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    return {one.parent.name: json.loads(one.read_text()) for one in (folder / "out").glob("*/*/config_db.json")}


def test_links_and_ports_are_members(sonicfab: Run, tmp_path: Path) -> None:
    configs = rendered(sonicfab, tmp_path)
    oob, leaf = configs["oob1"], configs["leaf1"]
    assert oob["VLAN"] == {
        "Vlan23": {"vlanid": "23", "description": "out of band"},
        "Vlan25": {"vlanid": "25", "mtu": "1500"},
    }
    members = {key: row["tagging_mode"] for key, row in oob["VLAN_MEMBER"].items()}
    assert members["Vlan23|Ethernet47"] == members["Vlan23|Ethernet1"] == members["Vlan25|Ethernet2"] == "untagged"
    assert members["Vlan25|Ethernet47"] == members["Vlan25|Ethernet46"] == "tagged"
    assert "Vlan23|Ethernet2" not in members
    assert not {"Vlan23|Ethernet46", "Vlan26|Ethernet47"} & members.keys()
    assert leaf["VLAN_MEMBER"] == {
        "Vlan23|Ethernet0": {"tagging_mode": "untagged"},
        "Vlan25|Ethernet0": {"tagging_mode": "tagged"},
    }
    assert "Ethernet0" not in leaf["INTERFACE"]
    assert oob["PORT"]["Ethernet1"]["admin_status"] == oob["PORT"]["Ethernet47"]["admin_status"] == "up"
    assert not any("VLAN" in table for table in configs["spine1"])


def test_interfaces_are_where_the_gateway_is(sonicfab: Run, tmp_path: Path) -> None:
    configs = rendered(sonicfab, tmp_path)
    none = {"proxy_arp": "disabled"}
    assert configs["leaf1"]["VLAN_INTERFACE"] == {"Vlan23": {}, "Vlan23|10.10.23.1/24": {}, "Vlan25": none}
    assert (
        configs["leaf2"]["VLAN_INTERFACE"].items() >= {"Vlan25": none, "Vlan25|10.10.25.2/24": {}, "Vlan26": {}}.items()
    )
    assert configs["oob1"]["VLAN_INTERFACE"] == {"Vlan25": none}


def test_what_is_announced_passes_the_policies_as_it_is(sonicfab: Run, tmp_path: Path) -> None:
    rendered(sonicfab, tmp_path)
    leaf, spine = ((tmp_path / "out" / "small" / name / "frr.conf").read_text() for name in ("leaf1", "spine1"))
    assert "  network 10.10.23.0/24\n" in leaf
    assert "network 10.10.23.0/24" not in spine
    for text in (leaf, spine):
        assert "ip prefix-list NETWORKS seq 5 permit 10.10.23.0/24\n" in text
        assert text.count(" match ip address prefix-list NETWORKS\n") == 2
        assert "10.10.25" not in text
        assert "10.10.26" not in text


def test_dhcp_is_relayed_by_a_list_and_a_feature(sonicfab: Run, tmp_path: Path) -> None:
    configs = rendered(sonicfab, tmp_path)
    assert configs["leaf2"]["VLAN"]["Vlan26"]["dhcp_servers"] == ["10.0.9.1"]
    assert configs["leaf2"]["DHCP_RELAY"] == {"Vlan26": {"dhcpv6_servers": ["fd00:9::1"]}}
    assert configs["leaf2"]["FEATURE"] == {"dhcp_relay": {"state": "enabled"}}
    assert "FEATURE" not in configs["leaf1"]


def test_there_is_no_session_over_a_link_that_carries_vlans(tmp_path: Path) -> None:
    plan = read_fabric(*written(tmp_path)).plan().plan
    assert [one.far.switch for one in plan.switches["leaf1"].fabric_sessions] == ["spine1"]
    assert list(plan.switches["oob1"].sessions) == []
    assert plan.switches["oob1"].ports[47].far == ("leaf1", "Ethernet0")


@pytest.mark.parametrize("build", BUILDS)
def test_it_is_valid_on_every_build(build: str, sonicfab: Run, tmp_path: Path) -> None:
    inventory, path = written(tmp_path, build=build)
    done = sonicfab("validate", "-i", inventory, "-t", path)
    assert done.returncode == 0, done.stdout
    assert not set(re.findall(r"SF-\d+", done.stdout)) - {"SF-502"}  # no schema of it is public


def test_an_anycast_gateway_is_where_the_build_has_it(sonicfab: Run, tmp_path: Path) -> None:
    text = TOPOLOGY.replace("switches: leaf1, announce", "switches: [leaf1, leaf2], anycast: true, announce")
    configs = rendered(sonicfab, tmp_path, text, "edgecore-202211")
    for name in ("leaf1", "leaf2"):
        assert configs[name]["SAG"] == {"GLOBAL": {"gateway_mac": "00:00:5e:00:01:01"}}
        assert configs[name]["VLAN_INTERFACE"]["Vlan23"] == {"static_anycast_gateway": "true"}


def settled(rows: Tables, stored: Tables, before: Tables | None = None) -> Settled:
    """What a switch comes to that stores these rows, when those are rendered."""
    there = OnSwitch(stored, stored, "", Record.of(before or {}, None))
    return settle(Rendered(rows, None, frozenset({"PORT", "INTERFACE", *rows})), there)


PORTS = {f"Ethernet{number}": {"lanes": str(number + 1), "admin_status": "up"} for number in range(4)}


def test_vlans_of_another_stay_and_ours_go() -> None:
    theirs = {"Vlan900": {"vlanid": "900"}}
    stored = {"PORT": PORTS, "VLAN": {"Vlan23": {"vlanid": "23"}, "Vlan24": {"vlanid": "24"}, **theirs}}
    ours: Tables = {"PORT": PORTS, "VLAN": {"Vlan23": {"vlanid": "23"}}}
    before: Tables = {"VLAN": {"Vlan23": {}, "Vlan24": {}}}
    assert settled(ours, stored, before).config_db["VLAN"].keys() == {"Vlan23", "Vlan900"}
    # the plan has no network any more: what was ours goes all the same
    assert settled({"PORT": PORTS}, stored, before).config_db["VLAN"] == theirs
    assert "VLAN" not in settled({"PORT": PORTS}, stored).config_db


def test_a_port_of_a_network_has_no_other_use() -> None:
    ours: Tables = {
        "PORT": PORTS,
        "VLAN": {"Vlan23": {"vlanid": "23"}},
        "VLAN_MEMBER": {
            "Vlan23|Ethernet0": {"tagging_mode": "untagged"},
            "Vlan23|Ethernet1": {"tagging_mode": "tagged"},
        },
    }
    stored = {
        **ours,
        "INTERFACE": {"Ethernet0": {}, "Ethernet0|192.0.2.1/31": {}, "Ethernet2": {"vrf_name": "Vrf1"}},
        "VLAN": {"Vlan900": {"vlanid": "900"}},
        "VLAN_MEMBER": {
            "Vlan900|Ethernet0": {"tagging_mode": "untagged"},
            "Vlan900|Ethernet1": {"tagging_mode": "untagged"},
            "Vlan900|Ethernet2": {"tagging_mode": "tagged"},
        },
    }
    assert settled(ours, stored).blocked == (
        "INTERFACE|Ethernet0, whose port is in a VLAN in the plan",
        "INTERFACE|Ethernet0|192.0.2.1/31, whose port is in a VLAN in the plan",
        "VLAN_MEMBER|Vlan900|Ethernet0, whose port is untagged in another VLAN in the plan",
    )


def test_a_switch_that_cannot_run_its_build_is_no_stranger(sonicfab: Run) -> None:
    """One mistake is told once: what a network says of the switch is right."""
    files = ["-i", ROOT / "inventories" / "hall-oob.yml", "-t", ROOT / "topologies" / "hall-oob.yml"]
    told = sonicfab("validate", *files, "--image-build", "community-202511")
    assert told.returncode == 2
    assert "the image carries no Accton platform modules" in told.stderr
    assert "no switch of this fabric" not in told.stderr
    assert "no port is in the network" not in told.stderr
