"""`sonicfab builds`: learn, forget."""

from __future__ import annotations

import typer

from sonicfab.cli import builds_learn

app = typer.Typer(no_args_is_help=True, help="The image builds that sonicfab knows, and those that it has learned.")
app.command()(builds_learn.learn)
app.command()(builds_learn.forget)
