"""What `bgp:` may say of sessions: of all of a fabric, of those with switches of a role, of one link or host port.

The nearest place that says something counts: link or host port, group, fabric. What nobody says is the default.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from sonicfab.hints import did_you_mean
from sonicfab.model.fields import SecretOrNone, Strict, expected
from sonicfab.roles import Role

Seconds = Annotated[int, Field(ge=1, le=65535)]


class Bfd(Strict):
    """BFD and how fast it is: milliseconds between two packets in each direction, and how many may be lost."""

    enabled: bool = True
    interval: Annotated[int, Field(ge=50, le=60000)] = 300  # the range of FRR's `neighbor N bfd`, bgpd/bgp_bfd.c
    multiplier: Annotated[int, Field(ge=2, le=255)] = 3


class MaxPrefixes(Strict):
    """How many addresses of each family a neighbour may announce, and what happens when it announces more.

    `warning_only` logs it; `restart` lets the session try again after so many minutes. Else it stays down.
    """

    limit: Annotated[int, Field(ge=1, le=4294967295)]
    warning_only: bool = False
    restart: Seconds | None = None

    @model_validator(mode="after")
    def _check(self) -> MaxPrefixes:
        if self.warning_only and self.restart:
            raise expected("`warning_only` or `restart`, not both", "both", "a session that goes on has no restart")
        return self


def _limit(value: Any) -> Any:
    return {"limit": value} if isinstance(value, (str, int)) else value


def _bfd(value: Any) -> Any:
    return {"enabled": value} if isinstance(value, (str, bool)) else value


def _options(value: Any) -> Any:
    return {"session": value} if isinstance(value, str) else value


def _group(value: str) -> str:
    if value not in (*Role, IBGP):
        raise expected(f"a role or {IBGP}", value, did_you_mean(value, (*Role, IBGP)))
    return value


def _any_group(value: str) -> str:
    return value if value == HOST else _group(value)


def _group_name(value: str) -> str:
    # bgpd takes what begins like an interface of the switch for a neighbour: peer_lookup before peer_group_lookup
    if not re.fullmatch(r"(?!(?:Ethernet|PortChannel|Vlan|Loopback)\d)[A-Za-z][A-Za-z0-9_.-]{0,39}", value):
        raise expected("the name of a peer-group (a letter, then letters, digits and _ . -, at most 40)", value)
    return value


IBGP, HOST = "ibgp", "host"
Defaults = Literal["traditional", "datacenter"]
"""FRR's profiles, by which lines that are not there mean something (FRR lib/defaults.h)."""
GroupName = Annotated[str, AfterValidator(_group)]
AnyGroup = Annotated[str, AfterValidator(_any_group)]
PeerGroupName = Annotated[str, AfterValidator(_group_name)]
Kind = Literal["ebgp", "ibgp", "none"]
BfdField = Annotated[Bfd, BeforeValidator(_bfd, json_schema_input_type=Bfd | bool)]
MaxPrefixesField = Annotated[MaxPrefixes, BeforeValidator(_limit, json_schema_input_type=MaxPrefixes | int | str)]


class SessionSettings(Strict):
    """What may be said of sessions at every place; seconds."""

    keepalive: Annotated[int, Field(ge=1, le=21845)] | None = None
    hold: Annotated[int, Field(ge=3, le=65535)] | None = None
    connect_retry: Seconds | None = None
    bfd: BfdField | None = None
    password: SecretOrNone | None = None
    allowas_in: Annotated[int, Field(ge=0, le=10)] | None = None
    max_prefixes: MaxPrefixesField | None = None
    graceful_restart: Literal["restarter", "helper", "disabled"] | None = None


class SessionOptions(SessionSettings):
    """What a link, a bundle or a host port says of its sessions: a word, or options.

    `session` is the word: ebgp, ibgp or none; left out, it is eBGP between two ASNs and none between two switches of
    one.
    """

    session: Kind | None = None
    shutdown: bool | None = None
    description: Annotated[str, Field(max_length=80, pattern=r'^[^"\\\n]*$')] = ""

    @model_validator(mode="after")
    def _check(self) -> SessionOptions:
        said = sorted(self.model_fields_set - {"session"})
        if self.session == "none" and said:
            raise expected("nothing beside `session: none`: there is no session to have it", ", ".join(said))
        return self


SessionOptionsField = Annotated[SessionOptions, BeforeValidator(_options, json_schema_input_type=SessionOptions | Kind)]
UNSAID = SessionOptions()
"""Of a link that says nothing."""
KEEPALIVE, HOLD, CONNECT_RETRY = 3, 9, 10
"""Seconds, where nobody says anything."""


def hold_too_short(keepalive: int, hold: int) -> bool:
    """RFC 4271 section 10: keepalive is a third of the hold time."""
    return hold < 3 * keepalive


BgpSource = Literal["frr.conf", "config_db"]
"""Where FRR has its config from: our frr.conf, or CONFIG_DB, of which frrcfgd makes it."""


class Bgp(SessionSettings):
    """BGP of the fabric: what its sessions share, and what is no matter of a single one.

    `groups` says it of sessions with switches of a role, and of all iBGP sessions; `peer_groups` what FRR calls them;
    `source`, where FRR has its config from.
    """

    source: BgpSource = "frr.conf"
    groups: dict[GroupName, SessionSettings] = {}
    peer_groups: dict[AnyGroup, PeerGroupName] = {}
    defaults: Defaults = "traditional"
    suppress_fib_pending: bool = False
    maximum_paths: Annotated[int, Field(ge=1, le=64)] = 64

    @model_validator(mode="after")
    def _check(self) -> Bgp:
        keepalive, hold = self.keepalive or KEEPALIVE, self.hold or HOLD
        if hold_too_short(keepalive, hold):
            raise expected(f"a hold time of at least three keepalives ({3 * keepalive})", str(hold))
        return self
