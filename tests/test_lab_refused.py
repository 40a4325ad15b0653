"""A plain user whom the machine refuses user namespaces, emulated: what the lab says of it, and how it is mended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import example_files

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can refuse itself something"),
    pytest.mark.skipif(shutil.which("newuidmap") is None, reason="package uidmap is not installed"),
]
_AS_USER = (
    "import os, runpy, sys; os.geteuid = os.getuid = lambda: 1000; "
    "sys.argv = ['sonicfab', *sys.argv[1:]]; runpy.run_module('sonicfab', run_name='__main__')"
)
_OWN = ["unshare", "--user", "--map-root-user", "--mount"]
_NONE_LEFT = "echo 0 > /proc/sys/user/max_user_namespaces"
# Ubuntu 23.10 and later: the namespace is made, and AppArmor's profile unprivileged_userns takes all rights in it away
_UBUNTU = """\
mkdir kernel && echo 1 > kernel/apparmor_restrict_unprivileged_userns && mount --bind kernel /proc/sys/kernel
printf '#!/bin/sh\\necho "RTNETLINK answers: Operation not permitted" >&2\\nexit 2\\n' > unshare && chmod 755 unshare
PATH=$PWD:$PATH"""


@pytest.mark.parametrize(
    ("refused", "said", "mend"),
    [
        (_NONE_LEFT, "No space left on device", "sudo sysctl -w user.max_user_namespaces=15000"),
        (_UBUNTU, "Operation not permitted", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ],
    ids=["none left", "as on Ubuntu"],
)
def test_it_is_said_with_the_command_that_allows_them(tmp_path: Path, refused: str, said: str, mend: str) -> None:
    (tmp_path / "ids").write_text("plain:100000:65536\n")
    ids = "mount --bind ids /etc/subuid && mount --bind ids /etc/subgid"
    for words in (["doctor"], ["up", *example_files("scs-lab"), "--name", "refused"]):
        script = f'{ids} && {refused}\nexec "$@"'
        done = subprocess.run(
            [*_OWN, "sh", "-c", script, "sh", sys.executable, "-c", _AS_USER, "lab", *words],
            env={**os.environ, "USER": "plain", "COLUMNS": "200"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        told = done.stdout + done.stderr
        assert done.returncode == 3, told
        assert said in told
        assert f"{mend}, or run the lab with sudo" in told
        assert "Traceback" not in told
        shutil.rmtree(tmp_path / "kernel", ignore_errors=True)
