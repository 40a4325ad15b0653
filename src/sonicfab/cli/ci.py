"""`sonicfab ci`: the whole way on a lab of this machine, in one command for any CI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.lab_clab import Backend, MadeBy
from sonicfab.cli.lab_use import WhoseFrr
from sonicfab.cli.options import Inventory, Templates, Topology, open_site, seconds_option
from sonicfab.cli.report import Html, write_page
from sonicfab.errors import ExitCode, OutputError

if TYPE_CHECKING:
    from sonicfab.operations.ci import CiResult
    from sonicfab.operations.site import OpenSite
    from sonicfab.report.page.contents import Contents

_RESULTS = ("verify.xml", "verify.json", "report.json")

Results = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        help="Where the results go: configs, JUnit, reports.",
        metavar="DIR",
        envvar="SONICFAB_OUTPUT",
    ),
]


def ci(
    inventory: Inventory,
    topology: Topology,
    output: Results = Path("build/ci"),
    timeout: Annotated[
        float, seconds_option("--timeout", text="Seconds that verify waits for the fabric.", least=1)
    ] = 120,
    templates: Templates = [],  # noqa: B006 - typer copies it
    hosts: Annotated[
        bool,
        typer.Option("--hosts", help="A server on each host port too; the first and the last must reach each other."),
    ] = False,
    backend: MadeBy = Backend.EMBEDDED,
    frr: WhoseFrr = "",
    keep: Annotated[bool, typer.Option("--keep", help="Leave the lab running, to look into it.")] = False,
    html: Html = None,
) -> None:
    """Validate, render, boot a lab, push, push again, verify, end the lab: what a merge request must pass.

    Stops at the first step that fails and ends with its exit code. DIR then has build/ (the rendered configs),
    verify.xml (JUnit), verify.json and report.json (each step with its command, exit code and seconds).

    Example: sonicfab ci -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml -o build/ci
    """
    from sonicfab.cli.ci_watch import Shown, one_interrupt
    from sonicfab.operations.ci import ci as go
    from sonicfab.report import console
    from sonicfab.report.ci import show_steps, write_report

    written = [("--html", html), *(("--output", output / name) for name in _RESULTS)]
    site = open_site(inventory, topology, templates=templates, written=written)
    console.diagnostics(site.warnings)
    site.fabric.require_numbers()
    passed = False
    unwritten: OutputError | None = None
    _remove_results(output, html)
    with one_interrupt() as interrupt:
        watch = Shown(output, interrupt)
        try:
            done = go(
                site, output, timeout=timeout, hosts=hosts, backend=backend.value, frr=frr, keep=keep, watch=watch
            )
            passed = not done.exit_code
        except KeyboardInterrupt:
            if interrupt.code != ExitCode.INTERRUPTED:
                raise SystemExit(interrupt.code) from None
            raise
        finally:
            interrupt.no_more = True
            try:
                write_report(output / "report.json", site.name, watch.steps, ok=passed)
            except OutputError as err:  # told beside what went wrong before, and not instead of it
                console.error(err)
                unwritten = err
    if hosts and passed and not any(step.name.startswith("ping") for step in done.steps):
        console.note("there is one host alone: nobody to ping")
    show_steps(site.name, done.steps, output)
    unwritten = _write_page(html, site, done, output) or unwritten
    raise typer.Exit(done.exit_code or (unwritten.exit_code if unwritten else ExitCode.OK))


def _remove_results(output: Path, html: Path | None) -> None:
    """Whatever ends this run, no result of an earlier one is taken for its own."""
    from sonicfab.output import remove_files

    remove_files(output, list(_RESULTS))
    if html:
        remove_files(html.parent, [html.name])


def _write_page(html: Path | None, site: OpenSite, done: CiResult, output: Path) -> OutputError | None:
    """Write it where it is asked for; what keeps it from that is told, and hides nothing else."""
    from sonicfab.report import console

    try:
        write_page(html, lambda: _contents(site, done, output / "build"))
    except OutputError as err:
        console.error(err)
        return err
    return None


def _contents(site: OpenSite, done: CiResult, build: Path) -> Contents:
    """What a page tells of all steps."""
    from sonicfab.push.journal import find_journal
    from sonicfab.push.results import PushResult
    from sonicfab.report.page.contents import Contents
    from sonicfab.report.picture.states import Verified
    from sonicfab.validate.run import Validation
    from sonicfab.verify.run import Verification

    values = {step.name: step.value for step in done.steps}
    pushed, verification, validation = values.get("push"), values.get("verify"), values.get("validate")
    result = pushed if isinstance(pushed, PushResult) else None
    return Contents(
        site.fabric.plan,
        Verified.of(verification) if isinstance(verification, Verification) else Verified(),
        journal=find_journal(build, site.name, result.push_id) if result and result.push_id else None,
        result=result,
        validation=validation if isinstance(validation, Validation) else None,
        steps=[(step.name, step.exit_code, step.seconds, str(step.error) if step.error else "") for step in done.steps],
    )
