"""The commands and their options, as the program itself has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markdown_text import code, table
from typer.main import get_command

from sonicfab.cli.app import app


def page() -> str:
    """A section for every command: what it does, an example, its arguments and options."""
    return "\n".join(_section(words, command) for words, command in tree(get_command(app), "sonicfab"))


def tree(command: Any, words: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own classes
    """(its words, the command) of every one, the program itself first."""
    yield words, command
    for name, one in getattr(command, "commands", {}).items():
        if not one.hidden:
            yield from tree(one, f"{words} {name}")


def _section(words: str, command: Any) -> str:  # noqa: ANN401
    said, *examples = (command.help or "").split("Example:")
    paragraphs = [" ".join(one.split()) for one in said.split("\n\n") if one.strip()]
    parts = [f"## {words}\n" if " " in words else "## Of all commands\n", *(f"{one}\n" for one in paragraphs)]
    if examples:
        parts.append("```sh\n{}\n```\n".format("\n".join(one.strip() for one in examples)))
    rows = list(_rows(command, words))
    if rows:
        parts.append(table(("argument or option", "meaning"), rows))
    return "\n".join(parts)


def _rows(command: Any, words: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    context = command.make_context(words, [], resilient_parsing=True)
    for one in command.params:
        record = None if one.name == "help" else one.get_help_record(context)
        if record:
            names, meaning = record
            yield code(" ".join(names.split())), meaning
