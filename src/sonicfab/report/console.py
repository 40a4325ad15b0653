"""Where output goes: results to stdout, everything else to stderr; colour on terminals alone."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import traceback
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from sonicfab import __version__
from sonicfab.errors import Diagnostic, InputError, SonicfabError
from sonicfab.hints import first_of

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH = 100
"""Columns that a table may use."""

MARKS = {"ok": "✔", "failed": "✘", "skipped": "-", "unreached": "?"}
_PLAIN_MARKS = {"ok": "ok", "failed": "FAILED", "skipped": "skipped", "unreached": "not reached"}


_site_templates: list[str] = []
"""Those of this command, for its result."""


def say(text: str) -> None:
    """A line of the result."""
    typer.echo(text)


def note(text: str) -> None:
    """A line about what is going on."""
    typer.echo(text, err=True)


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
        typer.echo(f"{place}{typer.style(severity, fg=colour, bold=True)}{message}", err=True)
        for line in rest:
            typer.echo(line, err=True)


def error(err: SonicfabError) -> None:
    """An expected error: its diagnostics, or its sentence, and the hint."""
    found = err.diagnostics if isinstance(err, InputError) else ()
    diagnostics(found)
    errors = sum(1 for diagnostic in found if diagnostic.severity == "error")
    if errors:
        warnings = len(found) - errors
        counts = f"{errors} error{'s' * (errors > 1)}"
        typer.echo(f"{counts}{f', {warnings} warning' + 's' * (warnings > 1) if warnings else ''}", err=True)
        return
    typer.echo(f"{typer.style('error:', fg=typer.colors.RED, bold=True)} {err}", err=True)
    if err.hint:
        typer.echo(f"  hint: {err.hint}", err=True)


def internal_error(err: BaseException) -> None:
    """A mistake of ours: the traceback goes into a file for its owner alone, the user gets a sentence."""
    handle, name = tempfile.mkstemp(prefix="sonicfab-debug-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        log.write(f"sonicfab {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n\n")
        log.writelines(traceback.format_exception(type(err), err, err.__traceback__))
    typer.echo(f"internal error: {type(err).__name__}: {err}", err=True)
    typer.echo(f"  This is a mistake in sonicfab, not in your files. What happened is in {Path(name)}", err=True)


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
    typer.echo(json.dumps(with_site_templates(value) if "format_version" in value else value, indent=2))


def table(renderable: RenderableType) -> None:
    """A rich table or text on stdout."""
    _console().print(renderable)


def _console() -> Console:
    from rich.console import Console

    return Console(width=WIDTH if not sys.stdout.isatty() else None, highlight=False, soft_wrap=False)


def log_to_stderr(verbosity: int) -> None:
    """-v: what sonicfab does; -vv: what the SSH library does, too. Secrets are never logged."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    logging.basicConfig(level=level if verbosity > 1 else logging.WARNING, format="%(name)s: %(message)s", force=True)
    logging.getLogger("sonicfab").setLevel(level)
    # it logs the tracebacks of its threads; what they mean is told in a sentence
    logging.getLogger("paramiko").setLevel(level if verbosity > 1 else logging.CRITICAL)
