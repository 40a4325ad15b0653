"""The switch itself: who it is, how it is, who can log in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

import yaml

from sonicfab import yamltext
from sonicfab.errors import SwitchError, UnreadableError
from sonicfab.families import Family
from sonicfab.ipam import IpAddress, is_address
from sonicfab.switch.answers import json_object, json_value, reading, shown
from sonicfab.switch.ask import Answers, Question

_ADMIN_GROUPS = ("sudo", "admin")
"""Their members may do everything with sudo: Debian's group, and that of SONiC's own account."""
_NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")


@dataclass(frozen=True, slots=True)
class SwitchFacts:
    """Who a switch says it is; "" where it does not say.

    Attributes:
        sonic_version: /etc/sonic/sonic_version.yml.
        lab: name of the lab it is a switch of; "" for a real switch.
        lab_switch: its name in that lab.
    """

    platform: str
    hwsku: str
    serial: str
    mac: str
    sonic_version: Mapping[str, str]
    lab: str
    lab_switch: str


@dataclass(frozen=True, slots=True)
class Health:
    """How long the switch runs, and the core files that it has written since."""

    uptime: float
    cores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filesystem:
    """The file system that a path is on; `free` in bytes."""

    path: str
    free: int


@dataclass(frozen=True, slots=True)
class CameFrom:
    """Where a connection comes from, as the switch sees it, and the TCP port of the switch that it came to."""

    address: IpAddress
    port: int


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can log in."""

    name: str
    admin: bool
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """CPU -> percent busy; memory in KiB."""

    cpus: dict[int, float]
    memory: int
    memory_available: int


@reading("what it says of itself")
def facts(answers: Answers) -> SwitchFacts:
    """From the answers to IDENTITY.

    Raises:
        SwitchError: an answer is not what SONiC gives.
    """
    platform, lab = answers.get(IDENTITY_PLATFORM), answers.get(IDENTITY_LAB)
    serial = platform.get("serial") or ""
    return SwitchFacts(
        platform=platform.get("platform") or "",
        hwsku=platform.get("hwsku") or "",
        serial="" if serial == "N/A" else serial,
        mac=answers.get(IDENTITY_MAC),
        sonic_version=answers.get(IDENTITY_VERSION),
        lab=lab.get("lab", ""),
        lab_switch=lab.get("switch", ""),
    )


