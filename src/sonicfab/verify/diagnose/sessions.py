"""BGP sessions whose link is well: what the two ends say of each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sonicfab.endpoint import Endpoint
from sonicfab.frr.bgp import password_of
from sonicfab.plan.bgp import Session
from sonicfab.switch.state.bgp import BgpSession
from sonicfab.switch.state.config import RUNNING_FRR
from sonicfab.verify.diagnose import mends
from sonicfab.verify.diagnose.base import Case, Diagnosis, some
from sonicfab.verify.paths import Outage
from sonicfab.verify.results import CheckResult, Problem

_HARMLESS = frozenset(
    {
        *(Problem.BFD, Problem.NO_BFD, Problem.TIMERS, Problem.OLD_TIMERS),
        *(Problem.NOT_SHUT, Problem.GRACEFUL, Problem.PREFIX_WARNING),
    }
)


@dataclass(frozen=True)
class _End:
    """One end of a planned session.

    Attributes:
        said: what the switch tells of it; None when it tells nothing, or was not `asked`.
        problems: family -> what is wrong there, as the check found it.
    """

    switch: str
    session: Session
    said: BgpSession | None
    problems: dict[str, Problem]
    asked: bool = True

    @property
    def text(self) -> str:
        """SWITCH:PEER."""
        return f"{self.switch}:{self.session.peer}"

    @property
    def works(self) -> bool:
        """Whether it is up and everything goes over it, though not in the way that was planned."""
        up = self.said is not None and self.said.state == "Established"
        return up and {*self.problems.values()} <= _HARMLESS

    @property
    def words(self) -> str:
        """Its state and why, in FRR's words."""
        if self.said is None:
            return f"{self.text}: {'not configured' if self.asked else 'not looked at'}"
        why = f"; last reset: {self.said.why}" if self.said.why and self.said.state != "Established" else ""
        note = f"; NOTIFICATION: {self.said.notification}" if self.said.notification else ""
        return f"{self.text}: {self.said.state}{why}{note}"


@dataclass
class _Cause:
    """Sessions of one switch with the same fault."""

    code: str
    switch: str
    ends: list[_End]
    others: list[_End]


def diagnose(case: Case) -> Iterator[Diagnosis]:
    """By cause and by the switch that is to blame: its sessions together."""
    causes: dict[tuple[str, str], _Cause] = {}
    done: set[tuple[str, str]] = set()
    problems: dict[tuple[str, str], dict[str, Problem]] = {}
    for one in case.failed("bgp"):
        problems.setdefault((one.switch, one.subject), {})[one.family] = one.problem
    for name, peer in list(problems):
        session = next((one for one in case.switch(name).fabric_sessions if one.peer == peer), None)
        if session is None or (name, peer) in done:
            continue
        near = _End(name, session, case.session(name, peer), problems[name, peer])
        far = _far(case, near, problems)
        done |= {(name, peer), (far.switch, far.session.peer)}
        code, guilty, other = _judge(case, near, far)
        cause = causes.setdefault((code, guilty.switch), _Cause(code, guilty.switch, [], []))
        cause.ends.append(guilty)
        cause.others.append(other)
    for cause in causes.values():
        yield _finding(case, cause)
    yield from _unplanned(case)


def _far(case: Case, near: _End, problems: dict[tuple[str, str], dict[str, Problem]]) -> _End:
    found = case.far_session(near.switch, near.session)
    if found is None:  # the plan has both ends of every session
        raise AssertionError(f"{near.text} has no other end in the plan")
    session, said = found
    far = near.session.far.switch
    return _End(far, session, said, problems.get((far, session.peer), {}), asked=case.bgp(far) is not None)


def _judge(case: Case, near: _End, far: _End) -> tuple[str, _End, _End]:
    """(code, the end that is to blame, the other)."""
    ends = ((near, far), (far, near))
    for one, other in ends:
        if one.said is not None and one.said.shut and not one.session.options.shutdown:
            return "neighbor-shut", one, other
    for one, other in ends:
        if _runs_other_asn(case, one.switch):
            return "asn-mismatch", one, other
    for one, other in ends:
        if one.said is not None and one.said.remote_asn not in (0, one.session.remote_asn):
            return "asn-mismatch", one, other
    for code in _CODES:
        for one, other in ends:
            if _is(code, one):
                return code, one, other
    if guilty := _other_password(case, near, far):
        return "password-mismatch", guilty, far if guilty is near else near
    for one, other in ends:
        if Problem.NO_PREFIXES in one.problems.values():
            return _silent(one, other)
    for one, other in ends:
        if _neighbor_lines(case, one):
            return "neighbor-config", one, other
    return _broken(near, far)


