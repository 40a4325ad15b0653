"""Servers on host ports: BGP to the host, what the fabric lets them announce, and one host that reaches another."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_interface
from pathlib import Path

import pytest

from conftest import Run, example_files
from labs import LEAF1, LEAF2, SPINE, Lab, booted, host_links, lab_processes, needs_lab
from patience import Patience, slowness
from sonicfab.errors import InputError
from sonicfab.fabric import open_fabric
from sonicfab.lab.hosts import lab_hosts
from sonicfab.lab.state import labs_folder, running_labs

pytestmark = needs_lab
ONE, TWO = f"{LEAF1}-Ethernet0", f"{LEAF2}-Ethernet0"


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "servers", "scs-lab", "--swss-ready-after", "1", "--hosts-per-leaf", "2") as one:
        done = one.sonicfab("push", "--yes")
        assert done.returncode == 0, done.stderr + done.stdout
        yield one


def own(lab: Lab, host: str) -> list[str]:
    """A host's addresses without their prefix length."""
    return [str(ip_interface(address).ip) for address in lab.state.hosts[host].addresses]


def configure(lab: Lab, node: str, *lines: str) -> None:
    words = " ".join(f"-c '{line}'" for line in ("configure terminal", *lines))
    done = lab.inside(node, f"vtysh {words}")
    assert done.code == 0, done.out


def summary(lab: Lab, switch: str, port: str, family: str = "ipv4Unicast") -> dict[str, object]:
    peers = json.loads(lab.inside(switch, "vtysh -c 'show bgp summary json'").out)[family]["peers"]
    found: dict[str, object] = peers[port]
    return found


def until(lab: Lab, switch: str, port: str, key: str, value: object, seconds: float = 20) -> None:
    patience = Patience(seconds)
    while (seen := summary(lab, switch, port)).get(key) != value:
        assert not patience.ended, seen
        time.sleep(0.3)


def test_verify_counts_hosts_and_expects_none(lab: Lab) -> None:
    for switch in (LEAF1, LEAF2):
        until(lab, switch, "Ethernet0", "state", "Established")
        until(lab, switch, "Ethernet1", "state", "Established")
    done = lab.verify()
    assert done.returncode == 0, done.stdout
    assert "✔ 4 of 30 host ports have a host that speaks BGP" in done.stdout
    assert "as intended: all 100 expectations met" in done.stdout, "the same as without hosts"


def test_host_to_host_through_the_fabric(lab: Lab) -> None:
    for source, target in ((ONE, TWO), (TWO, ONE), (ONE, f"{LEAF1}-Ethernet1")):
        for address in own(lab, target):
            done = lab.lab("exec", source, "--", "ping", "-c", "1", "-W", "2", "-i", "0.2", address)
            patience = Patience(10)
            while done.returncode and not patience.ended:
                done = lab.lab("exec", source, "--", "ping", "-c", "1", "-W", "2", address)
            assert done.returncode == 0, f"{source} to {address}: {done.stdout}{done.stderr}"
    hops = re.findall(r" (fe80:\S+) ", lab.inside(ONE, f"ip route get {own(lab, TWO)[0]}").out)
    assert hops, "by BGP unnumbered: IPv4 over an IPv6 next hop"


def test_a_host_announces_its_own_addresses_and_nothing_else(lab: Lab) -> None:
    until(lab, LEAF1, "Ethernet0", "state", "Established")
    for family in ("ipv4", "ipv6"):
        key = f"{family}Unicast"
        assert summary(lab, LEAF1, "Ethernet0", key)["pfxRcd"] == 1
    routes = json.loads(lab.inside(SPINE, "vtysh -c 'show ip route bgp json'").out)
    assert {f"{own(lab, host)[0]}/32" for host in (ONE, TWO)} <= set(routes)


