"""Services of a switch: what the inventory may say of them, and what the plan and the templates then have.

A module here is a service. Its subclass of `Service` has the service's keys of the inventory, each with a sentence for
editors and documentation (`description`) and what `sonicfab explain` says of one value (`title`). Being there is all
that it takes: `Settings` of the inventory has the keys, the plan of a switch has them as `switch.services`, and
templates/config_db/ has a template that writes the tables.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, get_args, get_origin

from sonicfab.model.fields import Strict


class Service(Strict):
    """Keys of the inventory that `defaults`, a group and a device may all set; None where they leave it alone."""

    in_network: ClassVar[bool] = True
    """It is of use only where the management network of the inventory is."""


def services() -> tuple[type[Service], ...]:
    """Every service, by the name of its module."""
    for module in sorted(one.name for one in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
    return tuple(Service.__subclasses__())


def is_list(kind: object) -> bool:
    """True when a value of the type is a list."""
    return get_origin(kind) is tuple or any(is_list(one) for one in get_args(kind))
