"""Neighbours that are none of the fabric, as values of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from sonicfab.families import Family
from sonicfab.model.policies import Prefix


@dataclass(frozen=True, slots=True)
class OutsidePlan:
    """A neighbour of somebody else's.

    Attributes:
        switch: of ours that it is at.
        interface: of that.
        accepted: what it may announce.
        families: that its sessions carry; none where they are shut.
    """

    name: str
    switch: str
    interface: str
    asn: int
    accepted: tuple[Prefix, ...]
    families: tuple[Family, ...] = ()

    def may_announce(self, prefix: IPv4Network | IPv6Network) -> bool:
        """Whether its policy could let a prefix through."""
        return any(one.covers(prefix) for one in self.accepted)

    def tells_default(self, family: Family) -> bool:
        """Whether it is to tell the default route of a family: the topology names it, as `default`."""
        return family in self.families and any(one.text == family.default for one in self.accepted)
