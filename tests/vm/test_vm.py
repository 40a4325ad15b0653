"""A machine with a stock kernel: its power is cut and it boots again; a lab in it has what this kernel may lack.

All of a lab's tests are one after the other in one lab: a boot, a push and a verification take minutes where the
machine is emulated.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from patience import until, wait_until
from sonicfab.lab.inside import ENVIRONMENT
from sonicfab.lab.state import enter
from vm.checkout import SONICFAB, python_lacks, work_disk
from vm.machine import Machine, powered
from vm.root import Root, ready_root, vm_missing

pytestmark = [
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(900),  # the first time, its disk is made
    pytest.mark.skipif(bool(vm_missing()), reason=f"no virtual machine here: {vm_missing()}"),
]
FABRIC = Path(__file__).parent / "fabric"
LAB = "vm"
NO_ASIC = "a switch of a lab has no ASIC and no optics"
_FILES = "-i /var/tmp/fabric/inventory.yml -t /var/tmp/fabric/topology.yml"


@pytest.fixture(scope="module")
def root() -> Root:
    try:
        return ready_root(Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"]).with_name("vm"))
    except RuntimeError as err:
        pytest.skip(f"no virtual machine here: {err}")


@pytest.fixture(scope="module")
def machine(root: Root, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("machine")
    with powered(root, folder, work_disk(folder / "work", root.python)) as machine:
        yield machine


def test_what_has_reached_the_disk_outlives_a_power_cut(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "file").write_bytes(bytes(range(256)))
    machine.put(tmp_path / "some", "/var/tmp/folder")
    machine.put(tmp_path / "some" / "file", "/var/tmp/one")
    machine.run("echo kept > /var/tmp/kept; sync; echo lost > /var/tmp/lost")
    booted = machine.run("cat /proc/sys/kernel/random/boot_id").stdout
    pid = machine.pid
    machine.cut_power()
    assert not Path(f"/proc/{pid}").exists()
    machine.boot()
    assert machine.run("cat /proc/sys/kernel/random/boot_id").stdout != booted
    assert machine.run("cat /var/tmp/kept").stdout == "kept\n"
    assert machine.run("cat /var/tmp/lost", check=False).stdout != "lost\n"
    machine.get("/var/tmp/one", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == bytes(range(256))
    assert machine.run("ls /var/tmp/folder").stdout.split() == ["file"]


def test_its_kernel_has_what_the_lab_uses(machine: Machine) -> None:
    kinds = ("bond", "dummy", "bridge vlan_filtering 1", "vrf table 10", "vxlan id 5 dstport 4789")
    tried = (f"ip link add x type {kind} && ip link del x" for kind in kinds)
    machine.run(" && ".join(["set -e", *tried, "ip link add link eth0 name x type vlan id 5", "ip link del x"]))


def test_it_reaches_nothing(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = f"</dev/tcp/10.0.2.2/{listener.getsockname()[1]}"  # what qemu calls this machine
        done = machine.run(f"timeout 5 bash -c {shlex.quote(there)}", check=False)
    assert done.returncode != 0


@pytest.mark.parametrize("begun", [b"", b"qemu"], ids=["at once", "when it runs"])
def test_no_machine_outlives_the_tests(root: Root, tmp_path: Path, begun: bytes) -> None:
    code = (
        "import sys, time; from pathlib import Path; from vm.machine import Machine; from vm.root import Root\n"
        f"machine = Machine(Root(Path({str(root.folder)!r})), Path({str(tmp_path)!r}))\n"
        "machine.switch_on(); print(machine.pid, flush=True); time.sleep(600)"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ["PYTHONPATH"]])
    with subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout
        pid = int(tests.stdout.readline())
        assert wait_until(lambda: Path(f"/proc/{pid}/cmdline").read_bytes().startswith(begun))
        os.kill(tests.pid, signal.SIGKILL)
    assert wait_until(lambda: _gone(pid)), "it ends with what has begun it"


def _gone(pid: int) -> bool:
    """That a process runs no more; who takes it in may not have read its end yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


