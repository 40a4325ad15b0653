"""Switches that run already, as the two files: what is written means what was read."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import sonicfab
from conftest import EXAMPLES, ROOT, Run, example_files
from sonicfab.adopt.page import flow, ranges, scalar
from sonicfab.adopt.roles import find_role
from sonicfab.adopt.source import read_folders
from sonicfab.adopt.whole import Adopted, Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.roles import Role
from sonicfab.yamltext import compose, value

GOLDEN = ROOT / "tests" / "golden"
ROUND_TRIPS = [
    *((example, "") for example in EXAMPLES),
    ("scs-lab", "edgecore-202111"),
    ("scs-lab", "edgecore-202211"),
    ("dc-2x4", "community-202305"),
    ("dc-2x4", "community-202605"),
]


@pytest.fixture
def run(sonicfab: Run) -> Run:
    """The program; the name of its fixture is that of the package."""
    return sonicfab


def adopted(*folders: Path, **given: Any) -> Adopted:
    return adopt(read_folders(list(folders)), Catalog.load(), Given(**given))


def rendered(inventory: Path, topology: Path, output: Path, build: str = "") -> Path:
    """Render a fabric; where the switches' configs are."""
    site = sonicfab.Site.open(inventory, topology, image_build=build)
    site.render(output)
    return output / site.name


def sections(frr: str) -> dict[str, set[str]]:
    """The lines of a frr.conf below the line that they are indented under; nothing of sonicfab's own reading."""
    found: dict[str, set[str]] = {}
    above: list[str] = []
    for raw in frr.splitlines():
        line = raw.strip()
        if not line or line.startswith(("!", "exit", "end")):
            continue
        depth = len(raw) - len(raw.lstrip())
        above[depth:] = [line]
        found.setdefault(" / ".join(above[:depth]), set()).add(line)
    return found


def unlike(one: Path, other: Path) -> list[str]:
    """Rows, fields and lines in which the configs of two switches differ, told without sonicfab's own comparison."""
    said = []
    tables: list[Mapping[str, Any]] = [json.loads((path / "config_db.json").read_text()) for path in (one, other)]
    for table in sorted({*tables[0], *tables[1]}):
        rows = [some.get(table, {}) for some in tables]
        for key in sorted({*rows[0], *rows[1]}):
            a, b = (some.get(key) for some in rows)
            if a != b:
                said.append(f"{table}|{key}: {a} {b}")
    texts = [sections((path / "frr.conf").read_text()) for path in (one, other)]
    for section in sorted({*texts[0], *texts[1]}):
        lines = [some.get(section, set()) for some in texts]
        said += [f"{section}: {line}" for line in sorted(lines[0] ^ lines[1])]
    return said


@pytest.mark.parametrize(("example", "build"), ROUND_TRIPS)
def test_what_sonicfab_made_comes_back_as_it_was(example: str, build: str, tmp_path: Path) -> None:
    """Rendered, adopted, rendered again: the same configs for every switch, and nothing of them left or beside."""
    inventory, topology = map(Path, example_files(example)[1::2])
    before = rendered(inventory, topology, tmp_path / "first", build)
    result = sonicfab.adopt_files([before], tmp_path / "site")
    assert result.exit_code == 0
    assert not any(result.adopted.leave.values())
    site = tmp_path / "site"
    after = rendered(site / "inventory.yml", site / "topology.yml", tmp_path / "second")
    names = {path.name for path in before.iterdir() if path.is_dir()}
    assert names == {path.name for path in after.iterdir() if path.is_dir()}
    for name in names:
        assert not unlike(before / name, after / name), name


def test_what_is_common_is_said_once() -> None:
    files = adopted(GOLDEN / "dc-2x4").files
    inventory: Any = value(compose(files["inventory.yml"]))
    topology: Any = value(compose(files["topology.yml"]))
    assert inventory["defaults"]["image_build"] == "community-202411"
    assert inventory["groups"] == {
        "leaves": {"role": "leaf", "platform": "as7326-56x"},
        "spines": {"role": "spine", "platform": "as7726-32x"},
    }
    assert set(inventory["devices"]["dc1-leaf1"]) == {"groups", "mac", "management"}
    assert topology["asn"] == {"leaf": "4200000101-4200000199", "spine": "4200000001"}
    assert [link["uplinks"] for link in topology["links"]] == [["Ethernet72", "Ethernet76"]]
    assert len(topology["ports"]) <= 3
    assert "switches" not in topology, "every number is out of a pool"


