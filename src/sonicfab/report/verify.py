"""The result of `sonicfab verify`: the BGP table, what is wrong, one line to repeat; JSON and JUnit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any
from xml.etree import ElementTree as ET

from sonicfab.endpoint import Endpoint
from sonicfab.errors import ExitCode
from sonicfab.hints import first_of
from sonicfab.plan.types import FabricPlan
from sonicfab.report.console import columns, mark, say, say_fitted, table
from sonicfab.report.findings import finding_json, show_findings
from sonicfab.report.terminal import neutral
from sonicfab.verify import kept
from sonicfab.verify.checks.config import NOT_OURS
from sonicfab.verify.diagnose.base import Diagnosis
from sonicfab.verify.registry import BY_NAME
from sonicfab.verify.results import CheckResult, Problem
from sonicfab.verify.run import Verification
from sonicfab.verify.snapshot import ChangeSince

FORMAT_VERSION = kept.FORMAT_VERSION
_FIELDS = [one.name for one in fields(CheckResult)]
_SESSIONS_SHOWN = 40
_CHANGES_SHOWN = 40
_VERDICTS = {ExitCode.OK: "ok", ExitCode.FAILED: "failed", ExitCode.UNREACHED: "unreached"}


def show_verification(plan: FabricPlan, verification: Verification) -> None:
    """What is wrong and why, the sessions as a table, the counts, then the verdict in one line."""
    results = verification.results
    show_findings(verification.findings)
    _show_sessions(plan, [result for result in results if result.check == "bgp" and ":" in result.far])
    _show_counts(results)
    if verification.frr:
        say_fitted(frr_told(verification.frr))
    say_fitted(verdict(verification))


def show_changes(taken: str, differences: list[ChangeSince]) -> None:
    """What has changed since a snapshot, the worse first."""
    signs = {"worse": mark("failed"), "better": mark("ok"), "other": mark("skipped")}
    say(f"since {taken}: {change_counts(differences)}")
    for one in differences[:_CHANGES_SHOWN]:
        say_fitted(f"{signs[one.kind]} {one.kind} {one.switch}: {one.what}")
    if len(differences) > _CHANGES_SHOWN:
        say(f"  ... and {len(differences) - _CHANGES_SHOWN} more; --format json has all of them")
    say("")


def change_counts(differences: list[ChangeSince]) -> str:
    """`2 changes for the worse, 1 for the better`."""
    counts = {kind: sum(1 for one in differences if one.kind == kind) for kind in ("worse", "better", "other")}
    words = {"worse": "for the worse", "better": "for the better", "other": "otherwise"}
    parts = [f"{count} {words[kind]}" for kind, count in counts.items() if count]
    return f"changes: {', '.join(parts)}" if parts else "nothing has changed"


def json_value(verification: Verification) -> dict[str, Any]:
    """All results for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "fabric": verification.fabric,
        "verdict": _VERDICTS[verification.exit_code],
        "seconds": round(verification.seconds, 2),
        "counts": {status: verification.count(status) for status in ("ok", "failed", "skipped", "unreached")},
        "checks": list(verification.checks),
        "frr": verification.frr,
        "findings": [finding_json(finding) for finding in verification.findings],
        "results": [_result(result) for result in verification.results],
    }


def _result(one: CheckResult) -> dict[str, Any]:
    """As `asdict`, which copies every word of it: a verification has a hundred results for each switch."""
    said = {name: getattr(one, name) for name in _FIELDS}
    return said | {"peer": asdict(one.peer) if one.peer else None}


def changes_json(taken: str, differences: list[ChangeSince]) -> dict[str, Any]:
    """What has changed, for programs."""
    return {"since": taken, "changes": [asdict(one) for one in differences]}


def junit_text(verification: Verification) -> str:
    """JUnit XML: a test suite for each switch, a test case for each expectation, as CI systems read them."""
    suites = ET.Element("testsuites", name=f"sonicfab verify {verification.fabric}")
    causes = {id(result): finding for finding in verification.findings for result in finding.failed}
    by_switch: dict[str, list[CheckResult]] = defaultdict(list)
    for result in verification.results:
        by_switch[result.switch].append(result)
    for switch, results in by_switch.items():
        counts = {status: sum(1 for one in results if one.status == status) for status in ("failed", "skipped")}
        errors = sum(1 for one in results if one.status == "unreached")
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=switch,
            tests=str(len(results)),
            failures=str(counts["failed"]),
            errors=str(errors),
            skipped=str(counts["skipped"]),
        )
        for result in results:
            name = " ".join(word for word in (result.subject, result.family, result.far) if word)
            case = ET.SubElement(suite, "testcase", classname=f"{switch}.{result.check}", name=name)
            tag = {"failed": "failure", "skipped": "skipped", "unreached": "error"}.get(result.status)
            if tag:
                found = ET.SubElement(case, tag, message=_message(result, causes.get(id(result))))
                found.text = _why(causes.get(id(result)))
    ET.indent(suites)
    # neutral: XML has no control characters, not even quoted
    return '<?xml version="1.0" encoding="utf-8"?>\n' + neutral(ET.tostring(suites, encoding="unicode"))


def _message(result: CheckResult, cause: Diagnosis | None) -> str:
    because = f"; because {cause.code}: {cause.cause}" if cause else ""
    return f"expected {result.expected}, seen: {result.seen}{because}"


