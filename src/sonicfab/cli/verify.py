"""`sonicfab verify`."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import (
    Inventory,
    Lab,
    LabName,
    Limit,
    Scheduler,
    SendSecret,
    Templates,
    Topology,
    Verbose,
    VerifyFormat,
    format_option,
    open_site,
    seconds_option,
)
from sonicfab.cli.report import Html, write_page
from sonicfab.errors import ExitCode
from sonicfab.verify import checks

if TYPE_CHECKING:
    from sonicfab.operations.site import OpenSite
    from sonicfab.operations.verify import Looking
    from sonicfab.report.page.contents import Contents
    from sonicfab.verify.run import Verification

_WATCH_EVERY = 5.0


Checks = Annotated[
    list[str],
    typer.Option(
        "--check",
        "-c",
        help=f"Only these checks: {', '.join(checks.names())}.",
        metavar="NAME,...",
        autocompletion=complete.check,
    ),
]
Timeout = Annotated[float, seconds_option("--timeout", text="Seconds until everything must be as intended.", least=0)]
WatchIt = Annotated[bool, typer.Option("--watch", help="Look again and again until Ctrl-C; tell what changes.")]
Keep = Annotated[Path | None, typer.Option("--snapshot", help="Keep what is seen in this file.", metavar="FILE")]
Compare = Annotated[
    Path | None, typer.Option("--compare", help="Tell what has changed since this snapshot.", metavar="FILE")
]
Output = Annotated[
    VerifyFormat, format_option("Print a table, Markdown for a merge request, JSON, or JUnit XML for CI.")
]
JunitFile = Annotated[Path | None, typer.Option("--junit", help="Also write JUnit XML to this file.", metavar="FILE")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Also write JSON to this file.", metavar="FILE")]


def verify(
    inventory: Inventory,
    topology: Topology,
    lab: Lab = False,
    lab_name: LabName = "",
    limit: Limit = [],  # noqa: B006 - typer copies it
    check: Checks = [],  # noqa: B006
    timeout: Timeout = 60,
    watch: WatchIt = False,
    snapshot: Keep = None,
    compare: Compare = None,
    templates: Templates = [],  # noqa: B006
    format: Output = VerifyFormat.TABLE,  # noqa: A002 - the name of the option
    junit: JunitFile = None,
    json_file: JsonFile = None,
    html: Html = None,
    scheduler: Scheduler = "",
    send_secret: SendSecret = [],  # noqa: B006
    verbose: Verbose = 0,
) -> None:
    """Check that the switches are as intended, and say why where they are not.

    Sessions, routes with all their paths, pings of full size, ports, cables, configs. Asks again until all is well or
    the time is up. Ends with 0 when everything is as intended, with 4 when something is not, with 3 when a switch
    could not be asked or nothing was checked; with --compare, 4 only when something is worse than it was.

    Example: sonicfab verify -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml --lab --check bgp,lldp
    """
    from sonicfab.operations.verify import looking_at
    from sonicfab.report import console
    from sonicfab.report.progress import ProgressBar

    console.log_to_stderr(verbose)
    written = [("--snapshot", snapshot), ("--junit", junit), ("--json", json_file), ("--html", html)]
    site = open_site(inventory, topology, lab=lab, lab_name=lab_name, limit=limit, templates=templates, written=written)
    site = site.worked_by(scheduler, send_secret)
    before = _read(compare, site.name) if compare else None
    looking = looking_at(site, check, push=_push_command(inventory, topology, lab, lab_name, templates))
    if watch:
        raise typer.Exit(_watch(looking))
    with ProgressBar("verifying") as progress:
        verification = looking.look(timeout, progress)
    code = _tell(site, verification, format, (junit, json_file, snapshot), before)
    write_page(html, lambda: _contents(site, verification))
    raise typer.Exit(code)


def _contents(site: OpenSite, verification: Verification) -> Contents:
    from sonicfab.report.page.contents import Contents
    from sonicfab.report.picture.states import Verified

    return Contents(site.as_reached.plan, Verified.of(verification))


def _push_command(inventory: Path, topology: Path, lab: bool, lab_name: str, templates: list[Path]) -> str:
    """What pushes this fabric when it is typed where this verify was: what the environment says need not be said."""
    given = [("-i", str(inventory), "SONICFAB_INVENTORY"), ("-t", str(topology), "SONICFAB_TOPOLOGY")]
    given += [("--templates", str(folder), "SONICFAB_TEMPLATES") for folder in templates]
    given += [("--lab-name", lab_name, "SONICFAB_LAB")] if lab_name else []
    words = [word for option, value, name in given if os.environ.get(name) != value for word in (option, value)]
    return shlex.join(["sonicfab", "push", *words, *(["--lab"] if lab and not lab_name else [])])


def _tell(
    site: OpenSite,
    verification: Verification,
    format: VerifyFormat,  # noqa: A002
    files: tuple[Path | None, Path | None, Path | None],
    before: dict[str, Any] | None,
) -> ExitCode:
    """Write and print everything; the exit code."""
    from sonicfab.report import console
    from sonicfab.report.verify import changes_json, json_value, junit_text, show_changes, show_verification
    from sonicfab.verify import snapshot

    junit, json_file, keep = files
    taken = time.strftime("%Y-%m-%d %H:%M:%S %z")
    code = verification.exit_code
    changes = snapshot.compare(before, snapshot.snapshot(verification, taken)) if before is not None else []
    if before is not None:
        code = ExitCode.FAILED if any(one.kind == "worse" for one in changes) else ExitCode.OK
        code = code if verification.count("ok") else ExitCode.UNREACHED

    def value() -> dict[str, Any]:
        return json_value(verification) | (changes_json(before["taken"], changes) if before is not None else {})

    _write(junit, lambda: junit_text(verification))
    _write(json_file, lambda: json.dumps(console.with_site_templates(value()), indent=2))
    _write(keep, lambda: json.dumps(snapshot.snapshot(verification, taken), indent=1))
    if format is VerifyFormat.JSON:
        console.json_result(value())
    elif format is VerifyFormat.MARKDOWN:
        from sonicfab.report.verify_markdown import markdown_verification

        markdown_verification(verification, [f"{one.kind}: {one.switch}: {one.what}" for one in changes])
    elif format is VerifyFormat.JUNIT:
        console.say(junit_text(verification))
    else:
        if before is not None:
            show_changes(before["taken"], changes)
        show_verification(site.as_reached.plan, verification)
    return code


def _watch(looking: Looking) -> ExitCode:
    """Again and again; what the last look says is the exit code."""
    from sonicfab.report.watch import WatchView

    code = ExitCode.UNREACHED
    with WatchView() as view:
        try:
            while True:
                verification = looking.look(0)
                code = verification.exit_code
                view.tell(verification, time.strftime("%H:%M:%S"))
                time.sleep(_WATCH_EVERY)
        except KeyboardInterrupt:
            return code


def _read(path: Path, fabric: str) -> dict[str, Any]:
    from sonicfab.textfile import read_json
    from sonicfab.verify.snapshot import check_snapshot

    data = read_json(path, "`sonicfab verify --snapshot FILE` writes one")
    return check_snapshot(data, str(path), fabric)


def _write(path: Path | None, text: Callable[[], str]) -> None:
    from sonicfab.output import OutputFile, write_file

    if path is not None:
        write_file(path, OutputFile(text() + "\n"))
