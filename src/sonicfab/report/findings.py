"""Findings as text: what is wrong, how one sees it, what to do, what else follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab.hints import first_of
from sonicfab.report.console import mark, say, wrapped
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.registry import CHECKS
from sonicfab.verify.results import CheckResult

_NAMES = {check.name: check.counted for check in CHECKS} | {"login": ("switch not looked at", "switches not looked at")}
_SHOWN = 20


def show_findings(findings: Sequence[Diagnosis]) -> None:
    """Each with its evidence and what mends it, the worst first."""
    for text in lines(findings):
        say(text)


def lines(findings: Sequence[Diagnosis]) -> Iterator[str]:
    """The same, line by line, none wider than `columns` as far as words and commands allow."""
    for one in findings[:_SHOWN]:
        yield from wrapped(one.cause, f"{mark('failed')} {one.code}: ", "    ")
        for told in one.evidence:
            yield from wrapped(told, "    seen: ", "          ")
        if one.mend:
            yield f"    mend: {one.mend}"  # a command that is broken into lines is another one when it is copied
        yield from wrapped(counted(one.results), "    this is: ", "          ") if one.results else ()
        yield from wrapped(counted(one.consequences), "    follows: ", "          ") if one.consequences else ()
    if len(findings) > _SHOWN:
        yield f"  ... and {len(findings) - _SHOWN} more; --format json has all of them"
    if findings:
        yield ""


def counted(results: Iterable[CheckResult]) -> str:
    """`2 session ends, 8 routes down on leaf1, leaf2`."""
    failed = list(results)
    ends = {(one.switch, one.check, one.subject) for one in failed}
    counts = Counter(check for _, check, _ in ends)
    words = [f"{counts[check]} {_NAMES[check][counts[check] != 1]}" for check in _NAMES if counts[check]]
    switches = list(dict.fromkeys(one.switch for one in failed))
    return f"{', '.join(words)} (on {first_of(switches)})"


def finding_json(one: Diagnosis) -> dict[str, Any]:
    """A finding for programs; its results by what names them."""
    return {
        "code": one.code,
        "severity": one.severity,
        "where": list(one.where),
        "cause": one.cause,
        "evidence": list(one.evidence),
        "mend": one.mend,
        "results": [_named(result) for result in one.results],
        "consequences": [_named(result) for result in one.consequences],
    }


def _named(one: CheckResult) -> dict[str, str]:
    return {"switch": one.switch, "check": one.check, "subject": one.subject, "family": one.family, "far": one.far}
