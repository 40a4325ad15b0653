"""Address families: what FRR, the kernel and people call each of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Protocol, TypeVar

_Value = TypeVar("_Value")


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


class Family(str, Enum):
    """An address family and its sub-address family; as a string it is the word of the files.

    Attributes:
        safi: the sub-address family; the word is the family's own name in FRR, too.
        host_length: the prefix length of a single address.
        command: how FRR's commands outside of BGP begin.
        kernel: what iproute2, and NAPALM, call it.
    """

    IPV4 = "ipv4", "unicast", 32, "ip", "inet"
    IPV6 = "ipv6", "unicast", 128, "ipv6", "inet6"

    safi: str
    host_length: int
    command: str
    kernel: str

    def __new__(cls, afi: str, safi: str, host_length: int, command: str, kernel: str) -> Family:  # noqa: PYI034
        """A string that knows more; typing.Self is not in Python 3.10."""
        family = str.__new__(cls, afi)
        family._value_, family.safi, family.host_length = afi, safi, host_length
        family.command, family.kernel = command, kernel
        return family

    __str__ = str.__str__
    __hash__ = str.__hash__

    @property
    def shown(self) -> str:
        """For people: IPv4."""
        return f"IP{self.value[2:]}"

    @property
    def default(self) -> str:
        """Its default route."""
        return "::/0" if self.value == "ipv6" else "0.0.0.0/0"

    @property
    def json_key(self) -> str:
        """What FRR's JSON calls it (bgpd/bgpd.c get_afi_safi_str): ipv4Unicast."""
        return f"{self.value}{self.safi.capitalize()}"

    @classmethod
    def named(cls, word: str) -> Family:
        """The family by its word.

        Raises:
            ValueError: there is none.
        """
        for one in cls:
            if one == word:
                return one
        raise ValueError(f"no address family '{word}': there are {' and '.join(cls)}")

    @classmethod
    def of(cls, what: str | _Versioned) -> Family:
        """The family of an address, an interface's address or a network, or of the text of one."""
        if isinstance(what, str):
            return cls.IPV6 if ":" in what else cls.IPV4
        return cls.IPV6 if what.version == 6 else cls.IPV4


def by_family(rows: Mapping[str, _Value]) -> dict[Family, _Value]:
    """What FRR's JSON has by family; families that nobody here knows are left out."""
    return {family: rows[family.json_key] for family in Family if family.json_key in rows}
