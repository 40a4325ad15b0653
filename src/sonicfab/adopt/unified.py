"""BGP that frrcfgd makes of CONFIG_DB: read as the FRR config that comes of it, and said row by row as the plan has it.

Where the rows differ from the plan's, they are kept as `extra`, and the plan's are left, field by field. What nobody
knows the templates of, or what is more than these templates are followed for, stays on the switch whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sonicfab.adopt.beside import MOST, Beside
from sonicfab.adopt.seen import Seen
from sonicfab.configdb import ConfigDb, Row, Table, is_secret
from sonicfab.datafiles import packaged_templates
from sonicfab.errors import InputError
from sonicfab.fabric import Fabric
from sonicfab.frr import frrcfgd
from sonicfab.model.leave import FRR_WORD
from sonicfab.ownership.left import Left, Place
from sonicfab.plan.extra import Extra
from sonicfab.render import Renderer

_NOT_FOLLOWED = (
    *("BGP_GLOBALS_EVPN_RT", "BGP_GLOBALS_EVPN_VNI", "BGP_GLOBALS_EVPN_VNI_RT", "BGP_GLOBALS_ROUTE_ADVERTISE"),
)
"""Of BGP, and read by frrcfgd.py of all branches (TABLE_DAEMON), but not by sonicfab.frr.frrcfgd."""
_ALSO_READ = ("EXTENDED_COMMUNITY_SET", "NEIGHBOR_SET", "NEXTHOP_SET", "TAG_SET")
"""Read by it as well; they mean nothing by themselves."""


def rows_beside(switch: Seen, fabric: Fabric) -> Beside:
    """How the rows that the plan would have frrcfgd make BGP of become those of the switch."""
    if why := _why_whole(switch):
        return Beside((FRR_WORD,), whole=why)
    try:
        planned = planned_rows(switch.name, fabric)
    except InputError as err:  # a list that the rows of this build cannot say
        return Beside((FRR_WORD,), whole=f"the plan cannot be said in rows: {err}")
    leave, extra = list[str](), dict[str, Table]()
    kept = set[Place]()
    for table in (*frrcfgd.TABLES, *_ALSO_READ):
        want, have = planned.get(table, {}), switch.config.get(table, {})
        leave += _left(table, want, have)
        if rows := dict(_beside(table, want, have)):
            extra[table] = rows
        kept |= set(_common(table, want, have))
    count = sum(map(len, extra.values()))
    if count > MOST:
        return Beside((FRR_WORD,), whole=f"{count} of its rows for frrcfgd are about what the files have no words for")
    return Beside(tuple(leave), by_rows=True, rows=extra, kept=frozenset(kept))


def planned_rows(name: str, fabric: Fabric) -> ConfigDb:
    """The rows for frrcfgd that the plan of a switch comes to, wherever its FRR has its config from.

    Raises:
        InputError: its build cannot say them.
    """
    switch = replace(fabric.plan.switches[name], unified=True, left=Left(), extra=Extra())
    tables = Renderer([packaged_templates()], fabric.secrets.for_config).render(fabric.plan, switch).config_db
    return {table: rows for table, rows in tables.items() if table in frrcfgd.TABLES}


def _why_whole(switch: Seen) -> str:
    """Why FRR's config of a switch is left whole; "" where it is not."""
    daemon, mode = switch.build.frrcfgd if switch.build else None, switch.mode
    said = f"its routing mode is {mode or 'not set'}"
    if switch.build is None or daemon is None:
        return f"{said}: SONiC makes its BGP of tables, and nobody knows how"
    if mode != daemon.mode:
        return f"{said}: it has rows for frrcfgd, which does not run in it"
    if daemon.broken:
        return f"{said}, and of {switch.build.name} it is known: {daemon.broken}"
    if not switch.asn:
        return f"{said}, and there is no BGP in its tables: what FRR has is SONiC's own"
    try:
        daemon.makes(switch.config)
    except frrcfgd.FrrcfgdError as err:
        return f"{said}, and frrcfgd fails on its rows: {err}"
    other = [table for table in _NOT_FOLLOWED if switch.config.get(table)]
    return f"{said}, and what frrcfgd makes of {', '.join(other)} is not followed" if other else ""


def _left(table: str, want: Table, have: Table) -> Iterator[str]:
    """Words for what the plan has and the switch has not: as few as leave nothing that it has."""
    if want and not want.keys() & have.keys():
        yield table
        return
    yield from (f"{table}|{key}" for key in want if key not in have)
    odd: dict[str, list[str]] = {}
    for key in want.keys() & have.keys():
        for name, value in want[key].items():
            if have[key].get(name) != value:
                odd.setdefault(name, []).append(key)
    for name, keys in odd.items():
        if all(name not in row or key in keys or key not in have for key, row in want.items()):
            yield f"{table} {name}"
        else:
            yield from (f"{table}|{key} {name}" for key in sorted(keys))


def _beside(table: str, want: Table, have: Table) -> Iterator[tuple[str, Row]]:
    """What the switch has and the plan has not; secrets stay where they are."""
    for key, row in have.items():
        other = {
            name: value
            for name, value in row.items()
            if want.get(key, {}).get(name) != value and not is_secret(table, name)
        }
        if other or key not in want:
            yield key, other


def _common(table: str, want: Table, have: Table) -> Iterator[Place]:
    for key in want.keys() & have.keys():
        yield Place(table, key)
        yield from (Place(table, key, name) for name, value in want[key].items() if have[key].get(name) == value)
