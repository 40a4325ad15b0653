"""What this machine lacks for a lab, and the command that mends it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from sonicfab.lab.debian import this_machine

_PACKAGES = {
    "zebra": ("/usr/lib/frr/zebra", "frr"),
    "vtysh": ("/usr/bin/vtysh", "frr"),
    "redis-server": ("/usr/bin/redis-server", "redis-server"),
    "redis-cli": ("/usr/bin/redis-cli", "redis-tools"),
    "sshd": ("/usr/sbin/sshd", "openssh-server"),
    "ip": ("/usr/sbin/ip", "iproute2"),
    "ping": ("/usr/bin/ping", "iputils-ping"),
    "unshare": ("/usr/bin/unshare", "util-linux"),
    "hostname": ("/usr/bin/hostname", "hostname"),
    "sysctl": ("/usr/sbin/sysctl", "procps"),
}
Status = Literal["ok", "missing", "limited"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the lab needs; `limited` is what it can do without."""

    subject: str
    status: Status
    said: str
    mend: str = ""


def examine() -> list[Requirement]:
    """Look at everything that the lab needs here, as the user who asks."""
    rootless = os.geteuid() != 0
    findings = list(_programs())
    findings += _merged_usr()
    findings += _user_namespaces() if rootless else [Requirement("privileges", "ok", "root")]
    if not any(finding.status == "missing" for finding in findings):
        findings += _kernel(rootless=rootless)
    findings += _lldp(rootless=rootless)
    findings += [_traceroute(), _fpm_module()]
    return findings


def missing(findings: list[Requirement]) -> list[Requirement]:
    """What keeps the lab from starting."""
    return [finding for finding in findings if finding.status == "missing"]


def examine_containerlab() -> list[Requirement]:
    """Look at what `lab up --backend containerlab` needs besides an image."""
    findings = [_containerlab(), *_docker()]
    if not Path("/proc/modules").exists():
        said = "the kernel has no /proc/modules: containerlab 0.79 refuses to deploy on it"
        findings.append(Requirement("containerlab: kernel modules", "limited", said, "a kernel with loadable modules"))
    return findings


def optional(findings: list[Requirement]) -> list[Requirement]:
    """The same findings where nothing depends on them."""
    return [replace(one, status="limited") if one.status == "missing" else one for one in findings]


def _containerlab() -> Requirement:
    program = shutil.which("containerlab")
    if program is None:
        said = "not there: no `sonicfab lab up --backend containerlab`"
        return Requirement("containerlab", "missing", said, "https://containerlab.dev/install/ says how to install it")
    done = subprocess.run(
        [program, "version"],
        capture_output=True,
        text=True,
        env={**os.environ, "CLAB_VERSION_CHECK": "disable"},
        check=False,
    )
    match = re.search(r"version:\s*(\S+)", done.stdout)
    return Requirement("containerlab", "ok", match[1] if match else "of an unknown version")


def _docker() -> Iterator[Requirement]:
    if shutil.which("docker") is None:
        yield Requirement("Docker", "missing", "docker is not there", _install(["docker.io"]))
        return
    form = "{{.Server.Version}}"
    done = subprocess.run(["docker", "version", "--format", form], capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["it does not answer"])[-1]
        yield Requirement("Docker", "missing", why, "start the Docker service, or set DOCKER_HOST")
    else:
        yield Requirement("Docker", "ok", done.stdout.strip())


def _programs() -> Iterator[Requirement]:
    packages: list[str] = []
    for name, (path, package) in _PACKAGES.items():
        if not Path(path).exists():
            packages.append(package)
            yield Requirement(name, "missing", f"{path} is not there", _install([package]))
        elif name == "zebra":
            yield Requirement("FRR", "ok", this_machine().frr or "of an unknown version")
    if not packages:
        yield Requirement("programs", "ok", "all there")


def _merged_usr() -> Iterator[Requirement]:
    if not Path("/bin").is_symlink():
        yield Requirement("/usr", "missing", "/bin is not a link to /usr/bin", _install(["usrmerge"]))


