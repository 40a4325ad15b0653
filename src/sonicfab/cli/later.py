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


class Group(TyperGroup):
    """A group whose help is text, as that of its commands, and has the whole first sentence of each."""

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own signature
        """See typer."""
        super(TyperGroup, self).format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """See typer."""
        helps = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, _first(one.help or "")) for name, one in helps.items() if one and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class Command(TyperCommand):
    """A command whose help is text: boxes leave no room for names in 80 columns, and cut them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(*arguments, **options)
        for one in self.params:
            if one.param_type_name == "argument" and one.metavar:  # which says more than a type of Python
                vars(one)["display_type_rich"] = _nothing

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """See typer."""
        super(TyperCommand, self).format_help(ctx, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """See typer; an example is one line, as it is copied."""
        text, *examples = inspect.cleandoc(self.help or "").split("Example: ")
        lines = [f"\b\nExample: {' '.join(one.split())}" for one in examples]
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text("\n\n".join([text, *lines]))


def _first(text: str) -> str:
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split())


def _nothing(ctx: Any) -> str:  # noqa: ANN401, ARG001
    return ""


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
    _as_text(told)
    if isinstance(told, CommandInfo):
        return get_command_from_info(told, pretty_exceptions_short=True, rich_markup_mode="markdown")
    return get_group_from_info(told, pretty_exceptions_short=True, suggest_commands=True, rich_markup_mode="markdown")


def _as_text(told: Told) -> None:
    """It, and those of a group, are made with help that is text."""
    if isinstance(told, CommandInfo):
        told.cls = Command
    elif told.typer_instance:
        told.cls = Group
        for command in told.typer_instance.registered_commands:
            _as_text(command)
        for group in told.typer_instance.registered_groups:
            _as_text(group)


def _without_options(name: str, told: Told) -> Any:  # noqa: ANN401
    if isinstance(told, CommandInfo):
        return TyperCommand(name, help=inspect.getdoc(_function(told)), rich_markup_mode="markdown")
    return TyperGroup(name=name, help=solve_typer_info_help(told), rich_markup_mode="markdown")
