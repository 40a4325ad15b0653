"""What is intended against what runs on the switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sonicfab.compare.differences import Difference, of_config_db, of_frr
from sonicfab.compare.grouping import Group, Rows, group, rows_of
from sonicfab.push.comparison import Comparison
from sonicfab.render import SwitchConfig


@dataclass(frozen=True, slots=True)
class LiveDiff:
    """What differs on the switches; `remarks` are of what is stored, `failed` says who could not be asked, and why."""

    fabric: str
    roles: Mapping[str, str]
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


def live_diff(
    fabric: str,
    roles: Mapping[str, str],
    comparisons: Mapping[str, Comparison],
    configs: Mapping[str, SwitchConfig],
    failed: Mapping[str, str],
) -> LiveDiff:
    """The comparisons of a push, from what runs to what is intended, grouped."""
    found: dict[str, list[Difference]] = {}
    sizes: dict[str, dict[str, Rows]] = {}
    remarks: list[str] = []
    for name, one in comparisons.items():
        running, intended = one.running, configs[name].config_db
        found[name] = [*of_config_db(one.config_db, running, intended), *of_frr(one.frr)]
        sizes[name] = rows_of(running, intended)
        remarks += [f"{name}: {said}" for said in one.stored]
        remarks += [f"{name}: {file} would reset docker_routing_config_mode" for file in one.mode_resetters]
    kinds = [one.kind for differences in found.values() for one in differences]
    return LiveDiff(
        fabric=fabric,
        roles=roles,
        asked=tuple(comparisons),
        groups=tuple(group(found, sizes)),
        remarks=tuple(remarks),
        failed=failed,
        config_db=kinds.count("config_db"),
        frr=kinds.count("frr"),
    )
