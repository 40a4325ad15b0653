"""A verification that was kept as JSON (`sonicfab verify --json FILE`), read back: results, verdict, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

from sonicfab.errors import InputError
from sonicfab.textfile import read_json
from sonicfab.verify.results import CheckResult, Explanation, Problem, Status

FORMAT_VERSION = 2
"""Of that JSON."""
_WRITES = "`sonicfab verify --json FILE` writes one"
_WORDS = ("switch", "check", "subject", "family", "far", "expected", "seen")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class KeptVerification:
    """What a verification said.

    Attributes:
        verdict: `ok`, `failed` or `unreached`.
        counts: of its results, by status.
        results: without what the peers of sessions said.
        frr: switch -> the version of FRR that it ran, as far as it was kept.
    """

    fabric: str
    verdict: str
    seconds: float
    counts: Mapping[str, int]
    checks: tuple[str, ...]
    findings: tuple[Explanation, ...]
    results: tuple[CheckResult, ...]
    frr: Mapping[str, str] = field(default_factory=dict)


def read_verification(path: Path, fabric: str) -> KeptVerification:
    """The verification of a fabric in a file.

    Raises:
        InputError: it cannot be read, is none, of another fabric, or of another version of the format.
    """
    data = read_json(path, _WRITES)
    if not isinstance(data, dict) or not {"verdict", "results", "fabric"} <= data.keys():
        raise InputError(f"{path} is no verification", _WRITES)
    if data.get("format_version") != FORMAT_VERSION:
        told = f"{path} has format_version {data.get('format_version')!r}, and this sonicfab reads {FORMAT_VERSION}"
        raise InputError(told, _WRITES)
    if data["fabric"] != fabric:
        raise InputError(f"{path} is of the fabric {data['fabric']!r}, not of {fabric}", _WRITES)
    try:
        return _verification(data)
    except (KeyError, TypeError, ValueError) as err:
        raise InputError(f"{path} is damaged: {err}", _WRITES) from err


def _verification(data: Mapping[str, Any]) -> KeptVerification:
    results = tuple(map(_result, _is(data["results"], list)))
    named = {_name(one): one for one in results}
    return KeptVerification(
        _is(data["fabric"], str),
        _is(data["verdict"], str),
        float(_is(data["seconds"], (int, float))),
        {_is(name, str): _is(number, int) for name, number in _is(data["counts"], dict).items()},
        _words(data["checks"]),
        tuple(_finding(one, named) for one in _is(data["findings"], list)),
        results,
        {_is(name, str): _is(version, str) for name, version in _is(data.get("frr", {}), dict).items()},
    )


def _result(data: Any) -> CheckResult:  # noqa: ANN401 - whatever JSON holds
    switch, check, subject, family, far, expected, seen = (_is(_is(data, dict)[name], str) for name in _WORDS)
    if data["status"] not in get_args(Status):
        raise ValueError(f"no status of a result: {data['status']!r}")
    return CheckResult(
        switch=switch,
        check=check,
        subject=subject,
        family=family,
        far=far,
        status=data["status"],
        expected=expected,
        seen=seen,
        problem=Problem(data["problem"]),
    )


def _name(one: CheckResult) -> tuple[str, ...]:
    return one.switch, one.check, one.subject, one.family, one.far


def _finding(data: Any, named: Mapping[tuple[str, ...], CheckResult]) -> Explanation:  # noqa: ANN401
    code, severity, cause, mend = (_is(_is(data, dict)[name], str) for name in ("code", "severity", "cause", "mend"))
    own, more = (tuple(_named(one, named) for one in _is(data[part], list)) for part in ("results", "consequences"))
    return Explanation(code, severity, _words(data["where"]), cause, _words(data["evidence"]), mend, own, more)


def _named(data: Any, named: Mapping[tuple[str, ...], CheckResult]) -> CheckResult:  # noqa: ANN401
    return named[tuple(_is(_is(data, dict)[word], str) for word in _WORDS[:5])]


def _words(data: Any) -> tuple[str, ...]:  # noqa: ANN401
    return tuple(_is(one, str) for one in _is(data, list))


def _is(value: Any, kind: type[_Value] | tuple[type[_Value], ...]) -> _Value:  # noqa: ANN401
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} stands where something else belongs"[:200])
    return value
