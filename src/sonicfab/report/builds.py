"""The results of `sonicfab builds list` and `sonicfab builds show`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sonicfab.builds import Build, Defect, Frrcfgd, fact_texts
from sonicfab.catalog import Catalog
from sonicfab.platforms import Platform
from sonicfab.ports import defects_on, not_known, ports_of, unfit_for
from sonicfab.report.console import json_result, mark, say, say_fitted, table, wrapped

FORMAT_VERSION = 1
UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class _Fit:
    """Whether a build works on a switch model, and which ports the switch then has."""

    platform: str
    model: str
    works: bool | None
    reason: str
    ports: int
    first_alias: str
    last_alias: str
    fec: Mapping[int, str]


def show_builds(catalog: Catalog) -> None:
    """A table of the builds."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rows = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for column in ("build", "vendor", "FRR", "Debian", "DB version", "routing mode", "YANG", "cannot run on"):
        rows.add_column(column)
    models = catalog.platforms.values()
    for build in catalog.builds.values():
        rows.add_row(
            build.name,
            build.vendor,
            build.frr,
            build.debian,
            build.database_version.removeprefix("version_"),
            build.routing_config_mode,
            {"": "no", "built in": "yes"}.get(_yang(build), _yang(build)),
            "\n".join(one.name for one in models if unfit_for(one, build)),
        )
    table(rows)
    say_fitted("`sonicfab builds show BUILD` tells all that is known of one, and from where")


def json_builds(catalog: Catalog) -> None:
    """The same for programs: every build as `json_build` has it."""
    builds = [_value(build, catalog.platforms.values()) for build in catalog.builds.values()]
    json_result({"format_version": FORMAT_VERSION, "builds": builds})


def show_build(build: Build, models: Collection[Platform]) -> None:
    """Every fact of a build, where it works, what is known to be wrong with it, and where all this is from."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    defects = defects_on(build, models)
    sources = {source: number for number, source in enumerate(_sources(build, defects), start=1)}
    follows = f"; one upgrades to it from {build.follows}" if build.follows else ""
    say(f"{build.name}, an image build of {build.vendor}{follows}")
    rows = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    rows.add_column("fact")
    rows.add_column("value", overflow="fold")
    rows.add_column("source", justify="right", overflow="fold")
    for fact, text in fact_texts().items():
        rows.add_row(text.title, _text(build, fact), str(sources.get(build.source(fact), "")))
    table(rows)
    for fit in (_fit(build, one) for one in models):
        ports = f"{fit.ports} port{'s' * (fit.ports != 1)}, {fit.first_alias} to {fit.last_alias}"
        said = fit.reason if fit.works is False else "; ".join(filter(None, (ports, _fec(fit.fec), fit.reason)))
        _say(f"{mark(_MARKS[fit.works])} {fit.platform}: {said}", 2)
    say("")
    say("known defects:" if defects else "no defects are known")
    for defect in defects:
        concerns = f" ({', '.join(defect.platforms)})" if defect.platforms else ""
        _say(f"- {defect.what}{concerns} [{sources[defect.source]}]", 2)
        _say(f"    {defect.consequence}", 4)
    say("")
    say("sources:")
    for source, number in sources.items():
        _say(f"{number:>3}  {source}", 5)


def _sources(build: Build, defects: Iterable[Defect]) -> list[str]:
    """Every source once, in the order in which they are met."""
    named = [*(build.source(fact) for fact in fact_texts()), *(defect.source for defect in defects)]
    return list(dict.fromkeys(source for source in named if source))


def _say(text: str, indent: int) -> None:
    """A line, wrapped to the width of tables; words such as paths stay whole."""
    say("\n".join(wrapped(text, rest=" " * indent)))


def json_build(build: Build, models: Collection[Platform]) -> None:
    """The same for programs."""
    json_result({"format_version": FORMAT_VERSION, "build": _value(build, models)})


def _text(build: Build, fact: str) -> str:
    """A fact as people read it."""
    value = getattr(build, fact)
    if fact == "schema":
        return {"built in": f"{value}, built in", "learned": str(build.yang)}.get(_yang(build), UNKNOWN)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if fact == "unfit_platforms":
        return ", ".join(value) or "none"  # why not is told below
    if fact == "platform_modules" and not value:
        return UNKNOWN
    if isinstance(value, Mapping):
        words = {True: "yes", False: "no"}
        return "\n".join(f"{name}: {words.get(one, one)}" for name, one in value.items()) or "none"
    if isinstance(value, tuple):
        return ("\n" if fact == "frr_start_lines" else ", ").join(value) or "none"
    return str(value or "") or UNKNOWN


def _yang(build: Build) -> str:
    """Where the YANG models are from against which this build's config can be checked; "" when there are none."""
    if build.yang is not None:
        return "learned"
    return "built in" if build.schema else ""


_MARKS = {True: "ok", False: "failed", None: "skipped"}


def _fit(build: Build, platform: Platform) -> _Fit:
    try:
        aliases = [port.alias for port in ports_of(platform, build).values()]
    except KeyError:
        return _Fit(platform.name, platform.model, False, "its ports are not known for this build", 0, "", "", {})
    why = unfit_for(platform, build)
    works = None if why is None else not why
    reason = not_known(platform, build) if why is None else why
    return _Fit(platform.name, platform.model, works, reason, len(aliases), aliases[0], aliases[-1], platform.fec)


def _fec(fec: Mapping[int, str]) -> str:
    return ", ".join(f"FEC {one} at {speed // 1000}G" for speed, one in fec.items())


def _value(build: Build, models: Collection[Platform]) -> dict[str, Any]:
    """Everything that is known of a build; null where a fact is not."""
    return {
        "name": build.name,
        "vendor": build.vendor,
        "follows": build.follows or None,
        "yang": {"from": _yang(build) or None, "schema": build.schema or None, "folder": str(build.yang or "") or None},
        "facts": {
            fact: {
                "title": text.title,
                "value": _plain(getattr(build, fact)),
                "source": build.source(fact) or None,
                "consequence": text.consequence,
            }
            for fact, text in fact_texts().items()
        },
        "platforms": {one.name: asdict(_fit(build, one)) for one in models},
        "defects": [asdict(defect) for defect in defects_on(build, models)],
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Frrcfgd):
        return asdict(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else None if value == "" else value
