"""Services that do not do what the inventory says: the config that lacks them, the daemon that stands, or the way."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.results import CheckResult, Problem

_TABLES = {
    "NTP": r"^\S+ NTP",
    "TACACS+": r"^\S+ TACPLUS",
    "syslog": r"^\S+ SYSLOG",
    "SNMP": r"^\S+ (SNMP|FEATURE\|snmp)",
}
_RESTART = {
    "chrony": "sudo systemctl restart chrony",
    "ntpd": "sudo systemctl restart ntp-config",
}
"""sonic-host-services scripts/hostcfgd NtpCfg: CHRONY_RESTART (202505 on), NTP_CONF_RESTART (202311 to 202411)."""
_SYSLOG = "sudo systemctl restart rsyslog-config"
_SNMP = "sudo systemctl reset-failed snmp; sudo systemctl restart snmp"
_CODES = {
    Problem.NO_TIME: "ntp-unsynchronised",
    Problem.UNSYNCHRONISED: "ntp-unsynchronised",
    Problem.TACACS: "tacacs-unreachable",
    Problem.SYSLOG: "syslog-unreachable",
    Problem.NOT_SENT: "syslog-not-sent",
    Problem.NO_SNMP: "snmp-silent",
}
_DAEMONS = {"NTP": "ntp-daemon-down", "syslog": "syslog-daemon-down"}


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Service by service of each switch: the servers of one kind together."""
    problems = (*_CODES, Problem.NO_DAEMON)
    while found := case.failed("services", problems=problems):
        first = found[0]
        alike = [one for one in found if (one.switch, _kind(one), one.problem) == _key(first)]
        yield _finding(case, alike)


def _key(one: CheckResult) -> tuple[str, str, Problem]:
    return one.switch, _kind(one), one.problem


def _kind(one: CheckResult) -> str:
    return one.subject.partition(" ")[0]


def _finding(case: Case, alike: list[CheckResult]) -> Diagnosis:
    first = alike[0]
    name, kind = first.switch, _kind(first)
    drift = case.because(name, _TABLES.get(kind, r"^$"), "config_db")
    code = _CODES.get(first.problem) or _DAEMONS[kind]
    return Diagnosis(
        code,
        "config",
        (name,),
        _cause(alike),
        (*(f"{one.subject} of {name}: {one.seen}" for one in alike), *drift),
        mends.push(case, name) if drift else mends.on(name, _mend(case, first)),
        case.take_these(alike),
    )


def _cause(alike: list[CheckResult]) -> str:
    first = alike[0]
    name, servers = first.switch, ", ".join(one.subject.partition(" ")[2] for one in alike)
    causes = {
        Problem.NO_TIME: f"the clock of {name} runs by itself: no NTP server answers it",
        Problem.UNSYNCHRONISED: f"the clock of {name} does not follow the NTP servers that answer it: they disagree, "
        "have no time themselves, or have answered for less than some minutes",
        Problem.TACACS: f"{name} gets no connection to TACACS+ {servers}: who logs in waits, and only what else is in "
        "`aaa.login` lets him in",
        Problem.SYSLOG: f"{name} gets no connection to syslog {servers}: its messages stay on it",
        Problem.NOT_SENT: f"rsyslogd of {name} does not send to {servers}, though CONFIG_DB says so",
        Problem.NO_SNMP: f"nobody answers SNMP on {name}: snmpd does not listen",
        Problem.NO_DAEMON: f"on {name} {first.seen}",
    }
    return causes[first.problem]


def _mend(case: Case, one: CheckResult) -> str:
    """What is typed on the switch where its config is right."""
    plan = case.switch(one.switch)
    vrf = "sudo ip vrf exec mgmt " if plan.management.vrf else ""
    servers = plan.services.ntp or ()
    target = one.subject.partition(" ")[2] or (servers[0] if servers else "")
    if one.problem in (Problem.NO_TIME, Problem.TACACS, Problem.SYSLOG):
        return f"{vrf}ping -n -c 3 {target} shows whether the way there is good; else the server or a filter on the way"
    if one.problem == Problem.NO_SNMP:
        return _SNMP
    if _kind(one) == "syslog":
        return _SYSLOG
    return _RESTART.get(plan.build.ntp_daemon, _RESTART["ntpd"])
