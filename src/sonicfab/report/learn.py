"""What `sonicfab builds learn` and `builds forget` print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sonicfab.learn.profile import Profile
from sonicfab.report.console import json_result, note, say, table, wrapped

FORMAT_VERSION = 1
_SOURCE_WIDTH = 34
_HIDDEN = ("name", "sources", "ports", "unfit_platforms", "defects")


def show_profile(profile: Profile, folder: Path) -> None:
    """What was learned and from where, and what is not known."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    sources = profile.build.sources
    rows = Table(box=SIMPLE_HEAD, pad_edge=False)
    rows.add_column("fact", no_wrap=True)
    rows.add_column("value", overflow="fold", max_width=32)
    rows.add_column("from", overflow="fold", max_width=_SOURCE_WIDTH)
    for fact, value in _facts(profile).items():
        rows.add_row(fact, _text(value), _short(sources.get(fact, "sonicfab's default")))
    for hwsku, ports in profile.build.ports.items():
        rows.add_row(f"ports of {hwsku}", str(len(ports)), _short(sources.get(f"ports.{hwsku}", "")))
    for platform, why in profile.build.unfit_platforms.items():
        rows.add_row(f"unfit for {platform}", why, _short(sources.get("unfit_platforms", "")))
    if profile.yang:
        rows.add_row("YANG models", str(len(profile.yang)), _short(sources.get("yang", "")))
    if profile.init_cfg:
        rows.add_row("init_cfg.json", "yes", _short(sources.get("init_cfg", "")))
    table(rows)
    if profile.unknown:
        say("\n".join(wrapped(f"not known: {', '.join(profile.unknown)}", rest="  ")))
    say(f"{profile.name}: learned from {profile.origin}, in {folder}")
    for one in profile.notes:
        note(f"note: {one}")


def json_profile(profile: Profile, folder: Path) -> None:
    """The same for programs."""
    json_result(
        {
            "format_version": FORMAT_VERSION,
            "name": profile.name,
            "origin": profile.origin,
            "folder": str(folder),
            "facts": _facts(profile),
            "unfit_platforms": profile.build.unfit_platforms,
            "sources": profile.build.sources,
            "ports": {hwsku: len(ports) for hwsku, ports in profile.build.ports.items()},
            "yang_models": len(profile.yang),
            "init_cfg": bool(profile.init_cfg),
            "unknown": list(profile.unknown),
            "notes": list(profile.notes),
        }
    )


def _facts(profile: Profile) -> dict[str, Any]:
    """The facts that are known, empty lists among them."""
    return {fact: value for fact, value in profile.told.items() if fact not in _HIDDEN and value not in ("", {})}


def _short(source: str) -> str:
    """A source on one line: of a long path, its end."""
    if len(source) <= _SOURCE_WIDTH or "/" not in source:
        return source
    end = source[-(_SOURCE_WIDTH - 1) :]
    return f"…{end[end.find('/') :]}" if "/" in end else f"…{end}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "\n".join(str(one) for one in value) or "none"
    return str(value)
