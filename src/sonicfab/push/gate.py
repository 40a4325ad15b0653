"""Did the change break what it was not to break? Pure: the sessions before and after, and what is still to come.

What a switch runs is compared elsewhere. Here it is its sessions: one that was up and that is still planned must be up
again and receive prefixes if it did. Where the far end waits for a change of its own to it, that is seen only once the
far end has changed: until then neither of them is confirmed, for they need each other. A session that was never up
fails no push: a cable may be missing, and `sonicfab verify` tells of it. But a switch with neighbours that are ready
and none of whose sessions come up is not what was meant.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sonicfab.families import Family
from sonicfab.frr.bgp import read_frr
from sonicfab.plan.bgp import Session
from sonicfab.plan.interfaces import InterfaceKind
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.push.comparison import Comparison, Target
from sonicfab.switch.state.bgp import BgpPeer

POLICY_DELAY = 7.0
"""Seconds until a changed route-map or prefix-list has its effect: FRR waits 5 (bgpd.h RMAP_DEFAULT_UPDATE_TIMER)."""


Ways = frozenset[str]
"""What must go over a session: `received`, `sent` prefixes."""


@dataclass(frozen=True)
class Gate:
    """What one switch must show before its change is confirmed.

    Attributes:
        must: sessions that must be up, each with what must go over it.
        some: sessions of which at least one must be up.
        later: sessions that must be up as well, but whose far ends still wait for their change.
        far: session of `later` -> its far switch.
        lacking: sessions of `later` that the far end does not have before it changes: they cannot come up before.
        delay: seconds from the change until what the switch says of its sessions counts.
    """

    must: Mapping[str, Ways]
    some: frozenset[str]
    later: Mapping[str, Ways] = field(default_factory=dict)
    far: Mapping[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()
    delay: float = 0.0

    @property
    def judged(self) -> frozenset[str]:
        """The sessions that may be up before any far end has changed: for them alone there is something to wait for."""
        return frozenset({*self.must, *self.some, *self.later} - self.lacking)

    def misses(self, peers: Collection[BgpPeer]) -> list[str]:
        """What is not there (yet), each in a few words; none when the switch may be confirmed, as far as it goes."""
        missing = _missing(self.must, peers)
        if not missing and self.some and not self.some & _up(peers):
            missing.append(f"none of the sessions {', '.join(sorted(self.some)[:4])} comes up")
        return missing

    def waits(self, peers: Collection[BgpPeer]) -> dict[str, str]:
        """Sessions that are not there before the far end changes -> that far switch."""
        return {peer: self.far[peer] for peer, ways in self.later.items() if _missing({peer: ways}, peers)}

    def whole(self) -> Gate:
        """What it must show once all far ends have changed."""
        return Gate({**self.must, **self.later}, frozenset() if self.later else self.some, delay=self.delay)

    def as_json(self) -> dict[str, Any]:
        """For the journal."""
        must, later = ({peer: sorted(ways) for peer, ways in one.items()} for one in (self.must, self.later))
        some, lacking = sorted(self.some), sorted(self.lacking)
        return {
            "must": must,
            "some": some,
            "later": later,
            "far": dict(self.far),
            "lacking": lacking,
            "delay": self.delay,
        }

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Gate:
        """What `as_json` gave."""
        must, later = ({peer: frozenset(ways) for peer, ways in value[one].items()} for one in ("must", "later"))
        lacking = frozenset(value.get("lacking", ()))  # a push of an older release may be gone on with
        return cls(must, frozenset(value["some"]), later, dict(value["far"]), lacking, float(value["delay"]))


def make_gate(
    plan: FabricPlan,
    switch: SwitchPlan,
    before: Mapping[str, Comparison],
    pending: Collection[str],
    *,
    rollback: bool = False,
) -> Gate:
    """What `switch` must show, given how all switches looked before and which still wait for their change.

    A push must keep the sessions of the plan, also where its templates have lost one; a rollback those that it brings.
    """
    found = before[switch.name]
    must: dict[str, Ways] = {}
    later: dict[str, Ways] = {}
    some: set[str] = set()
    sessions = _brought_back(switch, before) if rollback else switch.firm_sessions
    for session in sessions:
        waits = session.far.switch in pending and (
            session.far.switch not in before or _touches(plan, before[session.far.switch], session)
        )
        ways = _ways_before(found, session)
        if ways is not None:
            (later if waits else must)[session.peer] = ways
        elif session.far.switch in before and session.far.switch not in pending:
            some.add(session.peer)
    far = {one.peer: one.far.switch for one in sessions if one.peer in later}
    lacking = frozenset(one.peer for one in sessions if one.peer in later and _lacks(plan, before, one))
    delay = POLICY_DELAY if _changes_policy(found) else 0.0
    return Gate(must, frozenset() if must or later else frozenset(some), later, far, lacking, delay)


def _lacks(plan: FabricPlan, before: Mapping[str, Comparison], session: Session) -> bool:
    """Whether the far end runs BGP without this session as its plan has it, nor takes whoever comes."""
    if session.far.switch not in before:
        return False
    frr = before[session.far.switch].running_frr
    mirrored = {one.peer for one in _mirrored(plan, session)}
    if not mirrored or not frr or " bgp listen range " in frr:
        return False
    return mirrored.isdisjoint(name for bgp in read_frr(frr).instances.values() for name in bgp.neighbors)


def _brought_back(switch: SwitchPlan, before: Mapping[str, Comparison]) -> list[Session]:
    """The sessions that must be up, as the config has them that comes back: none at all, or others of their ports."""
    target = before[switch.name].target
    if target is None:
        return switch.firm_sessions
    names, found = _neighbours(target), dict[str, Session]()
    for session in switch.firm_sessions:
        if session.peer in names:
            found.setdefault(session.peer, session)
            continue
        far = before[session.far.switch].target if session.far.switch in before else None
        for name in (session.interface, *(_addresses(far, session.far.port) if far else ())):
            if name in names:
                found.setdefault(name, replace(session, peer=name))
    return list(found.values())


def _neighbours(target: Target) -> set[str]:
    """What a config calls its BGP neighbours: in frr.conf, or in CONFIG_DB where SONiC makes FRR's config of it."""
    if target.frr is not None:
        return {name for bgp in read_frr(target.frr).instances.values() for name in bgp.neighbors}
    return {key.rpartition("|")[2] for key in target.config_db.get("BGP_NEIGHBOR", {})}


