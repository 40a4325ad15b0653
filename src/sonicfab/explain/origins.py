"""The origin of a line: the rules of what its template line has used, and what the template itself says of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sonicfab.builds import Build
from sonicfab.explain.inputs import Given, Origin, Sources
from sonicfab.explain.notes import FieldRead, FieldReads
from sonicfab.explain.trace import Made
from sonicfab.plan.decided import Fact, Rule, rules_of
from sonicfab.platforms import Platform

T = TypeVar("T")
_SOURCE = " Source: "


@dataclass(frozen=True, slots=True)
class _Because:
    """What one look tells: `how` is how a number was allotted; `names` says that the value only names its object."""

    text: str = ""
    how: str = ""
    given: tuple[Given, ...] = ()
    facts: tuple[Fact, ...] = ()
    names: bool = False


def origin_of(sources: Sources, made: Made) -> Origin:
    """Why a line is what it is. The rule is "" for mere text of a template, of which that says nothing itself.

    What its expressions have used counts most; then the `if` round it, what names it, and the `for` round it.
    """
    used = [_because(sources, *one) for one in made.note.expressions]
    deciding = [one for some in used for one in some if not one.names]
    naming = [one for some in used for one in some if one.names]
    conditions = [one for looks in made.note.conditions for one in _ruled(sources, looks)]
    loops = [one for looks in made.note.loops for one in _ruled(sources, looks)]
    support = deciding or next((some for some in (conditions, naming, loops) if _any(some)), [])
    comment, facts = _parted(made.comment)
    rule = comment or "; ".join(_unique(one.text for one in deciding if one.text)) or _looked_at(made)
    how = "; ".join(_unique(one.how for one in deciding if one.how))
    return Origin(
        rule=": ".join(one for one in (rule, how) if one),
        given=tuple(_unique(given for one in support for given in one.given)),
        facts=tuple(_unique([*facts, *(fact for one in support for fact in one.facts)])),
    )


def _because(sources: Sources, own: FieldReads, bound: FieldReads) -> list[_Because]:
    """What an expression has used; what its variables stand for only where that is all there is."""
    found = _ruled(sources, own)
    if any(not one.names for one in found):
        return found
    behind = [one for one in _ruled(sources, bound) if not one.names]
    return [*behind, *found]


def _looked_at(made: Made) -> str:
    """What is known of a line whose values nobody has written a rule for: their names."""
    names = [(own or bound)[-1].name for own, bound in made.note.expressions if own or bound]
    return f"{' and '.join(f'`{name}`' for name in _unique(names))} of the plan" if names else ""


def _ruled(sources: Sources, looks: FieldReads) -> list[_Because]:
    return [one for look in looks for one in _of_look(sources, look)]


def _of_look(sources: Sources, look: FieldRead) -> Iterator[_Because]:
    if isinstance(look.of, Build):
        given = sources.given("inventory:image_build", look)
        yield _Because("a fact of the image build", "", given, sources.fact(look.name, look.value))
    elif isinstance(look.of, Platform):
        given = sources.given("inventory:platform", look)
        yield _Because("a fact of the switch model", "", given, sources.model_fact(look.value))
    else:
        rule = next((one for one in rules_of(look.of, look.name) if _holds(sources, one, look)), None)
        if rule:
            given = tuple(one for place in rule.given for one in sources.given(place, look))
            facts = tuple(one for fact in rule.facts for one in sources.facts(fact, look))
            yield _Because(rule.text.format(of=look.of), sources.how(rule, look), given, facts, rule.naming)


def _holds(sources: Sources, rule: Rule, look: FieldRead) -> bool:
    if rule.where and not rule.where(look.of):
        return False
    return not rule.asked or bool(sources.given(rule.given[0], look))


def _any(some: Sequence[_Because]) -> bool:
    return any(one.given or one.facts for one in some)


def _parted(comment: str) -> tuple[str, list[Fact]]:
    """`rule. Source: fact (place)` of a template's comment."""
    rule, _, source = comment.partition(_SOURCE)
    fact, _, place = source.removesuffix(")").partition(" (")
    return rule.rstrip(".") if source else rule, [Fact(fact, place)] if source else []


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))
