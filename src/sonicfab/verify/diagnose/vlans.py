"""VLANs: missing, with a member that is not in them or has other tags, without link, not announced; DHCP relays."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from sonicfab.endpoint import Endpoint
from sonicfab.families import Family
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.vlans import VlanPlan
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """What a VLAN lacks before what its interface lacks, and that before what does not come elsewhere."""
    for one in case.failed("vlan", problems=(Problem.MISSING,)):
        yield _missing(case, one)
    for one in case.failed("vlan", problems=(Problem.NOT_A_MEMBER, Problem.TAGGING)):
        if one in case.open.values():  # the far end of its link has told of it
            yield _member(case, one)
    for one in case.failed("interface"):
        interface = case.switch(one.switch).interfaces.get(one.subject)
        if interface is not None and interface.kind == InterfaceKind.VLAN and one.problem != Problem.UNANSWERED:
            yield _interface(case, one)
    for one in case.failed("vlan", problems=(Problem.NO_RELAY,)):
        yield _relay(case, one)


def after_links(case: Case) -> Iterator[Diagnosis]:
    """What follows from links that are down, where nobody has said so."""
    for one in case.failed("vlan", problems=(Problem.NO_LINK,)):
        yield _no_link(case, one)
    for one in case.failed("vlan", problems=(Problem.LOST,)):
        if one in case.open.values():
            yield from _split(case, one)
    unrouted = (Problem.NO_ROUTE, Problem.NOT_INSTALLED)
    for one in case.failed("vlan", problems=unrouted):
        place = _cut_by(case, one)
        if place is not None:
            case.extend(place, case.take_these([one]))
    for one in case.failed("vlan", problems=unrouted):
        if one in case.open.values():
            yield _not_told(case, one)


def _cut_by(case: Case, one: CheckResult) -> int | None:
    """The finding that leaves no way to where a subnet comes from; where several do so together, the worst of them."""
    broken = {place: finding.broken for place, finding in enumerate(case.findings) if finding.broken}
    places = sorted(broken, key=lambda place: case.findings[place].rank)

    def is_cut(by: Iterable[int]) -> bool:
        outage = reduce(or_, (broken[place] for place in by), Outage())
        return bool(outage) and case.fabric.ways(Family.of(one.subject), outage).of(one.switch, one.far) is None

    alone = next((place for place in places if is_cut([place])), None)
    if alone is not None or not is_cut(places):
        return alone
    needed = [place for place in places if not is_cut([other for other in places if other != place])]
    return next(iter(needed), places[0])


def _plan(case: Case, one: CheckResult) -> VlanPlan:
    name = one.subject.partition(" ")[0]
    return next(vlan for vlan in case.switch(one.switch).vlans if vlan.name == name)


def _missing(case: Case, one: CheckResult) -> Diagnosis:
    vlan = _plan(case, one)
    drift = case.because(one.switch, rf"VLAN(_MEMBER|_INTERFACE)?\|{vlan.name}\b|VLAN\b.*rows", "config_db")
    inside = {member.interface for member in vlan.members}
    results = case.take(
        lambda other: (
            other is one
            or (other.switch == one.switch and other.check == "interface" and other.subject == vlan.name)
            or (other.switch == one.switch and other.check == "vlan" and other.subject in inside)
        )
    )
    return Diagnosis(
        "vlan-missing",
        "link",
        (one.switch,),
        f"{one.switch} has no {vlan.name}, and the network {vlan.network} ends there",
        drift or (f"{one.switch}: APPL_DB has no VLAN_TABLE:{vlan.name}, CONFIG_DB has VLAN|{vlan.name}",),
        mends.push_or(case, one.switch, mends.set_row(f"VLAN|{vlan.name}", "vlanid", str(vlan.id))),
        results,
    )


def _member(case: Case, one: CheckResult) -> Diagnosis:
    """A member that lacks a VLAN or has other tags; on a link, seen from both ends."""
    port, switch = one.subject, one.switch
    wanted = {
        vlan.name: member for vlan in case.switch(switch).vlans for member in vlan.members if member.interface == port
    }
    drift = case.because(switch, rf"VLAN_MEMBER\|Vlan\d+\|{port}\b|VLAN_MEMBER: ", "config_db")
    again = "; ".join(
        mends.set_row(f"VLAN_MEMBER|{name}|{port}", "tagging_mode", member.tagging_mode)
        for name, member in wanted.items()
    )
    far = Endpoint.of(one.far) if one.far else None
    native = {name for name, member in wanted.items() if not member.tagged}
    lost = [member.network for name, member in wanted.items() if f" in {name}" not in one.seen]
    if far is None:
        code, cause = "vlan-access", f"{one.end} is {one.seen}; planned: {one.expected}"
    elif native and any(f"untagged in {name}" not in one.seen for name in native):
        code = "native-vlan-differs"
        cause = f"{one.end} is {one.seen}, and at the other end {far} {one.expected}: frames without a tag get lost"
    elif lost:
        code = "vlan-missing-at-far-end"
        cause = f"{one.end} does not carry {' and '.join(lost)}, and {far} does: its frames are dropped there"
    else:
        code, cause = "vlan-tagging-differs", f"{one.end} is {one.seen}, and {far} at the other end {one.expected}"
    where = (str(one.end), str(far)) if far else (str(one.end),)
    evidence = drift or (f"{one.end}: {one.seen}; planned: {one.expected}",)
    return Diagnosis(
        code,
        "link" if far else "session",
        where,
        cause,
        evidence,
        mends.push_or(case, switch, again),
        case.take_these([one]),
    )


def _interface(case: Case, one: CheckResult) -> Diagnosis:
    """Its interface is shut or has lost an address: vlanmgrd and intfmgrd do again what they are told again."""
    name = one.subject
    drift = case.because(one.switch, rf"VLAN(_INTERFACE)?\|{name}\b", "config_db")
    interface = case.switch(one.switch).interfaces[name]
    if one.problem == Problem.SHUT:
        code, cause = "svi-shut", f"{name} of {one.switch} is shut: hosts in it have no gateway"
        steps = [f"sudo ip link set {name} up"]  # vlanmgrd does it by itself only where the row has an admin_status
    elif one.problem == Problem.ADDRESS:
        code, cause = "svi-address", f"{name} of {one.switch} lacks an address: {one.seen}"
        steps = [mends.again("VLAN_INTERFACE", name, str(address)) for address in interface.addresses]
    else:
        code, cause = "svi-down", f"{name} of {one.switch} is not as planned: {one.seen}; planned: {one.expected}"
        steps = [mends.again("VLAN_INTERFACE", name)]
    # what is not announced any more is missing elsewhere
    subnets = {str(address.network) for address in interface.addresses}
    gone = case.take(lambda other: other.check == "vlan" and other.subject in subnets and other.far == one.switch)
    evidence = drift or (f"{one.switch}: {name} {one.seen}",)
    mend = mends.push_or(case, one.switch, "; ".join(steps))
    return Diagnosis(code, "routes", (one.switch,), cause, evidence, mend, case.take_these([one]), gone)


def _relay(case: Case, one: CheckResult) -> Diagnosis:
    vlan = _plan(case, one)
    drift = case.because(one.switch, rf"VLAN\|{vlan.name} dhcp|DHCP_RELAY|FEATURE\|dhcp_relay", "config_db")
    return Diagnosis(
        "dhcp-relay-off",
        "session",
        (one.switch,),
        f"{one.switch} does not relay DHCP of {vlan.network}: {one.seen}",
        drift or (f"{one.switch}: no relay for {vlan.name} among its processes",),
        mends.push_or(case, one.switch, "sudo systemctl restart dhcp_relay"),  # it reads its VLANs when it starts
        case.take_these([one]),
    )


def _no_link(case: Case, one: CheckResult) -> Diagnosis:
    vlan = _plan(case, one)
    ports = some(member.interface for member in vlan.members)
    return Diagnosis(
        "svi-without-members",
        "link",
        (one.switch,),
        f"no member of {vlan.name} has link on {one.switch}: its interface is up, and nobody is behind it",
        (f"{one.switch}: {one.seen}",),
        f"look at the cables of {one.switch}:{ports}",
        case.take_these([one]),
    )


def _split(case: Case, one: CheckResult) -> Iterator[Diagnosis]:
    """Two switches that do not reach each other in a network: where a link that carries it is ill, by that."""
    network = one.expected.removeprefix("answers in ")
    links = [link for link in case.plan.links if any(inside.network == network for inside in link.vlans)]
    ends = {str(end) for link in links for cable in (*link.cables, (link.a, link.b)) for end in cable}
    lost = case.take(lambda other: other.check == "vlan" and other.expected == one.expected)
    for place, finding in enumerate(case.findings):
        told = finding.code.startswith(("vlan-missing", "svi-")) and finding.where[0] in (one.switch, one.far)
        if told or ends & set(finding.where):
            case.extend(place, lost)
            return
    pairs = dict.fromkeys(" and ".join(sorted((other.switch, other.far))) for other in lost)
    members = [
        (end.switch, f"VLAN_MEMBER|{vlan.name}|{end.port}", member.tagging_mode)
        for link in links
        for end in (link.a, link.b)
        for vlan in case.switch(end.switch).vlans
        for member in vlan.members
        if vlan.network == network and member.interface == end.port
    ]
    again = "; then ".join(mends.on(name, mends.set_row(row, "tagging_mode", mode)) for name, row, mode in members)
    yield Diagnosis(
        "network-split",
        "link",
        tuple(dict.fromkeys(other.switch for other in lost)),
        f"in {network} {some(pairs)} do not reach each other, though swss has it on all links between them",
        tuple(f"{other.switch}: no answer from {other.subject} of {other.far}" for other in lost[:3]),
        again,
        lost,
    )


def _not_told(case: Case, one: CheckResult) -> Diagnosis:
    """A subnet that does not come here, though the loopback of its switch does."""
    results = case.take(lambda other: other.check == "vlan" and other.subject == one.subject)
    drift = case.because(one.far, rf"network {re.escape(one.subject)}", "frr")
    return Diagnosis(
        "network-not-announced",
        "routes",
        (one.far,),
        f"{one.subject} of {one.far} does not come to {some(dict.fromkeys(other.switch for other in results))}",
        drift or tuple(f"{other.switch}: {other.seen}" for other in results[:3]),
        mends.push_or(case, one.far, mends.CLEAR_BGP),
        results,
    )
