"""What the kernel of a switch and its Debian tell: addresses, neighbours, accounts, load, ping, traceroute. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sonicfab.errors import SwitchError
from sonicfab.families import Family
from sonicfab.switch.answers import json_objects, reading

_ADMIN_GROUPS = ("sudo", "admin")
"""Their members may do everything with sudo: Debian's group, and that of SONiC's own account."""
_NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")


@dataclass(frozen=True, slots=True)
class Link:
    """An interface of the kernel; addresses are (family, address, prefix length), counters the kernel's own."""

    name: str
    addresses: tuple[tuple[str, str, int], ...]
    received: dict[str, int]
    sent: dict[str, int]


@dataclass(frozen=True, slots=True)
class Neighbor:
    """A neighbour whose MAC address is known; `age` is seconds since it was last confirmed, -1.0 when it never ages."""

    interface: str
    ip: str
    mac: str
    state: str
    age: float


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


@dataclass(frozen=True, slots=True)
class PingResult:
    """Answers to `sent` echo requests; times in ms."""

    sent: int
    received: int
    minimum: float
    average: float
    maximum: float
    deviation: float
    replies: tuple[tuple[str, float], ...]
    """(address that answered, round trip) of each."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of a hop: who answered and after how many ms; None when nobody did."""

    ip: str | None
    rtt: float


@reading("ip addr show")
def links(text: str) -> dict[str, Link]:
    """Name -> link, from `ip -j -s addr show`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, Link] = {}
    for one in json_objects(text, "ip addr show"):
        name = str(one.get("ifname", ""))
        addresses = tuple(
            (Family.of(str(address["local"])), str(address["local"]), int(address["prefixlen"]))
            for address in one.get("addr_info", [])
            if "local" in address
        )
        counters = one.get("stats64", {})
        found[name] = Link(name, addresses, dict(counters.get("rx", {})), dict(counters.get("tx", {})))
    return found


@reading("ip neigh show")
def neighbors(text: str) -> list[Neighbor]:
    """From `ip -j -s neigh show`: those with a MAC address.

    Raises:
        SwitchError: it is not JSON.
    """
    found: list[Neighbor] = []
    for one in json_objects(text, "ip neigh show"):
        state = " ".join(one.get("state", []))
        if "lladdr" not in one or state in ("FAILED", "INCOMPLETE", "NOARP"):
            continue
        age = -1.0 if "PERMANENT" in state else float(one.get("confirmed", -1))
        found.append(Neighbor(str(one.get("dev", "")), str(one.get("dst", "")), str(one["lladdr"]), state, age))
    return found


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


@reading("ping")
def ping(text: str) -> PingResult | None:
    """From iputils' ping; None when it has sent nothing."""
    counts = re.search(r"\b(\d{1,9}) packets transmitted, (\d{1,9}) received", text)
    if not counts:
        return None
    times = re.search(r"= ([\d.]{1,20})/([\d.]{1,20})/([\d.]{1,20})/([\d.]{1,20}) ms", text)
    low, average, high, deviation = (float(value) for value in times.groups()) if times else (0.0, 0.0, 0.0, 0.0)
    replies = re.findall(r"(?m)bytes from ([0-9a-fA-F.:]+?)(?:%\S+)?:? icmp_seq=\d+ .*time=([\d.]+) ms", text)
    found = tuple((address, float(value)) for address, value in replies)
    return PingResult(int(counts[1]), int(counts[2]), low, average, high, deviation, found)


@reading("traceroute")
def traceroute(text: str) -> dict[int, list[Probe]]:
    """Hop -> its probes, from `traceroute -n` of Debian's package traceroute."""
    hops: dict[int, list[Probe]] = {}
    for number, rest in re.findall(r"(?m)^ *(\d+) +(.+)$", text):
        hops[int(number)] = list(_probes(rest))
    return hops


def _probes(line: str) -> Iterator[Probe]:
    address: str | None = None
    words = line.split()
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "*":
            yield Probe(None, 0.0)
        elif following == "ms":
            yield Probe(address, float(word))
        elif word != "ms" and not word.startswith("!"):  # !N and the like say why it goes no further
            address = word
