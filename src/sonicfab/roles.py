"""What a switch may be in a fabric: to add a role, add its line here."""

from __future__ import annotations

from enum import Enum


class Role(str, Enum):
    """A role: the word of the files, and what follows from it.

    Attributes:
        tier: how far up the fabric; links join tiers, and changes go from the lowest up.
        plural: of the word.
        sonic_type: `type` in DEVICE_METADATA (sonic-device_metadata.yang).
    """

    LEAF = "leaf", 1, "leaves", "LeafRouter"
    SPINE = "spine", 2, "spines", "SpineRouter"
    SUPERSPINE = "superspine", 3, "superspines", "SpineRouter"
    BORDERLEAF = "borderleaf", 1, "borderleaves", "LeafRouter"

    tier: int
    plural: str
    sonic_type: str

    def __new__(cls, word: str, tier: int, plural: str, sonic_type: str) -> Role:  # noqa: PYI034 - Self is not in Python 3.10
        """A string that knows more."""
        role = str.__new__(cls, word)
        role._value_, role.tier, role.plural, role.sonic_type = word, tier, plural, sonic_type
        return role

    __str__ = str.__str__
    __hash__ = str.__hash__
