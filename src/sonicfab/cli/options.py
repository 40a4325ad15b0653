"""Options that mean the same in every command."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class Format(str, Enum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"


Inventory = Annotated[
    Path,
    typer.Option(
        "--inventory",
        "-i",
        help="The inventory: which switches there are.",
        envvar="SONICFAB_INVENTORY",
        metavar="FILE",
    ),
]
Topology = Annotated[
    Path,
    typer.Option(
        "--topology", "-t", help="The topology: how they are cabled.", envvar="SONICFAB_TOPOLOGY", metavar="FILE"
    ),
]
Limit = Annotated[
    list[str],
    typer.Option(
        "--limit",
        "-l",
        help="Only these switches: a name, a pattern such as '*leaf*', or a role. May be repeated.",
        metavar="WHICH",
    ),
]
Templates = Annotated[
    list[Path],
    typer.Option(
        "--templates",
        help="A folder with templates of your own; one of the same name wins. [default: ./templates if there]",
        envvar="SONICFAB_TEMPLATES",
        metavar="DIR",
    ),
]
OutputFormat = Annotated[Format, typer.Option("--format", "-f", help="Print a table, or JSON for programs.")]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        metavar="",
        help="Tell what is done; -vv tells all of it.",
    ),
]


def own_templates(given: list[Path]) -> list[Path]:
    """The user's template folders: those given, else ./templates when it is there."""
    from sonicfab.errors import InputError

    missing = [folder for folder in given if not folder.is_dir()]
    if missing:
        raise InputError(f"--templates {missing[0]}: no such folder")
    local = Path("templates")
    return given or ([local] if local.is_dir() else [])
