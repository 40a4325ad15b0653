"""Text as Markdown has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cell(one) for one in line)} |" for line in lines) + "\n"


def cell(text: str) -> str:
    """A text in one cell: one line, its bars as text."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """The text as code."""
    return f"`{text}`"
