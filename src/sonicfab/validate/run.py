"""Validation as a whole: each switch by itself through all nets, then the switches and links between them."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.endpoint import Endpoint
from sonicfab.errors import ExitCode, InputError
from sonicfab.frr.bgp import FrrText
from sonicfab.platforms import Platform
from sonicfab.ports import not_known, unfit_for
from sonicfab.schema.facts import builtin, builtin_names, schema_of
from sonicfab.validate.between import Between
from sonicfab.validate.defects import check_defects
from sonicfab.validate.device import check_device
from sonicfab.validate.findings import Finding, worst_first
from sonicfab.validate.frr import check_frr
from sonicfab.validate.interfaces import check_interfaces
from sonicfab.validate.libyang import INSTALL, LibyangCheck, libyang_folder
from sonicfab.validate.likely import LikelyCheck
from sonicfab.validate.links import SwitchView
from sonicfab.validate.schema import SchemaCheck
from sonicfab.validate.services import check_services
from sonicfab.validate.together import BATCH, Together
from sonicfab.validate.unified import beside_models, check_unified
from sonicfab.validate.vtysh import check_syntax, frr_version, read_together
from sonicfab.validate.yang import YangCheck

Engine = Literal["auto", "yangson", "libyang"]


@dataclass(frozen=True)
class Subject:
    """What is validated: one switch, or what there is of it.

    Attributes:
        name: of the switch; of a file, its path.
        platform: the model; None for one that is not known.
        config_db: None when there is none.
        frr: the text of frr.conf; None when there is none.
        files: how findings name the two files.
        read: findings from reading the files.
        by_reference: passwords in frr.conf came out of references: it is for its owner alone.
        managed_from: the addresses from which the inventory has somebody log in, where it says so.
        written: where somebody wrote as it stands what a finding is about, FILE:LINE:COLUMN; "" elsewhere.
    """

    name: str
    build: Build
    platform: Platform | None = None
    config_db: ConfigDb | None = None
    frr: str | None = None
    files: tuple[str, str] = ("config_db.json", "frr.conf")
    read: tuple[Finding, ...] = ()
    by_reference: bool = False
    managed_from: tuple[str, ...] = ()
    written: Callable[[Finding], str] = field(default=lambda _finding: "", repr=False, compare=False)


@dataclass(frozen=True)
class Validation:
    """The result: findings, worst first, and what was and was not looked at."""

    findings: tuple[Finding, ...]
    subjects: tuple[str, ...]
    nets: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True when no finding is an error."""
        return not any(one.severity == "error" for one in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """4 when there are errors; warnings count as fine."""
        return ExitCode.OK if self.ok else ExitCode.FAILED


class Validator:
    """Validates subjects; schemas and models are made ready once for each build."""

    def __init__(
        self, *, yang_dir: Path | None = None, models: bool = True, vtysh: bool = True, engine: Engine = "auto"
    ) -> None:
        """Take `yang_dir` for builds whose models are not known; without `models`, no YANG at all.

        The engine reads the models: auto is libyang where it is installed.

        Raises:
            InputError: there are no models in `yang_dir`, or the engine is not installed.
        """
        if engine == "libyang" and not libyang_folder():
            raise InputError("--engine libyang: it is not installed", f"{INSTALL}, or do without --engine")
        self._libyang = engine != "yangson" and bool(libyang_folder())
        if yang_dir is not None and not yang_dir.is_dir():
            raise InputError(f"--yang-dir {yang_dir}: no such folder")
        self._yang_dir, self._models, self._vtysh = yang_dir, models, vtysh
        self._schemas: dict[str, SchemaCheck | None] = {}
        self._builtin: dict[str, SchemaCheck] = {}
        self._yang: dict[str, YangCheck | LibyangCheck | None] = {}

    def validate(
        self,
        subjects: Iterable[Subject],
        links: Iterable[tuple[Endpoint, Endpoint]] = (),
        ignore: Collection[str] = (),
        done: Callable[[str], None] = lambda _switch: None,
    ) -> Validation:
        """Everything that is wrong; `ignore` are codes that are left out, `done` is told of each subject.

        Of subjects that come one by one, no more are held than the rules between switches need.

        Raises:
            InputError: the models of a build cannot be read.
        """
        try:
            with contextlib.closing(self._ahead(subjects)) as some:
                return self._validate(some, links, ignore, done)
        finally:
            for models in self._yang.values():
                if models:
                    models.close()

    def _ahead(self, subjects: Iterable[Subject]) -> Generator[tuple[Subject, Together | None], None, None]:
        """The subjects; FRR reads the next ones' frr.conf in the background while these are looked at."""
        left, waiting = iter(subjects), deque[tuple[list[Subject], Together | None]]()
        try:
            while True:
                some = list(islice(left, BATCH))
                if some:
                    texts = (one.frr for one in some if one.frr is not None)
                    waiting.append((some, read_together(texts) if self._vtysh else None))
                if not waiting:
                    return
                if some and len(waiting) == 1:
                    continue
                together = waiting[0][1]
                yield from ((one, together) for one in waiting[0][0])
                waiting.popleft()
                if together:
                    together.close()
        finally:
            for _, one in waiting:
                if one:
                    one.close()

    def _validate(
        self,
        subjects: Iterable[tuple[Subject, Together | None]],
        links: Iterable[tuple[Endpoint, Endpoint]],
        ignore: Collection[str],
        done: Callable[[str], None],
    ) -> Validation:
        found: list[Finding] = []
        looked: dict[str, _Looked] = {}
        between = Between(links)
        for subject, together in subjects:
            read, own = self._subject(subject, together)
            if subject.config_db is not None:
                between.show(SwitchView.of(subject.name, subject.config_db, read))
            looked[subject.name] = one = _Looked.at(subject)
            found += (replace(finding, given=one.written(finding)) for finding in own)
            done(subject.name)
        for finding in between.findings():
            one = looked[finding.switch]
            told = replace(finding, file=one.files[finding.file == "frr.conf"], build=one.build.name)
            found.append(replace(told, given=one.written(told)))
        return Validation(
            tuple(worst_first(one for one in found if one.code not in ignore)),
            tuple(looked),
            tuple(self._nets(looked.values())),
            tuple(self._skipped(looked)),
        )

    def _subject(self, subject: Subject, together: Together | None) -> tuple[FrrText | None, list[Finding]]:
        build = subject.build
        read, in_frr = check_frr(subject.frr, subject.config_db, build) if subject.frr is not None else (None, [])
        if subject.by_reference:
            in_frr = [one for one in in_frr if one.code != "SF-409"]
        if subject.frr is not None and self._vtysh and not (together and together.understood(subject.frr)):
            in_frr += check_syntax(subject.frr, build.frr)
        found = list(subject.read)
        if subject.config_db is not None:
            of_tables, made = check_unified(subject.config_db, build)
            read, found = read or of_tables, [*found, *made]
            found += self._config_db(subject.config_db, build, subject.platform, read, frr=subject.frr is not None)
            found += check_services(subject.config_db, read, subject.managed_from)
        found = [self._at(one, subject, subject.files[0]) for one in found]
        return read, found + [self._at(one, subject, subject.files[1]) for one in in_frr]

    def _config_db(
        self, config: ConfigDb, build: Build, platform: Platform | None, read: FrrText | None, *, frr: bool
    ) -> list[Finding]:
        schema = self._schema(build)
        found = schema.check(config) if schema else [_no_schema(build), *self._likely(build).check(config)]
        models = self._model(build)
        if models:
            told = {one.place for one in found}
            found += [one for one in models.check(config) if one.place not in told]
        found = [beside_models(_graver(one, build), config, build) for one in found]
        used = {one.place for one in found if one.code == "SF-128"}  # where the models have the rule
        between = check_interfaces(config, bgp=read is not None and bool(read.instances))
        found += [one for one in between if not (one.code == "SF-225" and one.place in used)]
        found += check_device(config, build, platform, frr=frr)
        return [*found, *check_defects(config, build, platform)]

    def _likely(self, build: Build) -> LikelyCheck:
        for name in builtin_names():
            self._builtin.setdefault(name, SchemaCheck(builtin(name)))
        return LikelyCheck(self._builtin, build.nearest_schema)

    def _schema(self, build: Build) -> SchemaCheck | None:
        if build.name not in self._schemas:
            schema = schema_of(build)
            models = self._model(build) if schema is None else None
            schema = models.schema if models else schema
            self._schemas[build.name] = None if schema is None else SchemaCheck(schema)
        return self._schemas[build.name]

    def _model(self, build: Build) -> YangCheck | LibyangCheck | None:
        if build.name not in self._yang:
            folder, kind = self._folder(build), LibyangCheck if self._libyang else YangCheck
            self._yang[build.name] = kind(folder, schema_of(build)) if folder else None
        return self._yang[build.name]

    def _folder(self, build: Build) -> Path | None:
        """Where its models are: in --yang-dir or a folder in there named for the build, else with what was learned."""
        if not self._models:
            return None
        if self._yang_dir is None:  # those of a learned build, if they are such that yangson can compile them
            return None if schema_of(build) is None else build.yang
        for name in (build.name, build.schema):
            if name and (self._yang_dir / name).is_dir():
                return self._yang_dir / name
        return self._yang_dir

    @staticmethod
    def _at(one: Finding, subject: Subject, file: str) -> Finding:
        return replace(one, switch=subject.name, file=file, build=subject.build.name)

    def _nets(self, looked: Collection[_Looked]) -> Iterable[str]:
        builds = dict.fromkeys(one.build.name for one in looked)
        if known := [name for name in builds if self._schemas.get(name)]:
            yield f"schema facts of {', '.join(known)}"
        by_engine: dict[str, list[str]] = {}
        for name in builds:
            if models := self._yang.get(name):
                by_engine.setdefault(models.engine, []).append(name)
        for engine, names in by_engine.items():
            yield f"YANG models of {', '.join(names)}, by {engine}"
        switches = sum(one.has_config_db for one in looked)
        if switches:
            yield "rules between rows and between switches" if switches > 1 else "rules between rows"
        if any(one.has_frr for one in looked) and self._vtysh and frr_version():
            yield f"frr.conf read by FRR {frr_version()}"

    def _skipped(self, looked: Mapping[str, _Looked]) -> Iterable[str]:
        pairs = dict.fromkeys((one.platform, one.build) for one in looked.values() if one.platform is not None)
        yield from (not_known(*pair) for pair in pairs if unfit_for(*pair) is None)
        builds = dict.fromkeys(one.build.name for one in looked.values())
        if lacking := [name for name in builds if not self._yang.get(name)]:
            why = "--no-yang" if not self._models else "they are not here (`sonicfab builds learn`, or --yang-dir)"
            yield f"YANG models of {', '.join(lacking)}: {why}"
        if any(one.has_frr for one in looked.values()) and not (self._vtysh and frr_version()):
            why = "it is not installed here" if self._vtysh else "the switch's own does it"
            yield f"frr.conf read by FRR: {why}"
        if lone := [name for name, one in looked.items() if one.has_frr and not one.has_config_db]:
            yield f"{', '.join(lone)} beside its config_db.json: give that as well, or their folder"


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is kept of a subject that was looked at."""

    build: Build
    platform: Platform | None
    files: tuple[str, str]
    written: Callable[[Finding], str]
    has_config_db: bool
    has_frr: bool

    @classmethod
    def at(cls, one: Subject) -> _Looked:
        return cls(one.build, one.platform, one.files, one.written, one.config_db is not None, one.frr is not None)


def _no_schema(build: Build) -> Finding:
    checked = "only what all community builds refuse was looked for"
    if build.nearest_schema:
        checked = (
            f"what all community builds refuse is an error, what community-{build.nearest_schema} refuses a warning"
        )
    return Finding("SF-502", "", f"the schema of {build.name} is not known: {checked}")


def _graver(one: Finding, build: Build) -> Finding:
    """A table without a model is an error where every `config reload FILE` refuses the file for it."""
    refuses = one.code == "SF-101" and build.reload_checks_yang == "always"
    return replace(one, grade="error", source=build.source("reload_checks_yang")) if refuses else one
