"""An FRR config as contexts with their lines in order, and commands back to text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sonicfab import frrconf
from sonicfab.frrconf import Context

Tree = Mapping[Context, Sequence[str]]
"""Context -> its lines in the order of the text; the top level is the context ()."""
Command = tuple[Context, str]
"""A line in its context; "" opens the context and says nothing in it."""


def read(text: str) -> Tree:
    """The contexts of a config, in its order, without what belongs to the program or the host."""
    tree: dict[Context, list[str]] = {(): []}
    for _, context, line in frrconf.lines(text):
        lines = tree.setdefault(context, [])
        if line:
            lines.append(line)
    return tree


def too_deep(text: str) -> list[str]:
    """Lines that stand deeper than the contexts that are known: some line above them opens one that is not."""
    raw = text.splitlines()
    found = []
    for number, context, line in frrconf.lines(text):
        depth = len(raw[number - 1]) - len(raw[number - 1].lstrip())
        if depth > len(context) - (not line):
            found.append(raw[number - 1].strip())
    return found


def under(tree: Tree, name: str) -> list[Context]:
    """The contexts of an outermost context, itself first."""
    return [context for context in tree if context[:1] == (name,)]


def written(commands: Iterable[Command]) -> str:
    """The text for `vtysh -f`.

    Each context is closed by its own word and never twice: an `exit` at the top level leaves the config mode of
    vtysh, and every later line would be lost.
    """
    out: list[str] = []
    here: Context = ()
    for context, line in commands:
        same = 0
        while same < min(len(context), len(here)) and context[same] == here[same]:
            same += 1
        out += _closed(here, same)
        out += [" " * depth + context[depth] for depth in range(same, len(context))]
        here = context
        if line:
            out.append(" " * len(context) + line)
    out += _closed(here, 0)
    return "".join(f"{line}\n" for line in out)


def _closed(context: Context, down_to: int) -> list[str]:
    return [
        " " * depth + ("exit-address-family" if context[depth].startswith("address-family ") else "exit")
        for depth in range(len(context) - 1, down_to - 1, -1)
    ]
