"""Lists with sequence numbers: prefix-lists, community-lists, AS path lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_ENTRY = re.compile(r"(\S+ (?:prefix-list|as-path access-list|\S*community-list \S+) \S+) seq (\d+) (.+)")
Entries = Mapping[int, str]


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


def list_commands(have: Sequence[str], want: Sequence[str]) -> tuple[list[str], list[str]]:
    """(commands before the route-maps, commands after everything that may use the lists)."""
    before: list[str] = []
    after: list[str] = []
    old, new = _lists(have), _lists(want)
    for name, entries in new.items():
        now = dict(old.get(name, {}))
        for number in sorted(entries):
            entry = entries[number]
            if now.get(number) == entry:
                continue
            # the same under another number would be dropped; and only a prefix-list's entry can be overwritten
            for other in [other for other, said in now.items() if other != number and said == entry]:
                before.append(f"no {name} seq {other} {now.pop(other)}")
            if number in now and "prefix-list" not in name:
                before.append(f"no {name} seq {number} {now[number]}")
            before.append(f"{name} seq {number} {entry}")
            now[number] = entry
        after += [f"no {name} seq {number} {said}" for number, said in now.items() if number not in entries]
    for name, entries in old.items():
        if name not in new:
            after += [f"no {name} seq {number} {said}" for number, said in entries.items()]
    return before, after


def _lists(lines: Iterable[str]) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    for line in lines:
        if match := _ENTRY.fullmatch(line):
            found.setdefault(match[1], {})[int(match[2])] = match[3]
    return found
