"""What a planted mistake is: the files of a fabric that it spoils, and the code that must find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Files:
    """The files of one switch: config_db.json as JSON data, frr.conf as text."""

    db: dict[str, Any]
    frr: str
    build: str

    def line(self, old: str, new: str) -> None:
        assert old in self.frr, f"{old!r} is not in frr.conf"
        self.frr = self.frr.replace(old, new, 1)


Fabric = Mapping[str, Files]
Plant = Callable[[Fabric], object]
LEAF, OTHER, SPINE = "dc1-leaf1", "dc1-leaf2", "dc1-spine1"
PORT = "Ethernet72"
"""The port of LEAF towards SPINE, and the addresses on it."""
NET = f"{PORT}|10.120.0.0/31"


@dataclass(frozen=True)
class Fault:
    """`also` are codes that tell the same mistake from another side."""

    code: str
    name: str
    plant: Plant
    build: str = "community-202411"
    fabric: str = "dc-2x4"
    also: frozenset[str] = field(default=frozenset())
