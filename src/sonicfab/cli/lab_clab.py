"""What `sonicfab lab` has for containerlab alone: render, graph, image build."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli.lab_use import Name
from sonicfab.cli.options import Inventory, Topology, Verbose


class Backend(str, Enum):
    """What makes a lab."""

    EMBEDDED = "embedded"
    CONTAINERLAB = "containerlab"


class NodeKind(str, Enum):
    """What the nodes of a containerlab lab are."""

    LIGHT = "light"
    SONIC_VS = "sonic-vs"
    SONIC_VM = "sonic-vm"


class Base(str, Enum):
    """Where the Debian of the light image comes from."""

    AUTO = "auto"
    REGISTRY = "registry"
    DEBOOTSTRAP = "debootstrap"


class GraphForm(str, Enum):
    """How a graph is written."""

    MERMAID = "mermaid"
    DOT = "dot"


MadeBy = Annotated[
    Backend, typer.Option("--backend", help="What makes the lab: namespaces of this machine, or containerlab.")
]
Kind = Annotated[
    NodeKind, typer.Option("--kind", help="The nodes: sonicfab's light image, or a stock image that you have.")
]
Image = Annotated[
    str,
    typer.Option(
        "--image", help="The image of the nodes; for light nodes the one of `lab image build`.", metavar="IMAGE"
    ),
]

image_app = typer.Typer(no_args_is_help=True, help="The image of light nodes.")


def add_to(app: typer.Typer) -> None:
    """Make these commands part of `sonicfab lab`."""
    app.command()(render)
    app.command()(graph)
    app.add_typer(image_app, name="image")


def render(
    inventory: Inventory,
    topology: Topology,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the files.", metavar="DIR")],
    kind: Kind = NodeKind.LIGHT,
    image: Image = "",
    name: Name = "",
    verbose: Verbose = 0,
) -> None:
    """Write the fabric as a containerlab topology, and what its nodes mount; start nothing.

    Example: sonicfab lab render -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml -o clab/
    """
    from sonicfab.fabric import open_fabric
    from sonicfab.lab.clab import write_lab
    from sonicfab.lab.planned import lab_spec
    from sonicfab.operations.lab import clab_lab
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    fabric = open_fabric(inventory, topology)
    fabric.require_numbers()
    spec = lab_spec(fabric.plan, name or fabric.plan.name)
    lab = clab_lab(fabric, spec, kind.value, image, console.note)
    console.say(f"{write_lab(output, lab)}: {len(lab.spec.switches)} {kind.value} nodes, {len(lab.spec.links)} links")


def graph(
    name: Name = "",
    form: Annotated[GraphForm, typer.Option("--form", help="The language of the graph.")] = GraphForm.MERMAID,
) -> None:
    """Print the graph that containerlab draws of a lab.

    Example: sonicfab lab graph > fabric.mermaid
    """
    from sonicfab.lab.clab import graph_lab
    from sonicfab.lab.state import pick_lab
    from sonicfab.report import console

    console.say(graph_lab(pick_lab(name), form.value).rstrip())


@image_app.command("build")
def build(
    tag: Annotated[
        str, typer.Option("--tag", help="Name of the image; the default has the version.", metavar="IMAGE")
    ] = "",
    base: Annotated[
        Base, typer.Option(help="Debian from a registry, or made by debootstrap; auto: a registry if one answers.")
    ] = Base.AUTO,
    cache: Annotated[
        Path | None,
        typer.Option(help="Where debootstrap's Debian is kept; without it, below ~/.cache/sonicfab.", metavar="DIR"),
    ] = None,
    verbose: Verbose = 0,
) -> None:
    """Build the image of light nodes: Debian 12 with FRR, redis, sshd, lldpd and SONiC's commands.

    Example: sonicfab lab image build
    """
    from sonicfab.caches import cache_folder
    from sonicfab.lab.image import DEFAULT_IMAGE, build_image
    from sonicfab.report import console

    console.log_to_stderr(verbose)
    image = tag or DEFAULT_IMAGE
    size = build_image(image, base.value, cache or cache_folder("image"), console.note)
    console.say(f"{image}: {size / 1e6:.0f} MB")
