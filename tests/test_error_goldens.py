"""Bad input beside the exact text that the user sees.

tests/errors/CASE/ holds the files in which it differs from tests/errors/base/, and expected.txt.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import Golden, Run

ERRORS = Path(__file__).parent / "errors"
CASES = sorted(path.name for path in ERRORS.iterdir() if path.name != "base")


@pytest.mark.parametrize("case", CASES)
def test_error(case: str, tmp_path: Path, sonicfab: Run, golden: Golden) -> None:
    for folder in (ERRORS / "base", ERRORS / case):
        for file in folder.glob("*.yml"):
            shutil.copy(file, tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    done = sonicfab("render", "-i", "inventory.yml", "-t", "topology.yml", cwd=tmp_path)
    golden(ERRORS / case / "expected.txt", f"{done.stderr}exit code {done.returncode}\n")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)
    if done.returncode:
        assert done.stdout == ""
        assert sorted(path.name for path in tmp_path.iterdir()) == before, "a failed render writes nothing"


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


def test_the_base_is_good(sonicfab: Run, tmp_path: Path) -> None:
    for file in (ERRORS / "base").glob("*.yml"):
        shutil.copy(file, tmp_path)
    done = sonicfab("render", "-i", "inventory.yml", "-t", "topology.yml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_password_is_not_repeated() -> None:
    assert "YourPaSsWoRd" not in (ERRORS / "password-in-the-file" / "expected.txt").read_text()
