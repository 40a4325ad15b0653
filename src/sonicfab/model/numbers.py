"""The numbers file: what sonicfab has allotted from the pools, kept in git beside the topology.

It is what keeps every number where it is when switches and links come, go, change places or get other names.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from sonicfab.model.fields import Asn, Mac, OneOrMany, Strict
from sonicfab.model.topology import Pools, SwitchNumbers


class KeptNumbers(SwitchNumbers):
    """Allotted numbers of one switch; `mac` tells it whatever its name is (files of old versions have none)."""

    mac: Mac | None = None


class Freed(Strict):
    """Numbers that nobody has any more, the longest free first: handed out last, when nothing else is left."""

    asn: OneOrMany[Asn] = ()
    ipv4: OneOrMany[IPv4Address] = ()
    ipv6: OneOrMany[IPv6Address] = ()
    links_ipv4: OneOrMany[IPv4Network] = ()
    links_ipv6: OneOrMany[IPv6Network] = ()


class Numbers(Strict):
    """Allotted numbers by switch name, and link networks by link (`leaf1:Ethernet72 - spine1:Ethernet0`).

    Of a link's two addresses, the end that is named first has the lower one.
    """

    switches: dict[str, KeptNumbers] = {}
    links: dict[str, Pools] = {}
    freed: Freed = Freed.model_construct()