def edited(tmp_path: Path, switch: str, **tables: Any) -> Path:
    """The configs of dc-2x4, one switch's tables replaced: None takes one away."""
    folder = tmp_path / "configs"
    if not folder.exists():
        shutil.copytree(GOLDEN / "dc-2x4", folder)
    file = folder / switch / "config_db.json"
    config = json.loads(file.read_text())
    for table, rows in tables.items():
        if rows is None:
            config.pop(table)
        else:
            config[table] = {**config.get(table, {}), **rows}
    file.write_text(json.dumps(config))
    return folder


def test_what_is_set_by_hand_on_ports_is_said(tmp_path: Path) -> None:
    leaf = json.loads((GOLDEN / "dc-2x4" / "dc1-leaf1" / "config_db.json").read_text())["PORT"]
    rows = {
        "Ethernet72": {**{k: v for k, v in leaf["Ethernet72"].items() if k != "fec"}, "description": "to the spine"},
        "Ethernet0": {**leaf["Ethernet0"], "mtu": "1500"},
        "Ethernet76": {**leaf["Ethernet76"], "adv_speeds": "40000,100000", "adv_interface_types": "all"},
    }
    found = adopted(edited(tmp_path, "dc1-leaf1", PORT=rows))
    topology: Any = value(compose(found.files["topology.yml"]))
    assert {"switches": ["dc1-leaf1"], "ports": "Ethernet72", "fec": "default", "description": "to the spine"} in (
        topology["ports"]
    )
    assert any(entry.get("mtu") == "1500" for entry in topology["ports"])
    offered = {"adv_speeds": ["40G", "100G"], "adv_interface_types": "all"}
    assert {"switches": ["dc1-leaf1"], "ports": "Ethernet76", **offered} in topology["ports"]
    assert found.unchanged
    assert found.unchanged
    assert not any(found.leave.values())


@pytest.mark.parametrize("build", ["community-202411", "edgecore-202211"])
def test_split_ports_come_back_as_they_were(build: str, tmp_path: Path) -> None:
    inventory, topology = (Path(path) for path in example_files("dc-2x4")[1::2])
    for path in (topology, topology.with_suffix(".numbers.yml")):
        shutil.copy(path, tmp_path)
    more = "  - {switches: dc1-leaf1, ports: Ethernet48, breakout: 4x25G}\n"
    more += "  - {switches: dc1-leaf1, ports: Ethernet49, use: bgp}\n"
    with (tmp_path / topology.name).open("a") as file:
        file.write(f"\nports:\n{more}")
    before = rendered(inventory, tmp_path / topology.name, tmp_path / "first", build)
    assert sonicfab.adopt_files([before], tmp_path / "site").exit_code == 0
    site = tmp_path / "site"
    assert "breakout: 4x25G" in (site / "topology.yml").read_text()
    after = rendered(site / "inventory.yml", site / "topology.yml", tmp_path / "second")
    assert not unlike(before / "dc1-leaf1", after / "dc1-leaf1")


def test_what_the_plan_means_otherwise_is_left(tmp_path: Path) -> None:
    metadata = json.loads((GOLDEN / "dc-2x4" / "dc1-leaf2" / "config_db.json").read_text())["DEVICE_METADATA"]
    metadata["localhost"] |= {"hostname": "sonic", "type": "ToRRouter"}
    folder = edited(tmp_path, "dc1-leaf2", DEVICE_METADATA=metadata)
    (folder / "dc1-leaf3" / "frr.conf").write_text(
        (folder / "dc1-leaf3" / "frr.conf").read_text().replace("timers 3 9", "timers 1 3")
    )
    found = adopted(folder)
    assert found.unchanged
    assert set(found.leave["dc1-leaf2"]) == {"DEVICE_METADATA|localhost hostname", "DEVICE_METADATA|localhost type"}
    groups = ("HOST", "SPINE-V4", "SPINE-V6")
    assert set(found.leave["dc1-leaf3"]) == {f"frr router bgp * / neighbor {one} timers 3 9" for one in groups}
    extra: Any = value(compose(found.files["topology.yml"]))
    extra = extra["switches"]["dc1-leaf3"]["extra"]["frr"]
    lines = [one for some in extra.values() for one in some]
    assert sorted(lines) == [f"neighbor {one} timers 1 3" for one in groups]
    odd = [str(one) for one in found.odd]
    assert "dc1-leaf2: its hostname is still sonic" in odd
    assert any("its type is ToRRouter" in one for one in odd)


