"""The conditions with an argument that the models state (sonicfab.schema.musts has their names).

Where another field is missing that a condition compares with, the models may know a default: nothing is told then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sonicfab.schema.facts import to_int
from sonicfab.validate.conditions import Breach, Context, Values, family_of, text_of

Must = Callable[[Context, Values, str, str], Breach | None]
"""(context, values, field, argument)."""


def _numbers(values: Values, field: str, other: str) -> tuple[int, int] | None:
    own, theirs = to_int(text_of(values, field)), to_int(text_of(values, other))
    return None if own is None or theirs is None else (own, theirs)


def _at_least(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    numbers = _numbers(values, field, other)
    if numbers is None or numbers[0] >= numbers[1]:
        return None
    return Breach("SF-131", f"{field} is {numbers[0]}; expected at least {other}, which is {numbers[1]}")


def _above(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    numbers = _numbers(values, field, other)
    if numbers is None or numbers[0] > numbers[1]:
        return None
    return Breach("SF-131", f"{field} is {numbers[0]}; expected more than {other}, which is {numbers[1]}")


def _only_with(_context: Context, values: Values, field: str, argument: str) -> Breach | None:
    other, _, wanted = argument.partition("=")
    if other not in values or text_of(values, other) == wanted:
        return None
    return Breach("SF-131", f"{field} is for rows whose {other} is {wanted}; here it is {text_of(values, other)}")


def _not_with(_context: Context, values: Values, field: str, argument: str) -> Breach | None:
    other, _, refused = argument.partition("=")
    if other not in values or text_of(values, other) != refused:
        return None
    return Breach("SF-131", f"{field} is not for rows whose {other} is {refused}")


def _only(_context: Context, values: Values, field: str, wanted: str) -> Breach | None:
    own = text_of(values, field)
    return None if own == wanted else Breach("SF-131", f"{field} is '{own}'; expected {wanted}", f"write {wanted}")


def _same(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    own, theirs = text_of(values, field), text_of(values, other)
    if other not in values or own == theirs:
        return None
    return Breach("SF-131", f"{field} is '{own}'; expected that of {other}, '{theirs}'")


def _differs(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    own = text_of(values, field)
    return Breach("SF-131", f"{field} is '{own}', as {other} is") if own == text_of(values, other) else None


def _without(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    return Breach("SF-131", f"{field} cannot be beside {other}", "leave one of them out") if other in values else None


def _equals(context: Context, values: Values, field: str, argument: str) -> Breach | None:
    table, key, name = argument.split("|")
    own, theirs = text_of(values, field), context.field(table, key, name)
    if own == theirs:
        return None
    said = theirs or "missing"
    return Breach("SF-131", f"{field} is {own}; expected that of {table}|{key} {name}, which is {said}")


def _needs_positive(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    number = to_int(text_of(values, other))
    if other in values and (number is None or number > 0):
        return None
    return Breach("SF-131", f"{field} is there without {other}", f"give {other}, more than 0")


def _same_family(_context: Context, values: Values, field: str, other: str) -> Breach | None:
    own, theirs = text_of(values, field), text_of(values, other)
    if not theirs or family_of(own) == family_of(theirs):
        return None
    return Breach("SF-131", f"{field} {own} and {other} {theirs} are of different families")


def _snmp_password(_context: Context, values: Values, field: str, kinds: str) -> Breach | None:
    kind, length = text_of(values, "SNMP_USER_TYPE"), len(text_of(values, field))
    if kind in kinds.split():
        return None if length >= 8 else Breach("SF-131", f"{field} of a user of type {kind} is shorter than 8")
    return Breach("SF-131", f"{field} is for other users than those of type {kind}") if kind and length else None


def _control_plane(_context: Context, values: Values, _field: str, needed: str) -> Breach | None:
    if text_of(values, "type") != "CTRLPLANE" or needed in values:
        return None
    return Breach("SF-131", f"type is CTRLPLANE, but there are no {needed}")


MUSTS: Mapping[str, Must] = {
    "at-least": _at_least,
    "above": _above,
    "only-with": _only_with,
    "not-with": _not_with,
    "only": _only,
    "same": _same,
    "differs": _differs,
    "without": _without,
    "equals": _equals,
    "needs-positive": _needs_positive,
    "same-family": _same_family,
    "snmp-password": _snmp_password,
    "control-plane": _control_plane,
}
