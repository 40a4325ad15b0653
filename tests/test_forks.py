"""A command that is forked is the command that a user starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Run, example_files


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["render", "-i", "nosuch.yml", "-t", "nosuch.yml"], 2),
        (["nosuch"], 2),
        (["explain", *example_files("scs-lab"), "st01-sw25g-r01-u34", "PORT", "Ethernet76", "fec"], 0),
    ],
)
def test_it_says_and_ends_as_a_process_of_its_own(words: list[str], code: int, sonicfab: Run, tmp_path: Path) -> None:
    alone = subprocess.run(
        [sys.executable, "-m", "sonicfab", *words],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    forked = sonicfab(*words, cwd=tmp_path)
    assert alone.returncode == code, alone.stderr
    assert (forked.returncode, forked.stdout, forked.stderr) == (code, alone.stdout, alone.stderr)


def test_each_has_its_own_folder_and_environment(sonicfab: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        done = sonicfab("render", *example_files("scs-lab"), cwd=tmp_path / name, SONICFAB_OUTPUT=f"out-{name}")
        assert done.returncode == 0, done.stderr
        assert [one.name for one in (tmp_path / name).iterdir()] == [f"out-{name}"]