def _addresses(target: Target, port: str) -> list[str]:
    """The addresses that a config gives an interface."""
    keys = (key.partition("|") for kind in InterfaceKind for key in target.config_db.get(kind.table, {}))
    return [address.partition("/")[0] for name, _, address in keys if name == port and address]


def need_each_other(plan: FabricPlan, before: Mapping[str, Comparison], one: str, other: str) -> bool:
    """Whether both ends of a session that was up change what has to do with it."""
    return any(
        _ways_before(before[one], session) is not None
        and _touches(plan, before[other], session)
        and any(_touches(plan, before[one], far) for far in _mirrored(plan, session))
        for session in plan.switches[one].fabric_sessions
        if session.far.switch == other
    )


def as_before(found: Comparison) -> Gate:
    """What a switch must show that went back to its old config: every session that was up, and what went over it."""
    return Gate({peer: _passes(found.peers, peer) for peer in sorted(found.established)}, frozenset())


def _up(peers: Iterable[BgpPeer]) -> set[str]:
    return {peer.peer for peer in peers if peer.established}


def _missing(must: Mapping[str, Ways], peers: Collection[BgpPeer]) -> list[str]:
    up = _up(peers)
    missing = [f"the session {peer} was up and is not" for peer in must if peer not in up]
    for peer, wanted in must.items():
        lost = sorted(wanted - _passes(peers, peer)) if peer in up else []
        missing += [f"the session {peer} {way} prefixes and does not" for way in lost]
    return missing


def _passes(peers: Iterable[BgpPeer], name: str, families: Collection[Family] = tuple(Family)) -> Ways:
    """Whether prefixes are received from a peer, and sent to it, in any of these families."""
    mine = [peer for peer in peers if peer.peer == name and peer.established and peer.family in families]
    ways = {"received": any(peer.received for peer in mine), "sent": any(peer.sent for peer in mine)}
    return frozenset(way for way, is_so in ways.items() if is_so)


def _ways_before(found: Comparison, session: Session) -> Ways | None:
    """What went over a session; over that of its port, where it had another name then; None when none was up."""
    if session.peer in found.established:
        return _passes(found.peers, session.peer)
    same_port = [peer for peer in sorted(found.established) if _port_of(found, peer) == session.interface]
    if not same_port:
        return None
    return frozenset().union(*(_passes(found.peers, peer, session.families) for peer in same_port))


def _port_of(found: Comparison, peer: str) -> str:
    """The interface that a peer is behind, as the switch runs: its name, or the one in whose network its address is."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    for key in (key for kind in InterfaceKind for key in found.running.get(kind.table, {})):
        port, _, network = key.partition("|")
        with contextlib.suppress(ValueError):
            if network and address in ipaddress.ip_interface(network).network:
                return port
    return ""


def _mirrored(plan: FabricPlan, session: Session) -> list[Session]:
    """The same session as its far end has it."""
    return [one for one in plan.switches[session.far.switch].fabric_sessions if one.interface == session.far.port]


def _touches(plan: FabricPlan, far: Comparison, session: Session) -> bool:
    """Whether what the far end changes has to do with this session.

    Its policies do not: until it changes, it announces what it did.
    """
    switch = plan.switches[session.far.switch]
    mirrored = {one.peer for one in _mirrored(plan, session)}
    if not mirrored:
        return True
    interface = switch.interfaces[session.far.port]
    tables, names = {"PORT", *interface.kind.tables}, {interface.name, *interface.ports}
    if any(one.table in tables and not names.isdisjoint(one.key.split("|")) for one in far.config_db):
        return True
    if any(one.table == "DEVICE_METADATA" for one in far.config_db):
        return True
    groups = {group.name for group, one in switch.sessions if one.interface == session.far.port}
    for change in far.frr:
        words = set(change.line.split())
        where = change.context[0] if change.context else change.line
        if where.startswith("router bgp") and (
            not change.context or words & mirrored or words & groups or "neighbor" not in words
        ):
            return True
    return False


def _changes_policy(found: Comparison) -> bool:
    policies = ("route-map ", "ip prefix-list ", "ipv6 prefix-list ", "bgp community-list ", "bgp as-path ")
    return any((change.context[0] if change.context else change.line).startswith(policies) for change in found.frr)