def _sonic_version(text: str) -> dict[str, str]:
    try:
        version = yamltext.value(yamltext.compose(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        version = None
    if not isinstance(version, dict):
        raise SwitchError("/etc/sonic/sonic_version.yml is not there or not YAML: is this SONiC?")
    return {name: one for name, one in version.items() if isinstance(one, str)}


@reading("df")
def filesystems(text: str) -> list[Filesystem]:
    """A line for each, below a heading.

    Raises:
        SwitchError: it is not that.
    """
    rows = [line.split(None, 1) for line in text.splitlines()[1:]]
    if not rows or not all(len(row) == 2 and row[0].isdigit() for row in rows):
        raise SwitchError(f"df: {shown(text)}")
    return [Filesystem(path.strip(), int(free) * 1024) for free, path in rows]


@reading("forwarding")
def forwarding(text: str) -> dict[Family, bool]:
    """Family -> whether the kernel forwards it.

    Raises:
        SwitchError: it is not that.
    """
    words = text.split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        raise SwitchError(f"forwarding: {shown(text)}")
    return {family: word != "0" for family, word in zip(Family, words, strict=True)}


@reading("tsa_enabled")
def tsa(text: str) -> str:
    """True, false, or "" when nobody has ever run TSA or TSB.

    Raises:
        SwitchError: it is none of them.
    """
    word = text.strip().replace("None", "")
    if word not in ("", "true", "false"):
        raise SwitchError(f"tsa_enabled: {shown(text)}")
    return word


@reading("/proc/uptime")
def health(text: str) -> Health:
    """The uptime, and a line for each core file.

    Raises:
        SwitchError: it is not that.
    """
    first, *cores = text.strip().splitlines() or [""]
    try:
        uptime = float(first.split()[0])
        if not math.isfinite(uptime):
            raise ValueError("it is no finite number")
        return Health(uptime, tuple(sorted(cores)))
    except (ValueError, IndexError) as err:
        raise UnreadableError(f"/proc/uptime: {first[:80]!r}") from err


@reading("/etc/passwd")
def accounts(text: str) -> list[Account]:
    """From /etc/passwd, /etc/group and lines of a home and a key, separated by empty lines.

    Raises:
        SwitchError: these are not the three.
    """
    parts = text.split("\n\n", 2)
    if len(parts) < 2:
        raise SwitchError("/etc/passwd or /etc/group of the switch cannot be read")
    users = [line.split(":") for line in parts[0].splitlines() if line.count(":") == 6]
    groups = [line.split(":") for line in parts[1].splitlines() if line.count(":") == 3]
    keys = [line.partition(" ") for line in (parts[2] if len(parts) > 2 else "").splitlines()]
    admin_ids = {group[2] for group in groups if group[0] in _ADMIN_GROUPS}
    admins = {name for group in groups if group[0] in _ADMIN_GROUPS for name in group[3].split(",")}
    found: list[Account] = []
    for name, _, uid, gid, _, home, shell in users:
        if shell.rpartition("/")[2] in _NO_LOGIN or not (uid == "0" or 1000 <= int(uid) < 65534):
            continue
        admin = uid == "0" or gid in admin_ids or name in admins
        own = (key.strip() for where, _, key in keys if where == home)
        found.append(Account(name, admin, tuple(key for key in own if key and not key.startswith("#"))))
    return found


@reading("/proc/stat")
def load(text: str) -> Load:
    """From /proc/stat twice, then /proc/meminfo.

    Raises:
        SwitchError: these are not the two.
    """
    ticks: dict[int, list[tuple[int, int]]] = {}
    for number, values in re.findall(r"(?m)^cpu(\d+) (.+)$", text):
        fields = [int(value) for value in values.split()][:8]  # guest time is part of user time: proc(5)
        idle = sum(fields[3:5])  # idle and iowait
        ticks.setdefault(int(number), []).append((sum(fields), idle))
    memory = {name: int(value) for name, value in re.findall(r"(?m)^(\w+): +(\d+) kB$", text)}
    if not ticks or "MemTotal" not in memory:
        raise SwitchError("/proc/stat or /proc/meminfo of the switch cannot be read")
    cpus: dict[int, float] = {}
    for number, times in ticks.items():
        (before, idle_before), (after, idle_after) = times[0], times[-1]
        passed = after - before
        cpus[number] = round(100.0 * (passed - (idle_after - idle_before)) / passed, 1) if passed > 0 else 0.0
    return Load(cpus, memory["MemTotal"], memory.get("MemAvailable", 0))


@reading("/proc/uptime")
def uptime(text: str) -> float:
    """Seconds since the start."""
    return float(text.split()[0])


@reading("df")
def free_space(text: str) -> int:
    """Bytes, of the last line."""
    return int(text.split()[-1]) * 1024


def came_from(text: str) -> CameFrom | None:
    """From `CLIENT PORT SERVER PORT` of sshd (session.c do_setup_env); None where it is no connection of SSH."""
    words = text.split()
    client = words[0] if len(words) == 4 else ""
    if not is_address(client) or not words[3].isdecimal():
        return None
    return CameFrom(ip_address(client), int(words[3]))


IDENTITY_VERSION = Question("image build", "cat /etc/sonic/sonic_version.yml", _sonic_version, "the image build")
IDENTITY_PLATFORM = Question(
    "platform",
    "show platform summary --json",
    lambda text: json_object(text, "show platform summary --json"),
    "platform, HWSKU, serial number",
)
IDENTITY_MAC = Question(
    "base MAC",
    "sudo -n sonic-cfggen -H -v DEVICE_METADATA.localhost.mac",
    lambda text: text.strip().lower(),
    "the base MAC address, from the hardware",
)
IDENTITY_LAB = Question(
    "lab",
    "cat /etc/sonic/sonicfab-lab.json 2>/dev/null || echo null",
    lambda text: json_value(text, "sonicfab-lab.json") or {},
    "whether it is a lab switch: no real one has the file",
)
IDENTITY = (IDENTITY_VERSION, IDENTITY_PLATFORM, IDENTITY_MAC, IDENTITY_LAB)
"""Who are you?"""
HOSTNAME = Question("host name", "hostname", str.strip, "the host name")
UPTIME = Question("uptime", "cat /proc/uptime", uptime, "how long it runs")
CAME_FROM = Question(
    "SSH_CONNECTION", 'echo "$SSH_CONNECTION"', came_from, "whether a control-plane ACL would shut us out"
)
FREE_SPACE = Question(
    "free space", "df --output=avail -k /etc/sonic", free_space, "whether the files of a push have room"
)
HEALTH = Question(
    "health",
    "cat /proc/uptime && "
    "{ find /var/core -maxdepth 1 -type f -newermt \"$(uptime -s)\" -printf '%f\\n' 2>/dev/null || true; }",
    health,
    "the uptime, and core files that are newer than the start",
)
DISK = Question("disk", "df -k --output=avail,target / /etc/sonic /var/log", filesystems, "how much is free, in KiB")
FORWARDING = Question(
    "forwarding",
    "cat /proc/sys/net/ipv4/conf/all/forwarding /proc/sys/net/ipv6/conf/all/forwarding",
    forwarding,
    "whether the kernel forwards",
)
"""SONiC sets both (sonic-buildimage files/image_config/sysctl/90-sonic.conf)."""
TSA = Question(
    "tsa",
    "sudo -n sonic-db-cli CONFIG_DB hget 'BGP_DEVICE_GLOBAL|STATE' tsa_enabled",
    tsa,
    "whether somebody has run TSA",
)
"""sonic-buildimage dockers/docker-fpm-frr/base_image_files/TSA; nothing: never."""
LOAD = Question(
    "load",
    "grep ^cpu /proc/stat && sleep 1 && grep ^cpu /proc/stat && grep ^Mem /proc/meminfo",
    load,
    "CPU over a second, memory",
)
ACCOUNTS = Question(
    "accounts",
    "sudo -n sh -c 'cat /etc/passwd; echo; cat /etc/group; echo; "
    'cut -d: -f6 /etc/passwd | sort -u | while read -r home; do file="$home/.ssh/authorized_keys"; '
    '[ ! -f "$file" ] || sed "s|^|$home |" "$file"; done\'',
    accounts,
    "who can log in, with which keys; no passwords",
)
"""/etc/passwd, /etc/group, and the authorized keys, each after the home it is in; no password of /etc/shadow."""
