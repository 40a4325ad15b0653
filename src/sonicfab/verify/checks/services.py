"""`services`: what the switch asks of others, and what others ask of it, as far as the switch itself can tell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sonicfab.access import Feature
from sonicfab.plan.types import SwitchPlan
from sonicfab.switch.ask import AbsentError, Answers, Question
from sonicfab.switch.state.services import CLOCK, SNMP_LISTENS, SYSLOG_TARGETS, TCP_ANSWERS
from sonicfab.verify.check import Check, Seen, Wanted, container_missing
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

_TACACS_PORT = 49
_IN_VRF = "sudo -n ip vrf exec mgmt "
_ELSEWHERE = "the servers of the site are not in a lab"

_Look = Callable[[Expectations, Answers], Seen]


class Services(Check[_Look]):
    """The clock follows an NTP server. TACACS+ servers take a connection of the switch, and syslog servers over TCP do;
    rsyslogd sends to each of those. snmpd listens where SNMP is configured. Whether a RADIUS server answers shows at a
    login alone: that is skipped.
    """

    what = "services"
    counted = ("service", "services")
    order = 75
    severity = "config"
    shows = "show ntp"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        services = expected.plan.services
        if services.ntp:
            yield CLOCK
        if services.syslog:
            yield SYSLOG_TARGETS
        if services.snmp.community or services.snmp.users:
            yield SNMP_LISTENS
        if _targets(expected.plan) and Feature.CONTAINERS in expected.provides:
            yield _tcp(expected.plan)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[_Look]]:
        """What the inventory has put there."""
        services = expected.plan.services
        if services.ntp:
            yield Wanted(_clock, "NTP", f"the clock follows one of {', '.join(services.ntp)}")
        for server in services.tacacs.servers or ():
            yield Wanted(_answers(server, _TACACS_PORT, Problem.TACACS), f"TACACS+ {server}", "takes a connection")
        for server in services.radius.servers or ():
            yield Wanted(_at_login, f"RADIUS {server}", "answers")
        for server in services.syslog or ():
            yield Wanted(_sent(server), f"syslog {server}", "rsyslogd sends to it")
        if services.snmp.community or services.snmp.users:
            yield Wanted(_listens, "SNMP", "snmpd listens")

    def judge(self, expected: Expectations, one: Wanted[_Look], answers: Answers) -> Seen:
        """A daemon that does not run is a failure of its service, where there should be one."""
        try:
            return one.about(expected, answers)
        except AbsentError as err:
            if container_missing(expected, str(err)):
                return Seen(str(err), skipped=True)
            return Seen(str(err), Problem.NO_DAEMON)

    def unanswered(self, expected: Expectations, why: str) -> Seen:
        """A lab need not have all of it."""
        return Seen(why, skipped=True) if container_missing(expected, why) else super().unanswered(expected, why)


def _targets(plan: SwitchPlan) -> list[tuple[str, int]]:
    """The servers that take connections: host, TCP port."""
    services = plan.services
    found = [(server, _TACACS_PORT) for server in services.tacacs.servers or ()]
    if services.syslog_options.protocol == "tcp":
        found += [(server, services.syslog_options.port or 514) for server in services.syslog or ()]
    return found


def _tcp(plan: SwitchPlan) -> Question[frozenset[str]]:
    words = " ".join(shlex.quote(str(word)) for target in _targets(plan) for word in target)
    return TCP_ANSWERS.of(targets=words, vrf=_IN_VRF if plan.management.vrf else "")


def _clock(_expected: Expectations, answers: Answers) -> Seen:
    clock = answers.get(CLOCK)
    answering = [one.name for one in clock.sources if one.answers]
    if clock.synchronised:
        return Seen(f"synchronised; {', '.join(answering) or 'none'} answer")
    if not answering:
        asked = ", ".join(one.name for one in clock.sources) or "nobody is asked"
        return Seen(f"not synchronised; no server answers: {asked}", Problem.NO_TIME)
    return Seen(f"not synchronised, though {', '.join(answering)} answer", Problem.UNSYNCHRONISED)


def _answers(server: str, port: int, problem: Problem) -> _Look:
    def look(expected: Expectations, answers: Answers) -> Seen:
        if Feature.CONTAINERS not in expected.provides:
            return Seen(_ELSEWHERE, skipped=True)
        if f"{server} {port}" in answers.get(_tcp(expected.plan)):
            return Seen(f"takes a connection at TCP port {port}")
        return Seen(f"no connection to its TCP port {port} within 2 s", problem)

    return look


def _at_login(_expected: Expectations, _answers: Answers) -> Seen:
    return Seen("whether it answers shows at a login alone", skipped=True)


def _sent(server: str) -> _Look:
    def look(expected: Expectations, answers: Answers) -> Seen:
        sent = answers.get(SYSLOG_TARGETS)
        if server not in sent:
            return Seen(f"it sends to {', '.join(sorted(sent)) or 'nobody'}", Problem.NOT_SENT)
        options = expected.plan.services.syslog_options
        if options.protocol == "tcp":
            return _answers(server, options.port or 514, Problem.SYSLOG)(expected, answers)
        return Seen("it does")

    return look


def _listens(expected: Expectations, answers: Answers) -> Seen:
    if answers.get(SNMP_LISTENS):
        return Seen("it does")
    if Feature.CONTAINERS not in expected.provides:
        return Seen("snmpd is not running in this lab", skipped=True)
    return Seen("nobody listens at UDP port 161", Problem.NO_SNMP)
