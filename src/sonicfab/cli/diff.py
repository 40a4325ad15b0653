"""`sonicfab diff`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import (
    Lab,
    LabName,
    Limit,
    SomeInventory,
    SomeTopology,
    Templates,
    Verbose,
    access_to,
    own_templates,
    remember_format,
)
from sonicfab.cli.push_run import look_with_progress
from sonicfab.errors import ExitCode, InputError

if TYPE_CHECKING:
    from sonicfab.compare.builds import FabricDiff
    from sonicfab.compare.folders import FilesDiff
    from sonicfab.compare.live import LiveDiff
    from sonicfab.fabric import FabricFiles


class DiffFormat(str, Enum):
    """How a comparison is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


Paths = Annotated[
    list[Path],
    typer.Argument(help="Two build folders, two config_db.json or two frr.conf: the old and the new.", metavar="A B"),
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        help="The image build to come from; without it, those of the inventory.",
        metavar="BUILD",
        autocompletion=complete.image_build,
    ),
]
To = Annotated[
    str,
    typer.Option(
        "--to",
        help="The image build to go to; without it, those of the inventory.",
        metavar="BUILD",
        autocompletion=complete.image_build,
    ),
]
Printed = Annotated[
    DiffFormat,
    typer.Option(
        "--format",
        "-f",
        help="For a terminal, for a merge request, or for programs.",
        callback=remember_format,
        is_eager=True,
    ),
]


def diff(
    paths: Paths = [],  # noqa: B006 - typer copies it
    inventory: SomeInventory = None,
    topology: SomeTopology = None,
    old: From = "",
    new: To = "",
    live: Annotated[bool, typer.Option("--live", help="What runs on the switches against what is intended.")] = False,
    matrix: Annotated[bool, typer.Option("--matrix", help="Every build that can be rendered, step by step.")] = False,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006
    templates: Templates = [],  # noqa: B006
    format: Printed = DiffFormat.TABLE,  # noqa: A002 - the name of the option
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 5 when something differs.")] = False,
    verbose: Verbose = 0,
) -> None:
    """Tell what changes for the switches: from one image build to another, between two folders or files, or live.

    Compares by meaning: table, row and field of config_db, line and context of frr.conf. Equal changes of many ports
    and switches are told once, with the reason and its source. Nothing is written, and no switch is changed.

    Example: sonicfab diff -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --to community-202505
    """
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    _one_task(paths, live=live, matrix=matrix, builds=bool(old or new))
    if lab and not live:
        raise InputError("--lab says where --live looks: ask for --live")
    failed = False
    if paths:
        found: FilesDiff | FabricDiff | LiveDiff = _files(paths, format)
    else:
        if inventory is None or topology is None:
            raise InputError("diff needs -i INVENTORY and -t TOPOLOGY, or two folders or files to compare")
        if live:
            found = _live(inventory, topology, lab, lab_name, limit, templates, format)
            failed = bool(found.failed)
        else:
            from sonicfab.fabric import read_fabric

            files = read_fabric(inventory, topology)
            if matrix:
                _matrix(files, limit, templates, format)
                return
            found = _builds(files, old, new, limit, templates, format)
    if failed:
        raise typer.Exit(ExitCode.UNREACHED)
    raise typer.Exit(ExitCode.CHANGES if exit_code and found.differs else ExitCode.OK)


def _one_task(paths: list[Path], *, live: bool, matrix: bool, builds: bool) -> None:
    asked = {"two paths": bool(paths), "--live": live, "--matrix": matrix, "--from and --to": builds}
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise InputError(f"{given[0]} and {given[1]} are two different comparisons: ask for one of them")
    if paths and len(paths) != 2:
        raise InputError(f"two folders or files are compared, {len(paths)} is given")


def _files(paths: list[Path], format: DiffFormat) -> FilesDiff:  # noqa: A002
    from sonicfab.compare.folders import compare_files
    from sonicfab.report.diff import show_files
    from sonicfab.report.diffjson import json_files
    from sonicfab.report.markdown import markdown_files

    found = compare_files(*paths)
    {DiffFormat.TABLE: show_files, DiffFormat.MARKDOWN: markdown_files, DiffFormat.JSON: json_files}[format](found)
    return found


def _builds(
    files: FabricFiles,
    old: str,
    new: str,
    limit: list[str],
    templates: list[Path],
    format: DiffFormat,  # noqa: A002
) -> FabricDiff:
    from sonicfab.compare.builds import compare_builds
    from sonicfab.fabric import check_build
    from sonicfab.report.diff import show_builds
    from sonicfab.report.diffjson import json_builds
    from sonicfab.report.markdown import markdown_builds

    if not old and not new:
        raise InputError(
            "diff needs --to BUILD (or --from, --live, --matrix, or two paths)", "see sonicfab diff --help"
        )
    for option, build in (("--from", old), ("--to", new)):
        if build:
            check_build(option, build)
    found = compare_builds(files, old, new, limit, own_templates(templates))
    {DiffFormat.TABLE: show_builds, DiffFormat.MARKDOWN: markdown_builds, DiffFormat.JSON: json_builds}[format](found)
    return found


def _matrix(files: FabricFiles, limit: list[str], templates: list[Path], format: DiffFormat) -> None:  # noqa: A002
    from sonicfab.compare.matrix import make_matrix
    from sonicfab.report.diff import show_matrix
    from sonicfab.report.diffjson import json_matrix
    from sonicfab.report.markdown import markdown_matrix

    found = make_matrix(files, limit, own_templates(templates))
    {DiffFormat.TABLE: show_matrix, DiffFormat.MARKDOWN: markdown_matrix, DiffFormat.JSON: json_matrix}[format](found)


def _live(
    inventory: Path,
    topology: Path,
    lab: bool,
    lab_name: str,
    limit: list[str],
    templates: list[Path],
    format: DiffFormat,  # noqa: A002
) -> LiveDiff:
    from sonicfab.compare.live import live_diff
    from sonicfab.fabric import open_fabric, render_fabric, select
    from sonicfab.push.comparison import Target
    from sonicfab.report.diff import show_live
    from sonicfab.report.diffjson import json_live
    from sonicfab.report.markdown import markdown_live

    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    switches = select(fabric.plan, limit)
    configs = {config.switch: config for config in render_fabric(fabric, switches, own_templates(templates))}
    targets = {name: Target.of(config) for name, config in configs.items()}
    outcomes = look_with_progress(access_to(fabric, lab=lab, lab_name=lab_name), switches, targets)
    found = live_diff(
        fabric.plan.name,
        {name: switch.role for name, switch in fabric.plan.switches.items()},
        {name: outcome.value.found for name, outcome in outcomes.items() if outcome.value is not None},
        configs,
        {
            name: f"{outcome.error}" + (f" ({outcome.error.hint})" if outcome.error.hint else "")
            for name, outcome in outcomes.items()
            if outcome.error
        },
    )
    {DiffFormat.TABLE: show_live, DiffFormat.MARKDOWN: markdown_live, DiffFormat.JSON: json_live}[format](found)
    return found
