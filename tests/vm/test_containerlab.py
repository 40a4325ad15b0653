"""containerlab as it comes, on a stock kernel with Debian's Docker: the tests of its labs, run in a machine.

Its program is not a package of Debian's: it is taken from $CONTAINERLAB or the path, and without it this is skipped.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import SLOWEST
from sonicfab.lab.debian import make_tar
from sonicfab.lab.image import RELEASE
from vm.checkout import python_lacks, work_disk
from vm.machine import Machine, powered
from vm.root import ready_root, vm_missing

_CONTAINERLAB = os.environ.get("CONTAINERLAB") or shutil.which("containerlab")
_DOCKER = ("debootstrap", "docker.io", "iptables")
_DEBIANS = ("docker-cli",)
"""What is a package of its own there; Ubuntu's docker.io has it in it."""
_DEBIAN = 13
"""The first with a Docker that containerlab's kind sonic-vm can do with (API 1.44)."""
_MEASURED = 3000
"""Seconds that the tests of a lab may take where every instruction is emulated."""

pytestmark = [
    pytest.mark.vm,
    pytest.mark.slow,
    pytest.mark.timeout(_MEASURED + 900),  # the first time, two Debians are made
    pytest.mark.skipif(bool(vm_missing()), reason=f"no virtual machine here: {vm_missing()}"),
    pytest.mark.skipif(
        not os.environ.get("MACHINES_OF_SONICFAB_TESTS"), reason="takes minutes: `make vm-test` boots a whole machine"
    ),
    pytest.mark.skipif(not _CONTAINERLAB, reason="no containerlab here: neither in $CONTAINERLAB nor in the path"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder, cache = tmp_path_factory.mktemp("docker"), Path(os.environ["DEBIAN_OF_SONICFAB_TESTS"])
    debian = cache / f"{RELEASE}.tar"
    if not debian.exists():
        cache.mkdir(parents=True, exist_ok=True)
        make_tar(RELEASE, debian)
    program = folder / "containerlab"
    shutil.copy2(str(_CONTAINERLAB), program)
    try:
        packages = (*_DOCKER, *(_DEBIANS if platform.freedesktop_os_release()["ID"] == "debian" else ()))
        root = ready_root(cache.with_name("vm"), *packages, debian=_DEBIAN)
    except RuntimeError as err:
        pytest.skip(f"no virtual machine here: {err}")
    if lacking := python_lacks(root.python):
        pytest.skip(lacking)
    with powered(root, folder, work_disk(folder / "work", root.python, debian, program, tests=True)) as machine:
        yield machine


def test_its_labs_are_as_the_tests_of_them_say(machine: Machine) -> None:
    machine.run(f"mkdir -p /var/tmp/cache/sonicfab/image && ln -s /srv/{RELEASE}.tar /var/tmp/cache/sonicfab/image/")
    # a push writes its report where it is typed, and /srv is read-only
    over = "lowerdir=/srv/sonicfab,upperdir=up,workdir=in"
    machine.run(f"cd /var/tmp && mkdir up in sonicfab && mount -t overlay over -o {over} sonicfab")
    environment = "TMPDIR=/var/tmp XDG_CACHE_HOME=/var/tmp/cache PATH=/srv:$PATH"
    options = f"-v --durations=0 --durations-min=1 -n 0 -p no:cacheprovider -o timeout={_MEASURED}"
    inside = f"cd /var/tmp/sonicfab && {environment} /srv/venv/bin/python -um pytest {options} tests/test_clab_lab.py"
    # whoever waits can follow it on the console
    done = machine.run(f"set -o pipefail; ({inside}) 2>&1 | tee /dev/ttyS0", check=False, seconds=SLOWEST * _MEASURED)
    told = done.stdout[-8000:]
    assert done.returncode == 0, told + done.stderr
    assert re.fullmatch(r"=+ \d+ passed in .* =+", told.strip().splitlines()[-1]), f"none is skipped: {told}"
