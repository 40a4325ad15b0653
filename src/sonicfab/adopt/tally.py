"""How much of what runs on a switch the files say again, and what stays beside them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sonicfab.adopt.prove import Difference
from sonicfab.adopt.seen import Seen
from sonicfab.configdb import Table
from sonicfab.frr import conf
from sonicfab.frr.chosen import chooses
from sonicfab.frr.conf import Context
from sonicfab.model.leave import FRR_WORD, frr_lines, places_of


@dataclass
class Count:
    """Rows of a table, or lines of a section of FRR's config.

    Attributes:
        reproduced: the files say them as they are.
        extra: they stand in the files as they are, under `extra`.
        left: the files mean something else, and leave what is there.
        not_ours: nothing in the files speaks of them.
    """

    reproduced: int = 0
    extra: int = 0
    left: int = 0
    not_ours: int = 0

    def add(self, other: Count) -> None:
        """The sum of both."""
        self.reproduced += other.reproduced
        self.extra += other.extra
        self.left += other.left
        self.not_ours += other.not_ours


@dataclass(frozen=True)
class Tally:
    """What became of the config of one switch: by table of config_db, and by section of FRR's config."""

    config_db: Mapping[str, Count] = field(default_factory=dict)
    frr: Mapping[str, Count] = field(default_factory=dict)

    def total(self) -> Count:
        """Of everything."""
        whole = Count()
        for one in (*self.config_db.values(), *self.frr.values()):
            whole.add(one)
        return whole


def tally(
    switch: Seen,
    difference: Difference | None,
    leave: Collection[str],
    extra: Mapping[str, Table],
    lines: Mapping[Context, Sequence[str]],
) -> Tally:
    """Of one switch; without a comparison (it is not in the files) nothing is reproduced.

    `extra` are the rows, `lines` those of FRR that are kept as they stand.
    """
    meant = difference.target.meant if difference is not None and difference.target is not None else None
    left = {place[:2] for word in leave if word != FRR_WORD for place in places_of(word)}
    tables = {}
    for table, rows in switch.config.items():
        rendered = meant.config_db.get(table, {}) if meant else {}
        tables[table] = _rows(table, rows, rendered, left, extra.get(table, {}))
    counts = {table: one for table, one in tables.items() if one != Count()}
    if meant and not meant.frr and FRR_WORD not in leave:
        return Tally(counts)  # SONiC makes FRR's config of rows, which are counted
    text = meant.frr if meant and meant.frr and FRR_WORD not in leave else ""
    return Tally(counts, _lines(switch, text, leave, lines))


def _rows(table: str, rows: Table, rendered: Table, left: Collection[tuple[str, str]], extra: Table) -> Count:
    count = Count()
    for key in rows:
        if key in extra:
            count.extra += 1
        elif key not in rendered:
            count.not_ours += 1
        elif (table, key) in left:
            count.left += 1
        else:
            count.reproduced += 1
    return count


def _lines(
    switch: Seen, rendered: str, leave: Collection[str], extra: Mapping[Context, Sequence[str]]
) -> dict[str, Count]:
    patterns, whole = frr_lines(leave), FRR_WORD in leave
    meant = conf.parse(rendered) if rendered else {}
    found: dict[str, Count] = {}
    for context, lines in conf.parse(switch.source.frr).items():
        for line in lines:
            count = found.setdefault(conf.FrrLineChange("+", context, line).section, Count())
            if line in extra.get(context, ()):
                count.extra += 1
            elif line in meant.get(context, frozenset()):
                count.reproduced += 1
            elif whole or any(chooses(one, context, line) for one in patterns):
                count.left += 1
            else:
                count.not_ours += 1
    return found
