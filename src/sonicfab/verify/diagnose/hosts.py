"""Hosts that their switch has cut off: it is the switch that must let them in again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """By switch and kind; one that bgpd has shut for a limit stays shut, whatever the limit becomes (FRR#20068)."""
    found: dict[tuple[str, Problem], list[CheckResult]] = defaultdict(list)
    for one in case.failed("bgp", problems=(Problem.HOST_PREFIXES, Problem.HOST_SHUT)):
        found[one.switch, one.problem].append(one)
    for (name, problem), results in found.items():
        ports = list(dict.fromkeys(one.subject for one in results))
        taken = case.take(lambda one, name=name, problem=problem: one.switch == name and one.problem == problem)  # type: ignore[misc]
        evidence = tuple(f"{name}:{one.subject}: {one.seen}" for one in results[:3])
        where = tuple(f"{name}:{port}" for port in ports)
        hosts = f"the host{'s' * (len(ports) > 1)} behind {some(where)}"
        verb = "are" if len(ports) > 1 else "is"
        if problem == Problem.HOST_PREFIXES:
            most = case.plan.hosts.max_prefixes
            limit = f"{most} prefixes" if most is not None else "the limit"
            drift = case.because(name, r"maximum-prefix")
            clear = [f"sudo vtysh -c 'clear bgp {port}'" for port in ports]
            yield Diagnosis(
                "host-prefixes",
                "session",
                where,
                f"{hosts} {verb} cut off: more than {limit} came, and it stays so until the session is cleared",
                (*drift, *evidence),
                (f"{mends.push(case, name)}; then " if drift else "") + mends.on(name, *clear),
                taken,
            )
        else:
            yield Diagnosis(
                "host-shut",
                "session",
                where,
                f"{hosts} {verb} cut off: {name} has shut the session",
                (*case.because(name, r"neighbor .*shutdown|bgp shutdown")[:3], *evidence),
                mends.startup(case, name, ports),
                taken,
            )
