"""Text for Markdown: escaped, folded, and no larger than a comment on a merge request may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LARGEST = 32_000
"""Characters. GitHub takes 65536 in a comment (GitLab a million), and two go into one: what changes, and verify's."""

_MENTION = re.compile("(?<![A-Za-z0-9])@")
"""Calls somebody to the merge request, in whatever text it stands."""
LONGEST = 100
"""Lines of a block."""


def code(text: str) -> str:
    """As code, also in a table, whatever is in it."""
    fence = "``" if "`" in text else "`"
    inner = text.replace("|", "\\|")
    return f"{fence}{inner}{fence}"


def escaped(text: str) -> str:
    """Text that Markdown and HTML leave alone, but for what stands between backticks: that is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _plain(text)
    return "".join(code(part) if index % 2 else _plain(part) for index, part in enumerate(parts))


def cell(text: str) -> str:
    """The same on one line, for a table, a heading or an item of a list."""
    return escaped(text).replace("\n", " ")


def _plain(text: str) -> str:
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, safe)
    text = "".join(f"\\{letter}" if letter in "\\`*_[]|~" else letter for letter in text)
    return _MENTION.sub("@<!-- -->", text)


def details(summary: str, lines: Iterable[str], *, opened: bool = False) -> list[str]:
    """Lines that are folded below a summary, which is text, until somebody opens them."""
    return [f"<details{' open' * opened}><summary>{_html(summary)}</summary>", "", *lines, "", "</details>", ""]


def fenced(lines: Iterable[str]) -> list[str]:
    """Lines of a difference as a block of code; none of them can end it."""
    inner = [line.replace("\n", " ") for line in lines]
    longest = max((len(run) for line in inner for run in _ticks(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}diff", *inner, fence]


def capped(lines: Sequence[str], rest: str) -> list[str]:
    """The first lines; `rest` tells of the others, with their number for `{}`."""
    left = len(lines) - LONGEST
    return [*lines[:LONGEST], rest.format(left)] if left > 0 else list(lines)


def limited(blocks: Sequence[str], rest: str) -> str:
    """As many whole blocks as half a comment may have; `rest` says where the others are, with their number for `{}`."""
    kept: list[str] = []
    size = 0
    for number, block in enumerate(blocks):
        if size + len(block) > LARGEST:
            return "\n".join([*kept, f"> {rest.format(len(blocks) - number)}", ""])
        kept.append(block)
        size += len(block) + 1
    return "\n".join(kept)


def _ticks(line: str) -> Iterable[str]:
    return "".join(letter if letter == "`" else " " for letter in line).split()


def _html(text: str) -> str:
    """Text inside of an HTML block, where Markdown is not read."""
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(sign, safe)
    return _MENTION.sub("@<!-- -->", text.replace("\n", " "))
