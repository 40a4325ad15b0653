"""The way of somebody whose switches run already: configs by hand, adopt, plan, something new, push, verify."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from conftest import ROOT, Run
from labs import LEAF1, LEAF2, SPINE, Lab, booted, needs_lab

pytestmark = [*needs_lab, pytest.mark.slow]

GOLDEN = ROOT / "tests" / "golden" / "spine-leaf-1x2"
FRR = """\
frr version 10.0.1
frr defaults traditional
hostname {name}
no zebra nexthop kernel enable
fpm address 127.0.0.1
no fpm use-next-hop-groups
service integrated-vtysh-config
!
router bgp {asn}
 bgp router-id {address}
 no bgp ebgp-requires-policy
 neighbor {group} peer-group
 neighbor {group} remote-as external
{neighbors} !
 address-family ipv4 unicast
  network {address}/32
 exit-address-family
 !
 address-family ipv6 unicast
  network {six}/128
  neighbor {group} activate
 exit-address-family
exit
!
end
"""


def by_hand(folder: Path) -> None:
    """A spine and two leaves with peer-groups, names and settings of their own, and no policies."""
    for switch, asn, last, group in ((SPINE, 65501, 6, "leaf"), (LEAF1, 65404, 4, "core"), (LEAF2, 65405, 5, "core")):
        config = json.loads((GOLDEN / switch / "config_db.json").read_text())
        text = (GOLDEN / switch / "frr.conf").read_text()
        ports = re.findall(r"neighbor (Ethernet\d+) interface peer-group (?:LEAF|SPINE)", text)
        routed = {port: {"ipv6_use_link_local_only": "enable"} for port in ports}
        config["INTERFACE"] = routed
        config["DEVICE_METADATA"]["localhost"]["type"] = "LeafRouter"
        for port, row in config["PORT"].items():
            row.pop("description", None)
            row["admin_status"] = "up" if port in ports else "down"
        config["ACL_TABLE"] = {"CAPTURE": {"type": "L3", "stage": "ingress", "policy_desc": "by hand"}}
        (folder / switch).mkdir(parents=True)
        (folder / switch / "config_db.json").write_text(json.dumps(config))
        neighbors = "".join(f" neighbor {port} interface peer-group {group}\n" for port in ports)
        words = {"name": switch, "asn": asn, "address": f"10.10.21.{last}", "group": group, "neighbors": neighbors}
        (folder / switch / "frr.conf").write_text(FRR.format(**words, six=f"fd0c:cc24:75a0:1:10:10:21:{last}"))


MORE = """\
networks:
  storage: {vlan: 30, gateway: {ipv4: 10.40.30.1/24}, switches: st01-sw25g-r01-u34}
bundles:
  - {name: PortChannel5, switches: st01-sw25g-r01-u34, ports: [Ethernet0, Ethernet1], fallback: true}
"""
PORTS = "  - {switches: st01-sw25g-r01-u34, ports: PortChannel5, use: access, network: storage}\n"


def with_more(text: str) -> str:
    """The topology with a VLAN and a bundle that is in it."""
    head = "\nports:\n"
    return text.replace(head, f"{head}{PORTS}", 1) + MORE if head in text else f"{text}{MORE}ports:\n{PORTS}"


def lines_of(lab: Lab, switch: str) -> set[str]:
    return set(lab.inside(switch, "vtysh -c 'show running-config'").out.splitlines())


def test_from_configs_by_hand_to_something_new(sonicfab: Run, tmp_path: Path) -> None:
    backups, site = tmp_path / "backups", tmp_path / "site"
    by_hand(backups)
    links = [
        f"{SPINE}:Ethernet116 - {LEAF1}:Ethernet76",
        f"{SPINE}:Ethernet112 - {LEAF2}:Ethernet72",
    ]
    told = [word for link in links for word in ("--link", link)]
    done = sonicfab("adopt", str(backups), "-o", str(site), *told)
    assert done.returncode == 0, done.stdout
    files = ["-i", str(site / "inventory.yml"), "-t", str(site / "topology.yml")]
    with booted(sonicfab, "adopted", "", "--from", str(backups), files=files) as lab:
        done = lab.sonicfab("plan")
        assert done.returncode == 0, done.stdout
        assert "3 unchanged" in done.stdout
        # the switches themselves say the same, and their links by LLDP, once lldpmgrd has told each port's alias
        lab.hears_lldp({SPINE: 2, LEAF1: 1, LEAF2: 1})
        live = tmp_path / "live"
        done = sonicfab("adopt", "--live", "--lab-name", "adopted", "-o", str(live))
        assert done.returncode == 0, done.stdout
        text = (live / "topology.yml").read_text()
        assert "LLDP" in text
        assert "frr router bgp * / neighbor * description" in text, "line by line, and not left whole"
        for link in links:
            assert all(end in text for end in link.split(" - "))
        # something new
        topology = site / "topology.yml"
        topology.write_text(with_more(topology.read_text()))
        done = lab.sonicfab("plan")
        assert done.returncode == 5, done.stdout
        assert "2 unchanged" in done.stdout
        before = {switch: lines_of(lab, switch) for switch in (SPINE, LEAF1, LEAF2)}
        done = lab.sonicfab("push", "--yes", "-o", str(tmp_path / "build"))
        assert done.returncode == 0, done.stdout
        config = lab.config_db(LEAF1)
        assert "Vlan30|PortChannel5" in config["VLAN_MEMBER"]
        assert config["ACL_TABLE"]["CAPTURE"]["policy_desc"] == "by hand"
        assert config["DEVICE_METADATA"]["localhost"]["type"] == "LeafRouter"
        done = lab.verify(30)
        assert "bgp" not in [line.split(":")[0].strip() for line in done.stdout.splitlines() if "failed" in line]
        assert {switch: lines_of(lab, switch) for switch in before} == before, "FRR's config is as it was"
        assert lab.sonicfab("plan").returncode == 0
