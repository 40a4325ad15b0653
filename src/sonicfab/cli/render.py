"""`sonicfab render`."""

from __future__ import annotations

from pathlib import Path

from sonicfab.cli.options import (
    Format,
    ImageBuild,
    Inventory,
    Limit,
    Output,
    OutputFormat,
    Templates,
    Topology,
    Verbose,
    open_site,
)


def render(
    inventory: Inventory,
    topology: Topology,
    output: Output = Path("build"),
    limit: Limit = [],  # noqa: B006 - typer copies it
    build: ImageBuild = "",
    templates: Templates = [],  # noqa: B006
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Render config_db.json and frr.conf of every switch, and plan.json.

    The files go to DIR/FABRIC/SWITCH/. Numbers that the topology leaves to its pools are allotted and kept in
    TOPOLOGY.numbers.yml.

    Example: sonicfab render -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml -o build/
    """
    from sonicfab.operations.render import render as write_configs
    from sonicfab.report.console import diagnostics, log_to_stderr, note
    from sonicfab.report.rendered import json_rendered, numbers_told, show_rendered

    log_to_stderr(verbose)
    site = open_site(inventory, topology, limit=limit, image_build=build, templates=templates)
    diagnostics(site.warnings)
    done = write_configs(site, output)
    if done.numbers_kept:
        note(numbers_told(done.fabric))
    (json_rendered if format is Format.JSON else show_rendered)(done)
