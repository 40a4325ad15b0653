"""What a verification, of now or kept, says of switches, ports and sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sonicfab.endpoint import Endpoint
from sonicfab.verify.kept import KeptVerification
from sonicfab.verify.results import CheckResult, Explanation
from sonicfab.verify.run import Verification

State = Literal["ok", "failed", "unreached", "affected", "unknown"]
"""`affected`: what is not as intended follows from a fault elsewhere; `unknown`: nobody has looked."""
MARKS: Mapping[State, str] = {"ok": "✔", "failed": "✘", "unreached": "?", "affected": "!", "unknown": ""}
WORDS: Mapping[State, str] = {
    "ok": "as intended",
    "failed": "not as intended",
    "unreached": "could not be asked",
    "affected": "suffers from a fault elsewhere",
    "unknown": "not checked",
}
_OF_PORTS = frozenset({"interface", "lldp", "portchannel", "vlan"})


@dataclass(frozen=True)
class Verified:
    """A verification, or none: everything is unknown then.

    Attributes:
        guilty: the switches with a failure that no finding calls a consequence of another.
    """

    verification: Verification | KeptVerification | None = None
    switches: Mapping[str, Sequence[CheckResult]] = field(default_factory=dict)
    ends: Mapping[Endpoint, Sequence[CheckResult]] = field(default_factory=dict)
    guilty: frozenset[str] = frozenset()

    @classmethod
    def of(cls, verification: Verification | KeptVerification) -> Verified:
        """What it says, by what it is about."""
        switches: dict[str, list[CheckResult]] = defaultdict(list)
        ends: dict[Endpoint, list[CheckResult]] = defaultdict(list)
        follows = {one for finding in verification.findings for one in finding.consequences}
        for one in verification.results:
            switches[one.switch].append(one)
            if one.check == "bgp" or one.check in _OF_PORTS:
                ends[one.end].append(one)
        failed = (one for one in verification.results if one.status == "failed")
        guilty = frozenset(one.switch for one in failed if one not in follows)
        return cls(verification, dict(switches), dict(ends), guilty)

    @property
    def known(self) -> bool:
        """True when there is a verification."""
        return self.verification is not None

    @property
    def findings(self) -> Sequence[Explanation]:
        """What is wrong and why, the worst first."""
        return self.verification.findings if self.verification else ()

    def switch(self, name: str) -> State:
        """The worst of what is said of a switch."""
        state = worst(self.switches.get(name, ()))
        return "affected" if state == "failed" and name not in self.guilty else state

    def failed(self, name: str) -> list[CheckResult]:
        """What is not as intended on a switch."""
        return [one for one in self.switches.get(name, ()) if one.status in ("failed", "unreached")]

    def port(self, *ends: Endpoint) -> list[CheckResult]:
        """What is said of the hardware of ports, of the cable at them, of port channels."""
        return [one for end in ends for one in self.ends.get(end, ()) if one.check in _OF_PORTS]

    def session(self, switch: str, peer: str) -> list[CheckResult]:
        """What is said of a session, by its family."""
        return [one for one in self.ends.get(Endpoint(switch, peer), ()) if one.check == "bgp"]


def worst(results: Iterable[CheckResult]) -> State:
    """The state of several together; what was skipped says nothing."""
    return worst_of("unknown" if one.status == "skipped" else one.status for one in results)


def worst_of(states: Iterable[str]) -> State:
    """The same of states."""
    found = set(states)
    order: tuple[State, ...] = ("failed", "unreached", "affected", "ok")
    return next((one for one in order if one in found), "unknown")
