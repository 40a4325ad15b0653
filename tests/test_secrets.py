"""What may be read of secrets, where logins go by the inventory, and what is printed to be copied."""

from __future__ import annotations

import shlex
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Run
from oddsshd import KEY, Odd, identity, serving
from sonicfab.access import ssh_access
from sonicfab.errors import HostKeyError, InputError
from sonicfab.fabric import open_fabric
from sonicfab.load import ALLOW_SECRETS, MASK, Secrets
from sonicfab.model.fields import SecretRef
from sonicfab.push.journal import Journal, new_id
from sonicfab.transport.ssh import SshTransport
from sonicfab.transport.target import SshTarget

FILES = ["-i", "i.yml", "-t", "t.yml"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "my site"
    (folder / "secrets").mkdir(parents=True)
    (folder / "secrets/snmp").write_text("fromfile1\n")
    (tmp_path / "outside").write_text("outside12\n")
    (folder / "secrets/link").symlink_to("../../outside")
    text = (ROOT / "inventories/scs-lab.yml").read_text().replace("  timezone: UTC", "  snmp: {community: REF}")
    (folder / "i.yml").write_text(text)
    (folder / "t.yml").write_text((ROOT / "topologies/spine-leaf-1x2.yml").read_text())
    return folder


@pytest.mark.parametrize(
    ("words", "ref", "read"),
    [
        (None, "env:SNMP_RO", True),
        ("env:SNMP_*", "env:SNMP_RO", True),
        ("env:SNMP_*", "env:AWS_SECRET_KEY", False),
        ("env:*", "file:secrets/snmp", False),
        ("file:secrets/*", "file:secrets/snmp", True),
        ("file:*", "file:secrets/snmp", False),
        ("file:secrets/*", "file:secrets/link", False),
        ("file:secrets/*", "file:secrets/../../outside", False),
        ("file:secrets/*", "file:secrets/../secrets/snmp", True),
        ("file:secrets/*", "file:/etc/hostname", False),
        ("file:/etc/*", "file:/etc/hostname", True),
        ("none", "env:SNMP_RO", False),
        ("", "env:SNMP_RO", False),
        ("env:SNMP_*,file:secrets/*", "file:secrets/snmp", True),
    ],
)
def test_only_what_is_allowed_is_read(
    words: str | None, ref: str, read: bool, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SNMP_RO", "fromenv12")
    monkeypatch.setenv("AWS_SECRET_KEY", "much")
    if words is not None:
        monkeypatch.setenv(ALLOW_SECRETS, words)
    scheme, _, name = ref.partition(":")
    secret = SecretRef("env" if scheme == "env" else "file", name)
    secrets = Secrets(site)
    if read:
        assert secrets.resolve(secret, "it")
        return
    with pytest.raises(InputError, match="may not be read here"):
        secrets.resolve(secret, "it")
    with pytest.raises(InputError, match="may not be read here"):
        secrets.path(secret)


def test_a_command_reads_only_what_is_allowed(sonicfab: Run, site: Path) -> None:
    path = site / "i.yml"
    path.write_text(path.read_text().replace("REF", "env:AWS_SECRET_KEY"))
    done = sonicfab("--allow-secrets", "env:SNMP_*", "render", *FILES, cwd=site, AWS_SECRET_KEY="much1234")
    assert done.returncode == 2
    assert "env:AWS_SECRET_KEY may not be read here" in done.stderr
    assert not list(site.rglob("config_db.json"))
    done = sonicfab("--allow-secrets", "mask", "render", *FILES, cwd=site, AWS_SECRET_KEY="much1234")
    assert done.returncode == 0
    texts = [file.read_text() for file in site.rglob("config_db.json")]
    assert len(texts) == 3
    assert all(MASK in text and "much1234" not in text for text in texts)
    assert sonicfab("validate", *FILES, "--no-yang", cwd=site, **{ALLOW_SECRETS: "mask"}).returncode == 0
    wrong = sonicfab("--allow-secrets", "SNMP_*", "render", *FILES, cwd=site)
    assert wrong.returncode == 2
    assert "'SNMP_*' is not env:PATTERN" in wrong.stderr


@pytest.mark.parametrize("command", [["push", "--yes"], ["plan"], ["diff", "--live"]], ids=" ".join)
def test_a_masked_config_is_for_no_real_switch(command: list[str], sonicfab: Run, site: Path) -> None:
    path = site / "i.yml"
    path.write_text(path.read_text().replace("REF", "env:SNMP_RO"))
    done = sonicfab(command[0], *FILES, *command[1:], cwd=site, **{ALLOW_SECRETS: "mask"})
    assert done.returncode == 2
    assert "has a masked secret: it is for no real switch" in done.stderr


def inventory(folder: Path, ssh: str) -> tuple[Path, Path]:
    (folder / "i.yml").write_text(
        f"devices:\n  sp: {{role: spine, platform: as7726-32x, mac: '02:00:00:00:00:01', ssh: {{{ssh}}},\n"
        "    management: {address: 10.66.0.1/24, gateway: 10.66.0.9}}\n"
        "  lf: {role: leaf, platform: as7326-56x, mac: '02:00:00:00:00:02', ssh: {},\n"
        "    management: {address: 10.66.0.2/24, gateway: 10.66.0.9}}\n"
    )
    (folder / "t.yml").write_text(
        "name: odd\nunderlay: unnumbered\nasn: {spine: 65501, leaf: 65401}\nloopbacks: {ipv4: 10.0.0.0/24}\n"
        "links:\n  - sp:Ethernet0 - lf:Ethernet48\n"
    )
    return folder / "i.yml", folder / "t.yml"


def test_known_hosts_are_beside_the_inventory_and_count_for_jump_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so do the password and the key."""
    seen: list[SshTarget] = []
    monkeypatch.setattr("sonicfab.transport.ssh.SshTransport", lambda target: seen.append(target))
    monkeypatch.setenv("PW", "secret")
    ssh = "user: op, password: env:PW, key: file:keys/id, known_hosts: keys/known, jump_host: hop.example, agent: false"
    fabric = open_fabric(*inventory(tmp_path, ssh))
    ssh_access(fabric.secrets).connect(fabric.plan.switches["sp"])
    target = seen[0]
    assert target.jump is not None
    for one in (target, target.jump):
        assert one.known_hosts == str(tmp_path / "keys/known")
        assert (one.user, one.password, one.key, one.agent) == ("op", "secret", tmp_path / "keys/id", False)
    assert (target.jump.host, target.jump.port) == ("hop.example", 22)


def test_the_hints_of_host_keys_work_when_typed(tmp_path: Path) -> None:
    """Also in a folder with spaces; ssh-keygen is run as it is printed."""
    folder = tmp_path / "with space"
    folder.mkdir()
    known = folder / "known"
    with serving(Odd(), identity("02:00:00:00:00:01", "x", "y")) as port:
        other = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJ1Ohn8jlFTyGHL3N+wHZqPvAbAN"
        import paramiko

        other = f"ecdsa-sha2-nistp256 {paramiko.ECDSAKey.generate().get_base64()}"
        known.write_text(f"[127.0.0.1]:{port} {other}\n")
        target = SshTarget("127.0.0.1", port, "admin", "x", known_hosts=str(known), agent=False, use_user_config=False)
        with pytest.raises(HostKeyError, match="another host key") as changed:
            SshTransport(target)
        forget = changed.value.hint.split("`")[1]
        assert subprocess.run(forget, shell=True, capture_output=True, check=False).returncode == 0
        assert known.read_text() == ""
        with pytest.raises(HostKeyError, match="is not known") as unknown:
            SshTransport(target)
        words = shlex.split(unknown.value.hint.split("`")[1])
        assert words == [
            "ssh", "-o", f'UserKnownHostsFile="{known}"', "-p", str(port), "-l", "admin", "127.0.0.1",
        ]  # fmt: skip
        # ssh reads its own option as it is printed
        shown = subprocess.run([*words[:-1], "-G", words[-1]], capture_output=True, text=True, check=True).stdout
        assert f"userknownhostsfile {known}" in shown.replace('"', "")
        known.write_text(f"[127.0.0.1]:{port} {KEY.get_name()} {KEY.get_base64()}\n")
        SshTransport(target).close()


@pytest.mark.parametrize("user", ["-oProxyCommand=x", "a b", "a;b", "$(id)", "a\\tb", "'a'", ""])
def test_a_user_that_no_shell_should_see(user: str, tmp_path: Path) -> None:
    import json

    files = inventory(tmp_path, f"user: {json.dumps(user)}")
    with pytest.raises(InputError) as caught:
        open_fabric(*files)
    assert "expected a user name" in str(caught.value.diagnostics[0]) or not user


def test_init_says_a_command_that_works_and_keeps_builds_out_of_git(sonicfab: Run, tmp_path: Path) -> None:
    done = sonicfab("init", "my $site; x", cwd=tmp_path)
    assert done.returncode == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("next: "))
    words = shlex.split(line.partition("then  ")[2])
    assert words[:2] == ["sonicfab", "render"]
    assert sonicfab(*words[1:], cwd=tmp_path).returncode in (0, 2)
    assert (tmp_path / words[3]).is_file()
    assert (tmp_path / "my $site; x/.gitignore").read_text() == "/build/\n"


def test_a_gitignore_of_the_site_stays(sonicfab: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    assert sonicfab("init", cwd=tmp_path).returncode == 0
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_journals_are_for_nobody_else(tmp_path: Path) -> None:
    """Git ignores them, and only their owner may read them."""
    folder = tmp_path / "build/fabric/push"
    with Journal(folder / new_id()).open() as journal:
        journal.keep("sw", '{"SNMP_COMMUNITY": {"s3cret": {}}}', "frr")
        journal.write_manifest({"switches": {}})
        journal.note("sw", "begun")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [one for one in journal.folder.rglob("*") if one.is_file()]
    assert len(files) == 4
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    shown = subprocess.run(["git", "-C", str(tmp_path), "status", "--porcelain"], capture_output=True, check=True)
    assert shown.stdout == b""
