"""A config_db against builds whose own models are not public: what the models of the community builds say of it.

What all of them refuse alike is an error: this image is made from one of their kind. What the nearest of them alone
refuses is a warning. Vendors add tables, rows and fields, so of what no model knows only misspellings are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sonicfab.configdb import ConfigDb
from sonicfab.validate.findings import Finding
from sonicfab.validate.schema import SchemaCheck

_ADDED = frozenset({"SF-101", "SF-102", "SF-103"})
"""Codes of what the models do not know; a vendor's image may."""


class LikelyCheck:
    """Checks configs against the schemas of the community builds, by name; `nearest` names one of them, or is ""."""

    def __init__(self, schemas: Mapping[str, SchemaCheck], nearest: str) -> None:
        self._schemas, self._nearest = schemas, nearest

    def check(self, config: ConfigDb) -> list[Finding]:
        """What all refuse, and what the nearest refuses; each finding says which of the two it is."""
        by_schema = {name: _by_place(one.check(config)) for name, one in self._schemas.items()}
        common = set.intersection(*(set(found) for found in by_schema.values())) if by_schema else set()
        first = by_schema.get(self._nearest) or next(iter(by_schema.values()), {})
        found = [self._told(one, common=place in common) for place, one in first.items()]
        return [one for one in found if one is not None and (self._nearest or one.grade != "warning")]

    def _told(self, one: Finding, *, common: bool) -> Finding | None:
        source = f"{one.source}, all community builds" if common else f"{one.source}, community-{self._nearest}"
        if one.code in _ADDED:
            if not common or not one.hint.startswith("did you mean"):
                return None
            return replace(one, message=f"{one.message}; so by all community builds", grade="warning", source=source)
        if common:
            return replace(one, grade=one.severity, source=source)
        said = f"{one.message}; so by the models of community-{self._nearest}, this build's own are not known"
        return replace(one, message=said, grade="warning", source=source)


def _by_place(found: list[Finding]) -> dict[tuple[str, str], Finding]:
    return {(one.code, one.place): one for one in reversed(found)}
