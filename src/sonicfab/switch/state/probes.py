"""Packets that a switch sends: ping and traceroute."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sonicfab.switch.answers import reading
from sonicfab.switch.ask import Question


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


@reading("ping")
def pinged(text: str) -> PingResult | None:
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
def traced(text: str) -> dict[int, list[Probe]]:
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


def _lines(text: str) -> frozenset[str]:
    return frozenset(text.splitlines())


CAN_PING = Question(
    "can ping", "command -v ping || true", str.strip, "whether a stock virtual image has the program; a switch has it"
)
PING_SIZED = Question(
    "ping",
    "printf '%s\\n' {targets} | xargs -P 32 -n 1 "
    "ping -n -c 1 -w 1 -M do -s {size} -I {source} 2>/dev/null | sed -n 's/.*bytes from \\([^ ]*\\): .*/\\1/p'",
    _lines,
    "prints the targets that answer one packet of that size, which must not be fragmented",
)
PING = Question(
    "ping",
    "{vrf}ping -n -c {count} -i 0.2 -t {ttl} -W {timeout} -s {size} {source}-- {target}",
    pinged,
    "a ping; `{vrf}` is nothing, or `sudo -n ip vrf exec VRF `",
    any_code=True,
)
TRACEROUTE = Question(
    "traceroute", "{vrf}traceroute -n -m {ttl} -w {timeout} {source}-- {target}", traced, "a traceroute; the same"
)
IN_VRF = "sudo -n ip vrf exec {vrf} "
"""What those two begin with when they go out of a VRF."""


def sized(targets: Iterable[str], size: int, source: object) -> str:
    """A command that prints who of them answers `size` bytes of payload from that source."""
    return PING_SIZED.of(targets=" ".join(targets), size=size, source=source).command


def ping(
    target: str, *, sources: Iterable[str], ttl: int, timeout: int, size: int, count: int, vrf: str
) -> Question[PingResult | None]:
    """Pings; that nobody answers them is an answer, too."""
    own = "".join(f"-I {shlex.quote(source)} " for source in sources)
    words = {"count": count, "ttl": ttl, "timeout": timeout, "size": size, "source": own, "target": shlex.quote(target)}
    return PING.of(vrf=_in_vrf(vrf), **words)


def traceroute(target: str, *, source: str, ttl: int, timeout: int, vrf: str) -> Question[dict[int, list[Probe]]]:
    """Trace once."""
    own = f"-s {shlex.quote(source)} " if source else ""
    return TRACEROUTE.of(vrf=_in_vrf(vrf), ttl=ttl, timeout=timeout, source=own, target=shlex.quote(target))


def _in_vrf(vrf: str) -> str:
    return IN_VRF.format(vrf=shlex.quote(vrf)) if vrf not in ("", "default", "global") else ""
