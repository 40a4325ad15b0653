"""A lab of a fabric on this machine, booted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sonicfab.configdb import dumps
from sonicfab.errors import InputError, LabError
from sonicfab.fabric import Fabric, render_fabric
from sonicfab.lab.clabfile import ClabLab, StockNode
from sonicfab.lab.control import start_containers, start_lab
from sonicfab.lab.debian import MACHINE, Tree, at_hand, this_machine, tree_at
from sonicfab.lab.doctor import Requirement, examine, examine_containerlab, missing
from sonicfab.lab.hosts import lab_hosts
from sonicfab.lab.image import DEFAULT_IMAGE
from sonicfab.lab.planned import lab_spec, on_trees, stored_configs
from sonicfab.lab.spec import LabSpec
from sonicfab.lab.state import CONTAINERLAB, EMBEDDED, LabState
from sonicfab.lab.stock import STOCK_KINDS, stock_config, stock_plan, stock_ports, wider_than_old_images
from sonicfab.lab.upstreams import lab_upstreams
from sonicfab.operations.site import QUIET, Progress

NO_HOSTS = -1
_LIGHT = "light"
_LONGEST = 3600
Note = Callable[[str], None]
"""Is told in a sentence what is odd about the lab that is made."""


class LabLacksError(LabError):
    """This machine lacks something that the lab needs: `lacks` says what, and what mends it."""

    def __init__(self, lacks: Collection[Requirement]) -> None:
        super().__init__(
            "this machine cannot run the lab yet", "`sonicfab lab doctor` shows everything that it looks at"
        )
        self.lacks = list(lacks)


@dataclass(frozen=True)
class LabOptions:
    """What is to boot.

    Attributes:
        name: of the lab; "" for that of the fabric.
        backend: `embedded` or `containerlab`.
        kind, image: what containerlab's nodes are: `light`, `sonic-vs` or `sonic-vm`.
        swss_ready_after: seconds after a reload until a switch accepts the next one.
        yang_dir: a folder with YANG models for all switches.
        hosts: servers per leaf, 0 for one on every host port, NO_HOSTS for none.
        stored: a folder of `render` or `lab save` with the configs to boot from.
        frr: whose FRR switches run: a folder with a Debian, `machine`, or "" for the nearest to their build's.
    """

    name: str = ""
    backend: str = EMBEDDED
    kind: str = _LIGHT
    image: str = ""
    swss_ready_after: float = 10
    yang_dir: Path | None = None
    hosts: int = NO_HOSTS
    stored: Path | None = None
    frr: str = ""


def boot(fabric: Fabric, options: LabOptions, progress: Progress = QUIET, note: Note = lambda _: None) -> LabState:
    """Boot a switch for each of the fabric's, and leave them running.

    Raises:
        InputError: the options do not go together, some numbers are not kept yet, or a folder cannot be used.
        LabLacksError: this machine cannot run it.
        LabError: it runs already, or a switch does not start; nothing is left running then.
    """
    if options.backend == EMBEDDED and (options.image or options.kind != _LIGHT):
        raise InputError("--kind and --image are for containerlab", "add --backend containerlab")
    if options.backend == CONTAINERLAB and (options.hosts != NO_HOSTS or options.stored or options.frr):
        raise InputError("--hosts, --from and --frr are for the embedded lab", "leave --backend out")
    fabric.require_numbers()
    if lacks := missing(examine() if options.backend == EMBEDDED else examine_containerlab()):
        raise LabLacksError(lacks)
    spec = replace(_spec(fabric, options), begun_in=str(Path.cwd()))
    progress.expect(len(spec.switches) + len(spec.hosts))

    def tell(event: dict[str, Any]) -> None:
        if event["event"] == "wired":
            progress.tell(spec.name, f"{event['ports']} ports, {event['links']} cables")
        else:
            progress.tell(event["switch"], "booted")
            progress.finish(event["switch"])

    if options.backend == EMBEDDED:
        return start_lab(spec, tell)
    return start_containers(clab_lab(fabric, spec, options.kind, options.image, note), tell)


def _spec(fabric: Fabric, options: LabOptions) -> LabSpec:
    ready, yang = options.swss_ready_after, options.yang_dir
    if not 0 <= ready <= _LONGEST:
        raise InputError(f"--swss-ready-after {ready}: seconds, at most {_LONGEST}")
    if yang is not None and not any(yang.glob("*.yang")):
        raise InputError(f"--yang-dir {yang}: no such folder, or no *.yang in it")
    servers = lab_hosts(fabric.plan, options.hosts) if options.hosts != NO_HOSTS else ()
    if options.backend == EMBEDDED:
        servers = (*servers, *lab_upstreams(fabric.plan, fabric.secrets.for_config))
    configs = stored_configs(fabric.plan, options.stored) if options.stored else None
    spec = lab_spec(fabric.plan, options.name or fabric.plan.name, ready, yang, servers, configs)
    return on_trees(spec, fabric.plan, _trees(options.frr)) if options.backend == EMBEDDED else spec


def _trees(word: str) -> list[Tree]:
    if not word:
        return at_hand()
    return [this_machine() if word == MACHINE else tree_at(Path(word))]


def clab_lab(fabric: Fabric, spec: LabSpec, kind: str, image: str, note: Note) -> ClabLab:
    """The lab for containerlab, with configs where the image is a stock one.

    Raises:
        InputError: a stock image must be named, or it has fewer ports than a switch has cables.
    """
    if kind not in STOCK_KINDS:
        return ClabLab(spec, kind, image or DEFAULT_IMAGE)
    if not image:
        raise InputError(f"--kind {kind} needs --image", "sonicfab brings no SONiC image; name one that you have")
    note(f"{kind}: cables are on the image's own first ports; ports.txt beside each config says which")
    ports, plan = stock_ports(fabric.plan), stock_plan(fabric.plan)
    virtual_machine = kind == "sonic-vm"
    if virtual_machine and (wide := wider_than_old_images(ports)):
        note(wide)
    nodes = {
        config.switch: StockNode(
            {"config_db.json": dumps(stock_config(config.config_db, own_mac=virtual_machine)), "frr.conf": config.frr},
            ports[config.switch],
        )
        for config in render_fabric(replace(fabric, plan=plan), plan.switches.values())
    }
    return ClabLab(spec, kind, image, nodes)
