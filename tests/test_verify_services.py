"""What verify says of services: clocks, login servers, syslog and SNMP; its commands are run as they are."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sonicfab.access import Feature
from sonicfab.errors import UnreadableError
from sonicfab.lab.access import PROVIDES
from sonicfab.plan.types import FabricPlan
from sonicfab.switch.ask import Answers, Question, failure
from sonicfab.switch.state.services import (
    CLOCK,
    SNMP_LISTENS,
    SYSLOG_TARGETS,
    TCP_ANSWERS,
    Clock,
    TimeSource,
    clock,
    syslog_targets,
)
from sonicfab.verify.checks.services import Services
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.diagnose.run import diagnose
from sonicfab.verify.expect import Expectations, FabricExpectations
from test_switched_off import planned

GOOD_TRACKING = "7F000001,127.0.0.1,4,1795732342.438,-0.0000014,-0.0000002,0.0,-0.037,-0.000,0.6,0.1,0.1,2.0,Normal"
FRESH_TRACKING = "00000000,,0,0.000000000,0.0,0.0,0.0,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised"
GOOD_SOURCE = "^,*,127.0.0.1,3,6,17,3,-0.000000014,-0.000000268,0.000002959"
FRESH_SOURCE = "^,?,127.0.0.1,3,6,1,0,0.000001818,0.000001818,0.000004237"
SILENT_SOURCE = "^,?,127.0.0.2,0,7,0,4294967295,0.000000000,0.000000000,0.000000000"
"""What chrony 4.3 printed, beside a server of its own and an address where there is none."""
NTPQ = """\
associd=0 status={status},
version="ntpd ntpsec-1.2.2", processor="x86_64", stratum=3, refid=192.0.2.5, reftime=e5, leap=00
     remote                                   refid      st t when poll reach   delay   offset   jitter
=======================================================================================================
*192.0.2.5                               198.51.100.1     2 u   33   64  377   0.2500   0.0100   0.0200
 192.0.2.6                               .INIT.          16 u    -   64    0   0.0000   0.0000   0.0005
"""
PEERS = (TimeSource("192.0.2.5", answers=True), TimeSource("192.0.2.6", answers=False))


@pytest.mark.parametrize(
    ("lines", "synchronised", "sources"),
    [
        ((GOOD_TRACKING, GOOD_SOURCE, SILENT_SOURCE), True, (("127.0.0.1", True), ("127.0.0.2", False))),
        ((FRESH_TRACKING, FRESH_SOURCE, SILENT_SOURCE), False, (("127.0.0.1", True), ("127.0.0.2", False))),
        ((FRESH_TRACKING,), False, ()),
    ],
)
def test_what_chronyc_prints(lines: tuple[str, ...], synchronised: bool, sources: tuple[Any, ...]) -> None:
    assert clock("\n".join(lines)) == Clock(synchronised, tuple(TimeSource(*one) for one in sources))


def test_what_ntpq_prints() -> None:
    assert clock(NTPQ.format(status="0615 leap_none, sync_ntp, 1 event, clock_sync")) == Clock(True, PEERS)
    assert clock(NTPQ.format(status="c016 leap_alarm, sync_unspec, 1 event, restart")) == Clock(False, PEERS)


@pytest.mark.parametrize("text", ["", "\n", "506 Cannot talk to daemon", "usage: ntpq"])
def test_what_is_neither_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="neither chronyc nor ntpq"):
        clock(text)


def test_the_servers_of_an_rsyslog_conf() -> None:
    old = "*.* @[192.0.2.4]:514;SONiCFileFormat\n*.* @192.0.2.5:514\n*.* @@[2001:db8::4]:6514;X\n*.*  -/var/log/x\n"
    new = '*.* action(type="omfwd" target="192.0.2.6" port="514" protocol="udp" Template="SONiCForwardFormat")\n'
    assert syslog_targets(old + new) == {"192.0.2.4", "192.0.2.5", "2001:db8::4", "192.0.2.6"}


# the commands, run as they are


def run(question: Question[Any], path: str = "") -> subprocess.CompletedProcess[str]:
    command = question.command.replace("sudo -n ", "")
    env = {**os.environ, "PATH": path or os.environ["PATH"]}
    return subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, env=env, timeout=30)


@pytest.fixture
def server() -> Iterator[int]:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]


def test_which_servers_take_a_connection(server: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = closed.getsockname()[1]
        asked = TCP_ANSWERS.of(targets=f"127.0.0.1 {server} 127.0.0.1 {nobody} no-such-host.invalid 49", vrf="")
        assert asked.parse(run(asked).stdout) == {f"127.0.0.1 {server}"}


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A PATH that has neither chronyc nor ntpq of this machine."""
    for name in ("sh", "cat", "grep"):
        (tmp_path / name).symlink_to(f"/bin/{name}")
    return tmp_path


