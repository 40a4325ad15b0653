"""Why nothing may be done to a switch, found before anything is written on any. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from sonicfab import configdb, tables
from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.hints import first_of
from sonicfab.ownership.daemons import static_routes
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.ways import Way
from sonicfab.schema.facts import schema_of
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.state.config import config_db as config_db_of
from sonicfab.switch.state.system import CameFrom
from sonicfab.validate.controlplane import closed_to
from sonicfab.validate.findings import errors
from sonicfab.validate.schema import SchemaCheck

_SPARE = 4 * 1024 * 1024
"""Bytes that are free afterwards at the least: SONiC's own logs and databases want some."""

_FRAMEWORK = "frr_mgmt_framework_config"


@dataclass(frozen=True)
class Insisted:
    """What is no reason to leave a switch alone, because somebody insists.

    Attributes:
        overwrite_drift: changes by hand that nobody has saved.
        despite_acl: a control-plane ACL that shuts us out, as far as can be told.
    """

    overwrite_drift: bool = False
    despite_acl: bool = False


NOBODY_INSISTS = Insisted()


@dataclass(frozen=True)
class Observation:
    """What was seen of one switch before anything is changed.

    Attributes:
        guarded: the push that is under way on it.
        free: bytes free where its config is.
        came_from: from where we have logged in, and to which port; None where it was not by SSH.
    """

    found: Comparison
    guarded: GuardStatus
    free: int
    came_from: CameFrom | None = None


def refusal(look: Observation, target: Target, way: Way, build: Build, insisted: Insisted) -> str:
    """Why the switch must be left alone, all reasons; "" when it need not."""
    if way.name == "nothing":
        return ""
    drift = "" if insisted.overwrite_drift else _drift(look)
    shut = "" if insisted.despite_acl else _shut_out(look, target)
    spoilt = _spoilt(look, target, build)
    own = spoilt or _own_tables(look, target, way, build)  # a reload would trip over what is spoilt
    blocked = (_blocked(look, target), _routes_lost(look, target, build), own)
    reasons = (_another_push(look), _reset(look), drift, shut, *blocked, _space(look, way))
    return ". ".join(filter(None, reasons))


def _another_push(look: Observation) -> str:
    guarded = look.guarded
    if guarded.state not in ("armed", "restoring", "failed"):
        return ""
    if guarded.state == "failed":
        ends = f"`sudo sh /etc/sonic/sonicfab/guard.sh restore {guarded.push_id}`"
        return (
            f"the way back of push {guarded.push_id} of {guarded.holder} has not ended: {guarded.said}; once it runs "
            f"what it did before, {ends} on it ends the push"
        )
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


_ACL = ("ACL_TABLE", "ACL_RULE")


def _shut_out(look: Observation, target: Target) -> str:
    """Why the control-plane ACL that is to be would shut us out; the one that has let us in is none of it."""
    came, running = look.came_from, look.found.running
    to_be = configdb.merge(target.config_db, running, target.owned)
    if came is None or all(to_be.get(table, {}) == running.get(table, {}) for table in _ACL):
        return ""
    why = closed_to(to_be, came.address, came.port)
    if not why:
        return ""
    return (
        f"its control-plane ACL would shut us out: we come from {came.address} to TCP port {came.port}, and {why}; "
        "`control_plane.ssh` is to have that network; --despite-acl tries it all the same, and the guard takes it back "
        "where no new login succeeds"
    )


def _blocked(look: Observation, target: Target) -> str:
    blocked = look.found.blocked
    if not blocked:
        return ""
    return (
        f"what is not ours cannot stay beside what is intended: {first_of(blocked, 6, '; ')}; change it there or in "
        f"the plan, or do away with it by --take-over {target.switch}"
    )


