"""What `sonicfab users` prints; no secret is in it."""

from __future__ import annotations

from sonicfab.operations.users import PlannedUsers, UsersOf
from sonicfab.report.console import json_result, say, wrapped

FORMAT_VERSION = 1


def show_users(switches: tuple[UsersOf, ...], *, done: bool) -> None:
    """A line for each switch, and what of each account."""
    for one in switches:
        if one.error is not None:
            hint = f" ({one.error.hint})" if one.error.hint else ""
            say("\n".join(wrapped(f"{one.switch}: failed: {one.error}{hint}", rest="  ")))
            continue
        say(f"{one.switch}: {('changed' if done else 'would change') if one.changes else 'unchanged'}")
        for name, changes in one.changes.items():
            say("\n".join(wrapped(f"{name}: {', '.join(changes)}", "  ", "    ")))


def json_users(planned: PlannedUsers, switches: tuple[UsersOf, ...], *, done: bool) -> None:
    """The same for programs."""
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "fabric": planned.site.name,
            "done": done,
            "switches": {
                one.switch: {"changes": dict(one.changes), "error": str(one.error) if one.error else None}
                for one in switches
            },
        }
    )
