"""Lists with sequence numbers: prefix-lists, community-lists, AS path lists.

An entry of a prefix-list is more than what `show running-config` says of it: a route-map keeps a table of the networks
of the prefix-lists that it matches (lib/routemap.c, "route-map optimization"), in which a network stands once however
many entries name it. An entry that goes takes its network out of that table, whoever else still has it: the route-map
then denies what the config permits, and the running config shows nothing of it. Seen on 8.4.4, and the code is the
same in 10.5.4. All lines of one `vtysh -f` are one transaction there, in which entries that exist are changed or
removed before new ones are made, whatever the order of the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_ENTRY = re.compile(r"(\S+ (?:prefix-list|as-path access-list|\S*community-list \S+) \S+) seq (\d+) (.+)")
Entries = Mapping[int, str]


@dataclass
class ListCommands:
    """Commands for lists.

    Attributes:
        before: ahead of the route-maps.
        after: when nothing uses any more what they remove.
        then: in a `vtysh -f` of their own, after everything else.
    """

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    then: list[str] = field(default_factory=list)


def is_entry(line: str) -> bool:
    """Whether the line is an entry of a list."""
    return bool(_ENTRY.fullmatch(line))


def twice(lines: Iterable[str]) -> list[str]:
    """Lists that hold the same under two numbers: FRR drops the second silently (8.4.4, exit code 0)."""
    return [
        f"{name} holds the same under two sequence numbers, and FRR drops one of them"
        for name, entries in _lists(lines).items()
        if len(set(entries.values())) < len(entries)
    ]


def list_commands(have: Sequence[str], want: Sequence[str]) -> ListCommands:
    """The commands that make the lists of one config those of another."""
    commands = ListCommands()
    old, new = _lists(have), _lists(want)
    for name, entries in new.items():
        present = old.get(name, {})
        if _loses_a_network(name, present, entries):
            _renumbered(commands, name, present, entries)
        else:
            _changed(commands, name, present, entries)
    for name, entries in old.items():
        if name not in new:
            commands.after += _without(name, entries)
    return commands


def _changed(commands: ListCommands, name: str, have: Entries, want: Entries) -> None:
    now = dict(have)
    stays = {_network(said) for said in want.values()}
    # an entry whose network a new one has goes before that one is made, the others when nothing uses them
    for number in [number for number, said in have.items() if number not in want and _network(said) in stays]:
        commands.before.append(f"no {name} seq {number} {now.pop(number)}")
    for number in sorted(want, key=lambda number: (number not in have, number)):
        entry = want[number]
        if now.get(number) == entry:
            continue
        # the same under another number would be dropped; and only a prefix-list's entry can be overwritten
        for other in [other for other, said in now.items() if other != number and said == entry]:
            commands.before.append(f"no {name} seq {other} {now.pop(other)}")
        if number in now and "prefix-list" not in name:
            commands.before.append(f"no {name} seq {number} {now[number]}")
        commands.before.append(f"{name} seq {number} {entry}")
        now[number] = entry
    commands.after += _without(name, {number: said for number, said in now.items() if number not in want})


def _loses_a_network(name: str, have: Entries, want: Entries) -> bool:
    """Whether a route-map could lose a network that the list still has.

    It does when an entry with that network goes or gets another one, and no new entry, made after that, has it.
    """
    if "prefix-list" not in name:
        return False
    leaves = {_network(said) for number, said in have.items() if _network(said) != _network(want.get(number, ""))}
    stays = {_network(said) for said in want.values()}
    made = {_network(said) for number, said in want.items() if number not in have}
    return bool((leaves & stays) - made)


def _renumbered(commands: ListCommands, name: str, have: Entries, want: Entries) -> None:
    """All entries anew under numbers that are free, and then under their own: the list means the same in between."""
    free = max((*have, *want)) + 1
    away = {free + place: want[number] for place, number in enumerate(sorted(want))}
    commands.before += [*_without(name, have), *_with(name, away)]
    commands.then += [*_without(name, away), *_with(name, want)]


def _network(entry: str) -> str:
    """`permit 10.0.0.0/24 ge 32` -> `10.0.0.0/24`; `any` is the network 0 by another name."""
    words = entry.split(" ")
    if len(words) < 2:
        return ""
    return "0" if words[1] in ("any", "0.0.0.0/0", "::/0") else words[1]


def _with(name: str, entries: Entries) -> list[str]:
    return [f"{name} seq {number} {said}" for number, said in entries.items()]


def _without(name: str, entries: Entries) -> list[str]:
    return [f"no {line}" for line in _with(name, entries)]


def _lists(lines: Iterable[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for line in lines:
        if match := _ENTRY.fullmatch(line):
            found.setdefault(match[1], {})[int(match[2])] = match[3]
    return found
