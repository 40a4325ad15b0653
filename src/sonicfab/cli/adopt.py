"""`sonicfab adopt`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.options import Format, Lab, LabName, OutputFormat, Verbose
from sonicfab.errors import InputError

if TYPE_CHECKING:
    from sonicfab.adopt.whole import Given
    from sonicfab.model.fields import SecretRef
    from sonicfab.operations.adopt import Login
    from sonicfab.roles import Role


Places = Annotated[
    list[str],
    typer.Argument(
        help="Folders with configs of switches, or such files; with --live hosts to ask.", metavar="DIR|HOST"
    ),
]
Site = Annotated[Path, typer.Option("--output", "-o", help="Where to write the files.", metavar="DIR")]
Builds = Annotated[
    list[str],
    typer.Option(
        "--image-build",
        "-b",
        help="The image build, of all switches or of one, where configs do not tell it. May be repeated.",
        metavar="[SWITCH=]BUILD",
    ),
]
Roles = Annotated[list[str], typer.Option("--role", help="A switch's role. May be repeated.", metavar="SWITCH=ROLE")]
Links = Annotated[
    list[str],
    typer.Option(
        "--link",
        help="A cable that the configs do not tell: 'SWITCH:PORT - SWITCH:PORT'. May be repeated.",
        metavar="LINK",
    ),
]
User = Annotated[str, typer.Option(help="Who logs in.", metavar="NAME")]
Key = Annotated[str, typer.Option(help="SSH key: file:PATH or env:NAME.", metavar="REF")]
Password = Annotated[str, typer.Option(help="SSH password: env:NAME or file:PATH.", metavar="REF")]
KnownHosts = Annotated[str, typer.Option(help="Host keys, instead of ~/.ssh/known_hosts.", metavar="FILE")]


def adopt(
    places: Places = [],  # noqa: B006 - typer copies it
    live: Annotated[bool, typer.Option("--live", help="Ask the switches themselves, over SSH.")] = False,
    output: Site = Path("site"),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the fabric.", metavar="NAME")] = "",
    image_build: Builds = [],  # noqa: B006
    role: Roles = [],  # noqa: B006
    link: Links = [],  # noqa: B006
    user: User = "admin",
    key: Key = "",
    password: Password = "",
    known_hosts: KnownHosts = "",
    lab: Lab = False,
    lab_name: LabName = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Write the inventory and the topology of switches that run already, so that a push of them changes nothing.

    Exit code 5: something could not be said, and the report tells what.

    Example: sonicfab adopt backups/ -o site
    """
    from sonicfab.operations.adopt import adopt_files, adopt_live
    from sonicfab.report import console
    from sonicfab.report.adopt import json_adopted, show_adopted
    from sonicfab.report.progress import ProgressBar

    console.log_to_stderr(verbose)
    if not places and not (lab or lab_name):
        raise InputError("name folders with configs, or hosts and --live", "sonicfab adopt --help shows examples")
    given = _given(name, image_build, role, link)
    if live or lab or lab_name:
        login = _login(user, key, password, known_hosts, lab_name, lab=lab)
        with ProgressBar("reading") as progress:
            done = adopt_live(places, output, given, login, force=force, progress=progress)
    else:
        done = adopt_files(places, output, given, force=force)
    (json_adopted if format is Format.JSON else show_adopted)(done)
    raise typer.Exit(done.exit_code)


def _given(name: str, builds: list[str], roles: list[str], links: list[str]) -> Given:
    from sonicfab.adopt.whole import Given
    from sonicfab.model.fields import is_switch_name

    if name and not is_switch_name(name):
        raise InputError(f"--name {name}: a fabric's name has letters, digits and inner hyphens, at most 63")
    return Given(name, given_builds(builds), given_roles(roles), links)


def given_roles(words: list[str]) -> dict[str, Role]:
    """Switch -> role, of `--role`.

    Raises:
        InputError: one of them is none.
    """
    from sonicfab.hints import did_you_mean
    from sonicfab.roles import Role

    found = {}
    for text in words:
        switch, equals, word = text.partition("=")
        role = next((one for one in Role if one == word), None)
        if not equals or role is None:
            raise InputError(f"--role {text}: expected SWITCH=ROLE", did_you_mean(word, map(str, Role)))
        found[switch] = role
    return found


def given_builds(words: list[str]) -> dict[str, str]:
    """Switch, or "" for all, -> image build, of `--image-build`."""
    parts = (text.rpartition("=") for text in words)
    return {switch: build for switch, _, build in parts}


def _login(user: str, key: str, password: str, known_hosts: str, lab_name: str, *, lab: bool) -> Login:
    from sonicfab.lab.state import pick_lab
    from sonicfab.operations.adopt import Login

    found = pick_lab(lab_name) if lab or lab_name else None
    return Login(user, secret_of("--key", key), secret_of("--password", password), known_hosts, found)


def secret_of(option: str, text: str) -> SecretRef | None:
    """The reference that an option gives; None where it gives none.

    Raises:
        InputError: it is a secret itself, or nothing.
    """
    from sonicfab.model.fields import SecretRef

    scheme, _, name = text.partition(":")
    if not text:
        return None
    if scheme == "env" and name:
        return SecretRef("env", name)
    if scheme == "file" and name:
        return SecretRef("file", name)
    raise InputError(f"{option}: a secret is none of the command line", "write where it is: env:NAME or file:PATH")
