"""The configs of a site, written to a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sonicfab.errors import ExitCode
from sonicfab.fabric import Fabric, build_files, write_build
from sonicfab.operations.site import OpenSite


@dataclass(frozen=True)
class RenderResult:
    """What was written.

    Attributes:
        folder: below it are FABRIC/SWITCH/config_db.json and frr.conf, and FABRIC/plan.json.
        changed: switch -> whether a file of it changed.
        numbers_kept: the numbers file was written anew.
    """

    fabric: Fabric
    folder: Path
    changed: Mapping[str, bool]
    numbers_kept: bool

    @property
    def exit_code(self) -> ExitCode:
        """0: what goes wrong is raised."""
        return ExitCode.OK


def render(site: OpenSite, output: str | Path = "build") -> RenderResult:
    """Write config_db.json and frr.conf of every switch, plan.json, and the numbers that were allotted.

    Raises:
        InputError: with every mistake in the files, a template or a reference.
        OutputError: a file cannot be written; what was there is as it was.
    """
    files = build_files(site.configs())
    kept = site.fabric.keep_numbers()
    return RenderResult(site.fabric, Path(output), write_build(Path(output), site.fabric.plan, files), kept)
