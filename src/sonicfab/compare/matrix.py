"""Every build against every other one on a fabric, each rendered once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from sonicfab.builds import Build
from sonicfab.compare.builds import count, look_at, rendered_differences, rendering, secretless
from sonicfab.compare.notes import BuildStep
from sonicfab.errors import InputError
from sonicfab.fabric import Fabric, FabricFiles, select
from sonicfab.plan.types import SwitchPlan
from sonicfab.platforms import Platform
from sonicfab.ports import unfit_for
from sonicfab.render import Renderer


@dataclass(frozen=True, slots=True)
class BuildColumn:
    """A build on this fabric; `error` is why it cannot be rendered, `unfit` the models that it cannot run on."""

    name: str
    follows: str
    error: str
    unfit: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """How much changes from one build to another: in the files, in the image, in what its models allow."""

    config_db: int
    frr: int
    image: int
    models: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """All builds, the steps along their chain, and every pair; the same number of changes leads back."""

    fabric: str
    switches: int
    builds: tuple[BuildColumn, ...]
    steps: tuple[tuple[str, str], ...]
    cells: Mapping[tuple[str, str], Cell]


def make_matrix(files: FabricFiles, limits: Iterable[str] = (), templates: Sequence[Path] = ()) -> Matrix:
    """Render the fabric once for each build that can, and count what differs.

    Raises:
        InputError: no build can render it: the mistakes are those of the files.
    """
    limits, builds = list(limits), files.catalog.builds
    fabrics: dict[str, Fabric] = {}
    errors: dict[str, InputError] = {}
    for name in files.catalog.builds:
        try:
            fabrics[name] = files.plan(name, unfit=True)
        except InputError as err:
            errors[name] = err
    if not fabrics:
        raise next(iter(errors.values()))
    one = next(iter(fabrics.values()))
    switches = [one.plan.switches[name] for name in select(one.plan, limits)]
    counts, used = _counts(fabrics, switches, secretless(templates))
    cells: dict[tuple[str, str], Cell] = {}
    for (old, new), (config_db, frr) in counts.items():
        step = BuildStep(builds[old], builds[new], tuple(switches), used)
        notes = {part.name: len(part.notes) for part in look_at(step)}
        cells[old, new] = Cell(config_db, frr, notes.get("image", 0), notes.get("schema", 0))
    platforms = {switch.platform for switch in switches}
    order = _in_order(builds)
    return Matrix(
        fabric=one.plan.name,
        switches=len(switches),
        builds=tuple(_column(builds[name], platforms, errors.get(name)) for name in order),
        steps=tuple(
            (builds[name].follows, name) for name in order if name in fabrics and builds[name].follows in fabrics
        ),
        cells=cells,
    )


def _counts(
    fabrics: Mapping[str, Fabric], switches: Iterable[SwitchPlan], renderer: Renderer
) -> tuple[dict[tuple[str, str], tuple[int, int]], dict[str, frozenset[str]]]:
    """Changes of config_db and FRR for every ordered pair, and the fields of each table that are rendered.

    Switch by switch, so that few configs are held at once.
    """
    used: dict[str, set[str]] = {}
    render = {name: rendering(renderer, fabric.plan) for name, fabric in fabrics.items()}
    total: dict[tuple[str, str], list[int]] = {(old, new): [0, 0] for old in fabrics for new in fabrics if old != new}
    for switch in switches:
        configs = {name: make(switch.name) for name, make in render.items()}
        for config in configs.values():
            for table, rows in config.config_db.items():
                used.setdefault(table, set()).update(*rows.values())
        for old, new in combinations(configs, 2):
            found = count(rendered_differences(configs[old], configs[new]))
            for pair in ((old, new), (new, old)):
                total[pair][0] += found[0]
                total[pair][1] += found[1]
    fields = {table: frozenset(names) for table, names in used.items()}
    return {pair: (config_db, frr) for pair, (config_db, frr) in total.items()}, fields


def _column(build: Build, platforms: Iterable[Platform], error: InputError | None) -> BuildColumn:
    said = ""
    if error is not None:
        said = error.diagnostics[0].message if error.diagnostics else str(error)
    unfit = {one.name: why for one in platforms if (why := unfit_for(one, build))}
    return BuildColumn(build.name, build.follows, said, dict(sorted(unfit.items())))


def _in_order(known: Mapping[str, Build]) -> list[str]:
    """Each chain of builds from its first on, one chain after the other."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name not in ordered:  # a ring of builds that follow each other ends here, too
            ordered.append(name)
            for other in known:
                if known[other].follows == name:
                    add(other)

    for name in [*(name for name in known if known[name].follows not in known), *known]:
        add(name)
    return ordered
