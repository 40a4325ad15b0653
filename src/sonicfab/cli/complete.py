"""What a shell may complete: values that are known from the files given so far, the running labs, and the data.

A completion that finds nothing offers nothing: whatever is wrong with the files is told by the command itself.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

Complete = Callable[[typer.Context, str], list[str]]


def _completes(values: Callable[[typer.Context], Iterable[str]]) -> Complete:
    """The values that go on from what was typed; after a comma, the last word of several."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        found: list[str] = []
        with contextlib.suppress(Exception):  # a shell shows a traceback in the middle of the user's line
            found = [before + comma + value for value in values(ctx) if value.startswith(begun)]
        return found

    return complete


def _of_inventory(ctx: typer.Context) -> Iterator[str]:
    """The devices of --inventory, read without judging it: a file that is being written has mistakes."""
    import yaml

    from sonicfab import yamltext

    given = ctx.params.get("inventory") or os.environ.get("SONICFAB_INVENTORY")
    if not given:
        return
    try:
        read: Any = yamltext.value(yamltext.compose(Path(given).read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError):
        return
    devices = read.get("devices") if isinstance(read, Mapping) else None
    yield from devices if isinstance(devices, Mapping) else ()


def _of_labs(ctx: typer.Context) -> Iterator[str]:
    """The switches and hosts of the running labs, or of the one that --name names."""
    from sonicfab.lab.state import running_labs

    name = ctx.params.get("name")
    for lab in running_labs():
        if not name or lab.name == name:
            yield from lab.nodes


def _labs(_: typer.Context) -> Iterator[str]:
    from sonicfab.lab.state import running_labs

    return (lab.name for lab in running_labs())


def _which(ctx: typer.Context) -> Iterator[str]:
    from sonicfab.roles import Role

    yield from _of_inventory(ctx)
    yield from Role


def _builds(_: typer.Context) -> Iterable[str]:
    from sonicfab.catalog import Catalog

    return Catalog.load().builds


def _releases(_: typer.Context) -> Iterable[str]:
    from sonicfab.builds import DEBIAN_RELEASES

    return DEBIAN_RELEASES.values()


def _platforms(_: typer.Context) -> Iterable[str]:
    from sonicfab.datafiles import fact_names

    return fact_names("platforms")


def _codes(_: typer.Context) -> Iterable[str]:
    from sonicfab.validate.codes import codes

    return codes()


def _faults(_: typer.Context) -> Iterable[str]:
    from sonicfab.lab.faults import FAULTS

    return FAULTS


def _ways(_: typer.Context) -> Iterable[str]:
    from sonicfab.push.ways import FORCED

    return FORCED


def _checks(_: typer.Context) -> Iterable[str]:
    from sonicfab.verify import checks

    return checks.names()


def _pushes(ctx: typer.Context) -> Iterator[str]:
    """The pushes whose journals are in --output, of any fabric there, the newest first."""
    folder = Path(ctx.params.get("output") or os.environ.get("SONICFAB_OUTPUT") or "build")
    return iter(sorted((one.name for one in folder.glob("*/push/*/")), reverse=True))


def _nodes_or_all(ctx: typer.Context) -> Iterator[str]:
    yield from _of_labs(ctx)
    yield "all"


switch_of_inventory = _completes(_of_inventory)
which_switches = _completes(_which)
node_of_lab = _completes(_of_labs)
nodes_or_all = _completes(_nodes_or_all)
lab_name = _completes(_labs)
platform = _completes(_platforms)
image_build = _completes(_builds)
debian_release = _completes(_releases)
code = _completes(_codes)
fault = _completes(_faults)
way = _completes(_ways)
check = _completes(_checks)
push_id = _completes(_pushes)
