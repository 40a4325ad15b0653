"""What the files have no word for, and is somebody's intent all the same: kept under `extra`, as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sonicfab.adopt.beside import extra_frr_lines
from sonicfab.adopt.page import flow, scalar
from sonicfab.adopt.seen import Seen
from sonicfab.adopt.services import controlled_rows, services_of
from sonicfab.configdb import Table, is_secret
from sonicfab.frr.conf import Context

_KEPT = ("ACL_TABLE", "ACL_RULE", "MIRROR_SESSION", "STATIC_ROUTE", "VLAN_SUB_INTERFACE", "VRF")
"""Tables that people write and no daemon, and that hold no secrets."""


_WHY = {
    "STATIC_ROUTE": "SONiC makes routes of these rows, and `routes` writes lines into frr.conf",
    "VLAN_SUB_INTERFACE": "the topology has none; sessions over them stand below `frr`, and are not planned",
}


def extra_of(switch: Seen) -> dict[str, Table]:
    """Table -> its rows, of those that are kept."""
    found = {table: switch.config.get(table, {}) for table in _KEPT}
    if any(key.startswith("control_plane.") for key in services_of(switch.config, switch.build)):
        for table, said in zip(("ACL_TABLE", "ACL_RULE"), controlled_rows(switch.config), strict=True):
            found[table] = {key: row for key, row in found[table].items() if key not in said}
    return {table: rows for table, rows in found.items() if rows and not _has_secret(table, rows)}


def _has_secret(table: str, rows: Table) -> bool:
    return any(is_secret(table, name) for row in rows.values() for name in row)


def extra_lines(extra: Mapping[str, Table], frr: Mapping[Context, Sequence[str]], indent: str) -> Sequence[str]:
    """As they stand in the topology; a line for each row, and those of FRR."""
    if not extra and not frr:
        return []
    lines = [f"{indent}extra:", *([f"{indent}  config_db:"] if extra else [])]
    for table, rows in extra.items():
        lines.append(f"{indent}    {table}:{f'  # {_WHY[table]}' if table in _WHY else ''}")
        lines += [f"{indent}      {scalar(key)}: {flow(dict(row))}" for key, row in rows.items()]
    return [*lines, *extra_frr_lines(frr, f"{indent}  ")]
