"""Sessions with neighbours of others, and the default route that they are to bring.

The other end is not ours: the finding names our end of it, and says what there is to see of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sonicfab.plan.outside import OutsidePlan
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.results import CheckResult, Problem

_SAYS = {
    Problem.DOWN: ("outside-down", "has no session with {who}"),
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
        if broken:
            yield _session(case, one, broken)
            lost[one.name] = len(case.findings) - 1
    yield from _no_default(case, lost)


def _session(case: Case, one: OutsidePlan, failed: list[CheckResult]) -> Diagnosis:
    first = failed[0]
    who = f"{one.name} (AS {one.asn}) behind {one.interface}"
    code, text = _SAYS.get(first.problem, ("outside-session", "does not have the session with {who} as planned"))
    drift = case.because(one.switch, rf"neighbor ({'|'.join({one.subject for one in failed})}|{one.name}(-V[46])?)\b")
    look = f"sudo vtysh -c 'show bgp neighbors {first.subject}'"
    there = f"{mends.on(one.switch, look)} shows what it says; whose it is must look at the other end"
    return Diagnosis(
        code,
        "session",
        (f"{one.switch}:{one.interface}",),
        f"{one.switch} {text.format(who=who)}",
        (*drift[:3], *(f"{it.subject} {it.family}: {it.seen}; expected {it.expected}" for it in failed[:3])),
        mends.push(case, one.switch) if drift else there,
        case.take_these(failed),
    )


def _no_default(case: Case, lost: Mapping[str, int]) -> Iterator[Diagnosis]:
    """A default route that no switch has although its neighbours are to tell it."""
    for family in case.plan.families:
        asked = [it for it in case.results if it.check == "outside" and it.subject == family.default]
        missing = [it for it in case.failed("outside", problems=(Problem.NO_ROUTE,)) if it.subject == family.default]
        borders = [one for one in case.plan.outside if one.tells_default(family)]
        told = [name for name in {one.switch for one in borders} if _has(case, name, family.default)]
        if not missing or told or len(missing) < sum(it.status != "unreached" for it in asked):
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


def _has(case: Case, name: str, prefix: str) -> bool:
    bgp = case.bgp(name)
    return bgp is not None and prefix in bgp.origins
