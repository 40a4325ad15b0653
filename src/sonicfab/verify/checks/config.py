"""`config`: what runs is what is intended, and so is what the next start loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab import configdb, frrconf
from sonicfab.switch.ask import Answers, Question, UnansweredError
from sonicfab.verify.checks.base import Check, skipped
from sonicfab.verify.checks.questions import (
    MODE_RESETTERS,
    RUNNING_CONFIG_DB,
    RUNNING_FRR,
    STORED_CONFIG_DB,
    STORED_FRR,
)
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

SUBJECTS = {
    "config_db": "the running config_db as intended",
    "frr": "FRR's running config as intended",
    "stored config_db.json": "the config_db.json of the next start as intended",
    "stored frr.conf": "the frr.conf of the next start as intended",
    "routing mode": "nothing that resets it",
}


def judge(expected: Expectations, answers: Answers) -> Iterator[CheckResult]:
    """See Check.judge: a part that cannot be read fails by itself."""
    config = expected.config
    if config is None:
        because = expected.no_config or "the configs were not rendered"
        yield skipped(expected, "config", "config", "running and stored config as intended", because)
        return
    for subject in SUBJECTS:
        try:
            changes = drift(expected, answers, subject)
        except UnansweredError as err:
            yield _result(expected, subject, "unanswered", str(err))
            continue
        problem = ""
        if changes:
            problem = "resetter" if subject == "routing mode" else "unsaved" if "stored" in subject else "drift"
        yield _result(expected, subject, problem, _some(changes) if changes else "as intended")


def drift(expected: Expectations, answers: Answers, subject: str) -> list[str]:
    """How what there is differs from what is intended, a line each: `+` is there and not intended. Secrets masked.

    Raises:
        UnansweredError: it could not be read.
    """
    config = expected.config
    if config is None:
        return []
    if subject == "config_db":
        changes = configdb.diff(config.config_db, answers.get(RUNNING_CONFIG_DB), config.owned_tables)
        return [str(change.reversed()) for change in changes]
    if subject == "frr":
        return _frr_drift(config.frr, answers.get(RUNNING_FRR))
    if subject == "stored config_db.json":
        stored_db = answers.optional(STORED_CONFIG_DB)
        if stored_db is None:
            return ["- /etc/sonic/config_db.json: it is not there"]
        changes = configdb.diff(config.config_db, stored_db, config.owned_tables)
        return [str(change.reversed()) for change in changes]
    if subject == "stored frr.conf":
        stored = answers.optional(STORED_FRR)
        if stored is None:
            return ["- /etc/sonic/frr/frr.conf: it is not there"]
        if stored == config.frr:
            return []
        return _frr_drift(config.frr, stored) or ["~ the same lines in another form"]
    return list(answers.get(MODE_RESETTERS))


def _frr_drift(intended: str, seen: str) -> list[str]:
    """What is there first, then what lacks."""
    changes = [change.reversed() for change in frrconf.diff(intended, seen)]
    return list(map(str, sorted(changes, key=lambda change: change.sign)))


def _some(changes: Sequence[str]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0]}{more}"


def _result(expected: Expectations, subject: str, problem: str, seen: str) -> CheckResult:
    status = "failed" if problem else "ok"
    return CheckResult(
        expected.plan.name,
        "config",
        subject,
        "",
        "",
        status,  # type: ignore[arg-type]
        SUBJECTS[subject],
        seen,
        problem=problem,
    )


def unasked(expected: Expectations, seen: str) -> Iterator[CheckResult]:
    """See Check.unasked."""
    for subject in SUBJECTS:
        yield _result(expected, subject, "unanswered", seen)


def questions(expected: Expectations) -> Iterable[Question[Any]]:
    """See Check.questions."""
    if expected.config is None:
        return ()
    return (RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR, MODE_RESETTERS)


CHECK = Check("config", "configs", questions, judge, unasked)
