"""What mends a finding, as commands that are typed as they stand: it depends on where the fault is.

Where a config differs from what is intended, a push puts it right. Where the config is right and the switch does not
follow it, a push finds nothing to do, and the daemon that has lost it is told again.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from sonicfab import configdb
from sonicfab.frr import conf
from sonicfab.frr.bgp import Bgp, read_frr
from sonicfab.switch.ask import UnansweredError
from sonicfab.switch.state.config import RUNNING_CONFIG_DB, RUNNING_FRR, STORED_CONFIG_DB, STORED_FRR
from sonicfab.verify.checks.config import SUBJECTS
from sonicfab.verify.diagnose.base import Case
from sonicfab.verify.results import Problem

RESTART_BGP = "sudo systemctl reset-failed bgp; sudo systemctl restart bgp"
"""The first, because systemd refuses the fourth start within 20 minutes (sonic-buildimage bgp.service.j2)."""
CLEAR_BGP = "sudo vtysh -c 'clear bgp *'"
"""Makes bgpd give zebra all its routes anew: one whose `set src` address was missing is never tried again by itself
(FRR zebra/zebra_rib.c)."""


def push(case: Case, name: str) -> str:
    """The push of one switch; with what is to be said where somebody changed it by hand and push would refuse."""
    drift = " --overwrite-drift" if _changed_by_hand(case, name) else ""
    return f"{case.fabric.push} --limit {shlex.quote(name)}{drift}"


def would_push(case: Case, name: str) -> bool:
    """Whether a push has anything to do there; True where its config was not looked at, or cannot be read."""
    expected, answers = case.expectations.get(name), case.answers.get(name)
    if expected is None or answers is None or expected.config is None:
        return True
    looked_at = any(one.switch == name and one.check == "config" for one in case.results)
    unread = any(
        one.problem == Problem.UNANSWERED for one in case.results if one.switch == name and one.check == "config"
    )
    return not looked_at or unread or any(case.drift(name, subject) for subject in SUBJECTS)


def push_or(case: Case, name: str, otherwise: str) -> str:
    """A push where it has something to do, else a command on that switch."""
    return push(case, name) if would_push(case, name) else on(name, otherwise)


def on(name: str, *commands: str) -> str:
    """Commands to be typed on a switch."""
    return f"on {name}: {'; '.join(commands)}"


def startup(case: Case, name: str, peers: Sequence[str]) -> str:
    """Undo what has shut the sessions with some peers: the instance, a peer-group, or each (FRR bgpd/bgp_vty.c)."""
    answers = case.answers.get(name)
    bgp = read_frr((answers.find(RUNNING_FRR) if answers else None) or "").bgp
    shut = [one for one in dict.fromkeys([*_groups(case, name, peers), *peers]) if _is_shut(bgp, one)]
    lines = ["no bgp shutdown"] if bgp.shutdown else [f"no neighbor {one} shutdown" for one in (shut or peers)]
    runs = case.bgp(name)
    asn = (runs.asn if runs else 0) or case.switch(name).asn
    words = " ".join(f"-c '{line}'" for line in (f"router bgp {asn}", *lines))
    return on(name, f"sudo vtysh -c 'configure terminal' {words}")


def _groups(case: Case, name: str, peers: Sequence[str]) -> list[str]:
    return sorted({group.name for group, session in case.switch(name).sessions if session.peer in peers})


def _is_shut(bgp: Bgp, name: str) -> bool:
    return name in bgp.neighbors and bool(bgp.neighbors[name].shutdown)


def again(table: str, *keys: str) -> str:
    """Have a daemon of SONiC do once more what a row without fields says.

    It is told of each write of a row, whether that changes it or not, and intfmgrd then adds the address (sonic-swss
    cfgmgr/intfmgr.cpp doIntfAddrTask).
    """
    return set_row("|".join((table, *keys)), "NULL", "NULL")


def set_row(row: str, field: str, value: str) -> str:
    """Write a field of a row, as it is there already: portmgrd (sonic-swss cfgmgr/portmgr.cpp) does it once more."""
    return f"sudo sonic-db-cli CONFIG_DB HSET '{row}' {field} {value}"


def _changed_by_hand(case: Case, name: str) -> bool:
    """Whether it runs what is not stored, in what sonicfab owns: push refuses that unless it is told to go on."""
    expected, answers = case.expectations.get(name), case.answers.get(name)
    if expected is None or answers is None or expected.config is None:
        return False
    try:
        running, stored = answers.get(RUNNING_CONFIG_DB), answers.get(STORED_CONFIG_DB)
        if configdb.diff(stored, running, {*expected.config.owned_tables} - {"VERSIONS"}):
            return True
    except UnansweredError:
        return False
    running_frr, stored_frr = answers.find(RUNNING_FRR), answers.find(STORED_FRR)
    return bool(running_frr and stored_frr and conf.diff(stored_frr, running_frr))