def test_whichever_daemon_the_build_has_is_asked(programs: Path) -> None:
    done = run(CLOCK, str(programs))
    assert (done.returncode, done.stderr) == (1, "chronyc: not found\n")
    status = NTPQ.format(status="0615 leap_none, sync_ntp, 1 event, clock_sync")
    program(programs, "ntpq", f"cat <<'END'\n{status}END")
    assert CLOCK.parse(run(CLOCK, str(programs)).stdout) == Clock(True, PEERS)
    program(programs, "ntpq", "echo 'ntpq: read: Connection refused' >&2; exit 1")
    assert "ntpd is not running" in run(CLOCK, str(programs)).stderr
    program(programs, "chronyc", f"case $3 in tracking) echo '{GOOD_TRACKING}';; sources) echo '{GOOD_SOURCE}';; esac")
    assert CLOCK.parse(run(CLOCK, str(programs)).stdout).synchronised
    program(programs, "chronyc", "echo '506 Cannot talk to daemon'; exit 1")
    assert "chronyd is not running" in run(CLOCK, str(programs)).stderr


# what is expected, and what explains it

INVENTORY: dict[str, Any] = {
    "management": {"vrf": "true"},
    "ntp": ["192.0.2.5", "192.0.2.6"],
    "syslog": "192.0.2.4",
    "syslog_options": {"protocol": "tcp"},
    "snmp": {"community": "env:C"},
    "aaa": {"login": ["tacacs+", "local"]},
    "tacacs": {"servers": ["192.0.2.2", "192.0.2.3"], "key": "env:K"},
    "radius": {"servers": "192.0.2.7", "key": "env:K"},
}
LEAF = "leaf1"
ALL_ANSWER = frozenset({"192.0.2.2 49", "192.0.2.3 49", "192.0.2.4 514"})


@pytest.fixture(scope="module")
def plan() -> FabricPlan:
    return planned(INVENTORY, {})


def answers_of(expected: Expectations, **said: object) -> Answers:
    """The answers of a switch whose services are well, but for those that are said."""
    answers = Answers({})
    good = {
        CLOCK.name: Clock(True, PEERS),
        SYSLOG_TARGETS.name: frozenset({"192.0.2.4"}),
        SNMP_LISTENS.name: True,
        TCP_ANSWERS.name: ALL_ANSWER,
    }
    for question in Services().questions(expected):
        name = next(one for one in good if question.name.startswith(one))
        value: Any = said.get(name.partition(" ")[0], good[name])
        answers.put(question, failure(value) if isinstance(value, str) else value)
    return answers


def verified(plan: FabricPlan, *, lab: bool = False, **said: object) -> tuple[list[str], list[Diagnosis]]:
    provides = PROVIDES if lab else frozenset(Feature)
    fabric = FabricExpectations(plan, provides=provides)
    expected = fabric.of(plan.switches[LEAF])
    answers = answers_of(expected, **said)
    results = Services().results(expected, answers)
    found = diagnose(fabric, {LEAF: expected}, {LEAF: answers}, results)
    return [f"{one.subject}: {one.status}" for one in results], found


def test_every_service_is_expected(plan: FabricPlan) -> None:
    results, found = verified(plan)
    assert found == []
    assert results == [
        "NTP: ok",
        "TACACS+ 192.0.2.2: ok",
        "TACACS+ 192.0.2.3: ok",
        "RADIUS 192.0.2.7: skipped",
        "syslog 192.0.2.4: ok",
        "SNMP: ok",
    ]


