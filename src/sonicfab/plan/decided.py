"""Why a value of the plan is what it is: rules that stand beside the fields that they decide, in `Annotated`.

Nothing here is asked for when a plan is made or rendered; `sonicfab explain` reads the rules of the fields that a line
of a template has used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any, get_type_hints


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so, and its source."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that decides a field, or one of several of which the first that holds does.

    Attributes:
        text: the rule, in which `{of.NAME}` is of the object that has the field; "" where the places say all.
        given: where the value stands: places of the files, as `Sources.given` of sonicfab.explain reads them.
        facts: what the rule rests on; a word stands for a fact that depends on the switch (`Sources.facts`).
        where: it holds for such objects only.
        asked: it holds only where the first place of `given` is there.
        naming: the value only names its object: a line with it may say anything of that.
    """

    text: str
    given: tuple[str, ...] = ()
    facts: tuple[Fact | str, ...] = ()
    where: Callable[[Any], bool] | None = None
    asked: bool = False
    naming: bool = False


def rules_of(of: object, name: str) -> tuple[Rule, ...]:
    """The rules of a field, a property or a method; none where nobody has written any."""
    kind = type(of)
    if kind not in _known:
        _known[kind] = dict(_rules(kind))
    return _known[kind].get(name, ())


_known: dict[type, Mapping[str, tuple[Rule, ...]]] = {}


def _rules(kind: type) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    hints = get_type_hints(kind, include_extras=True)
    for name, one in ((name, one) for base in reversed(kind.__mro__) for name, one in vars(base).items()):
        function = one.fget if isinstance(one, property) else one
        if isinstance(function, FunctionType) and not name.startswith("_"):
            hints[name] = get_type_hints(function, include_extras=True).get("return")
    for name, hint in hints.items():
        notes = [
            one for note in getattr(hint, "__metadata__", ()) for one in (note if isinstance(note, tuple) else (note,))
        ]
        yield name, tuple(one for one in notes if isinstance(one, Rule))


def in_file(said: str) -> Mapping[str, str]:
    """What plan.json calls fields: `FIELD`, `FIELD:NAME` for another name, `-FIELD` for one that it leaves out.

    In `__file_names__` of a class. What that does not name is in the file where it has not its default.
    """
    return {word.lstrip("-").partition(":")[0]: _name_of(word) for word in said.split()}


def _name_of(word: str) -> str:
    field, _, name = word.partition(":")
    return "" if word.startswith("-") else name or field
