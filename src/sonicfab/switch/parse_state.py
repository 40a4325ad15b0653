"""What FRR, SONiC and the kernel of a switch say of its state in one go, as values. Pure.

FRR's JSON differs by release (8.1 to 10.5): everything but a peer's state and AS number is optional here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicfab.errors import SwitchError, UnreadableError
from sonicfab.families import Family, by_family
from sonicfab.switch import parse
from sonicfab.switch.answers import json_documents, reading
from sonicfab.switch.parse import BgpPeer, Interface, Route


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
        why: why it was reset the last time, in FRR's words.
        notification: the last one, in FRR's words; `notified` says whether the other end sent it.
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
    dropped: int = 0
    bfd: str = ""
    why: str = ""
    notification: str = ""
    notified: bool = False
    up_since: int = 0
    remote_name: str = ""


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


@dataclass(frozen=True, slots=True)
class ZebraState:
    """What zebra says: the interfaces, their addresses, and the BGP routes that it has selected."""

    interfaces: Mapping[str, Interface]
    addresses: Mapping[str, tuple[str, ...]]
    routes: Mapping[str, Route]


@dataclass(frozen=True, slots=True)
class SonicPort:
    """A port as SONiC's APPL_DB has it; "" where it does not say."""

    speed: str
    fec: str
    oper: str


@dataclass(frozen=True, slots=True)
class Health:
    """How long the switch runs, and the core files that it has written since."""

    uptime: float
    cores: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filesystem:
    """The file system that a path is on; `free` in bytes."""

    path: str
    free: int


@reading("df")
def filesystems(text: str) -> list[Filesystem]:
    """From `commands.DISK`: a line for each, below a heading.

    Raises:
        SwitchError: it is not that.
    """
    rows = [line.split(None, 1) for line in text.splitlines()[1:]]
    if not rows or not all(len(row) == 2 and row[0].isdigit() for row in rows):
        raise SwitchError(f"df: {_shown(text)}")
    return [Filesystem(path.strip(), int(free) * 1024) for free, path in rows]


@reading("forwarding")
def forwarding(text: str) -> dict[Family, bool]:
    """Family -> whether the kernel forwards it, from `commands.FORWARDING`.

    Raises:
        SwitchError: it is not that.
    """
    words = text.split()
    if len(words) != 2 or not all(word.isdigit() for word in words):
        raise SwitchError(f"forwarding: {_shown(text)}")
    return {family: word != "0" for family, word in zip(Family, words, strict=True)}


@reading("tsa_enabled")
def tsa(text: str) -> str:
    """From `commands.TSA`: true, false, or "" when nobody has ever run TSA or TSB.

    Raises:
        SwitchError: it is none of them.
    """
    word = text.strip().replace("None", "")
    if word not in ("", "true", "false"):
        raise SwitchError(f"tsa_enabled: {_shown(text)}")
    return word


@reading("what bgpd says")
def bgp_state(text: str) -> BgpState:
    """From `commands.BGP_STATE`: summary, neighbors, and the tables of both families, one after the other.

    Raises:
        SwitchError: it is none of that.
    """
    summary, neighbors, *tables = _exactly(4, text)
    sessions = {
        peer: _session(peer, row) for peer, row in neighbors.items() if isinstance(row, dict) and "remoteAs" in row
    }
    origins: dict[str, frozenset[int]] = {}
    learned: dict[str, frozenset[str]] = {}
    for table in tables:
        own = _asn(table.get("localAS", 0))
        for prefix, paths in table.get("routes", {}).items():
            used = [path for path in paths if path.get("bestpath") or path.get("multipath")]
            words = [str(path.get("path", "")).split() for path in used]
            origins[prefix] = frozenset(_asn(word[-1]) if word else own for word in words if _is_sequence(word))
            learned[prefix] = frozenset(str(path.get("peerId", "")) for path in used)
    asns = {_asn(family["as"]) for family in summary.values() if isinstance(family, dict) and "as" in family}
    return BgpState(max(asns, default=0), tuple(parse.bgp_peers(summary)), sessions, origins, learned)


