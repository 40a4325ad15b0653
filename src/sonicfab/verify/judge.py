"""What was seen against what is expected. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sonicfab.switch.parse import BgpPeer, Route
from sonicfab.verify.expect import Expectations

Status = Literal["ok", "failed", "skipped", "unreached"]
Check = Literal["bgp", "route", "ping", "login"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation and what became of it.

    Attributes:
        subject: what it is about: a port or peer, or a prefix or address.
        family: ipv4 or ipv6; "" where it is about both.
        far: the switch and port at the other end, "host", or the switch that the address belongs to.
        peer: the session as the switch tells of it.
    """

    switch: str
    check: Check
    subject: str
    family: str
    far: str
    status: Status
    expected: str
    seen: str
    peer: BgpPeer | None = None


def judge_sessions(expected: Expectations, peers: Sequence[BgpPeer]) -> Iterator[CheckResult]:
    """Every planned session in each family, hosts as far as they are there, and no session that nobody planned."""
    name = expected.plan.name
    seen: dict[tuple[str, str], BgpPeer] = {(peer.peer, peer.family): peer for peer in peers}
    for session in expected.sessions:
        for family in session.families:
            found = seen.pop((session.peer, family), None)
            good = found is not None and found.established and found.remote_asn == session.remote_asn
            yield CheckResult(
                name,
                "bgp",
                session.peer,
                family,
                session.far_end,
                "ok" if good else "failed",
                f"a session with AS {session.remote_asn}",
                _session_text(found, session.remote_asn),
                found,
            )
    for peer in seen.values():
        text = _session_text(peer)
        if peer.peer not in expected.host_peers:
            yield CheckResult(name, "bgp", peer.peer, peer.family, "", "failed", "no such session", text, peer)
        else:
            status: Status = "ok" if peer.established else "skipped"
            if peer.reason == "PfxCt":
                text = f"shut: the host announces more prefixes than it may ({peer.state})"
            elif not peer.established:
                text = f"no host answers ({peer.state})"
            yield CheckResult(name, "bgp", peer.peer, peer.family, "host", status, "a host may be here", text, peer)


def judge_routes(expected: Expectations, routes: Mapping[str, Route]) -> Iterator[CheckResult]:
    """Every loopback of the fabric, installed."""
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            prefix = f"{address}/{address.max_prefixlen}"
            route = routes.get(prefix)
            seen = "no BGP route" if route is None else f"via {', '.join(route.ports) or 'nothing'}"
            good = route is not None and route.installed and bool(route.ports)
            if route is not None and not route.installed:
                seen += ", not installed"
            status: Status = "ok" if good else "failed"
            yield CheckResult(expected.plan.name, "route", prefix, family, far, status, "an installed route", seen)


def judge_pings(expected: Expectations, unreachable: Collection[str]) -> Iterator[CheckResult]:
    """Every loopback answers when asked from one's own."""
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            lost = str(address) in unreachable
            status: Status = "failed" if lost else "ok"
            seen = "no answer" if lost else "answers"
            yield CheckResult(expected.plan.name, "ping", str(address), family, far, status, "an answer", seen)


def judge_unasked(expected: Expectations, check: Check, seen: str, status: Status = "failed") -> Iterator[CheckResult]:
    """Every expectation of one kind, when the switch could not be asked: `seen` says why."""
    name = expected.plan.name
    if check == "bgp":
        for session in expected.sessions:
            for family in session.families:
                wanted = f"a session with AS {session.remote_asn}"
                yield CheckResult(name, "bgp", session.peer, family, session.far_end, status, wanted, seen)
        return
    for far, addresses in expected.loopbacks.items():
        for family, address in addresses.items():
            subject = f"{address}/{address.max_prefixlen}" if check == "route" else str(address)
            wanted = "an installed route" if check == "route" else "an answer"
            yield CheckResult(name, check, subject, family, far, status, wanted, seen)


def _session_text(peer: BgpPeer | None, wanted_asn: int | None = None) -> str:
    """A peer in a few words: its state, and its AS number where that is not the wanted one."""
    if peer is None:
        return "not configured"
    reason = f" ({peer.reason})" if peer.reason else ""
    asn = f", AS {peer.remote_asn}" if peer.remote_asn not in (0, wanted_asn) else ""
    return f"{peer.state}{reason}{asn}"
