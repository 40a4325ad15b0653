"""Route-maps of FRR as policies of the topology: those whose every entry has a word there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sonicfab.frr import conf
from sonicfab.model.policies import Policy, PolicyName

_ENTRY = re.compile(r"route-map (\S+) (permit|deny) (\d+)")
_PREFIXES = re.compile(r"ip(?:v6)? prefix-list (\S+)(?: seq \d+)? (permit|deny) (\S+/\d+(?: ge \d+)?(?: le \d+)?)")
_PATHS = re.compile(r"bgp as-path access-list (\S+)(?: seq \d+)? (permit|deny) (\S+)")
_COMMUNITIES = re.compile(r"bgp community-list (?:standard )?(\S+)(?: seq \d+)? (permit|deny) (\S+)")
_ASKED = re.compile(r"match ip(?:v6)? address prefix-list (\S+)")
_GLOBAL = "set ipv6 next-hop prefer-global"
"""The plan says it where sessions run between global addresses."""
_WIDE = {("0.0.0.0/0", "::/0"): "default", ("0.0.0.0/0 le 32", "::/0 le 128"): "any"}
_POLICY: TypeAdapter[Any] = TypeAdapter(Policy)
_NAME: TypeAdapter[str] = TypeAdapter(PolicyName)

Words = list[dict[str, Any]]
"""The entries of a policy, as they stand in the topology."""


class _UnsayableError(Exception):
    """A line has no word."""


@dataclass(frozen=True)
class _Entry:
    number: int
    action: str
    prefixes: tuple[str, ...] = ()
    rest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RouteMaps:
    """Of a switch with an ASN, by its FRR config."""

    frr: str
    asn: int

    def words(self, name: str) -> Words | None:
        """The entries of a route-map; None for one that is not there, or says what no policy can."""
        try:
            entries = [self._entry(*one) for one in self._maps.get(name, ()) if not _is_only_global(one[2])]
            words = [_words(one) for one in _joined(entries)]
            _NAME.validate_python(name)
            _POLICY.validate_python(words)
        except (_UnsayableError, ValidationError):
            return None
        return words

    @cached_property
    def _maps(self) -> Mapping[str, list[tuple[int, str, list[str]]]]:
        found: dict[str, dict[str, tuple[int, str, list[str]]]] = {}
        for _, context, line in conf.lines(self.frr):
            match = _ENTRY.fullmatch(context[0]) if context else None
            if match:
                one = found.setdefault(match[1], {}).setdefault(match[3], (int(match[3]), match[2], []))
                if line:
                    one[2].append(line)
        return {name: sorted(entries.values()) for name, entries in found.items()}

    @cached_property
    def _lists(self) -> Mapping[str, Mapping[str, list[tuple[str, str]]]]:
        """Kind -> name -> (action, what) of each line."""
        kinds = {"prefixes": _PREFIXES, "as_path": _PATHS, "communities": _COMMUNITIES}
        found: dict[str, dict[str, list[tuple[str, str]]]] = {kind: {} for kind in kinds}
        for _, context, line in conf.lines(self.frr):
            for kind, pattern in kinds.items():
                if not context and (match := pattern.fullmatch(line)):
                    found[kind].setdefault(match[1], []).append((match[2], match[3]))
        return found

    def _entry(self, number: int, action: str, lines: Iterable[str]) -> _Entry:
        prefixes: tuple[str, ...] = ("any",)
        rest: dict[str, Any] = {}
        for line in lines:
            words = line.split()
            if match := _ASKED.fullmatch(line):
                if prefixes != ("any",):
                    raise _UnsayableError  # of two lists none matches
                prefixes = tuple(self._permitted("prefixes", match[1]))
            elif words[:2] == ["match", "as-path"]:
                (rest["as_path"],) = self._permitted("as_path", words[2], only=1)
            elif words[:2] == ["match", "community"] and len(words) == 3:
                rest["communities"] = self._permitted("communities", words[2])
            elif line != _GLOBAL:
                rest.setdefault("set", {}).update(self._set(words))
        return _Entry(number, action, prefixes, rest)

    def _permitted(self, kind: str, name: str, only: int = 0) -> list[str]:
        lines = self._lists[kind].get(name, [])
        if not lines or any(action != "permit" for action, _ in lines) or (only and len(lines) != only):
            raise _UnsayableError
        return [what for _, what in lines]

    def _set(self, words: list[str]) -> dict[str, Any]:
        match words:
            case ["set", "local-preference", number] if number.isdigit():
                return {"local_preference": number}
            case ["set", "metric", number] if number.isdigit():  # `+5` adds
                return {"metric": number}
            case ["set", "as-path", "prepend", *path] if set(path) == {str(self.asn)}:
                return {"prepend": str(len(path))}
            case ["set", "community", *communities, "additive"]:
                return {"communities": communities}
        raise _UnsayableError


def _is_only_global(lines: list[str]) -> bool:
    return sorted(lines) == ["on-match next", _GLOBAL]


def _joined(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """Of an entry for both families FRR has two, the second for IPv6 (see plan/policy.py)."""
    before: _Entry | None = None
    for one in entries:
        pair = before and one.number == before.number + 5 and before.number % 10 == 0
        if before and pair and (one.action, one.rest) == (before.action, before.rest):
            yield replace(before, prefixes=(*before.prefixes, *one.prefixes))
            before = None
            continue
        if before:
            yield before
        before = one
    if before:
        yield before


def _words(one: _Entry) -> dict[str, Any]:
    prefixes = list(one.prefixes)
    for (four, six), word in _WIDE.items():
        if four in prefixes and six in prefixes:
            prefixes[prefixes.index(four)] = word
            prefixes.remove(six)
    return {one.action: prefixes[0] if len(prefixes) == 1 else prefixes, **one.rest}