@pytest.fixture(scope="module")
def lab(machine: Machine, sonicfab: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab in the machine, that has booted from configs which were rendered outside, as that takes less time."""
    if lacking := python_lacks(machine.root.python):
        pytest.skip(lacking)
    build = tmp_path_factory.mktemp("build")
    done = sonicfab("render", "-i", FABRIC / "inventory.yml", "-t", FABRIC / "topology.yml", "-o", build)
    assert done.returncode == 0, done.stderr
    machine.put(FABRIC, "/var/tmp/fabric")
    machine.put(build, "/var/tmp/build")
    machine.run(f"{SONICFAB} lab up {_FILES} --from /var/tmp/build --name {LAB} --hosts")
    state = json.loads(machine.run(f"cat ~/.local/state/sonicfab/labs/{LAB}/state.json").stdout)
    yield Lab(machine, {name: node["pid"] for name, node in {**state["switches"], **state["hosts"]}.items()})
    machine.run(f"{SONICFAB} lab down --name {LAB}")


@dataclass
class Lab:
    """A lab in a machine; and the first process of each of its switches and hosts."""

    machine: Machine
    pids: dict[str, int]

    def run(self, command: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """sonicfab, beside the lab."""
        return self.machine.run(f"{SONICFAB} {command}", check=check)

    def inside(self, node: str, command: str) -> str:
        """What `sonicfab lab exec` does: its start alone takes seconds where the machine is emulated."""
        words = [*enter(self.pids[node], rootless=False), *ENVIRONMENT, "sh", "-c", command]
        return self.machine.run(shlex.join(words)).stdout


def test_verify_is_green_over_real_bonds(lab: Lab) -> None:
    done = lab.run(f"verify {_FILES} --lab-name {LAB} --timeout 240 --json verify.json", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(lab.machine.run("cat verify.json").stdout)
    channels = [one for one in report["results"] if one["check"] == "portchannel"]
    assert channels
    assert {one["status"] for one in channels} == {"ok"}, "none is skipped: the kernel speaks LACP"
    assert skipped(report) == {NO_ASIC}


def skipped(report: dict[str, Any]) -> set[str]:
    """Why a verification left something out, but for hosts that are not there."""
    return {one["seen"] for one in report["results"] if one["status"] == "skipped" and one["far"] != "host"}


def test_port_channels_are_bonds_that_hear_the_planned_partner(lab: Lab) -> None:
    told = lab.inside("vm-leaf1", "cat /proc/net/bonding/PortChannel1")
    assert "IEEE 802.3ad" in told
    assert "LACP rate: fast" in told
    assert told.count("Slave Interface: ") == 2
    assert told.count("system mac address: 02:00:5e:40:01:00") == 2, "the spine's, from each member"


def test_vlans_are_on_one_bridge_that_knows_them(lab: Lab) -> None:
    told = json.loads(lab.inside("vm-leaf1", "bridge -j vlan show"))
    have = {one["ifname"]: {row["vlan"]: "PVID" in row.get("flags", []) for row in one["vlans"]} for one in told}
    assert have["Bridge"] == {23: False, 25: False}
    assert have["PortChannel2"] == {23: True, 25: False}, "a native VLAN, and a tagged one"
    assert [have[f"Ethernet{port}"] for port in (0, 1, 2)] == [{25: True}, {25: True}, {23: True}]
    (svi,) = json.loads(lab.inside("vm-spine1", "ip -d -j link show Vlan23"))
    assert (svi["linkinfo"]["info_kind"], svi["link"], svi["operstate"], svi["mtu"]) == ("vlan", "Bridge", "UP", 9100)
    assert "tagger" not in lab.inside("vm-leaf1", "ls /run/sonic"), "the kernel does it"


def test_servers_reach_each_other_over_a_trunk(lab: Lab) -> None:
    lab.inside("vm-leaf1-Ethernet2", "ping -c 1 -W 20 10.140.23.1")  # its gateway is the spine; the native VLAN
    one, far, outside = (
        link_local(lab, f"vm-{port}") for port in ("leaf1-Ethernet1", "spine1-Ethernet16", "leaf1-Ethernet2")
    )
    ping = "ping -c 1 -W 20 {}%eth0"
    lab.inside("vm-leaf1-Ethernet0", f"{ping.format(one)} && {ping.format(far)}")
    lab.inside("vm-leaf1-Ethernet0", f"! ping -c 1 -W 3 {outside}%eth0")  # on the same switch, in another VLAN


def link_local(lab: Lab, host: str) -> str:
    (found,) = re.findall(r"fe80::\S+(?=/64)", lab.inside(host, "ip -6 -br addr show eth0"))
    return str(found)


def test_the_management_vrf_is_a_device(lab: Lab) -> None:
    (eth0,) = json.loads(lab.inside("vm-leaf1", "ip -j link show eth0"))
    assert eth0["master"] == "mgmt"
    way = "ip -j route get {}198.51.100.1"
    (inner,) = json.loads(lab.inside("vm-leaf1", way.format("vrf mgmt ")))
    assert inner["dev"] == "eth0"
    assert "eth0" not in lab.inside("vm-leaf1", f"{way.format('')} || true"), "not beside the fabric's routes"
    lab.inside("vm-leaf1", "ping -c 1 -W 10 -I mgmt 198.51.100.21")


@pytest.fixture(scope="module")
def faulty(lab: Lab) -> Lab:
    """A slow cable, a deaf one and a pulled one: at two servers, and a member of a bundle."""
    faults = (
        ["link-delay", "vm-leaf1:Ethernet2", "--amount", "1500"],
        ["link-loss", "vm-leaf1:Ethernet1", "--amount", "100"],
        ["link-down", "vm-leaf1:Ethernet48"],
    )
    words = [["lab", "fault", *fault, "--name", LAB] for fault in faults]
    # in one process: each start of it takes seconds
    every = f"for words in {words!r}: app(words, prog_name='sonicfab', standalone_mode=False)"
    code = shlex.quote(f"from sonicfab.cli.app import app\n{every}")
    lab.machine.run(f"/srv/venv/bin/python -c {code}")
    return lab


def test_netem_delays_and_loses(faulty: Lab) -> None:
    assert fastest_ping(faulty) >= 1500
    faulty.inside("vm-leaf1-Ethernet0", f"! ping -c 2 -W 3 {link_local(faulty, 'vm-leaf1-Ethernet1')}%eth0")


def test_a_member_that_is_pulled_is_named(faulty: Lab) -> None:
    checks = "--check portchannel,interface,bgp --timeout 0"
    done = faulty.run(f"verify {_FILES} --lab-name {LAB} {checks} --json verify.json", check=False)
    assert done.returncode == 4, done.stdout + done.stderr
    report = json.loads(faulty.machine.run("cat verify.json").stdout)
    assert [one["code"] for one in report["findings"]] == ["member-down"], done.stdout
    assert "vm-leaf1:Ethernet48" in report["findings"][0]["where"]
    sessions = [one["status"] for one in report["results"] if one["check"] == "bgp" and ":" in one["far"]]
    assert set(sessions) == {"ok"}, "the other member carries them"


def test_all_is_well_once_healed(faulty: Lab) -> None:
    faulty.run(f"lab heal vm-leaf1 --name {LAB}")
    faulty.inside("vm-leaf1-Ethernet0", f"ping -c 3 -W 20 {link_local(faulty, 'vm-leaf1-Ethernet1')}%eth0")
    assert fastest_ping(faulty) < 1500
    until(lambda: "Number of ports: 2\n" in faulty.inside("vm-leaf1", "cat /proc/net/bonding/PortChannel1"), 120)


def fastest_ping(lab: Lab) -> float:
    """Milliseconds from a server to its gateway."""
    told = lab.inside("vm-leaf1-Ethernet2", "ping -c 2 -W 30 10.140.23.1")
    return float(re.findall(r"min/avg/max/mdev = ([\d.]+)/", told)[0])
