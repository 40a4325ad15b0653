"""This checkout and its Python packages as a disk: a machine without network has all that sonicfab needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
SONICFAB = "/srv/venv/bin/sonicfab"
_CHECKED_OUT = ("src", "templates", "inventories", "topologies")
_SPARE = ("mypy", "mypy-*", "mypyc", "ruff*", "hypothesis*", "pygments", "shellcheck*", "pip", "*.pth")


def work_disk(target: Path) -> Path:
    """Write the disk: /srv/sonicfab, and /srv/venv with the packages of the Python that runs the tests.

    A machine with the same version of Python can use it (`PYTHON`). Time stamps stay, so that what was compiled counts.
    """
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory(prefix="work-", dir=target.parent) as folder:
        stage = Path(folder)
        for name in _CHECKED_OUT:
            shutil.copytree(here / name, stage / "sonicfab" / name)
        packages = stage / "venv" / "lib" / f"python{PYTHON}" / "site-packages"
        shutil.copytree(sysconfig.get_paths()["purelib"], packages, ignore=shutil.ignore_patterns(*_SPARE))
        (packages / "sonicfab.pth").write_text("/srv/sonicfab/src\n")
        (stage / "venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
        programs = stage / "venv" / "bin"
        programs.mkdir()
        (programs / "python").symlink_to("/usr/bin/python3")
        (programs / "sonicfab").write_text('#!/bin/sh\nexec /srv/venv/bin/python -m sonicfab "$@"\n')
        (programs / "sonicfab").chmod(0o755)
        with target.open("wb") as file:
            file.truncate(1 << 30)
        make = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(stage), str(target)]
        subprocess.run(make, check=True)
    return target
