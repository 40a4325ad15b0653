"""All diagnosers, from the root to the symptom: what one takes, the next does not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sonicfab.switch.ask import Answers
from sonicfab.verify.diagnose import (
    addresses,
    cables,
    configs,
    daemons,
    hosts,
    outbound,
    outside,
    portchannels,
    ports,
    reach,
    routes,
    services,
    sessions,
    system,
    vlans,
)
from sonicfab.verify.diagnose.base import Case, Diagnoser, Diagnosis
from sonicfab.verify.diagnose.consequences import attribute, leftovers, small_only
from sonicfab.verify.expect import Expectations, FabricExpectations
from sonicfab.verify.results import CheckResult

DIAGNOSERS: tuple[Diagnoser, ...] = (
    reach.diagnose,
    daemons.diagnose,
    system.diagnose,
    services.diagnose,
    cables.diagnose,
    vlans.diagnose,
    addresses.diagnose,
    portchannels.diagnose,
    ports.diagnose,
    outbound.diagnose,
    outside.diagnose,
    routes.own,
    sessions.diagnose,
    hosts.diagnose,
)


def diagnose(
    fabric: FabricExpectations,
    expectations: Mapping[str, Expectations],
    answers: Mapping[str, Answers],
    results: Iterable[CheckResult],
) -> list[Diagnosis]:
    """What is wrong, the worst first. Every failed or unreached result is in exactly one finding."""
    case = Case(fabric, expectations, answers, results)
    if not case.open:
        return []
    for diagnoser in DIAGNOSERS:
        _run(case, diagnoser)
    attribute(case)
    _run(case, routes.diagnose)
    attribute(case)
    _run(case, vlans.after_links)
    small_only(case)
    _run(case, configs.diagnose)
    _run(case, leftovers)
    found = [one for one in case.findings if one.failed]
    return sorted(found, key=lambda one: one.rank)


def _run(case: Case, diagnoser: Diagnoser) -> None:
    for finding in diagnoser(case):
        case.add(finding)
