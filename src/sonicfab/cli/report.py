"""`sonicfab report`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.graph import Seen, read_verified
from sonicfab.cli.options import Inventory, Templates, Topology, build_option, open_site

if TYPE_CHECKING:
    from sonicfab.report.page.contents import Contents

PAGE = "index.html"
Html = Annotated[
    Path | None, typer.Option("--html", help="Also write all of it as one HTML page to this file.", metavar="FILE")
]


def report(
    inventory: Inventory,
    topology: Topology,
    verify: Seen = None,
    push: Annotated[
        str, typer.Option("--push", help="With the journal of this push; `last` is the last one.", metavar="ID")
    ] = "",
    build: Annotated[
        Path,
        typer.Option(
            "--build",
            help="Where --push looks for journals: the folder that push wrote.",
            metavar="DIR",
            envvar="SONICFAB_OUTPUT",
        ),
    ] = Path("build"),
    old: Annotated[str, build_option("--from", text="With what is different from this image build.")] = "",
    new: Annotated[str, build_option("--to", text="With what another image build changes.")] = "",
    templates: Templates = [],  # noqa: B006 - typer copies it
    output: Annotated[
        Path, typer.Option("--output", "-o", help=f"The folder that {PAGE} is written to.", metavar="DIR")
    ] = Path("report"),
) -> None:
    """Write one HTML page about the fabric: picture, fronts, findings, each switch, BGP, cabling.

    The page needs no network and nothing beside it: it can be sent, kept, printed. It has a push and what another
    image build changes where they are asked for.

    Example: sonicfab report -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --verify verify.json
    """
    from sonicfab.operations.diff import diff
    from sonicfab.push.journal import find_journal
    from sonicfab.report.page.contents import Contents

    written = [("--output", output / PAGE)]
    site = open_site(inventory, topology, templates=templates, read={"--verify": verify}, written=written)
    verified = read_verified(verify, site.name)
    journal = find_journal(build, site.name, "" if push == "last" else push) if push else None
    compared = diff(site, old=old, new=new) if old or new else None
    write_page(output / PAGE, lambda: Contents(site.fabric.plan, verified, journal=journal, diff=compared))


def write_page(path: Path | None, contents: Callable[[], Contents]) -> None:
    """Write the page with the time of now, where a file is asked for, and tell where it is.

    Raises:
        OutputError: it cannot be written.
    """
    if path is None:
        return
    from dataclasses import replace

    from sonicfab.output import OutputFile, write_file
    from sonicfab.report.console import note
    from sonicfab.report.page.build import page_text

    made = time.strftime("%Y-%m-%d %H:%M %Z")
    write_file(path, OutputFile(page_text(replace(contents(), made=made)) + "\n"))
    note(f"wrote {path}")
