"""How a switch differs from what is intended; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sonicfab import configdb, tables
from sonicfab.errors import SwitchError
from sonicfab.frr import conf
from sonicfab.ownership.back import back
from sonicfab.ownership.daemons import Made, is_on_every_switch, made_of
from sonicfab.ownership.left import Left
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch, Rendered, Settled, frr_conf_counts, settle
from sonicfab.render import SwitchConfig
from sonicfab.switch.ask import Answers, Question, UnansweredError, Value
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.bgp import BGP_SUMMARY, BgpPeer
from sonicfab.switch.state.config import (
    MODE_RESETTERS,
    RECORD,
    RUNNING_CONFIG_DB,
    RUNNING_FRR,
    STORED_CONFIG_DB,
    STORED_FRR,
)

NO_RECORD = "there is no record yet of what is ours"
OTHER_RECORD = "the record of what sonicfab has rendered differs"
_QUESTIONS = (RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR, MODE_RESETTERS, BGP_SUMMARY, RECORD)


@dataclass(frozen=True)
class Target:
    """What a switch is to run.

    Attributes:
        owned: the tables that are to have these rows and no others.
        frr: the frr.conf; None for one that has none, because SONiC makes FRR's config from CONFIG_DB.
        record: what of it is ours, to be kept on the switch; None leaves the record there as it is.
        take_over: nothing in these tables and in frr.conf is another's.
        exact: it is what is to run, whoever put it there: somebody gave the whole of it.
        planned: what of it is ours; None where all of it is.
        back: it is what was there before: only what pushes have changed goes back.
        made: lines of FRR's running config that are no difference, for SONiC's daemons make them of rows.
        meant: what it was before it was settled what of the switch is ours; None before that.
    """

    switch: str
    config_db: configdb.ConfigDb = field(repr=False)
    frr: str | None = field(repr=False)
    owned: Collection[str] = field(repr=False)
    record: Record | None = field(default=None, repr=False)
    take_over: bool = False
    exact: bool = False
    planned: Planned | None = field(default=None, repr=False)
    back: bool = False
    made: Made = field(default=Made(), repr=False)
    meant: Target | None = field(default=None, repr=False)

    @classmethod
    def of(cls, config: SwitchConfig, *, take_over: bool = False) -> Target:
        """What was rendered."""
        left_frr = config.planned is not None and config.planned.left.frr
        record = Record.of(config.config_db, None if left_frr else config.frr, config.planned)
        return cls(
            config.switch,
            config.config_db,
            config.frr or None,
            config.owned_tables,
            record,
            take_over,
            planned=config.planned,
        )

    def settled(self, there: OnSwitch) -> tuple[Target, Settled]:
        """What the switch is to run with what is another's in it, and what that is."""
        given = self.meant or self
        if given.exact:
            whole = Settled(given.config_db, given.frr, frozenset(given.owned), made_of(there.running))
        else:
            rendered = Rendered(given.config_db, given.frr, given.owned, given.planned)
            if given.back and not given.take_over:
                rendered = back(rendered, given.record or Record(), there)
            whole = settle(rendered, there, take_over=given.take_over)
        target = replace(
            given, config_db=whole.config_db, frr=whole.frr, owned=whole.owned, made=whole.made, meant=given
        )
        return target, whole

    @property
    def left(self) -> Left:
        """What the topology leaves as it is on the switch."""
        return self.planned.left if self.planned is not None and not self.take_over else Left()

    def loaded(self, running: configdb.ConfigDb) -> str:
        """The config_db.json to load on a switch that runs `running`: the operator's own tables are carried along."""
        return configdb.dumps(configdb.merge(self.config_db, running, self.owned))

    def by_hand(self, running_frr: str) -> str:
        """FRR's running config without the lines that SONiC's daemons make of rows."""
        return self.made.without(running_frr, self.frr or "")


@dataclass(frozen=True)
class Comparison:
    """How one switch differs from what is intended.

    Attributes:
        config_db: changes of the running CONFIG_DB, in the owned tables.
        frr: changes of FRR's running config.
        stored: what the next start would load differs, although what runs may not.
        drift: what runs but is not stored: changes by hand that nobody has saved.
        mode_resetters: files on the switch that would undo the routing mode.
        running: the whole running CONFIG_DB.
        running_frr: FRR's running config; "" when FRR does not run.
        stored_config_db, stored_frr: the files' text; "" for one that is not there.
        frr_down: what the switch says where the bgp container or bgpd does not run; "" where they do.
        peers: FRR's BGP sessions.
        target: what it was compared with: what was meant, and what is another's on the switch.
        record_text: the record of what is ours on the switch, as it stands there.
        theirs: what is another's and stays.
        blocked: what is another's and cannot stay beside what is meant.
        idle: what the topology leaves in vain: neither the plan nor the switch has it.
    """

    config_db: tuple[configdb.ConfigChange, ...]
    frr: tuple[conf.FrrLineChange, ...]
    stored: tuple[str, ...]
    drift: tuple[str, ...]
    mode_resetters: tuple[str, ...]
    running: configdb.ConfigDb = field(repr=False)
    running_frr: str = field(repr=False)
    stored_config_db: str = field(repr=False)
    stored_frr: str = field(repr=False)
    frr_down: str
    peers: tuple[BgpPeer, ...] = ()
    target: Target | None = field(default=None, repr=False)
    record_text: str = field(default="", repr=False)
    theirs: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    idle: frozenset[str] = frozenset()

    @property
    def differences(self) -> int:
        """How many rows, fields and lines run otherwise than intended."""
        return len(self.config_db) + len(self.frr)

    @property
    def runs(self) -> bool:
        """True when the switch runs what is intended."""
        return not self.config_db and not self.frr

    @property
    def equal(self) -> bool:
        """True when there is nothing to do, now or for the next start."""
        return self.runs and not self.stored

    @property
    def only_noted(self) -> bool:
        """True where it is as intended, and what is noted of a switch that was begun with carefully is another's part.

        Or nothing is noted. A switch that was ours whole is so when it is adopted.
        """
        careful = self.target is not None and self.target.planned is not None
        return careful and self.runs and self.stored in ((NO_RECORD,), (OTHER_RECORD,))

    @property
    def established(self) -> frozenset[str]:
        """The peers with a session that is up."""
        return frozenset(peer.peer for peer in self.peers if peer.established)

    @property
    def after(self) -> tuple[configdb.ConfigDb, str]:
        """CONFIG_DB and FRR's config as they are to be, with what is another's."""
        if self.target is None:
            return self.running, self.running_frr
        tables = configdb.merge(self.target.config_db, self.running, self.target.owned)
        return tables, self.running_frr if self.target.frr is None else self.target.frr

    def shown(self) -> tuple[str, ...]:
        """Every change as a line, secrets masked."""
        return (*map(str, self.config_db), *(f"frr: {change}" for change in self.frr), *self.stored)


