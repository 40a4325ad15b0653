"""`sonicfab builds`: what is known of the image builds, and learning more."""

from __future__ import annotations

from typing import Annotated

import typer

from sonicfab.cli import builds_learn, complete
from sonicfab.cli.options import Format, OutputFormat

app = typer.Typer(no_args_is_help=True, help="What is known of the image builds that switches run.")


@app.command("list")
def list_builds(
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """List the image builds, those that ship and those that were learned on this machine.

    Example: sonicfab builds list
    """
    from sonicfab.catalog import Catalog
    from sonicfab.report.builds import json_builds, show_builds

    (json_builds if format is Format.JSON else show_builds)(Catalog.load())


@app.command("show")
def show_build(
    build: Annotated[
        str, typer.Argument(help="The image build.", metavar="BUILD", autocompletion=complete.image_build)
    ],
    format: OutputFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Show every fact of an image build with its source, what is wrong with it, and where it works.

    Example: sonicfab builds show community-202411
    """
    from sonicfab.catalog import Catalog
    from sonicfab.errors import InputError
    from sonicfab.hints import did_you_mean
    from sonicfab.report.builds import json_build, show_build

    catalog = Catalog.load()
    if build not in catalog.builds:
        raise InputError(f"{build}: no such image build", did_you_mean(build, catalog.builds))
    (json_build if format is Format.JSON else show_build)(catalog.builds[build], catalog.platforms.values())


@app.command("choose")
def choose_build(
    platform: Annotated[
        str, typer.Argument(help="The switch model.", metavar="PLATFORM", autocompletion=complete.platform)
    ],
    format: OutputFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Say for every image build what speaks for it and against it on a switch model, and whether it runs there.

    Example: sonicfab builds choose as7326-56x
    """
    from sonicfab.catalog import Catalog
    from sonicfab.errors import InputError
    from sonicfab.hints import did_you_mean
    from sonicfab.operations.choice import choices
    from sonicfab.report.choice import json_choices, show_choices

    catalog = Catalog.load()
    if platform not in catalog.platforms:
        raise InputError(f"{platform}: no such switch model", did_you_mean(platform, catalog.platforms))
    model = catalog.platforms[platform]
    (json_choices if format is Format.JSON else show_choices)(model, choices(catalog, model))


app.command()(builds_learn.learn)
app.command()(builds_learn.model)
app.command()(builds_learn.forget)
