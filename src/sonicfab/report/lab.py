"""What `sonicfab lab` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import join, quote

from sonicfab.lab.doctor import Requirement
from sonicfab.lab.faults import ActiveFault
from sonicfab.lab.files import SSHD
from sonicfab.lab.state import EMBEDDED, LabState, docker
from sonicfab.report.console import json_result, mark, say, table
from sonicfab.report.lab_faults import fault_value, told

FORMAT_VERSION = 1


def show_booted(lab: LabState, seconds: float) -> None:
    """What runs now, and the way in."""
    running = f"{len(lab.switches)} switches{f' and {len(lab.hosts)} hosts' if lab.hosts else ''} run"
    ports = [node.port for node in lab.switches.values()]
    embedded = f"SSH on 127.0.0.1 ports {min(ports)}-{max(ports)}"
    way_in = embedded if lab.backend == EMBEDDED else f"{lab.kind} nodes of containerlab"
    versions = sorted({node.frr for node in lab.switches.values() if node.frr})
    frr = f", FRR {' and '.join(versions)}" if versions else ""
    say(f"lab {lab.name}: {running}{frr}, {way_in} ({seconds:.1f} s)")


@contextmanager
def told_lacks() -> Iterator[None]:
    """What this machine lacks is told before the error that ends the command."""
    from sonicfab.operations.lab import LabLacksError

    try:
        yield
    except LabLacksError as err:
        show_requirements(err.lacks)
        raise


def show_labs(labs: Sequence[tuple[LabState, Sequence[ActiveFault]]]) -> None:
    """Each lab with its switches, how to log in, its hosts, and the faults it has."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    if not labs:
        say("no lab is running")
        return
    for lab, faults in labs:
        rows = Table(box=SIMPLE_HEAD, pad_edge=False)
        for column in ("switch", "container" if lab.kind in _CONTAINERS else "SSH", "FRR", "first process"):
            rows.add_column(column)
        for name, node in lab.switches.items():
            rows.add_row(name, node.container or f"{node.host}:{node.port}", node.frr or "?", str(node.pid))
        made = f", {lab.kind} by containerlab" if lab.kind else ""
        say(f"lab {lab.name} of fabric {lab.fabric}{', rootless' if lab.rootless else ''}{made}")
        table(rows)
        if lab.hosts:
            rows = Table(box=SIMPLE_HEAD, pad_edge=False)
            for column in ("host", "AS", "addresses", "first process"):
                rows.add_column(column)
            for name, host in lab.hosts.items():
                addresses = "\n".join(address.partition("/")[0] for address in host.addresses)
                rows.add_row(name, str(host.asn or "-"), addresses, str(host.pid))
            table(rows)
        for one in lab.stand_ins:
            say(f"instead of {one}")
        for fault in faults:
            say(f"{mark('failed')} fault {told(fault)}")
        if lab.backend == EMBEDDED:
            say(f"log in: sonicfab lab ssh SWITCH{f' --name {lab.name}' if len(labs) > 1 else ''}")
        say(f"log in: {login(lab)}")


_CONTAINERS = ("light", "sonic-vs")


def login(lab: LabState) -> str:
    """The command that logs in to a switch of a lab."""
    if lab.kind == "sonic-vm":
        return f"ssh -o {quote(f'UserKnownHostsFile={lab.known_hosts}')} admin@ADDRESS"
    inside = join(docker(lab.docker_host))
    if lab.kind == "sonic-vs":
        return f"{inside} exec -it CONTAINER bash"
    files = f"-i {quote(str(lab.key))} -o {quote(f'UserKnownHostsFile={lab.known_hosts}')}"
    if lab.kind == "light":
        return f"ssh {files} -o ProxyCommand='{inside} exec -i %h {' '.join(SSHD)}' admin@CONTAINER"
    return f"ssh {files} -p PORT admin@127.0.0.1"


def json_labs(labs: Sequence[tuple[LabState, Sequence[ActiveFault]]]) -> None:
    """The same for programs."""
    values = [
        {
            "name": lab.name,
            "fabric": lab.fabric,
            "backend": lab.backend,
            "kind": lab.kind or None,
            "image": lab.image or None,
            "rootless": lab.rootless,
            "stand_ins": list(lab.stand_ins),
            "key": str(lab.key),
            "known_hosts": str(lab.known_hosts),
            "switches": {
                name: {
                    "host": node.host or None,
                    "port": node.port if node.host else None,
                    "container": node.container or None,
                    "pid": node.pid,
                    "frr": node.frr or None,
                }
                for name, node in lab.switches.items()
            },
            "hosts": {
                name: {
                    "switch": host.switch,
                    "port": host.port,
                    "asn": host.asn,
                    "addresses": list(host.addresses),
                    "pid": host.pid,
                }
                for name, host in lab.hosts.items()
            },
            "faults": [fault_value(fault) for fault in faults],
        }
        for lab, faults in labs
    ]
    json_result({"format_version": FORMAT_VERSION, "labs": values})


def show_logs(_lab: str, _node: str, logs: Mapping[str, list[str]]) -> None:
    """Each file after its name, as tail does."""
    for name, lines in logs.items():
        say(f"==> {name} <==")
        for line in lines:
            say(line)
    if not logs:
        say("nothing is logged")


def json_logs(lab: str, node: str, logs: Mapping[str, list[str]]) -> None:
    """The same for programs."""
    json_result({"format_version": FORMAT_VERSION, "lab": lab, "node": node or None, "logs": dict(logs)})


def show_saved(lab: str, folder: Path, files: list[str], changed: list[str]) -> None:
    """How many files are in the folder now."""
    switches = {name.partition("/")[0] for name in files}
    say(f"lab {lab}: {len(files)} files of {len(switches)} switches in {folder}, {len(changed)} written")


def json_saved(lab: str, folder: Path, files: list[str], changed: list[str]) -> None:
    """The same for programs."""
    values = {"folder": str(folder), "files": files, "written": changed}
    json_result({"format_version": FORMAT_VERSION, "lab": lab, **values})


def show_requirements(findings: list[Requirement]) -> None:
    """What the lab needs, what is missing, and what mends it."""
    marks = {"ok": mark("ok"), "missing": mark("failed"), "limited": mark("skipped")}
    for finding in findings:
        say(f"{marks[finding.status]} {finding.subject}: {finding.said}")
        if finding.mend and finding.status != "ok":
            say(f"    mend: {finding.mend}")


def json_requirements(findings: list[Requirement]) -> None:
    """The same for programs."""
    values = [
        {"subject": one.subject, "status": one.status, "said": one.said, "mend": one.mend or None} for one in findings
    ]
    json_result({"format_version": FORMAT_VERSION, "findings": values})