_CODES = (
    "neighbor-missing",
    "not-shut",
    "family-off",
    "max-prefix",
    "timer-mismatch",
    "old-timers",
    "no-policy",
    "bfd-missing",
    "bfd-down",
    "graceful-restart",
    "prefix-warning",
)


def _is(code: str, end: _End) -> bool:
    """Whether this end has that fault."""
    problems = end.problems.values()
    if code == "neighbor-missing":
        return end.said is None and Problem.NOT_CONFIGURED in problems
    if code in ("max-prefix", "old-timers", "not-shut", "prefix-warning"):
        return Problem(code) in problems
    if code == "timer-mismatch":
        return end.said is not None and _other_hold(end.session, end.said)
    wanted = {
        "family-off": Problem.NOT_CONFIGURED,
        "no-policy": Problem.NO_POLICY,
        "bfd-missing": Problem.NO_BFD,
        "bfd-down": Problem.BFD,
        "graceful-restart": Problem.GRACEFUL,
    }
    return wanted[code] in problems


def _other_password(case: Case, near: _End, far: _End) -> _End | None:
    """The end whose MD5 password is not the other's, and not what is intended where that is known.

    TCP drops what is not signed with it (RFC 2385): neither end hears anything, and neither can say why.
    """
    answers = [case.answers.get(one.switch) for one in (near, far)]
    running = [(one.find(RUNNING_FRR) if one else None) or "" for one in answers]
    said = [password_of(text, one.session.peer) for text, one in zip(running, (near, far), strict=True)]
    if not all(running) or said[0] == said[1] or near.works or far.works:
        return None
    for one, password in zip((near, far), said, strict=True):
        config = case.expectations[one.switch].config
        if config is not None and password_of(config.frr, one.session.peer) != password:
            return one
    return near


def _silent(one: _End, other: _End) -> tuple[str, _End, _End]:
    """Established, and nothing comes: the other end sends nothing, or this one takes nothing."""
    families = [family for family, problem in one.problems.items() if problem == Problem.NO_PREFIXES]
    sent = sum(other.said.sent.get(family, 0) for family in families) if other.said else 0
    return ("policy-denies", one, other) if sent else ("policy-denies", other, one)


def _broken(near: _End, far: _End) -> tuple[str, _End, _End]:
    words = " ".join(f"{one.said.why} {one.said.notification}" for one in (near, far) if one.said).lower()
    if "hold timer expired" in words or "holdtimer" in words:
        return "hold-timer", near, far
    if "bfd" in words:
        return "bfd-down", near, far
    waiting = [one for one in (near, far) if one.said is not None and "lla" in one.said.why.lower()]
    if waiting:
        other = far if waiting[0] is near else near
        return "no-advertisement", other, waiting[0]
    return "session-down", near, far


def _words(case: Case, switch: str, peers: list[str]) -> str:
    """A pattern of the lines of FRR's config that are about these neighbours, or about their peer groups."""
    groups = {group.name for group, one in case.switch(switch).sessions if one.peer in peers and group.inside}
    words = [rf"neighbor {re.escape(peer)}(?![0-9a-zA-Z:.])" for peer in peers]
    return "|".join([*words, *(rf"neighbor {re.escape(group)} " for group in sorted(groups))])


def _neighbor_lines(case: Case, end: _End) -> list[str]:
    """How this end's config of the neighbour differs from what is intended: a password, say."""
    pattern = re.compile(_words(case, end.switch, [end.session.peer]))
    return [line for line in case.drift(end.switch) if pattern.search(line) and "description" not in line]


def _other_hold(session: Session, said: BgpSession) -> bool:
    options = session.options
    pairs = ((said.configured_hold, options.hold), (said.configured_keepalive, options.keepalive))
    return any(told and told != planned for told, planned in pairs)


