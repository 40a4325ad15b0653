"""What is wrong with rendered configs and no less with what the switches run: told, and no reason to refuse.

A switch that another has set up may have rows that the models of its image do not allow, or sessions that cannot come
up; beside him one changes what is planned, and leaves the rest as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sonicfab.configdb import ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.validate.findings import Finding, errors
from sonicfab.validate.run import Subject, Validation, Validator

Configs = Mapping[str, tuple[ConfigDb, str]]
"""Switch -> CONFIG_DB and FRR's config."""


@dataclass(frozen=True)
class Judged:
    """Rendered configs, and what validation says of them; `ignore` are codes that are left out."""

    subjects: Sequence[Subject] = field(repr=False)
    links: Sequence[tuple[Endpoint, Endpoint]] = field(repr=False)
    ignore: Collection[str]
    validation: Validation

    @classmethod
    def of(
        cls, subjects: Sequence[Subject], links: Sequence[tuple[Endpoint, Endpoint]], ignore: Collection[str]
    ) -> Judged:
        """Validate them; the switches' own FRR reads frr.conf before anything takes effect."""
        return cls(subjects, links, ignore, Validator(vtysh=False).validate(subjects, links, ignore))

    def brought(self, running: Configs, after: Configs) -> list[Finding]:
        """The errors that a push would bring: they are in what switches run after it, and not in what they run now.

        Of switches that are in neither nothing is known; nothing is done to them.
        """
        stands = {_said(one) for one in self._with(running).findings}
        return [one for one in errors(self._with(after).findings) if _said(one) not in stands]

    def _with(self, configs: Configs) -> Validation:
        found = [
            replace(one, config_db=configs[one.name][0], frr=configs[one.name][1] or None)
            for one in self.subjects
            if one.name in configs
        ]
        return Judged.of(found, self.links, self.ignore).validation


def _said(one: Finding) -> tuple[str, str, str, str]:
    """The same wherever it stands in the text."""
    return one.switch, one.code, "" if one.line else one.place, one.message
