"""Examples with bundles, trunks and a management VRF, which a kernel may lack: booted and verified on a stock one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import EXAMPLES, Run, example_files
from vm.checkout import SONICFAB, python_lacks, work_disk
from vm.machine import Machine, powered
from vm.root import ready_root, vm_missing
from vm.test_vm import NO_ASIC, skipped

pytestmark = [
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(vm_missing()), reason=f"no virtual machine here: {vm_missing()}"),
    pytest.mark.skipif(
        not os.environ.get("MACHINES_OF_SONICFAB_TESTS"), reason="takes minutes: `make vm-test` boots a whole machine"
    ),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("examples")
    try:
        root = ready_root(Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"]).with_name("vm"))
    except RuntimeError as err:
        pytest.skip(f"no virtual machine here: {err}")
    if lacking := python_lacks(root.python):
        pytest.skip(lacking)
    with powered(root, folder, work_disk(folder / "work", root.python)) as machine:
        yield machine


@pytest.mark.parametrize("inventory", ["servers-2x2", "hall-oob"])
def test_an_example_is_green_over_real_bonds_and_vlans(
    machine: Machine, sonicfab: Run, tmp_path: Path, inventory: str
) -> None:
    done = sonicfab("render", *example_files(inventory), "-o", tmp_path)
    assert done.returncode == 0, done.stderr
    machine.put(tmp_path, f"/var/tmp/{inventory}")
    files = f"-i inventories/{inventory}.yml -t topologies/{EXAMPLES[inventory]}.yml"
    beside = f"cd /srv/sonicfab && {SONICFAB}"
    machine.run(f"{beside} lab up {files} --from /var/tmp/{inventory} --name {inventory} --hosts")
    try:
        done = machine.run(
            f"{beside} verify {files} --lab-name {inventory} --timeout 400 --json /var/tmp/{inventory}.json",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(machine.run(f"cat /var/tmp/{inventory}.json").stdout)
        channels = [one["status"] for one in report["results"] if one["check"] == "portchannel"]
        assert set(channels) == {"ok"}, "none is skipped: the kernel speaks LACP"
        assert skipped(report) - {NO_ASIC, "chronyc: not found"} == set(), "and a lab has the clock of its machine"
    finally:
        machine.run(f"{SONICFAB} lab down --name {inventory}")
