"""The wheel and the sdist, as a release makes them; `make dist` builds them and installs the wheel alone."""

from __future__ import annotations

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from conftest import EXAMPLES, ROOT, example_files

DIST = ROOT / "build" / "dist"
BIN = ROOT / "build" / "wheel-venv" / "bin"
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.j2"))
FACTS = sorted(
    str(path.relative_to(ROOT / "src")) for path in (ROOT / "src" / "sonicfab" / "data").rglob("*") if path.is_file()
)

pytestmark = pytest.mark.skipif(not (BIN / "sonicfab").exists(), reason="not built: `make dist` (or `make test`)")


def only(pattern: str) -> Path:
    found = list(DIST.glob(pattern))
    assert len(found) == 1, found
    return found[0]


def test_the_wheel_has_templates_and_facts() -> None:
    with zipfile.ZipFile(only("*.whl")) as wheel:
        names = set(wheel.namelist())
    assert TEMPLATES
    assert {f"sonicfab/{name}" for name in TEMPLATES} <= names
    assert set(FACTS) <= names
    assert {
        "sonicfab/py.typed",
        "custom_napalm/sonic.py",
        "custom_napalm/sonicfab.py",
        "sonicfab/switch/guard.sh",
    } <= names
    # NAPALM's command line stops at a module whose name begins with `napalm` and is no distribution's
    assert not [name for name in names if name.startswith(("napalm", "custom_napalm/__init__"))]
    assert not [name for name in names if name.endswith(".pyc") or name.startswith(("tests", "build"))]


def test_the_sdist_can_be_built_and_tested() -> None:
    with tarfile.open(only("*.tar.gz")) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {*TEMPLATES, *(f"src/{name}" for name in FACTS)} <= names
    assert {"pyproject.toml", "README.md", "Makefile", "scripts/make-venv", "tests/conftest.py", ".ci/run"} <= names
    assert {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} <= names


def test_the_wheel_says_its_licence_and_where_it_is_from() -> None:
    with zipfile.ZipFile(only("*.whl")) as wheel:
        (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        told = wheel.read(metadata).decode()
        (licence,) = (name for name in wheel.namelist() if name.endswith("/licenses/LICENSE"))
        assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: Apache-2.0\n" in told
    assert "Project-URL: Homepage, https://github.com/SovereignCloudStack/sonicfab\n" in told


def wheel_sonicfab(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONHOME")}
    return subprocess.run(
        [BIN / "sonicfab", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("inventory", EXAMPLES)
def test_the_wheel_alone_renders_the_examples(inventory: str, tmp_path: Path) -> None:
    where = subprocess.run(
        [BIN / "python", "-c", "import sonicfab; print(sonicfab.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(ROOT / "build" / "wheel-venv"), "not the checkout"
    done = wheel_sonicfab(tmp_path, "render", *example_files(inventory), "-o", "out")
    assert done.returncode == 0, done.stderr
    golden = ROOT / "tests" / "golden" / EXAMPLES[inventory]
    expected = {str(path.relative_to(golden)): path.read_text() for path in golden.rglob("*") if path.is_file()}
    made = next((tmp_path / "out").iterdir())
    assert {str(path.relative_to(made)): path.read_text() for path in made.rglob("*") if path.is_file()} == expected


def test_the_wheel_needs_no_extra(tmp_path: Path) -> None:
    assert wheel_sonicfab(tmp_path, "init", ".").returncode == 0
    assert wheel_sonicfab(tmp_path, "schema", "topology").returncode == 0
    assert wheel_sonicfab(tmp_path, "lab", "status").returncode == 0