@pytest.mark.parametrize(
    ("instead", "hold"),
    [("", "180"), (" timers bgp 5 15", "15")],
)
def test_timers_that_nobody_wrote_are_what_frr_does(instead: str, hold: str, tmp_path: Path) -> None:
    """Else verify would miss the 3 and 9 s of sonicfab's own default in sessions that are as they were."""
    folder = edited(tmp_path, "dc1-leaf1")
    for one in folder.glob("*/frr.conf"):
        text = re.sub(r"^ neighbor \S+ timers 3 9$", "", one.read_text(), flags=re.MULTILINE)
        one.write_text(text.replace(" bgp router-id", f"{instead}\n bgp router-id", 1))
    found = adopted(folder)
    topology: Any = value(compose(found.files["topology.yml"]))
    assert found.unchanged
    assert topology["bgp"]["hold"] == hold


def test_what_looks_wrong_is_told_once(tmp_path: Path) -> None:
    folder = edited(tmp_path, "dc1-leaf1", LOOPBACK_INTERFACE=None)
    config = json.loads((folder / "dc1-leaf4" / "config_db.json").read_text())
    config["PORTCHANNEL"] = {"PortChannel1": {"admin_status": "up"}}
    config["VLAN_INTERFACE"] = {"Vlan44": {}, "Vlan44|10.20.30.40/24": {}}
    config["MGMT_PORT"]["eth0"]["eth0|192.0.2.24/24"] = "{'gwaddr': '192.0.2.1'}"
    (folder / "dc1-leaf4" / "config_db.json").write_text(json.dumps(config))
    told = [str(one) for one in adopted(folder).odd]
    assert "dc1-leaf1: 10.120.255.1 is announced but on none of its interfaces" in told
    assert "dc1-leaf4: a port channel without members: PortChannel1" in told
    assert "dc1-leaf4: an interface (VLAN_INTERFACE) of a VLAN that there is none of: Vlan44" in told
    assert any("MGMT_PORT has a field" in one for one in told)


def test_how_a_switch_is_managed(tmp_path: Path) -> None:
    folder = edited(tmp_path, "dc1-leaf1", MGMT_INTERFACE={"eth0|2001:db8::21/64": {"gwaddr": "2001:db8::1"}})
    config = json.loads((folder / "dc1-leaf2" / "config_db.json").read_text())
    del config["MGMT_INTERFACE"]
    config["MGMT_PORT"]["eth0"]["eth0|192.0.2.22/24"] = "{'gwaddr': '192.0.2.1'}"
    (folder / "dc1-leaf2" / "config_db.json").write_text(json.dumps(config))
    found = adopted(folder)
    devices: Any = value(compose(found.files["inventory.yml"]))
    own = devices["devices"]["dc1-leaf1"]["management"]
    assert (own["address"], own["ipv6"], own["gateway_ipv6"]) == ("192.0.2.21/24", "2001:db8::21/64", "2001:db8::1")
    assert devices["devices"]["dc1-leaf2"]["management"] == {"address": "192.0.2.22/24", "dhcp": "true"}
    assert found.unchanged


