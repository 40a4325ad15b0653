"""What `sonicfab import netbox` prints."""

from __future__ import annotations

from sonicfab.adopt.seen import Seen
from sonicfab.operations.netbox import ImportResult
from sonicfab.report.adopt import show_gaps, show_list
from sonicfab.report.console import json_result, say, table, wrapped

FORMAT_VERSION = 1


def show_imported(done: ImportResult) -> None:
    """A line for each switch; then what was left out, taken back, and what somebody has to say."""
    found = done.imported
    _show_switches(done)
    show_list("no part of the fabric", found.left_out)
    show_list("refused", [f"{one.about}: {one.refused}" for one in found.refused])
    show_gaps(found.gaps)
    for name in found.files:
        say(f"{'wrote' if name in done.written else 'as before:'} {done.folder / name}")
    say("\n".join(wrapped(_verdict(done), rest="  ")))


def json_imported(done: ImportResult) -> None:
    """The same for programs."""
    found = done.imported
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "fabric": found.name,
            "files": {name: str(done.folder / name) for name in found.files},
            "complete": found.complete,
            "links": found.links,
            "switches": {
                one.name: {
                    "from": one.source.place,
                    "role": str(found.roles[one.name]),
                    "platform": one.platform.name if one.platform else None,
                    "image_build": one.build.name if one.build else None,
                    "in_files": one.name in found.planned,
                }
                for one in found.switches
            },
            "left_out": list(found.left_out),
            "refused": [{"what": one.about, "why": one.refused} for one in found.refused],
            "gaps": [{"what": one.about, "why": one.why, "lines": one.lines} for one in found.gaps],
        }
    )


def _show_switches(done: ImportResult) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("switch", "role", "model", "image build", ""):
        rows.add_column(column)
    for one in done.imported.switches:
        rows.add_row(one.name, str(done.imported.roles[one.name]), *_kind(one), _where(done, one))
    table(rows)


def _kind(switch: Seen) -> tuple[str, str]:
    return switch.platform.name if switch.platform else "?", switch.build.name if switch.build else "?"


def _where(done: ImportResult, switch: Seen) -> str:
    if switch.name in done.imported.planned:
        return ""
    lacks = any(one.about == f"device {switch.name}" for one in done.imported.gaps)
    return "to be completed" if lacks else "in no link"


def _verdict(done: ImportResult) -> str:
    found = done.imported
    files = f"-i {done.folder / 'inventory.yml'} -t {done.folder / 'topology.yml'}"
    counts = f"{len(found.switches)} switches and {found.links} links between them"
    if found.complete:
        return f"{found.name}: {counts}; `sonicfab validate {files}` judges what is rendered of them"
    left = len(found.gaps) + len(found.refused)
    return f"{found.name}: {counts}; {left} lines stand behind # in the files until somebody completes them"
