"""All explainers, from the root to the symptom: what one takes, the next does not see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sonicfab.switch.ask import Answers
from sonicfab.verify.expect import Expectations, FabricExpectations
from sonicfab.verify.explain import addresses, cables, configs, daemons, hosts, ports, reach, routes, sessions, system
from sonicfab.verify.explain.base import Case, Explainer, Finding
from sonicfab.verify.explain.consequences import attribute, leftovers, small_only
from sonicfab.verify.results import CheckResult

EXPLAINERS: tuple[Explainer, ...] = (
    reach.explain,
    daemons.explain,
    system.explain,
    cables.explain,
    addresses.explain,
    ports.explain,
    routes.own,
    sessions.explain,
    hosts.explain,
)


def explain(
    fabric: FabricExpectations,
    expectations: Mapping[str, Expectations],
    answers: Mapping[str, Answers],
    results: Iterable[CheckResult],
) -> list[Finding]:
    """What is wrong, the worst first. Every failed or unreached result is in exactly one finding."""
    case = Case(fabric, expectations, answers, results)
    if not case.open:
        return []
    for explainer in EXPLAINERS:
        _run(case, explainer)
    attribute(case)
    _run(case, routes.explain)
    attribute(case)
    small_only(case)
    _run(case, configs.explain)
    _run(case, leftovers)
    found = [one for one in case.findings if one.failed]
    return sorted(found, key=lambda one: one.rank)


def _run(case: Case, explainer: Explainer) -> None:
    for finding in explainer(case):
        case.add(finding)
