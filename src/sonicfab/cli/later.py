"""Commands whose options are worked out when they are asked for: those of all take longer than most commands do."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, MutableMapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command_from_info, get_command_name, get_group_from_info, solve_typer_info_help
from typer.models import CommandInfo, TyperInfo

Told = CommandInfo | TyperInfo


class Later(MutableMapping[str, Any]):
    """The commands of a group by name, each made when it is first taken out.

    Attributes:
        names_alone: a list is wanted, which shows the first line of each: they are made without options.
    """

    def __init__(self, told: dict[str, Told]) -> None:
        self._told = dict(told)
        self._made: dict[str, Any] = {}
        self.names_alone = False

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - a command of typer's
        if name in self._made:
            return self._made[name]
        if self.names_alone:
            return _without_options(name, self._told[name])
        self._made[name] = _made(self._told[name])
        return self._made[name]

    def __setitem__(self, name: str, command: Any) -> None:  # noqa: ANN401
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        del self._told[name]
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter({**self._told, **self._made})

    def __len__(self) -> int:
        return len({**self._told, **self._made})


def take_out(app: typer.Typer) -> dict[str, Told]:
    """What was added to an app, by name; the app itself makes nothing of it any more."""
    told: dict[str, Told] = {
        one.name or get_command_name(_function(one).__name__): one for one in app.registered_commands
    }
    told |= {str(one.name): one for one in app.registered_groups}
    app.registered_commands, app.registered_groups = [], []
    return told


def _function(told: CommandInfo) -> Any:  # noqa: ANN401 - any signature
    assert told.callback
    return told.callback


def _made(told: Told) -> Any:  # noqa: ANN401
    if isinstance(told, CommandInfo):
        return get_command_from_info(told, pretty_exceptions_short=True, rich_markup_mode="markdown")
    return get_group_from_info(told, pretty_exceptions_short=True, suggest_commands=True, rich_markup_mode="markdown")


def _without_options(name: str, told: Told) -> Any:  # noqa: ANN401
    if isinstance(told, CommandInfo):
        return TyperCommand(name, help=inspect.getdoc(_function(told)), rich_markup_mode="markdown")
    return TyperGroup(name=name, help=solve_typer_info_help(told), rich_markup_mode="markdown")
