"""The result of `sonicfab verify`: the BGP table, what is wrong, one line to repeat; JSON and JUnit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from sonicfab.errors import ExitCode
from sonicfab.plan.types import FabricPlan
from sonicfab.report.console import mark, say, table
from sonicfab.verify.judge import CheckResult
from sonicfab.verify.run import Verification

FORMAT_VERSION = 1
_WORST_SHOWN = 20
_VERDICTS = {ExitCode.OK: "ok", ExitCode.FAILED: "failed", ExitCode.UNREACHED: "unreached"}


def show_verification(plan: FabricPlan, verification: Verification) -> None:
    """Sessions as a table, then what failed with what was seen, then the verdict in one line."""
    results = verification.results
    _show_sessions(plan, [result for result in results if result.check == "bgp" and ":" in result.far])
    for result in results:
        if result.status == "unreached":
            say(f"{mark('failed')} {result.seen}")
    _show_counts(results)
    _show_failures([result for result in results if result.status == "failed"])
    say(_verdict(verification))


def json_value(verification: Verification) -> dict[str, Any]:
    """All results for programs."""
    return {
        "format_version": FORMAT_VERSION,
        "fabric": verification.fabric,
        "verdict": _VERDICTS[verification.exit_code],
        "seconds": round(verification.seconds, 2),
        "counts": {status: verification.count(status) for status in ("ok", "failed", "skipped", "unreached")},
        "results": [asdict(result) for result in verification.results],
    }


def junit_text(verification: Verification) -> str:
    """JUnit XML: a test suite for each switch, a test case for each expectation, as CI systems read them."""
    suites = ET.Element("testsuites", name=f"sonicfab verify {verification.fabric}")
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
                ET.SubElement(case, tag, message=f"expected {result.expected}, seen: {result.seen}")
    ET.indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _show_sessions(plan: FabricPlan, sessions: list[CheckResult]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    by_end: dict[tuple[str, str], dict[str, CheckResult]] = defaultdict(dict)
    for result in sessions:
        by_end[result.switch, result.subject][result.family] = result
    ends = sorted(by_end.items(), key=lambda end: all(result.status == "ok" for result in end[1].values()))
    rows = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("switch", "peer", "far end", "", "state", *plan.families):
        rows.add_column(column, overflow="fold")
    for (switch, peer), results in ends:
        worst = min(results.values(), key=lambda result: result.status == "ok")
        far, _, port = worst.far.partition(":")
        state = Text(f"{mark(worst.status)} {worst.seen}", "green" if worst.status == "ok" else "red")
        counts = [_prefixes(results.get(family), worst) for family in plan.families]
        rows.add_row(switch, peer, far, port, state, *counts)
    if ends:
        table(rows)


def _prefixes(result: CheckResult | None, worst: CheckResult) -> str:
    """What the table says of one family: the prefixes received, or how it differs from the session's state."""
    if result is None:
        return ""
    if result.peer and result.peer.established:
        return f"{result.peer.received} pfx"
    return "" if result.seen == worst.seen else result.seen


def _show_counts(results: Iterable[CheckResult]) -> None:
    names = {"bgp": "sessions", "route": "loopback routes", "ping": "loopback pings"}
    hosts = [result for result in results if result.far == "host"]
    for check, name in names.items():
        own = [result for result in results if result.check == check and result.far not in ("", "host")]
        good = sum(1 for result in own if result.status == "ok")
        if own:
            say(f"{mark('ok' if good == len(own) else 'failed')} {good} of {len(own)} {name}")
    if hosts:
        there = len({(result.switch, result.subject) for result in hosts if result.status == "ok"})
        ports = len({(result.switch, result.subject) for result in hosts})
        say(f"{mark('ok' if there else 'skipped')} {there} of {ports} host ports have a host that speaks BGP")


def _show_failures(failures: list[CheckResult]) -> None:
    """One line for both families of the same failure: sessions first, then what follows from them."""
    order = {"bgp": 0, "route": 1, "ping": 2}
    grouped: dict[tuple[int, str, str, str, str], list[str]] = defaultdict(list)
    for result in failures:
        rank = order[result.check]
        if result.check != "bgp":
            key = (rank, "route" if rank == 1 else "ping", f"{result.switch} to {result.far}", result.seen, "")
            grouped[key].append(result.subject)
        elif result.far:
            key = (rank, "bgp", f"{result.switch}:{result.subject} - {result.far}", result.seen, result.expected)
            grouped[key].append(result.family)
        else:
            grouped[rank, "bgp", result.switch, "sessions that nobody planned", ""].append(result.subject)
    if grouped:
        say("")
    for key in sorted(grouped)[:_WORST_SHOWN]:
        _, check, ends, seen, expected = key
        wanted = f"; expected {expected}" if expected else ""
        say(f"{mark('failed')} {check} {ends}: {seen} ({_some(grouped[key])}){wanted}")
    if len(grouped) > _WORST_SHOWN:
        say(f"  ... and {len(grouped) - _WORST_SHOWN} more; --format json has all of them")


def _some(words: list[str]) -> str:
    names = list(dict.fromkeys(words))
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _verdict(verification: Verification) -> str:
    name, seconds = verification.fabric, f"{verification.seconds:.1f} s"
    failed, unreached = verification.count("failed"), verification.count("unreached")
    if failed or unreached:
        sessions = {
            (result.switch, result.subject)
            for result in verification.results
            if result.check == "bgp" and result.status == "failed" and result.far
        }
        parts = [f"{len(sessions)} session end{'s' * (len(sessions) != 1)} down"] if sessions else []
        parts += [f"{failed} expectations not met"] if failed else []
        parts += [f"{unreached} switches not checked"] if unreached else []
        return f"{name}: NOT as intended: {', '.join(parts)} ({seconds})"
    # a host may be there or not: nobody expects it
    met = sum(1 for result in verification.results if result.status == "ok" and result.far != "host")
    if not met:
        return f"{name}: nothing was checked ({seconds})"
    return f"{name}: as intended: all {met} expectations met ({seconds})"