def test_connections_are_made_in_the_vrf_of_management(plan: FabricPlan) -> None:
    expected = FabricExpectations(plan).of(plan.switches[LEAF])
    command = next(one.command for one in Services().questions(expected) if one.name.startswith("TCP"))
    assert "printf '%s\\n' 192.0.2.2 49 192.0.2.3 49 192.0.2.4 514 | sudo -n ip vrf exec mgmt xargs" in command
    free = planned({**INVENTORY, "management": {}}, {})
    expected = FabricExpectations(free).of(free.switches[LEAF])
    assert not [one for one in Services().questions(expected) if "ip vrf exec mgmt xargs" in one.command]


SILENT = Clock(False, tuple(replace(one, answers=False) for one in PEERS))
PING = "on leaf1: sudo ip vrf exec mgmt ping -n -c 3"


@pytest.mark.parametrize(
    ("said", "code", "cause", "mend"),
    [
        ({"clock": SILENT}, "ntp-unsynchronised", "no NTP server answers it", f"{PING} 192.0.2.5"),
        ({"clock": Clock(False, ())}, "ntp-unsynchronised", "no NTP server", f"{PING} 192.0.2.5"),
        (
            {"clock": Clock(False, PEERS)},
            "ntp-unsynchronised",
            "does not follow the NTP servers that answer it",
            "on leaf1: sudo systemctl restart ntp-config",
        ),
        (
            {"clock": "chronyd is not running"},
            "ntp-daemon-down",
            "on leaf1 chronyd is not running",
            "on leaf1: sudo systemctl restart ntp-config",
        ),
        (
            {"TCP": ALL_ANSWER - {"192.0.2.2 49", "192.0.2.3 49"}},
            "tacacs-unreachable",
            "leaf1 gets no connection to TACACS+ 192.0.2.2, 192.0.2.3",
            f"{PING} 192.0.2.2",
        ),
        ({"TCP": ALL_ANSWER - {"192.0.2.4 514"}}, "syslog-unreachable", "its messages stay on it", f"{PING} 192.0.2.4"),
        (
            {"syslog": frozenset()},
            "syslog-not-sent",
            "rsyslogd of leaf1 does not send to 192.0.2.4",
            "on leaf1: sudo systemctl restart rsyslog-config",
        ),
        (
            {"syslog": "rsyslogd is not running"},
            "syslog-daemon-down",
            "on leaf1 rsyslogd is not running",
            "on leaf1: sudo systemctl restart rsyslog-config",
        ),
        ({"SNMP": False}, "snmp-silent", "snmpd does not listen", "on leaf1: sudo systemctl reset-failed snmp"),
    ],
)
def test_what_fails_is_explained(plan: FabricPlan, said: dict[str, Any], code: str, cause: str, mend: str) -> None:
    results, found = verified(plan, **said)
    assert [one.code for one in found] == [code]
    assert cause in found[0].cause
    assert found[0].mend.startswith(mend)
    assert len(found[0].results) == len([one for one in results if one.endswith("failed")])


def test_what_cannot_be_read_is_no_success(plan: FabricPlan) -> None:
    results, _ = verified(plan, clock="sudo: a password is required")
    assert results[0] == "NTP: failed"


def test_a_lab_without_the_programs_is_no_failure(plan: FabricPlan) -> None:
    """It has no NTP daemon, no rsyslogd and no snmpd, and the servers of the site are not in it."""
    gone = {"clock": "chronyc: not found", "syslog": "rsyslogd is not running", "SNMP": False}
    results, found = verified(plan, lab=True, **gone)
    assert found == []
    assert {one.partition(": ")[2] for one in results} == {"skipped"}


def test_nothing_is_asked_where_nothing_is_configured() -> None:
    bare = planned({}, {})
    expected = FabricExpectations(bare).of(bare.switches[LEAF])
    assert list(Services().questions(expected)) == []
    assert list(Services().wanted(expected)) == []
