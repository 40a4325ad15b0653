"""Options that mean the same in every command."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sonicfab.access import Access
    from sonicfab.fabric import Fabric


class Format(str, Enum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"


class VerifyFormat(str, Enum):
    """How a verification is printed."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"


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
        help="A folder with templates of your own; one of the same name wins. Without it: ./templates, if there.",
        envvar="SONICFAB_TEMPLATES",
        metavar="DIR",
    ),
]
Lab = Annotated[bool, typer.Option("--lab", help="Go to the running lab of this fabric instead of the real switches.")]
LabName = Annotated[
    str,
    typer.Option(
        "--lab-name", help="Go to the lab of this name; implies --lab.", envvar="SONICFAB_LAB", metavar="NAME"
    ),
]
Build = Annotated[
    str,
    typer.Option(
        "--build",
        "-b",
        help="Take this image build for every switch, whatever the inventory says: a what-if.",
        metavar="BUILD",
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


def access_to(fabric: Fabric, *, lab: bool, lab_name: str) -> Access:
    """How the switches are reached: in the lab, or where the inventory says."""
    from sonicfab.access import lab_access, ssh_access
    from sonicfab.lab.state import find_lab

    if lab or lab_name:
        return lab_access(find_lab(lab_name or fabric.plan.name))
    return ssh_access(fabric.secrets)
