"""What is to be validated: the switches of a planned fabric, or files and folders that are there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb
from sonicfab.document import Document
from sonicfab.endpoint import Endpoint
from sonicfab.errors import InputError, KeyPath
from sonicfab.frr import conf
from sonicfab.hints import did_you_mean
from sonicfab.ipam import is_address
from sonicfab.model.fields import ends_of, parse_jump_host
from sonicfab.plan.extra import Extra
from sonicfab.plan.types import FabricPlan
from sonicfab.render import SwitchConfig
from sonicfab.validate.findings import Finding
from sonicfab.validate.reading import as_config_db, read_json, text_of
from sonicfab.validate.run import Subject

_NAMES = ("config_db.json", "frr.conf")


def of_fabric(
    plan: FabricPlan, configs: Iterable[SwitchConfig], topology: Document | None = None
) -> tuple[list[Subject], list[tuple[Endpoint, Endpoint]]]:
    """The rendered switches, and the links of the plan; with the `topology`, findings tell where `extra` stands."""
    return list(one_by_one(plan, configs, topology)), links_of(plan)


def links_of(plan: FabricPlan) -> list[tuple[Endpoint, Endpoint]]:
    """The links of the plan."""
    return [(link.a, link.b) for link in plan.links]


def one_by_one(
    plan: FabricPlan, configs: Iterable[SwitchConfig], topology: Document | None = None
) -> Iterator[Subject]:
    """The rendered switches as they come."""
    for config in configs:
        switch = plan.switches[config.switch]
        files = (f"{switch.name}/config_db.json", f"{switch.name}/frr.conf")
        written = partial(_written, switch.extra, config.frr if switch.extra.frr else "", topology)
        yield Subject(
            switch.name,
            switch.build,
            switch.platform,
            config.config_db,
            config.frr or None,
            files,
            managed_from=_managed_from(switch.ssh.jump_host),
            by_reference="frr.conf" in config.secret_files,
            written=written,
        )


def _managed_from(jump_host: str) -> tuple[str, ...]:
    """The address of the jump host, where the inventory gives it as one."""
    host = parse_jump_host(jump_host).host if jump_host else ""
    return (host,) if is_address(host) else ()


def _written(extra: Extra, frr: str, topology: Document | None, finding: Finding) -> str:
    """Where the topology's `extra` has what a finding is about; "" where it has it not."""
    path: KeyPath | None = None
    if finding.line and extra.frr:
        lines = ((context, line) for number, context, line in conf.lines(frr) if number == finding.line)
        path = next((found for context, line in lines if (found := extra.line_path(context, line))), None)
    elif extra.config_db:
        table, _, rest = finding.place.partition("|")
        key, _, name = rest.rpartition(" ")
        path = extra.row_path(table, rest) or (extra.row_path(table, key, name) if key else None)
    return str(topology.place(path)) if topology and path else ""


def of_paths(
    paths: Sequence[Path], build: str, catalog: Catalog
) -> tuple[list[Subject], list[tuple[Endpoint, Endpoint]]]:
    """Files and folders: a config_db.json, an frr.conf, the folder of a switch, or that of a fabric with its plan.json.

    A config_db.json and an frr.conf that are given both, and alone in their folder, are those of one switch.
    `build` is the image build; "" to take that of the plan, or the one whose schema version the file has.

    Raises:
        InputError: something cannot be read, or it is not clear for which build.
    """
    subjects: list[Subject] = []
    links: list[tuple[Endpoint, Endpoint]] = []
    pairs = _pairs(paths)
    for path in paths:
        if path in pairs.values():
            continue  # read beside its config_db.json
        if (path / "plan.json").is_file():
            found, cables = _fabric_folder(path, build, catalog)
            subjects += found
            links += cables
        elif path.is_dir():
            subjects.append(_switch_folder(path, str(path), build, catalog))
        elif path.suffix == ".conf":
            subjects.append(Subject(str(path), _named(build, path, catalog), frr=text_of(path), files=("", str(path))))
        else:
            subjects.append(_subject(str(path), path, pairs.get(path), build, catalog))
    return subjects, links


def _pairs(paths: Sequence[Path]) -> dict[Path, Path]:
    """config_db.json -> frr.conf, for each folder of which one of either is named."""
    found: dict[Path, Path] = {}
    for folder in {path.parent: None for path in paths}:
        files = [path for path in paths if path.parent == folder and not path.is_dir()]
        frr = [path for path in files if path.suffix == ".conf"]
        config_db = [path for path in files if path.suffix != ".conf"]
        if len(frr) == len(config_db) == 1:
            found[config_db[0]] = frr[0]
    return found


def _fabric_folder(folder: Path, build: str, catalog: Catalog) -> tuple[list[Subject], list[tuple[Endpoint, Endpoint]]]:
    path = folder / "plan.json"
    plan, _ = read_json(path)
    try:
        builds = {name: build or str(one["image_build"]) for name, one in plan["switches"].items()}
        said = [text for link in plan["links"] for text in (link["link"], *link.get("members", ()))]
        links = [(a, b) for a, b in (ends_of(str(text)) for text in said)]
    except (LookupError, TypeError, ValueError, AttributeError) as err:
        raise InputError(f"{path}: not a plan of sonicfab") from err
    there = {name: one for name, one in builds.items() if (folder / name).is_dir()}
    return [_switch_folder(folder / name, name, one, catalog) for name, one in there.items()], links


def _switch_folder(folder: Path, name: str, build: str, catalog: Catalog) -> Subject:
    config_db, frr = (folder / file for file in _NAMES)
    if not config_db.is_file():
        hint = "a folder of a switch has config_db.json, that of a fabric plan.json"
        raise InputError(f"{folder}: there is no config_db.json in it", hint)
    return _subject(name, config_db, frr if frr.is_file() else None, build, catalog)


def _subject(name: str, config_db: Path, frr: Path | None, build: str, catalog: Catalog) -> Subject:
    data, odd = read_json(config_db)
    config, read = as_config_db(data)
    return Subject(
        name,
        _named(build or _by_version(config, catalog), config_db, catalog),
        catalog.platform_of(hwsku_of(config)),
        config_db=config,
        frr=text_of(frr) if frr else None,
        files=(str(config_db), str(frr or "")),
        read=(*odd, *read),
    )


def hwsku_of(config: ConfigDb) -> object:
    """The HWSKU that a config_db says its switch has; None when it says none."""
    return config.get("DEVICE_METADATA", {}).get("localhost", {}).get("hwsku")


def _by_version(config: ConfigDb, catalog: Catalog) -> str:
    """The build that writes the config's schema version; "" when none or several do."""
    version = str(config.get("VERSIONS", {}).get("DATABASE", {}).get("VERSION", ""))
    fitting = [one.name for one in catalog.builds.values() if version and one.database_version == version]
    return fitting[0] if len(fitting) == 1 else ""


def _named(build: str, path: Path, catalog: Catalog) -> Build:
    if not build:
        known = ", ".join(catalog.builds)
        raise InputError(f"{path} does not tell for which image build it is", f"say --image-build, one of {known}")
    if build not in catalog.builds:
        raise InputError(f"{path}: no such image build: {build}", did_you_mean(build, catalog.builds))
    return catalog.builds[build]
