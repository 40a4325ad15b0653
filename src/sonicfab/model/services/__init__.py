"""Services of a switch: what the inventory may say of them, and what the plan and the templates then have.

A module here is a service. Its subclass of `Service` has the service's keys of the inventory, each with a sentence for
editors and documentation (`description`) and what `sonicfab explain` says of one value (`title`). Being there is all
that it takes: `Settings` of the inventory has the keys, the plan of a switch has them as `switch.services`, and
templates/config_db/ has a template that writes the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar, NamedTuple, get_args, get_origin

from pydantic import Field

from sonicfab.model.fields import Strict


class Mistake(NamedTuple):
    """Keys that do not go together after defaults and groups have fallen to a switch; it is told of `key`."""

    key: str
    message: str
    hint: str = ""


Get = Callable[[str], Any]
"""The value of a key of the switch, such as `tacacs.key`; None where nothing says it."""


class Service(Strict):
    """Keys of the inventory that `defaults`, a group and a device may all set; None where they leave it alone."""

    in_network: ClassVar[bool] = True
    """It is of use only where the management network of the inventory is."""
    needs: ClassVar[Mapping[str, str]] = {}
    """Key -> the table of CONFIG_DB, or `TABLE field`, that it is written to: a build without that refuses the key."""

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:  # noqa: ARG003 - for those that have any
        """What the keys of a switch say that cannot be, each by itself being good."""
        yield from ()


def given(description: str, *, title: str = "as given", **limits: Any) -> Any:
    """A key that may be left out: None then; `title` is what `explain` says of its value."""
    return Field(default=None, title=title, description=description, **limits)


def services() -> tuple[type[Service], ...]:
    """Every service, by the name of its module."""
    _load()
    return tuple(Service.__subclasses__())


@cache
def _load() -> None:
    for module in sorted(one.name for one in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")


def is_list(kind: object) -> bool:
    """True when a value of the type is a list."""
    return get_origin(kind) is tuple or any(is_list(one) for one in get_args(kind))
