"""What goes where: results to stdout, everything else to stderr; colour on terminals alone."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sonicfab import __version__
from sonicfab.errors import Diagnostic, InputError, SonicfabError
from sonicfab.hints import first_of
from sonicfab.report.terminal import WIDTH as WIDTH
from sonicfab.report.terminal import SafeFormatter, is_terminal, write, write_renderable
from sonicfab.report.terminal import style as style

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_GAP = 3
"""Columns between those of a table: padding, and what its head is ruled with."""
_FOLDED = 20
"""What a column that may be folded wants at least."""

_COMMAND = re.compile(r"`[^`]+`")
_GLUE = "\ue000"
"""Stands for a space at which no line ends."""

MARKS = {"ok": "✔", "failed": "✘", "skipped": "-", "unreached": "?"}
_PLAIN_MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "skipped", "unreached": "not reached"}


_site_templates: list[str] = []
"""Those of this command, for its result."""
_results: list[str] = []
"""The kinds of results for programs that this command has printed."""


def columns() -> int:
    """How wide a line of stdout may be."""
    return min(WIDTH, shutil.get_terminal_size().columns) if is_terminal(sys.stdout) else WIDTH


def wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """The text in lines that begin with `first`, then with `rest`.

    No word is broken, however long, and no command in backticks: in two lines it is another one when it is copied.
    """
    lines = textwrap.wrap(
        _COMMAND.sub(lambda command: command[0].replace(" ", _GLUE), text),
        columns(),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_GLUE, " ") for line in lines] or [first]


def say(text: str) -> None:
    """A line of the result."""
    write(text)


def say_fitted(text: str, fg: str | None = None, *, bold: bool | None = None) -> None:
    """Lines of the result that are indented already: on a terminal each goes on below, a bit further in."""
    for one in text.split("\n"):
        indent = " " * (len(one) - len(one.lstrip(" ")))
        for line in wrapped(one.strip(), indent, f"{indent}    ") if is_terminal(sys.stdout) else [one]:
            say(style(line, fg=fg, bold=bold))


def note(text: str) -> None:
    """A line about what is going on."""
    write(text, err=True)


def mark(status: str) -> str:
    """`ok`, `failed` or `skipped` as a sign that stdout's encoding can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        MARKS[status].encode(encoding)
    except UnicodeEncodeError:
        return _PLAIN_MARKS[status]
    return MARKS[status]


def diagnostics(found: Iterable[Diagnostic]) -> None:
    """Every diagnostic, one after the other, on stderr."""
    for diagnostic in found:
        first, *rest = str(diagnostic).splitlines()
        place, severity, message = first.partition(f" {diagnostic.severity}: ")
        colour = typer.colors.RED if diagnostic.severity == "error" else typer.colors.YELLOW
        note(f"{place}{style(severity, fg=colour, bold=True)}{message}")
        for line in rest:
            note(line)


def error(err: SonicfabError) -> None:
    """An expected error: its diagnostics, or its sentence, and the hint."""
    found = err.diagnostics if isinstance(err, InputError) else ()
    diagnostics(found)
    errors = sum(1 for diagnostic in found if diagnostic.severity == "error")
    if errors:
        warnings = len(found) - errors
        counts = f"{errors} error{'s' * (errors > 1)}"
        note(f"{counts}{f', {warnings} warning' + 's' * (warnings > 1) if warnings else ''}")
        return
    note(f"{style('error:', fg=typer.colors.RED, bold=True)} {err}")
    if err.hint:
        note(f"  hint: {err.hint}")


def internal_error(err: BaseException) -> None:
    """A mistake of ours: the traceback goes into a file for its owner alone, the user gets a sentence."""
    try:
        handle, name = tempfile.mkstemp(prefix="sonicfab-debug-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"sonicfab {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n\n")
            log.writelines(traceback.format_exception(type(err), err, err.__traceback__))
    except OSError as failure:
        name = f"no file: {failure.strerror}"
    note(f"internal error: {type(err).__name__}: {err}")
    note(f"  This is a mistake in sonicfab, not in your files. What happened is in {Path(name)}")


def begin_command() -> None:
    """Forget what an earlier command of this process has told."""
    _site_templates.clear()
    _results.clear()


def has_result() -> bool:
    """Whether this command has printed a result for programs."""
    return bool(_results)


def tell_site_templates(files: Sequence[str]) -> None:
    """Say which templates of the site take part; results for programs have them as `site_templates`."""
    _site_templates[:] = files
    if files:
        note(f"with this site's templates: {first_of(files, 8)}")


def with_site_templates(value: Mapping[str, Any]) -> dict[str, Any]:
    """A result for programs, and which templates of the site took part."""
    return {**value, "site_templates": list(_site_templates)} if _site_templates else dict(value)


def json_result(value: Mapping[str, Any]) -> None:
    """The result for programs; every one of them has a format_version."""
    _results.append("json")
    write(json.dumps(with_site_templates(value) if "format_version" in value else value, indent=2))


def table(renderable: RenderableType) -> None:
    """A rich table or text on stdout; a table that would break words at this width is told row by row instead."""
    from rich.table import Table

    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else WIDTH
    if isinstance(renderable, Table) and _needs(renderable) > width:
        for line in _row_by_row(renderable):
            write_renderable(line, soft_wrap=True)
        return
    write_renderable(renderable)


def _needs(rows: Table) -> int:
    """The columns in which no word of the table is broken, but for those of columns that are made to be folded."""
    needed = 0
    for column in rows.columns:
        words = [word for cell in (column.header, *column.cells) for word in str(cell).split()]
        longest = max(map(len, words), default=0)
        needed += _GAP + (min(longest, _FOLDED) if column.overflow == "fold" else longest)
    return needed


def _row_by_row(rows: Table) -> Iterator[Text]:
    """Each row as lines of its own: what its first column says, and below it every other that says something."""
    from rich.text import Text

    titles = [str(column.header) for column in rows.columns]
    width = max(map(len, titles[1:]), default=0)
    below = Text("\n" + " " * (width + 4))
    for cells in zip(*(column.cells for column in rows.columns), strict=True):
        first, *rest = (cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells)
        yield first
        for title, cell in zip(titles[1:], rest, strict=True):
            if cell.plain.strip():
                yield Text.assemble(f"  {title:{width}}  ", below.join(cell.split("\n")))


def log_to_stderr(verbosity: int) -> None:
    """-v: what sonicfab does; -vv: what the SSH library does, too. Secrets are never logged."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logging.basicConfig(level=level if verbosity > 1 else logging.WARNING, force=True)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(SafeFormatter("%(name)s: %(message)s"))
    logging.getLogger("sonicfab").setLevel(level)
    # it logs the tracebacks of its threads; what they mean is told in a sentence
    logging.getLogger("paramiko").setLevel(level if verbosity > 1 else logging.CRITICAL)
