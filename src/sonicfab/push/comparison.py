"""How a switch differs from what is intended; nothing is changed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sonicfab import configdb, frrconf
from sonicfab.errors import SwitchError
from sonicfab.render import SwitchConfig
from sonicfab.switch import commands, parse
from sonicfab.switch.ask import Answers, Question, UnansweredError, Value
from sonicfab.switch.operations import Switch
from sonicfab.switch.parse import BgpPeer

_RUNNING = Question("running CONFIG_DB", commands.RUNNING_CONFIG_DB, parse.config_db)
_RUNNING_FRR = Question("running FRR config", commands.RUNNING_FRR, str)
_STORED = Question("stored config_db.json", commands.STORED_CONFIG_DB, str)
_STORED_FRR = Question("stored frr.conf", commands.STORED_FRR, str)
_MODE_RESETTERS = Question("mode resetters", commands.MODE_RESETTERS, str.split)
_PEERS = Question("BGP sessions", commands.BGP_SUMMARY, parse.bgp_summary)
_QUESTIONS = (_RUNNING, _RUNNING_FRR, _STORED, _STORED_FRR, _MODE_RESETTERS, _PEERS)

_MIGRATED = frozenset({"VERSIONS"})
"""What db_migrator.py writes at every start, and nobody by hand (sonic-utilities scripts/db_migrator.py)."""


@dataclass(frozen=True)
class Target:
    """What a switch is to run.

    Attributes:
        owned: the tables that are to have these rows and no others.
        frr: the frr.conf; None for one that has none, because SONiC makes FRR's config from CONFIG_DB.
    """

    switch: str
    config_db: configdb.ConfigDb = field(repr=False)
    frr: str | None = field(repr=False)
    owned: Collection[str] = field(repr=False)

    @classmethod
    def of(cls, config: SwitchConfig) -> Target:
        """What was rendered."""
        return cls(config.switch, config.config_db, config.frr, config.owned_tables)

    def loaded(self, running: configdb.ConfigDb) -> str:
        """The config_db.json to load on a switch that runs `running`: the operator's own tables are carried along."""
        return configdb.dumps(configdb.merge(self.config_db, running, self.owned))


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
    """

    config_db: tuple[configdb.Change, ...]
    frr: tuple[frrconf.FrrChange, ...]
    stored: tuple[str, ...]
    drift: tuple[str, ...]
    mode_resetters: tuple[str, ...]
    running: configdb.ConfigDb = field(repr=False)
    running_frr: str = field(repr=False)
    stored_config_db: str = field(repr=False)
    stored_frr: str = field(repr=False)
    frr_down: str
    peers: tuple[BgpPeer, ...] = ()

    @property
    def runs(self) -> bool:
        """True when the switch runs what is intended."""
        return not self.config_db and not self.frr

    @property
    def equal(self) -> bool:
        """True when there is nothing to do, now or for the next start."""
        return self.runs and not self.stored

    @property
    def established(self) -> frozenset[str]:
        """The peers with a session that is up."""
        return frozenset(peer.peer for peer in self.peers if peer.established)

    def shown(self) -> tuple[str, ...]:
        """Every change as a line, secrets masked."""
        return (*map(str, self.config_db), *(f"frr: {change}" for change in self.frr), *self.stored)


def compare(switch: Switch, target: Target) -> Comparison:
    """Look at what runs and what is stored.

    Raises:
        SwitchError: the switch does not answer like SONiC.
        TransportError: the connection broke.
    """
    answers = switch.ask(_QUESTIONS)
    running, stored_text = _there(switch, answers, _RUNNING), _there(switch, answers, _STORED)
    running_frr, stored_frr = _read(switch, answers, _RUNNING_FRR), _read(switch, answers, _STORED_FRR) or ""
    stored_db = parse.config_db(stored_text)
    peers = _read(switch, answers, _PEERS)
    down = next((answers.why_not(one) for one in (_RUNNING_FRR, _PEERS) if _read(switch, answers, one) is None), "")
    running_frr = running_frr or ""
    stored: list[str] = []
    if configdb.diff(target.config_db, stored_db, target.owned):
        stored.append("stored config_db.json differs")
    if target.frr is not None and stored_frr != target.frr:
        stored.append("stored frr.conf differs")
    return Comparison(
        config_db=tuple(configdb.diff(target.config_db, running, target.owned)),
        frr=tuple(frrconf.diff(target.frr, running_frr)) if target.frr is not None else (),
        stored=tuple(stored),
        drift=tuple(_drift(running, stored_db, running_frr if peers is not None else "", stored_frr, target.owned)),
        mode_resetters=tuple(_there(switch, answers, _MODE_RESETTERS)),
        running=running,
        running_frr=running_frr,
        stored_config_db=stored_text,
        stored_frr=stored_frr,
        frr_down=down,
        peers=tuple(peers or ()),
    )


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
    running: configdb.ConfigDb, stored: configdb.ConfigDb, running_frr: str, stored_frr: str, owned: Collection[str]
) -> list[str]:
    """What was changed by hand and not saved, secrets masked.

    FRR's part counts where frr.conf is what FRR starts from, in the other routing modes SONiC makes that itself, and
    where it is whole: the config of a daemon that has died is not in `running_frr`.
    """
    # the stored config is what is meant here: what SONiC adds to the running one by itself is no change by hand
    lines = [str(change.reversed()) for change in configdb.diff(stored, running, {*owned} - _MIGRATED)]
    mode = running.get("DEVICE_METADATA", {}).get("localhost", {}).get("docker_routing_config_mode")
    if stored_frr and running_frr and mode == "split-unified":
        lines += [f"frr: {change.reversed()}" for change in frrconf.diff(stored_frr, running_frr)]
    return lines