@pytest.mark.parametrize(
    ("prefix", "why"),
    [
        ("192.0.2.7/32", "out of no prefix of hosts"),
        ("10.10.22.128/25", "a network, and no single address"),
        ("10.10.21.5/32", "the loopback of the other leaf"),
        ("0.0.0.0/0", "the default route"),
    ],
)
def test_what_a_host_may_not_announce(prefix: str, why: str, lab: Lab) -> None:
    until(lab, LEAF1, "Ethernet0", "state", "Established")
    allow = [f"ip route {prefix} blackhole", "ip prefix-list OWN permit 0.0.0.0/0 le 32"]
    configure(lab, ONE, *allow[1:], f"router bgp {lab.state.hosts[ONE].asn}", "no bgp network import-check")
    configure(lab, ONE, f"router bgp {lab.state.hosts[ONE].asn}", "address-family ipv4 unicast", f"network {prefix}")
    try:
        patience = Patience(10)
        while prefix not in lab.inside(ONE, "vtysh -c 'show bgp ipv4 neighbors eth0 advertised-routes'").out:
            assert not patience.ended, "the host does say it"
            time.sleep(0.2)
        time.sleep(1)
        seen = lab.inside(LEAF1, f"vtysh -c 'show bgp ipv4 unicast {prefix} json'").out
        assert f'"asn":{lab.state.hosts[ONE].asn}' not in seen.replace(" ", ""), why
        assert str(lab.state.hosts[ONE].asn) not in seen, why
        assert summary(lab, LEAF1, "Ethernet0")["pfxRcd"] == 1
    finally:
        configure(
            lab, ONE, f"router bgp {lab.state.hosts[ONE].asn}", "address-family ipv4 unicast", f"no network {prefix}"
        )
        configure(lab, ONE, "no ip prefix-list OWN permit 0.0.0.0/0 le 32")


def test_more_addresses_than_max_prefixes_shut_the_session(lab: Lab, sonicfab: Run, tmp_path: Path) -> None:
    """And a push that raises the limit lets it in again (FRR#20068)."""
    until(lab, LEAF2, "Ethernet1", "state", "Established")
    host = f"{LEAF2}-Ethernet1"
    asn = lab.state.hosts[host].asn
    configure(
        lab,
        host,
        "ip prefix-list OWN permit 10.10.22.0/24 le 32",
        f"router bgp {asn}",
        "no bgp network import-check",
        "address-family ipv4 unicast",
        "network 10.10.22.200/32",
    )
    until(lab, LEAF2, "Ethernet1", "peerState", "PfxCt")
    done = lab.verify(5)
    assert done.returncode == 4, "a host may be there or not, but its switch has cut this one off"
    assert f"host-prefixes: the host behind {LEAF2}:Ethernet1 is cut off" in done.stdout
    assert f"on {LEAF2}: sudo vtysh -c 'clear bgp Ethernet1'" in done.stdout
    results = json.loads(lab.verify(5, "--format", "json").stdout)["results"]
    seen = {one["seen"] for one in results if one["switch"] == LEAF2 and one["subject"] == "Ethernet1"}
    assert any("announces more prefixes than it may" in text for text in seen), seen
    topology = Path(lab.files[3])
    raised = tmp_path / topology.name
    text = topology.read_text()
    assert "max_prefixes: " in text
    raised.write_text(re.sub("max_prefixes: .*", "max_prefixes: 20", text))
    more = Lab(sonicfab, lab.name, [*lab.files[:3], str(raised)])
    done = more.sonicfab("push", "--yes", "--limit", LEAF2)
    assert "the session Ethernet1, which a limit has shut, is started again" in done.stdout, done.stdout + done.stderr
    until(lab, LEAF2, "Ethernet1", "state", "Established")


def test_status_exec_and_logs_know_hosts(lab: Lab, sonicfab: Run) -> None:
    known = json.loads(sonicfab("lab", "status", "--name", lab.name, "--format", "json").stdout)["labs"][0]["hosts"]
    assert list(known) == [f"{leaf}-Ethernet{number}" for leaf in (LEAF1, LEAF2) for number in (0, 1)]
    assert known[ONE]["addresses"] == ["10.10.22.1/32", "fd0c:cc24:75a0:1:10:10:22:1/128"]
    assert ONE in lab.lab("status").stdout
    assert sonicfab("lab", "exec", ONE, "--", "hostname").stdout == f"{ONE}\n"
    assert "==> /var/log/frr/zebra.log <==" in sonicfab("lab", "logs", ONE).stdout
    done = sonicfab("lab", "ssh", ONE, "true")
    assert done.returncode == 3
    assert f"has no switch {ONE}" in done.stderr
    done = sonicfab("lab", "exec", "st01-sw25g-r01-u34-Ethernet9", "--", "true")
    assert "did you mean" in done.stderr


def test_numbers_do_not_depend_on_how_many_hosts_there_are() -> None:
    inventory, topology = (Path(path) for path in example_files("scs-lab")[1::2])
    plan = open_fabric(inventory, topology).plan
    every = {host.name: host for host in lab_hosts(plan, 0)}
    assert len(every) == 30
    assert len({host.asn for host in every.values()}) == len({host.addresses for host in every.values()}) == 30
    for host in lab_hosts(plan, 3):
        assert every[host.name] == host


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ipv4: 10.10.22.0/24", "ipv4: 10.10.22.0/28", "hosts.prefixes.ipv4 has 14 addresses for 30 host ports"),
        ("[Ethernet0-2, Ethernet4-5, Ethernet38-47]", "[]", "the topology has no host ports"),
    ],
)
def test_hosts_that_cannot_be(old: str, new: str, said: str, tmp_path: Path) -> None:
    inventory, topology = (Path(path) for path in example_files("scs-lab")[1::2])
    text = topology.read_text()
    assert old in text
    (tmp_path / "topology.yml").write_text(text.replace(old, new))
    if new == "[]":
        (tmp_path / "topology.yml").write_text(re.sub(r"(?m)^  ports:\n    - role.*\n.*$", "", text))
    with pytest.raises(InputError, match=said):
        lab_hosts(open_fabric(inventory, tmp_path / "topology.yml").plan, 0)


