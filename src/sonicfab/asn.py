"""Pools of AS numbers. Pure; who gets which is decided in plan.numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PRIVATE_ASNS = (range(64512, 65535), range(4200000000, 4294967295))
"""RFC 6996: for private use."""


@dataclass(frozen=True, slots=True)
class AsnPool:
    """AS numbers for a role: `first` to `last`, both included; one alone is shared by the whole role."""

    first: int
    last: int

    @property
    def shared(self) -> bool:
        """True when every switch of the role gets the same number."""
        return self.first == self.last

    @property
    def size(self) -> int:
        """How many numbers there are to hand out."""
        return self.last - self.first + 1

    def __contains__(self, number: object) -> bool:
        """True for a number of the range."""
        return isinstance(number, int) and self.first <= number <= self.last

    def hands_out(self, number: object) -> bool:
        """True for a number that iterating gives."""
        return number in self

    def __iter__(self) -> Iterator[int]:
        """From the lowest up."""
        return iter(range(self.first, self.last + 1))

    def __str__(self) -> str:
        """As the user writes it."""
        return str(self.first) if self.shared else f"{self.first}-{self.last}"


def is_private(number: int) -> bool:
    """True for a number that is free to use inside a network."""
    return any(number in block for block in PRIVATE_ASNS)
