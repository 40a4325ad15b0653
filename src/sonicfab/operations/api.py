"""The site with its operations as methods: what programs use, as `sonicfab.Site`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sonicfab.compare.builds import FabricDiff
from sonicfab.compare.live import LiveDiff
from sonicfab.lab.state import EMBEDDED
from sonicfab.operations import ci, diff, push, render, rollback, validate, verify
from sonicfab.operations.ci import CiResult, Watch
from sonicfab.operations.push import Planned
from sonicfab.operations.render import Rendered
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.push.guarded import Ending
from sonicfab.push.results import PushResult
from sonicfab.push.run import Options
from sonicfab.validate.run import Engine, Validation
from sonicfab.verify.run import Verification


@dataclass(frozen=True)
class Site(OpenSite):
    """A fabric and the way to its switches: `Site.open(inventory, topology, lab=True)`.

    Each method does one thing and returns what came of it as a value with an `exit_code`; none prints, none asks.
    Mistakes in the files are `InputError`, what cannot be done is another `SonicfabError`.
    """

    def render(self, output: str | Path = "build") -> Rendered:
        """Write config_db.json and frr.conf of every switch below `output`; see operations.render."""
        return render.render(self, output)

    def validate(
        self,
        *,
        yang_dir: Path | None = None,
        models: bool = True,
        engine: Engine = "auto",
        vtysh: bool = True,
        ignore: Collection[str] = (),
        progress: Progress = QUIET,
    ) -> Validation:
        """Judge the configs by their image builds and by each other. See operations.validate."""
        return validate.validate(
            self, yang_dir=yang_dir, models=models, engine=engine, vtysh=vtysh, ignore=ignore, progress=progress
        )

    def plan(
        self,
        options: Options | None = None,
        *,
        take_over: Collection[str] = (),
        ignore: Collection[str] = (),
        progress: Progress = QUIET,
    ) -> Planned:
        """What a push would change, how, and in which steps; its `apply` does just that. See operations.push."""
        return push.plan(self, options, take_over=take_over, ignore=ignore, progress=progress)

    def push(
        self,
        options: Options | None = None,
        *,
        take_over: Collection[str] = (),
        ignore: Collection[str] = (),
        output: str | Path = "build",
        progress: Progress = QUIET,
    ) -> PushResult:
        """Plan and apply: bring the configs onto the switches and prove that they run. See operations.push."""
        return self.plan(options, take_over=take_over, ignore=ignore, progress=progress).apply(output, progress)

    def resume(
        self,
        options: Options | None = None,
        *,
        take_over: Collection[str] = (),
        ignore: Collection[str] = (),
        output: str | Path = "build",
        progress: Progress = QUIET,
    ) -> dict[str, Ending]:
        """End what the last push, that was killed, has left under way. See operations.push."""
        return push.resume(self, options, take_over=take_over, ignore=ignore, output=output, progress=progress)

    def rollback(
        self,
        to: str = "",
        options: Options | None = None,
        *,
        take_over: Collection[str] = (),
        output: str | Path = "build",
        progress: Progress = QUIET,
    ) -> PushResult:
        """Put back what the switches had before the push `to`, or before the last one. See operations.rollback."""
        return rollback.rollback(self, to, options, take_over=take_over, output=output, progress=progress)

    def verify(self, *, checks: Collection[str] = (), timeout: float = 60, progress: Progress = QUIET) -> Verification:
        """Check that the switches are as intended, and say why where they are not. See operations.verify."""
        return verify.verify(self, checks=checks, timeout=timeout, progress=progress)

    def diff(self, *, old: str = "", new: str = "") -> FabricDiff:
        """What another image build changes for the switches, and why. See operations.diff."""
        return diff.diff(self, old=old, new=new)

    def diff_live(self, progress: Progress = QUIET) -> LiveDiff:
        """What runs on the switches against what is intended. See operations.diff."""
        return diff.diff_live(self, progress)

    def ci(
        self,
        output: str | Path = "build/ci",
        *,
        timeout: float = 120,
        hosts: bool = False,
        backend: str = EMBEDDED,
        keep: bool = False,
        watch: Watch | None = None,
    ) -> CiResult:
        """The whole way on a lab of this machine, up to the first step that fails. See operations.ci."""
        return ci.ci(self, output, timeout=timeout, hosts=hosts, backend=backend, keep=keep, watch=watch)
