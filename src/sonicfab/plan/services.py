"""The services of a switch as its plan has them: a frozen value with the keys that sonicfab.model.services finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, make_dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from sonicfab.builds import Build
from sonicfab.errors import KeyPath, Problem
from sonicfab.model.fields import Strict
from sonicfab.model.services import is_list, services
from sonicfab.plan.decided import Rule
from sonicfab.schema.facts import Schema, builtin, schema_of


def _keys(of: type[Strict], path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name, type and default of each key, as a dataclass has them; a mapping in it is a dataclass of its own."""
    hints = get_type_hints(of, include_extras=True)
    for name, one in of.model_fields.items():
        kind, place = hints[name], f"inventory:{path}{name}"
        if isinstance(kind, type) and issubclass(kind, Strict):
            inner = _value(kind.__name__, _keys(kind, f"{path}{name}."))
            yield name, inner, field(default=inner())
        else:
            rule = Rule(one.title or "", (f"{place}[]" if is_list(kind) else place,))
            yield name, Annotated[kind, rule], field(default=None)


def _value(name: str, keys: Iterator[tuple[str, Any, Any]]) -> Any:  # noqa: ANN401 - a class that nobody has declared
    made = make_dataclass(name, keys, frozen=True, namespace={"__module__": __name__})
    globals()[name] = made  # where pickle looks for it
    return made


if TYPE_CHECKING:

    class Services:
        """The keys of all services; None where the inventory leaves one alone."""

        def __init__(self, **keys: object) -> None: ...
        def __getattr__(self, name: str) -> Any: ...  # noqa: ANN401
else:
    Services = _value("Services", (key for one in services() for key in _keys(one)))


def settled_services(find: Callable[..., Any]) -> Services:
    """Those of a switch; `find` has the value at a path of keys."""
    values = {name: find(name) for one in services() for name in one.model_fields}
    inner = {name: type(getattr(Services(), name)) for name, one in values.items() if isinstance(one, Strict)}
    own = {
        name: kind(**{key: _item(find(name, key), f"{name}.{key}") for key in kind.__dataclass_fields__})
        for name, kind in inner.items()
    }
    return Services(**{**values, **own})


def _item(value: object, path: str) -> object:
    """A value as the plan has it: a mapping in a list is a dataclass, too; `path` is that of the list."""
    if isinstance(value, tuple):
        return tuple(_item(one, path) for one in value)
    if not isinstance(value, Strict):
        return value
    kind, rule = type(value).__name__, Rule("", (f"inventory:{path}",))
    made = globals().get(kind) or _value(kind, ((name, Annotated[Any, rule], field()) for name in _fields_of(value)))
    return made(**{name: getattr(value, name) for name in _fields_of(value)})


def _fields_of(value: Strict) -> tuple[str, ...]:
    return tuple(type(value).model_fields)


def refused_services(
    build: Build | None, find: Callable[..., tuple[Any, KeyPath]], get: Callable[..., Any]
) -> Iterator[Problem]:
    """What a switch cannot have of its services: tables and fields that its build lacks, keys that contradict."""
    for one in services():
        for key, wanted in one.needs.items() if build else ():
            value, path = find(*key.split("."))
            if value is not None and build is not None and (lacks := lacking(build, wanted)):
                yield Problem("inventory", path, f"{build.name} cannot have `{key}`: {lacks}")
        for mistake in one.mistakes(lambda key: get(*key.split("."))):
            _, path = find(*mistake.key.split("."))
            yield Problem("inventory", path, mistake.message, mistake.hint)


def lacking(build: Build, wanted: str) -> str:
    """What the models of the build, or the nearest ones that are known, lack of a table or a field; "" for nothing."""
    schema: Schema | None = schema_of(build)
    where = "in its YANG models"
    if schema is None and build.nearest_schema:
        schema = builtin(build.nearest_schema)
        where = f"in the YANG models of community-{build.nearest_schema}, the nearest that are known,"
    table, _, field = wanted.partition(" ")
    if schema is None:
        return ""
    if table not in schema:
        return f"{where} there is no {table}"
    rows = (*schema[table].lists, *schema[table].rows.values())
    return "" if not field or any(field in row.fields for row in rows) else f"{where} {table} has no {field}"


def without_network(of: Services) -> Services:
    """Only those that need no management network."""
    gone = {name: getattr(Services(), name) for one in services() if one.in_network for name in one.model_fields}
    return replace(of, **gone)  # type: ignore[type-var]
