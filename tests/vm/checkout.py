"""This checkout and its Python packages as a disk: a machine without network has all that sonicfab needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
_SYSTEMS = Path(f"/usr/bin/python{PYTHON}")
"""The distribution's own: a later release has the libraries that it wants, too."""
SONICFAB = "/srv/venv/bin/sonicfab"
_CHECKED_OUT = ("src", "templates", "inventories", "topologies")
_TESTED_BY = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis")


def work_disk(target: Path, python: str, *beside: Path, tests: bool = False) -> Path:
    """Write the disk: /srv/sonicfab, and /srv/venv with what it needs of the Python that runs the tests.

    With the files `beside`, and the `tests` with what they need, where asked for. Time stamps stay, so that what was
    compiled counts. A machine whose Python is of another version than these packages are for has this one as well.
    """
    here = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory(prefix="work-", dir=target.parent) as folder:
        stage = Path(folder)
        for name in (*_CHECKED_OUT, *(["tests"] if tests else [])):
            shutil.copytree(here / name, stage / "sonicfab" / name)
        packages = stage / "venv" / "lib" / f"python{PYTHON}" / "site-packages"
        seen: set[str] = set()
        for name in ("sonicfab[fast]", *(_TESTED_BY if tests else ())):
            for one in _needed(name, seen):
                _copy(one, packages)
        (packages / "sonicfab.pth").write_text("/srv/sonicfab/src\n")
        home = "/usr/bin"
        if python != PYTHON and _SYSTEMS.exists():
            home = "/srv/python/bin"
            _copy_python(stage / "python")
        (stage / "venv" / "pyvenv.cfg").write_text(f"home = {home}\n")
        programs = stage / "venv" / "bin"
        programs.mkdir()
        (programs / "python").symlink_to(f"{home}/python3")
        (programs / "sonicfab").write_text('#!/bin/sh\nexec /srv/venv/bin/python -m sonicfab "$@"\n')
        (programs / "sonicfab").chmod(0o755)
        shutil.copy2(here / "pyproject.toml", stage / "sonicfab")
        for file in beside:
            shutil.copy2(file, stage / file.name)
        with target.open("wb") as disk:
            disk.truncate(1 << 30)
        make = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(stage), str(target)]
        subprocess.run(make, check=True)
    return target


def python_lacks(python: str) -> str:
    """Why a machine with that version of Python cannot use the disk; "" when it can."""
    if python == PYTHON or _SYSTEMS.exists():
        return ""
    return f"the packages here are for Python {PYTHON}, the machine has {python}, and there is no {_SYSTEMS}"


def _copy_python(target: Path) -> None:
    library = Path("lib") / _SYSTEMS.name
    unused = shutil.ignore_patterns("config-*", "dist-packages", "ensurepip", "idlelib", "lib2to3", "test", "tkinter")
    shutil.copytree(Path("/usr") / library, target / library, ignore=unused)
    (target / "bin").mkdir()
    shutil.copy2(_SYSTEMS, target / "bin" / "python3")


def _copy(one: Distribution, packages: Path) -> None:
    for path in one.files or ():
        if ".." not in path.parts and path.suffix != ".pth":
            (packages / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(str(path.locate()), packages / path)


def _needed(name: str, seen: set[str]) -> Iterator[Distribution]:
    """What is installed of a requirement and of what it requires; the first is this checkout itself."""
    wanted = Requirement(name)
    one = distribution(wanted.name)
    seen.add(wanted.name)
    yield one
    for text in one.requires or ():
        inner = Requirement(text)
        here = not inner.marker or any(inner.marker.evaluate({"extra": extra}) for extra in (*wanted.extras, ""))
        if here and inner.name not in seen:
            yield from _needed(f"{inner.name}[{','.join(inner.extras)}]", seen)
