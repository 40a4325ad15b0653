"""How a switch differs from what is intended; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

from sonicfab import configdb, frrconf
from sonicfab.render import SwitchConfig
from sonicfab.switch import parse
from sonicfab.switch.operations import Switch


@dataclass(frozen=True)
class Comparison:
    """How one switch differs from what is intended.

    Attributes:
        config_db: changes of the running CONFIG_DB, in the owned tables.
        frr: changes of FRR's running config.
        stored: what the next start would load differs, although what runs may not.
        mode_resetters: files on the switch that would undo the routing mode.
        running: the whole running CONFIG_DB.
    """

    config_db: tuple[configdb.Change, ...]
    frr: tuple[frrconf.FrrChange, ...]
    stored: tuple[str, ...]
    mode_resetters: tuple[str, ...]
    running: configdb.ConfigDb

    @property
    def runs(self) -> bool:
        """True when the switch runs what is intended."""
        return not self.config_db and not self.frr

    @property
    def equal(self) -> bool:
        """True when there is nothing to do, now or for the next start."""
        return self.runs and not self.stored

    def shown(self) -> tuple[str, ...]:
        """Every change as a line, secrets masked."""
        return (*map(str, self.config_db), *(f"frr: {change}" for change in self.frr), *self.stored)


def compare(switch: Switch, config: SwitchConfig) -> Comparison:
    """Look at what runs and what is stored.

    Raises:
        SwitchError: the switch does not answer like SONiC.
        TransportError: the connection broke.
    """
    owned = config.owned_tables
    running = switch.running_config_db()
    stored_db = parse.config_db(switch.stored_config_db())
    stored: list[str] = []
    if configdb.diff(config.config_db, stored_db, owned):
        stored.append("stored config_db.json differs")
    if switch.stored_frr() != config.frr:
        stored.append("stored frr.conf differs")
    return Comparison(
        config_db=tuple(configdb.diff(config.config_db, running, owned)),
        frr=tuple(frrconf.diff(config.frr, switch.running_frr())),
        stored=tuple(stored),
        mode_resetters=tuple(switch.mode_resetters()),
        running=running,
    )
