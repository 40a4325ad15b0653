"""The options of BGP sessions, decided: what the nearest place says, and the defaults. Pure.

Timers in seconds, those of BFD in milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from sonicfab.model.fields import SecretRef
from sonicfab.model.sessions import CONNECT_RETRY, HOLD, KEEPALIVE, Bfd, MaxPrefixes, SessionSettings
from sonicfab.plan.decided import Rule, in_file

_GRACEFUL = {
    "": "",
    "restarter": "graceful-restart",
    "helper": "graceful-restart-helper",
    "disabled": "graceful-restart-disable",
}


def _places(name: str) -> tuple[str, ...]:
    return (f"use.bgp.{name}|topology:bgp.{name}|topology:bgp.groups",)


def _said(text: str, name: str) -> tuple[Rule, ...]:
    """Where it may be said, the nearest place first."""
    return (
        Rule(text, _places(name), asked=True),
        Rule(f"{text}; the topology gives none: this is the default"),
    )


@dataclass(frozen=True, slots=True)
class BfdProfile:
    """BFD with timers of its own; FRR keeps them under a name."""

    interval: Annotated[int, Rule("milliseconds between two packets of BFD", ("topology:bgp.bfd.interval",))]
    multiplier: Annotated[int, Rule("so many packets may be lost", ("topology:bgp.bfd.multiplier",))]

    @property
    def own_interval(self) -> bool:
        """It is not FRR's (bfdd/bfd.h BFD_DEFDESIREDMINTX), which FRR does not print."""
        return self.interval != Bfd().interval

    @property
    def own_multiplier(self) -> bool:
        """The same (BFD_DEFDETECTMULT)."""
        return self.multiplier != Bfd().multiplier

    @property
    def name(self) -> Annotated[str, Rule("BFD with timers of its own", ("topology:bgp.bfd",))]:
        """`300ms-x3`."""
        return f"{self.interval}ms-x{self.multiplier}"


_LIMIT = ("use.bgp.max_prefixes|topology:hosts.max_prefixes|topology:bgp.max_prefixes",)


@dataclass(frozen=True, slots=True)
class PrefixLimit:
    """How many prefixes of a family a neighbour may announce; `restart` in minutes, 0: it stays down."""

    limit: int
    warning_only: bool = False
    restart: int = 0

    @property
    def text(self) -> Annotated[str, Rule("", _LIMIT)]:
        """As FRR has it."""
        restart = f" restart {self.restart}" if self.restart else ""
        return f"{self.limit}{' warning-only' if self.warning_only else ''}{restart}"


@dataclass(frozen=True, slots=True)
class Options:
    """Of a session, or of what the sessions of a peer-group have in common.

    Attributes:
        bfd: BFD watches it, with the timers of `bfd_profile` if it has one.
        password: of MD5 (RFC 2385), as a reference.
        allowas_in: so often its own AS number may stand in a path that the switch takes.
        graceful_restart: restarter, helper, disabled; "" for FRR's own, which is helper.
        interface: that the session runs over; "" of a group.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("-password")

    keepalive: Annotated[int, _said("keepalive time in seconds", "keepalive")] = KEEPALIVE
    hold: Annotated[int, _said("hold time in seconds", "hold")] = HOLD
    connect_retry: Annotated[int, _said("seconds until a session is tried again", "connect_retry")] = CONNECT_RETRY
    bfd: Annotated[bool, Rule("BFD on the links of the fabric", _places("bfd"))] = False
    bfd_profile: BfdProfile | None = None
    password: Annotated[SecretRef | None, Rule("", _places("password"))] = None
    allowas_in: Annotated[int, Rule("", _places("allowas_in"))] = 0
    max_prefixes: Annotated[
        PrefixLimit | None,
        Rule(
            "a neighbour may announce no more; the session ends if it does",
            _LIMIT,
        ),
    ] = None
    graceful_restart: str = ""
    shutdown: Annotated[bool, Rule("", _places("shutdown"))] = False
    interface: str = field(default="", compare=False)

    def __bool__(self) -> bool:
        """False for nothing, which most sessions say for themselves."""
        said = self.keepalive or self.hold or self.connect_retry or self.bfd or self.bfd_profile or self.password
        return bool(said or self.allowas_in or self.max_prefixes or self.graceful_restart or self.shutdown)

    @property
    def graceful_word(
        self,
    ) -> Annotated[
        str, Rule("whether the routes of the session outlive a restart of BGP", _places("graceful_restart"))
    ]:
        """FRR's command for it; "" where its own default is meant."""
        return _GRACEFUL[self.graceful_restart]

    @property
    def own_as(self) -> Annotated[str, Rule("", _places("allowas_in"))]:
        """How FRR says how often: three times is its own number, which it does not print."""
        return "" if self.allowas_in == 3 else f" {self.allowas_in}"


