"""A site: the files of a fabric, which of its switches are meant, and the way to them. Every operation starts here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from sonicfab.catalog import Catalog
from sonicfab.errors import Diagnostic, InputError
from sonicfab.fabric import Fabric, FabricFiles, check_build, read_fabric, render_fabric, select
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import SwitchConfig, template_folders
from sonicfab.rendered import Rendered

if TYPE_CHECKING:  # the way to the switches takes a tenth of a start, and many commands ask none
    from sonicfab.access import Access
    from sonicfab.lab.state import LabState


class Progress(Protocol):
    """Is told how far an operation is; from several threads, one at a time for each switch."""

    def expect(self, switches: int) -> None:
        """So many switches will be done with."""

    def tell(self, switch: str, step: str) -> None:
        """A switch has come to a step, in a few words."""

    def finish(self, switch: str) -> None:
        """A switch is done with."""


class Quiet:
    """Progress that nobody looks at."""

    def expect(self, switches: int) -> None:
        """Nothing."""

    def tell(self, switch: str, step: str) -> None:
        """Nothing."""

    def finish(self, switch: str) -> None:
        """Nothing."""


QUIET: Progress = Quiet()
Opened = TypeVar("Opened", bound="OpenSite")


@dataclass(frozen=True)
class OpenSite:
    """A fabric and the way to its switches; made by `open`. What is costly is done once, when it is asked for.

    Attributes:
        files: the inventory, the topology and the numbers, read.
        limit: names, patterns and roles of the switches that are meant; all without any.
        image_build: taken for every switch, whatever the inventory says; "" for what it says.
        templates: folders with templates of the site's own, which come before sonicfab's.
        in_lab: the switches are those of a lab: of `lab_name`, or the one that runs this fabric.
        scheduler: the address of a scheduler of Dask whose workers do the work on the switches; "" for this process.
        send_secrets: references of secrets that are sent to them.
    """

    files: FabricFiles
    limit: tuple[str, ...] = ()
    image_build: str = ""
    templates: tuple[Path, ...] = ()
    in_lab: bool = False
    lab_name: str = ""
    scheduler: str = ""
    send_secrets: tuple[str, ...] = ()

    @classmethod
    def open(  # noqa: PYI019 - Self needs Python 3.11
        cls: type[Opened],
        inventory: str | Path,
        topology: str | Path,
        *,
        lab: bool | str = False,
        limit: str | Sequence[str] = (),
        image_build: str = "",
        templates: Sequence[str | Path] = (),
    ) -> Opened:
        """Read the files of a fabric. `lab`: True for the lab that runs it, or the name of one; else the real switches.

        Raises:
            InputError: with every mistake in the files, each with its place; or there is no such build or folder.
        """
        catalog = Catalog.load()
        if image_build:
            check_build("--image-build", image_build, catalog)
        folders = tuple(Path(one) for one in templates)
        missing = [folder for folder in folders if not folder.is_dir()]
        if missing:
            raise InputError(f"--templates {missing[0]}: no such folder")
        files = read_fabric(Path(inventory), Path(topology), catalog)
        limits = (limit,) if isinstance(limit, str) else tuple(limit)
        return cls(files, limits, image_build, folders, bool(lab), lab if isinstance(lab, str) else "")

    def worked_by(self, scheduler: str, send_secrets: Sequence[str] = ()) -> OpenSite:
        """The same site, worked on by the workers of a scheduler; by this process with ""."""
        return replace(self, scheduler=scheduler, send_secrets=tuple(send_secrets))

    @cached_property
    def fabric(self) -> Fabric:
        """The planned fabric, as the files mean it.

        Raises:
            InputError: with every reason for which it cannot be planned, each with its place.
        """
        return self.files.plan(self.image_build)

    @property
    def name(self) -> str:
        """The fabric's name."""
        return self.files.topology.value.name

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What is odd in the files, but not wrong."""
        return self.fabric.warnings

    @cached_property
    def switches(self) -> list[SwitchPlan]:
        """The switches that are meant, in the inventory's order.

        Raises:
            InputError: `limit` names one that there is not.
        """
        return [self.fabric.plan.switches[name] for name in self.names]

    @cached_property
    def names(self) -> list[str]:
        """Their names: for who takes one after the other, and need not have all of them at once.

        Raises:
            InputError: `limit` names one that there is not.
        """
        return select(self.fabric.plan, self.limit)

    def configs(self, switches: Iterable[SwitchPlan] | None = None) -> Iterator[SwitchConfig]:
        """Their configs, or those of some `switches`, rendered one after the other.

        Raises:
            InputError: a template or a secret is not usable.
        """
        if switches is None:
            switches = (self.fabric.plan.switches[name] for name in self.names)
        return render_fabric(self.fabric, switches, self.templates)

    def rendered(self, output: Path) -> Rendered:
        """What there is of an earlier render into the folder."""
        folders, secret = template_folders(self.templates), self.fabric.secrets.for_config
        return Rendered(output / self.fabric.plan.name, self.fabric.plan, folders, secret)

    @cached_property
    def lab(self) -> LabState | None:
        """The running lab that the switches are in; None for the real ones.

        Raises:
            LabError: there is none.
        """
        if not self.in_lab:
            return None
        from sonicfab.lab.state import lab_of

        return lab_of(self.name, self.lab_name)

    @cached_property
    def as_reached(self) -> Fabric:
        """The fabric as its switches have it: the same, but where a lab's are stock images with ports of their own."""
        if self.lab is None:
            return self.fabric
        from sonicfab.lab.stock import STOCK_KINDS, stock_plan

        if self.lab.kind not in STOCK_KINDS:
            return self.fabric
        return replace(self.fabric, plan=stock_plan(self.fabric.plan))

    @cached_property
    def access(self) -> Access:
        """How the switches are reached: in the lab, or where the inventory says.

        Raises:
            InputError: a site has no worker of the scheduler, or a worker lacks something.
            TransportError: the scheduler does not answer.
        """
        from sonicfab.access import ssh_access
        from sonicfab.lab.access import lab_access

        access = ssh_access(self.fabric.secrets) if self.lab is None else lab_access(self.lab)
        if not self.scheduler:
            return access
        from sonicfab.remote.scheduler import Scheduler, remote_access

        scheduler = Scheduler(self.scheduler, self.fabric.secrets, self.send_secrets)
        return remote_access(scheduler, access, self.switches, self.fabric.plan.switches.values())

    def for_push(self, *, numbers: bool = True) -> OpenSite:
        """The same site, once it is sure that configs may be written to its switches; `numbers`: those of its files.

        Raises:
            InputError: some numbers are not kept yet, or the lab's switches take their config when they start.
            LabError: the lab does not run.
        """
        if numbers:
            self.fabric.require_numbers()
        if self.lab is None:
            return self
        from sonicfab.lab.stock import STOCK_KINDS

        if self.lab.kind in STOCK_KINDS:
            again = f"`sonicfab lab down --name {self.lab.name}` and `lab up` start it with the config of today"
            told = f"lab {self.lab.name} has {self.lab.kind} nodes, which take their config when they start"
            raise InputError(told, f"{again}; verify works")
        return self
