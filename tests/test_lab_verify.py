"""Faults planted into a healthy fabric, several at once where they touch different parts: each is found by its cause.

Two spines, four leaves with a host each, BGP unnumbered. What verify finds must be exactly what was planted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT, Run
from labs import Lab, booted, needs_lab

pytestmark = needs_lab
LEAF1, LEAF2, LEAF3, LEAF4 = (f"dc1-leaf{number}" for number in range(1, 5))
SPINE1, SPINE2 = "dc1-spine1", "dc1-spine2"
ASN = {LEAF1: 4200000101, LEAF2: 4200000102, LEAF3: 4200000103, LEAF4: 4200000104, SPINE1: 4200000001}
ASN[SPINE2] = ASN[SPINE1]
AGAIN = "systemctl reset-failed bgp; systemctl restart bgp"


@pytest.fixture(scope="module")
def lab(sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Booted from its rendered configs."""
    folder = tmp_path_factory.mktemp("dc")
    text = (ROOT / "topologies" / "dc-2x4.yml").read_text()
    numbered = "underlay:\n  ipv4: 10.120.0.0/22\n  ipv6: fd00:120::/64\n"
    assert numbered in text
    (folder / "dc-2x4.yml").write_text(text.replace(numbered, "underlay: unnumbered\n"))
    files = ["-i", str(ROOT / "inventories" / "dc-2x4.yml"), "-t", str(folder / "dc-2x4.yml")]
    done = sonicfab("render", *files, "-o", folder / "out")
    assert done.returncode == 0, done.stderr
    options = ("--from", folder / "out", "--hosts", "--hosts-per-leaf", 1)
    with booted(sonicfab, "verify", "dc-2x4", *options, files=files) as running:
        healthy(running)
        yield running


def healthy(lab: Lab) -> None:
    done = lab.verify(40)
    assert done.returncode == 0, done.stdout


def findings(lab: Lab, timeout: float) -> dict[str, str]:
    """(code where) -> cause; every failed expectation must be in one of them, once."""
    done = lab.verify(timeout, "--format", "json")
    assert done.returncode == 4, done.stderr
    result = json.loads(done.stdout)
    explained = sum(len(one["results"]) + len(one["consequences"]) for one in result["findings"])
    assert explained == result["counts"]["failed"] + result["counts"]["unreached"]
    assert all(one["cause"] and one["mend"] for one in result["findings"])
    return {f"{one['code']} {one['where'][0]}": one["cause"] for one in result["findings"]}


def bgp(lab: Lab, switch: str, *lines: str) -> None:
    vtysh(lab, switch, f"router bgp {ASN[switch]}", *lines)


def vtysh(lab: Lab, switch: str, *lines: str) -> None:
    words = " ".join(f"-c '{line}'" for line in ("configure terminal", *lines))
    done = lab.inside(switch, f"vtysh {words}")
    assert done.code == 0, done.out + done.err


def restart(lab: Lab, *switches: str) -> None:
    for switch in switches:
        assert lab.inside(switch, AGAIN).code == 0


def test_links_and_programs(lab: Lab) -> None:
    assert lab.inside(LEAF1, "config interface shutdown Ethernet72").code == 0
    bgp(lab, LEAF2, "neighbor Ethernet76 shutdown")
    lab.fault("mtu", f"{LEAF3}:Ethernet72")
    lab.fault("kill-bgpd", LEAF4)
    found = findings(lab, 4)
    lab.heal()
    assert lab.inside(LEAF1, "config interface startup Ethernet72").code == 0
    bgp(lab, LEAF2, "no neighbor Ethernet76 shutdown")
    assert found.keys() == {
        f"port-shut {LEAF1}:Ethernet72",
        f"neighbor-shut {LEAF2}:Ethernet76",
        f"mtu-mismatch {LEAF3}:Ethernet72",
        f"bgpd-down {LEAF4}",
    }
    healthy(lab)


def test_cables(lab: Lab) -> None:
    lab.fault("swap-cables", f"{LEAF1}:Ethernet72", f"{LEAF2}:Ethernet72")
    lab.fault("link-down", f"{LEAF3}:Ethernet76")
    lab.fault("kill-redis", LEAF4)
    done = lab.verify(12)
    lab.heal()
    assert done.returncode == 4
    assert "swap the plugs in dc1-spine1:Ethernet0 and Ethernet4" in done.stdout
    assert "there is no link between dc1-leaf3:Ethernet76 and dc1-spine2:Ethernet8" in done.stdout
    assert f"✘ database-down: {LEAF4} can be logged in to, but its databases do not answer" in done.stdout
    assert "NOT as intended: 3 findings" in done.stdout
    assert [line for line in done.stdout.splitlines() if len(line) > 100 and not line.startswith("    mend: ")] == []
    healthy(lab)


