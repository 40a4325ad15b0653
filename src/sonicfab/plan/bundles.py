"""Port channels as values of the plan: what a bundle of the topology is on each of its switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from sonicfab.endpoint import NOWHERE, Endpoint
from sonicfab.errors import KeyPath
from sonicfab.plan.decided import Fact, Rule, in_file

_LACP = Fact(
    "teamd sends LACP every 30 seconds, and every second with fast_rate; the other end is asked to do the same",
    "sonic-swss cfgmgr/teammgr.cpp addLag; libteam teamd_runner_lacp.c",
)
_FALLBACK = Fact(
    "with fallback a member carries traffic while no LACP partner is heard, as a server that boots over the network "
    "needs it",
    "sonic-swss cfgmgr/teammgr.cpp addLag; libteam patches in sonic-buildimage src/libteam",
)
_ADMIN = Fact("the model of a port channel wants it said", "sonic-portchannel.yang")
_MTU_OF_MEMBERS = Fact(
    "the members of a port channel get its MTU", "sonic-swss cfgmgr/teammgr.cpp addLagMember, setLagMtu"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortChannelPlan:
    """One end of a bundle: a port channel and how LACP runs on it.

    Attributes:
        members: its ports, in the order of the topology.
        far: the port channel of the other switch, or nowhere.
        fast_rate, fallback: "true", "false", or "" where the topology says nothing.
        min_links: below so many selected members it is down; 0 where the topology says nothing.
        mtu: bytes.
        speed: of each member, Mb/s; `fec` is theirs, too.
        path: the topology's entry for it.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file(
        "-name members far:far_end mtu fast_rate min_links fallback admin_status -description"
    )

    name: Annotated[str, Rule("", ("use",), naming=True)]
    members: Annotated[tuple[str, ...], Rule("", ("use",), naming=True)]
    mtu: Annotated[
        int,
        Rule("as given for this bundle", ("use.mtu",), (_MTU_OF_MEMBERS,), asked=True),
        Rule("the MTU of the fabric", ("topology:mtu",), (_MTU_OF_MEMBERS,)),
    ]
    speed: int
    path: KeyPath = field(compare=False)
    fec: str = ""
    description: Annotated[
        str,
        Rule("as given for the bundle", ("use.description",), asked=True),
        Rule("SWITCH:PORT at the far end of the link", ("use",)),
    ] = ""
    far: Endpoint = NOWHERE
    fast_rate: Annotated[str, Rule("as given for this bundle", ("use.lacp_rate",), (_LACP,))] = ""
    min_links: Annotated[int, Rule("as given for this bundle", ("use.min_links",))] = 0
    fallback: Annotated[str, Rule("as given for this bundle", ("use.fallback",), (_FALLBACK,))] = ""
    admin_status: Annotated[
        str,
        Rule("as given for this bundle", ("use.admin",), asked=True),
        Rule("up: the bundle is used", ("use",), (_ADMIN,)),
    ] = "up"
