"""The result of `sonicfab verify` for a merge request: the verdict, what is wrong and why, the counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sonicfab.report.console import mark, say
from sonicfab.report.findings import counted
from sonicfab.report.markup import capped, cell, code, details, limited
from sonicfab.report.verify import frr_told, verdict
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.registry import BY_NAME
from sonicfab.verify.results import CheckResult
from sonicfab.verify.run import Verification

_REST = "{} parts more do not fit here: `sonicfab verify` shows all"


def markdown_verification(verification: Verification, changes: Sequence[str] = ()) -> None:
    """As large as a comment may be; `changes` are those since a snapshot, a line each."""
    say(limited(list(_blocks(verification, changes)), _REST))


def _blocks(verification: Verification, changes: Sequence[str]) -> Iterator[str]:
    good = not verification.exit_code
    yield f"### {mark('ok' if good else 'failed')} {cell(verdict(verification))}\n"
    if changes:
        lines = [f"- {cell(line)}" for line in changes]
        yield "\n".join(details(f"Since the snapshot: {len(lines)}", capped(lines, "- ... and {} more"), opened=True))
    for finding in verification.findings:
        yield "\n".join(_finding(finding))
    yield "\n".join(_counts(verification.results))
    if verification.frr:
        yield f"{cell(frr_told(verification.frr))}\n"


def _finding(one: Diagnosis) -> Iterator[str]:
    yield f"**{cell(one.code)}**: {cell(one.cause)}\n"
    lines = [f"- seen: {cell(told)}" for told in one.evidence]
    lines += [f"- mend: {code(one.mend)}"] if one.mend else []
    lines += [f"- this is: {cell(counted(one.results))}"] if one.results else []
    lines += [f"- follows: {cell(counted(one.consequences))}"] if one.consequences else []
    if lines:
        yield from details("by what one sees it, and what mends it", lines)


def _counts(results: Sequence[CheckResult]) -> list[str]:
    """How many expectations of each check were met; hosts that may be there or not are none."""
    counts = Counter((one.check, one.status) for one in results if not one.optional)
    rows = ["| check | met | not met | not looked at |", "| --- | ---: | ---: | ---: |"]
    for check, found in BY_NAME.items():
        met, failed = counts[check, "ok"], counts[check, "failed"]
        other = counts[check, "skipped"] + counts[check, "unreached"]
        if met or failed or other:
            rows.append(f"| {cell(f'{check}: {found.what}')} | {met} | {failed} | {other} |")
    return details(f"{sum(counts.values())} expectations", rows)