@reading("what zebra says")
def zebra_state(text: str) -> ZebraState:
    """From `commands.ZEBRA_STATE`: interfaces, and the BGP routes of both families, one after the other.

    Raises:
        SwitchError: it is none of that.
    """
    interfaces, *tables = _exactly(3, text)
    routes: dict[str, Route] = {}
    for table in tables:
        routes |= parse.routes_of(table)
    addresses = {
        name: tuple(str(one.get("address", "")) for one in row.get("ipAddresses", []))
        for name, row in interfaces.items()
        if isinstance(row, dict)
    }
    return ZebraState(parse.interfaces_of(interfaces), addresses, routes)


@reading("PORT_TABLE of APPL_DB")
def sonic_ports(text: str) -> dict[str, SonicPort]:
    """Name -> port, from `commands.SONIC_PORTS`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, SonicPort] = {}
    for document in _documents(text):
        for key, row in document.items():
            table, _, name = key.partition(":")
            if table == "PORT_TABLE" and name.startswith("Ethernet"):
                values = row.get("value", {})
                found[name] = SonicPort(values.get("speed", ""), values.get("fec", ""), values.get("oper_status", ""))
    return found


@reading("TRANSCEIVER_INFO of STATE_DB")
def transceivers(text: str) -> frozenset[str]:
    """The ports that have one, from `commands.TRANSCEIVERS`.

    Raises:
        SwitchError: it is not JSON.
    """
    return frozenset(key.partition("|")[2] for document in _documents(text) for key in document)


@reading("portstat -j")
def port_errors(text: str) -> dict[str, int]:
    """Port -> frames received or sent with errors, from `commands.PORT_ERRORS`.

    Raises:
        SwitchError: it is not JSON.
    """
    found: dict[str, int] = {}
    for document in _documents(text[text.find("{") :] if "{" in text else text):
        for name, row in document.items():
            if isinstance(row, dict):
                values = (str(row.get(key, "0")).replace(",", "") for key in ("RX_ERR", "TX_ERR"))
                found[name] = sum(int(value) for value in values if value.isdigit())
    return found


@reading("/proc/uptime")
def health(text: str) -> Health:
    """From `commands.HEALTH`: the uptime, and a line for each core file.

    Raises:
        SwitchError: it is not that.
    """
    first, *cores = text.strip().splitlines() or [""]
    try:
        uptime = float(first.split()[0])
        if not math.isfinite(uptime):
            raise ValueError("it is no finite number")
        return Health(uptime, tuple(sorted(cores)))
    except (ValueError, IndexError) as err:
        raise UnreadableError(f"/proc/uptime: {first[:80]!r}") from err


def _session(peer: str, row: Mapping[str, Any]) -> BgpSession:
    families = row.get("addressFamilyInfo") or {}
    capabilities = (row.get("neighborCapabilities") or {}).get("multiprotocolExtensions") or {}
    info = by_family(families)
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
        dropped=int(row.get("connectionsDropped", 0)),
        bfd=str((row.get("peerBfdInfo") or {}).get("status", "")),
        why=str(row.get("lastResetDueTo", "")),
        notification=str(row.get("lastNotificationReason", "")),
        notified="received" in str(row.get("lastResetDueTo", "")).lower(),
        up_since=int(row.get("bgpTimerUpEstablishedEpoch", 0)),
        remote_name=str(row.get("hostname", "")),
    )


def _is_sequence(words: list[str]) -> bool:
    """Whether an AS path ends in a number: an aggregate's may end in a set, `{1,2}`."""
    return not words or words[-1].replace(".", "").isdigit()


def _asn(value: object) -> int:
    high, _, low = str(value).rpartition(".")
    return (int(high) << 16) + int(low) if high else int(low)


def _exactly(count: int, text: str) -> list[dict[str, Any]]:
    """As many documents as commands were given; an answer that lacks one says nothing of what it would have told.

    Raises:
        SwitchError: there are more or fewer, or one is not JSON.
    """
    found = list(_documents(text))
    if len(found) != count:
        raise SwitchError(f"{len(found)} answers to {count} commands: {_shown(text)}")
    return found


def _shown(text: str) -> str:
    return repr(" ".join(text.split())[:60])


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON documents of a text that has several; FRR's own `% BGP instance not found` is {}, another line is none.

    Raises:
        SwitchError: there is none at all, one is cut off, or something else was printed.
    """
    if not text.strip():
        raise SwitchError("nothing was printed")
    return json_documents(text, "what was printed", remarks=True)