def _finding(case: Case, cause: _Cause) -> Diagnosis:
    name = cause.switch
    peers = [end.session.peer for end in cause.ends]
    links = some((f"{end.text} - {end.session.far}" for end in cause.ends), 2)
    drift, bfd = _drift(case, cause, peers), any(end.session.options.bfd for end in cause.ends)
    ends = {(one.switch, one.session.peer) for one in (*cause.ends, *cause.others)}
    taken = case.take(lambda one: one.check == "bgp" and (one.switch, one.subject) in ends)
    sentence, mend = _sentence(case, cause, links)
    evidence = [*drift[:3], *(_told(end, bfd_planned=bfd) for end in (*cause.ends[:2], *cause.others[:2]))]
    more: tuple[CheckResult, ...] = ()
    if cause.code == "asn-mismatch" and _runs_other_asn(case, name):
        more = case.take(lambda one: one.problem == Problem.ORIGIN and one.far == name)
    broken = Outage(
        sessions=frozenset(Endpoint(end.switch, end.session.interface) for end in cause.ends if not end.works)
    )
    if cause.code in ("policy-denies", "asn-mismatch"):
        broken |= Outage(switches=frozenset({name}) if len(cause.ends) == len(_planned(case, cause)) else frozenset())
    where = tuple(end.text for end in cause.ends)
    if _runs_other_asn(case, name):
        where, evidence = (name,), [*drift[:1], *(_told(end, bfd_planned=bfd) for end in cause.others[:2])]
    return Diagnosis(cause.code, "session", where, sentence, tuple(evidence), mend, taken, more, broken)


def _runs_other_asn(case: Case, name: str) -> bool:
    bgp = case.bgp(name)
    return bgp is not None and bgp.asn not in (0, case.switch(name).asn)


def _planned(case: Case, cause: _Cause) -> list[Session]:
    return case.switch(cause.switch).fabric_sessions


def _told(end: _End, *, bfd_planned: bool) -> str:
    """What an end says of its session, with prefixes where it is up."""
    if end.said is not None and end.said.state == "Established":
        received = ", ".join(f"{count} {family}" for family, count in end.said.received.items())
        sent = ", ".join(f"{count} {family}" for family, count in end.said.sent.items())
        bfd = "" if not bfd_planned else f"; BFD: {end.said.bfd or 'none'}"
        return f"{end.text}: Established, prefixes accepted: {received or 0}; sent: {sent or 0}{bfd}"
    return end.words


def _drift(case: Case, cause: _Cause, peers: list[str]) -> list[str]:
    """The lines of the config that make the fault, as far as they are known."""
    if cause.code == "asn-mismatch":
        lines = case.because(cause.switch, r"router bgp |remote-as|bgp_asn", "frr", "config_db")
        return sorted(lines, key=lambda line: ": - " not in line)
    if cause.code in ("policy-denies", "no-policy"):
        return [*case.because(cause.switch, r"route-map|prefix-list|access-list|ebgp-requires-policy|filter-list")]
    if cause.code == "timer-mismatch":
        return [*case.because(cause.switch, r"timers")]
    if cause.code == "password-mismatch":
        return [*case.because(cause.switch, rf"({_words(case, cause.switch, peers)}).*password")]
    if cause.code == "graceful-restart":
        return [*case.because(cause.switch, r"graceful-restart")]
    if cause.code == "family-off":
        return [*case.because(cause.switch, r"activate|address-family")]
    if cause.code == "neighbor-shut":
        return [*case.because(cause.switch, rf"({_words(case, cause.switch, peers)}).*shutdown|bgp shutdown")]
    return [*case.because(cause.switch, _words(case, cause.switch, peers))]


