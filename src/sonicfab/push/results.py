"""What became of a push, switch by switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sonicfab.errors import ExitCode
from sonicfab.push.ways import Way

State = Literal["unchanged", "would change", "changed", "rolled back", "unknown", "refused", "failed", "not begun"]


@dataclass(frozen=True)
class SwitchPush:
    """What became of one switch; `error` is why it is not as intended, `way` None when it could not be looked at.

    `theirs` is what another has put there, and stays; `unasked` is the exit code of why it could not be looked at.
    `differences` are the rows, fields and lines that run otherwise than intended; `changes` also tell what is stored.
    """

    name: str
    state: State
    way: Way | None
    changes: tuple[str, ...]
    seconds: float = 0.0
    error: str = ""
    push_id: str = ""
    theirs: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    unasked: ExitCode = ExitCode.OK
    differences: int | None = None


@dataclass(frozen=True)
class PushResult:
    """All switches that were meant, in their order.

    Attributes:
        refused: nothing was changed on any switch, because some could not be asked or must be left alone.
    """

    fabric: str
    switches: tuple[SwitchPush, ...]
    refused: bool

    @property
    def push_id(self) -> str:
        """By which its journal is found; "" when nothing was begun."""
        return next((one.push_id for one in self.switches if one.push_id), "")

    @property
    def exit_code(self) -> ExitCode:
        """3 when a switch could not be asked or its config is not known, 6 when one went back, 5 for what is left."""
        states = {one.state for one in self.switches}
        unasked = max(one.unasked for one in self.switches) if self.switches else ExitCode.OK
        if unasked:
            return unasked
        if states & {"unknown", "refused", "failed"}:
            return ExitCode.UNREACHED
        if "rolled back" in states:
            return ExitCode.ROLLED_BACK
        return ExitCode.CHANGES if states & {"would change", "not begun"} else ExitCode.OK