def test_two_that_claim_one_far_end(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    shutil.copytree(GOLDEN / "dc-2x4", folder)
    for name in ("config_db.json", "frr.conf"):
        file = folder / "dc1-leaf2" / name
        file.write_text(file.read_text().replace("dc1-spine1:Ethernet4", "dc1-spine1:Ethernet0"))
    told = [str(one) for one in adopted(folder).odd]
    assert (
        "dc1-spine1:Ethernet0: dc1-leaf1:Ethernet72 and dc1-leaf2:Ethernet72 both say that it is their far end" in told
    )


def test_a_switch_that_nobody_knows_is_a_gap(tmp_path: Path) -> None:
    metadata = {"localhost": {"hostname": "dc1-leaf1", "platform": "x86_64-none-r0", "hwsku": "None-1"}}
    found = adopted(edited(tmp_path, "dc1-leaf1", DEVICE_METADATA=metadata))
    assert found.planned == {"dc1-leaf2", "dc1-leaf3", "dc1-leaf4", "dc1-spine1", "dc1-spine2"}
    assert not found.unchanged
    assert any(one.about == "device dc1-leaf1" for one in found.gaps)
    assert "\n  # dc1-leaf1: {" in found.files["inventory.yml"]


def test_dhcp_that_no_config_tells_the_address_of_is_a_gap(tmp_path: Path) -> None:
    folder = edited(tmp_path, "dc1-leaf1", MGMT_INTERFACE=None)
    found = adopted(folder)
    assert ["management: {address: ADDRESS/24, dhcp: true}" in one.lines[0] for one in found.gaps] == [True]
    assert not found.refused, "one cause is told once"
    assert found.planned == {"dc1-leaf2", "dc1-leaf3", "dc1-leaf4", "dc1-spine1", "dc1-spine2"}
    assert "# dc1-leaf1: to be completed in the inventory first\n  # - dc1-" in found.files["topology.yml"]


def test_a_network_is_routed_where_it_has_an_address(tmp_path: Path) -> None:
    member = {"Vlan30|Ethernet47": {"tagging_mode": "untagged"}}
    folder = edited(tmp_path, "dc1-leaf2", VLAN={"Vlan30": {"vlanid": "30"}}, VLAN_MEMBER=member)
    edited(
        tmp_path,
        "dc1-leaf1",
        VLAN={"Vlan30": {"vlanid": "30", "dhcp_servers": ["10.0.9.1"]}},
        VLAN_MEMBER=member,
        VLAN_INTERFACE={"Vlan30": {"proxy_arp": "enabled"}, "Vlan30|10.40.30.1/24": {}, "Vlan30|fd00:40:30::1/64": {}},
        DHCP_RELAY={"Vlan30": {"dhcpv6_servers": ["fd00:9::1"]}},
        FEATURE={"dhcp_relay": {"state": "enabled"}},
    )
    found = adopted(folder)
    assert found.unchanged
    assert found.leave == {}
    assert 'dhcp_relay: [10.0.9.1, "fd00:9::1"], proxy_arp: true, switches: dc1-leaf1' in found.files["topology.yml"]


def test_routes_of_both_families_are_read(tmp_path: Path) -> None:
    rows = {
        "eth0|192.0.2.21/24": {"gwaddr": "192.0.2.1", "forced_mgmt_routes": ["198.51.100.0/24"]},
        "eth0|2001:db8::21/64": {"gwaddr": "2001:db8::1", "forced_mgmt_routes": ["2001:db8:9::/48"]},
    }
    found = adopted(edited(tmp_path, "dc1-leaf1", MGMT_INTERFACE=rows))
    assert 'routes: [198.51.100.0/24, "2001:db8:9::/48"]' in found.files["inventory.yml"]


def test_what_is_to_be_completed_stands_in_the_report(run: Run, tmp_path: Path) -> None:
    folder = edited(tmp_path, "dc1-leaf1", SNMP_COMMUNITY={"YourPaSsWoRd": {"TYPE": "RO"}})
    done = run("adopt", str(folder), "-o", str(tmp_path / "site"))
    assert "write under `defaults`:\n      snmp: {community: env:SNMP_COMMUNITY}\n" in done.stdout
    assert "YourPaSsWoRd" not in done.stdout
    done = run("adopt", str(folder), "-o", str(tmp_path / "site"), "--force", "--format", "json")
    assert json.loads(done.stdout)["gaps"][0]["lines"] == ["  snmp: {community: env:SNMP_COMMUNITY}"]


LANDSCAPE = {
    "oob1": {
        "VLAN": {"Vlan23": {"vlanid": "23"}, "Vlan25": {"vlanid": "25", "description": "ipmi"}},
        "VLAN_MEMBER": {
            "Vlan23|Ethernet0": {"tagging_mode": "tagged"},
            "Vlan25|Ethernet0": {"tagging_mode": "tagged"},
            "Vlan23|Ethernet1": {"tagging_mode": "untagged"},
            "Vlan23|Ethernet2": {"tagging_mode": "untagged"},
            "Vlan25|PortChannel5": {"tagging_mode": "untagged"},
        },
        "VLAN_INTERFACE": {"Vlan23": {}, "Vlan23|10.10.23.2/24": {}},
        "PORTCHANNEL": {"PortChannel5": {"admin_status": "up", "mtu": "9100", "min_links": "1"}},
        "PORTCHANNEL_MEMBER": {"PortChannel5|Ethernet10": {}, "PortChannel5|Ethernet11": {}},
        "STATIC_ROUTE": {"0.0.0.0/0": {"nexthop": "10.10.23.1"}},
    },
    "core1": {
        "PORTCHANNEL": {"PortChannel1": {"admin_status": "up", "mtu": "9100", "fallback": "true"}},
        "PORTCHANNEL_MEMBER": {"PortChannel1|Ethernet120": {}, "PortChannel1|Ethernet124": {}},
        "PORTCHANNEL_INTERFACE": {"PortChannel1": {"ipv6_use_link_local_only": "enable"}},
        "INTERFACE": {"Ethernet120": {"ipv6_use_link_local_only": "enable"}},
        "LOOPBACK_INTERFACE": {"Loopback0": {}, "Loopback0|10.10.21.6/32": {}},
    },
}
CORE_FRR = """\
frr version 10.0.1
frr defaults traditional
hostname core{n}
router bgp 65501
 bgp router-id 10.10.21.{ip}
 no bgp ebgp-requires-policy
 neighbor PortChannel1 interface remote-as 65501
 address-family ipv4 unicast
  network 10.10.21.{ip}/32
 exit-address-family
exit
"""


@pytest.fixture
def landscape(tmp_path: Path) -> Path:
    """An out-of-band switch with VLANs and no BGP, and two cores with iBGP over a bundle, made by hand."""
    folder = tmp_path / "configs"
    ports = {
        name: json.loads((GOLDEN / "dc-2x4" / name / "config_db.json").read_text())
        for name in ("dc1-leaf1", "dc1-spine1")
    }
    up = {"oob1": ["Ethernet0", "Ethernet1", "Ethernet2", "Ethernet10", "Ethernet11"]}
    for number, name in enumerate(("oob1", "core1", "core2"), 1):
        like = ports["dc1-leaf1" if name == "oob1" else "dc1-spine1"]
        tables = dict(LANDSCAPE["oob1" if name == "oob1" else "core1"])
        if name == "core2":
            tables["LOOPBACK_INTERFACE"] = {"Loopback0": {}, "Loopback0|10.10.21.7/32": {}}
        metadata = {**like["DEVICE_METADATA"]["localhost"], "hostname": name, "mac": f"02:00:5e:30:0{number}:00"}
        rows = {}
        for port, row in like["PORT"].items():
            kept = {key: value for key, value in row.items() if key not in ("fec", "description", "admin_status")}
            used = port in up.get(name, ["Ethernet120", "Ethernet124"])
            rows[port] = {**kept, "speed": "25000" if name == "oob1" and row["speed"] != "100000" else row["speed"]}
            rows[port]["admin_status"] = "up" if used else "down"
        config = {
            "DEVICE_METADATA": {"localhost": metadata},
            "PORT": rows,
            "MGMT_INTERFACE": {f"eth0|192.0.2.{number + 10}/24": {"gwaddr": "192.0.2.1"}},
            "VERSIONS": like["VERSIONS"],
            "SNMP_COMMUNITY": {"verysecret": {"TYPE": "RO"}},
            **tables,
        }
        (folder / name).mkdir(parents=True)
        (folder / name / "config_db.json").write_text(json.dumps(config))
        frr = CORE_FRR.format(n=number - 1, ip=number + 4) if name != "oob1" else "frr version 10.0.1\nhostname oob1\n"
        (folder / name / "frr.conf").write_text(frr)
    return folder


def test_a_landscape_made_by_hand(landscape: Path) -> None:
    found = adopted(landscape)
    assert found.unchanged, {name: one for name, one in found.changes.items() if one}
    inventory: Any = value(compose(found.files["inventory.yml"]))
    topology: Any = value(compose(found.files["topology.yml"]))
    assert set(inventory["devices"]) == {"oob1", "core1", "core2"}
    assert topology["switches"]["oob1"]["bgp"] == "none"
    assert topology["networks"]["vlan23"]["gateway"] == {"ipv4": "10.10.23.2/24"}
    assert topology["networks"]["ipmi"]["vlan"] == "25"
    bundles = {str(one["name"]): one for one in topology["bundles"]}
    assert bundles["PortChannel1"]["bgp"] == "ibgp"
    assert bundles["PortChannel1"]["fallback"] == "true"
    assert bundles["PortChannel5"]["ports"] == ["Ethernet10-11"]
    uses = {(str(one["ports"]), one.get("use")) for one in topology["ports"]}
    assert ("Ethernet0", "trunk") in uses
    assert ("Ethernet1-2", "access") in uses
    assert ("PortChannel5", "access") in uses
    assert topology["asn"] == {"spine": "65501"}
    assert {"MGMT_PORT|eth0", "frr ip prefix-list LOOPBACKS", "frr route-map FROM-IBGP"} <= set(topology["leave"])
    assert "frr" not in topology["leave"]
    assert topology["switches"]["core1"]["extra"]["frr"] == {
        "router bgp 65501": ["no bgp ebgp-requires-policy", "neighbor PortChannel1 interface remote-as 65501"]
    }
    assert topology["switches"]["oob1"]["extra"]["config_db"] == {"STATIC_ROUTE": LANDSCAPE["oob1"]["STATIC_ROUTE"]}
    assert found.tallies["oob1"].config_db["STATIC_ROUTE"].extra == 1


def test_no_secret_is_copied(landscape: Path) -> None:
    found = adopted(landscape)
    assert "verysecret" not in "".join(found.files.values())
    assert "# snmp: {community: env:SNMP_COMMUNITY}" in found.files["inventory.yml"]


def test_the_same_configs_make_the_same_files(landscape: Path) -> None:
    assert adopted(landscape).files == adopted(landscape).files


def test_files_are_not_written_over(run: Run, tmp_path: Path) -> None:
    words = ["adopt", str(GOLDEN / "spine-leaf-1x2"), "-o", str(tmp_path)]
    assert run(*words).returncode == 0
    (tmp_path / "topology.yml").write_text("mine\n")
    done = run(*words)
    assert done.returncode == 2
    assert "there already, nothing was written" in done.stderr
    assert (tmp_path / "topology.yml").read_text() == "mine\n"
    assert run(*words, "--force").returncode == 0
    assert "name: st01" in (tmp_path / "topology.yml").read_text()


def test_as_json(run: Run, tmp_path: Path) -> None:
    done = run("adopt", str(GOLDEN / "spine-leaf-1x2"), "-o", str(tmp_path), "--format", "json")
    told = json.loads(done.stdout)
    assert told["format_version"] == 1
    assert told["unchanged"] is True
    leaf = told["switches"]["st01-sw25g-r01-u34"]
    assert leaf["config_db"]["PORT"] == {"reproduced": 56, "extra": 0, "left": 0, "not_ours": 0}
    assert leaf["frr"]["router bgp 65404"]["not_ours"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "nowhere: no such folder or file"),
        ([str(ROOT / "docs")], "no config_db.json of a switch"),
        ([str(GOLDEN / "dc-2x4"), "--role", "dc1-leaf1=boss"], "expected SWITCH=ROLE"),
        ([str(GOLDEN / "dc-2x4"), "--role", "dc1-leaf9=leaf"], "no such switch among those that were read"),
        ([str(GOLDEN / "dc-2x4"), "-b", "community-209911"], "no such image build"),
        ([str(GOLDEN / "dc-2x4"), "--link", "dc1-leaf1"], "no link"),
        ([str(GOLDEN / "dc-2x4"), "--link", "dc1-leaf1:Ethernet1 - dc1-spine1:Eth9"], "there is no dc1-spine1:Eth9"),
        ([str(GOLDEN / "dc-2x4"), "--name", "a b"], "a fabric's name has letters"),
        (["--live"], "name folders with configs, or hosts and --live"),
        (["--live", "10.0.0.1", "--password", "secret"], "a secret is none of the command line"),
    ],
)
def test_what_is_refused(words: list[str], said: str, run: Run, tmp_path: Path) -> None:
    done = run("adopt", *words, "-o", str(tmp_path / "site"))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "site").exists()


def test_words_of_roles() -> None:
    told = {"LEAF-V4": Role.LEAF, "spines": Role.SPINE, "core": Role.SPINE, "SUPERSPINE": Role.SUPERSPINE}
    told |= {"dc1-leaf2": Role.LEAF, "borderleaf-1": Role.BORDERLEAF, "tor-12": Role.LEAF}
    for word, role in told.items():
        assert find_role(word) is role, word
    assert find_role("server") is None
    assert find_role("") is None


def test_yaml_is_written_as_it_is_read() -> None:
    texts = [
        "leaf1",
        "yes",
        "null",
        "0x10",
        "1e3",
        "a: b",
        "#x",
        "02:00",
        "fd00::1",
        "it's",
        'say "x"',
        " a",
        "-",
        "é",
        "1.5",
    ]
    assert value(compose(flow(texts))) == texts
    assert value(compose(flow({"a": [1, True], "b": {"c": "d, e"}}))) == {"a": ["1", "true"], "b": {"c": "d, e"}}
    assert scalar("Ethernet0-3") == "Ethernet0-3"
    assert ranges(["Ethernet10", "Ethernet9", "Ethernet0", "PortChannel1"]) == [
        "Ethernet0",
        "Ethernet9-10",
        "PortChannel1",
    ]
