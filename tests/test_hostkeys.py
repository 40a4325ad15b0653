"""The host keys of one host, out of files as OpenSSH writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import paramiko
import pytest
from paramiko.hostkeys import HostKeyEntry

from sonicfab.errors import InputError
from sonicfab.transport.hostkeys import known_keys, name_of
from sonicfab.transport.ssh import SshTransport
from sonicfab.transport.target import SshTarget

SPINE, LEAF = "10.0.0.1", "[10.0.0.2]:2222"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """`TYPE KEY` of some hosts; the second is of another type."""
    folder = tmp_path_factory.mktemp("keys")
    kinds = ("ed25519", "ecdsa", "ed25519")
    for number, kind in enumerate(kinds):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / str(number))], check=True)
    return [" ".join((folder / f"{number}.pub").read_text().split()[:2]) for number in range(len(kinds))]


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "known_hosts"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def _texts(found: dict[str, paramiko.PKey]) -> list[str]:
    return [f"{kind} {key.get_base64()}" for kind, key in found.items()]


@pytest.mark.parametrize("hashed", [False, True])
def test_it_is_what_paramiko_reads(tmp_path: Path, keys: list[str], *, hashed: bool) -> None:
    file = _file(
        tmp_path,
        "# switches",
        "",
        f"{SPINE},spine.example {keys[0]}",
        f"{LEAF} {keys[2]} a comment",
        f"{SPINE} {keys[1]}",
        f"{SPINE} {keys[2]}",  # the first of a type counts
        f"10.0.0.3 {keys[1]}",
    )
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(file)], check=True, capture_output=True)
        assert SPINE not in file.read_text()
    whole = paramiko.HostKeys(str(file))
    for host in (SPINE, "spine.example", LEAF, "10.0.0.3", "10.0.0.2", "10.0.0.9"):
        theirs = whole.lookup(host)
        assert known_keys(str(file), host) == dict(theirs or {}), host
    assert _texts(known_keys(str(file), SPINE)) == keys[:2]


def test_a_bad_line_says_nothing_and_hides_nothing(tmp_path: Path, keys: list[str]) -> None:
    odd = (f"{SPINE} ssh-ed25519 A", f"{SPINE}", f"|1|x|y {keys[0]}", f"|1| {keys[0]}", f"{SPINE} ssh-new AAAA", "\0")
    file = _file(tmp_path, *odd, f"@revoked {SPINE} {keys[0]}", f"{SPINE} {keys[1]}")
    assert _texts(known_keys(str(file), SPINE)) == [keys[1]]


def test_a_file_that_changed_is_read_anew_and_one_that_is_gone_knows_nothing(tmp_path: Path, keys: list[str]) -> None:
    file = _file(tmp_path, f"{SPINE} {keys[0]}")
    assert _texts(known_keys(str(file), SPINE)) == [keys[0]]
    _file(tmp_path, f"{SPINE} {keys[1]}")
    assert _texts(known_keys(str(file), SPINE)) == [keys[1]]
    file.unlink()
    assert known_keys(str(file), SPINE) == {}
    file.mkdir()
    # it is there, and nobody can say what it knows
    said = "the host keys in .*known_hosts cannot be read: Is a directory"
    with pytest.raises(InputError, match=said):
        known_keys(str(file), SPINE)
    with pytest.raises(InputError, match=said):
        SshTransport(SshTarget("127.0.0.1", 1, "admin", "x", known_hosts=str(file), agent=False, use_user_config=False))


def test_of_a_long_file_only_the_lines_of_the_host_become_keys(
    tmp_path: Path, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _file(tmp_path, *(f"10.1.{number // 250}.{number % 250} {keys[0]}" for number in range(1000)))
    made: list[str] = []
    entry = HostKeyEntry.from_line

    def counted(line: str, number: int) -> HostKeyEntry | None:
        made.append(line)
        return entry(line, number)

    monkeypatch.setattr(HostKeyEntry, "from_line", counted)
    for number in range(20):
        assert _texts(known_keys(str(file), f"10.1.0.{number}")) == [keys[0]]
    assert len(made) == 20


def test_a_port_of_its_own_is_part_of_the_name() -> None:
    assert (name_of("10.0.0.2", 22), name_of("10.0.0.2", 2222)) == ("10.0.0.2", LEAF)
