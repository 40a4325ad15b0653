"""The codes of validation: what each means, how grave it is, what mends it, and where the rule is from.

They are in data/codes.yml; `sonicfab explain-code` prints them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

from sonicfab.datafiles import STRICT, as_facts, read_facts

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

    __pydantic_config__: ClassVar = STRICT

    code: str
    title: str
    severity: Severity
    consequence: str
    mend: str
    source: str


@cache
def codes() -> Mapping[str, Code]:
    """Every code."""
    told = read_facts("", "codes")["codes"].items()
    return as_facts(dict[str, Code], {name: {"code": name, **one} for name, one in told})
