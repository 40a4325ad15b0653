"""The result of `sonicfab render`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sonicfab.fabric import Fabric
from sonicfab.hints import first_of
from sonicfab.operations.render import RenderResult
from sonicfab.plan.types import FabricPlan
from sonicfab.report.console import json_result, say_fitted, table

FORMAT_VERSION = 1
_ROWS_WORTH_SHOWING = 50


def show_rendered(done: RenderResult) -> None:
    """A table of the switches; of a large fabric only the last line."""
    plan, folder, changed = done.fabric.plan, done.folder, done.changed
    if len(changed) <= _ROWS_WORTH_SHOWING:
        _show_table(plan, changed)
    count = sum(changed.values())
    switches = f"{len(changed)} switch{'es' * (len(changed) != 1)}"
    say_fitted(f"{plan.name}: {switches} rendered, {count} changed, in {folder / plan.name}/")


def numbers_told(fabric: Fabric) -> str:
    """What has changed in the numbers file."""
    counts = [(len(fabric.allotted), "allotted"), (len(fabric.released), "released")]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    said = [f"numbers: {told}"] if told else []
    if fabric.renamed:
        names = first_of([f"{before} is now {now}" for before, now in fabric.renamed.items()], 5)
        said.append(f"{names}, numbers kept")
    return (
        f"{fabric.numbers_file}: {'; '.join(said) or 'every number as before'}; look at them and keep the file in git"
    )


def json_rendered(done: RenderResult) -> None:
    """The same for programs."""
    plan, folder, changed = done.fabric.plan, done.folder, done.changed
    switches: dict[str, Any] = {
        name: {
            "asn": done.told[name][0],
            "image_build": done.told[name][1],
            "changed": one,
            "config_db": str(folder / plan.name / name / "config_db.json"),
            "frr": str(folder / plan.name / name / "frr.conf"),
        }
        for name, one in changed.items()
    }
    json_result({"format_version": FORMAT_VERSION, "fabric": plan.name, "switches": switches})


def _show_table(plan: FabricPlan, changed: Mapping[str, bool]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("switch", "role", "platform", "image build", "ASN", "loopback", "files"):
        rows.add_column(column, justify="right" if column == "ASN" else "left")
    for name, one in changed.items():
        switch = plan.switches[name]
        state = "changed" if one else "as before"
        rows.add_row(
            name,
            switch.role,
            switch.platform.name,
            switch.build.name,
            str(switch.asn or "-"),
            str(switch.loopbacks.ipv4 or "-"),
            state,
        )
    table(rows)