def compare(switch: Switch, target: Target) -> Comparison:
    """Look at what runs and what is stored.

    Raises:
        SwitchError: the switch does not answer like SONiC.
        TransportError: the connection broke.
    """
    answers = switch.ask(*_QUESTIONS)
    running, stored_db = _there(switch, answers, RUNNING_CONFIG_DB), _there(switch, answers, STORED_CONFIG_DB)
    running_frr, stored_frr = _read(switch, answers, RUNNING_FRR), _read(switch, answers, STORED_FRR) or ""
    ours, peers = _there(switch, answers, RECORD), _read(switch, answers, BGP_SUMMARY)
    record_text = answers.text(RECORD)
    asked = (RUNNING_FRR, BGP_SUMMARY)
    down = next((answers.why_not(one) for one in asked if _read(switch, answers, one) is None), "")
    running_frr = running_frr or ""
    target, settled = target.settled(OnSwitch(running, stored_db, stored_frr, ours, running_frr))
    by_hand = target.by_hand(running_frr)
    stored: list[str] = []
    if target.left.but(configdb.diff(target.config_db, stored_db, target.owned)):
        stored.append("stored config_db.json differs")
    if not settled.is_stored(stored_frr):
        stored.append("stored frr.conf differs")
    if target.record is not None and record_text != target.record.dumps():
        stored.append(OTHER_RECORD if ours.rows else NO_RECORD)
    return Comparison(
        config_db=tuple(configdb.diff(target.config_db, running, target.owned)),
        frr=tuple(conf.diff(target.frr, by_hand)) if target.frr is not None else (),
        stored=tuple(stored),
        drift=tuple(_drift(running, stored_db, by_hand if peers is not None else "", stored_frr, target)),
        mode_resetters=tuple(_there(switch, answers, MODE_RESETTERS)),
        running=running,
        running_frr=running_frr,
        stored_config_db=answers.text(STORED_CONFIG_DB),
        stored_frr=stored_frr,
        frr_down=down,
        peers=tuple(peers or ()),
        target=target,
        record_text=record_text,
        theirs=settled.theirs,
        blocked=settled.blocked,
        idle=frozenset() if down else _idle(target, (running, running_frr), (stored_db, stored_frr)),
    )


def _idle(target: Target, *configs: tuple[configdb.ConfigDb, str]) -> frozenset[str]:
    """What is left and is in none of the configs of a switch, nor was in its plan; those of FRR are to be whole."""
    idle = target.planned.idle if target.left and target.planned else frozenset[str]()
    for config_db, frr in configs if idle else ():
        idle &= target.left.idle(config_db, frr)
    return idle


def _there(switch: Switch, answers: Answers, question: Question[Value]) -> Value:
    """An answer that every switch has."""
    try:
        return answers.get(question)
    except UnansweredError as err:
        raise SwitchError(f"{switch.name}: its {question.name} cannot be read: {err}") from err


def _read(switch: Switch, answers: Answers, question: Question[Value]) -> Value | None:
    """An answer, or None where it is known that there is nothing; what cannot be read is never taken for that."""
    try:
        return answers.optional(question)
    except UnansweredError as err:
        raise SwitchError(f"{switch.name}: its {question.name} cannot be read: {err}") from err


def _drift(
    running: configdb.ConfigDb, stored: configdb.ConfigDb, running_frr: str, stored_frr: str, target: Target
) -> list[str]:
    """What was changed by hand and not saved, secrets masked.

    FRR's part counts where frr.conf is what FRR starts from, in the other routing modes SONiC makes that itself, and
    where it is whole: the config of a daemon that has died is not in `running_frr`.
    """
    # the stored config is what is meant here: what SONiC adds to the running one by itself is no change by hand
    owned = {*target.owned} - tables.at_start()
    lines = [str(change.reversed()) for change in configdb.diff(stored, running, owned)]
    if stored_frr and running_frr and frr_conf_counts(running, target.config_db):
        saved = target.made.without(stored_frr, target.frr or "")
        changes = conf.diff(saved, running_frr)
        # a rollback intends what ran: lines that daemons make of rows, too, and runs them whether or not they are saved
        changes = [one for one in changes if one.sign == "+" or not target.made.has(one.context, one.line)]
        if target.frr is None:  # nor did another write them
            changes = [one for one in changes if not is_on_every_switch(one.context, one.line)]
        lines += [f"frr: {change.reversed()}" for change in changes]
    return lines
