"""The changes of a running CONFIG_DB as a JSON patch for SONiC's generic config updater, `config apply-patch`.

Pure. A patch is planned together with the one that leads back, how long it takes, what it interrupts, and why it must
not be used, where that is so. GCU is sonic-utilities generic_config_updater/; where its branches 202305 to 202605
differ, it is said. Rules about times and texts come from the recorded runs of 202411.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sonicfab import configdb, tables
from sonicfab.builds import Build
from sonicfab.configdb import ConfigChange, ConfigDb, Row, Table, Value, natural_key
from sonicfab.push import patch_rules
from sonicfab.push.patch_rules import Interruption

_RUN, _FIELD, _ROW = 2.0, 0.75, 2.4
"""Seconds of a run, of a changed field and of a row that comes or goes, as recorded: 2 s for an empty patch, 42 s for
56 descriptions, 30 s for 12 rows."""
_SLOWER = 3.0
"""A switch's CPU takes two to four times as long as the machine of those recordings."""
_LIMIT, _SLACK = 120.0, 4.0


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of RFC 6902; a `remove` has no value."""

    op: Literal["add", "remove", "replace", "test"]
    path: str
    value: Value | Row | Table | None = None

    def as_json(self) -> dict[str, object]:
        """The operation as it stands in the file."""
        bare: dict[str, object] = {"op": self.op, "path": self.path}
        return bare if self.op == "remove" else {**bare, "value": self.value}


@dataclass(frozen=True, slots=True)
class PatchPlan:
    """How a running CONFIG_DB becomes what is intended, by patch.

    Attributes:
        changes: what `configdb.diff` says, no more and no less.
        operations: the patch.
        undo: the patch that leads back once the first has been applied as a whole.
        tests: operations that fail, and with them the patch, when what it replaces or removes is not any more what
            it was compared with; they go before `operations`.
        seconds: about how long it takes on a switch.
        interrupts: what stops for a while or for good; nothing else does.
        refused: why it must not be applied; reload instead.
    """

    changes: tuple[ConfigChange, ...]
    operations: tuple[Operation, ...]
    undo: tuple[Operation, ...]
    tests: tuple[Operation, ...]
    seconds: float
    interrupts: tuple[Interruption, ...]
    refused: tuple[str, ...]

    @property
    def limit(self) -> float:
        """Seconds after which it has gone wrong."""
        return max(_LIMIT, _SLACK * self.seconds)

    @property
    def links_down(self) -> tuple[str, ...]:
        """The ports whose links go down."""
        return tuple(dict.fromkeys(one.subject for one in self.interrupts if one.kind == "link"))


def plan_patch(intended: ConfigDb, running: ConfigDb, owned: Collection[str], build: Build) -> PatchPlan:
    """Plan how `running` becomes `intended` in the owned tables; `running` is the whole CONFIG_DB, without bgpraw.

    Raises:
        InputError: the schema of a learned build cannot be read.
    """
    changes = tuple(configdb.diff(intended, running, owned))
    target = _changed(running, intended, changes)
    operations, undo = between(running, target), between(target, running)
    return PatchPlan(
        changes,
        operations,
        undo,
        tuple(_tests(operations, running)),
        _seconds(changes),
        tuple(patch_rules.interrupts(changes, running)),
        tuple(patch_rules.patch_refusals(changes, running, target, build)),
    )


def dumps(operations: Iterable[Operation]) -> str:
    """The text of a patch file."""
    return json.dumps([one.as_json() for one in operations], indent=1) + "\n"


def between(before: ConfigDb, after: ConfigDb) -> tuple[Operation, ...]:
    """The patch from one whole CONFIG_DB to another.

    What goes, goes first, dependents before what they refer to; what comes, comes the other way round. GCU sorts a
    patch anew by the models' references (patch_sorter.py), but `jsonpatch` must be able to apply it as it stands.
    """
    names = sorted((name for name in before.keys() | after.keys() if before.get(name) != after.get(name)), key=_rank)
    gone = [one for name in reversed(names) for one in _removals(name, before.get(name, {}), after.get(name, {}))]
    come = [one for name in names for one in _additions(name, before.get(name, {}), after.get(name, {}))]
    return (*gone, *come)


def pointer(*steps: str) -> str:
    """A JSON pointer (RFC 6901): `/` in a key, as addresses have it, is written ~1."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def _rank(table: str) -> tuple[int, str]:
    """Tables that others refer to come first, in the order of tables.yml."""
    first = [name for name, one in tables.tables().items() if one.referred_to]
    return (first.index(table) if table in first else len(first), table)


def _order(key: str) -> tuple[int, str]:
    """Bare rows before the address rows that refer to them."""
    return key.count("|"), natural_key(key)


def _removals(table: str, before: Table, after: Table) -> Iterator[Operation]:
    # EmptyTableError (generic_updater.py): the last row goes with its table
    if not after:
        if before:
            yield Operation("remove", pointer(table))
        return
    for key in sorted(before.keys() - after.keys(), key=_order, reverse=True):
        yield Operation("remove", pointer(table, key))


def _additions(table: str, before: Table, after: Table) -> Iterator[Operation]:
    # a row cannot be added to a table that is not there ("member ... not found")
    if not before:
        if after:
            yield Operation("add", pointer(table), after)
        return
    for key in sorted(after, key=_order):
        if key not in before:
            yield Operation("add", pointer(table, key), after[key])
            continue
        old, new = before[key], after[key]
        for field in sorted(old.keys() | new.keys(), key=natural_key):
            path = pointer(table, key, field)
            if field not in new:
                yield Operation("remove", path)
            elif field not in old:
                yield Operation("add", path, new[field])
            elif old[field] != new[field]:
                yield Operation("replace", path, new[field])


def _tests(operations: Iterable[Operation], running: ConfigDb) -> Iterator[Operation]:
    """Recorded: a test that fails ends with exit code 2 and nothing changed."""
    for one in operations:
        if one.op in ("remove", "replace"):
            yield Operation("test", one.path, _at(running, one.path))


def _at(config: ConfigDb, path: str) -> Value | Row | Table:
    table, *steps = (step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])
    if not steps:
        return config[table]
    row = config[table][steps[0]]
    return row[steps[1]] if len(steps) > 1 else row


def _changed(running: ConfigDb, intended: ConfigDb, changes: Iterable[ConfigChange]) -> ConfigDb:
    """The running config with exactly these changes: fields and tables that are not in them stay as they are."""
    changed: dict[str, dict[str, dict[str, Value]]] = {}
    for one in changes:
        if one.table not in changed:
            changed[one.table] = {key: dict(row) for key, row in running.get(one.table, {}).items()}
        rows = changed[one.table]
        if not one.field:
            if one.action == "remove":
                del rows[one.key]
            else:
                rows[one.key] = dict(intended[one.table][one.key])
        elif one.action == "remove":
            del rows[one.key][one.field]
        else:
            rows[one.key][one.field] = intended[one.table][one.key][one.field]
    return {**running, **changed}


def _seconds(changes: Collection[ConfigChange]) -> float:
    rows = sum(not one.field for one in changes)
    return round(_SLOWER * (_RUN + _ROW * rows + _FIELD * (len(changes) - rows)), 1) if changes else 0.0
