"""The YAML files of facts that ship with the package, and how a file of facts becomes a value.

A fact's shape is the frozen dataclass that the program works with: pydantic fills it, so it is declared once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import yaml

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_HERE = Path(__file__).resolve().parent
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Facts = TypeVar("Facts")

STRICT = {"extra": "forbid"}
"""`__pydantic_config__` of a dataclass of facts: a key that it does not have is a mistake."""


@cache
def fact_names(kind: str) -> tuple[str, ...]:
    """The names of all files of a kind (`platforms`, `builds`), in order."""
    folder = _HERE / "data" / kind
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".yml")))


def read_facts(kind: str, name: str) -> Any:  # noqa: ANN401 - any YAML
    """What one file of facts says; kind "" is the data folder itself.

    Raises:
        KeyError: there is no such file.
    """
    if name not in fact_names(kind):
        raise KeyError(name)
    return read_document(_HERE / "data" / kind / f"{name}.yml")


def read_document(path: Path) -> Any:  # noqa: ANN401 - any YAML
    """A YAML file that ships with sonicfab or that it wrote itself.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is not YAML.
    """
    return read_text(path.read_text(encoding="utf-8"))


def read_text(text: str) -> Any:  # noqa: ANN401 - any YAML
    """YAML of the package's own.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, the C one


def packaged_templates() -> Path:
    """The folder of the templates that ship with sonicfab."""
    packaged = _HERE / "templates"
    checkout = _HERE.parents[1] / "templates"
    return packaged if packaged.is_dir() else checkout


def as_facts(shape: type[Facts], value: object) -> Facts:
    """What a file says as a value of a dataclass, or of a dict of them.

    Raises:
        pydantic.ValidationError: it is not one.
    """
    return cast("Facts", _adapter(cast("Any", shape)).validate_python(value))


def as_plain(shape: type[Facts], facts: Facts) -> Any:  # noqa: ANN401 - any YAML
    """The other way: a value of a dataclass as a file says it."""
    return _adapter(cast("Any", shape)).dump_python(facts, mode="json")


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - a type, which mypy takes for no Hashable
    from pydantic import TypeAdapter  # here, as a command that reads no file needs none of it

    return TypeAdapter(shape)
