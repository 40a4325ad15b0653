"""BGP: instances, neighbours in short and at length, and what bgpd says of all in one go.

FRR's JSON differs by release (8.1 to 10.5): everything but a peer's state and AS number is optional here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network
from itertools import chain
from typing import Any

from sonicfab.errors import SwitchError
from sonicfab.families import Family, by_family
from sonicfab.switch.answers import exactly, json_object, reading
from sonicfab.switch.ask import Question


@dataclass(frozen=True, slots=True)
class BgpPeer:
    """A neighbour in one address family, of `show bgp summary json`.

    Attributes:
        family: ipv4 or ipv6 (unicast).
        state: Established, Idle, Active ...; `Idle (Admin)` when shut down.
        reason: FRR's peerState when it says more: Policy, Admin, PfxCt.
        uptime: seconds in this state.
    """

    peer: str
    family: Family
    remote_asn: int
    local_asn: int
    state: str
    reason: str
    received: int
    sent: int
    uptime: float
    description: str

    @property
    def established(self) -> bool:
        """True when the session is up; whether prefixes pass is another question."""
        return self.state == "Established"


@dataclass(frozen=True, slots=True)
class BgpSession:
    """A neighbour as `show bgp neighbors json` tells of it; times in seconds, 0 and "" where it does not tell.

    Attributes:
        state: Established, Idle, Active ...
        shut: somebody shut it down at this end.
        address: of the other end; "none" while BGP unnumbered has not heard of it.
        families: those that both ends have agreed on.
        received, sent: family -> prefixes that were accepted, and that were announced.
        policies: family -> (route-map in, route-map out).
        bfd: what BFD says of it: Up, Down ...; "" without BFD.
        graceful, far_graceful: what this end and the other do when BGP restarts: Restart, Helper, Disable.
        why: why it was reset the last time, in FRR's words.
        notification: the last one, in FRR's words.
    """

    peer: str
    remote_asn: int
    local_asn: int
    state: str
    shut: bool = False
    address: str = ""
    families: tuple[str, ...] = ()
    hold: float = 0
    keepalive: float = 0
    configured_hold: float = 0
    configured_keepalive: float = 0
    received: Mapping[str, int] = field(default_factory=dict)
    sent: Mapping[str, int] = field(default_factory=dict)
    policies: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    established: int = 0
    bfd: str = ""
    why: str = ""
    notification: str = ""
    up_since: int = 0
    graceful: str = ""
    far_graceful: str = ""


@dataclass(frozen=True, slots=True)
class BgpState:
    """What bgpd says: peers of both families, sessions by peer, and of each prefix what its used paths say.

    Attributes:
        origins: prefix -> AS numbers that originate it.
        learned: prefix -> addresses of the neighbours that it is from; the switch's own have "(unspec)".
    """

    asn: int
    peers: tuple[BgpPeer, ...]
    sessions: Mapping[str, BgpSession]
    origins: Mapping[str, frozenset[int]]
    learned: Mapping[str, frozenset[str]] = field(default_factory=dict)


@reading("show bgp summary json")
def summary(text: str) -> list[BgpPeer]:
    """From `show bgp summary json`: no peers when there is no BGP or none are configured; both print {}.

    Raises:
        SwitchError: it is not JSON.
    """
    return peers(json_object(text, "show bgp summary json"))


@reading("show bgp summary json")
def peers(families: Mapping[str, Any]) -> list[BgpPeer]:
    """The peers of `show bgp summary json`, read as JSON already."""
    found: list[BgpPeer] = []
    for family, one in by_family(families).items():
        for peer, row in one.get("peers", {}).items():
            state, reason = str(row["state"]), str(row.get("peerState", ""))
            found.append(
                BgpPeer(
                    peer=peer,
                    family=family,
                    remote_asn=_asn(row["remoteAs"]),
                    local_asn=_asn(row.get("localAs", one.get("as", 0))),
                    state=state,
                    reason="" if reason == "OK" else reason,
                    received=int(row.get("pfxRcd", row.get("prefixReceivedCount", 0))),
                    sent=int(row.get("pfxSnt", 0)),
                    uptime=float(row.get("peerUptimeMsec", 0)) / 1000,
                    description=str(row.get("desc", "")),
                )
            )
    return found


@reading("show bgp neighbors json")
def neighbors(text: str) -> dict[str, dict[str, Any]]:
    """Peer -> all that FRR tells of it, as FRR names it, from `show bgp neighbors json`.

    Raises:
        SwitchError: it is not JSON.
    """
    return _neighbors(json_object(text, "show bgp neighbors json"))


def _neighbors(rows: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {peer: row for peer, row in rows.items() if isinstance(row, dict) and "remoteAs" in row}


@reading("show bgp vrfs json")
def instances(text: str) -> dict[str, dict[str, Any]]:
    """VRF -> what bgpd says of its instance; `default` is one of them.

    Raises:
        SwitchError: it is not JSON.
    """
    vrfs = json_object(text, "show bgp vrfs json").get("vrfs", {})
    return {str(name): dict(one) for name, one in vrfs.items()}


@reading("show bgp json")
def paths(text: str) -> dict[str, list[dict[str, Any]]]:
    """Prefix -> paths of bgpd, as FRR names their fields; only those of one prefix have communities.

    Raises:
        SwitchError: it is not JSON.
    """
    answer = json_object(text, "show bgp json") if text.strip() else {}
    if "routes" in answer:
        return {str(key): found for key, found in answer["routes"].items()}
    return {str(answer["prefix"]): answer.get("paths", [])} if "prefix" in answer else {}


@reading("what bgpd says")
def state(text: str) -> BgpState:
    """Summary, neighbors, the tables of both families, then summary and neighbors of each VRF, one after the other.

    Raises:
        SwitchError: it is none of that.
    """
    short, long, *tables = exactly(4, text, more=2)
    tables, more = tables[:2], tables[2:]
    sessions = {peer: _session(peer, row) for one in (long, *more[1::2]) for peer, row in _neighbors(one).items()}
    origins: dict[str, frozenset[int]] = {}
    learned: dict[str, frozenset[str]] = {}
    for table in tables:
        own = _asn(table.get("localAS", 0))
        for prefix, paths in table.get("routes", {}).items():
            used = [path for path in paths if path.get("bestpath") or path.get("multipath")]
            words = [str(path.get("path", "")).split() for path in used]
            origins[prefix] = frozenset(_asn(word[-1]) if word else own for word in words if _is_sequence(word))
            learned[prefix] = frozenset(str(path.get("peerId", "")) for path in used)
    asns = {_asn(family["as"]) for family in short.values() if isinstance(family, dict) and "as" in family}
    return BgpState(
        max(asns, default=0), tuple(chain(peers(short), *map(peers, more[::2]))), sessions, origins, learned
    )


@reading("advertised-routes json")
def advertised(text: str) -> tuple[str, ...]:
    """The prefixes that a neighbour is told, from `show bgp ... neighbors PEER advertised-routes json`.

    A default route that `default-originate` makes stands apart (bgpd/bgp_route.c show_adj_route).

    Raises:
        SwitchError: it is not JSON.
    """
    answer = json_object(text, "advertised-routes json") if text.strip() else {}
    told = answer.get("advertisedRoutes") or {}
    return tuple(str(one) for one in told)


@reading("TcpExt")
def signatures(text: str) -> int:
    """How many TCP segments had no signature, one that nobody expects, or a wrong one, from /proc/net/netstat.

    The kernel counts TCPMD5NotFound, TCPMD5Unexpected and TCPMD5Failure since it runs (net/ipv4/proc.c).
    """
    rows = [line.split()[1:] for line in text.splitlines() if line.startswith("TcpExt:")]
    names, values = rows if len(rows) == 2 else ([], [])
    return sum(int(value) for name, value in zip(names, values, strict=False) if name.startswith("TCPMD5"))


def _session(peer: str, row: Mapping[str, Any]) -> BgpSession:
    families = row.get("addressFamilyInfo") or {}
    capabilities = (row.get("neighborCapabilities") or {}).get("multiprotocolExtensions") or {}
    info, graceful = by_family(families), row.get("gracefulRestartInfo") or {}
    return BgpSession(
        peer=peer,
        remote_asn=_asn(row["remoteAs"]),
        local_asn=_asn(row.get("localAs", 0)),
        state=str(row.get("bgpState", "")),
        shut=bool(row.get("adminShutDown")),
        address=str(row.get("bgpNeighborAddr", "")),
        families=tuple(
            family
            for family, one in by_family(capabilities).items()
            if isinstance(one, dict) and one.get("advertisedAndReceived")
        ),
        hold=row.get("bgpTimerHoldTimeMsecs", 0) / 1000,
        keepalive=row.get("bgpTimerKeepAliveIntervalMsecs", 0) / 1000,
        configured_hold=row.get("bgpTimerConfiguredHoldTimeMsecs", 0) / 1000,
        configured_keepalive=row.get("bgpTimerConfiguredKeepAliveIntervalMsecs", 0) / 1000,
        received={family: int(one.get("acceptedPrefixCounter", 0)) for family, one in info.items()},
        sent={family: int(one.get("sentPrefixCounter", 0)) for family, one in info.items()},
        policies={
            family: (
                str(one.get("routeMapForIncomingAdvertisements", "")),
                str(one.get("routeMapForOutgoingAdvertisements", "")),
            )
            for family, one in info.items()
        },
        established=int(row.get("connectionsEstablished", 0)),
        bfd=str((row.get("peerBfdInfo") or {}).get("status", "")),
        why=str(row.get("lastResetDueTo", "")),
        notification=str(row.get("lastNotificationReason", "")),
        up_since=int(row.get("bgpTimerUpEstablishedEpoch", 0)),
        graceful=str(graceful.get("localGrMode", "")).rstrip("*"),  # with *: as the whole instance
        far_graceful=str(graceful.get("remoteGrMode", "")),
    )


def _is_sequence(words: list[str]) -> bool:
    """Whether an AS path ends in a number: an aggregate's may end in a set, `{1,2}`."""
    return not words or words[-1].replace(".", "").isdigit()


