"""The config of a switch that runs, asked of the switch itself."""

from __future__ import annotations

from sonicfab import configdb, tables
from sonicfab.adopt.source import Source
from sonicfab.hints import first_of
from sonicfab.ownership.daemons import EVERYWHERE
from sonicfab.switch.ask import Answers
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.config import RECORD, RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR
from sonicfab.switch.state.lldp import LLDP_NEIGHBORS
from sonicfab.transport.target import SshTarget


def read_switch(switch: Switch, target: SshTarget | None = None) -> Source:
    """What it runs, who it is and whom it sees; nothing is changed on it.

    Raises:
        SwitchError: it does not answer like SONiC.
        TransportError: the connection broke.
    """
    facts = switch.facts()
    answers = switch.ask(RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR, LLDP_NEIGHBORS, RECORD)
    running, stored = answers.get(RUNNING_CONFIG_DB), answers.optional(STORED_CONFIG_DB)
    frr, neighbors = answers.optional(RUNNING_FRR), answers.optional(LLDP_NEIGHBORS)
    kept = answers.optional(STORED_FRR) or ""
    if frr is not None and kept:
        frr = EVERYWHERE.without(frr, kept)  # what bgpcfgd has made, and nobody has written
    return Source(
        name=switch.name,
        place=str(target or switch.name),
        config_db=running,
        frr=frr if frr is not None else kept,
        odd=(*_not_stored(running, stored), *not_running(answers)),
        neighbors=tuple(neighbors or ()),
        version=facts.sonic_version,
        host=target.host if target else "",
        port=target.port if target else 22,
        user=target.user if target else "",
        mac=facts.mac,
        record=answers.get(RECORD),
    )


def _not_stored(running: configdb.ConfigDb, stored: configdb.ConfigDb | None) -> list[str]:
    if stored is None:
        return ["it has no config_db.json: what runs is gone at its next start"]
    owned = {*running, *stored} - tables.at_start()
    changed = dict.fromkeys(one.table for one in configdb.diff(stored, running, owned))
    return [f"what runs is not stored: {first_of(changed, 6)}"] if changed else []


def not_running(answers: Answers) -> list[str]:
    """Programs that could not be asked: what they would have said is not known, and not nothing."""
    told = []
    if answers.is_absent(RUNNING_FRR):
        instead = "there is no frr.conf" if answers.is_absent(STORED_FRR) else "its frr.conf was read instead"
        told.append(f"FRR does not run on it: {instead}")
    if answers.is_absent(LLDP_NEIGHBORS):
        told.append("LLDP does not run on it: which cables it has, it does not tell")
    return told
