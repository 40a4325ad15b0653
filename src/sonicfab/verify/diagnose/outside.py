"""Sessions with neighbours of others, and the default route that they are to bring.

The other end is not ours: the finding names our end of it, and says what there is to see of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sonicfab.endpoint import Endpoint
from sonicfab.families import Family
from sonicfab.plan.bgp import Session
from sonicfab.plan.outside import OutsidePlan
from sonicfab.switch.state.bgp import TCP_SIGNATURES, TCP_SIGNATURES_LATER
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.results import CheckResult, Problem

_SAYS = {
    Problem.DOWN: ("outside-down", "has no session with {who}"),
    Problem.BFD: ("outside-bfd", "has no answer from BFD of {who}"),
    Problem.ASN: ("outside-asn", "meets another AS than {who}"),
    Problem.MAX_PREFIX: ("outside-prefixes", "has cut off {who}: it announces more than `max_prefixes`"),
    Problem.PREFIX_WARNING: ("outside-prefixes", "gets more than `max_prefixes` from {who}; the limit only warns"),
    Problem.NOT_CONFIGURED: ("outside-not-configured", "does not have the session with {who}"),
}


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """By neighbour: what is wrong with its sessions. Then the default route, where no neighbour tells it."""
    lost: dict[str, int] = {}
    for one in case.plan.outside:
        peers = {session.peer for group, session in case.switch(one.switch).sessions if group.of_neighbor(one.name)}
        failed = [it for it in case.failed("bgp", switch=one.switch) if it.subject in peers]
        broken = [it for it in failed if it.problem not in (Problem.UNANSWERED, Problem.NOT_SHUT)]
        if broken and (place := _of_port(case, one)) is not None:
            case.extend(place, case.take_these(broken))
            lost[one.name] = place
        elif broken:
            yield _session(case, one, broken)
            lost[one.name] = len(case.findings) - 1
        yield from _leaks_in(case, one)
    yield from _no_default(case, lost)


def _session(case: Case, one: OutsidePlan, failed: list[CheckResult]) -> Diagnosis:
    first = failed[0]
    who = f"{one.name} (AS {one.asn}) behind {one.interface}"
    code, text = _SAYS.get(first.problem, ("outside-session", "does not have the session with {who} as planned"))
    names = "|".join([*(re.escape(it.subject) for it in failed), rf"{re.escape(one.name)}(-V[46])?"])
    drift = case.because(one.switch, rf"neighbor ({names})(?![\w:.-])")
    look = f"sudo vtysh -c 'show bgp neighbors {first.subject}'"
    there = f"{mends.on(one.switch, look)} shows what it says; whose it is must look at the other end"
    evidence = tuple(f"{it.subject} {it.family}: {it.seen}; expected {it.expected}" for it in failed[:3])
    port = case.interface(Endpoint(one.switch, one.interface))
    if port is not None and not port.oper_up:
        evidence = (f"{one.switch}:{one.interface} has no link", *evidence)
    said = case.session(one.switch, first.subject)
    if first.problem == Problem.DOWN and said is not None:
        shut = said.shut and not any(session.options.shutdown for session in _planned(case, one))
        # with another password there is no TCP connection, and no session comes that far (RFC 4271, 8.2.2)
        connected = said.state in ("OpenSent", "OpenConfirm")
        before, now = (0, 0) if shut or connected else _unsigned(case, one)
        if shut:
            code, text = "outside-shut", "has shut its session with {who}"
            there, drift = mends.startup(case, one.switch, [it.subject for it in failed]), ()
        elif now or any(" password " in line for line in drift):
            code, text = "outside-password", "has not the same MD5 password as {who}"
            evidence = (
                *evidence,
                *([f"{one.switch} drops TCP segments for their signature, {now} just now"] * bool(now)),
            )
            there = f"set the password of the plan at {one.name}, or another one in the plan: the two ends must agree"
        elif before:
            evidence = (*evidence, _before(one.switch, before, known=now is not None))
    elif first.problem == Problem.MAX_PREFIX:
        clear = mends.on(one.switch, *(f"sudo vtysh -c 'clear bgp {it.subject}'" for it in failed))
        there = f"when {one.name} announces less, or `max_prefixes` is higher: {clear}"
    return Diagnosis(
        code,
        "session",
        (f"{one.switch}:{one.interface}",),
        f"{one.switch} {text.format(who=who)}",
        (*drift[:3], *evidence),
        mends.push(case, one.switch) if drift else there,
        case.take_these(failed),
    )


def _of_port(case: Case, one: OutsidePlan) -> int | None:
    """The finding about the port that it is behind."""
    end = f"{one.switch}:{one.interface}"
    checks = {"interface", "portchannel", "vlan"}
    found = (
        place
        for place, it in enumerate(case.findings)
        if end in it.where and any(result.check in checks for result in it.results)
    )
    return next(found, None)


def _planned(case: Case, one: OutsidePlan) -> list[Session]:
    return [session for group, session in case.switch(one.switch).sessions if group.of_neighbor(one.name)]


def _unsigned(case: Case, one: OutsidePlan) -> tuple[int, int | None]:
    """How many TCP segments a switch had dropped for their signature when it was asked first, and how many since then.

    None where it was asked once: what its kernel has counted since it booted is no sign by itself. Where other sessions
    have signatures, too, it tells of none.
    """
    signed = [session for _, session in case.switch(one.switch).sessions if session.options.password]
    ours = [session for session in _planned(case, one) if session.options.password]
    answers = case.answers.get(one.switch)
    if not answers or not ours or len(signed) > len(ours):
        return 0, 0
    before, later = answers.find(TCP_SIGNATURES) or 0, answers.find(TCP_SIGNATURES_LATER)
    return before, None if later is None else max(0, later - before)


def _before(switch: str, count: int, *, known: bool) -> str:
    told = f"{switch} has dropped {count} TCP segments for their signature since it started"
    if known:
        return f"{told}, and none while it was looked at"
    return f"{told}: perhaps another password, if `grep TcpExt /proc/net/netstat` counts more TCPMD5 a while later"


def _leaks_in(case: Case, one: OutsidePlan) -> Iterator[Diagnosis]:
    """Prefixes that a neighbour announces, and that a policy of ours should not have let in."""
    bgp = case.bgp(one.switch)
    peers = {session.peer for session in _planned(case, one)}
    addresses = peers | {bgp.sessions[peer].address for peer in peers if bgp and peer in bgp.sessions}
    found = [
        it
        for it in case.failed("route", switch=one.switch, problems=(Problem.FOREIGN,))
        if bgp and addresses & bgp.learned.get(it.subject, frozenset())
    ]
    if not found:
        return
    prefixes = {it.subject for it in found}
    drift = case.because(one.switch, rf"route-map|prefix-list|neighbor \S*{re.escape(one.name)}\S* ")
    taken = case.take_these(found)
    rest = case.take(lambda it: it.check == "route" and it.subject in prefixes and it.problem == Problem.FOREIGN)
    look = f"sudo vtysh -c 'clear bgp {min(peers)} soft in'"
    yield Diagnosis(
        "leaked-in",
        "routes",
        (f"{one.switch}:{one.interface}",),
        f"{one.name} (AS {one.asn}) announces {some(sorted(prefixes))}, and {one.switch} takes it: `accept` does not",
        (*drift[:3], *(f"{it.switch}: {it.subject} {it.seen}" for it in found[:3])),
        mends.push(case, one.switch) if drift else mends.on(one.switch, look),
        taken,
        rest,
    )


def _no_default(case: Case, lost: Mapping[str, int]) -> Iterator[Diagnosis]:
    """A default route that no switch has although its neighbours are to tell it."""
    for family in case.plan.families:
        asked = [it for it in case.results if it.check == "outside" and it.subject == family.default]
        missing = [it for it in case.failed("outside", problems=(Problem.NO_ROUTE,)) if it.subject == family.default]
        borders = [one for one in case.plan.outside if one.tells_default(family)]
        told = [name for name in case.fabric.borders(family) if _has(case, name, family.default)]
        if not missing or told or len(missing) < sum(it.status != "unreached" for it in asked):
            continue
        if inactive := _static_default(case, family):
            case.extend(inactive[0], case.take_these(missing))
            continue
        if not borders:
            continue
        who = some(f"{one.name} at {one.switch}" for one in borders)
        down = [one.name for one in borders if one.name in lost]
        if len(down) == len(borders):
            case.extend(lost[down[0]], case.take_these(missing))
            continue
        text = (
            f"no switch has the default route {family.default}: {who} {'is' if len(borders) == 1 else 'are'} to tell it"
        )
        seen = f"no session with {some(down)}" if down else "the sessions are up, and none of them brings it"
        drift = tuple(
            line
            for one in borders
            for line in case.because(one.switch, r"route-map FROM-|prefix-list|route-map .* in$")
        )
        first = borders[0].switch
        look = mends.on(first, f"sudo vtysh -c 'show bgp {family} unicast {family.default}'")
        yield Diagnosis(
            "no-default-route",
            "routes",
            tuple(dict.fromkeys(one.switch for one in borders)),
            text,
            (*drift[:3], seen),
            mends.push(case, first) if drift else f"{look} shows what comes; whose the neighbour is must tell it",
            case.take_these(missing),
        )


def _static_default(case: Case, family: Family) -> list[int]:
    """The findings about static default routes that do not work."""
    return [
        place
        for place, found in enumerate(case.findings)
        if any(it.check == "static" and it.subject == family.default for it in found.failed)
    ]


def _has(case: Case, name: str, prefix: str) -> bool:
    bgp = case.bgp(name)
    return bgp is not None and prefix in bgp.origins
