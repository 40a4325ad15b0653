"""Port channels as values of the plan: what a bundle of the topology is on each of its switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from sonicfab.model.fields import NOWHERE, Endpoint
from sonicfab.plan.decided import Fact, Rule, in_file

_LACP = Fact(
    "teamd sends LACP every 30 seconds, and every second with fast_rate; the other end is asked to do the same",
    "sonic-swss cfgmgr/teammgr.cpp addLag; libteam teamd_runner_lacp.c",
)
_MTU_OF_MEMBERS = Fact(
    "the members of a port channel get its MTU", "sonic-swss cfgmgr/teammgr.cpp addLagMember, setLagMtu"
)


@dataclass(frozen=True, slots=True)
class PortChannelPlan:
    """One end of a bundle: a port channel and how LACP runs on it.

    Attributes:
        members: its ports, in the order of the topology.
        far: the port channel of the other switch, or nowhere.
        min_links: below so many selected members it is down; 0 where one is enough.
        mtu: bytes.
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
    description: Annotated[
        str,
        Rule("SWITCH:PORT at the far end of the link", ("use",), where=lambda one: bool(one.far)),
        Rule("as given for the bundle", ("use.description",)),
    ] = ""
    far: Endpoint = NOWHERE
    fast_rate: Annotated[bool, Rule("as given for this bundle", ("use.lacp_rate",), (_LACP,))] = False
    min_links: Annotated[int, Rule("as given for this bundle", ("use.min_links",))] = 0
    fallback: Annotated[
        bool,
        Rule("as given for this bundle: a member carries traffic while no LACP partner is heard", ("use.fallback",)),
    ] = False
    admin_status: Annotated[
        str,
        Rule("as given for this bundle", ("use.admin",), asked=True),
        Rule("up: the bundle is used; SONiC's model wants it said", ("use",)),
    ] = "up"
