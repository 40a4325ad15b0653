"""`sonicfab validate` and `sonicfab explain-code`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import (
    Engine,
    Format,
    Ignore,
    ImageBuild,
    Limit,
    OutputFormat,
    SomeInventory,
    SomeTopology,
    Templates,
    ValidateFormat,
    Verbose,
    YangEngine,
    fabric_files,
    format_option,
    open_site,
)
from sonicfab.errors import InputError

Output = Annotated[ValidateFormat, format_option("Print a table, JSON, or SARIF for code review tools.")]


def validate(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="A config_db.json, an frr.conf, or a folder that `render` wrote. Without any: the fabric.",
            metavar="FILE",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer copies it
    inventory: SomeInventory = None,
    topology: SomeTopology = None,
    build: ImageBuild = "",
    yang_dir: Annotated[
        Path | None,
        typer.Option(
            help="YANG models of the image (*.yang), or a folder that has one such folder for each build.",
            envvar="SONICFAB_YANG_DIR",
            metavar="DIR",
        ),
    ] = None,
    no_yang: Annotated[
        bool, typer.Option("--no-yang", help="Do without YANG models, also where they are known.")
    ] = False,
    engine: Engine = YangEngine.AUTO,
    limit: Limit = [],  # noqa: B006
    ignore: Ignore = [],  # noqa: B006
    templates: Templates = [],  # noqa: B006
    format: Output = ValidateFormat.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Check configs before they are pushed: against the image build, row against row, switch against switch.

    Ends with 4 when there are errors; warnings are told and count as fine.

    Example: sonicfab validate -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml

    Example: sonicfab validate /etc/sonic/config_db.json --image-build community-202505
    """
    from sonicfab.operations.validate import validate as validate_site
    from sonicfab.operations.validate import validate_files
    from sonicfab.report import console
    from sonicfab.report.progress import ProgressBar
    from sonicfab.report.validate import json_validation, sarif, show_validation

    console.log_to_stderr(verbose)
    if paths and limit:
        raise InputError("--limit is for fabrics, not for files", "name the files of the switches")
    how: Any = {"yang_dir": yang_dir, "models": not no_yang, "engine": engine.value, "ignore": ignore}
    with ProgressBar("validating") as progress:
        if paths:
            result = validate_files(paths, build, progress=progress, **how)
        else:
            files = fabric_files(inventory, topology)
            site = open_site(*files, limit=limit, image_build=build, templates=templates)
            console.diagnostics(site.warnings)
            result = validate_site(site, progress=progress, **how)
    {ValidateFormat.JSON: json_validation, ValidateFormat.SARIF: sarif}.get(format, show_validation)(result)
    raise typer.Exit(result.exit_code)


def explain_code(
    code: Annotated[
        str,
        typer.Argument(
            help="A code such as SF-104; without one, all are listed.", metavar="CODE", autocompletion=complete.code
        ),
    ] = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Tell what a code of `validate` means, what follows from it and what mends it.

    Example: sonicfab explain-code SF-216
    """
    from sonicfab.hints import did_you_mean
    from sonicfab.report.validate import json_codes, show_code, show_codes
    from sonicfab.validate.codes import codes

    wanted = code.upper()
    if wanted and wanted not in codes():
        raise InputError(f"no such code: {code}", did_you_mean(wanted, codes()))
    chosen = [codes()[wanted]] if wanted else list(codes().values())
    if format is Format.JSON:
        json_codes(chosen)
    elif wanted:
        show_code(chosen[0])
    else:
        show_codes(chosen)
