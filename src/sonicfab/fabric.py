"""A fabric from its two files: read, numbered, planned, rendered, and written to the build folder."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sonicfab.builds import DEFAULT_BUILD
from sonicfab.catalog import Catalog
from sonicfab.document import Document
from sonicfab.errors import Diagnostic, DocumentName, InputError, Place, Problem
from sonicfab.hints import did_you_mean, first_of
from sonicfab.load import ALLOW_SECRETS, MASK, Loaded, Secrets, diagnose, load_both, load_numbers
from sonicfab.model.inventory import Inventory
from sonicfab.model.numbers import Numbers
from sonicfab.model.topology import Topology
from sonicfab.output import OutputFile, Stage, remove_files, staged, write_file
from sonicfab.plan.assemble import PlanProblems, make_plan, problems_alone
from sonicfab.plan.dump import PLAN_FILE, SWITCHES, numbers_text, plan_parts
from sonicfab.plan.renames import Ledger, follow
from sonicfab.plan.settings import resolve_settings
from sonicfab.plan.switches import forget
from sonicfab.plan.types import FabricPlan, LinkPlan, SwitchPlan, SwitchSettings
from sonicfab.render import FILES, Renderer, SwitchConfig, template_folders
from sonicfab.rendered import Rendered
from sonicfab.roles import Role


@dataclass(frozen=True, slots=True)
class Fabric:
    """A planned fabric.

    Attributes:
        secrets: finds what the inventory refers to.
        warnings: what is odd, but not wrong.
        numbers_file: where the allotted numbers are kept.
        numbers: what that file must hold; "" when every number is given by hand.
        stale: it does not say the same.
        allotted: the switches and links whose numbers the file does not hold yet.
        released: the switches and links whose numbers it still holds.
        renamed: its name of a switch -> the name of the switch now.
        topology: the file, to find places in it.
    """

    plan: FabricPlan
    secrets: Secrets
    warnings: tuple[Diagnostic, ...]
    numbers_file: Path
    numbers: str
    stale: bool
    allotted: tuple[str, ...]
    released: tuple[str, ...]
    renamed: Mapping[str, str]
    topology: Document

    def require_numbers(self) -> None:
        """Refuse to go on with numbers that nobody has seen or kept.

        Raises:
            InputError: some numbers are not in the numbers file yet.
        """
        if self.allotted:
            message = f"{self.numbers_file} does not hold the numbers of {first_of(self.allotted, 5)}"
            raise InputError(message, hint="run `sonicfab render` first: it allots them for you to look at")

    def link_place(self, link: LinkPlan) -> Place:
        """Where the topology names a link: its entry, or its leaf in the entry of a mesh."""
        return self.topology.place(link.path, on_key=isinstance(link.path[-1], str))

    def keep_numbers(self) -> bool:
        """Write the numbers file; False when nothing had to change.

        Raises:
            OutputError: it cannot be written.
        """
        if not self.stale:
            return False
        if not self.numbers:
            remove_files(self.numbers_file.parent, [self.numbers_file.name])
            return True
        return write_file(self.numbers_file, OutputFile(self.numbers))


@dataclass(frozen=True, slots=True)
class FabricFiles:
    """The files of a fabric, read and not yet planned: one reading for the plans of several image builds."""

    inventory: Loaded[Inventory]
    topology: Loaded[Topology]
    numbers: Loaded[Numbers]
    catalog: Catalog

    @property
    def documents(self) -> dict[DocumentName, Document]:
        """The files by name, to find the places of values in them."""
        return {
            "inventory": self.inventory.document,
            "topology": self.topology.document,
            "numbers": self.numbers.document,
        }

    def plan(self, build: str = "", *, unfit: bool = False) -> Fabric:
        """Plan the fabric; `build` replaces the image build of every switch.

        `unfit` plans for builds that cannot run on their switches, too: a comparison shows them, and says so.

        Raises:
            InputError: with every mistake in the files, in the order in which they stand there.
        """
        recorded = self.numbers.value
        try:
            plan, numbers, warnings = make_plan(
                self.inventory.value, self.topology.value, recorded, self.catalog, build, unfit=unfit
            )
        except PlanProblems as err:
            diagnostics = diagnose(err.problems, self.documents)
            raise InputError(f"{self.topology.document.file} cannot be planned", diagnostics=diagnostics) from err
        macs = {name: str(self.inventory.value.devices[name].mac) for name in plan.switches}
        ledger, kept = follow(recorded, macs), follow(numbers, macs)
        before, after = _rows(ledger), _rows(kept)
        text = numbers_text(plan.name, numbers)
        return Fabric(
            plan=plan,
            secrets=Secrets(Path(self.inventory.document.file).parent),
            warnings=tuple(diagnose(warnings, self.documents)),
            numbers_file=Path(self.numbers.document.file),
            numbers=text,
            stale=text != numbers_text(plan.name, recorded),
            allotted=tuple(name for name, row in after.items() if any(row) and before.get(name) != row),
            released=(*ledger.gone, *(name for name, row in before.items() if any(row) and name not in after)),
            renamed=ledger.renamed,
            topology=self.topology.document,
        )


def numbers_file_of(topology: Path) -> Path:
    """Where the numbers that a topology leaves to its rules are kept."""
    return topology.with_name(f"{topology.stem}.numbers.yml")


def read_fabric(inventory: Path, topology: Path, catalog: Catalog | None = None) -> FabricFiles:
    """Read both files and the numbers file; without a `catalog`, by the builds and models that this machine knows.

    Raises:
        InputError: with every mistake in the files.
    """
    catalog = catalog or Catalog.load()
    numbers_file = numbers_file_of(topology)
    try:
        numbers: Loaded[Numbers] | InputError = load_numbers(numbers_file)
    except InputError as err:
        numbers = err
    try:
        inventory_file, topology_file = load_both(inventory, topology, partial(problems_alone, catalog=catalog))
    except InputError as err:
        if isinstance(numbers, Loaded):
            raise
        message = f"{err}; {numbers}"
        raise InputError(message, diagnostics=(*err.diagnostics, *numbers.diagnostics)) from err
    if isinstance(numbers, InputError):
        raise _with_problems_of_the_plan(numbers, inventory_file, topology_file, catalog)
    return FabricFiles(inventory_file, topology_file, numbers, catalog)


def _with_problems_of_the_plan(
    error: InputError, inventory: Loaded[Inventory], topology: Loaded[Topology], catalog: Catalog
) -> InputError:
    """Mistakes in the numbers file, and what is wrong with the fabric whatever numbers it has."""
    documents: dict[DocumentName, Document] = {"inventory": inventory.document, "topology": topology.document}
    try:
        make_plan(inventory.value, topology.value, Numbers(), catalog)
    except PlanProblems as err:
        problems = [problem for problem in err.problems if problem.severity == "error"]
        return InputError(str(error), diagnostics=(*diagnose(problems, documents), *error.diagnostics))
    return error


def open_fabric(inventory: Path, topology: Path, build: str = "") -> Fabric:
    """Read the files of a fabric and plan it; `build` replaces the image build of every switch.

    Raises:
        InputError: with every mistake in the files, in the order in which they stand there.
    """
    catalog = Catalog.load()
    if build:
        check_build("--image-build", build, catalog)
    return read_fabric(inventory, topology, catalog).plan(build)


def check_build(option: str, build: str, catalog: Catalog) -> None:
    """Refuse an image build that nobody knows.

    Raises:
        InputError: it is not known.
    """
    if build not in catalog.builds:
        raise InputError(f"{option} {build}: no such image build", did_you_mean(build, catalog.builds))


def find_switch(inventory: Path, topology: Path, name: str, catalog: Catalog) -> tuple[SwitchSettings, Secrets, str]:
    """A switch of the inventory, what finds its secrets, and the fabric's name, without a plan of the fabric.

    Its image build may be one that is not known yet.

    Raises:
        InputError: with the mistakes in the files, or what this switch lacks.
    """
    inventory_file, topology_file = load_both(inventory, topology, partial(problems_alone, catalog=catalog))
    if name not in inventory_file.value.devices:
        hint = did_you_mean(name, inventory_file.value.devices)
        raise InputError(f"--switch {name}: no such switch in {inventory}", hint)
    settings, problems = resolve_settings(inventory_file.value, [name], catalog, DEFAULT_BUILD)
    if name not in settings:
        diagnostics = diagnose(problems, {"inventory": inventory_file.document})
        raise InputError(f"{name} is not complete in {inventory}", diagnostics=diagnostics)
    return settings[name], Secrets(inventory.parent), topology_file.value.name


def _rows(numbers: Ledger) -> dict[str, tuple[object, ...]]:
    switches = {name: (row.asn, row.ipv4, row.ipv6) for name, row in numbers.switches.items()}
    return {**switches, **{name: (row.ipv4, row.ipv6) for name, row in numbers.links.items()}}


def select(plan: FabricPlan, limits: Iterable[str]) -> list[str]:
    """The switches that `--limit` names: names, patterns such as `*leaf*`, roles, also joined by commas.

    Raises:
        InputError: a word names no switch.
    """
    words = [word for limit in limits for word in limit.split(",") if word]
    if not words:
        return list(plan.switches)
    chosen: set[str] = set()
    for word in words:
        names = {name for name in plan.switches if fnmatch.fnmatchcase(name, word)}
        if word in list(Role):
            names |= {name for name, switch in plan.switches.items() if switch.role == word}
        if not names:
            raise InputError(f"--limit {word}: no such switch in {plan.name}", did_you_mean(word, plan.switches))
        chosen |= names
    return [name for name in plan.switches if name in chosen]


def render_fabric(
    fabric: Fabric, switches: Iterable[SwitchPlan], templates: Sequence[Path] = ()
) -> Iterator[SwitchConfig]:
    """The configs of the switches, one at a time; `templates` are folders that come before sonicfab's own.

    Raises:
        InputError: a template or a secret is not usable, or `extra` says what is planned already.
    """
    renderer = Renderer(template_folders(templates), fabric.secrets.for_config)
    clashes: list[Problem] = []
    for switch in switches:
        config = renderer.render(fabric.plan, switch)
        clashes += config.clashes
        if not clashes:
            yield config
    if clashes:
        file = fabric.topology.file
        raise InputError(f"{file} is not usable", diagnostics=diagnose(clashes, {"topology": fabric.topology}))


def refuse_masked(configs: Iterable[SwitchConfig]) -> None:
    """Refuse configs in which something stands for a secret, for switches that are real.

    Raises:
        InputError: there is one.
    """
    masked = [one.switch for one in configs if one.secret_files and MASK in one.config_db_text + one.frr]
    if masked:
        hint = f"allow the secret in {ALLOW_SECRETS}; --lab takes masked configs"
        raise InputError(f"the config of {first_of(masked)} has a masked secret: it is for no real switch", hint)


def write_build(
    folder: Path, plan: FabricPlan, configs: Iterable[SwitchConfig], before: Rendered | None = None
) -> dict[str, bool]:
    """Write the files of switches and plan.json below folder/FABRIC; switch name -> whether a file of it changed.

    Each config is written as it comes, and none is in place before all are there. A switch that has left the fabric
    leaves the folder, too. `before` is told what is there then. A switch that has been written is forgotten.

    Raises:
        OutputError: a file cannot be written; the old build is as it was, as it is when `configs` raises something.
    """
    fabric = folder / plan.name
    names: list[str] = []
    without: list[str] = []
    parts = plan_parts(plan, before.planned if before else lambda _: "")
    with staged(fabric) as stage:
        for config in configs:
            names.append(config.switch)
            texts = dict(zip(FILES, (config.config_db_text, config.frr), strict=True))
            for file, text in texts.items():
                if not text:  # frrcfgd makes FRR's config of the tables
                    without.append(f"{config.switch}/{file}")
                    continue
                stage.add(f"{config.switch}/{file}", OutputFile(text, file in config.secret_files))
            if before is not None:
                before.note(plan.switches[config.switch], config, texts)
            _tell(plan, parts, stage, before, config.switch)
        _tell(plan, parts, stage, before)
        gone = [name for name in _switches_before(fabric / PLAN_FILE) if name not in plan.switches]
        changed = {path.partition("/")[0] for path in stage.put()}
    without += [f"{name}/{file}" for name in gone for file in FILES]
    remove_files(fabric, without)
    if before is not None:
        before.keep()
    return {name: name in changed for name in names}


def _tell(
    plan: FabricPlan, parts: Iterator[tuple[str, str]], stage: Stage, before: Rendered | None, switch: str = ""
) -> None:
    """Write plan.json up to a switch, or to its end: each has its place there as soon as its config is written."""
    for name, text in parts:
        stage.extend(PLAN_FILE, text)
        if before is not None:
            before.note_plan(text)
        if name:
            forget(plan, name)
            if name == switch:
                return


def _switches_before(plan_file: Path) -> list[str]:
    """Those of a plan.json, by its lines: all of it as values takes ten times its size."""
    found: list[str] = []
    within = False
    try:
        with plan_file.open(encoding="utf-8") as stream:
            for line in stream:
                within = line == SWITCHES if not within else line.startswith("    ")
                if within and line.startswith('    "') and line.endswith(": {\n"):
                    found.append(json.loads(line.strip().removesuffix(": {")))
    except (OSError, ValueError):
        return []  # no build yet, or a file that is not ours
    return [name for name in found if "/" not in name and name not in ("", ".", "..")]
