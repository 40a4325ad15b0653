"""`bgp`: every planned session as planned, hosts as far as they are there, and no session that nobody planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.frr.parts import foreign_neighbors
from sonicfab.plan.types import Family, Session
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.parse import BgpPeer
from sonicfab.switch.parse_state import BgpSession, BgpState
from sonicfab.verify.checks.base import Check
from sonicfab.verify.checks.questions import BGP, RECORD, STORED_FRR
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult, Status


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge."""
    return judge_sessions(expected, answers.get(BGP), neighbors_of_others(expected, answers))


def neighbors_of_others(expected: Expectations, answers: Answers) -> frozenset[str]:
    """Neighbours in our BGP that another has made and saved: nobody planned them, and they may stay."""
    record = answers.find(RECORD)
    if expected.config is None or record is None:
        return frozenset()
    return foreign_neighbors(answers.find(STORED_FRR) or "", expected.config.frr, record.frr)


def judge_sessions(
    expected: Expectations, state: BgpState, theirs: frozenset[str] = frozenset()
) -> Iterator[CheckResult]:
    """What bgpd says against the plan; `theirs` are neighbours that are none of ours."""
    seen: dict[tuple[str, str], BgpPeer] = {(peer.peer, peer.family): peer for peer in state.peers}
    for session in expected.sessions:
        for family in session.families:
            found = seen.pop((session.peer, family), None)
            problem, text = _fault(expected, session, family, found, state.sessions.get(session.peer))
            yield _result(expected, session, family, text, problem, found)
    for peer in seen.values():
        if peer.peer not in theirs:
            yield _other(expected, peer, state.sessions.get(peer.peer))
    known = {peer.peer for peer in state.peers} | {one.peer for one in expected.sessions} | expected.host_peers | theirs
    for more in state.sessions.values():
        if more.peer not in known:  # activated in no family, so no summary has it
            yield _unplanned(expected, more)


def _fault(
    expected: Expectations, session: Session, family: Family, peer: BgpPeer | None, more: BgpSession | None
) -> tuple[str, str]:
    """(problem, what is seen); no problem when the session is as planned."""
    if peer is None:
        return "not-configured", "not configured" if more is None else f"{family} is not activated"
    text = _text(peer, session.remote_asn)
    if peer.reason == "PfxCt":
        return "max-prefix", text
    if not peer.established:
        return "down", text
    if peer.remote_asn != session.remote_asn:
        return "asn", text
    if peer.reason == "Policy":
        return "no-policy", text
    bgp = expected.fabric.bgp
    if more is not None:
        if more.families and family not in more.families:
            return "family", f"{text}, without {family}"
        if more.hold and (more.hold, more.keepalive) != (bgp.hold, bgp.keepalive):
            told = f"{text}, keepalive {more.keepalive:.0f} s, hold {more.hold:.0f} s"
            # timers are agreed on when a session starts (RFC 4271 section 4.2)
            pending = (more.configured_hold, more.configured_keepalive) == (bgp.hold, bgp.keepalive)
            return ("old-timers", f"{told} until its next start") if pending else ("timers", told)
        if bgp.bfd and more.bfd and more.bfd.lower() != "up":
            return "bfd", f"{text}, BFD {more.bfd}"
        if bgp.bfd and not more.bfd:
            return "no-bfd", f"{text}, without BFD"
    if not peer.received and _brings_any(expected, session, family):
        return "no-prefixes", f"{text}, 0 prefixes"
    return "", text


def _brings_any(expected: Expectations, session: Session, family: Family) -> bool:
    """Whether the other end announces anything that is not dropped here: its own loopback at least."""
    far = expected.fabric.switches[session.switch]
    return far.loopback(family) is not None and far.asn != expected.plan.asn


def _unplanned(expected: Expectations, more: BgpSession) -> CheckResult:
    text = f"{more.state}, AS {more.remote_asn}, in no family"
    return CheckResult(
        expected.plan.name, "bgp", more.peer, "", "", "failed", "no such session", text, problem="unplanned"
    )


def _other(expected: Expectations, peer: BgpPeer, more: BgpSession | None) -> CheckResult:
    name, text = expected.plan.name, _text(peer)
    if peer.peer not in expected.host_peers:
        return CheckResult(
            name, "bgp", peer.peer, peer.family, "", "failed", "no such session", text, peer, problem="unplanned"
        )
    status: Status = "ok" if peer.established else "skipped"
    problem = ""
    if peer.reason == "PfxCt":
        text, problem = f"shut: the host announces more prefixes than it may ({peer.state})", "host-prefixes"
        status = "failed"
    elif peer.reason == "Admin" or (more is not None and more.shut):
        text, problem, status = f"shut at the switch ({peer.state})", "host-shut", "failed"
    elif not peer.established:
        text = f"no host answers ({peer.state})"
    return CheckResult(
        name, "bgp", peer.peer, peer.family, "host", status, "a host may be here", text, peer, problem=problem
    )


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    for session in expected.sessions:
        for family in session.families:
            yield _result(expected, session, family, seen, "unanswered", None)


def _result(
    expected: Expectations, session: Session, family: str, seen: str, problem: str, peer: BgpPeer | None
) -> CheckResult:
    return CheckResult(
        expected.plan.name,
        "bgp",
        session.peer,
        family,
        session.far_end,
        "failed" if problem else "ok",
        f"a session with AS {session.remote_asn}",
        seen,
        peer,
        problem=problem,
    )


def _text(peer: BgpPeer, wanted_asn: int | None = None) -> str:
    """A peer in a few words: its state, and its AS number where that is not the wanted one."""
    reason = f" ({peer.reason})" if peer.reason else ""
    asn = f", AS {peer.remote_asn}" if peer.remote_asn not in (0, wanted_asn) else ""
    return f"{peer.state}{reason}{asn}"


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    return (BGP,) if expected.config is None else (BGP, STORED_FRR, RECORD)


CHECK = Check("bgp", "sessions", questions, judge, unasked)
