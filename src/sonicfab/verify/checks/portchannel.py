"""`portchannel`: port channels are up, their members are in them and selected, and LACP hears the planned switch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.access import Feature
from sonicfab.plan.bundles import PortChannelPlan
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.lags import LAGS_APPL, LAGS_STATE, LagMember, PortChannel, port_channels
from sonicfab.verify.check import Check, Other, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

_STAND_IN = "the kernel of this lab has no bonding: a bridge with spanning tree stands in for each, without LACP"


class Portchannel(Check[PortChannelPlan]):
    """Port channels to switches are up with their MTU, every planned port and no other is a member, selected and with
    link; LACP hears one partner on all of them, and that is the planned switch. Behind one to a server may be none.
    """

    what = "port channels and members"
    counted = ("port channel or member", "port channels and members")
    order = 45
    severity = "link"
    shows = mend = "show interfaces portchannel"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """A switch without port channels is not asked."""
        return (LAGS_APPL, LAGS_STATE) if expected.plan.port_channels else ()

    def wanted(self, expected: Expectations) -> Iterator[Wanted[PortChannelPlan]]:
        """Each port channel, and each of its members."""
        ports = expected.ports
        for one in expected.plan.port_channels:
            up = one.admin_status if one.far or one.admin_status == "down" else "not shut"
            text = f"{up}, MTU {one.mtu}, {len(one.members)} members"
            yield Wanted(one, one.name, text, far=str(one.far))
            for port in one.members:
                yield Wanted(one, port, f"selected in {one.name}", far=str(ports[port].far))

    def judge(self, expected: Expectations, one: Wanted[PortChannelPlan], answers: Answers) -> Seen:
        """What the databases tell."""
        channels = seen_channels(answers)
        if one.subject == one.about.name:
            return _channel(one.about, channels.get(one.subject))
        return _member(expected, one.about, channels, one.subject)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """That nobody speaks LACP where the lab's kernel cannot."""
        if expected.plan.port_channels and not any(one.lacp for one in seen_channels(answers).values()):
            wanted = Wanted(None, "LACP", "its partners as planned")
            if Feature.ASIC not in expected.provides:
                yield wanted, Seen(_STAND_IN, skipped=True)
            else:
                yield wanted, Seen("STATE_DB tells nothing of LACP", Problem.UNANSWERED)


def seen_channels(answers: Answers) -> dict[str, PortChannel]:
    """What a switch says of its port channels.

    Raises:
        UnansweredError: it did not say.
    """
    return port_channels(answers.get(LAGS_APPL), answers.get(LAGS_STATE))


def _channel(plan: PortChannelPlan, found: PortChannel | None) -> Seen:
    if found is None:
        return Seen("no such port channel", Problem.MISSING)
    seen = f"{'up' if found.oper_up else 'down'}, MTU {found.mtu}, {found.selected} of {len(found.members)} selected"
    if plan.admin_status == "down":
        return Seen("shut") if not found.admin_up else Seen(seen, Problem.UNMET)
    if not found.admin_up:
        return Seen("shut", Problem.SHUT)
    if found.mtu and found.mtu != plan.mtu:
        return Seen(seen, Problem.MTU)
    if not found.oper_up and plan.far:
        few = 0 < found.selected < plan.min_links
        return Seen(seen, Problem.MIN_LINKS if few else Problem.NO_LINK)
    strange = sorted(found.members.keys() - set(plan.members))
    return Seen(f"{seen}, {', '.join(strange)} is in it, too", Problem.UNPLANNED) if strange else Seen(seen)


def _member(expected: Expectations, plan: PortChannelPlan, channels: dict[str, PortChannel], port: str) -> Seen:
    own = channels.get(plan.name)
    member = own.members.get(port) if own else None
    if own is None or member is None:
        other = next((name for name, one in channels.items() if port in one.members), "")
        return Seen(f"a member of {other}" if other else "no member", Problem.NOT_A_MEMBER)
    if not member.link_up:
        lone = not plan.far and not any(one.link_up for one in own.members.values())
        return Seen("no link: nobody is there") if lone else Seen("no link", Problem.NO_LINK)
    if not own.lacp:
        return Seen("in it, with link") if member.selected else Seen("not selected", Problem.NOT_SELECTED)
    problem = _lacp_fault(expected, plan, own, member)
    partner = _name(expected, member.partner) or "nobody"
    word = "selected" if member.selected else "not selected"
    return Seen(f"{word}, LACP hears {partner}", problem)


def _lacp_fault(expected: Expectations, plan: PortChannelPlan, own: PortChannel, member: LagMember) -> Problem:
    falls_back = plan.fallback == "true" and not plan.far
    if not member.partner:
        return Problem.NONE if falls_back else Problem.NO_PARTNER
    far = expected.fabric.switches.get(plan.far.switch)
    heard = {one.partner for one in own.members.values() if one.partner}
    if (far.port_mac.lower() if far else min(heard)) != member.partner:
        return Problem.OTHER_PARTNER
    return Problem.NONE if member.selected else Problem.NOT_SELECTED


def _name(expected: Expectations, mac: str) -> str:
    """The switch of the plan with that MAC address; else the address."""
    named = (name for name, one in expected.fabric.switches.items() if one.port_mac.lower() == mac)
    return next(named, mac)
