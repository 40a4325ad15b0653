"""Render, push and verify SONiC spine-leaf fabrics from an inventory and a topology.

What a program calls is here, and loaded when it is first asked for; docs/api.md has examples.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonicfab.errors import ExitCode as ExitCode
    from sonicfab.errors import InputError as InputError
    from sonicfab.errors import SonicfabError as SonicfabError
    from sonicfab.operations.adopt import adopt_files as adopt_files
    from sonicfab.operations.adopt import adopt_live as adopt_live
    from sonicfab.operations.api import Site as Site
    from sonicfab.operations.ci import Watch as Watch
    from sonicfab.operations.site import Progress as Progress
    from sonicfab.push.guarded import Limits as Limits
    from sonicfab.push.run import PushOptions as PushOptions

__version__ = "0.1.0"

_HOMES = {
    "ExitCode": "errors",
    "InputError": "errors",
    "Limits": "push.guarded",
    "Progress": "operations.site",
    "PushOptions": "push.run",
    "Site": "operations.api",
    "SonicfabError": "errors",
    "Watch": "operations.ci",
    "adopt_files": "operations.adopt",
    "adopt_live": "operations.adopt",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever it is
    if name in _HOMES:
        return getattr(import_module(f"sonicfab.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sonicfab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
