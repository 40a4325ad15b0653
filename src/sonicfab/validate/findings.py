"""What validation finds: a code, a place, what is wrong, why that matters, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sonicfab.validate.codes import Code, Severity, codes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: SF-NNN; sonicfab.validate.codes tells what it means.
        place: TABLE, TABLE|key or `TABLE|key field` of a config_db, or a line of frr.conf.
        message: what is there, and what was expected.
        hint: what may have been meant; "" leaves it to the code's own mend.
        switch: whose config it is; "" for a file of its own.
        file: config_db.json, frr.conf, or the path of a file that was given.
        line: of frr.conf; 0 elsewhere.
        build: the image build that it was checked for.
        source: where the rule is from, when that is more exact than the code's.
        grade: how grave it is on this build, when that is not what the code says; "" for what the code says.
        given: FILE:LINE:COLUMN where somebody wrote it as it stands; "" where it was planned.
    """

    code: str
    place: str
    message: str
    hint: str = ""
    switch: str = ""
    file: str = ""
    line: int = 0
    build: str = ""
    source: str = ""
    grade: Severity | Literal[""] = ""
    given: str = ""

    @property
    def about(self) -> Code:
        """What the code means."""
        return codes()[self.code]

    @property
    def severity(self) -> Severity:
        """Error or warning."""
        return self.grade or self.about.severity

    @property
    def mend(self) -> str:
        """What to do about it."""
        return self.hint or self.about.mend

    @property
    def reason_source(self) -> str:
        """Where the rule is from."""
        return self.source or self.about.source


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors before warnings, then as they were found; the same thing found twice is told once."""
    unique = list(dict.fromkeys(findings))
    return sorted(unique, key=lambda one: one.severity != "error")


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a config from being pushed."""
    return [one for one in findings if one.severity == "error"]