def _why(cause: Diagnosis | None) -> str | None:
    if cause is None:
        return None
    return "\n".join([f"{cause.code}: {cause.cause}", *cause.evidence, f"mend: {cause.mend}"])


def _show_sessions(plan: FabricPlan, sessions: list[CheckResult]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    by_end: dict[tuple[str, str], dict[str, CheckResult]] = defaultdict(dict)
    for result in sessions:
        by_end[result.switch, result.subject][result.family] = result
    ends = sorted(by_end.items(), key=lambda end: all(result.status == "ok" for result in end[1].values()))
    left_out = max(0, len(ends) - _SESSIONS_SHOWN)
    ends = ends[:_SESSIONS_SHOWN]
    rows = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("switch", "peer", "far end", "", "state", *plan.families):
        rows.add_column(column)
    for (switch, peer), results in ends:
        worst = min(results.values(), key=lambda result: result.status == "ok")
        far, port = Endpoint.of(worst.far)
        state = Text(f"{mark(worst.status)} {worst.seen}", "green" if worst.status == "ok" else "red")
        counts = [_prefixes(results.get(family), worst) for family in plan.families]
        rows.add_row(switch, peer, far, port, state, *counts)
    if ends:
        table(rows)
    if left_out:
        say(f"... and {left_out} more sessions, no worse; --format json has all of them")


def _prefixes(result: CheckResult | None, worst: CheckResult) -> str:
    """What the table says of one family: the prefixes received, or how it differs from the session's state."""
    if result is None:
        return ""
    if result.peer and result.peer.established:
        return f"{result.peer.received} pfx"
    return "" if result.seen == worst.seen else result.seen


def _show_counts(results: Iterable[CheckResult]) -> None:
    hosts = [result for result in results if result.far == "host"]
    skipped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for check, found in BY_NAME.items():
        own = [result for result in results if result.check == check and not result.optional]
        wanted = [result for result in own if result.status != "skipped" and (result.far or not _nobodys(result))]
        good = sum(1 for result in wanted if result.status == "ok")
        if wanted:
            say(f"{mark('ok' if good == len(wanted) else 'failed')} {good} of {len(wanted)} {found.what}")
        for result in own:
            if result.status == "skipped":
                skipped[check, result.seen].append(result.switch)
    if hosts:
        there = len({(result.switch, result.subject) for result in hosts if result.status == "ok"})
        ports = len({(result.switch, result.subject) for result in hosts})
        say(f"{mark('ok' if there else 'skipped')} {there} of {ports} host ports have a host that speaks BGP")
        for result in {(one.switch, one.subject): one for one in hosts if one.problem}.values():
            say_fitted(f"{mark('skipped')} {result.switch}:{result.subject}: {result.seen}")
    _show_theirs(results)
    for (check, because), switches in skipped.items():
        some = len(set(switches))
        say_fitted(f"{mark('skipped')} {check}: skipped, because {because} ({some} switch{'es' * (some != 1)})")


def _show_theirs(results: Iterable[CheckResult]) -> None:
    """What another has put on the switches: no fault, and none of ours."""
    by_words: dict[str, list[str]] = defaultdict(list)
    for one in results:
        if one.check == "config" and NOT_OURS in one.seen:
            by_words[one.seen.partition(NOT_OURS)[2]].append(one.switch)
    for words, switches in by_words.items():
        say_fitted(f"{mark('skipped')} {first_of(switches)}: {NOT_OURS}{words}")


def frr_told(versions: Mapping[str, str]) -> str:
    """What the switches run, in as few words as there are versions: `FRR 10.0.1 on 3 switches`."""
    counts = Counter(versions.values())
    return ", ".join(f"FRR {version} on {some} switch{'es' * (some != 1)}" for version, some in sorted(counts.items()))


def _nobodys(result: CheckResult) -> bool:
    """Whether nothing like it was planned: it is told as a finding and counted nowhere."""
    return result.problem in (Problem.UNPLANNED, Problem.FOREIGN, Problem.CABLE) and not result.far


def _causes(verification: Verification, shown: int) -> str:
    causes = [f"{one.code} {one.where[0]}" for one in verification.findings]
    text = f"{len(causes)} finding{'s' * (len(causes) != 1)}"
    if not shown:
        return text
    return f"{text} ({first_of(causes, shown)})"


def verdict(verification: Verification) -> str:
    """One line that can be repeated."""
    name, seconds = verification.fabric, f"{verification.seconds:.1f} s"
    failed, unreached = verification.count("failed"), verification.count("unreached")
    if failed or unreached:
        parts = [f"{failed} expectation{'s' * (failed != 1)} not met"] if failed else []
        parts += [f"{unreached} switch{'es' * (unreached != 1)} not checked"] if unreached else []
        # as many causes as there is room for, and the first of them rather than the counts
        for shown, counts in ((3, parts), (2, parts), (1, parts), (1, []), (0, parts)):
            line = f"{name}: NOT as intended: {', '.join([_causes(verification, shown), *counts])} ({seconds})"
            if len(line) <= columns():
                break
        return line
    # a host may be there or not: nobody expects it
    met = sum(1 for result in verification.results if result.status == "ok" and not result.optional)
    if not met:
        return f"{name}: nothing was checked ({seconds})"
    return f"{name}: as intended: all {met} expectations met ({seconds})"
