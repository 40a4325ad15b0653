"""The proof: what the files that were written would change on the very switches that they were written from.

They are read, planned and rendered as every command does it, and compared as `plan` compares. What a reading refuses is
taken back with the reason; what would change is said (a setting of a port) or left as it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sonicfab import configdb
from sonicfab.adopt.page import Page
from sonicfab.adopt.seen import Seen
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigChange
from sonicfab.errors import Diagnostic, InputError
from sonicfab.fabric import Fabric, read_fabric, render_fabric
from sonicfab.frr import conf
from sonicfab.frr.conf import FrrLineChange
from sonicfab.model.numbers import Numbers
from sonicfab.ownership.settle import OnSwitch
from sonicfab.plan.dump import numbers_text
from sonicfab.push.comparison import Target

INVENTORY, TOPOLOGY, NUMBERS = "inventory.yml", "topology.yml", "topology.numbers.yml"
_MOST_ROUNDS = 60


@dataclass
class Draft:
    """Both files and the numbers, as they stand so far."""

    name: str
    inventory: Page
    topology: Page
    numbers: Numbers

    def files(self, numbers: str | None = None) -> dict[str, str]:
        """File -> its text; `numbers`: that of the numbers file, once it is planned."""
        texts = {INVENTORY: self.inventory.text(), TOPOLOGY: self.topology.text()}
        if numbers is None and (self.numbers.switches or self.numbers.links):
            numbers = numbers_text(self.name, self.numbers)
        return {**texts, NUMBERS: numbers} if numbers else texts


@dataclass(frozen=True)
class Difference:
    """What would change on one switch."""

    config_db: tuple[ConfigChange, ...] = ()
    frr: tuple[FrrLineChange, ...] = ()
    blocked: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()
    target: Target | None = field(default=None, repr=False)

    def __bool__(self) -> bool:
        """True when something would change."""
        return bool(self.config_db or self.frr or self.blocked)


def proven(draft: Draft, catalog: Catalog, switches: Sequence[Seen]) -> tuple[Fabric, dict[str, Difference]]:
    """The fabric of the files, and what a push of it would change on each switch.

    Entries that cannot be read, planned or rendered are taken back, each with the reason.

    Raises:
        InputError: what is wrong is in no entry.
    """
    with tempfile.TemporaryDirectory(prefix="sonicfab-adopt-") as name:
        folder = Path(name)
        for _ in range(_MOST_ROUNDS):
            for file in (INVENTORY, TOPOLOGY, NUMBERS):
                (folder / file).unlink(missing_ok=True)
            for file, text in draft.files().items():
                (folder / file).write_text(text, encoding="utf-8")
            try:
                fabric = read_fabric(folder / INVENTORY, folder / TOPOLOGY, catalog).plan()
                return fabric, differences(fabric, switches)
            except InputError as err:
                if not _take_back(draft, err.diagnostics):
                    raise _without_folder(err, folder) from err
    raise InputError("the files that describe these switches do not become readable")


def _take_back(draft: Draft, diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether an entry was taken back; of one file at a time, for the other may be wrong only because of it."""
    pages = {INVENTORY: draft.inventory, TOPOLOGY: draft.topology}
    errors = [one for one in diagnostics if one.severity == "error"]
    for file, page in pages.items():
        found = [(page.entry_at(one.place.line), one.message) for one in errors if Path(one.place.file).name == file]
        entries = [(entry, message) for entry, message in found if entry is not None and entry.stands]
        for entry, message in entries:
            entry.refused = entry.refused or message
        if entries:
            return True
    numbers = [one for one in errors if Path(one.place.file).name == NUMBERS]
    if numbers and (draft.numbers.switches or draft.numbers.links):
        draft.numbers = Numbers()
        return True
    return False


def _without_folder(err: InputError, folder: Path) -> InputError:
    """The error without the name of a folder that is gone when it is read."""
    told = "; ".join(one.message for one in err.diagnostics if one.severity == "error") or str(err)
    return InputError(f"these switches cannot be described: {told.replace(f'{folder}/', '')}", err.hint)


def differences(fabric: Fabric, switches: Sequence[Seen]) -> dict[str, Difference]:
    """Switch -> what a push would change on it, of those that are in the fabric."""
    seen = {one.name: one for one in switches}
    found: dict[str, Difference] = {}
    planned = [one for one in fabric.plan.switches.values() if one.name in seen]
    for config in render_fabric(fabric, planned):
        source = seen[config.switch].source
        there = OnSwitch(source.config_db, source.config_db, source.frr, source.record)
        target, settled = Target.of(config).settled(there)
        changes = tuple(configdb.diff(target.config_db, source.config_db, target.owned))
        frr = tuple(conf.diff(target.frr, target.by_hand(source.frr))) if target.frr is not None else ()
        found[config.switch] = Difference(changes, frr, settled.blocked, settled.theirs, target)
    return found
