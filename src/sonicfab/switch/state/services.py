"""Services: whether the clock follows a server, servers answer, and the switch's own daemons do what CONFIG_DB says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonicfab.errors import UnreadableError
from sonicfab.switch.ask import Question


@dataclass(frozen=True, slots=True)
class TimeSource:
    """A server that the NTP daemon asks; `answers` where one of its last eight questions was answered."""

    name: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Clock:
    """What the NTP daemon says of the clock."""

    synchronised: bool
    sources: tuple[TimeSource, ...]


def clock(text: str) -> Clock:
    """From `chronyc -c -n tracking` and `sources`, or `ntpq -n -c rv -c peers`.

    chrony client.c print_report() with CSV: the last field of tracking is the leap status, a source is mode, state,
    name, stratum, poll, reach (octal) ...; ntpq: `leap_alarm` until the clock is set, a line of a peer has the reach as
    the fourth word from the end of the poll on.

    Raises:
        UnreadableError: it is neither.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and re.match(r"[0-9A-F]{8},", lines[0]):
        rows = [line.split(",") for line in lines[1:]]
        sources = tuple(TimeSource(row[2], int(row[5], 8) > 0) for row in rows)
        return Clock(lines[0].rpartition(",")[2] != "Not synchronised", sources)
    if not lines or not lines[0].startswith("associd="):
        raise UnreadableError(f"neither chronyc nor ntpq: {lines[0][:60] if lines else 'nothing'!r}")
    peers = [line[1:].split() for line in lines if len(line.split()) == 10 and not line.lstrip().startswith("remote")]
    sources = tuple(TimeSource(row[0], int(row[6], 8) > 0) for row in peers)
    return Clock("leap_alarm" not in text and "sync_unspec" not in text, sources)


def syslog_targets(text: str) -> frozenset[str]:
    """The servers of an rsyslog.conf.

    sonic-buildimage files/image_config/rsyslog/rsyslog.conf.j2: `*.* @[SERVER]:514;...` up to 202211, since then
    `action(type="omfwd" target="SERVER" ...)`.
    """
    new = re.findall(r'\btarget="([^"]+)"', text, re.IGNORECASE)
    old = re.findall(r"^\S+\s+@{1,2}\[?([^\]\s;]+?)\]?(?::\d+)?(?:;\S*)?\s*$", text, re.MULTILINE)
    return frozenset((*new, *old))


CLOCK = Question(
    "clock",
    "sudo -n sh -c 'if command -v chronyc > /dev/null; then chronyc -c -n tracking && chronyc -c -n sources || "
    "{ echo chronyd is not running >&2; exit 1; }; elif command -v ntpq > /dev/null; then v=; "
    '[ ! -d /sys/class/net/mgmt ] || v="ip vrf exec mgmt"; $v ntpq -n -c rv -c peers 2>&1 | grep . | '
    '{ read -r first; case $first in associd=*) echo "$first"; cat;; '
    "*) echo ntpd is not running >&2; exit 1;; esac; }; "
    "else echo chronyc: not found >&2; exit 1; fi'",
    clock,
    "whether the clock follows an NTP server, and which servers answer; chronyd or ntpd, as the build has",
)
TCP_ANSWERS = Question(
    "TCP servers",
    "printf '%s\\n' {targets} | {vrf}xargs -P 16 -n 2 timeout 2 bash -c '< /dev/tcp/$0/$1 && echo $0 $1' 2> /dev/null",
    lambda text: frozenset(text.splitlines()),
    "which of these servers take a connection; nothing is sent",
    any_code=True,
)
SYSLOG_TARGETS = Question(
    "syslog servers",
    "sudo -n sh -c 'pgrep -x rsyslogd > /dev/null || { echo rsyslogd is not running >&2; exit 1; }; "
    "cat /etc/rsyslog.conf'",
    syslog_targets,
    "where rsyslogd sends to",
)
SNMP_LISTENS = Question(
    "SNMP agent", "sudo -n ss -Hlun 'sport = :161'", lambda text: bool(text.strip()), "whether snmpd listens"
)
