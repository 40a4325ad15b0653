"""Ports: shut, without link, with another MTU, speed or FEC, without a link-local address."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.endpoint import Endpoint
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis
from sonicfab.verify.diagnose.ends import differing, missing
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """Link by link with both ends, then the ports of hosts."""
    failed = {one.end: one for one in case.failed("interface")}
    for a, b in (cable for link in case.plan.links for cable in link.cables):
        found = [failed[end] for end in (a, b) if end in failed]
        if found:
            yield from of_link(case, a, b, found)
    for one in case.failed("interface"):
        if one.problem not in (Problem.UNANSWERED, Problem.LOOPBACK) and not one.far:
            yield _host(case, one)


def of_link(case: Case, a: Endpoint, b: Endpoint, found: list[CheckResult]) -> Iterator[Diagnosis]:
    """What is wrong with a cable, of whose ends these results failed."""
    by_problem = {one.problem: one for one in reversed(found)}
    name = f"{a} - {b}"
    if Problem.SHUT in by_problem:
        shut = [one.end for one in found if one.problem == Problem.SHUT]
        yield _shut(case, shut, a, b)
    elif unsplit := [one for one in found if one.problem == Problem.MISSING and _is_part(case, one)]:
        for one in unsplit:
            yield from filter(None, [missing(case, one, case.link_results(a, b))])
    elif differs := differing(case, a, b, found):
        yield differs
    elif {Problem.NO_LINK, Problem.NO_TRANSCEIVER} & by_problem.keys():
        lacking = [one.end for one in found if one.problem in (Problem.NO_LINK, Problem.NO_TRANSCEIVER)]
        bare = [str(one.end) for one in found if one.problem == Problem.NO_TRANSCEIVER]
        cause = f"there is no link between {a} and {b}: both ports are up"
        mend = f"look at the cable and the modules of {name}; pull and plug them in again"
        if len(lacking) == 1:
            other = b if lacking[0] == a else a
            told = "has link" if case.interface(other) else "was not looked at"
            cause = f"{lacking[0]} has no link, while {other} {told}"
            mend = f"light goes one way only, or FEC differs: look at the modules and FEC of {name}"
        if bare:
            cause = f"there is no transceiver in {' and '.join(bare)}"
            mend = f"plug one in: {' and '.join(bare)}"
        evidence = tuple(f"{one.end}: {one.seen}" for one in found)
        taken = case.link_results(a, b)
        code = "no-transceiver" if bare else "link-down"
        yield Diagnosis(code, "link", (str(a), str(b)), cause, evidence, mend, taken, broken=_down(a))
    else:
        for one in found:
            yield _other(case, one, a, b)


def _shut(case: Case, shut: list[Endpoint], a: Endpoint, b: Endpoint) -> Diagnosis:
    evidence: list[str] = []
    for switch, port in shut:
        evidence += case.because(switch, rf"PORT\|{port} admin_status\b", "config_db")
    evidence = evidence or [f"{end}: administratively down" for end in shut]
    mend = "; then ".join(f"on {switch}: sudo config interface startup {port}" for switch, port in shut)
    return Diagnosis(
        "port-shut",
        "link",
        tuple(map(str, shut)),
        f"{' and '.join(map(str, shut))} {'is' if len(shut) == 1 else 'are'} shut",
        tuple(evidence),
        mend,
        case.link_results(a, b),
        broken=_down(a),
    )


def _other(case: Case, one: CheckResult, a: Endpoint, b: Endpoint) -> Diagnosis:
    """One end is not as planned, and has link nevertheless."""
    end = one.end
    far = b if end == a else a
    port = next(port for port in case.switch(one.switch).ports if port.name == one.subject)
    interface, other = case.interface(end), case.interface(far)
    if one.problem == Problem.MTU and interface is not None:
        told = f"; {far} has {other.mtu}" if other else ""
        return Diagnosis(
            "mtu-mismatch",
            "link",
            (str(end),),
            f"{end} has an MTU of {interface.mtu} instead of {port.mtu}{told}: large packets are lost there",
            case.because(one.switch, rf"PORT\|{port.name} mtu\b", "config_db") or (f"{end}: MTU {interface.mtu}",),
            mends.push_or(case, one.switch, mends.set_row(f"PORT|{port.name}", "mtu", str(port.mtu))),
            case.link_results(end, checks=("interface",)),
            # small packets pass, so sessions may be up: what a large table or a ping needs is lost
            case.take(lambda result: result.check == "bgp" and result.end in (end, far)),
        )
    if one.problem == Problem.LINK_LOCAL:
        evidence = case.because(one.switch, rf"INTERFACE\|{port.name}\b", "config_db")
        why = [
            f"{name}:{peer}: {session.state}, {session.why}"
            for name, place in (end, far)
            for peer in case.peers(name, place)
            if (session := case.session(name, peer)) is not None and session.state != "Established"
        ]
        return Diagnosis(
            "link-local-off",
            "link",
            (str(end),),
            f"{end} has no IPv6 link-local address, which BGP unnumbered needs",
            (*evidence, *why),
            mends.push(case, one.switch)
            if evidence
            else mends.on(
                one.switch,
                f"sudo config interface shutdown {port.name}",
                f"sudo config interface startup {port.name}",
            ),
            case.link_results(a, b),
            broken=_down(a),
        )
    code = _CODES.get(one.problem, "port")
    return Diagnosis(
        code,
        "link",
        (str(end),),
        f"{end} is not as planned: {one.seen}; planned: {one.expected}",
        case.because(one.switch, rf"PORT\|{port.name}\b", "config_db"),
        mends.push_or(
            case,
            one.switch,
            f"sudo config interface shutdown {port.name}; sudo config interface startup {port.name}",
        ),
        case.link_results(a, b),
        broken=_down(a),
    )


_CODES = {
    Problem.SPEED: "speed-mismatch",
    Problem.FEC: "fec-mismatch",
    Problem.AUTONEG: "autoneg-mismatch",
    Problem.MISSING: "port-missing",
}


def _is_part(case: Case, one: CheckResult) -> bool:
    row = case.switch(one.switch).table.get(one.subject)
    return row is not None and bool(row.parent)


def _host(case: Case, one: CheckResult) -> Diagnosis:
    if one.problem == Problem.MISSING and (found := missing(case, one, case.take(lambda result: result is one))):
        return found
    end = str(one.end)
    evidence = case.because(one.switch, rf"PORT\|{one.subject}\b", "config_db")
    shut = one.problem == Problem.SHUT
    whose = next((far.name for far in case.plan.outside if (far.switch, far.interface) == one.end), "a host")
    return Diagnosis(
        "port-shut" if shut else "mtu-mismatch" if one.problem == Problem.MTU else "port",
        "session",
        (end,),
        f"{end}, the port of {whose}, {'is shut' if shut else f'is not as planned: {one.seen}'}",
        evidence,
        mends.on(one.switch, f"sudo config interface startup {one.subject}")
        if shut
        else mends.push_or(case, one.switch, mends.set_row(f"PORT|{one.subject}", "mtu", str(_mtu(case, one)))),
        case.take(lambda result: result is one),
    )


def _mtu(case: Case, one: CheckResult) -> int:
    return next(port.mtu for port in case.switch(one.switch).ports if port.name == one.subject)


def _down(end: Endpoint) -> Outage:
    return Outage(sessions=frozenset({end}))
