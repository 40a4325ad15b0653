"""What a fault of a lab is: a name, what it is done to, its effect in a sentence, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError
from sonicfab.hints import did_you_mean
from sonicfab.lab.inside import is_up, run_below, run_inside
from sonicfab.lab.spec import LabSpec, LabSwitch
from sonicfab.lab.state import LabState

Undo = dict[str, Any]
"""What must be known to undo a fault; JSON."""


@dataclass(frozen=True, slots=True)
class FaultPlace:
    """A switch, or one of its ports."""

    switch: str
    port: str = ""

    def __str__(self) -> str:
        """SWITCH or SWITCH:PORT, as the user writes it."""
        return f"{self.switch}:{self.port}" if self.port else self.switch


@dataclass(frozen=True, slots=True)
class Lab:
    """A running lab and what it was made from."""

    state: LabState
    spec: LabSpec = field(repr=False)

    @classmethod
    def of(cls, state: LabState) -> Lab:
        """The lab of a state."""
        return cls(state, LabSpec.loads((state.folder / "spec.json").read_text(encoding="utf-8")))

    def switch(self, name: str) -> LabSwitch:
        """What a switch of the lab was made from."""
        self.state.node(name)
        return next(one for one in self.spec.switches if one.name == name)

    def target(self, text: str) -> FaultPlace:
        """SWITCH or SWITCH:PORT.

        Raises:
            LabError: the lab has no such switch.
            InputError: the switch has no such port.
        """
        name, _, port = text.partition(":")
        switch = self.switch(name)
        if port and port not in switch.ports:
            raise InputError(f"{name} has no port {port}", did_you_mean(port, switch.ports))
        return FaultPlace(name, port)

    def far_end(self, target: FaultPlace) -> Endpoint:
        """What a port is cabled to.

        Raises:
            InputError: nothing is plugged into it.
        """
        found = self.spec.far_end(Endpoint(target.switch, target.port))
        if not found:
            cabled = [end.port for cable in self.spec.cables for end in cable if end.switch == target.switch]
            raise InputError(f"nothing is plugged into {target}", f"cables are in {', '.join(sorted(cabled)[:8])}")
        return found

    def inside(self, node: str, script: str, *arguments: str, check: bool = True) -> str:
        """Run a shell script in a switch or host: `run_inside`."""
        return run_inside(self.state, node, script, *arguments, check=check)

    def ip(self, *lines: str) -> None:
        """Run commands of `ip` among the lab's network namespaces, each a line such as `-n leaf1 link set …`."""
        for line in lines:
            run_below(self.state, "ip", *line.split())

    def up(self, node: str) -> bool:
        """Whether a switch or host runs."""
        return is_up(self.state, node)

    def seed(self, switch: str) -> Path:
        """The folder of a switch's files."""
        return self.state.folder / switch


@dataclass(frozen=True, slots=True)
class Amount:
    """The one number that a fault may be given."""

    unit: str
    default: int
    lowest: int
    highest: int

    def __str__(self) -> str:
        """For people."""
        return f"{self.default} {self.unit}"


Apply = Callable[[Lab, tuple[FaultPlace, ...], int], Undo]
Heal = Callable[[Lab, tuple[FaultPlace, ...], Undo], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by name.

    Attributes:
        on: what it is done to; two ports for one that exchanges them.
        says: its effect in a line.
        heals: how it is undone, in a line; "" for one that is over once it was done.
        stuns: nothing else can be done to the switch while it lasts.
        passes: it ends by itself after its amount, in seconds.
    """

    name: str
    on: Literal["switch", "port", "two ports"]
    says: str
    heals: str
    apply: Apply = field(repr=False)
    heal: Heal = field(repr=False)
    amount: Amount | None = None
    stuns: bool = False
    passes: bool = False


def nothing_to_heal(_lab: Lab, _targets: tuple[FaultPlace, ...], _undo: Undo) -> None:
    """Of a fault that is over once it was done."""