DEFAULT = Options()
"""Of a session of which nobody says anything."""
NOTHING = Options(0, 0, 0)
"""Of a session that has no options of its own."""
_MAY_BE_ABSENT = ("bfd", "bfd_profile", "password", "allowas_in", "max_prefixes", "shutdown")


def in_common(default: Options, sessions: Collection[Options]) -> Options:
    """What a group says for its sessions.

    A neighbour can have another value than its group, but not none where the group has one (FRR prints no `no` for
    it): what one of them lacks, none has from the group. Nor do groups pass on what they say of graceful restart.
    """
    lacking = {
        name: getattr(NOTHING, name) for name in _MAY_BE_ABSENT if not all(getattr(one, name) for one in sessions)
    }
    return replace(default, **lacking)


def own(options: Options, group: Options) -> Options:
    """What a session says for itself: what its group does not say for it."""
    if options == group:  # nearly all
        return _nothing(options.interface)
    kept = {
        name: getattr(options, name)
        for name in (*_MAY_BE_ABSENT, "graceful_restart")
        if getattr(options, name) != getattr(group, name)
    }
    if "bfd_profile" in kept:
        kept["bfd"] = options.bfd
    if (options.keepalive, options.hold) != (group.keepalive, group.hold):
        kept |= {"keepalive": options.keepalive, "hold": options.hold}
    if options.connect_retry != group.connect_retry:
        kept["connect_retry"] = options.connect_retry
    return replace(NOTHING, **kept, interface=options.interface)


@lru_cache(maxsize=1024)
def _nothing(interface: str) -> Options:
    return replace(NOTHING, interface=interface)


class Settled:
    """Options by place and port, worked out once: the sessions of a fabric have a few of them.

    `of_group` has the places that say something of all sessions of a group, the nearest first.
    """

    def __init__(self, of_group: Callable[[str], Sequence[SessionSettings]]) -> None:
        self._of_group = lru_cache(maxsize=None)(of_group)
        self._found: dict[tuple[int, str, str], tuple[SessionSettings, Options]] = {}

    def __call__(self, said: SessionSettings, group: str, interface: str = "") -> Options:
        """Those of a session of a group of which its link or port says something, too."""
        key = id(said), group, interface
        if key not in self._found:  # and keep it, so that no other value gets its identity
            self._found[key] = said, settled(said, *self._of_group(group), interface=interface)
        return self._found[key][1]


def settled(*places: SessionSettings, interface: str = "") -> Options:
    """The options that places say, the nearest first."""
    values: dict[str, Any] = {}
    for name in ("keepalive", "hold", "connect_retry", "password", "allowas_in", "graceful_restart", "shutdown"):
        said = _first(places, name)
        if said is not None:
            values[name] = said or None if name == "password" else said
    bfd = _first(places, "bfd")
    if isinstance(bfd, Bfd) and bfd.enabled:
        values["bfd"] = True
        if bfd != Bfd():  # else FRR's own
            values["bfd_profile"] = BfdProfile(bfd.interval, bfd.multiplier)
    limit = _first(places, "max_prefixes")
    if isinstance(limit, MaxPrefixes):
        values["max_prefixes"] = PrefixLimit(limit.limit, limit.warning_only, limit.restart or 0)
    return Options(**values, interface=interface)


def _first(places: Sequence[SessionSettings], name: str) -> object:
    """What the nearest place says that says anything."""
    return next((said for place in places if (said := getattr(place, name, None)) is not None), None)
