"""`config`: what runs is what is intended, and so is what the next start loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab import configdb
from sonicfab.frr import conf
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, settle
from sonicfab.render import SwitchConfig
from sonicfab.switch.ask import Answers, Question, UnansweredError
from sonicfab.verify.checks.base import Check, skipped
from sonicfab.verify.checks.questions import (
    MODE_RESETTERS,
    RECORD,
    RUNNING_CONFIG_DB,
    RUNNING_FRR,
    STORED_CONFIG_DB,
    STORED_FRR,
)
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import CheckResult

NOT_OURS = "not ours, left as it is: "
"""How the words begin that tell what another has put on the switch."""
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
        seen = _some(changes) if changes else "as intended"
        if subject == "config_db" and (theirs := _settled(config, answers).theirs):
            seen += f"; {NOT_OURS}{'; '.join(theirs)}"
        yield _result(expected, subject, problem, seen)


def drift(expected: Expectations, answers: Answers, subject: str) -> list[str]:
    """How what there is differs from what is intended, a line each: `+` is there and not intended. Secrets masked.

    What is another's on the switch is no difference.

    Raises:
        UnansweredError: it could not be read.
    """
    config = expected.config
    if config is None:
        return []
    if subject == "routing mode":
        return list(answers.get(MODE_RESETTERS))
    if subject == "frr":
        answers.get(RUNNING_FRR)
    whole = _settled(config, answers)
    intended = whole.frr or ""
    if subject == "config_db":
        changes = configdb.diff(whole.config_db, answers.get(RUNNING_CONFIG_DB), whole.owned)
        return [str(change.reversed()) for change in changes]
    if subject == "frr":
        return _frr_drift(intended, whole.made.without(answers.get(RUNNING_FRR), intended))
    if subject == "stored config_db.json":
        stored_db = answers.optional(STORED_CONFIG_DB)
        if stored_db is None:
            return ["- /etc/sonic/config_db.json: it is not there"]
        return [str(change.reversed()) for change in configdb.diff(whole.config_db, stored_db, whole.owned)]
    stored = answers.optional(STORED_FRR)
    if stored is None:
        return ["- /etc/sonic/frr/frr.conf: it is not there"]
    if whole.is_stored(stored):
        return []
    return _frr_drift(intended, whole.made.without(stored, intended)) or ["~ the same lines in another form"]


def _settled(config: SwitchConfig, answers: Answers) -> Settled:
    """What the switch is to run with what is another's in it.

    Raises:
        UnansweredError: it cannot be read, and so nobody can tell what is ours.
    """
    there = OnSwitch(
        answers.get(RUNNING_CONFIG_DB),
        answers.optional(STORED_CONFIG_DB) or {},
        answers.optional(STORED_FRR) or "",
        answers.get(RECORD),
    )
    return settle(Rendered(config.config_db, config.frr, config.owned_tables), there)


def _frr_drift(intended: str, seen: str) -> list[str]:
    """What is there first, then what lacks."""
    changes = [change.reversed() for change in conf.diff(intended, seen)]
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
    return (RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR, MODE_RESETTERS, RECORD)


CHECK = Check("config", "configs", questions, judge, unasked)
