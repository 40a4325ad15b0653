"""SSH on real connections: to lab switches, through one to another, and to what is no SSH server."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Run
from labs import LEAF1, SPINE, Lab, booted, needs_lab
from sonicfab.errors import (
    CommandTimeoutError,
    HostKeyError,
    InputError,
    LoginError,
    SwitchError,
    TransportError,
    UnreadableError,
)
from sonicfab.transport.ssh import SshTransport
from sonicfab.transport.target import SshTarget


@pytest.fixture(scope="module")
def lab(sonicfab: Run) -> Iterator[Lab]:
    with booted(sonicfab, "ssh") as one:
        yield one


def target_of(lab: Lab, switch: str = SPINE) -> SshTarget:
    state = lab.state
    return SshTarget(
        "127.0.0.1",
        state.node(switch).port,
        "admin",
        key=state.key,
        known_hosts=str(state.known_hosts),
        agent=False,
        use_user_config=False,
    )


@contextmanager
def connected(target: SshTarget) -> Iterator[SshTransport]:
    with closing(SshTransport(target)) as transport:
        yield transport


pytestmark = pytest.mark.timeout(120)
lab_tests = [pytest.mark.lab, needs_lab[1]]


class TestOnALabSwitch:
    pytestmark = lab_tests

    def test_exit_codes_and_both_outputs(self, lab: Lab) -> None:
        with connected(target_of(lab)) as transport:
            result = transport.run("echo out; echo err >&2; exit 3")
            assert (result.exit_code, result.stdout, result.stderr, result.ok) == (3, "out\n", "err\n", False)
            assert result.said == "err"
            assert transport.run("true").ok

    def test_no_packet_is_held_back(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        """With Nagle's algorithm each command takes 40 ms more, and a login twice that."""
        opened: list[socket.socket] = []
        create = socket.create_connection

        def kept(*arguments: Any) -> socket.socket:
            opened.append(create(*arguments))
            return opened[-1]

        monkeypatch.setattr(socket, "create_connection", kept)
        with connected(target_of(lab)):
            assert [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in opened] == [1]

    def test_nothing_wakes_while_a_switch_thinks(self, lab: Lab) -> None:
        """And what waits for long ends as soon as the connection is closed."""
        transport = SshTransport(target_of(lab))
        (thread,) = (one for one in threading.enumerate() if one is transport._transport)
        pause = transport._transport.sock.gettimeout()
        assert pause is not None
        assert pause >= 1
        transport.close()
        thread.join(pause / 2)
        assert not thread.is_alive()

    def test_much_output_and_much_input(self, lab: Lab) -> None:
        text = "x" * 79 + "\n"
        with connected(target_of(lab)) as transport:
            result = transport.run("cat; seq 100000 >&2", stdin=text.encode() * 50000)
            assert len(result.stdout) == 80 * 50000
            assert result.stderr.endswith("100000\n")

    def test_files(self, lab: Lab) -> None:
        content = bytes(range(256)) * 100
        with connected(target_of(lab)) as transport:
            transport.put("grün\n".encode() + content[:0], "/tmp/it's a file")
            assert transport.get("/tmp/it's a file").decode() == "grün\n"
            transport.put(content, "/tmp/binary")
            assert transport.run("wc -c < /tmp/binary; stat -c %a /tmp/binary").stdout.split() == ["25600", "600"]
            with pytest.raises(SwitchError, match="cannot write /nosuch/file on the switch"):
                transport.put(b"x", "/nosuch/file")
            with pytest.raises(SwitchError, match="cannot read /nosuch"):
                transport.get("/nosuch")

    def test_a_file_is_written_whole_or_not_at_all(self, lab: Lab) -> None:
        lab.inside(SPINE, "mkdir -p /small && mount -t tmpfs -o size=64k small /small && echo old > /small/f")
        with connected(target_of(lab)) as transport:
            with pytest.raises(SwitchError, match="No space left on device"):
                transport.put(b"x" * 200000, "/small/f")
            assert transport.get("/small/f") == b"old\n"
            assert transport.run("ls -A /small").stdout == "f\n"

    def test_a_command_that_does_not_end(self, lab: Lab) -> None:
        started = time.monotonic()
        with connected(target_of(lab)) as transport:
            with pytest.raises(CommandTimeoutError, match="no answer within 1 s to: sleep 60"):
                transport.run("sleep 60", timeout=1)
            assert transport.run("true").ok, "the connection is still of use"
        assert time.monotonic() - started < 20

    def test_a_command_that_prints_without_end(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sonicfab.transport.ssh.MAX_OUTPUT", 1 << 20)
        with connected(target_of(lab)) as transport:
            with pytest.raises(UnreadableError, match="printed more than 1 MB"):
                transport.run("yes", timeout=30)
            assert transport.run("echo still here").stdout == "still here\n"

    def test_a_connection_that_breaks(self, lab: Lab) -> None:
        with connected(target_of(lab)) as transport, pytest.raises(TransportError, match="the connection broke"):
            transport.run("kill -9 $PPID; sleep 5")

    def test_an_unknown_host_key(self, lab: Lab, tmp_path: Path) -> None:
        with pytest.raises(HostKeyError, match="is not known") as caught:
            SshTransport(replace(target_of(lab), known_hosts=str(tmp_path / "empty")))
        assert "compare the key" in caught.value.hint

    def test_another_host_key(self, lab: Lab, tmp_path: Path) -> None:
        lines = lab.state.known_hosts.read_text().splitlines()
        spine, leaf = target_of(lab).port, target_of(lab, LEAF1).port
        key = next(line.split(" ", 1)[1] for line in lines if line.startswith(f"[127.0.0.1]:{leaf} "))
        (tmp_path / "known").write_text(f"[127.0.0.1]:{spine} {key}\n")
        with pytest.raises(HostKeyError, match="another host key than the known one") as caught:
            SshTransport(replace(target_of(lab), known_hosts=str(tmp_path / "known")))
        assert f"ssh-keygen -R '[127.0.0.1]:{spine}'" in caught.value.hint

    def test_a_refused_login(self, lab: Lab) -> None:
        with pytest.raises(LoginError, match="refused the login"):
            SshTransport(replace(target_of(lab), key=None, password="wrong"))
        with pytest.raises(LoginError):
            SshTransport(replace(target_of(lab), user="root"))

    def test_a_key_as_text(self, lab: Lab) -> None:
        with connected(replace(target_of(lab), key=lab.state.key.read_text())) as transport:
            assert transport.run("true").ok
        with pytest.raises(InputError, match="not an OpenSSH private key"):
            SshTransport(replace(target_of(lab), key="nonsense"))
        with pytest.raises(InputError, match="is not there"):
            SshTransport(replace(target_of(lab), key=Path("/nosuch")))

    def test_through_a_jump_host(self, lab: Lab) -> None:
        """From this machine into one switch, and from there over a cable to another."""
        address = "10.99.0.{}/30"
        assert lab.inside(LEAF1, f"ip addr add {address.format(1)} dev Ethernet76").code == 0
        assert lab.inside(SPINE, f"ip addr add {address.format(2)} dev Ethernet116").code == 0
        assert lab.inside(SPINE, "/usr/sbin/sshd -f /etc/ssh/sshd_config -o PidFile=/run/jump.pid").code == 0
        known = lab.state.known_hosts.read_text().splitlines()
        spine = next(line.split(" ", 1)[1] for line in known if line.startswith(f"[127.0.0.1]:{target_of(lab).port} "))
        lab.state.known_hosts.write_text("\n".join([*known, f"10.99.0.2 {spine}"]) + "\n")
        jump = target_of(lab, LEAF1)
        with connected(replace(target_of(lab), host="10.99.0.2", port=22, jump=jump)) as transport:
            assert transport.run("cat /etc/sonic/sonicfab-lab.json").stdout.count(SPINE) == 1
        with pytest.raises(TransportError, match=r"cannot reach 10\.99\.0\.2:23"):
            SshTransport(replace(target_of(lab), host="10.99.0.2", port=23, jump=jump))

    def test_a_target_does_not_tell_its_secrets(self, lab: Lab) -> None:
        target = replace(target_of(lab), password="hunter2", passphrase="hunter3")
        assert "hunter" not in f"{target} {target!r}"


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(TransportError, match=f"cannot reach admin@127.0.0.1:{port}"):
        SshTransport(SshTarget("127.0.0.1", port, "admin", password="x", agent=False, use_user_config=False))


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_something_else_listens(greeting: bytes) -> None:
    """It says nothing, or something that is not SSH: a clear sentence after the time-out."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            connection.sendall(greeting)
            time.sleep(3)
            connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        target = SshTarget(
            "127.0.0.1", server.getsockname()[1], "admin", password="x", agent=False, use_user_config=False
        )
        with pytest.raises(TransportError, match="cannot reach admin@"):
            SshTransport(target, connect_timeout=1)
        thread.join()


def test_user_config_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HostName and Port of ~/.ssh/config count."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(f"Host myswitch\n  HostName 127.0.0.1\n  Port {port}\n")
    with pytest.raises(
        TransportError, match=rf"cannot reach admin@myswitch:22: Connection refused \(127.0.0.1 port {port}\)"
    ):
        SshTransport(SshTarget("myswitch", 22, "admin", password="x", agent=False))
