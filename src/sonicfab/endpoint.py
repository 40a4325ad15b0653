"""Ends of cables and of sessions."""

from __future__ import annotations

from typing import NamedTuple


class Endpoint(NamedTuple):
    """A switch and its port, or another interface of it: where a cable or a session ends; NOWHERE is no switch."""

    switch: str
    port: str

    def __str__(self) -> str:
        """SWITCH:PORT, as in the topology file; "" for nowhere."""
        return f"{self.switch}:{self.port}" if self.switch else ""

    def __bool__(self) -> bool:
        """False for nowhere."""
        return bool(self.switch)

    @classmethod
    def of(cls, text: str) -> Endpoint:
        """What `str` gave."""
        switch, _, port = text.partition(":")
        return cls(switch, port)


NOWHERE = Endpoint("", "")
