"""`sonicfab cabling`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli.options import Inventory, Limit, Topology, format_option, open_site


class CablingFormat(str, Enum):
    """How a list of cables is printed."""

    TABLE = "table"
    CSV = "csv"
    LABELS = "labels"
    MARKDOWN = "markdown"
    JSON = "json"


Printed = Annotated[
    CablingFormat, format_option("For a terminal, a spreadsheet, a label printer, a merge request, or programs.")
]
Done = Annotated[
    Path | None,
    typer.Option("--done", help="Tick off what LLDP has seen: a file of `verify --json`.", metavar="FILE"),
]


def cabling(
    inventory: Inventory,
    topology: Topology,
    limit: Limit = [],  # noqa: B006 - typer copies it
    done: Done = None,
    format: Printed = CablingFormat.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """List every cable with both ends, in the order in which one walks along the racks; labels for both ends.

    Each cable stands once, with the port as the front has it, its speed and what plugs in. With --limit those of
    these switches, seen from there. With --done ends with 4 when a cable is wrong or missing.

    Example: sonicfab cabling -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml
    """
    from sonicfab.errors import ExitCode
    from sonicfab.plan.cables import cables
    from sonicfab.report import cabling as report
    from sonicfab.verify.cables import tick
    from sonicfab.verify.kept import read_verification

    site = open_site(inventory, topology, limit=limit)
    runs = cables(site.fabric.plan, [one.name for one in site.switches] if limit else None)
    results = read_verification(done, site.name).results if done else ()
    ticks, unplanned = tick(runs, results) if done else ({}, [])
    if format is CablingFormat.CSV:
        report.csv_cables(runs, ticks)
    elif format is CablingFormat.LABELS:
        report.label_cables(runs)
    else:
        shown = {
            CablingFormat.TABLE: report.show_cables,
            CablingFormat.MARKDOWN: report.markdown_cables,
            CablingFormat.JSON: report.json_cables,
        }[format]
        shown(site.name, runs, ticks, unplanned)
    bad = unplanned or any(one.state in ("wrong", "missing") for one in ticks.values())
    raise typer.Exit(ExitCode.FAILED if bad else ExitCode.OK)
