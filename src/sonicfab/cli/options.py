"""Options that mean the same in every command."""

from __future__ import annotations

import contextlib
import math
import os
import shlex
from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from sonicfab.cli import complete

if TYPE_CHECKING:
    from sonicfab.operations.site import OpenSite


wanted_format: list[str] = []
"""The --format of the command that runs, for errors."""

_Chosen = TypeVar("_Chosen", bound=Enum)


def _remember_format(value: _Chosen) -> _Chosen:
    """Callback of every --format: an error is told in it, too."""
    wanted_format.append(str(value.value))
    return value


class Format(str, Enum):
    """How a result is printed."""

    TABLE = "table"
    JSON = "json"


class PageFormat(str, Enum):
    """How a result is printed that a merge request may show."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"


class ValidateFormat(str, Enum):
    """How a validation is printed."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


class YangEngine(str, Enum):
    """What reads YANG models."""

    AUTO = "auto"
    YANGSON = "yangson"
    LIBYANG = "libyang"


class VerifyFormat(str, Enum):
    """How a verification is printed."""

    TABLE = "table"
    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"


_INVENTORY = typer.Option(
    "--inventory",
    "-i",
    help="The inventory: which switches there are.",
    envvar="SONICFAB_INVENTORY",
    metavar="FILE",
)
_TOPOLOGY = typer.Option(
    "--topology", "-t", help="The topology: how they are cabled.", envvar="SONICFAB_TOPOLOGY", metavar="FILE"
)
Inventory = Annotated[Path, _INVENTORY]
Topology = Annotated[Path, _TOPOLOGY]
SomeInventory = Annotated[Path | None, _INVENTORY]
SomeTopology = Annotated[Path | None, _TOPOLOGY]
"""The same where files can be given instead."""
Limit = Annotated[
    list[str],
    typer.Option(
        "--limit",
        "-l",
        help="Only these switches: a name, a pattern such as `*leaf*`, or a role. May be repeated.",
        metavar="WHICH",
        autocompletion=complete.which_switches,
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
        "--lab-name",
        help="Go to the lab of this name; implies --lab.",
        envvar="SONICFAB_LAB",
        metavar="NAME",
        autocompletion=complete.lab_name,
    ),
]


def build_option(*names: str, text: str) -> Any:  # noqa: ANN401 - as typer.Option
    """An option that names an image build; `text` is its help."""
    return typer.Option(*names, help=text, metavar="BUILD", autocompletion=complete.image_build)


def seconds_option(*names: str, text: str, least: float, most: float = 86_400) -> Any:  # noqa: ANN401 - as typer.Option
    """An option that takes seconds, at most a day of them; `text` is its help.

    Who says `inf` or 1e11 means for ever, and the clocks of Python's threads end with an OverflowError at that.
    """
    return typer.Option(*names, help=text, min=least, max=most, metavar="SECONDS", callback=_a_number)


def _a_number(value: float) -> float:
    """`nan` is within every range, for click."""
    if math.isnan(value):
        raise typer.BadParameter(f"{value} is not a number of seconds.")
    return value


_WHAT_IF = "Take this image build for every switch, whatever the inventory says: a what-if."
ImageBuild = Annotated[str, build_option("--image-build", "-b", text=_WHAT_IF)]
Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="The output folder: configs in DIR/FABRIC/SWITCH, journals of pushes in DIR/FABRIC/push.",
        envvar="SONICFAB_OUTPUT",
        metavar="DIR",
    ),
]
OLD_NAMES = {"build": "image-build", "build-dir": "output"}
"""What options were called before, which still works; help does not list it."""


def format_option(text: str) -> Any:  # noqa: ANN401 - as typer.Option
    """The --format of a command; `text` is its help."""
    return typer.Option("--format", "-f", help=text, callback=_remember_format, is_eager=True)