def test_what_is_configured_but_carries_on(lab: Lab) -> None:
    lab.fault("kill-zebra", LEAF4)
    lab.fault("kill-lldpd", LEAF3)
    lab.inside(LEAF2, "sed -i 's/9100/9000/' /etc/sonic/config_db.json")
    lab.inside(LEAF1, "sonic-db-cli CONFIG_DB hset 'NTP_SERVER|192.0.2.99' NULL NULL")
    lab.inside(SPINE2, "echo '{}' > /etc/sonic/golden_config_db.json")
    bgp(lab, SPINE1, "neighbor 192.0.2.55 remote-as 65000")
    lab.inside(SPINE1, "sysctl -qw net.ipv4.ip_forward=0")
    bgp(lab, LEAF2, "address-family ipv4", "maximum-paths 1")
    found = findings(lab, 1)
    lab.heal()
    lab.inside(LEAF2, "config save -y")
    lab.inside(LEAF1, "sonic-db-cli CONFIG_DB del 'NTP_SERVER|192.0.2.99'")
    lab.inside(SPINE2, "rm /etc/sonic/golden_config_db.json")
    bgp(lab, SPINE1, "no neighbor 192.0.2.55")
    lab.inside(SPINE1, "sysctl -qw net.ipv4.ip_forward=1")
    bgp(lab, LEAF2, "address-family ipv4", "maximum-paths 16")
    assert found.keys() == {
        f"zebra-down {LEAF4}",
        f"lldpd-down {LEAF3}",
        f"unsaved {LEAF2}",
        f"drift {LEAF1}",
        f"mode-resetter {SPINE2}",
        f"unplanned-session {SPINE1}",
        f"not-forwarding {SPINE1}",
        f"fewer-paths {LEAF2}",
    }
    healthy(lab)


def test_sessions(lab: Lab) -> None:
    neighbors = [f"neighbor {port} interface remote-as external" for port in ("Ethernet72", "Ethernet76")]
    vtysh(lab, LEAF1, f"no router bgp {ASN[LEAF1]}", "router bgp 4200000999", "no bgp ebgp-requires-policy", *neighbors)
    bgp(lab, LEAF2, "address-family ipv6", "no neighbor SPINE activate")
    bgp(lab, LEAF3, "no neighbor Ethernet72 interface")
    bgp(lab, LEAF4, "address-family ipv4", "no network 10.120.255.4/32")
    bgp(lab, SPINE2, "neighbor Ethernet8 timers 1 3", "end", "clear bgp Ethernet8")
    found = findings(lab, 8)
    restart(lab, LEAF1, LEAF2, LEAF3, LEAF4, SPINE2)
    assert found.keys() == {
        f"asn-mismatch {LEAF1}",
        f"family-off {LEAF2}:Ethernet72",
        f"neighbor-missing {LEAF3}:Ethernet72",
        f"not-announced {LEAF4}",
        f"timer-mismatch {SPINE2}:Ethernet8",
    }
    assert found[f"asn-mismatch {LEAF1}"] == f"{LEAF1} runs BGP as AS 4200000999, and the plan has AS 4200000101"
    healthy(lab)


def test_policies_and_paths(lab: Lab) -> None:
    host = f"{LEAF1}-Ethernet0"
    bgp(lab, SPINE2, "bgp graceful-shutdown")
    vtysh(lab, LEAF1, "route-map FROM-HOST permit 1", "end", "clear bgp * soft")
    announce = ("router bgp 4294967294", "address-family ipv4", "network 10.99.9.9/32", "end", "clear bgp * soft")
    lab.inside(host, "ip addr add 10.99.9.9/32 dev lo")
    vtysh(lab, host, "route-map OWN permit 1", *announce)
    lab.fault("wrong-policy", LEAF3)
    lab.inside(LEAF2, "echo '! by hand' >> /etc/sonic/frr/frr.conf")
    found = findings(lab, 6)
    lab.heal()
    lab.inside(host, "ip addr del 10.99.9.9/32 dev lo")
    vtysh(lab, host, "router bgp 4294967294", "address-family ipv4", "no network 10.99.9.9/32")
    lab.inside(LEAF2, "sed -i '/^! by hand/d' /etc/sonic/frr/frr.conf")
    bgp(lab, SPINE2, "no bgp graceful-shutdown")
    vtysh(lab, LEAF1, "no route-map FROM-HOST permit 1", "end", "clear bgp * soft")
    assert found.keys() == {
        f"drained {SPINE2}",
        f"host-foreign-prefix {LEAF1}:Ethernet0",
        f"policy-denies {LEAF3}:Ethernet72",
        f"unsaved {LEAF2}",
    }
    healthy(lab)


