"""Why a rendered place differs between two builds: which fact of the build it comes from.

The table is complete: a test renders the examples for all builds and finds every difference in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sonicfab.builds import Build, fact_texts
from sonicfab.compare.differences import Difference, Kind


@dataclass(frozen=True, slots=True)
class Reason:
    """The fact that a difference comes from, what it says, what follows, and where it is from."""

    fact: str
    why: str
    consequence: str
    source: str


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: Kind
    section: str
    field: str
    fact: str
    why: str


_PORT_FIELDS = r"(alias|index|lanes|speed|fec|)"
_BY_ALIAS = "the topology names a port by its alias, and that alias is another port in this build"

_RULES = (
    _Rule(
        "config_db",
        "VERSIONS",
        "VERSION|",
        "database_version",
        "at this version the build's migrator has no step left to take",
    ),
    _Rule(
        "config_db",
        "DEVICE_METADATA",
        "docker_routing_config_mode",
        "routing_config_mode",
        "it is the mode in which the build keeps our frr.conf",
    ),
    _Rule(
        "config_db",
        "DEVICE_METADATA",
        "frr_mgmt_framework_config",
        "bfd_needs_mgmt_framework",
        "the fabric uses BFD, and a build may start bfdd only with this",
    ),
    _Rule(
        "config_db", "BGP_.*", "admin_status", "frrcfgd", "frrcfgd of the build has this word for what is on, or off"
    ),
    _Rule("config_db", "PREFIX", ".*", "frrcfgd", "frrcfgd of the build reads such keys of a list, numbered or not"),
    _Rule("config_db", "PORT", _PORT_FIELDS, "port_table", "the ports are those of the build's port table"),
    _Rule("config_db", "INTERFACE", ".*", "port_table", _BY_ALIAS),
    _Rule("frr", "router bgp .*", "", "port_table", _BY_ALIAS),
    # descriptions name the port at the far end of a link
    _Rule("config_db", "PORT", "(description|admin_status|mtu)", "port_table", _BY_ALIAS),
)

_FRR_VERSION = "frr version "


def reason_of(one: Difference, old: Build, new: Build) -> Reason | None:
    """The reason of a difference between what is rendered for two builds; None when no fact of ours explains it."""
    if one.kind == "frr" and not one.section:
        return _top_line(one, old, new)
    section, field = one.section, one.field
    for rule in _RULES:
        if rule.kind == one.kind and re.fullmatch(rule.section, section) and re.fullmatch(rule.field, field):
            return _reason(rule.fact, rule.why, one, old, new)
    return None


def is_frr_version(one: Difference) -> bool:
    """True for the line in which FRR writes its own version: the fact `frr` says the same, and more."""
    return one.kind == "frr" and (one.new or one.old).startswith(_FRR_VERSION)


def _top_line(one: Difference, old: Build, new: Build) -> Reason | None:
    if is_frr_version(one):
        return _reason("frr", "FRR writes its own version into its config", one, old, new)
    if one.new in new.frr_start_lines and one.old in ("", *old.frr_start_lines):
        why = "the start script of the bgp container appends this line to frr.conf unless it is there"
        return _reason("frr_start_lines", why, one, old, new)
    if one.action == "remove" and one.old in old.frr_start_lines:
        why = "the start script of the bgp container does not append this line any more"
        return _reason("frr_start_lines", why, one, old, new)
    return None


def _reason(fact: str, why: str, one: Difference, old: Build, new: Build) -> Reason:
    if fact == "port_table" and (new.ports or (one.action == "remove" and old.ports)):
        fact = "ports"  # a learned build brings its own
    text = fact_texts().get(fact)
    source = new.source(fact) or old.source(fact)
    return Reason(fact, why, text.consequence if text else "", source)
