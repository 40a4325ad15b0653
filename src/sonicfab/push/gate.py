"""Did the change break what it was not to break? Pure: the sessions before and after, and what is still to come.

What a switch runs is compared elsewhere. Here it is its sessions: one that was up, that is still planned, and whose
far end waits for no change of its own to it, must be up again and receive prefixes if it did. A session that was never
up fails no push: a cable may be missing, and `sonicfab verify` tells of it. But a switch with neighbours that are ready
and none of whose sessions come up is not what was meant.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sonicfab.plan.types import FabricPlan, Session, SwitchPlan
from sonicfab.push.comparison import Comparison
from sonicfab.switch.parse import BgpPeer


@dataclass(frozen=True)
class Gate:
    """What one switch must show before its change is confirmed.

    Attributes:
        must: sessions that must be up, each with what must go over it: "received", "sent" prefixes.
        some: sessions of which at least one must be up.
    """

    must: Mapping[str, frozenset[str]]
    some: frozenset[str]

    def misses(self, peers: Collection[BgpPeer]) -> list[str]:
        """What is not there (yet), each in a few words; none when the switch may be confirmed."""
        up = {peer.peer for peer in peers if peer.established}
        passes = _passes(peers)
        missing = [f"the session {peer} was up and is not" for peer in self.must if peer not in up]
        for peer, wanted in self.must.items():
            lost = sorted(wanted - passes.get(peer, frozenset())) if peer in up else []
            missing += [f"the session {peer} {way} prefixes and does not" for way in lost]
        if not missing and self.some and not self.some & up:
            missing.append(f"none of the sessions {', '.join(sorted(self.some)[:4])} comes up")
        return missing


def make_gate(plan: FabricPlan, switch: SwitchPlan, before: Mapping[str, Comparison], pending: Collection[str]) -> Gate:
    """What `switch` must show, given how all switches looked before and which still wait for their change."""
    found = before[switch.name]
    passed = _passes(found.peers)
    must: dict[str, frozenset[str]] = {}
    some: set[str] = set()
    for session in switch.fabric_sessions:
        waits = session.switch in pending and (
            session.switch not in before or _touches(plan, before[session.switch], session)
        )
        if waits:
            continue
        if session.peer in found.established:
            must[session.peer] = passed.get(session.peer, frozenset())
        elif session.switch in before and session.switch not in pending:
            some.add(session.peer)
    return Gate(must, frozenset(some) if not must else frozenset())


def as_before(found: Comparison) -> Gate:
    """What a switch must show that went back to its old config: every session that was up, and what went over it."""
    passed = _passes(found.peers)
    return Gate({peer: passed.get(peer, frozenset()) for peer in sorted(found.established)}, frozenset())


def _passes(peers: Iterable[BgpPeer]) -> dict[str, frozenset[str]]:
    """Peer -> whether prefixes were received from it, and sent to it, in any family."""
    found: dict[str, frozenset[str]] = {}
    for peer in peers:
        ways = {way for way, count in (("received", peer.received), ("sent", peer.sent)) if count and peer.established}
        found[peer.peer] = found.get(peer.peer, frozenset()) | ways
    return found


def _touches(plan: FabricPlan, far: Comparison, session: Session) -> bool:
    """Whether what the far end still waits for has to do with this session.

    Its policies do not: until it changes, it announces what it did.
    """
    switch = plan.switches[session.switch]
    mirrored = next((one for one in switch.fabric_sessions if one.port == session.far_port), None)
    if mirrored is None:
        return True
    tables = {"PORT", "INTERFACE"}
    if any(one.table in tables and one.key.partition("|")[0] == session.far_port for one in far.config_db):
        return True
    if any(one.table == "DEVICE_METADATA" for one in far.config_db):
        return True
    groups = {group.name for group, one in switch.sessions if one.port == session.far_port}
    for change in far.frr:
        words = set(change.line.split())
        where = change.context[0] if change.context else change.line
        if where.startswith("router bgp") and (
            not change.context or mirrored.peer in words or words & groups or "neighbor" not in words
        ):
            return True
    return False
