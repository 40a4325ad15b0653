"""Which build for which switch: what runs where, and what speaks for and against each build, as tables."""

from __future__ import annotations

from markdown_text import code, table

from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.operations.choice import points
from sonicfab.ports import unfit_for

_SIGNS = {"": "✔", None: "?"}


def page() -> str:
    """A table of what runs where, and one of what speaks for and against."""
    catalog = Catalog.load()
    builds = list(catalog.builds.values())
    models = list(catalog.platforms.values())
    runs = [[code(one.name), *(_SIGNS.get(unfit_for(model, one), "✘") for model in models)] for one in builds]
    facts = [[code(one.name), one.frr, one.debian, one.kernel, code(one.routing_config_mode)] for one in builds]
    parts = [
        "## What runs where\n",
        table(["build", *(code(model.name) for model in models)], runs),
        *dict.fromkeys(
            f"✘ {build.name} on {', '.join(names)}: {why}.\n"
            for build in builds
            for why, names in _unfit(catalog, build).items()
        ),
        "## What they are\n",
        table(["build", "FRR", "Debian", "kernel", "mode that keeps frr.conf"], facts),
    ]
    for good, heading in ((True, "For them"), (False, "Against them")):
        parts += [f"## {heading}\n", table([heading.lower(), "which"], _rows(catalog, good=good))]
    return "\n".join(parts)


def _unfit(catalog: Catalog, build: Build) -> dict[str, list[str]]:
    """Why -> the switch models that the build cannot run on for this reason."""
    found: dict[str, list[str]] = {}
    for model in catalog.platforms.values():
        if why := unfit_for(model, build):
            found.setdefault(why, []).append(model.name)
    return found


def _rows(catalog: Catalog, *, good: bool) -> list[list[str]]:
    """What speaks for builds or against them, and for which; what most have comes first."""
    builds, found = list(catalog.builds.values()), dict[str, set[str]]()
    for build in builds:
        for one in points(build, catalog.platforms.values()):
            if one.good == good:
                only = f" ({', '.join(one.platforms)})" if one.platforms else ""
                then = f": {one.consequence}" if one.consequence else ""
                found.setdefault(f"{one.text}{only}{then}", set()).add(build.name)
    rows = sorted(found.items(), key=lambda one: -len(one[1]))
    return [[text, "all" if len(having) == len(builds) else _spans(builds, having)] for text, having in rows]


def _spans(builds: list[Build], having: set[str]) -> str:
    """The builds by name, neighbours of one vendor as from the first to the last."""
    spans: list[list[Build]] = []
    previous: Build | None = None
    for build in builds:
        if build.name in having:
            if previous is None or previous.vendor != build.vendor or previous.name not in having:
                spans.append([])
            spans[-1].append(build)
        previous = build
    return ", ".join(code(one[0].name) + (f" to {code(one[-1].name)}" if one[1:] else "") for one in spans)
