"""What a rollback puts back: what pushes have changed, nothing of another. Pure."""

from __future__ import annotations

from sonicfab import tables
from sonicfab.configdb import FABRIC_TABLES, Row
from sonicfab.frr.parts import without_others
from sonicfab.ownership.daemons import Made, made_of
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, frr_conf_counts


def back(kept: Rendered, then: Record, there: OnSwitch) -> Rendered:
    """Of the kept files what was ours then or is ours now; the rest as it stands on the switch, if it stands there.

    What is not there any more comes back: the push may have taken it away, as it does with the factory default.
    """
    now = there.record
    if not now.rows:
        return kept  # nobody can tell whose what is

    def ours(table: str, key: str, name: str) -> bool:
        known = [one for one in (then, now) if one.has_row(table, key) or one.has_field(table, key, name)]
        return any(not one.fields or one.has_field(table, key, name) for one in known)

    def row(table: str, key: str, before: Row) -> Row:
        after = there.stored.get(table, {}).get(key)
        if after is None or table in tables.at_start():
            return before
        kept_ours = {name: value for name, value in before.items() if ours(table, key, name)}
        if then.has_row(table, key) or now.has_row(table, key):
            return kept_ours
        return {**{name: value for name, value in after.items() if not ours(table, key, name)}, **kept_ours}

    config = {
        table: {key: row(table, key, one) for key, one in rows.items()}
        for table, rows in kept.config_db.items()
        if rows or not _is_by_row(table)  # no row of the operator's is no list of what there shall be
    }
    frr = kept.frr
    if frr and frr_conf_counts(there.running, kept.config_db):
        lines = then.lines | now.lines if now.fields else None
        frr = Made(routes=made_of(kept.config_db).routes).without(frr, "")  # where a row comes back, so does its route
        frr = without_others(frr, there.stored_frr, then.frr | now.frr, lines)
    if now.fields:
        return Rendered(config, frr, kept.owned, Planned(by_row=frozenset(config)))
    # what a service has been told, and no push has, is not looked at; an empty table may be what a push has said
    pushed = FABRIC_TABLES | then.rows.keys() | now.rows.keys()
    config = {
        table: rows
        for table, rows in config.items()
        if table in pushed or _is_by_row(table) or not there.stored.get(table)
    }
    return Rendered(config, frr, pushed | config.keys())


def _is_by_row(table: str) -> bool:
    return tables.table(table).owner == "operator"
