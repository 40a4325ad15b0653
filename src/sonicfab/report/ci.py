"""The steps of `sonicfab ci`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from sonicfab.operations.ci import StepResult
from sonicfab.output import OutputFile, write_file
from sonicfab.report.console import mark, say, style, table

FORMAT_VERSION = 1


def show_command(words: Sequence[str]) -> None:
    """The command of a step, before it runs."""
    say(style(f"\n$ sonicfab {shlex.join(words)}", bold=True))


def show_steps(fabric: str, steps: Sequence[StepResult], output: Path) -> None:
    """A table of the steps, and one line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows.add_column("step")
    rows.add_column("result")
    rows.add_column("seconds", justify="right")
    for step in steps:
        good = not step.exit_code
        result = f"{mark('ok')} ok" if good else f"{mark('failed')} exit code {step.exit_code}"
        rows.add_row(step.name, Text(result, "green" if good else "red"), f"{step.seconds:.1f}")
    table(rows)
    failed = next((step.name for step in steps if step.exit_code), "")
    verdict = f"{failed} failed" if failed else "all steps passed"
    say(f"{fabric}: {verdict} in {sum(step.seconds for step in steps):.1f} s; results in {output}/")


def write_report(path: Path, fabric: str, steps: Sequence[StepResult], *, ok: bool) -> None:
    """The steps for programs; `ok` says that all were run and passed.

    Raises:
        OutputError: the file cannot be written.
    """
    write_file(path, OutputFile(json.dumps(report_value(fabric, steps, ok=ok), indent=2) + "\n"))


def report_value(fabric: str, steps: Sequence[StepResult], *, ok: bool) -> dict[str, object]:
    """The same as values."""
    return {
        "format_version": FORMAT_VERSION,
        "fabric": fabric,
        "ok": ok,
        "steps": [
            {
                "step": step.name,
                "command": ["sonicfab", *step.words],
                "exit_code": step.exit_code,
                "seconds": round(step.seconds, 2),
            }
            for step in steps
        ],
    }
