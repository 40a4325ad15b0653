"""What became of an expectation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sonicfab.switch.parse import BgpPeer

Status = Literal["ok", "failed", "skipped", "unreached"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One expectation and what became of it.

    Attributes:
        check: the check that it belongs to; `login` when the switch could not be asked at all.
        subject: what it is about: a port or peer, a prefix or address, a file.
        family: ipv4 or ipv6; "" where it is about both.
        far: the switch and port at the other end, "host", or the switch that the address belongs to.
        problem: what kind of failure it is, in a stable word; "" when it is none.
        optional: nobody expects it: a host may be there or not. One that was cut off by its switch is none of these.
        peer: the session as the switch tells of it.
    """

    switch: str
    check: str
    subject: str
    family: str
    far: str
    status: Status
    expected: str
    seen: str
    peer: BgpPeer | None = None
    problem: str = ""

    @property
    def optional(self) -> bool:
        """True for what a host may do or not."""
        return self.far == "host" and self.status != "failed"
