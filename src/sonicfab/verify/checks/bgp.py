"""`bgp`: every planned session as planned, hosts as far as they are there, and no session that nobody planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sonicfab.families import Family
from sonicfab.frr.parts import foreign_neighbors
from sonicfab.plan.bgp import Session
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.bgp import BGP_STATE, BgpPeer, BgpSession
from sonicfab.switch.state.config import RECORD, STORED_FRR
from sonicfab.verify.check import Check, Other, Seen, Wanted
from sonicfab.verify.expect import Expectations, negotiated, other_end
from sonicfab.verify.results import Problem

_Planned = tuple[Session, Family]


class Bgp(Check[_Planned]):
    """Every planned session is Established in each of its families, with the right remote AS, hold time and keepalive,
    BFD up where it is planned, and prefixes coming in. Both ends are asked. A session that nobody planned is a failure.
    On a host port a server may answer or not.
    """

    what = "sessions"
    counted = ("session end", "session ends")
    order = 10
    shows = "sudo vtysh -c 'show bgp summary'"

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        return (expected.bgp_state, *(() if expected.config is None else (STORED_FRR, RECORD)))

    def wanted(self, expected: Expectations) -> Iterator[Wanted[_Planned]]:
        """Both families of every session with a switch."""
        for session in _all(expected):
            for family in session.families:
                shut = ", shut" if session.options.shutdown else ""
                text = f"a session with AS {session.remote_asn}{shut}"
                yield Wanted((session, family), session.peer, text, family, str(session.far))

    def judge(self, expected: Expectations, one: Wanted[_Planned], answers: Answers) -> Seen:
        """What bgpd says against the plan."""
        session, family = one.about
        state = answers.get(BGP_STATE)
        peer = next((peer for peer in state.peers if (peer.peer, peer.family) == (session.peer, family)), None)
        problem, text = _fault(expected, session, family, peer, state.sessions.get(session.peer))
        return Seen(text, problem, peer)

    def others(self, expected: Expectations, answers: Answers) -> Iterator[Other]:
        """Hosts, and sessions that nobody planned."""
        state, theirs = answers.get(BGP_STATE), neighbors_of_others(expected, answers)
        planned = {(session.peer, family) for session in _all(expected) for family in session.families}
        for peer in state.peers:
            if (peer.peer, peer.family) not in planned and peer.peer not in theirs:
                yield _other(expected, peer, state.sessions.get(peer.peer))
        known = {one.peer for one in state.peers} | {one.peer for one in _all(expected)} | expected.host_peers | theirs
        for more in state.sessions.values():
            if more.peer not in known:  # activated in no family, so no summary has it
                text = f"{more.state}, AS {more.remote_asn}, in no family"
                yield Wanted(None, more.peer, "no such session"), Seen(text, Problem.UNPLANNED)


def neighbors_of_others(expected: Expectations, answers: Answers) -> frozenset[str]:
    """Neighbours in our BGP that nobody planned and that may be there: of `extra`, or made and saved by another."""
    record, extra = answers.find(RECORD), expected.plan.extra.neighbors
    if expected.config is None or record is None:
        return extra
    if not expected.config.frr:  # frrcfgd makes it of CONFIG_DB, whose rows another check looks at
        return extra
    frr, ours = expected.config.frr, record.frr
    return extra | answers.made(
        "neighbors of others", lambda them: foreign_neighbors(them.find(STORED_FRR) or "", frr, ours)
    )


def _fault(
    expected: Expectations, session: Session, family: Family, peer: BgpPeer | None, more: BgpSession | None
) -> tuple[Problem, str]:
    """(problem, what is seen); no problem when the session is as planned."""
    if peer is None:
        return Problem.NOT_CONFIGURED, "not configured" if more is None else f"{family} is not activated"
    text = _text(peer, session.remote_asn)
    if session.options.shutdown:
        shut = peer.reason == "Admin" or (more is not None and more.shut)
        return (Problem.NONE, f"{text}, as planned") if shut else (Problem.NOT_SHUT, text)
    if peer.reason == "PfxCt":
        return Problem.MAX_PREFIX, text
    if not peer.established:
        return Problem.DOWN, text
    if peer.remote_asn != session.remote_asn:
        return Problem.ASN, text
    if peer.reason == "Policy":
        return Problem.NO_POLICY, text
    if more is not None:
        if more.families and family not in more.families:
            return Problem.FAMILY, f"{text}, without {family}"
        if more.hold and (more.hold, more.keepalive) != negotiated(expected.fabric, session):
            told = f"{text}, keepalive {more.keepalive:.0f} s, hold {more.hold:.0f} s"
            # timers are agreed on when a session starts (RFC 4271 section 4.2)
            options = session.options
            pending = (more.configured_hold, more.configured_keepalive) == (options.hold, options.keepalive)
            return (Problem.OLD_TIMERS, f"{told} until its next start") if pending else (Problem.TIMERS, told)
        bfd = session.options.bfd
        if bfd and more.bfd and more.bfd.lower() != "up":
            return Problem.BFD, f"{text}, BFD {more.bfd}"
        if bfd and not more.bfd:
            return Problem.NO_BFD, f"{text}, without BFD"
        if told := _graceful(expected, session, more):
            return Problem.GRACEFUL, f"{text}, {told}"
    if _too_many(session, peer):
        return Problem.PREFIX_WARNING, f"{text}, {peer.received} prefixes"
    if not peer.received and _brings_any(expected, session, family):
        return Problem.NO_PREFIXES, f"{text}, 0 prefixes"
    return Problem.NONE, text


def _all(expected: Expectations) -> tuple[Session, ...]:
    """The planned sessions with others than servers, those that are planned to be shut, too."""
    shut = (one for _, one in expected.plan.sessions if one.remote_asn is not None and one.options.shutdown)
    return (*expected.sessions, *shut)


GRACEFUL_WORDS = {"restarter": "Restart", "helper": "Helper", "disabled": "Disable"}
"""What FRR calls the modes: bgpd/bgp_vty.c bgp_show_neighbor_graceful_restart_local_mode."""


def _graceful(expected: Expectations, session: Session, more: BgpSession) -> str:
    """How graceful restart is not as one of the ends is planned; "" where nobody asked for anything."""
    far = other_end(expected.fabric, session)
    pairs = [(session.options.graceful_restart, more.graceful, "here")]
    pairs += [(far.options.graceful_restart, more.far_graceful, "at the other end")] if far else []
    return next(
        (
            f"graceful restart {seen} {where}"
            for wanted, seen, where in pairs
            if wanted and seen in GRACEFUL_WORDS.values() and seen != GRACEFUL_WORDS[wanted]
        ),
        "",
    )


def _too_many(session: Session, peer: BgpPeer) -> bool:
    """More came than a limit that only warns."""
    limit = session.options.max_prefixes
    return limit is not None and limit.warning_only and peer.received > limit.limit


def _brings_any(expected: Expectations, session: Session, family: Family) -> bool:
    """Whether the other end announces anything that is not dropped here: its own loopback at least.

    What a neighbour outside of the fabric announces is its own affair.
    """
    far = expected.fabric.switches.get(session.far.switch)
    return far is not None and far.loopback(family) is not None


def _other(expected: Expectations, peer: BgpPeer, more: BgpSession | None) -> Other:
    if peer.peer not in expected.host_peers:
        wanted = Wanted(None, peer.peer, "no such session", peer.family)
        return wanted, Seen(_text(peer), Problem.UNPLANNED, peer)
    wanted = Wanted(None, peer.peer, "a host may be here", peer.family, "host")
    session = next(one for one in expected.plan.host_sessions if one.peer == peer.peer)
    if peer.reason == "PfxCt":
        text = f"shut: the host announces more prefixes than it may ({peer.state})"
        return wanted, Seen(text, Problem.HOST_PREFIXES, peer)
    if peer.reason == "Admin" or (more is not None and more.shut):
        planned = session.options.shutdown
        text = f"shut{', as planned' if planned else ' at the switch'} ({peer.state})"
        return wanted, Seen(text, Problem.NONE if planned else Problem.HOST_SHUT, peer, skipped=planned)
    if not peer.established:
        return wanted, Seen(f"no host answers ({peer.state})", peer=peer, skipped=True)
    if _too_many(session, peer):
        return wanted, Seen(f"{_text(peer)}, {peer.received} prefixes", Problem.PREFIX_WARNING, peer)
    return wanted, Seen(_text(peer), peer=peer)


def _text(peer: BgpPeer, wanted_asn: int | None = None) -> str:
    """A peer in a few words: its state, and its AS number where that is not the wanted one."""
    reason = f" ({peer.reason})" if peer.reason and peer.reason not in peer.state else ""  # FRR says Idle (Admin), too
    asn = f", AS {peer.remote_asn}" if peer.remote_asn not in (0, wanted_asn) else ""
    return f"{peer.state}{reason}{asn}"
