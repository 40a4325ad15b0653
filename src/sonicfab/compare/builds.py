"""One fabric under two image builds: what is rendered differently, why, and what else the image does differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sonicfab.builds import Build
from sonicfab.compare.differences import Difference, between
from sonicfab.compare.grouping import Group, Roles, Rows, Sizes, group, rows_of
from sonicfab.compare.image import image_notes, unfit_notes
from sonicfab.compare.notes import BuildStep, Note, NoteMaker, Part
from sonicfab.compare.reasons import Reason, is_frr_version, reason_of
from sonicfab.compare.schema import schema_notes
from sonicfab.fabric import FabricFiles, select
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.render import Renderer, SwitchConfig, template_folders

PARTS: tuple[tuple[str, str, NoteMaker], ...] = (
    ("image", "what the image does differently although the files say the same", image_notes),
    ("schema", "what the models allow in the tables of this fabric", schema_notes),
)
"""Name, title and function of every part that is told after the rendered files, in this order."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A group of equal differences, and why they are."""

    group: Group
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class StepDiff:
    """All that one step from build to build changes; `alarms` come before everything else."""

    step: BuildStep
    alarms: tuple[Note, ...]
    changed: tuple[Changed, ...]
    parts: tuple[Part, ...]
    config_db: int
    frr: int

    @property
    def differs(self) -> bool:
        """True when the files or the images differ."""
        return bool(self.changed or any(part.notes for part in self.parts))


@dataclass(frozen=True, slots=True)
class FabricDiff:
    """A fabric under two builds; several steps where the inventory has several builds. `roles` by switch name."""

    fabric: str
    roles: Roles
    steps: tuple[StepDiff, ...]

    @property
    def differs(self) -> bool:
        """True when any step changes anything."""
        return any(one.differs for one in self.steps)


def compare_builds(
    files: FabricFiles, old: str, new: str, limits: Iterable[str] = (), templates: Sequence[Path] = ()
) -> FabricDiff:
    """Plan and render the fabric for two builds and tell what differs; "" is what the inventory says.

    Raises:
        InputError: the fabric cannot be planned or rendered for one of them.
    """
    before, after = files.plan(old, unfit=True), files.plan(new, unfit=True)
    renderer = secretless(templates)
    switches = [after.plan.switches[name] for name in select(after.plan, limits)]
    render = rendering(renderer, before.plan), rendering(renderer, after.plan)
    found: dict[str, list[Difference]] = {}
    sizes: dict[str, dict[str, Rows]] = {}
    used: dict[tuple[Build, Build], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    steps: dict[tuple[Build, Build], list[SwitchPlan]] = defaultdict(list)
    for switch in switches:
        step = (before.plan.switches[switch.name].build, switch.build)
        steps[step].append(switch)
        one, other = render[0](switch.name), render[1](switch.name)
        found[switch.name] = rendered_differences(one, other)
        sizes[switch.name] = rows_of(one.config_db, other.config_db)
        for config in (one, other):
            for table, rows in config.config_db.items():
                used[step][table].update(field for row in rows.values() for field in row)
    return FabricDiff(
        fabric=after.plan.name,
        roles={name: switch.role for name, switch in after.plan.switches.items()},
        steps=tuple(
            _step_diff(
                BuildStep(
                    names[0],
                    names[1],
                    tuple(members),
                    {table: frozenset(fields) for table, fields in used[names].items()},
                ),
                found,
                sizes,
            )
            for names, members in steps.items()
        ),
    )


def secretless(templates: Sequence[Path]) -> Renderer:
    """A renderer that writes the reference in the place of a secret: no build changes a secret."""
    return Renderer(template_folders(templates), lambda ref, _what: str(ref))


def rendering(renderer: Renderer, plan: FabricPlan) -> Callable[[str], SwitchConfig]:
    """Renders a switch of a plan by its name."""
    return lambda name: renderer.render(plan, plan.switches[name])


def rendered_differences(old: SwitchConfig, new: SwitchConfig) -> list[Difference]:
    """What is rendered differently for a switch; FRR's own version line is a fact of the image, not of the fabric."""
    found = between((old.config_db, old.frr), (new.config_db, new.frr))
    return [one for one in found if not is_frr_version(one)]


def count(differences: Iterable[Difference]) -> tuple[int, int]:
    """How many of config_db, how many of FRR."""
    kinds = [one.kind for one in differences]
    return kinds.count("config_db"), kinds.count("frr")


def look_at(step: BuildStep) -> tuple[Part, ...]:
    """Every part for this step, empty ones left out."""
    if step.old.name == step.new.name:
        return ()
    order = {"error": 0, "warning": 1, "info": 2}
    parts = (
        Part(name, title, tuple(sorted(look(step), key=lambda n: order[n.severity]))) for name, title, look in PARTS
    )
    return tuple(part for part in parts if part.notes)


def _step_diff(step: BuildStep, found: Mapping[str, list[Difference]], sizes: Sizes) -> StepDiff:
    own = {switch.name: found[switch.name] for switch in step.switches}
    by_reason: dict[Reason | None, dict[str, list[Difference]]] = defaultdict(lambda: defaultdict(list))
    for name, differences in own.items():
        for one in differences:
            by_reason[reason_of(one, step.old, step.new)][name].append(one)
    changed = [Changed(one, reason) for reason, members in by_reason.items() for one in group(members, sizes)]
    counts = [count(differences) for differences in own.values()]
    return StepDiff(
        step=step,
        alarms=tuple(unfit_notes(step)),
        changed=tuple(sorted(changed, key=_order)),
        parts=look_at(step),
        config_db=sum(one for one, _ in counts),
        frr=sum(one for _, one in counts),
    )


_ORDER = ("DEVICE_METADATA", "PORT", "INTERFACE")


def _order(one: Changed) -> tuple[object, ...]:
    """What nothing explains first, then what changes how the switch works, VERSIONS last; config_db before FRR."""
    section = one.group.section
    rank = _ORDER.index(section) if section in _ORDER else len(_ORDER)
    return one.reason is not None, one.group.kind, section == "VERSIONS", rank
