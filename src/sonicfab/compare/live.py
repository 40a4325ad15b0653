"""What is intended against what runs on the switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.compare.differences import of_config_db, of_frr
from sonicfab.compare.grouping import Group, Roles, group, rows_of
from sonicfab.configdb import ConfigDb
from sonicfab.push.comparison import Comparison
from sonicfab.render import SwitchConfig


@dataclass(frozen=True, slots=True)
class LiveDiff:
    """What differs on the switches; `remarks` are of what is stored, `failed` says who could not be asked, and why."""

    fabric: str
    roles: Roles
    asked: tuple[str, ...]
    groups: tuple[Group, ...]
    remarks: tuple[str, ...]
    failed: Mapping[str, str]
    config_db: int
    frr: int

    @property
    def differs(self) -> bool:
        """True when a switch runs or stores something else than intended."""
        return bool(self.groups or self.remarks)


def grouped(comparisons: Mapping[str, Comparison], intended: Mapping[str, ConfigDb]) -> list[Group]:
    """What differs from what runs to what is intended, told once for the rows and switches that share it."""
    found = {
        name: [*of_config_db(one.config_db, one.running, intended[name]), *of_frr(one.frr)]
        for name, one in comparisons.items()
    }
    return group(found, {name: rows_of(one.running, intended[name]) for name, one in comparisons.items()})


def live_diff(
    fabric: str,
    roles: Roles,
    comparisons: Mapping[str, Comparison],
    configs: Mapping[str, SwitchConfig],
    failed: Mapping[str, str],
) -> LiveDiff:
    """The comparisons of a push, from what runs to what is intended, grouped."""
    groups = grouped(comparisons, {name: configs[name].config_db for name in comparisons})
    remarks: list[str] = []
    for name, one in comparisons.items():
        remarks += [f"{name}: {said}" for said in one.stored]
        remarks += [f"{name}: {file} would reset docker_routing_config_mode" for file in one.mode_resetters]
    return LiveDiff(
        fabric=fabric,
        roles=roles,
        asked=tuple(comparisons),
        groups=tuple(groups),
        remarks=tuple(remarks),
        failed=failed,
        config_db=sum(one.count for one in groups if one.kind == "config_db"),
        frr=sum(one.count for one in groups if one.kind == "frr"),
    )
