"""How SONiC's commands refuse their arguments: the texts and the exit code of the library `click`, on stderr.

As recorded from 202411, whose click is 7.0.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """A parser that refuses as click does; `usage` is what follows the command's name there."""

    def __init__(self, prog: str, usage: str = "[OPTIONS] COMMAND [ARGS]...", **options: Any) -> None:  # noqa: ANN401
        super().__init__(prog=prog, usage=f"{prog} {usage}", add_help=False, allow_abbrev=False, **options)
        self.add_argument("-h", "-?", "--help", action="help")

    def commands(self) -> Any:  # noqa: ANN401 - argparse has no public name for it
        """The commands below this one, to add parsers to."""
        return self.add_subparsers(dest="command", required=True, parser_class=_below(self.prog))

    def parse_known_args(self, *given: Any, **options: Any) -> Any:  # noqa: ANN401
        """What is too much is this command's to refuse, not that of the group above it."""
        namespace, more = super().parse_known_args(*given, **options)
        if more:
            self.error(f"unrecognized arguments: {' '.join(more)}")
        return namespace, more

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments, and end with 2; a group without a command shows its help."""
        if message.endswith("are required: command"):
            self.print_usage(sys.stdout)
            sys.exit(0)
        self.exit(2, f'Usage: {self.usage}\nTry "{self.prog} -h" for help.\n\nError: {_told(message)}\n')


def _below(group: str) -> Any:  # noqa: ANN401
    def make(prog: str, usage: str = "[OPTIONS]", **options: Any) -> Parser:  # noqa: ANN401
        return Parser(f"{group} {prog.split()[-1]}", usage, **options)

    return make


def _told(message: str) -> str:
    if found := re.search(r"argument command: invalid choice: '(.*?)' \(choose", message):
        return f'No such command "{found[1]}".'
    if found := re.search(r"argument (\w+): invalid choice: '(.*?)' \(choose", message):
        return f'No such command "{found[2]}".'
    if found := re.search(r"arguments are required: (\w+)", message):
        return f'Missing argument "{found[1]}".'
    if found := re.match(r"unrecognized arguments: (.*)", message):
        first = found[1].split()[0]
        return f"no such option: {first}" if first.startswith("-") else f"Got unexpected extra argument ({first})"
    return message
