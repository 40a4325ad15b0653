"""Why nothing may be done to a switch, found before anything is written on any. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sonicfab.builds import Build
from sonicfab.hints import first_of
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.ways import Way
from sonicfab.schema.facts import schema_of
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.state.config import config_db as config_db_of
from sonicfab.validate.findings import errors
from sonicfab.validate.schema import SchemaCheck

_SPARE = 4 * 1024 * 1024
"""Bytes that are free afterwards at the least: SONiC's own logs and databases want some."""


@dataclass(frozen=True)
class Observation:
    """What was seen of one switch before anything is changed.

    Attributes:
        guarded: the push that is under way on it.
        free: bytes free where its config is.
    """

    found: Comparison
    guarded: GuardStatus
    free: int


def refusal(look: Observation, target: Target, way: Way, build: Build, *, overwrite_drift: bool) -> str:
    """Why the switch must be left alone, all reasons; "" when it need not. `overwrite_drift`: drift is no reason."""
    if way.name == "nothing":
        return ""
    drift = "" if overwrite_drift else _drift(look)
    reasons = (_another_push(look), _reset(look), drift, _blocked(look, target), _space(look, way))
    return ". ".join(filter(None, (*reasons, _own_tables(look, target, way, build))))


def _another_push(look: Observation) -> str:
    guarded = look.guarded
    if guarded.state not in ("armed", "restoring", "failed"):
        return ""
    return (
        f"push {guarded.push_id} of {guarded.holder} is under way; unless it is confirmed, the switch goes back in "
        f"{guarded.seconds_left} s"
    )


def _reset(look: Observation) -> str:
    if not look.found.mode_resetters:
        return ""
    return (
        f"{' and '.join(look.found.mode_resetters)} would reset docker_routing_config_mode, and SONiC would delete "
        "frr.conf (SF-503): remove the file from the switch, or set the mode in it"
    )


def _drift(look: Observation) -> str:
    drift = look.found.drift
    if not drift:
        return ""
    return (
        f"somebody has changed it and not saved that: {first_of(drift, separator='; ')}; {saved_by(drift)} on it keeps "
        "that, --overwrite-drift does away with it"
    )


def saved_by(drift: Iterable[str]) -> str:
    """The commands that save what was changed by hand: `config save` knows nothing of FRR's part.

    vtysh writes frr.conf where it is the one file of all daemons, as in the routing mode that keeps it
    (sonic-buildimage dockers/docker-fpm-frr/docker_init.sh: `service integrated-vtysh-config`).
    """
    lines = list(drift)
    frr = [line for line in lines if line.startswith("frr: ")]
    both = (len(frr) < len(lines), "sudo config save -y"), (bool(frr), "sudo vtysh -c 'write memory'")
    return " and ".join(f"`{command}`" for needed, command in both if needed)


def _blocked(look: Observation, target: Target) -> str:
    blocked = look.found.blocked
    if not blocked:
        return ""
    return (
        f"what is not ours cannot stay beside what is intended: {first_of(blocked, 6, '; ')}; change it there or in "
        f"the plan, or do away with it by --take-over {target.switch}"
    )


def _space(look: Observation, way: Way) -> str:
    # the old files are kept twice, the new ones are staged and then in place
    old = len(look.found.stored_config_db) + len(look.found.stored_frr)
    needs = 4 * (old + sum(len(text.encode()) for text in way.files.values())) + _SPARE
    if look.free >= needs:
        return ""
    return f"its disk has {look.free // 1024} KiB free, and {needs // 1024} are needed"


def _own_tables(look: Observation, target: Target, way: Way, build: Build) -> str:
    """Rows that a reload carries along, and for which that build's reload would refuse the whole file."""
    schema = schema_of(build) if way.name == "reload" and build.reload_checks_yang == "always" else None
    if schema is None:
        return ""
    wrong = errors(SchemaCheck(schema).check(config_db_of(target.loaded(look.found.running))))
    if not wrong:
        return ""
    more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return (
        f"`config reload` of {build.name} would refuse what the switch has beside the fabric: {wrong[0].place}: "
        f"{wrong[0].message}{more}"
    )
