"""Port channels: down, shut, short of members; members without link, elsewhere, deselected, with another partner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sonicfab.endpoint import Endpoint
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.switch.ask import UnansweredError
from sonicfab.switch.state.lags import PortChannel
from sonicfab.verify.checks.portchannel import seen_channels
from sonicfab.verify.diagnose import mends, ports
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem

_CHECK = "portchannel"
_NO_LINK = (Problem.NO_LINK, Problem.SHUT, Problem.NO_TRANSCEIVER)


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """The port channels as a whole, then their members: each cable with both ends, then what is behind one alone."""
    for name, switch in case.plan.switches.items():
        for one in switch.port_channels:
            yield from _whole(case, Endpoint(name, one.name), one)
    for link in case.plan.links:
        for a, b in link.members:
            yield from _cable(case, a, b)
    for name, switch in case.plan.switches.items():
        for one in switch.port_channels:
            for port in one.members:
                yield from _member(case, Endpoint(name, port), one)
            yield from _down(case, Endpoint(name, one.name), one)


def _whole(case: Case, end: Endpoint, plan: PortChannelPlan) -> Iterator[Diagnosis]:
    """What is wrong with the port channel itself; members that are down are told each, unless too few are left."""
    failed = case.failed(_CHECK, switch=end.switch)
    found = next((one for one in failed if one.subject == end.port), None)
    if found is None or found.problem == Problem.UNANSWERED:
        return
    down = Outage(sessions=frozenset({end}))
    drift = case.because(end.switch, rf"PORTCHANNEL(_MEMBER)?\|{end.port}\b", "config_db")
    told = (*drift[:3], f"{end}: {found.seen}")
    where = (str(end),)
    if found.problem == Problem.MISSING:
        mend = mends.push(case, end.switch) if drift else mends.on(end.switch, "sudo systemctl restart teamd")
        cause, taken = f"{end} does not exist", _taken(case, end, plan)
        yield Diagnosis("bundle-missing", "link", where, cause, told, mend, taken, broken=down)
    elif found.problem == Problem.SHUT:
        mend = mends.on(end.switch, f"sudo config interface startup {end.port}")
        taken = _taken(case, end, plan)
        yield Diagnosis("bundle-shut", "link", where, f"{end} is shut", told, mend, taken, broken=down)
    elif found.problem == Problem.MTU:
        cause = f"{end} and its members have another MTU than {plan.mtu}: {found.seen}"
        mend = mends.push_or(case, end.switch, mends.set_row(f"PORTCHANNEL|{end.port}", "mtu", str(plan.mtu)))
        members = [Endpoint(end.switch, port) for port in plan.members]
        taken = (*_taken(case, end, plan), *case.link_results(*members, checks=("interface",)))
        yield Diagnosis("bundle-mtu", "link", where, cause, told, mend, taken)
    elif found.problem == Problem.UNPLANNED:
        strange = sorted(_members(case, end) - set(plan.members))
        drop = [f"sudo config portchannel member del {end.port} {port}" for port in strange]
        cause = f"{some(strange)} of {end.switch} is a member of {end.port}, and nobody planned that"
        mend = mends.push_or(case, end.switch, "; ".join(drop))
        yield Diagnosis("member-unplanned", "link", where, cause, told, mend, case.take_these([found]))
    elif found.problem == Problem.MIN_LINKS:
        yield _too_few(case, end, plan, told)


def _down(case: Case, end: Endpoint, plan: PortChannelPlan) -> Iterator[Diagnosis]:
    """A port channel that is down although nothing is wrong with its members."""
    found = [one for one in case.failed(_CHECK, switch=end.switch, problems=(Problem.NO_LINK,)) if one.end == end]
    if found:
        cause = f"{end} is down, and nothing is wrong with its members"
        steps = [f"sudo config interface {word} {end.port}" for word in ("shutdown", "startup")]
        mend, broken = mends.push_or(case, end.switch, "; ".join(steps)), Outage(sessions=frozenset({end}))
        told = (f"{end}: {found[0].seen}",)
        yield Diagnosis("bundle-down", "link", (str(end),), cause, told, mend, _taken(case, end, plan), broken=broken)


def _too_few(case: Case, end: Endpoint, plan: PortChannelPlan, told: tuple[str, ...]) -> Diagnosis:
    lacking = [one for one in case.failed(_CHECK, switch=end.switch) if one.subject in plan.members]
    cause = f"{end} is down: fewer of its members are up than the {plan.min_links} that min_links asks for"
    todo: list[str] = []
    for one in lacking:
        far = Endpoint.of(one.far)
        shut = [here for here in (one.end, far) if _is_shut(case, here)]
        todo += [mends.on(here.switch, f"sudo config interface startup {here.port}") for here in shut]
    mend = "; then ".join(todo) or f"look at the cables and modules of {some(one.subject for one in lacking)}"
    told = (*told, *(f"{one.end}: {one.seen}" for one in lacking))
    ends = [here for one in lacking for here in (one.end, Endpoint.of(one.far))]
    taken = (*_taken(case, end, plan), *case.link_results(*ends))
    return Diagnosis("min-links", "link", (str(end),), cause, told, mend, taken, broken=Outage(frozenset({end})))


def _cable(case: Case, a: Endpoint, b: Endpoint) -> Iterator[Diagnosis]:
    """A cable of a bundle that lost its link; the bundle goes on with the others, or is down."""
    found = [one for end in (a, b) for one in case.failed("interface", switch=end.switch) if one.end == end]
    lost = [one for one in found if one.problem in _NO_LINK]
    if not lost:
        return
    plan = _plan(case, a)
    left, all_ = _left(case, a, plan), len(plan.members)
    for finding in ports.of_link(case, a, b, lost):
        carries = left > 0
        goes_on = (
            f"{plan.name} goes on with {left} of {all_} members" if carries else f"no member of {plan.name} is left"
        )
        code = {"port-shut": "member-shut", "link-down": "member-down"}.get(finding.code, finding.code)
        channels = () if carries else (Endpoint(a.switch, plan.name), plan.far)
        taken = (*finding.results, *case.link_results(a, b, *channels))
        broken = Outage() if carries else Outage(sessions=frozenset({Endpoint(a.switch, plan.name)}))
        yield replace(finding, code=code, cause=f"{finding.cause}; {goes_on}", results=taken, broken=broken)


def _member(case: Case, end: Endpoint, plan: PortChannelPlan) -> Iterator[Diagnosis]:
    found = next((one for one in case.failed(_CHECK, switch=end.switch) if one.end == end), None)
    if found is None or found.problem == Problem.UNANSWERED:
        return
    far = Endpoint.of(found.far)
    drift = case.because(end.switch, rf"PORTCHANNEL_MEMBER\|[^ ]*\b{end.port}\b", "config_db")
    told = (*drift[:3], f"{end}: {found.seen}")
    if found.problem == Problem.NOT_A_MEMBER:
        yield _not_in_it(case, end, plan, told)
    elif speeds := case.because(end.switch, rf"PORT\|{end.port} speed\b", "config_db"):
        cause = f"{end} has another speed than the other members of {plan.name}: LACP leaves it out"
        taken = case.link_results(end, far)
        yield Diagnosis(
            "member-speed", "link", (str(end),), cause, (*speeds, *told), mends.push(case, end.switch), taken
        )
    elif found.problem == Problem.NO_PARTNER:
        ends = [one.end for one in case.failed(_CHECK, switch=end.switch, problems=(Problem.NO_PARTNER,))]
        ends = [end] if far else [one for one in ends if one.port in plan.members]
        who = f"{far}" if far else "a server"
        cause = f"nobody speaks LACP at the far end of {some(ends)}, {who}: {plan.name} leaves it out"
        mend = f"make a bond with LACP (802.3ad) of the server's ports behind {end.switch}:{plan.name}"
        if far:
            mend = mends.push_or(case, far.switch, "sudo systemctl restart teamd")
        taken = case.link_results(*ends, far)
        yield Diagnosis("lacp-silent", "link", tuple(map(str, ends)), cause, told, mend, taken)
    elif found.problem == Problem.OTHER_PARTNER:
        wanted = f"{plan.far.switch}, as planned" if plan.far else "what the other members hear"
        cause = f"LACP on {end} hears another system than {wanted}: {found.seen}"
        show = "sudo docker exec lldp lldpcli show neighbors"
        mend = mends.on(end.switch, f"{show} ports {end.port}") + " says where its cable ends; plug it in as planned"
        yield Diagnosis("lacp-partner", "cable", (str(end),), cause, told, mend, case.link_results(end))
    elif found.problem == Problem.NOT_SELECTED:
        yield _left_out(case, end, plan, far, told)
    elif found.problem == Problem.NO_LINK:
        cause = f"{end}, a member of {plan.name}, has no link, and others of it have"
        mend = f"look at the cable and the modules of {end}"
        yield Diagnosis("member-down", "link", (str(end),), cause, told, mend, case.link_results(end))


def _not_in_it(case: Case, end: Endpoint, plan: PortChannelPlan, told: tuple[str, ...]) -> Diagnosis:
    other = next(
        (name for name in _channels(case, end.switch) if end.port in _members(case, Endpoint(end.switch, name))), ""
    )
    into = f"sudo config portchannel member add {plan.name} {end.port}"
    steps = [f"sudo config portchannel member del {other} {end.port}", into] if other else [into]
    where = f"a member of {other} instead" if other else "no member of it"
    cause = f"{end} belongs to {plan.name} and is {where}: what the far end sends over it is lost"
    port = next(one for one in case.switch(end.switch).ports if one.name == end.port)
    # its far end is left out by LACP there, which follows from this
    taken = case.link_results(end, *([port.far] if port.far else []), checks=(_CHECK, "interface"))
    mend = mends.push_or(case, end.switch, "; ".join(steps))
    code = "member-elsewhere" if other else "member-missing"
    return Diagnosis(code, "link", (str(end),), cause, told, mend, taken)


def _left_out(case: Case, end: Endpoint, plan: PortChannelPlan, far: Endpoint, told: tuple[str, ...]) -> Diagnosis:
    """Link and partner are well: the far end has it in another bundle, or its key is another."""
    there = next(
        (name for name in _channels(case, far.switch) if far.port in _members(case, Endpoint(far.switch, name))), ""
    )
    taken = case.link_results(end, far)
    if far and there != plan.far.port:
        cause = f"LACP leaves {end} out: its far end {far} is {f'in {there}' if there else 'in no port channel'}"
        into = f"sudo config portchannel member add {plan.far.port} {far.port}"
        steps = [f"sudo config portchannel member del {there} {far.port}", into] if there else [into]
        mend = mends.push_or(case, far.switch, "; ".join(steps))
        return Diagnosis("member-elsewhere", "link", (str(far),), cause, told, mend, taken)
    cause = f"LACP leaves {end} out of {plan.name} although it has link and hears its partner"
    steps = [f"sudo config interface {word} {end.port}" for word in ("shutdown", "startup")]
    mend = mends.push_or(case, end.switch, "; ".join(steps))
    return Diagnosis("member-left-out", "link", (str(end),), cause, told, mend, taken)


def _taken(case: Case, end: Endpoint, plan: PortChannelPlan) -> tuple[CheckResult, ...]:
    """What failed at a port channel, at its far end, and at its members because of it."""
    members = [Endpoint(end.switch, port) for port in plan.members]
    far = [port.far for port in case.switch(end.switch).ports if port.name in plan.members and port.far]
    ends = [end, *([plan.far] if plan.far else [])]
    return (*case.link_results(*ends), *case.link_results(*members, *far, checks=(_CHECK,)))


def _plan(case: Case, member: Endpoint) -> PortChannelPlan:
    return next(one for one in case.switch(member.switch).port_channels if member.port in one.members)


def _left(case: Case, member: Endpoint, plan: PortChannelPlan) -> int:
    """How many members have link at this end, as far as it is known."""
    ends = (case.interface(Endpoint(member.switch, port)) for port in plan.members)
    return sum(1 for one in ends if one is not None and one.oper_up and one.admin_up)


def _is_shut(case: Case, end: Endpoint) -> bool:
    interface = case.interface(end) if end else None
    return interface is not None and not interface.admin_up


def _channels(case: Case, switch: str) -> dict[str, PortChannel]:
    answers = case.answers.get(switch)
    try:
        return seen_channels(answers) if answers else {}
    except UnansweredError:
        return {}


def _members(case: Case, channel: Endpoint) -> set[str]:
    found = _channels(case, channel.switch).get(channel.port)
    return set(found.members) if found else set()
