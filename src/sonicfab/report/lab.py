"""What `sonicfab lab` prints."""

from __future__ import annotations

from sonicfab.lab.doctor import Finding
from sonicfab.lab.files import SSHD
from sonicfab.lab.state import LabState, docker
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
        for column in ("switch", "container" if lab.kind in _CONTAINERS else "SSH", "first process"):
            rows.add_column(column, overflow="fold")
        for name, node in lab.switches.items():
            rows.add_row(name, node.container or f"{node.host}:{node.port}", str(node.pid))
        made = f", {lab.kind} by containerlab" if lab.kind else ""
        say(f"lab {lab.name} of fabric {lab.fabric}{', rootless' if lab.rootless else ''}{made}")
        table(rows)
        say(f"log in: {login(lab)}")


_CONTAINERS = ("light", "sonic-vs")


def login(lab: LabState) -> str:
    """The command that logs in to a switch of a lab."""
    if lab.kind == "sonic-vm":
        return f"ssh -o UserKnownHostsFile={lab.known_hosts} admin@ADDRESS"
    inside = " ".join(docker(lab.docker_host))
    if lab.kind == "sonic-vs":
        return f"{inside} exec -it CONTAINER bash"
    files = f"-i {lab.key} -o UserKnownHostsFile={lab.known_hosts}"
    if lab.kind == "light":
        return f"ssh {files} -o ProxyCommand='{inside} exec -i %h {' '.join(SSHD)}' admin@CONTAINER"
    return f"ssh {files} -p PORT admin@127.0.0.1"


def json_labs(labs: list[LabState]) -> None:
    """The same for programs."""
    values = [
        {
            "name": lab.name,
            "fabric": lab.fabric,
            "backend": lab.backend,
            "kind": lab.kind or None,
            "image": lab.image or None,
            "rootless": lab.rootless,
            "key": str(lab.key),
            "known_hosts": str(lab.known_hosts),
            "switches": {
                name: {
                    "host": node.host or None,
                    "port": node.port if node.host else None,
                    "container": node.container or None,
                    "pid": node.pid,
                }
                for name, node in lab.switches.items()
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