OutputFormat = Annotated[Format, format_option("Print a table, or JSON for programs.")]
PageOutput = Annotated[PageFormat, format_option("For a terminal, for a merge request, or for programs.")]
Engine = Annotated[
    YangEngine,
    typer.Option(help="What reads the YANG models; auto is libyang where it is installed: the same, but faster."),
]
Ignore = Annotated[
    list[str],
    typer.Option(
        "--ignore",
        help="Leave findings of this code out. May be repeated.",
        metavar="SF-NNN",
        autocompletion=complete.code,
    ),
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler",
        help="Have the workers of this scheduler of Dask work on the switches: tcp://HOST:PORT, or tls://.",
        envvar="SONICFAB_SCHEDULER",
        metavar="ADDRESS",
    ),
]
SendSecret = Annotated[
    list[str],
    typer.Option(
        "--send-secret",
        help="Send this secret to the workers, which else find it on their own machine: env:NAME or file:PATH.",
        metavar="REF",
    ),
]
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


def fabric_files(inventory: Path | None, topology: Path | None) -> tuple[Path, Path]:
    """Both files, where a command can do without.

    Raises:
        InputError: one of them is missing.
    """
    from sonicfab.errors import InputError

    if inventory is None or topology is None:
        lacking = (
            "--inventory and --topology"
            if inventory is topology is None
            else ("--inventory" if inventory is None else "--topology")
        )
        raise InputError(f"{lacking} must be given", "or name files")
    return inventory, topology


def open_site(
    inventory: Path,
    topology: Path,
    *,
    lab: bool = False,
    lab_name: str = "",
    limit: list[str] | None = None,
    image_build: str = "",
    templates: list[Path] | None = None,
    read: Mapping[str, Path | None] | None = None,
    written: Iterable[tuple[str, Path | None]] = (),
) -> OpenSite:
    """The site that the options mean, with the templates that it takes from this folder by itself.

    `written` are the options that name a file which the command will write, `read` those that name what it reads beside
    the files of the fabric: none of these is written over.

    Raises:
        InputError: with every mistake in the files, or an option names what is not there, or what would be lost.
    """
    from sonicfab.fabric import numbers_file_of
    from sonicfab.operations.site import OpenSite

    files = {"the inventory": inventory, "the topology": topology, "the numbers file": numbers_file_of(topology)}
    _spare_inputs({**files, **(read or {})}, written)
    return OpenSite.open(
        inventory,
        topology,
        lab=lab_name or lab,
        limit=limit or (),
        image_build=image_build,
        templates=own_templates(templates) if templates is not None else (),
    )


def _spare_inputs(read: Mapping[str, Path | None], written: Iterable[tuple[str, Path | None]]) -> None:
    """Refuse before anything is done: `-o` beside `-t` is soon given the wrong file, and what was in it is gone.

    Raises:
        InputError: an option names a file that is read, by whatever name.
    """
    from sonicfab.errors import InputError

    for (option, path), (name, one) in product(written, read.items()):
        if path is not None and one is not None and _is_same(path, one):
            raise InputError(f"{option} {path}: that is {name}, and would be written over", "name another file")


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, or would, were it there."""
    with contextlib.suppress(OSError):  # one is not there: nothing is lost but what will be there
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def own_templates(given: list[Path]) -> list[Path]:
    """The site's template folders: those given, else ./templates when it is there. Which files they have is told.

    Raises:
        InputError: one is not there, or ./templates is a link: where it leads to must be said.
    """
    from sonicfab.datafiles import packaged_templates
    from sonicfab.errors import InputError
    from sonicfab.report import console
    from sonicfab.sandbox import template_files

    missing = [folder for folder in given if not folder.is_dir()]
    if missing:
        raise InputError(f"--templates {missing[0]}: no such folder")
    local, shipped = Path("templates"), packaged_templates().resolve()
    if not given and local.is_dir() and local.resolve() != shipped:
        if local.is_symlink():
            raise InputError(
                "./templates is a link, and is not followed by itself",
                f"--templates {shlex.quote(str(local.readlink()))}",
            )
        given = [local]
    console.tell_site_templates(template_files([one for one in given if one.resolve() != shipped]))
    return given