def _asn(value: object) -> int:
    high, _, low = str(value).rpartition(".")
    return (int(high) << 16) + int(low) if high else int(low)


BGP_STATE = Question(
    "bgp",
    "sudo -n vtysh -d bgpd -c 'show bgp summary json' -c 'show bgp neighbors json' "
    "-c 'show bgp ipv4 unicast json' -c 'show bgp ipv6 unicast json'",
    state,
    "sessions, and who announces what",
)
"""A vtysh for bgpd, which talks to that daemon alone, as one for zebra does (`routes.ZEBRA_STATE`): one that hangs does
not keep the other from answering, and starting vtysh is what costs."""
BGP_SUMMARY = Question("BGP sessions", "sudo -n vtysh -c 'show bgp summary json'", summary, "sessions, in short")
BGP_NEIGHBORS = Question(
    "BGP neighbors", "sudo -n vtysh -c 'show bgp neighbors json'", neighbors, "sessions, at length"
)
BGP_VRFS = Question("BGP instances", "sudo -n vtysh -c 'show bgp vrfs json'", instances, "the instances of BGP")
BGP_VRF_SUMMARY = Question(
    "BGP sessions", "sudo -n vtysh -c 'show bgp vrf {vrf} summary json'", summary, "sessions of a VRF, in short"
)
BGP_VRF_NEIGHBORS = Question(
    "BGP neighbors", "sudo -n vtysh -c 'show bgp vrf {vrf} neighbors json'", neighbors, "sessions of a VRF, at length"
)
BGP_ROUTE = Question(
    "BGP paths", "sudo -n vtysh -c 'show bgp {family} unicast {prefix} json'", paths, "the paths to a prefix"
)
ADVERTISED = Question(
    "BGP announced",
    "sudo -n vtysh -c 'show bgp {family} unicast neighbors {peer} advertised-routes json'",
    advertised,
    "what a neighbour is told",
)
TCP_SIGNATURES = Question(
    "TCP signatures", "cat /proc/net/netstat", signatures, "TCP segments that were dropped for their MD5 signature"
)
TCP_SIGNATURES_LATER = Question(
    "TCP signatures later",
    "sleep 3; cat /proc/net/netstat",
    signatures,
    "how many more they are some seconds later: what was dropped before says nothing of a session that is down now",
)
BGP_ROUTES_BELOW = Question(
    "BGP paths",
    "sudo -n vtysh -c 'show bgp {family} unicast {prefix} longer-prefixes json'",
    paths,
    "the paths to all within a prefix",
)


