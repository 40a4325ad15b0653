"""Findings of a validation: for people, for programs, and as SARIF for code review tools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import typer

from sonicfab import __version__
from sonicfab.hints import first_of
from sonicfab.report.console import json_result, say, say_fitted, style, table
from sonicfab.validate.codes import Code, Severity
from sonicfab.validate.findings import Finding
from sonicfab.validate.run import Validation

FORMAT_VERSION = 1
_COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}
_NAMED = 3
_SHOWN = 100


def show_validation(result: Validation) -> None:
    """The findings, then what was and was not checked, and a line that sums up."""
    show_findings(result, say)
    for net in result.nets:
        say(f"checked: {net}")
    for net in result.skipped:
        say(f"not checked: {net}")
    say(summary(result))


def show_findings(result: Validation, say: Callable[[str], None]) -> None:
    """Each finding with its place, mend and source; what several switches share is told once."""
    groups = told(result)
    for one in groups[:_SHOWN]:
        say(f"{style(f'{one.severity} {one.code}', fg=_COLOURS[one.severity], bold=True)}  {one.where}")
        say_fitted(f"  {one.message}")
        if one.given:
            say(f"  {style('given:', dim=True)} {one.given}")
        say(f"  {style('mend:', dim=True)} {one.mend}")
        say(f"  {style('source:', dim=True)} {one.source}")
    if len(groups) > _SHOWN:
        say(f"... and {len(groups) - _SHOWN} more kinds of findings; --format json has all of them")


class Told(NamedTuple):
    """What is told once of findings that say the same of several rows or switches."""

    severity: Severity
    code: str
    where: str
    message: str
    given: str
    mend: str
    source: str


def told(result: Validation) -> list[Told]:
    """The findings as people read them, the worst first."""
    count = len(result.subjects)
    return [
        Told(one.severity, one.code, _where(group, count), one.message, one.given, one.mend, _source(one))
        for group in _groups(result.findings)
        for one in group[:1]
    ]


def summary(result: Validation) -> str:
    """The last line: how much was checked and how much is wrong."""
    count = len(result.subjects)
    what = result.subjects[0] if count == 1 else f"{count} configs"
    errors = sum(one.severity == "error" for one in result.findings)
    warnings = len(result.findings) - errors
    if not result.findings:
        return f"{what}: nothing found"
    parts = [f"{number} {word}{'s' * (number != 1)}" for number, word in ((errors, "error"), (warnings, "warning"))]
    return (
        f"{what}: {', '.join(part for part in parts if not part.startswith('0 '))} (`sonicfab explain-code` tells more)"
    )


def json_validation(result: Validation) -> None:
    """The same for programs: every finding, with nothing grouped."""
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "ok": result.ok,
            "configs": list(result.subjects),
            "checked": list(result.nets),
            "not_checked": list(result.skipped),
            "findings": [_json(one) for one in result.findings],
        }
    )


def sarif(result: Validation) -> None:
    """SARIF 2.1.0 (OASIS), which code review tools read."""
    codes = {one.code: one.about for one in result.findings}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": about.title},
            "fullDescription": {"text": about.consequence},
            "help": {"text": about.mend},
            "defaultConfiguration": {"level": about.severity},
        }
        for code, about in sorted(codes.items())
    ]
    driver = {"name": "sonicfab", "version": __version__, "rules": rules}
    results = [_sarif_result(one) for one in result.findings]
    json_result(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "results": results}],
        }
    )


def show_code(code: Code) -> None:
    """Everything about one code."""
    say(f"{style(code.code, bold=True)} ({code.severity}): {code.title}")
    say_fitted(f"  what follows: {code.consequence}")
    say(f"  mend:         {code.mend}")
    say_fitted(f"  source:       {code.source}")


def show_codes(codes: Iterable[Code]) -> None:
    """All codes, a line each."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("code", "severity", "what it is"):
        rows.add_column(column)
    for one in codes:
        rows.add_row(one.code, one.severity, one.title)
    table(rows)


def json_codes(codes: Iterable[Code]) -> None:
    """The same for programs."""
    fields = ("code", "severity", "title", "consequence", "mend", "source")
    rows = [{name: getattr(one, name) for name in fields} for one in codes]
    json_result({"format_version": FORMAT_VERSION, "codes": rows})


def _groups(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several rows or switches, together."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        table, _, rest = one.place.partition("|")
        field = rest.rpartition(" ")[2] if " " in rest else ""
        groups.setdefault((one.code, table, field, one.message, one.build, one.given), []).append(one)
    return list(groups.values())


def _where(group: Sequence[Finding], count: int) -> str:
    """`all 3 switches: PORT|Ethernet0 mtu and 55 rows more`."""
    switches = list(dict.fromkeys(map(_who, group)))
    places = list(dict.fromkeys(one.place for one in group))
    who = f"all {count}" if len(switches) == count > 1 else first_of(switches, _NAMED)
    more = f" and {len(places) - 1} more like it" if len(places) > 1 else ""
    return f"{who}: {places[0]}{more}" if places[0] else who


def _who(one: Finding) -> str:
    """The switch; of two files that were given, the one that the line is of."""
    beside = Path(one.file).parent == Path(one.switch).parent
    return one.file if one.line and beside else one.switch


def _source(one: Finding) -> str:
    return f"{one.reason_source}, {one.build}" if one.source else one.reason_source


def _json(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity,
        "config": one.switch,
        "file": one.file,
        "line": one.line or None,
        "given": one.given or None,
        "place": one.place,
        "message": one.message,
        "mend": one.mend,
        "consequence": one.about.consequence,
        "source": one.reason_source,
        "image_build": one.build,
    }


def _sarif_result(one: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": one.file}}
    if one.line:
        place["region"] = {"startLine": one.line}
    location = {"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": one.place or one.switch}]}
    text = f"{one.switch}: {one.place}: {one.message}; {one.mend}"
    return {"ruleId": one.code, "level": one.severity, "message": {"text": text}, "locations": [location]}