def test_switches_that_do_not_answer(lab: Lab) -> None:
    lab.fault("kill-switch", LEAF1)
    lab.fault("freeze", LEAF4)
    lab.fault("cut-mgmt", LEAF2)
    found = findings(lab, 20)  # a frozen switch forwards on until its neighbours' hold timers of 9 s expire
    lab.heal()
    assert found.keys() == {f"switch-down {LEAF1}", f"switch-down {LEAF4}", f"unreachable {LEAF2}"}
    assert "it forwards: its BGP sessions are up" in found[f"unreachable {LEAF2}"]
    healthy(lab)


def test_what_is_not_loaded_and_what_has_changed(lab: Lab, tmp_path: Path) -> None:
    before = tmp_path / "before.json"
    assert lab.verify(30, "--snapshot", str(before)).returncode == 0
    vtysh(lab, LEAF3, f"no router bgp {ASN[LEAF3]}")
    lab.inside(LEAF1, "sysctl -qw net.ipv6.conf.Ethernet72.addr_gen_mode=1; ip -6 addr flush dev Ethernet72 scope link")
    lab.fault("stop-bgp", LEAF2)
    found = findings(lab, 10)
    compared = lab.verify(0, "--compare", str(before))
    lab.heal()
    restart(lab, LEAF3)
    lab.inside(LEAF1, "sysctl -qw net.ipv6.conf.Ethernet72.addr_gen_mode=0; ip link set Ethernet72 down")
    lab.inside(LEAF1, "ip link set Ethernet72 up")
    assert found.keys() == {
        f"frr-conf-not-loaded {LEAF3}",
        f"link-local-off {LEAF1}:Ethernet72",
        f"bgp-container-down {LEAF2}",
    }
    assert compared.returncode == 4
    assert f"worse {SPINE1}: session Ethernet4 is gone" not in compared.stdout, "the session is there, and down"
    assert "for the worse" in compared.stdout
    healthy(lab)
    after = lab.verify(0, "--compare", str(before))
    assert after.returncode == 4, "sessions have flapped since"
    assert "session Ethernet4 has flapped" in after.stdout


def test_only_some_checks(lab: Lab) -> None:
    result = json.loads(lab.verify(10, "--check", "lldp,interface", "--format", "json").stdout)
    assert result["checks"] == ["interface", "lldp"]
    assert {one["check"] for one in result["results"]} == {"interface", "lldp"}
    done = lab.verify(10, "--check", "lldb")
    assert done.returncode == 2
    assert "--check lldb: no such check" in done.stderr


ODD = """\
name: odd
underlay: unnumbered
asn: {spine: %s, leaf: 4200000101-4200000199}
loopbacks: {ipv4: 10.120.255.0/24, ipv6: "fd00:120:ff::/64"}
bgp: {keepalive: 3, hold: 9, maximum_paths: %d}
links:
  - dc1-spine1:Ethernet0 - dc1-leaf1:Ethernet72
  - dc1-spine1:Ethernet4 - dc1-leaf2:Ethernet72
  - dc1-spine1:Ethernet8 - dc1-leaf3:Ethernet72
  - dc1-spine2:Ethernet0 - dc1-leaf2:Ethernet76
  - dc1-spine2:Ethernet4 - dc1-leaf3:Ethernet76
  - dc1-spine2:Ethernet8 - dc1-leaf3:Ethernet68
  - dc1-spine2:Ethernet12 - dc1-leaf4:Ethernet72
"""


@pytest.mark.parametrize(
    ("asn", "paths"), [("4200000001-4200000009", 16), ("4200000001", 16), ("4200000001-4200000009", 2)]
)
def test_the_planned_paths_are_those_of_frr(sonicfab: Run, tmp_path: Path, asn: str, paths: int) -> None:
    """A leaf that is on the way, two links between the same switches, spines of one AS or of two, fewer paths."""
    (tmp_path / "odd.yml").write_text(ODD % (asn, paths))
    files = ["-i", str(ROOT / "inventories" / "dc-2x4.yml"), "-t", str(tmp_path / "odd.yml")]
    done = sonicfab("render", *files, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    with booted(sonicfab, "odd", "", "--from", tmp_path / "out", files=files) as lab:
        done = lab.verify(40)
        assert done.returncode == 0, done.stdout
        results = json.loads(lab.verify(10, "--format", "json", "--check", "route").stdout)["results"]
    wanted = {one["expected"] for one in results if (one["switch"], one["far"]) == (LEAF4, LEAF2)}
    assert wanted == {"an installed route via Ethernet72"}
    wanted = {one["expected"] for one in results if (one["switch"], one["far"]) == (SPINE2, LEAF1)}
    if asn == "4200000001":
        assert not wanted, "spine2 drops what came through spine1, of its own AS"
    elif paths == 16:
        assert wanted == {"an installed route via Ethernet0, Ethernet4, Ethernet8"}
    else:
        assert wanted == {"an installed route over 2 of 3 equal paths"}
