"""What two builds allow in the tables of this fabric: the part of a comparison that a config of one's own needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sonicfab.compare.notes import BuildStep, Note
from sonicfab.schema.facts import FieldFacts, RowFacts, Schema, TableFacts, schema_of

Intervals = tuple[tuple[float, float], ...]

_REFUSED = "a config that has one is refused wherever the file is checked, and blocks every patch (SF-102)"
_NARROWER = "a config with another value is refused wherever the file is checked (SF-104)"


def schema_notes(step: BuildStep) -> list[Note]:
    """Tables, fields, values and conditions that one of the builds has and the other has not; rendered tables only."""
    old, new = schema_of(step.old), schema_of(step.new)
    if old is None or new is None:
        return [_unknown(step, old, new)]
    return [note for table in sorted(step.used) for note in _table(step, table, old.get(table), new.get(table))]


def _unknown(step: BuildStep, old: Schema | None, new: Schema | None) -> Note:
    unknown = [build.name for build, schema in ((step.old, old), (step.new, new)) if schema is None]
    learn = "sonicfab builds learn NAME --switch SWITCH -i INVENTORY -t TOPOLOGY"
    reason = f"nothing can be said of what it allows; learn it from a switch: {learn}"
    return Note("schema", f"not known of {' and '.join(unknown)}", reason, "sonicfab's table of image builds")


def _table(step: BuildStep, name: str, old: TableFacts | None, new: TableFacts | None) -> Iterator[Note]:
    if old is None or new is None:
        if old is not new:
            yield _model(step, name, gone=new is None)
        return
    source = f"{new.module}.yang of {step.old.name} and {step.new.name}"
    before, after = _fields(old), _fields(new)
    gone, come = ([field for field in one if field not in other] for one, other in ((before, after), (after, before)))
    if gone:
        rendered = step.used[name] & set(gone)
        yield Note(name, f"fields gone: {_listed(gone)}", _REFUSED, source, "error" if rendered else "warning")
    if come:
        reason = "you may use them with the new build, and must not with the old one"
        yield Note(name, f"new fields: {_listed(come)}", reason, source)
    for field in sorted(before.keys() & after.keys()):
        yield from _field(f"{name} {field}", before[field], after[field], source)
    yield from _rows(name, _by_name(old), _by_name(new), source)


def _model(step: BuildStep, name: str, *, gone: bool) -> Note:
    if gone:
        reason = "nothing checks its rows any more, and `config reload FILE` may refuse the file (SF-101)"
        return Note(name, "the table has no model any more", reason, f"YANG models of {step.new.name}", "warning")
    return Note(
        name, "the table has a model now", "its rows are checked from now on", f"YANG models of {step.new.name}"
    )


def _field(place: str, old: FieldFacts, new: FieldFacts, source: str) -> Iterator[Note]:
    before, after = old.type.described(), new.type.described()
    if before != after:
        words = set(old.type.words), set(new.type.words)
        if all(words):
            gone, come = sorted(words[0] - words[1]), sorted(words[1] - words[0])
            told = [f"{what}: {_listed(one)}" for what, one in (("no longer", gone), ("new", come)) if one]
            reason = _NARROWER if gone else "more values are allowed"
            yield Note(place, "; ".join(told), reason, source, "warning" if gone else "info")
        elif _wider(old.type.ranges, new.type.ranges):
            yield Note(place, f"{before} -> {after}", "more values are allowed", source)
        else:
            yield Note(place, f"{before} -> {after}", "what does not fit is refused (SF-104)", source, "warning")
    if new.mandatory and not old.mandatory:
        yield Note(place, "the field is mandatory now", "a row without it is refused (SF-106)", source, "warning")
    for rule in sorted(set(new.rules) - set(old.rules)):
        yield _rule(place, rule, source)


def _wider(old: Intervals, new: Intervals) -> bool:
    """True when a number that was in range still is."""
    return bool(old and new) and all(any(a <= low and high <= b for a, b in new) for low, high in old)


def _rows(name: str, old: Mapping[str, RowFacts], new: Mapping[str, RowFacts], source: str) -> Iterator[Note]:
    for row in sorted(old.keys() & new.keys()):
        before, after = old[row].max_rows, new[row].max_rows
        if before != after:
            told = f"at most {before or 'any number of'} -> {after or 'any number of'} rows"
            yield Note(name, told, "more rows are refused (SF-107)", source, "warning" if after else "info")
        for rule in sorted(set(new[row].rules) - set(old[row].rules)):
            yield _rule(name, rule, source)


def _rule(place: str, rule: str, source: str) -> Note:
    return Note(place, f"a new condition: {rule.replace(':', ' ')}", "`sonicfab validate` checks it", source, "warning")


def _by_name(table: TableFacts) -> Mapping[str, RowFacts]:
    return {row.name: row for row in (*table.lists, *table.rows.values())}


def _fields(table: TableFacts) -> dict[str, FieldFacts]:
    """Every field and key part of a table, by name."""
    rows = (*table.lists, *table.rows.values())
    return {field.name: field for row in rows for field in (*row.keys, *row.fields.values())}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