def _user_namespaces() -> Iterator[Requirement]:
    if shutil.which("newuidmap") is None:
        yield Requirement("user namespaces", "missing", "newuidmap is not there", _install(["uidmap"]))
        return
    user = os.environ.get("USER", "") or str(os.getuid())
    for file in ("/etc/subuid", "/etc/subgid"):
        try:
            text = Path(file).read_text(encoding="utf-8")
        except OSError:
            text = ""
        if not re.search(rf"^({re.escape(user)}|{os.getuid()}):", text, re.MULTILINE):
            mend = f"sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"
            yield Requirement("subordinate ids", "missing", f"{file} has no range for {user}", mend)
            return
    # a namespace alone first: where none is given, util-linux leaves a helper of --map-auto behind that waits for ever
    for command in (["true"], ["--map-root-user", "--map-auto", "--net", "ip", "link", "set", "lo", "up"]):
        done = subprocess.run(["unshare", "--user", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            break
    else:
        yield Requirement("user namespaces", "ok", "allowed")
        return
    why = (done.stderr.strip().splitlines() or ["refused"])[-1]
    yield Requirement("user namespaces", "missing", why, _userns_mend())


def _userns_mend() -> str:
    switches = (
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu 23.10 and later
        ("kernel/unprivileged_userns_clone", "0", "1"),  # Debian before 11
        ("user/max_user_namespaces", "0", "15000"),
    )
    for name, bad, good in switches:
        file = Path("/proc/sys") / name
        if file.exists() and file.read_text(encoding="utf-8").strip() == bad:
            return f"sudo sysctl -w {name.replace('/', '.')}={good}, or run the lab with sudo"
    return "run the lab with sudo"


def _kernel(*, rootless: bool) -> Iterator[Requirement]:
    """Try what the lab does, in namespaces that end with the test."""
    user = ["--user", "--map-root-user", "--map-auto"] if rootless else []
    over = "mount -t tmpfs t /mnt && mkdir /mnt/a &&"
    tests = (
        ("veth", "ip link add va type veth peer name vb", "missing"),
        ("overlay", f"{over} mount -t overlay o -o lowerdir=/mnt/a:/usr /mnt", "missing"),
        ("dummy", "ip link add va type dummy", "limited"),
        ("vrf", "ip link add va type vrf table 10", "limited"),
    )
    for name, script, status in tests:
        command = ["unshare", *user, "--mount", "--net", "sh", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield Requirement(f"kernel: {name}", "ok", "there")
            continue
        said = {
            "dummy": "not there: Loopback0 will be a bridge without members",
            "vrf": "not there: the VRF mgmt is configured but not made",
        }.get(name, (done.stderr.strip().splitlines() or ["refused"])[-1])
        limited: Status = "limited" if status == "limited" else "missing"
        yield Requirement(f"kernel: {name}", limited, said, f"sudo modprobe {name}")


def _lldp(*, rootless: bool) -> Iterator[Requirement]:
    program = shutil.which("lldpd") or "/usr/sbin/lldpd"
    if not Path(program).exists():
        yield Requirement("lldpd", "limited", "not there: no LLDP in the lab", _install(["lldpd"]))
        return
    client = shutil.which("lldpcli") or "/usr/sbin/lldpcli"
    if rootless and not os.access(client, os.X_OK):
        said = f"{client} is for root and its group alone: no LLDP in a lab without root"
        yield Requirement("lldpd", "limited", said, f"sudo chmod o+rx {client}")
    else:
        yield Requirement("lldpd", "ok", "there")


def _traceroute() -> Requirement:
    if shutil.which("traceroute"):
        return Requirement("traceroute", "ok", "there")
    return Requirement("traceroute", "limited", "not there: nor has a lab switch one", _install(["traceroute"]))


def _fpm_module() -> Requirement:
    for module in Path("/usr/lib").glob("**/frr/modules/dplane_fpm_nl.so"):
        return Requirement("FRR: dplane_fpm_nl", "ok", str(module))
    said = "not there: FRR will not know the fpm lines of frr.conf"
    return Requirement("FRR: dplane_fpm_nl", "limited", said, _install(["frr"]))


def _install(packages: list[str]) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install --no-install-recommends {' '.join(packages)}"
