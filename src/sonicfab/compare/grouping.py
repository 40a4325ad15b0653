"""Equal differences of many rows and many switches, told once as an engineer would say it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sonicfab.compare.differences import Action, Difference, Kind
from sonicfab.configdb import ConfigDb, natural_key
from sonicfab.roles import Role

DISTINCT = 3
"""So many distinct values are told one by one; more become a pattern, when they are alike."""

Roles = Mapping[str, Role | None]
"""The role of each switch; None where it is not known."""

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Group:
    """Differences that are told as one.

    Attributes:
        place: `PORT|Ethernet0-47` or `PORT|*`; for FRR the context, "" at the top.
        old: the value that all had, or a pattern with `*` where they differ.
        rows: how many rows (or lines) of one switch it is about, at most.
        examples: old and new of the first and the last, where the pattern alone says nothing.
    """

    kind: Kind
    action: Action
    section: str
    place: str
    field: str
    old: str
    new: str
    switches: tuple[str, ...]
    rows: int
    count: int
    examples: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a table has on the old and the new side, and on both."""

    remove: int
    add: int
    change: int


Sizes = Mapping[str, Mapping[str, Rows]]
"""Switch -> table -> its rows."""


def rows_of(old: ConfigDb, new: ConfigDb) -> dict[str, Rows]:
    """The rows of every table, by the action in which all of them can be told as `*`."""
    found = {table: (old.get(table, {}).keys(), new.get(table, {}).keys()) for table in {*old, *new}}
    return {table: Rows(len(one), len(other), len(one & other)) for table, (one, other) in found.items()}


@dataclass(frozen=True, slots=True)
class _Member:
    switch: str
    difference: Difference


def group(differences: Mapping[str, Iterable[Difference]], sizes: Sizes) -> list[Group]:
    """The differences by switch as groups."""
    buckets: dict[tuple[object, ...], list[_Member]] = defaultdict(list)
    for switch, found in differences.items():
        for one in found:
            looks = (one.kind, one.action, shape(one.section), one.field, shape(one.old), shape(one.new))
            buckets[looks].append(_Member(switch, one))
    groups: list[Group] = []
    for members in buckets.values():
        for alike in _by_value(members):
            groups += [_group(part, sizes) for part in _by_keys(alike)]
    return sorted(groups, key=_order)


def who(switches: Collection[str], roles: Roles) -> str:
    """`all 3 switches`, `all 2 leaves`, `1 spine (name)`, or the names; `roles` has every switch there is."""
    if len(roles) > 1 and set(switches) == set(roles):
        return f"all {len(roles)} switches"
    by_role: dict[Role | None, list[str]] = defaultdict(list)
    for name in switches:
        by_role[roles.get(name)].append(name)
    total = Counter(roles.values())
    parts = [_of_role(role, sorted(names, key=natural_key), total[role]) for role, names in by_role.items()]
    return " and ".join(parts)


def pattern(texts: Sequence[str]) -> str:
    """The texts as one: runs of digits in which they differ become `*`; "" when they differ in more."""
    first, *rest = [_DIGITS.split(text) for text in dict.fromkeys(texts)]
    merged = list(first)
    for parts in rest:
        if len(parts) != len(merged):
            return ""
        for index, (one, other) in enumerate(zip(merged, parts, strict=True)):
            if one != other:
                if index % 2 == 0:
                    return ""
                merged[index] = "*"
    return "".join(merged)


def compress(names: Iterable[str]) -> str:
    """`Ethernet0-47, Ethernet52`: names with running numbers as ranges; steps of 4 as on 100G ports count, too."""
    ordered = sorted(set(names), key=natural_key)
    runs: list[list[str]] = []
    step = 0
    for name in ordered:
        gap = _gap(runs[-1][-1], name) if runs else 0
        if runs and gap and (len(runs[-1]) == 1 or gap == step) and gap in (1, 4):
            runs[-1].append(name)
            step = gap
        else:
            runs.append([name])
    parts = [run[0] if len(run) == 1 else f"{run[0]}-{_DIGITS.split(run[-1])[-2]}" for run in runs]
    if len(parts) > DISTINCT + 1:
        return f"{parts[0]} ... {parts[-1]}"
    return ", ".join(parts)


def _gap(one: str, other: str) -> int:
    """By how much the last number grows, where nothing else differs; 0 otherwise."""
    a, b = _DIGITS.split(one), _DIGITS.split(other)
    if len(a) != len(b) or len(a) < 3 or a[-1] or a[:-2] != b[:-2] or b[-1]:
        return 0
    return int(b[-2]) - int(a[-2])


def shape(text: str) -> str:
    """The text with `*` for each run of digits."""
    return _DIGITS.sub("*", text)


def _by_value(members: list[_Member]) -> list[list[_Member]]:
    """Apart where the values are few, so that each is told as it is; together where they are many."""
    values: dict[tuple[str, str, str], list[_Member]] = defaultdict(list)
    for member in members:
        one = member.difference
        values[one.section, one.old, one.new].append(member)
    return list(values.values()) if len(values) <= DISTINCT else [members]


def _by_keys(members: list[_Member]) -> list[list[_Member]]:
    """Switches on which the same rows differ are told together."""
    keys: dict[str, set[str]] = defaultdict(set)
    for member in members:
        keys[member.switch].add(member.difference.key)
    alike: dict[frozenset[str], list[_Member]] = defaultdict(list)
    for member in members:
        alike[frozenset(keys[member.switch])].append(member)
    return list(alike.values()) if len(alike) <= DISTINCT else [members]


def _group(members: list[_Member], sizes: Sizes) -> Group:
    first = members[0].difference
    section = pattern([member.difference.section for member in members])
    old, new = (pattern([getattr(member.difference, side) for member in members]) for side in ("old", "new"))
    switches = tuple(dict.fromkeys(member.switch for member in members))
    by_switch = Counter(member.switch for member in members)
    bare = first.kind == "config_db" and "*" in (old, new) and {old, new} <= {"*", ""}
    ends = (members[0], members[-1]) if bare else ()
    return Group(
        kind=first.kind,
        action=first.action,
        section=section,
        place=section if first.kind == "frr" else f"{section}|{_keys(members, by_switch, sizes)}",
        field=first.field,
        old=old,
        new=new,
        switches=switches,
        rows=max(by_switch.values()),
        count=len(members),
        examples=tuple((one.difference.key, one.difference.old, one.difference.new) for one in ends),
    )


def _keys(members: list[_Member], by_switch: Mapping[str, int], sizes: Sizes) -> str:
    keys = {member.difference.key for member in members}
    if len(keys) == 1:
        return next(iter(keys))
    one = members[0].difference
    if all(getattr(sizes[switch].get(one.section), one.action, 0) == count for switch, count in by_switch.items()):
        return "*"
    return compress(keys)


def _of_role(role: Role | None, names: list[str], total: int) -> str:
    if role is None:
        return ", ".join(names) if len(names) <= DISTINCT else f"{len(names)} of {total} switches"
    if len(names) == 1:
        return f"1 {role} ({names[0]})"
    if len(names) == total:
        return f"all {total} {role.plural}"
    if len(names) <= DISTINCT:
        return f"{len(names)} {role.plural} ({', '.join(names)})"
    return f"{len(names)} of {total} {role.plural}"


def _order(one: Group) -> tuple[object, ...]:
    """What is gone before what is another, and that before what is new; config_db before FRR."""
    actions = {"remove": 0, "change": 1, "add": 2}
    return one.kind, actions[one.action], one.section, -len(one.switches), natural_key(one.place), one.field, one.old
