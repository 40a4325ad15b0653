"""Hosts that their switch has cut off: it is the switch that must let them in again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.results import CheckResult, Problem

_OF_HOSTS = (Problem.HOST_PREFIXES, Problem.HOST_SHUT)


def _limit(case: Case, name: str, ports: Sequence[str]) -> tuple[str, str]:
    """(what the hosts may announce, when they are let in again)."""
    limits = {one.options.max_prefixes for one in case.switch(name).host_sessions if one.peer in ports}
    limit = limits.pop() if len(limits) == 1 else None
    if limit is None:
        return "the limit", "the session is cleared"
    again = f"{limit.restart} minutes are over" if limit.restart else "the session is cleared"
    return f"{limit.limit} prefixes", again


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """By switch and kind; one that bgpd has shut for a limit stays shut, whatever the limit becomes (FRR#20068)."""
    found: dict[tuple[str, Problem], list[CheckResult]] = defaultdict(list)
    for one in case.failed("bgp", problems=(*_OF_HOSTS, Problem.PREFIX_WARNING)):
        if one.problem in _OF_HOSTS or one.far == "host":
            found[one.switch, one.problem].append(one)
    for (name, problem), results in found.items():
        ports = list(dict.fromkeys(one.subject for one in results))
        taken = case.take(lambda one, name=name, problem=problem: one.switch == name and one.problem == problem)  # type: ignore[misc]
        evidence = tuple(f"{name}:{one.subject}: {one.seen}" for one in results[:3])
        where = tuple(f"{name}:{port}" for port in ports)
        hosts = f"the host{'s' * (len(ports) > 1)} behind {some(where)}"
        verb = "are" if len(ports) > 1 else "is"
        if problem == Problem.HOST_PREFIXES:
            limit, until = _limit(case, name, ports)
            drift = case.because(name, r"maximum-prefix")
            clear = [f"sudo vtysh -c 'clear bgp {port}'" for port in ports]
            yield Diagnosis(
                "host-prefixes",
                "session",
                where,
                f"{hosts} {verb} cut off: more than {limit} came, and it stays so until {until}",
                (*drift, *evidence),
                (f"{mends.push(case, name)}; then " if drift else "") + mends.on(name, *clear),
                taken,
            )
        elif problem == Problem.PREFIX_WARNING:
            comes = f"more than {_limit(case, name, ports)[0]} come from {hosts}; the limit only warns"
            mend = f"raise `max_prefixes`, or see to what comes from {hosts}"
            yield Diagnosis("prefix-warning", "session", where, comes, evidence, mend, taken)
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
