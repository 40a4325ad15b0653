"""The codes of validation: what each means, how grave it is, what mends it, and where the rule is from.

They are in data/codes.yml; `sonicfab explain-code` prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from sonicfab.datafiles import read_facts

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake.

    Attributes:
        code: SF-NNN.
        title: in a few words.
        consequence: what the switch does with such a config.
        mend: what to do about it.
        source: where the rule is from.
    """

    code: str
    title: str
    severity: Severity
    consequence: str
    mend: str
    source: str


class _Code(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    severity: Severity
    consequence: str
    mend: str
    source: str


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    codes: dict[str, _Code]


@cache
def codes() -> Mapping[str, Code]:
    """Every code."""
    data = read_facts("", "codes", _File)
    return {name: Code(name, **one.model_dump()) for name, one in data.codes.items()}
