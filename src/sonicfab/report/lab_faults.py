"""What `sonicfab lab fault` and `lab heal` print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sonicfab.lab.faults import ActiveFault
from sonicfab.lab.faults_base import Fault
from sonicfab.report.console import json_result, say, table

FORMAT_VERSION = 1


def show_known(faults: Iterable[Fault]) -> None:
    """Every fault in a line."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("fault", "on", "what happens", "--amount"):
        rows.add_column(column)
    for fault in faults:
        rows.add_row(fault.name, fault.on, fault.says, str(fault.amount or ""))
    table(rows)


def json_known(faults: Iterable[Fault]) -> None:
    """The same for programs."""
    values = [
        {
            "name": one.name,
            "on": one.on,
            "says": one.says,
            "heals": one.heals or None,
            "amount": None
            if one.amount is None
            else {
                "unit": one.amount.unit,
                "default": one.amount.default,
                "lowest": one.amount.lowest,
                "highest": one.amount.highest,
            },
        }
        for one in faults
    ]
    json_result({"format_version": FORMAT_VERSION, "faults": values})


def show_done(lab: str, faults: Sequence[ActiveFault]) -> None:
    """What was broken."""
    for one in faults:
        say(f"lab {lab}: {told(one)}")


def show_healed(lab: str, faults: Sequence[ActiveFault]) -> None:
    """What was undone."""
    for one in faults:
        say(f"lab {lab}: healed {told(one)}")
    if not faults:
        say(f"lab {lab}: no fault to heal")


def json_faults(lab: str, faults: Sequence[ActiveFault]) -> None:
    """Either, for programs."""
    json_result({"format_version": FORMAT_VERSION, "lab": lab, "faults": [fault_value(one) for one in faults]})


def told(fault: ActiveFault) -> str:
    """`link-down on leaf1:Ethernet76`."""
    return f"{fault.name} on {' and '.join(fault.targets)}{f' ({fault.amount})' if fault.amount else ''}"


def fault_value(fault: ActiveFault) -> dict[str, Any]:
    """A fault for programs."""
    return {
        "name": fault.name,
        "targets": list(fault.targets),
        "amount": fault.amount or None,
        "since": fault.since,
        "until": fault.until,
    }
