"""The program `sonicfab`: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sonicfab import __version__
from sonicfab.cli import builds, ci, diff, explain, files, lab, push, render, rollback, validate, verify
from sonicfab.cli.options import OLD_NAMES
from sonicfab.errors import ExitCode, SonicfabError


class _Group(TyperGroup):
    """Runs a command and tells what went wrong; no traceback reaches a user."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's own signature
        from sonicfab.report import console

        try:
            return super().invoke(ctx)
        except SonicfabError as err:
            console.error(err)
            raise typer.Exit(err.exit_code) from err
        except KeyboardInterrupt as err:
            console.note("interrupted")
            raise typer.Exit(130) from err
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as err:
            if type(err).__module__.startswith(("typer", "click")):
                raise  # wrong options: typer tells them and ends with 2
            console.internal_error(err)
            raise typer.Exit(ExitCode.INTERNAL) from err


app = typer.Typer(
    cls=_Group,
    rich_markup_mode="markdown",  # paragraphs are wrapped to the terminal
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": lambda name: OLD_NAMES.get(name, name),
    },
    help="Render, push and verify SONiC spine-leaf fabrics from an inventory and a topology.",
    epilog="Exit codes: 0 ok, 1 internal error, 2 bad input, 3 could not reach or check, 4 checks failed, "
    "5 changes pending, 6 rolled back.",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"sonicfab {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


app.command()(render.render)
app.command()(validate.validate)
app.command()(diff.diff)
app.command()(explain.explain)
app.command()(push.plan)
app.command()(push.push)
app.command()(rollback.rollback)
app.command()(verify.verify)
app.command()(ci.ci)
app.add_typer(lab.app, name="lab")
app.add_typer(builds.app, name="builds")
app.command()(files.init)
app.command()(files.schema)
app.command("explain-code")(validate.explain_code)
