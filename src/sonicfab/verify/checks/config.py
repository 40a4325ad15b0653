"""`config`: what runs is what is intended, and so is what the next start loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sonicfab import configdb
from sonicfab.builds import Frrcfgd
from sonicfab.frr import conf
from sonicfab.frr.meaning import differences
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, settle
from sonicfab.render import SwitchConfig
from sonicfab.switch.ask import Answers, Question
from sonicfab.switch.state.config import (
    MODE_RESETTERS,
    RECORD,
    RUNNING_CONFIG_DB,
    RUNNING_FRR,
    STORED_CONFIG_DB,
    STORED_FRR,
)
from sonicfab.verify.check import Check, Seen, Wanted
from sonicfab.verify.expect import Expectations
from sonicfab.verify.results import Problem

NOT_OURS = "not ours, left as it is: "
"""How the words begin that tell what another has put on the switch."""
SUBJECTS = {
    "config_db": "the running config_db as intended",
    "frr": "FRR's running config as intended",
    "stored config_db.json": "the config_db.json of the next start as intended",
    "stored frr.conf": "the frr.conf of the next start as intended",
    "routing mode": "nothing that resets it",
}


class Config(Check[str]):
    """What runs is what `render` makes, on the tables that sonicfab owns; so is what the next start loads; no file
    would reset the routing mode. Needs the same `--templates` as push.
    """

    what = "configs"
    counted = ("config", "configs")
    order = 60
    severity = "config"
    shows = "sudo sonic-cfggen -d --print-data"
    needs_configs = True

    def questions(self, expected: Expectations) -> Iterable[Question[Any]]:
        """See Check."""
        if expected.config is None:
            return ()
        return (RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR, MODE_RESETTERS, RECORD)

    def wanted(self, expected: Expectations) -> Iterator[Wanted[str]]:
        """Part by part; all in one where nobody rendered it."""
        if expected.config is None:
            yield Wanted("", "config", "running and stored config as intended")
            return
        for subject, text in SUBJECTS.items():
            yield Wanted(subject, subject, text)

    def judge(self, expected: Expectations, one: Wanted[str], answers: Answers) -> Seen:
        """A part that cannot be read fails by itself."""
        config, subject = expected.config, one.subject
        if config is None:
            return Seen(expected.no_config or "the configs were not rendered", skipped=True)
        changes = drift(expected, answers, subject)
        seen = _some(changes) if changes else "as intended"
        if subject == "config_db" and (theirs := _settled(config, answers).theirs):
            seen += f"; {NOT_OURS}{'; '.join(theirs)}"
        if not changes:
            return Seen(seen)
        if subject == "routing mode":
            return Seen(seen, Problem.RESETTER)
        return Seen(seen, Problem.UNSAVED if "stored" in subject else Problem.DRIFT)


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
    if not config.frr and subject in ("frr", "stored frr.conf"):  # frrcfgd makes it of the tables at each start
        rows = configdb.merge(whole.config_db, answers.get(RUNNING_CONFIG_DB), whole.owned)
        made = (expected.plan.build.frrcfgd or Frrcfgd()).makes(rows)
        return differences(answers.get(RUNNING_FRR), made) if subject == "frr" else []
    if whole.frr is None and subject in ("frr", "stored frr.conf"):
        return []  # all of it is left as it is
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
        changes = configdb.diff(whole.config_db, stored_db, whole.owned)
        return [str(change.reversed()) for change in (config.planned.left.but(changes) if config.planned else changes)]
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
    rendered = Rendered(config.config_db, config.frr or None, config.owned_tables, config.planned)
    return answers.made("settled", lambda them: settle(rendered, _there(them)))


def _there(answers: Answers) -> OnSwitch:
    return OnSwitch(
        answers.get(RUNNING_CONFIG_DB),
        answers.optional(STORED_CONFIG_DB) or {},
        answers.optional(STORED_FRR) or "",
        answers.get(RECORD),
        answers.find(RUNNING_FRR) or "",
    )


def _frr_drift(intended: str, seen: str) -> list[str]:
    """What is there first, then what lacks."""
    changes = [change.reversed() for change in conf.diff(intended, seen)]
    return list(map(str, sorted(changes, key=lambda change: change.sign)))


def _some(changes: Sequence[str]) -> str:
    more = f" and {len(changes) - 1} more" if len(changes) > 1 else ""
    return f"{changes[0]}{more}"
