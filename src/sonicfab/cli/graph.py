"""`sonicfab graph`."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.options import ImageBuild, Inventory, Topology, open_site

if TYPE_CHECKING:
    from sonicfab.report.picture.states import Verified


class Language(str, Enum):
    """What a picture is written in."""

    SVG = "svg"
    MERMAID = "mermaid"
    DOT = "dot"
    DRAWIO = "drawio"


Seen = Annotated[
    Path | None,
    typer.Option("--verify", help="With the states that this file of `verify --json` has.", metavar="FILE"),
]
FoldedAbove = Annotated[
    int, typer.Option("--fold-above", help="Fold a tier with more switches than this into groups.", min=1, metavar="N")
]


def graph(
    inventory: Inventory,
    topology: Topology,
    format: Annotated[  # noqa: A002 - the name of the option
        Language, typer.Option("--format", "-f", help="A picture, or what Mermaid, Graphviz or drawio draws.")
    ] = Language.SVG,
    verify: Seen = None,
    fold_above: FoldedAbove = 36,
    build: ImageBuild = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file; else it is printed.", metavar="FILE")
    ] = None,
) -> None:
    """Draw the fabric: its tiers, cables, bundles, servers and neighbours outside, and what verify has seen of them.

    The same files give the same picture. A large tier is folded: switches with the same neighbours are one box.

    Example: sonicfab graph -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml -o fabric.svg
    """
    from sonicfab.output import OutputFile, write_file
    from sonicfab.report import console
    from sonicfab.report.picture import svg, text
    from sonicfab.report.picture.fabric import picture_of

    site = open_site(inventory, topology, image_build=build, read={"--verify": verify}, written=[("--output", output)])
    plan, seen = site.fabric.plan, read_verified(verify, site.name)
    if format is Language.MERMAID:
        drawn, folded = text.mermaid_fitted(plan, seen, fold_above)
        if not folded:
            console.note("Mermaid does not draw that many lines: --format svg does")
        elif folded != fold_above:
            console.note(f"folded tiers of more than {folded} switches: Mermaid does not draw that many lines")
    else:
        write = {Language.SVG: svg.svg_text, Language.DOT: text.dot_text, Language.DRAWIO: text.drawio_text}[format]
        drawn = write(picture_of(plan, seen, fold_above))
    if output is None:
        console.say(drawn)
        return
    write_file(output, OutputFile(drawn + "\n"))
    console.note(f"wrote {output}")


def read_verified(path: Path | None, fabric: str) -> Verified:
    """What a file of `verify --json` says; without one nothing is known.

    Raises:
        InputError: it cannot be read, or is of another fabric.
    """
    from sonicfab.report.picture.states import Verified
    from sonicfab.verify.kept import read_verification

    return Verified() if path is None else Verified.of(read_verification(path, fabric))
