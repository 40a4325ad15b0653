"""The guard that keeps the test suite on this machine really does."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT, Run, example_files

REFUSED = ["10.10.23.110", "192.0.2.11", "2001:db8::1", "example.invalid"]


@pytest.mark.parametrize("host", REFUSED)
def test_this_process_cannot_leave(host: str) -> None:
    with pytest.raises(OSError, match="loopback alone"):
        socket.create_connection((host, 22), timeout=1)


@pytest.mark.parametrize("host", REFUSED)
def test_a_child_cannot_leave(host: str) -> None:
    code = f"import socket; socket.create_connection(({host!r}, 22), timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "loopback alone" in done.stderr


def test_a_module_of_the_same_name_does_not_keep_the_guard_away(tmp_path: Path) -> None:
    """Debian's Python has one, and has loaded it by the time the tests begin."""
    (tmp_path / "sitecustomize.py").write_text("theirs = True\n")
    code = "import sitecustomize, socket; assert sitecustomize.theirs; import conftest; "
    code += "socket.create_connection(('192.0.2.11', 22), timeout=1)"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'tests'}"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert "loopback alone" in done.stderr


def test_a_network_that_a_test_has_made_is_allowed() -> None:
    code = "import socket; socket.create_connection(('192.0.2.11', 22), timeout=1)"
    own = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace can be made here")
    done = subprocess.run([*own, sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr, "refused by nobody, and there is no way out"


def test_loopback_is_allowed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=1) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_push_to_the_inventorys_own_addresses_is_refused(sonicfab: Run) -> None:
    """What an example says of real switches can never be reached from a test, whatever the test does."""
    done = sonicfab("push", *example_files("scs-lab"), "--dry-run")
    assert done.returncode == 3
    assert done.stdout.count("the test suite talks to loopback alone") == 3
