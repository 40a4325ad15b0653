"""Neighbours that are none of the fabric, as values of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import ClassVar

from sonicfab.families import Family
from sonicfab.model.policies import Prefix
from sonicfab.plan.decided import in_file

_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Let:
    """An entry of a policy as far as it is about prefixes; `sure`: it asks for nothing else."""

    permit: bool
    prefixes: tuple[Prefix, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class OutsidePlan:
    """A neighbour of somebody else's.

    Attributes:
        switch: of ours that it is at.
        interface: of that.
        accepted: what it may announce.
        families: that its sessions carry; none where they are shut.
        takes, tells: the entries of the policies in and out, in their order.
        originates_default: it is told a default route, whether we have one or not.
    """

    __file_names__: ClassVar[Mapping[str, str]] = in_file("-takes -tells")

    name: str
    switch: str
    interface: str
    asn: int
    accepted: tuple[Prefix, ...]
    families: tuple[Family, ...] = ()
    takes: tuple[Let, ...] = ()
    tells: tuple[Let, ...] = ()
    originates_default: bool = False

    def may_announce(self, prefix: _Network) -> bool:
        """Whether its policy could let a prefix through."""
        return _may_pass(self.takes or (Let(permit=True, prefixes=self.accepted),), prefix)

    def may_be_told(self, prefix: _Network) -> bool:
        """Whether it could be told a prefix."""
        return (self.originates_default and not prefix.prefixlen) or _may_pass(self.tells, prefix)

    def tells_default(self, family: Family) -> bool:
        """Whether it is to tell the default route of a family: the topology names it, as `default`."""
        return family in self.families and any(one.text == family.default for one in self.accepted)


def _may_pass(entries: Iterable[Let], prefix: _Network) -> bool:
    """The first entry that matches counts; one that asks for more than prefixes may match or not."""
    for one in entries:
        if any(among.covers(prefix) for among in one.prefixes):
            if one.permit:
                return True
            if one.sure:
                return False
    return False
