"""`sonicfab schema` and `sonicfab init`."""

from __future__ import annotations

import shlex
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from sonicfab.errors import InputError


class Schema(str, Enum):
    """The files that have a schema."""

    INVENTORY = "inventory"
    TOPOLOGY = "topology"


def schema(which: Annotated[Schema, typer.Argument(help="Of which file.", metavar="inventory|topology")]) -> None:
    """Print the JSON Schema of the inventory or the topology, for editors.

    Example: sonicfab schema inventory > .vscode/inventory.schema.json
    """
    from sonicfab.catalog import Catalog
    from sonicfab.model.editor import editor_schema
    from sonicfab.model.inventory import Inventory
    from sonicfab.model.topology import Topology
    from sonicfab.report.console import json_result

    json_result(editor_schema(Inventory if which is Schema.INVENTORY else Topology, Catalog.load()))


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.", metavar="DIR")] = Path(),
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the fabric.", metavar="NAME")] = "fabric1",
) -> None:
    """Write a commented inventory and topology to start from; nothing is ever overwritten.

    Example: sonicfab init my-site --name rack1
    """
    from sonicfab.model.fields import is_switch_name
    from sonicfab.output import OutputFile, write_files
    from sonicfab.report.console import say

    if not is_switch_name(name):
        raise InputError(f"--name {name}: a fabric's name has letters, digits and inner hyphens, at most 63")
    starters = files("sonicfab") / "data" / "starter"
    texts = {
        f"inventories/{name}.yml": (starters / "inventory.yml").read_text(encoding="utf-8"),
        f"topologies/{name}.yml": (starters / "topology.yml").read_text(encoding="utf-8"),
    }
    ignore = folder / ".gitignore"
    if not ignore.exists():  # what is rendered and kept of pushes holds configs, and their secrets
        texts[".gitignore"] = "/build/\n"
    there = [str(folder / path) for path in texts if (folder / path).exists()]
    if there:
        raise InputError(f"{' and '.join(there)}: there already, nothing was written")
    write_files(folder, {path: OutputFile(text.replace("FABRIC", name)) for path, text in texts.items()})
    for path in texts:
        say(f"wrote {folder / path}")
    options = shlex.join(
        word for path in texts if path.endswith(".yml") for word in (f"-{path[0]}", str(folder / path))
    )
    say(f"next: edit them, then  sonicfab render {options}")
