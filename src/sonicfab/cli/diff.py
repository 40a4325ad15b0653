"""`sonicfab diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.options import (
    Lab,
    LabName,
    Limit,
    PageFormat,
    PageOutput,
    SomeInventory,
    SomeTopology,
    Templates,
    Verbose,
    build_option,
    open_site,
)
from sonicfab.errors import ExitCode, InputError

if TYPE_CHECKING:
    from sonicfab.compare.builds import FabricDiff
    from sonicfab.compare.folders import FilesDiff
    from sonicfab.compare.live import LiveDiff
    from sonicfab.operations.site import OpenSite


Paths = Annotated[
    list[Path],
    typer.Argument(help="Two build folders, two config_db.json or two frr.conf: the old and the new.", metavar="A B"),
]
From = Annotated[str, build_option("--from", text="The image build to come from; without it, those of the inventory.")]
To = Annotated[str, build_option("--to", text="The image build to go to; without it, those of the inventory.")]


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
    format: PageOutput = PageFormat.TABLE,  # noqa: A002 - the name of the option
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
    if paths:
        raise typer.Exit(_ended(_files(paths, format), exit_code=exit_code))
    if inventory is None or topology is None:
        raise InputError("diff needs -i INVENTORY and -t TOPOLOGY, or two folders or files to compare")
    site = open_site(inventory, topology, lab=lab, lab_name=lab_name, limit=limit, templates=templates)
    if matrix:
        _matrix(site, format)
        return
    if live:
        on_switches = _live(site, format)
        raise typer.Exit(ExitCode.UNREACHED if on_switches.failed else _ended(on_switches, exit_code=exit_code))
    raise typer.Exit(_ended(_builds(site, old, new, format), exit_code=exit_code))


def _ended(found: FilesDiff | FabricDiff | LiveDiff, *, exit_code: bool) -> ExitCode:
    return ExitCode.CHANGES if exit_code and found.differs else ExitCode.OK


def _one_task(paths: list[Path], *, live: bool, matrix: bool, builds: bool) -> None:
    asked = {"two paths": bool(paths), "--live": live, "--matrix": matrix, "--from and --to": builds}
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise InputError(f"{given[0]} and {given[1]} are two different comparisons: ask for one of them")
    if paths and len(paths) != 2:
        raise InputError(f"two folders or files are compared, {len(paths)} is given")


def _files(paths: list[Path], format: PageFormat) -> FilesDiff:  # noqa: A002
    from sonicfab.operations.diff import diff_files
    from sonicfab.report.diff import show_files
    from sonicfab.report.diffjson import json_files
    from sonicfab.report.markdown import markdown_files

    found = diff_files(*paths)
    {PageFormat.TABLE: show_files, PageFormat.MARKDOWN: markdown_files, PageFormat.JSON: json_files}[format](found)
    return found


def _builds(site: OpenSite, old: str, new: str, format: PageFormat) -> FabricDiff:  # noqa: A002
    from sonicfab.operations.diff import diff as diff_builds
    from sonicfab.report.diff import show_builds
    from sonicfab.report.diffjson import json_builds
    from sonicfab.report.markdown import markdown_builds

    found = diff_builds(site, old=old, new=new)
    {PageFormat.TABLE: show_builds, PageFormat.MARKDOWN: markdown_builds, PageFormat.JSON: json_builds}[format](found)
    return found


def _matrix(site: OpenSite, format: PageFormat) -> None:  # noqa: A002
    from sonicfab.operations.diff import diff_matrix
    from sonicfab.report.diff import show_matrix
    from sonicfab.report.diffjson import json_matrix
    from sonicfab.report.markdown import markdown_matrix

    found = diff_matrix(site)
    {PageFormat.TABLE: show_matrix, PageFormat.MARKDOWN: markdown_matrix, PageFormat.JSON: json_matrix}[format](found)


def _live(site: OpenSite, format: PageFormat) -> LiveDiff:  # noqa: A002
    from sonicfab.operations.diff import diff_live
    from sonicfab.report.diff import show_live
    from sonicfab.report.diffjson import json_live
    from sonicfab.report.markdown import markdown_live
    from sonicfab.report.progress import ProgressBar

    with ProgressBar("comparing") as progress:
        found = diff_live(site, progress)
    {PageFormat.TABLE: show_live, PageFormat.MARKDOWN: markdown_live, PageFormat.JSON: json_live}[format](found)
    return found
