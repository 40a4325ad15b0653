"""The configs of a site, written to a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sonicfab.errors import ExitCode
from sonicfab.fabric import Fabric, write_build
from sonicfab.operations.site import OpenSite
from sonicfab.plan.switches import forget
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import SwitchConfig


@dataclass(frozen=True)
class RenderResult:
    """What was written.

    Attributes:
        folder: below it are FABRIC/SWITCH/config_db.json and frr.conf, and FABRIC/plan.json.
        changed: switch -> whether a file of it changed.
        told: switch -> (its ASN, its image build): to ask the plan for all switches again would be to make it again.
        numbers_kept: the numbers file was written anew.
    """

    fabric: Fabric
    folder: Path
    changed: Mapping[str, bool]
    told: Mapping[str, tuple[int, str]]
    numbers_kept: bool

    @property
    def exit_code(self) -> ExitCode:
        """0: what goes wrong is raised."""
        return ExitCode.OK


def render(site: OpenSite, output: str | Path = "build") -> RenderResult:
    """Write config_db.json and frr.conf of every switch, plan.json, and the numbers that were allotted.

    A switch is not rendered where that would make the files that the folder has from an earlier render.

    Raises:
        InputError: with every mistake in the files, a template or a reference.
        OutputError: a file cannot be written; what was there is as it was.
    """
    kept: list[bool] = []
    told: dict[str, tuple[int, str]] = {}
    plan, before = site.fabric.plan, site.rendered(Path(output))

    def others() -> Iterator[SwitchPlan]:
        for name in site.names:
            switch = plan.switches[name]
            told[name] = switch.asn, switch.build.name
            if before.has(switch):
                forget(plan, name)
            else:
                yield switch

    def all_of_it() -> Iterator[SwitchConfig]:
        yield from site.configs(others())
        kept.append(site.fabric.keep_numbers())  # when all could be rendered, and before the first file is in place

    written = write_build(Path(output), plan, all_of_it(), before)
    changed = {name: written.get(name, False) for name in site.names}
    return RenderResult(site.fabric, Path(output), changed, told, kept == [True])
