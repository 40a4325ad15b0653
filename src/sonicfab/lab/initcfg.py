"""The init_cfg.json of a lab switch: its image's own where that was learned, else the rows of data/lab/init_cfg.yml."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sonicfab.builds import Build
from sonicfab.catalog import learned_folder
from sonicfab.datafiles import read_facts

Rows = dict[str, dict[str, dict[str, str]]]


class _For(BaseModel):
    model_config = ConfigDict(extra="forbid")
    only: tuple[str, ...] = Field((), alias="in")
    but: tuple[str, ...] = Field((), alias="except")

    def holds(self, build: str) -> bool:
        return build not in self.but and (not self.only or build in self.only)


class _Rows(_For):
    rows: Rows


class _FeatureRows(_For):
    rows: dict[str, dict[str, str]]


class _Features(_For):
    names: tuple[str, ...]
    state: str = "enabled"
    auto_restart: str = "enabled"
    delayed: bool = False


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rows: tuple[_Rows, ...]
    crm: tuple[str, ...]
    features: tuple[_Features, ...]
    feature_rows: tuple[_FeatureRows, ...]


def init_cfg_text(build: Build) -> str:
    """The text of /etc/sonic/init_cfg.json.

    Raises:
        OSError: that of a learned build cannot be read.
    """
    learned = learned_folder() / build.name / "init_cfg.json"
    if learned.exists():
        return learned.read_text(encoding="utf-8")
    return json.dumps(init_cfg(build.name), indent=4) + "\n"


@cache
def init_cfg(build: str) -> Rows:
    """The rows of a build; one that nobody knows has those that all builds have in common."""
    data = _File.model_validate(read_facts("lab", "init_cfg"))
    tables: Rows = {"CRM": {"Config": _crm(data.crm)}}
    for part in data.rows:
        if part.holds(build):
            _add(tables, part.rows)
    for features in data.features:
        if not features.holds(build):
            continue
        own = {"state": features.state, "auto_restart": features.auto_restart, "delayed": str(features.delayed)}
        for name in features.names:
            _add(tables, {"FEATURE": {name: own}})
            for more in data.feature_rows:
                if more.holds(build):
                    _add(tables, {table: {name: row} for table, row in more.rows.items()})
    return tables


def _crm(resources: tuple[str, ...]) -> dict[str, str]:
    thresholds = {"threshold_type": "percentage", "low_threshold": "70", "high_threshold": "85"}
    watched = {f"{one}_{name}": value for one in resources for name, value in thresholds.items()}
    return {"polling_interval": "300", **watched}


def _add(tables: Rows, more: dict[str, Any]) -> None:
    for table, rows in more.items():
        for key, row in rows.items():
            tables.setdefault(table, {}).setdefault(key, {}).update(row)
