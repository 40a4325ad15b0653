"""Bring the rendered configs onto the switches: compare, then back up, stage, reload, reconnect, prove, save.

`compare` changes nothing. `apply` does only what a comparison has shown, by the one way there is so far, a full
`config reload`; cheaper ways and the timer that brings a switch back by itself will stand beside it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sonicfab import configdb
from sonicfab.access import Access
from sonicfab.errors import ChecksFailedError, SwitchError, TransportError
from sonicfab.plan.types import SwitchPlan
from sonicfab.push.comparison import Comparison, compare
from sonicfab.render import SwitchConfig
from sonicfab.switch.operations import Switch

log = logging.getLogger(__name__)
RETRY_EVERY = 1.0
SETTLE = 60.0
TIMEOUT = 600.0
"""Seconds until a switch must run what was pushed; a reload on hardware takes minutes."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Push:
    """A push of one fabric; `push_id` names its backups on the switches."""

    access: Access
    push_id: str
    timeout: float = TIMEOUT

    def look(self, plan: SwitchPlan, config: SwitchConfig) -> Comparison:
        """Connect and compare.

        Raises:
            WrongSwitchError, SwitchError, TransportError: as they are told.
        """
        with contextlib.closing(self.access.open(plan)) as switch:
            return compare(switch, config)

    def apply(
        self, plan: SwitchPlan, config: SwitchConfig, shown: Comparison, stop: threading.Event, tell: Tell
    ) -> None:
        """Make the switch run and store the config; return when that is proven.

        Raises:
            SwitchError: the switch cannot take it, or it has changed since `shown`; nothing was changed then.
            ChecksFailedError: after the reload it does not run what is intended.
            TransportError: it cannot be reached any more.
        """
        deadline = time.monotonic() + self.timeout
        with contextlib.closing(self.access.open(plan)) as switch:
            tell("backing up, staging")
            self._prepare(switch, config, shown)
            if stop.is_set():
                raise SwitchError(f"{plan.name}: interrupted before anything was changed")
            tell("loading")
            switch.install_frr()
            _reload(switch, deadline, tell)
        self._prove(plan, config, deadline, tell)

    def _prepare(self, switch: Switch, config: SwitchConfig, shown: Comparison) -> None:
        """Everything that can be refused, before anything takes effect."""
        now = compare(switch, config)
        if now.shown() != shown.shown():
            raise SwitchError(
                f"{switch.name}: its config has changed since it was compared", "push again to see what is new"
            )
        if now.mode_resetters:
            raise SwitchError(
                f"{switch.name}: {' and '.join(now.mode_resetters)} would reset docker_routing_config_mode, "
                "and SONiC would delete frr.conf (SF-503)",
                "remove the file from the switch, or set the mode in it",
            )
        switch.backup(self.push_id)
        switch.stage(configdb.dumps(configdb.merge(config.config_db, now.running, config.owned_tables)), config.frr)

    def _prove(self, plan: SwitchPlan, config: SwitchConfig, deadline: float, tell: Tell) -> None:
        """Log in anew and wait until what runs is what is intended, then save it.

        A difference that stays the same for SETTLE seconds while FRR answers will not go away by waiting.
        """
        tell("reconnecting")
        last: Comparison | TransportError | SwitchError | None = None
        since = time.monotonic()
        while time.monotonic() < deadline:
            try:
                with contextlib.closing(self.access.open(plan)) as switch:
                    tell("checking")
                    now = compare(switch, config)
                    if now.runs and not now.equal:
                        switch.save()
                        now = compare(switch, config)
                if now.equal:
                    return
                if not isinstance(last, Comparison) or last.shown() != now.shown():
                    since = time.monotonic()
                last = now
                if time.monotonic() - since > SETTLE:
                    break
            except (TransportError, SwitchError) as err:  # it may still be coming up
                last = err
                log.info("%s: not ready yet: %s", plan.name, err)
            time.sleep(RETRY_EVERY)
        if isinstance(last, Comparison):
            raise self._unproven(plan, last)
        raise last or TransportError(f"{plan.name} was not reached again after the reload")

    def _unproven(self, plan: SwitchPlan, last: Comparison) -> ChecksFailedError:
        lines = last.shown()
        more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
        return ChecksFailedError(
            f"{plan.name} does not run what was pushed: {'; '.join(lines[:3])}{more}",
            f"the config from before is on the switch, in /etc/sonic/sonicfab/backup/{self.push_id}",
        )


def _reload(switch: Switch, deadline: float, tell: Tell) -> None:
    """`config reload`, until it is accepted and done; the connection may break meanwhile.

    Raises:
        SwitchError: it fails, or is refused until the deadline.
    """
    switch.start_reload()
    while True:
        time.sleep(RETRY_EVERY / 2)
        try:
            result = switch.reload_result()
        except TransportError as err:
            log.info("%s: the connection broke during the reload: %s", switch.name, err)
            return  # the reload goes on by itself; what runs afterwards is looked at from a new connection
        if result.state == "done":
            return
        if result.state == "failed":
            raise SwitchError(f"{switch.name}: config reload failed: {result.said}")
        if time.monotonic() > deadline:
            raise SwitchError(f"{switch.name}: config reload {result.said or 'does not end'}")
        if result.state == "refused":
            tell(f"waiting: {result.said.split('.')[0]}")
            time.sleep(RETRY_EVERY)
            switch.start_reload()
