"""An error as a result for programs, where the command was asked for one: JSON, SARIF or JUnit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from sonicfab import __version__
from sonicfab.errors import Diagnostic, InputError, SonicfabError
from sonicfab.report.console import json_result, say
from sonicfab.report.terminal import neutral

FORMAT_VERSION = 1


def show_failure(err: SonicfabError, format: str) -> None:  # noqa: A002 - the name of the option
    """Print the error in that format; nothing for formats that people read."""
    shown = {"json": _json, "sarif": _sarif, "junit": _junit}.get(format)
    if shown:
        shown(err)


def _found(err: SonicfabError) -> tuple[Diagnostic, ...]:
    return err.diagnostics if isinstance(err, InputError) else ()


def _json(err: SonicfabError) -> None:
    error: dict[str, Any] = {
        "kind": type(err).__name__.removesuffix("Error"),
        "message": str(err),
        "hint": err.hint or None,
        "exit_code": int(err.exit_code),
        "diagnostics": [
            {
                "severity": one.severity,
                "message": one.message,
                "file": one.place.file,
                "line": one.place.line or None,
                "column": one.place.column or None,
                "hint": one.hint or None,
            }
            for one in _found(err)
        ],
    }
    json_result({"format_version": FORMAT_VERSION, "ok": False, "error": error})


def _sarif(err: SonicfabError) -> None:
    """SARIF 2.1.0: mistakes with a place are results, as findings are; the run says that it has failed."""
    results = [
        {"ruleId": "input", "level": one.severity, "message": {"text": _text(one)}, "locations": [_location(one)]}
        for one in _found(err)
    ]
    text = f"{err} ({err.hint})" if err.hint else str(err)
    invocation = {
        "executionSuccessful": False,
        "exitCode": int(err.exit_code),
        "toolExecutionNotifications": [{"level": "error", "message": {"text": text}}],
    }
    driver = {
        "name": "sonicfab",
        "version": __version__,
        "rules": [{"id": "input", "shortDescription": {"text": "the files or options cannot be used"}}],
    }
    run = {"tool": {"driver": driver}, "invocations": [invocation], "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    json_result({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _location(one: Diagnostic) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": one.place.file}}
    if one.place.line:
        place["region"] = {"startLine": one.place.line, "startColumn": one.place.column or 1}
    return {"physicalLocation": place}


def _text(one: Diagnostic) -> str:
    return f"{one.message} (hint: {one.hint})" if one.hint else one.message


def _junit(err: SonicfabError) -> None:
    suites = ET.Element("testsuites", name="sonicfab", errors="1")
    suite = ET.SubElement(suites, "testsuite", name="sonicfab", tests="1", errors="1", failures="0")
    case = ET.SubElement(suite, "testcase", name="input", classname="sonicfab")
    error = ET.SubElement(case, "error", message=neutral(str(err)), type=type(err).__name__)
    error.text = neutral("\n".join([*map(str, _found(err)), err.hint]))
    say('<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suites, encoding="unicode"))
