"""`sonicfab lab`: fault, heal."""

from __future__ import annotations

from typing import Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.lab_use import Name
from sonicfab.cli.options import Format, OutputFormat
from sonicfab.errors import InputError, LabError


def fault(
    fault_name: Annotated[
        str, typer.Argument(help="The fault; --list shows them.", metavar="FAULT", autocompletion=complete.fault)
    ] = "",
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help="What it is done to: SWITCH or SWITCH:PORT.",
            metavar="TARGET",
            autocompletion=complete.node_of_lab,
        ),
    ] = None,
    amount: Annotated[
        int | None, typer.Option(help="How much of it, for faults that have an amount.", metavar="N")
    ] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Show every fault in a line.")] = False,
    name: Name = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """Break something in a running lab, by name; `lab heal` undoes exactly that.

    Example: sonicfab lab fault link-down st01-sw25g-r01-u34:Ethernet76
    """
    from sonicfab.lab.faults import FAULTS, apply_fault, get_fault
    from sonicfab.lab.state import EMBEDDED, pick_lab
    from sonicfab.report.lab_faults import json_faults, json_known, show_done, show_known

    if list_all:
        (json_known if format is Format.JSON else show_known)(FAULTS.values())
        return
    if not fault_name:
        raise InputError("which fault?", "`sonicfab lab fault --list` shows every one")
    get_fault(fault_name)
    lab = pick_lab(name, (targets or [""])[0].partition(":")[0])
    if lab.backend != EMBEDDED:
        raise LabError("faults are for the embedded lab", "leave --backend containerlab out of `sonicfab lab up`")
    done = apply_fault(lab, fault_name, targets or [], amount)
    (json_faults if format is Format.JSON else show_done)(lab.name, done)


def heal(
    switches: Annotated[
        list[str],
        typer.Argument(
            help="Switches of the lab, or `all`.", metavar="SWITCH|all", autocompletion=complete.nodes_or_all
        ),
    ],
    name: Name = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002
) -> None:
    """Undo the faults of some switches, or of all.

    Example: sonicfab lab heal all
    """
    from sonicfab.lab.faults import heal_faults
    from sonicfab.lab.state import pick_lab
    from sonicfab.report.lab_faults import json_faults, show_healed

    everything = switches == ["all"]
    lab = pick_lab(name, "" if everything else switches[0])
    healed = heal_faults(lab, lab.switches if everything else switches)
    (json_faults if format is Format.JSON else show_healed)(lab.name, healed)
