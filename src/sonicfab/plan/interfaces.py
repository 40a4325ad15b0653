"""The kinds of interfaces, and where CONFIG_DB has each: to add one, add its line here."""

from __future__ import annotations

from enum import Enum

LOOPBACK = "Loopback0"
"""The interface of a switch's own addresses."""


class InterfaceKind(str, Enum):
    """A kind of interface; as a string its word.

    Attributes:
        table: where CONFIG_DB has its addresses.
        tables: all that has rows of it, besides PORT.
    """

    PORT = "port", "INTERFACE"
    PORT_CHANNEL = "port channel", "PORTCHANNEL_INTERFACE", "PORTCHANNEL", "PORTCHANNEL_MEMBER"
    VLAN = "VLAN", "VLAN_INTERFACE", "VLAN", "VLAN_MEMBER"
    LOOPBACK = "loopback", "LOOPBACK_INTERFACE", "LOOPBACK"
    SUB_INTERFACE = "sub-interface", "VLAN_SUB_INTERFACE"
    VXLAN_TUNNEL = "VXLAN tunnel", "VXLAN_TUNNEL", "VXLAN_TUNNEL_MAP"

    table: str
    tables: tuple[str, ...]

    def __new__(cls, word: str, table: str, *more: str) -> InterfaceKind:  # noqa: PYI034
        """A string that knows more; typing.Self is not in Python 3.10."""
        kind = str.__new__(cls, word)
        kind._value_, kind.table, kind.tables = word, table, (table, *more)
        return kind

    __str__ = str.__str__
    __hash__ = str.__hash__
