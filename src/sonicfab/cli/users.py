"""`sonicfab users`."""

from __future__ import annotations

from typing import Annotated

import typer

from sonicfab.cli.options import Format, Inventory, Lab, LabName, Limit, OutputFormat, Topology, Verbose, open_site
from sonicfab.cli.push import Yes
from sonicfab.errors import ChangesPendingError, InputError


def users(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and change nothing.")] = False,
    yes: Yes = False,
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Set the accounts that the inventory names on the switches: their passwords and SSH keys.

    What there was comes back by itself unless a new login succeeds with what the inventory says of `ssh`. Other
    accounts, and other keys of these, stay. Ends with 5 when changes are pending.

    Example: sonicfab users -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab
    """
    from sonicfab.operations.users import code_of, plan_users
    from sonicfab.report import console
    from sonicfab.report.progress import ProgressBar
    from sonicfab.report.users import json_users, show_users

    console.log_to_stderr(verbose)
    site = open_site(inventory, topology, lab=lab, lab_name=lab_name, limit=limit)
    with ProgressBar("comparing") as progress:
        planned = plan_users(site, progress)
    changes = bool(planned.todo) and not dry_run
    if format is Format.TABLE:
        show_users(planned.switches, done=False)
    if not changes:
        if format is Format.JSON:
            json_users(planned, planned.switches, done=False)
        raise typer.Exit(planned.exit_code)
    _ask(len(planned.todo), yes=yes)
    with ProgressBar("setting") as progress:
        done = planned.apply(progress)
    if format is Format.JSON:
        json_users(planned, done, done=True)
    else:
        show_users(done, done=True)
    raise typer.Exit(code_of(done))


def _ask(count: int, *, yes: bool) -> None:
    import sys

    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError("nobody can be asked here", "--yes does it without asking, --dry-run only shows it")
    if not typer.confirm(f"Change the accounts of {count} switches?"):
        raise ChangesPendingError("nothing was changed")
