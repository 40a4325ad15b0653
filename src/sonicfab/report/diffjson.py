"""The result of `sonicfab diff` for programs."""

from __future__ import annotations

from typing import Any

from sonicfab.compare.builds import FabricDiff, StepDiff
from sonicfab.compare.folders import FilesDiff
from sonicfab.compare.grouping import Group, Roles, who
from sonicfab.compare.live import LiveDiff
from sonicfab.compare.matrix import Matrix
from sonicfab.compare.notes import Note
from sonicfab.report.console import json_result

FORMAT_VERSION = 1


def json_builds(diff: FabricDiff) -> None:
    """All steps of a fabric."""
    value = {"fabric": diff.fabric, "differs": diff.differs, "steps": [_step(one, diff.roles) for one in diff.steps]}
    json_result({"format_version": FORMAT_VERSION, "compared": "builds", **value})


def _step(one: StepDiff, roles: Roles) -> dict[str, Any]:
    return {
        "from": one.step.old.name,
        "to": one.step.new.name,
        "switches": [switch.name for switch in one.step.switches],
        "counts": {"config_db": one.config_db, "frr": one.frr},
        "alarms": [_note(note, roles) for note in one.alarms],
        "changes": [
            {
                **_group(changed.group, roles),
                "fact": changed.reason.fact if changed.reason else None,
                "why": changed.reason.why if changed.reason else None,
                "consequence": (changed.reason.consequence or None) if changed.reason else None,
                "source": (changed.reason.source or None) if changed.reason else None,
            }
            for changed in one.changed
        ],
        "parts": [
            {"name": part.name, "title": part.title, "notes": [_note(note, roles) for note in part.notes]}
            for part in one.parts
        ],
    }


def _group(one: Group, roles: Roles) -> dict[str, Any]:
    return {
        "file": "config_db.json" if one.kind == "config_db" else "frr.conf",
        "action": one.action,
        "place": one.place,
        "field": one.field or None,
        "old": None if one.action == "add" else one.old,
        "new": None if one.action == "remove" else one.new,
        "examples": [{"key": key, "old": old, "new": new} for key, old, new in one.examples],
        "count": one.count,
        "who": who(one.switches, roles),
        "switches": list(one.switches),
    }


def _note(note: Note, roles: Roles) -> dict[str, Any]:
    return {
        "severity": note.severity,
        "title": note.title,
        "detail": note.detail,
        "reason": note.reason or None,
        "source": note.source or None,
        "who": who(note.switches, roles) if note.switches else None,
        "switches": list(note.switches),
    }


def json_files(diff: FilesDiff) -> None:
    """Two folders or files."""
    roles = dict.fromkeys(diff.switches)
    value = {
        "old": diff.old,
        "new": diff.new,
        "differs": diff.differs,
        "counts": {"config_db": diff.config_db, "frr": diff.frr},
        "remarks": list(diff.remarks),
        "changes": [_group(one, roles) for one in diff.groups],
    }
    json_result({"format_version": FORMAT_VERSION, "compared": "files", **value})


def json_live(diff: LiveDiff) -> None:
    """What runs and what is intended."""
    value = {
        "fabric": diff.fabric,
        "differs": diff.differs,
        "switches": list(diff.asked),
        "failed": dict(diff.failed),
        "counts": {"config_db": diff.config_db, "frr": diff.frr},
        "remarks": list(diff.remarks),
        "changes": [_group(one, diff.roles) for one in diff.groups],
    }
    json_result({"format_version": FORMAT_VERSION, "compared": "live", **value})


def json_matrix(matrix: Matrix) -> None:
    """The steps, and the counts of every pair."""
    able = [build.name for build in matrix.builds if not build.error]
    value = {
        "fabric": matrix.fabric,
        "switches": matrix.switches,
        "builds": [
            {
                "name": build.name,
                "follows": build.follows or None,
                "error": build.error or None,
                "unfit": dict(build.unfit),
            }
            for build in matrix.builds
        ],
        "steps": [{"from": old, "to": new, **_cell(matrix, old, new)} for old, new in matrix.steps],
        "counts": {old: {new: _cell(matrix, old, new) for new in able if new != old} for old in able},
    }
    json_result({"format_version": FORMAT_VERSION, "compared": "matrix", **value})


def _cell(matrix: Matrix, old: str, new: str) -> dict[str, int]:
    cell = matrix.cells[old, new]
    return {"config_db": cell.config_db, "frr": cell.frr, "image": cell.image, "models": cell.models}
