"""The program `sonicfab`: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from sonicfab import __version__
from sonicfab.cli import (
    adopt,
    builds,
    cabling,
    ci,
    diff,
    explain,
    files,
    graph,
    imports,
    lab,
    ports,
    push,
    render,
    report,
    rollback,
    users,
    validate,
    verify,
)
from sonicfab.cli.later import Group, Later, take_out
from sonicfab.cli.options import OLD_NAMES, wanted_format
from sonicfab.errors import ExitCode, InputError, OutputError, ReaderGoneError, SonicfabError


class _Group(Group):
    """Runs a command and tells what went wrong; no traceback reaches a user."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(**options)
        self.commands = Later(COMMANDS)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002
        """The names; none is made for it."""
        return list(self.commands)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """See typer; the list of the commands."""
        with _names_alone(self):
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:  # noqa: ANN401
        """See typer; the names of the commands."""
        with _names_alone(self):
            return super().shell_complete(ctx, incomplete)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own signature
        from sonicfab.report import console

        console.begin_command()
        wanted_format[:] = _format_of([*ctx._protected_args, *ctx.args])
        try:
            return super().invoke(ctx)
        except SonicfabError as err:
            raise typer.Exit(_tell(err)) from err
        except KeyboardInterrupt as err:
            console.note("interrupted")
            raise typer.Exit(ExitCode.INTERRUPTED) from err
        except (typer.Exit, typer.Abort):
            raise
        except Exception as err:
            if isinstance(err, BrokenPipeError):  # of --help, which typer prints
                raise typer.Exit(_reader_gone()) from err
            if type(err).__module__.startswith(("typer", "click")):
                _tell_usage(err)
                raise  # wrong options: typer tells them and ends with 2
            if isinstance(err, MemoryError) or (isinstance(err, OSError) and err.errno in _OF_THE_MACHINE):
                raise typer.Exit(_tell(_of_the_machine(err))) from err
            console.internal_error(err)
            raise typer.Exit(ExitCode.INTERNAL) from err

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - typer's own signature
        """See typer; errors of options that end the program by themselves, such as --version, are told, too."""
        try:
            return super().main(*arguments, **options)
        except SonicfabError as err:
            sys.exit(_tell(err))
        except SystemExit as err:
            if isinstance(err.__context__, BrokenPipeError):  # typer and rich end with 1, as if it were a bug
                sys.exit(_reader_gone())
            raise
        except OSError as err:  # stdout takes nothing of what typer prints by itself
            sys.exit(_tell(_of_the_machine(err)))


@contextlib.contextmanager
def _names_alone(group: _Group) -> Iterator[None]:
    assert isinstance(group.commands, Later)
    group.commands.names_alone = True
    try:
        yield
    finally:
        group.commands.names_alone = False


def _format_of(words: list[str]) -> list[str]:
    """The --format among words that may be wrong otherwise."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        name, _, value = word.partition("=")
        if name in ("--format", "-f"):
            return [value or following]
    return []


_OF_THE_MACHINE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EMFILE, errno.ENFILE}
)
"""A full disk, a folder that may not be written: no mistake of ours."""


def _of_the_machine(err: OSError | MemoryError) -> OutputError:
    if isinstance(err, MemoryError):
        return OutputError("this machine has too little memory")
    where = f": {err.filename}" if err.filename else ""
    return OutputError(f"{err.strerror}{where}")


def _reader_gone() -> ExitCode:
    from sonicfab.report.terminal import to_nowhere

    to_nowhere(sys.stdout)
    return ReaderGoneError.exit_code


def _tell(err: SonicfabError) -> ExitCode:
    """On stderr for people, on stdout for programs; to nobody where the reader has gone."""
    from sonicfab.report import console
    from sonicfab.report.failure import show_failure

    if isinstance(err, ReaderGoneError):
        return err.exit_code
    console.error(err)
    if wanted_format and not console.has_result():
        with contextlib.suppress(OutputError):  # stdout takes nothing: that was the error
            show_failure(err, wanted_format[-1])
    return err.exit_code


def _tell_usage(err: Exception) -> None:
    """What typer tells people of wrong options, for programs."""
    from sonicfab.report.failure import show_failure
    from sonicfab.report.terminal import neutral

    if isinstance(getattr(err, "message", None), str):
        vars(err)["message"] = neutral(vars(err)["message"])
    if wanted_format:
        told = getattr(err, "format_message", lambda: str(err))()
        show_failure(InputError(told), wanted_format[-1])


app = typer.Typer(
    cls=_Group,
    rich_markup_mode="markdown",  # paragraphs are wrapped to the terminal
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "token_normalize_func": lambda name: OLD_NAMES.get(name, name),
    },
    help="Render, push and verify SONiC spine-leaf fabrics from an inventory and a topology.",
    epilog="Exit codes: 0 ok, 1 internal error, 2 bad input, 3 could not reach or check, 4 checks failed, "
    "5 changes pending, 6 rolled back, 130 interrupted, 141 nobody reads stdout.",
)


def _version(value: bool) -> None:
    if value:
        from sonicfab.report.console import say

        say(f"sonicfab {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
    allow_secrets: Annotated[
        str | None,
        typer.Option(
            "--allow-secrets",
            help="Read these secrets alone: `env:SNMP_*,file:secrets/*`; `none` reads none, `mask` renders without.",
            envvar="SONICFAB_ALLOW_SECRETS",
            metavar="LIST",
        ),
    ] = None,
) -> None:
    if allow_secrets is not None:
        from sonicfab.load import ALLOW_SECRETS, check_allowed_secrets

        os.environ[ALLOW_SECRETS] = allow_secrets  # for the commands that this one starts, too
        check_allowed_secrets()


app.command()(render.render)
app.command()(validate.validate)
app.command()(diff.diff)
app.command()(explain.explain)
app.command()(ports.ports)
app.command()(cabling.cabling)
app.command()(graph.graph)
app.command()(report.report)
app.command()(push.plan)
app.command()(push.push)
app.command()(rollback.rollback)
app.command()(verify.verify)
app.command()(users.users)
app.command()(ci.ci)
app.command()(adopt.adopt)
app.add_typer(imports.app, name="import")
app.add_typer(lab.app, name="lab")
app.add_typer(builds.app, name="builds")
app.command()(files.init)
app.command()(files.schema)
app.command("explain-code")(validate.explain_code)

COMMANDS = take_out(app)
"""All of them; `app` makes each when it is wanted."""
