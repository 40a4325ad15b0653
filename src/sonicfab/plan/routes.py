"""Static routes, aggregates and redistribution, as values of the plan.

Static routes stand in frr.conf and not in STATIC_ROUTE, on every build: the modes that we run keep frr.conf, and
staticd always runs. Of the rows bgpcfgd makes routes only while frr_mgmt_framework_config is not "true", which BFD
needs; it gives them the tags 1 and 2 alone, and with the first one has BGP redistribute all static routes, which no
plan has said (sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_static_rt.py, 202111 to 202605;
dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Annotated

from sonicfab.families import Family
from sonicfab.plan.decided import Rule

BGP_DISTANCE = 20
"""Of routes from external neighbours (FRR lib/zclient.h, ZEBRA_EBGP_DISTANCE_DEFAULT)."""


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A next hop of a static route, as FRR has it: a line each.

    Attributes:
        address, interface: where it leads; None and "" where nobody says. Without both it is a blackhole.
        distance: 1 is FRR's own; above 20 a route of an external BGP neighbour is preferred.
        tag: 0 for none.
        announced: BGP tells the prefix while the route is there.
        of: the path of the topology where it stands.
    """

    prefix: Annotated[IPv4Network | IPv6Network, Rule("as the topology gives it", ("topology:{of}.prefix",))]
    address: IPv4Address | IPv6Address | None = None
    interface: str = ""
    distance: Annotated[int, Rule("others with a lower distance are preferred", ("topology:{of}.distance",))] = 1
    tag: Annotated[int, Rule("a mark for policies", ("topology:{of}.tag",))] = 0
    bfd: Annotated[bool, Rule("BFD watches the next hop", ("topology:{of}.bfd",))] = False
    announced: bool = False
    of: str = field(compare=False, default="")

    @property
    def family(self) -> Family:
        """Of the prefix."""
        return Family.of(self.prefix)

    @property
    def keyword(self) -> Annotated[str, Rule("", ("topology:{of}.prefix",), naming=True)]:
        """`ip` or `ipv6`, as FRR's commands begin."""
        return self.family.command

    @property
    def blackhole(self) -> bool:
        """What goes there is dropped."""
        return self.address is None and not self.interface

    @property
    def next_hop(self) -> Annotated[str, Rule("where it leads", ("topology:{of}.via|topology:{of}.blackhole",))]:
        """As FRR writes it."""
        return " ".join(str(one) for one in (self.address, self.interface) if one) or "blackhole"

    @property
    def backup(self) -> bool:
        """BGP's routes of external neighbours go before it."""
        return self.distance > BGP_DISTANCE


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A prefix that a switch tells while it has a BGP route within it; `policy` is a route-map or ""."""

    prefix: Annotated[IPv4Network | IPv6Network, Rule("as the topology gives it", ("topology:{of}.prefix",))]
    policy: Annotated[str, Rule("what is set on it", ("topology:{of}.policy",))] = ""
    of: str = field(compare=False, default="")


@dataclass(frozen=True, slots=True)
class Redistribution:
    """Routes of another protocol that BGP takes over, as far as a route-map lets them through."""

    protocol: Annotated[str, Rule("as the topology gives it", ("topology:{of}.protocol",))]
    policy: Annotated[str, Rule("what is let through", ("topology:{of}.policy",))]
    of: str = field(compare=False, default="")
