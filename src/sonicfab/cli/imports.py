"""`sonicfab import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonicfab.cli.adopt import Builds, Roles, Site, given_builds, given_roles, secret_of
from sonicfab.cli.options import Format, OutputFormat, Verbose, seconds_option
from sonicfab.errors import InputError

app = typer.Typer(help="Write the two files of what another system has of the switches.", no_args_is_help=True)
_SECONDS = "Seconds that one answer may take."


@app.callback()
def group() -> None:
    """Write the two files of what another system has of the switches."""


@app.command()
def netbox(
    url: Annotated[str, typer.Option("--url", help="NetBox, without /api.", metavar="URL")],
    token: Annotated[str, typer.Option("--token", help="API token: env:NAME or file:PATH.", metavar="REF")],
    output: Site = Path("site"),
    filters: Annotated[
        list[str],
        typer.Option("--filter", help="Which devices, by NetBox's own filters. May be repeated.", metavar="KEY=VALUE"),
    ] = [],  # noqa: B006 - typer copies it
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the fabric.", metavar="NAME")] = "",
    image_build: Builds = [],  # noqa: B006
    role: Roles = [],  # noqa: B006
    asn_field: Annotated[
        str, typer.Option("--asn-field", help="The custom field of devices that has the ASN.", metavar="NAME")
    ] = "asn",
    timeout: Annotated[float, seconds_option("--timeout", text=_SECONDS, least=1, most=600)] = 30,
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Write the inventory and the topology of switches that NetBox has; what it does not tell stands behind `#`.

    Exit code 5: somebody has to complete lines, and the report tells which.

    Example: sonicfab import netbox --url https://netbox.example.net --token env:TOKEN --filter site=fra1 -o site
    """
    from sonicfab.adopt.netbox import Said
    from sonicfab.adopt.netboxapi import NetBox
    from sonicfab.load import Secrets
    from sonicfab.operations.netbox import import_netbox
    from sonicfab.report import console
    from sonicfab.report.netbox import json_imported, show_imported

    console.log_to_stderr(verbose)
    if not url.startswith(("https://", "http://")):
        raise InputError(f"--url {url}: expected such as https://netbox.example.net")
    found = secret_of("--token", token)
    if found is None:
        raise InputError("--token: a token is needed", "write where it is: env:NAME or file:PATH")
    asked = NetBox(url.rstrip("/"), Secrets(Path()).resolve(found, "the token of NetBox"), timeout)
    said = Said(given_builds(image_build), given_roles(role), asn_field)
    done = import_netbox(asked, output, _filters(filters), said, name=name, force=force)
    (json_imported if format is Format.JSON else show_imported)(done)
    raise typer.Exit(done.exit_code)


def _filters(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier() or key == "limit":
            raise InputError(f"--filter {word}: expected KEY=VALUE", "such as --filter site=fra1 --filter tag=sonic")
        found.setdefault(key, []).append(value)
    return found
