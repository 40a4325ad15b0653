"""What differs: between image builds, between what runs and what is intended, between folders or files."""

from __future__ import annotations

from pathlib import Path

from sonicfab.compare.builds import FabricDiff, compare_builds
from sonicfab.compare.folders import FilesDiff, compare_files
from sonicfab.compare.live import LiveDiff, live_diff
from sonicfab.compare.matrix import Matrix, make_matrix
from sonicfab.errors import InputError
from sonicfab.fabric import check_build, refuse_masked
from sonicfab.operations.site import QUIET, OpenSite, Progress
from sonicfab.push.comparison import Target
from sonicfab.push.run import look_at_all


def diff(site: OpenSite, *, old: str = "", new: str = "") -> FabricDiff:
    """What another image build changes for the switches, and why; "" is what the inventory says.

    Raises:
        InputError: there is no such build, or the fabric cannot be planned or rendered for one of them.
    """
    if not old and not new:
        raise InputError(
            "diff needs --to BUILD (or --from, --live, --matrix, or two paths)", "see sonicfab diff --help"
        )
    for option, build in (("--from", old), ("--to", new)):
        if build:
            check_build(option, build, site.files.catalog)
    return compare_builds(site.files, old, new, site.limit, site.templates)


def diff_matrix(site: OpenSite) -> Matrix:
    """Every image build that can be rendered, step by step.

    Raises:
        InputError: the fabric can be planned for none of them.
    """
    return make_matrix(site.files, site.limit, site.templates)


def diff_files(old: str | Path, new: str | Path) -> FilesDiff:
    """Two folders of rendered configs, two config_db.json or two frr.conf.

    Raises:
        InputError: they cannot be read, or are not of one kind.
    """
    return compare_files(Path(old), Path(new))


def diff_live(site: OpenSite, progress: Progress = QUIET) -> LiveDiff:
    """What runs on the switches against what is intended; no switch is changed.

    Raises:
        InputError: with every mistake in the files; some numbers are not kept yet.
        LabError: the lab does not run.
    """
    site.fabric.require_numbers()
    configs = {config.switch: config for config in site.configs()}
    if not site.in_lab:
        refuse_masked(configs.values())
    targets = {name: Target.of(config) for name, config in configs.items()}
    progress.expect(len(site.switches))
    outcomes = look_at_all(site.access, site.switches, targets, progress.tell, progress.finish)
    return live_diff(
        site.name,
        {name: switch.role for name, switch in site.fabric.plan.switches.items()},
        {name: outcome.value.found for name, outcome in outcomes.items() if outcome.value is not None},
        configs,
        {
            name: f"{outcome.error}" + (f" ({outcome.error.hint})" if outcome.error.hint else "")
            for name, outcome in outcomes.items()
            if outcome.error
        },
    )
