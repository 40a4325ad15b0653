"""What `sonicfab lab` prints."""

from __future__ import annotations

from sonicfab.lab.doctor import Finding
from sonicfab.lab.state import LabState
from sonicfab.report.console import json_result, mark, say, table

FORMAT_VERSION = 1


def show_labs(labs: list[LabState]) -> None:
    """Each lab with its switches and how to log in."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if not labs:
        say("no lab is running")
        return
    for lab in labs:
        rows = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in ("switch", "SSH", "first process"):
            rows.add_column(column)
        for name, node in lab.switches.items():
            rows.add_row(name, f"127.0.0.1:{node.port}", str(node.pid))
        say(f"lab {lab.name} of fabric {lab.fabric}{', rootless' if lab.rootless else ''}")
        table(rows)
        say(f"log in: ssh -i {lab.key} -o UserKnownHostsFile={lab.known_hosts} -p PORT admin@127.0.0.1")


def json_labs(labs: list[LabState]) -> None:
    """The same for programs."""
    values = [
        {
            "name": lab.name,
            "fabric": lab.fabric,
            "rootless": lab.rootless,
            "key": str(lab.key),
            "known_hosts": str(lab.known_hosts),
            "switches": {
                name: {"host": "127.0.0.1", "port": node.port, "pid": node.pid} for name, node in lab.switches.items()
            },
        }
        for lab in labs
    ]
    json_result({"format_version": FORMAT_VERSION, "labs": values})


def show_findings(findings: list[Finding]) -> None:
    """What the lab needs, what is missing, and what mends it."""
    marks = {"ok": mark("ok"), "missing": mark("failed"), "limited": mark("skipped")}
    for finding in findings:
        say(f"{marks[finding.status]} {finding.subject}: {finding.said}")
        if finding.mend and finding.status != "ok":
            say(f"    mend: {finding.mend}")


def json_findings(findings: list[Finding]) -> None:
    """The same for programs."""
    values = [
        {"subject": one.subject, "status": one.status, "said": one.said, "mend": one.mend or None} for one in findings
    ]
    json_result({"format_version": FORMAT_VERSION, "findings": values})