def bgp_state(vrfs: Collection[str]) -> Question[BgpState]:
    """What bgpd says, with the sessions of these VRFs: another question, and the same answer."""
    shows = (f"show bgp vrf {_name(vrf)} {what} json" for vrf in vrfs for what in ("summary", "neighbors"))
    more = "".join(f" -c '{one}'" for one in shows)
    return replace(BGP_STATE, command=f"{BGP_STATE.command}{more}")


def summary_of(vrf: str) -> Question[list[BgpPeer]]:
    """All peers of a VRF."""
    return BGP_SUMMARY if vrf == "default" else BGP_VRF_SUMMARY.of(vrf=_name(vrf))


def neighbors_of(vrf: str) -> Question[dict[str, dict[str, Any]]]:
    """All neighbours of a VRF."""
    return BGP_NEIGHBORS if vrf == "default" else BGP_VRF_NEIGHBORS.of(vrf=_name(vrf))


def paths_to(prefix: IPv4Network | IPv6Network, *, below: bool) -> Question[dict[str, list[dict[str, Any]]]]:
    """The paths to a prefix, or with `below` to all within it."""
    return (BGP_ROUTES_BELOW if below else BGP_ROUTE).of(family=Family.of(prefix), prefix=prefix)


def _name(vrf: str) -> str:
    if not re.fullmatch(r"[\w.-]+", vrf):
        raise SwitchError(f"{vrf!r} is not the name of a VRF")
    return vrf
