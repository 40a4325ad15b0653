"""`sonicfab explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import Format, ImageBuild, Inventory, OutputFormat, Templates, Topology, own_templates


def explain(
    switch: Annotated[
        str, typer.Argument(help="The switch.", metavar="SWITCH", autocompletion=complete.switch_of_inventory)
    ],
    what: Annotated[
        list[str],
        typer.Argument(help="TABLE [KEY [FIELD]] of its config_db, or `frr` and a part of a line.", metavar="WHAT"),
    ],
    inventory: Inventory,
    topology: Topology,
    build: ImageBuild = "",
    templates: Templates = [],  # noqa: B006 - typer copies it
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """Say where a rendered value comes from: input, rule, facts, and the template line that made it.

    A row is found by its key, a part of it, a pattern, or a port's alias.

    Example: sonicfab explain -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml st01-sw25g-r01-u34 PORT
    Ethernet76 fec
    """
    from sonicfab.catalog import Catalog
    from sonicfab.explain.answer import explain as answer
    from sonicfab.fabric import check_build, read_fabric
    from sonicfab.report.explain import json_explained, show_explained

    catalog = Catalog.load()
    if build:
        check_build("--image-build", build, catalog)
    found = answer(read_fabric(inventory, topology, catalog), build, switch, what, own_templates(templates))
    (json_explained if format is Format.JSON else show_explained)(switch, found)
