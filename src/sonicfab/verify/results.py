"""What became of an expectation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from sonicfab.endpoint import Endpoint
from sonicfab.switch.state.bgp import BgpPeer

Status = Literal["ok", "failed", "skipped", "unreached"]


class Problem(str, Enum):
    """What kind of failure it is, in a stable word: what explains failures goes by it, and so may programs."""

    NONE = ""
    UNMET = "unmet"
    """It is not as expected, and there is no more to tell."""
    UNANSWERED = "unanswered"
    # bgp
    NOT_CONFIGURED = "not-configured"
    DOWN = "down"
    ASN = "asn"
    FAMILY = "family"
    TIMERS = "timers"
    OLD_TIMERS = "old-timers"
    BFD = "bfd"
    NO_BFD = "no-bfd"
    MAX_PREFIX = "max-prefix"
    PREFIX_WARNING = "prefix-warning"
    NOT_SHUT = "not-shut"
    GRACEFUL = "graceful"
    NO_POLICY = "no-policy"
    NO_PREFIXES = "no-prefixes"
    UNPLANNED = "unplanned"
    HOST_PREFIXES = "host-prefixes"
    HOST_SHUT = "host-shut"
    # route, ping
    NO_ROUTE = "no-route"
    NOT_INSTALLED = "not-installed"
    LINK_LOCAL_HOP = "link-local-hop"
    STALE = "stale"
    ORIGIN = "origin"
    OTHER_WAY = "other-way"
    PATHS = "paths"
    FOREIGN = "foreign"
    LEAKED = "leaked"
    SIZE = "size"
    LOST = "lost"
    # interface, lldp
    MISSING = "missing"
    SHUT = "shut"
    NO_LINK = "no-link"
    NO_TRANSCEIVER = "no-transceiver"
    MTU = "mtu"
    SPEED = "speed"
    FEC = "fec"
    AUTONEG = "autoneg"
    LINK_LOCAL = "link-local"
    ADDRESS = "address"
    LOOPBACK = "loopback"
    NO_NEIGHBOR = "no-neighbor"
    STRANGER = "stranger"
    PORT_UNKNOWN = "port-unknown"
    CABLE = "cable"
    # portchannel, vlan
    NOT_A_MEMBER = "not-a-member"
    NOT_SELECTED = "not-selected"
    NO_PARTNER = "no-partner"
    OTHER_PARTNER = "other-partner"
    MIN_LINKS = "min-links"
    TAGGING = "tagging"
    NO_RELAY = "no-relay"
    # config, system
    DRIFT = "drift"
    UNSAVED = "unsaved"
    RESETTER = "resetter"
    CORE = "core"
    DISK = "disk"
    FORWARDING = "forwarding"
    TSA = "tsa"
    # services
    NO_TIME = "no-time"
    UNSYNCHRONISED = "unsynchronised"
    TACACS = "tacacs"
    SYSLOG = "syslog"
    NOT_SENT = "not-sent"
    NO_SNMP = "no-snmp"
    NO_DAEMON = "no-daemon"
    # login: the kind of error
    WRONG_SWITCH = "wrongswitch"
    HOST_KEY = "hostkey"
    LOGIN = "login"
    COMMAND_TIMEOUT = "commandtimeout"
    UNREADABLE = "unreadable"
    SWITCH = "switch"
    TRANSPORT = "transport"
    SCHEDULER = "scheduler"
    LAB = "lab"

    @classmethod
    def of(cls, err: Exception) -> Problem:
        """The word for what kept a switch from being asked: the nearest kind of error that has one."""
        words = {one.value for one in cls} - {cls.UNANSWERED.value}  # whoever it is, he was logged in to
        kinds = (kind.__name__.removesuffix("Error").lower() for kind in type(err).__mro__)
        return cls(next((word for word in kinds if word in words), cls.UNANSWERED.value))

    def __str__(self) -> str:
        """The word."""
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One expectation and what became of it.

    Attributes:
        check: the check that it belongs to; `login` when the switch could not be asked at all.
        subject: what it is about: a port or peer, a prefix or address, a file.
        family: ipv4 or ipv6; "" where it is about both.
        far: the switch and port at the other end, "host", or the switch that the address belongs to.
        optional: nobody expects it: a host may be there or not. One that was cut off by its switch is none of these.
        peer: the session as the switch tells of it.
    """

    switch: str
    check: str
    subject: str
    family: str = ""
    far: str = ""
    status: Status
    expected: str
    seen: str
    peer: BgpPeer | None = None
    problem: Problem = Problem.NONE

    @property
    def end(self) -> Endpoint:
        """The port that it is about."""
        return Endpoint(self.switch, self.subject)

    @property
    def optional(self) -> bool:
        """True for what a host may do or not."""
        return self.far == "host" and self.status != "failed"


@dataclass(frozen=True)
class Explanation:
    """One thing that is wrong.

    Attributes:
        code: a stable word for the cause.
        severity: how bad it is, in a word.
        where: the switches and ports that it is about.
        cause: a sentence.
        evidence: what one sees it by, a line each.
        mend: a command or an action.
        results: the failed expectations that are this fault seen from near.
        consequences: those that fail because of it.
    """

    code: str
    severity: str
    where: tuple[str, ...]
    cause: str
    evidence: tuple[str, ...] = ()
    mend: str = ""
    results: tuple[CheckResult, ...] = ()
    consequences: tuple[CheckResult, ...] = ()
