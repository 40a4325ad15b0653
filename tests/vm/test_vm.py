"""A machine with a stock kernel: its power is cut and it boots again; a lab in it has what this kernel may lack."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import wait_until
from vm.checkout import PYTHON, SONICFAB, work_disk
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
    with powered(root, folder, work_disk(folder / "work")) as machine:
        yield machine


def test_what_has_reached_the_disk_outlives_a_power_cut(machine: Machine, tmp_path: Path) -> None:
    machine.put(FABRIC, "/var/tmp/fabric")
    machine.put(FABRIC / "topology.yml", "/var/tmp/one.yml")
    machine.run("echo kept > /var/tmp/kept; sync; echo lost > /var/tmp/lost")
    booted = machine.run("cat /proc/sys/kernel/random/boot_id").stdout
    pid = machine.pid
    machine.cut_power()
    assert not Path(f"/proc/{pid}").exists()
    machine.boot()
    assert machine.run("cat /proc/sys/kernel/random/boot_id").stdout != booted
    assert machine.run("cat /var/tmp/kept").stdout == "kept\n"
    assert machine.run("cat /var/tmp/lost", check=False).stdout != "lost\n"
    machine.get("/var/tmp/one.yml", tmp_path / "back.yml")
    assert (tmp_path / "back.yml").read_bytes() == (FABRIC / "topology.yml").read_bytes()
    assert machine.run("ls /var/tmp/fabric").stdout.split() == ["inventory.yml", "topology.yml"]


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
def lab(machine: Machine) -> Iterator[Machine]:
    """The machine with a lab in it, that has booted from rendered configs."""
    if machine.root.python != PYTHON:
        pytest.skip(f"the packages here are for Python {PYTHON}, and the machine has {machine.root.python}")
    machine.put(FABRIC, "/var/tmp/fabric")
    machine.run(f"{SONICFAB} render {_FILES} -o build")
    machine.run(f"{SONICFAB} lab up {_FILES} --from build --name {LAB} --hosts")
    yield machine
    machine.run(f"{SONICFAB} lab down --name {LAB}")


def inside(lab: Machine, switch: str, command: str) -> str:
    return lab.run(f"{SONICFAB} lab exec --name {LAB} {switch} -- sh -c {shlex.quote(command)}").stdout


def test_verify_is_green_over_real_bonds(lab: Machine) -> None:
    done = lab.run(f"{SONICFAB} verify {_FILES} --lab-name {LAB} --timeout 240 --json verify.json", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(lab.run("cat verify.json").stdout)
    channels = [one for one in report["results"] if one["check"] == "portchannel"]
    assert channels
    assert {one["status"] for one in channels} == {"ok"}, "none is skipped: the kernel speaks LACP"


def test_port_channels_are_bonds_that_hear_the_planned_partner(lab: Machine) -> None:
    told = inside(lab, "vm-leaf1", "cat /proc/net/bonding/PortChannel1")
    assert "IEEE 802.3ad" in told
    assert "LACP rate: fast" in told
    assert told.count("Slave Interface: ") == 2
    assert told.count("system mac address: 02:00:5e:40:01:00") == 2, "the spine's, from each member"
