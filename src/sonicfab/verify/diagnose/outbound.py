"""What a switch routes and tells beside BGP with the fabric: static routes, aggregates, what leaks out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from sonicfab.endpoint import Endpoint
from sonicfab.plan.routes import StaticRoute
from sonicfab.verify.checks.aggregate import within
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Static routes, then what takes its routes from them and from others."""
    yield from _statics(case)
    yield from _aggregates(case)
    yield from _told(case)


def _statics(case: Case) -> Iterator[Diagnosis]:
    for name in case.answers:
        for one in case.failed("static", switch=name):
            if one.problem == Problem.UNANSWERED:
                continue
            lines = [line for line in case.switch(name).statics if str(line.prefix) == one.subject]
            followed = _follows(case, one, lines)
            if followed is not None:
                case.extend(followed, case.take_these([one]))
            else:
                yield _static(case, one, lines)


def _follows(case: Case, one: CheckResult, lines: list[StaticRoute]) -> int | None:
    """The finding about the port that the next hops are behind."""
    ends = {str(Endpoint(one.switch, _behind(case, one.switch, line))) for line in lines if not line.blackhole}
    return next((place for place, found in enumerate(case.findings) if ends & {*found.where}), None)


def _behind(case: Case, name: str, line: StaticRoute) -> str:
    """The interface that a next hop is behind, by the plan; "" where none has its subnet."""
    if line.interface or line.address is None:
        return line.interface
    interfaces = case.switch(name).interfaces.values()
    return next((one.name for one in interfaces for own in one.addresses if line.address in own.network), "")


def _static(case: Case, one: CheckResult, lines: list[StaticRoute]) -> Diagnosis:
    name = one.switch
    command = lines[0].keyword
    drift = case.because(name, rf"{command} route {re.escape(one.subject)} ")
    if drift:
        code, text = "static-missing", f"{name} does not have its static route to {one.subject} as planned"
    elif one.problem == Problem.OTHER_WAY:
        code, text = "static-behind", f"another route of {name} to {one.subject} goes before its static one"
    elif any(line.bfd for line in lines):
        code, text = "static-bfd", f"BFD of {name} does not reach a next hop of its static route to {one.subject}"
    else:
        code, text = "static-inactive", f"{name} does not use its static route to {one.subject}: {one.seen}"
    ports = dict.fromkeys(_behind(case, name, line) for line in lines)
    evidence = [f"{one.subject}: {one.seen}", *_ports(case, name, ports)]
    look = {
        "static-bfd": "sudo vtysh -c 'show bfd peers'",
        "static-behind": f"sudo vtysh -c 'show {command} route {one.subject}'",
    }.get(code, f"sudo vtysh -c 'show {command} nht' -c 'show interface brief'")
    mend = mends.push(case, name) if drift else f"{mends.on(name, look)} shows why"
    where = tuple(f"{name}:{port}" for port in ports if port) or (name,)
    return Diagnosis(code, "routes", where, text, (*drift[:3], *evidence), mend, case.take_these([one]))


def _ports(case: Case, name: str, ports: dict[str, None]) -> Iterator[str]:
    zebra = case.zebra(name)
    for port in ports:
        if zebra is not None and port:
            has = ", ".join(zebra.addresses.get(port, ())) or "no address"
            yield f"{name}:{port} has {has}"


def _aggregates(case: Case) -> Iterator[Diagnosis]:
    by_switch: dict[str, list[CheckResult]] = defaultdict(list)
    for one in case.failed("aggregate", problems=(Problem.NO_ROUTE,)):
        by_switch[one.switch].append(one)
    for name, results in by_switch.items():
        for one in results:
            drift = case.because(name, rf"aggregate-address {re.escape(one.subject)}( |$)")
            bgp = case.bgp(name)
            empty = bgp is not None and not within(bgp, one.subject)
            look = f"sudo vtysh -c 'show bgp {one.family} unicast {one.subject} longer-prefixes'"
            if drift:
                code, text, mend = "aggregate-missing", f"{name} does not make the aggregate", mends.push(case, name)
            elif empty:
                code, text = "aggregate-without-members", f"{name} has no route within, so it tells no aggregate"
                mend = f"{mends.on(name, look)} shows what is within; whoever has such addresses must announce them"
            else:
                code, text, mend = "aggregate-missing", f"{name} does not make the aggregate", ""
                mend = mends.on(name, mends.CLEAR_BGP)
            yield Diagnosis(
                code, "routes", (name,), f"{text} {one.subject}", (*drift[:2], one.seen), mend, case.take_these([one])
            )


def _told(case: Case) -> Iterator[Diagnosis]:
    by_neighbor: dict[tuple[str, str], list[CheckResult]] = defaultdict(list)
    for one in case.failed("announced", problems=(Problem.LEAKED,)):
        by_neighbor[one.switch, one.far].append(one)
    for (name, neighbor), results in by_neighbor.items():
        peers = "|".join(re.escape(one.subject) for one in results)
        pattern = rf"route-map|prefix-list|neighbor ({peers}|{neighbor}(-V[46])?) "
        drift = case.because(name, pattern)
        look = mends.on(name, f"sudo vtysh -c 'clear bgp {results[0].subject} soft out'")
        yield Diagnosis(
            "leaked-out",
            "routes",
            (name,),
            f"{name} tells {neighbor} what `announce` does not let out",
            (*drift[:3], *(f"{one.subject} {one.family}: {one.seen}" for one in results[:3])),
            mends.push(case, name) if drift else look,
            case.take_these(results),
        )