def _routes_lost(look: Observation, target: Target, build: Build) -> str:
    """Which rows of STATIC_ROUTE make routes now, and would silently make none.

    With frr_mgmt_framework_config, which BFD needs, frrcfgd runs in the place of bgpcfgd (sonic-buildimage
    dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2). It takes the rows that are there when it starts for
    done, and replays them in a mode of its own alone (src/sonic-frr-mgmt-framework/frrcfgd/frrcfgd.py
    BGPConfigDaemon.__init__, 202305 to 202605). What frr.conf says as well is not lost.
    """
    running = look.found.running
    to_be = configdb.merge(target.config_db, running, target.owned)
    before, after = (config.get("DEVICE_METADATA", {}).get("localhost", {}) for config in (running, to_be))
    switched = before.get(_FRAMEWORK) != "true" and after.get(_FRAMEWORK) == "true"
    replays = build.frrcfgd is not None and after.get("docker_routing_config_mode") == build.frrcfgd.mode
    if not switched or replays:
        return ""
    frr = look.found.stored_frr if target.frr is None else target.frr
    kept = {_route(vrf, words[2]) for vrf, words in static_routes(frr) if len(words) > 2}
    rows = running.get("STATIC_ROUTE", {}).keys() & to_be.get("STATIC_ROUTE", {}).keys()
    lost = [key for key in sorted(rows) if (route := _route(*key.rpartition("|")[::2])) and route not in kept]
    if not lost:
        return ""
    return (
        f"the routes that SONiC makes of STATIC_ROUTE {first_of(lost, 6)} would be gone: with {_FRAMEWORK}, which BFD "
        "needs, bgpcfgd does not run, and frrcfgd makes nothing of rows that are there when it starts; have frr.conf "
        "say them, by `routes` of the topology or by vtysh on the switch (`ip route ...`, `write memory`), or remove "
        "the rows there and save that"
    )


def _route(vrf: str, prefix: str) -> tuple[str, str] | None:
    """VRF, "" for the default one, and prefix, however written; None for no network, of which SONiC makes no route."""
    try:
        return "" if vrf == "default" else vrf, str(ip_network(prefix, strict=False))
    except ValueError:
        return None


def _spoilt(look: Observation, target: Target, build: Build) -> str:
    """Rows of another that stay and that the push would make invalid, for what they refer to goes.

    ConfigWrapper.validate_config_db_config() of the config updater loads the whole config: while such a row is there,
    it takes no patch of anybody (sonic-utilities generic_config_updater/gu_common.py; recorded on 202411). A push that
    then goes by reload would leave the switch so.
    """
    running = look.found.running
    schema = schema_of(build) if look.found.config_db and not (target.meant or target).exact else None
    if schema is None:
        return ""
    check, after = SchemaCheck(schema), configdb.merge(target.config_db, running, target.owned)
    wrong = [one for one in errors(check.check(after)) if _is_anothers(one.place, after, running, target)]
    stands = {(one.place, one.message) for one in errors(check.check(running))} if wrong else set()
    brought = [one for one in wrong if (one.place, one.message) not in stands]
    if not brought:
        return ""
    told = first_of([f"{one.place}: {one.message}" for one in brought], 6, "; ")
    takes = not target.take_over and all(one.place.partition("|")[0] in target.owned for one in brought)
    over = f", or do away with it by --take-over {target.switch}" if takes else ""
    return (
        f"what is not ours would be invalid, and no patch would be taken any more: {told}; remove it there, or leave "
        f"in the plan what it refers to{over}"
    )


def _is_anothers(place: str, after: ConfigDb, running: ConfigDb, target: Target) -> bool:
    """Whether the row of a finding stays as it is and nobody has rendered it; what SONiC itself fills is nobody's."""
    table, ours = place.partition("|")[0], (target.meant or target).config_db
    if table in tables.of_system():
        return False
    keys = (key for key in after.get(table, {}) if place == f"{table}|{key}" or place.startswith(f"{table}|{key} "))
    return any(after[table][key] == running.get(table, {}).get(key) and key not in ours.get(table, {}) for key in keys)


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