def _sentence(case: Case, cause: _Cause, links: str) -> tuple[str, str]:
    """(the cause, what mends it)."""
    name, end, other = cause.switch, cause.ends[0], cause.others[0]
    push_or = mends.push_or(case, name, mends.RESTART_BGP)
    if cause.code == "neighbor-shut":
        peers = [end.session.peer for end in cause.ends]
        return f"{name} has shut its session {links}", mends.startup(case, name, peers)
    if cause.code == "asn-mismatch":
        bgp, planned = case.bgp(name), case.switch(name).asn
        if bgp is not None and bgp.asn and bgp.asn != planned:
            return f"{name} runs BGP as AS {bgp.asn}, and the plan has AS {planned}", push_or
        found = end.said.remote_asn if end.said else 0
        wanted = end.session.remote_asn
        return f"{name} expects AS {found} at {end.session.far}, which is AS {wanted}", push_or
    sentences = {
        "neighbor-missing": f"{name} does not have the session {links}",
        "family-off": f"{name} has not activated {some(_families(end), 2)} on {links}",
        "timer-mismatch": f"{name} has other timers than planned on {links}",
        "old-timers": f"{links} still has the timers with which it started; a reset brings the configured ones",
        "no-policy": f"{name} has no policy on {links}, and eBGP passes nothing without one (RFC 8212)",
        "bfd-missing": f"{name} does not run BFD on {links}",
        "bfd-down": f"BFD does not come up on {links}",
        "hold-timer": f"the hold time of {links} ran out although the link is up: packets are lost on it",
        "no-advertisement": f"{other.text} does not hear router advertisements of {end.text}",
        "session-down": f"the session {links} does not come up: {_state(end)}",
        "neighbor-config": f"{name} has another config than planned for its session {links}",
        "max-prefix": f"{name} has shut its session {links}: more prefixes came than it takes{_tried_again(end)}",
        "prefix-warning": f"more prefixes come over {links} than {name} is to take; its limit only warns",
        "not-shut": f"{name} runs its session {links}, which is planned to be shut",
        "password-mismatch": f"the ends of {links} do not have the same MD5 password",
        "graceful-restart": f"graceful restart on {links} is not as planned: a session agrees on it at its start",
    }
    if cause.code == "policy-denies":
        way = "out" if any(Problem.NO_PREFIXES in one.problems.values() for one in cause.others) else "in"
        maps = {pair[way == "out"] for one in cause.ends if one.said for pair in one.said.policies.values()} - {""}
        verb = "announces nothing" if way == "out" else "accepts nothing"
        told = f": its policy {some(sorted(maps))} denies everything" if maps else ""
        return f"{name} {verb} on {links}{told}", mends.push_or(case, name, mends.CLEAR_BGP)
    clear = "; ".join(f"sudo vtysh -c 'clear bgp {one.session.peer}'" for one in cause.ends)
    pushed = mends.would_push(case, name)
    actions = {
        "bfd-down": mends.on(name, "sudo vtysh -c 'show bfd peers'"),
        "hold-timer": f"look at the cable, the errors and the load of both ends: {links}",
        "no-advertisement": mends.push(case, name)
        if case.drift(name, "config_db") or case.drift(name)
        else mends.on(name, *_bounce(end.session.interface)),
        "session-down": mends.on(name, clear),
        "old-timers": mends.on(name, clear),
        "graceful-restart": (f"{mends.push(case, name)}; then " if pushed else "") + mends.on(name, clear),
        "prefix-warning": f"raise `max_prefixes`, or see to what {other.switch} announces",
        # a session that a limit has shut stays shut (FRR bgpd/bgp_attr.c, peer->pmax_restart without `restart`)
        "max-prefix": (f"{mends.push(case, name)}; then " if pushed else "") + mends.on(name, clear),
        # what FRR takes over when a session starts
        "timer-mismatch": (f"{mends.push(case, name)}; then " if pushed else "") + mends.on(name, clear),
    }
    return sentences[cause.code], actions.get(cause.code, push_or)


def _tried_again(end: _End) -> str:
    limit = end.session.options.max_prefixes
    return f"; it is tried again after {limit.restart} minutes" if limit and limit.restart else ""


def _bounce(port: str) -> tuple[str, str]:
    """Shut and start a port: its link-local address and its router advertisements begin anew."""
    return f"sudo config interface shutdown {port}", f"sudo config interface startup {port}"


def _families(end: _End) -> list[str]:
    return sorted(family for family, problem in end.problems.items() if problem == Problem.NOT_CONFIGURED)


def _state(end: _End) -> str:
    return f"{end.said.state}, {end.said.why}" if end.said else "not configured"


def _unplanned(case: Case) -> Iterator[Diagnosis]:
    """Sessions that nobody planned, by switch."""
    for name in case.answers:
        extra = case.take(lambda one, name=name: one.switch == name and one.problem == Problem.UNPLANNED)  # type: ignore[misc]
        if extra:
            peers = list(dict.fromkeys(one.subject for one in extra))
            words = "|".join(rf"neighbor {re.escape(peer)}\b|BGP_NEIGHBOR\|{re.escape(peer)}\b" for peer in peers)
            drift = case.because(name, words, "frr", "config_db")
            yield Diagnosis(
                "unplanned-session",
                "session",
                (name,),
                f"{name} has sessions that nobody planned: {some(peers)}",
                drift[:3] or tuple(f"{one.subject}: {one.seen}" for one in extra[:2]),
                mends.push_or(case, name, mends.RESTART_BGP),
                extra,
            )
