"""`sonicfab lab`: ssh, logs, save."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import Format, OutputFormat
from sonicfab.errors import InputError, LabError

if TYPE_CHECKING:
    from sonicfab.lab.state import LabState

PASSES_OPTIONS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""Of a command whose last arguments are another command."""

Name = Annotated[
    str,
    typer.Option(
        "--name",
        "-n",
        help="Name of the lab; without it, that of the fabric.",
        metavar="NAME",
        autocompletion=complete.lab_name,
    ),
]
WhoseFrr = Annotated[
    str,
    typer.Option(
        "--frr",
        help="Whose FRR switches run: a folder with a Debian, or `machine`; without it, the nearest to a build's.",
        metavar="DIR",
        envvar="SONICFAB_FRR",
    ),
]


def command_of(words: list[str], name: str) -> tuple[list[str], str]:
    """The command to run there, and the name of the lab, which may be said behind the switch too.

    Raises:
        InputError: an option that sonicfab does not have there, or no command is left.
    """
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] != "--":
        option, sign, value = rest.pop(0).partition("=")
        if option not in ("--name", "-n") or not (sign or rest):
            raise InputError(f"{option}: no option of sonicfab here", "put `--` before a command with options")
        name = value if sign else rest.pop(0)
    return rest[1:] if rest[:1] == ["--"] else rest, name


def ssh(
    switch: Annotated[str, typer.Argument(help="The switch.", metavar="SWITCH", autocompletion=complete.node_of_lab)],
    command: Annotated[
        list[str] | None, typer.Argument(help="A command to run there instead of a shell.", metavar="COMMAND")
    ] = None,
    name: Name = "",
) -> None:
    """Log in to a lab switch with the ssh program, by the lab's key and host keys alone; ends with its exit code.

    Example: sonicfab lab ssh st01-sw25g-r01-u34 -- show platform summary
    """
    from sonicfab.lab.state import EMBEDDED, pick_lab

    words, name = command_of(command or [], name)
    lab = pick_lab(name, switch)
    node = lab.node(switch)
    options = (
        *("-F", "none", "-i", str(lab.key), "-p", str(node.port)),
        *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes"),
        *("-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={lab.known_hosts}"),
        *("-o", "GlobalKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"),
    )
    if lab.backend != EMBEDDED:
        raise LabError("`lab ssh` is for the embedded lab", "`sonicfab lab status` shows how to log in")
    try:
        done = subprocess.run(["ssh", *options, "admin@127.0.0.1", *words], check=False)
    except FileNotFoundError as err:
        raise LabError(
            "the program ssh is not there", "apt-get install openssh-client; or `sonicfab lab exec`"
        ) from err
    raise typer.Exit(done.returncode)


def logs(
    switch: Annotated[
        str,
        typer.Argument(
            help="A switch or host; without it, the lab's own.",
            metavar="SWITCH|HOST",
            autocompletion=complete.node_of_lab,
        ),
    ] = "",
    lines: Annotated[
        int, typer.Option("--lines", "-l", help="The last lines of each.", metavar="N", min=0, max=1_000_000)
    ] = 20,
    name: Name = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """Show the logs of a lab switch: FRR, redis, sshd, LLDP, and what `config` and `systemctl` did; or of the keeper.

    Example: sonicfab lab logs st01-sw25g-r01-u34 --lines 50
    """
    from sonicfab.lab.logs import lab_logs, node_logs
    from sonicfab.lab.state import pick_lab
    from sonicfab.report.lab import json_logs, show_logs

    lab = pick_lab(name, switch)
    found = node_logs(lab, switch, lines) if switch else lab_logs(lab, lines)
    (json_logs if format is Format.JSON else show_logs)(lab.name, switch, found)


def save(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Where to: a folder SWITCH in it for each switch. Without it, containerlab's own save.", metavar="DIR"
        ),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="What the next boot loads, instead of what is in effect.")
    ] = False,
    name: Name = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Save config_db.json and frr.conf of all switches of a lab into a folder, as they are in effect now.

    Example: sonicfab lab save before
    """
    from sonicfab.lab.save import save_configs
    from sonicfab.lab.state import pick_lab
    from sonicfab.report import console
    from sonicfab.report.lab import json_saved, show_saved

    lab = pick_lab(name)
    if folder is None:
        console.say(_containerlab_save(lab))
        return
    files, changed = save_configs(lab, folder, stored=stored)
    (json_saved if format is Format.JSON else show_saved)(lab.name, folder, files, changed)


def _containerlab_save(lab: LabState) -> str:
    """What containerlab can save of its nodes, it keeps where they were started from."""
    from sonicfab.lab.clab import save_lab
    from sonicfab.lab.state import EMBEDDED

    if lab.backend == EMBEDDED:
        raise InputError("say where to save to", "sonicfab lab save FOLDER")
    return save_lab(lab).strip()
