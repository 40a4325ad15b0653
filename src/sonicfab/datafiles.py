"""The YAML files of facts that ship with the package: one per switch model, one per image build."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Facts = TypeVar("Facts", bound=BaseModel)


@cache
def fact_names(kind: str) -> tuple[str, ...]:
    """The names of all files of a kind (`platforms`, `builds`), in order."""
    folder = files("sonicfab") / "data" / kind
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".yml")))


def read_facts(kind: str, name: str, model: type[Facts]) -> Facts:
    """One file of facts as its model; kind "" is the data folder itself.

    Raises:
        KeyError: there is no such file.
    """
    if name not in fact_names(kind):
        raise KeyError(name)
    text = (files("sonicfab") / "data" / kind / f"{name}.yml").read_text(encoding="utf-8")
    return model.model_validate(yaml.load(text, Loader=_Loader))  # noqa: S506 - a safe loader, the C one


def read_document(path: Path) -> Any:  # noqa: ANN401 - any YAML
    """A YAML file that sonicfab wrote itself.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is not YAML.
    """
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
