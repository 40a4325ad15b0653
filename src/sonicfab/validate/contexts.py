"""Lines of an frr.conf that stand outside of the context they belong to. Pure: what can be known without FRR.

FRR looks a line up where it is and then further out, and stays where it found it (lib/command.c
command_config_read_one_line). So a line that only the top level knows ends `router bgp`, and what follows is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sonicfab.frr import conf
from sonicfab.validate.findings import Finding


@dataclass
class Left:
    """A context that was left too early.

    Attributes:
        line: the number of the line that left it; its text.
        lost: the lines after it that are unknown now.
        end: the `exit` at the top level after them, where FRR ends; 0 when there is none.
    """

    line: int
    text: str
    context: conf.Context
    lost: list[int] = field(default_factory=list)
    end: int = 0


def left_contexts(text: str) -> list[Left]:
    """The contexts that were left too early, in order."""
    found: list[Left] = []
    current: Left | None = None
    context: conf.Context = ()
    for number, here, line in conf.lines(text, host_lines=True):
        if here:
            context, current = here, None
        elif line.startswith(conf.INSIDE):
            if current is not None:
                if not current.lost:
                    found.append(current)
                current.lost.append(number)
        elif context:
            current, context = Left(number, line, context), ()
    for one in found:
        one.end = _stray_exit(text, one.lost[-1])
    return found


def check_contexts(text: str) -> Iterator[Finding]:
    """A finding for each context that was left too early, at the line that left it."""
    lines = text.splitlines()
    for one in left_contexts(text):
        first = one.lost[0]
        more = f" and {len(one.lost) - 1} more" if len(one.lost) > 1 else ""
        ends = f"; FRR reads nothing after the `exit` of line {one.end}" if one.end else ""
        of, unknown = one.context[0], lines[first - 1].strip()
        message = f"`{one.text}` ends `{of}`; outside of that, `{unknown}` (line {first}){more} is unknown{ends}"
        hint = f"move line {one.line} before `{of}` or after its end"
        yield Finding("SF-421", f"line {one.line}", message, hint, line=one.line)


def lost_lines(text: str) -> frozenset[int]:
    """The lines that FRR does not understand or never reads because of that."""
    lost: set[int] = set()
    last = len(text.splitlines())
    for one in left_contexts(text):
        lost.update(range(one.line + 1, (last if one.end else one.lost[-1] + 1) + 1))
    return frozenset(lost)


def _stray_exit(text: str, after: int) -> int:
    """The first line after `after` that means something, if it is an `exit`; closers of families are passed over."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if number <= after or not line or line[0] in "!#" or line.startswith("exit-"):
            continue
        return number if line == "exit" else 0
    return 0