# ssh, logs, save


def test_ssh_logs_in_and_passes_the_exit_code(lab: Lab) -> None:
    done = lab.lab("ssh", SPINE, "--", "show", "platform", "summary")
    assert done.returncode == 0, done.stderr
    assert "Accton-AS7726-32X" in done.stdout
    assert lab.lab("ssh", SPINE, "exit 7").returncode == 7
    assert lab.lab("ssh", "st01-sw100g-r01-u37", "true").returncode == 3


def test_logs_tell_what_the_switch_did(lab: Lab) -> None:
    logs = json.loads(lab.lab("logs", SPINE, "--format", "json").stdout)["logs"]
    assert any("Accepted publickey for admin" in line for line in logs["/var/log/sshd.log"])
    assert any("config reload" in line for line in logs["/var/log/syslog"])
    assert {"/var/log/frr/bgpd.log", "/var/log/frr/zebra.log", "/var/log/redis.log"} <= logs.keys()
    shown = lab.lab("logs", SPINE, "--lines", "2").stdout
    assert all(len(part.strip().splitlines()) <= 2 for part in re.split(r"(?m)^==> .* <==$", shown)[1:])


def test_save_and_the_files_that_the_next_boot_loads(lab: Lab, tmp_path: Path) -> None:
    done = lab.lab("save", tmp_path / "running")
    assert done.returncode == 0, done.stderr
    assert "9 files of 3 switches" in done.stdout
    saved = json.loads((tmp_path / "running" / LEAF1 / "config_db.json").read_text())
    assert saved == lab.config_db(LEAF1)
    assert "router bgp 65404" in (tmp_path / "running" / LEAF1 / "frr.conf").read_text()
    assert lab.lab("save", tmp_path / "stored", "--stored").returncode == 0
    stored = (tmp_path / "stored" / LEAF1 / "frr.conf").read_text()
    assert stored == lab.inside(LEAF1, "cat /etc/sonic/frr/frr.conf").out
    again = json.loads(lab.lab("save", tmp_path / "stored", "--stored", "--format", "json").stdout)
    assert again["written"] == []


# several labs


def test_labs_of_different_folders_have_different_ports(sonicfab: Run, tmp_path: Path) -> None:
    """As of two users: both are started at the same time, and neither knows of the other."""
    command = [sys.executable, "-m", "sonicfab", "lab", "up", *example_files("scs-lab")]
    folders = [tmp_path / name for name in ("a", "b")]
    environments = [{**os.environ, "SONICFAB_LABS": str(folder)} for folder in folders]
    try:
        both = [subprocess.Popen(command, env=one, stderr=subprocess.DEVNULL) for one in environments]
        assert [process.wait(60 * slowness()) for process in both] == [0, 0]
        ports: list[int] = []
        for folder in folders:
            labs = json.loads(sonicfab("lab", "status", "--format", "json", SONICFAB_LABS=str(folder)).stdout)["labs"]
            ports += [switch["port"] for switch in labs[0]["switches"].values()]
            done = sonicfab("lab", "ssh", SPINE, "hostname", SONICFAB_LABS=str(folder))
            assert done.stdout == "sonic\n"
        assert len(set(ports)) == 6
    finally:
        for folder in folders:
            sonicfab("lab", "down", "--all", SONICFAB_LABS=str(folder))


def test_up_and_down_again_and_again(sonicfab: Run) -> None:
    before = _traces()
    for _ in range(3):
        with booted(sonicfab, "again", "scs-lab", "--hosts-per-leaf", "1"):
            assert any(lab.name == "again" for lab in running_labs())
            assert lab_processes("again")
    patience = Patience(10)
    while (after := _traces()) != before and not patience.ended:
        time.sleep(0.2)
    assert after == before


def _traces() -> tuple[set[str], list[str], dict[int, str]]:
    """What the lab "again" could leave behind: links named like its own, mounts, processes."""
    mounts = [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(labs_folder()) in line]
    ports = {link for link in host_links() if link.startswith(("Ethernet", "host"))}
    return ports, mounts, lab_processes("again")
