"""What an image does differently although the rendered files say the same: the facts of a build that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from sonicfab.builds import Build, fact_texts
from sonicfab.compare.notes import BuildStep, Note
from sonicfab.ports import defects_on, unfit_for

_NO_NOTES = frozenset(
    {
        # what a build is called and how it is told
        "name",
        "vendor",
        "follows",
        "identified_by",
        "sources",
        # told by what is rendered from them, or of no effect on this fabric: compare.reasons
        "port_table",
        "ports",
        "database_version",
        "routing_config_mode",
        "frr_start_lines",
        "bfd_needs_mgmt_framework",
        "frrcfgd",
        # told by itself
        "unfit_platforms",
        "platform_modules",
        "defects",
        # which models there are says nothing; what they allow does
        "schema",
        "nearest_schema",
        "yang",
    }
)

_FIRST = (
    "reload_checks_yang",
    "frr",
    "bgp_daemon",
    "frr_daemons",
    "frr_telnet_daemons",
    "fpm_module",
    "ntp_daemon",
    "port_defaults",
    "kernel",
)
"""Facts that an operator wants to see before the others."""


def unfit_notes(step: BuildStep) -> list[Note]:
    """The switches on which a build of this step cannot run at all; the new build first."""
    builds = [(step.new, "do not install it there")]
    if step.old != step.new:
        builds.append((step.old, "so it is not what these switches run now"))
    return [
        Note(
            f"{build.name} cannot run on {platform.name}",
            why,
            reason,
            build.source("unfit_platforms" if platform.name in build.unfit_platforms else "platform_modules"),
            "error",
            switches,
        )
        for build, reason in builds
        for platform in sorted({one.platform for one in step.switches}, key=lambda one: one.name)
        if (why := unfit_for(platform, build)) and (switches := step.on(platform))
    ]


def image_notes(step: BuildStep) -> list[Note]:
    """The defects that come, the facts that differ, the defects that go."""
    return [*_defects(step, come=True), *_facts(step.old, step.new), *_defects(step, come=False)]


def _facts(old: Build, new: Build) -> Iterator[Note]:
    names = [one.name for one in fields(Build) if one.name not in _NO_NOTES]
    for name in sorted(names, key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST)):
        before, after = getattr(old, name), getattr(new, name)
        if before == after or _unknown(name, before) or _unknown(name, after):
            continue
        text = fact_texts().get(name)
        yield Note(
            title=text.title if text else name,
            detail=_change(before, after),
            reason=text.consequence if text else "",
            source=new.source(name) or old.source(name),
        )


def _unknown(name: str, value: object) -> bool:
    """True when nobody has said; no port defaults at all is an answer."""
    return value in ("", (), None) and name != "port_defaults"


def _change(old: object, new: object) -> str:
    if isinstance(old, tuple) and isinstance(new, tuple):
        come, gone = [one for one in new if one not in old], [one for one in old if one not in new]
        parts = [f"{word} {', '.join(map(str, ones))}" for word, ones in (("new:", come), ("gone:", gone)) if ones]
        return "; ".join(parts) or f"{_text(old)} -> {_text(new)}"
    return f"{_text(old)} -> {_text(new)}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _defects(step: BuildStep, *, come: bool) -> Iterator[Note]:
    have, other = (step.new, step.old) if come else (step.old, step.new)
    platforms = [switch.platform for switch in step.switches]
    known = {one.what for one in defects_on(other, platforms)}
    for one in defects_on(have, platforms):
        if one.what in known:
            continue
        title = "a defect comes" if come else "a defect is gone"
        if step.old.vendor != step.new.vendor:  # another vendor's defects are other ones, or nobody has told them
            title = f"a defect of {have.name} that is not known of {other.name}"
        detail = one.what if come else f"{one.what} (until now: {one.consequence})"
        said = one.consequence if come else ""
        switches = tuple(switch.name for switch in step.switches if switch.platform.name in one.platforms)
        yield Note(title, detail, said, one.source, "warning" if come else "info", switches)
