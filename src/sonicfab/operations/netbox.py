"""Switches as NetBox has them, taken into the two files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sonicfab.adopt.imported import Imported, imported
from sonicfab.adopt.netbox import Said, tell
from sonicfab.adopt.netboxapi import NetBox, fetch
from sonicfab.catalog import Catalog
from sonicfab.errors import ExitCode, InputError
from sonicfab.operations.adopt import write_draft

_NOTHING_SAID = Said()


@dataclass(frozen=True)
class ImportResult:
    """What was made of what NetBox tells, and written.

    Attributes:
        folder: where the files are.
        written: those of them that were not there like this.
    """

    imported: Imported
    folder: Path
    written: Sequence[str] = field(default=())

    @property
    def exit_code(self) -> ExitCode:
        """OK when nothing is to be said by hand, else CHANGES."""
        return ExitCode.OK if self.imported.complete else ExitCode.CHANGES


def import_netbox(
    netbox: NetBox,
    output: str | Path = "site",
    filters: Mapping[str, Sequence[str]] | None = None,
    said: Said = _NOTHING_SAID,
    *,
    name: str = "",
    force: bool = False,
) -> ImportResult:
    """Ask NetBox, and write the inventory, the topology and the numbers file.

    Raises:
        InputError: no switch is among the devices, an option names what there is not, or the files are there already.
        LoginError, TransportError: NetBox does not take the token, or does not answer.
        OutputError: they cannot be written.
    """
    catalog, folder = Catalog.load(), Path(output)
    unknown = [one for one in said.builds.values() if one not in catalog.builds]
    if unknown:
        raise InputError(f"--image-build {unknown[0]}: no such image build", ", ".join(catalog.builds))
    found = imported(tell(fetch(netbox, filters or {}), catalog, said), catalog, name)
    return ImportResult(found, folder, write_draft(folder, found.files, force=force))
