"""What was learned of an image build, and the profile that it becomes: <data folder>/builds/NAME."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sonicfab.builds import Build, is_build_name
from sonicfab.catalog import learned_folder, learned_names
from sonicfab.datafiles import as_facts, as_plain, fact_names
from sonicfab.errors import InputError, OutputError
from sonicfab.hints import did_you_mean
from sonicfab.learn.findings import Findings
from sonicfab.learn.schema import schema_text

GIVEN = "given with --set"
VENDOR = "own"
"""The vendor of a learned build unless one is given."""

OPTIONAL = (
    *("frr", "debian", "kernel", "python", "redis", "docker", "database_version", "fpm_module", "frr_daemons"),
    *(
        "bgp_daemon",
        "ntp_daemon",
        "reload_checks_yang",
        "port_defaults",
        "frr_telnet_daemons",
        "unsuppress_map_is_policy",
        "platform_modules",
    ),
)
"""Facts that may stay unknown."""

_NEEDED = {
    "identified_by": "--set identified_by.build_version=VALUE  (a key of /etc/sonic/sonic_version.yml and its value)",
    "routing_config_mode": "--set routing_config_mode=MODE  (the docker_routing_config_mode that keeps frr.conf)",
    "frr_start_lines": "--set 'frr_start_lines=LINE,LINE'  (what the bgp container appends to frr.conf; may be empty)",
    "bfd_needs_mgmt_framework": "--set bfd_needs_mgmt_framework=true|false",
}
"""Facts without which nothing can be rendered, and how to give them."""

_MAPPINGS = ("identified_by", "port_defaults", "platform_modules")
_LISTS = ("frr_start_lines", "frr_daemons", "frr_telnet_daemons")
_NOT_GIVEN = ("name", "ports", "sources", "unfit_platforms", "defects", "schema", "nearest_schema", "yang")
_SETTABLE = tuple(one.name for one in fields(Build) if one.name not in _NOT_GIVEN)
_PATTERNS = {
    "frr": r"\d+(\.\d+)+",
    "database_version": r"version_[0-9A-Za-z_]{1,40}",
    "routing_config_mode": r"[a-z][a-z-]{0,39}",
    "fpm_module": r"\w{1,40}",
    "vendor": r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
    "port_table": r"[a-z]{0,40}",
}
_HEADER = """\
# The image build {name}, learned by sonicfab from {origin}.
# Inventories name it as image_build: {name}. `sonicfab builds learn --replace` writes it anew.
"""


@dataclass(frozen=True)
class Profile:
    """A profile as it is written.

    Attributes:
        told: what is known of the build, as its file says it.
        schema: the facts of the models as JSON; "" when there are none, or they cannot be compiled.
        unknown: the facts and files that nobody told.
        notes: what the user should know of how it was learned.
    """

    build: Build
    told: Mapping[str, Any]
    origin: str
    yang: Mapping[str, str]
    schema: str
    init_cfg: str
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """As inventories write it."""
        return self.build.name


def check_name(name: str, *, replace: bool) -> None:
    """Refuse a name before anything is asked of anybody.

    Raises:
        InputError: it is no name, that of a build that ships, or one that is there and not to be replaced.
    """
    if not is_build_name(name):
        raise InputError(
            f"{name}: not a name for a build", "letters, digits, dots, underscores and inner hyphens, at most 63"
        )
    if name in fact_names("builds"):
        raise InputError(f"{name} ships with sonicfab", "give the learned build a name of its own")
    if name in learned_names(learned_folder()) and not replace:
        raise InputError(f"{name} was learned already, in {learned_folder() / name}", "--replace learns it anew")


def given_facts(settings: Iterable[str]) -> dict[str, Any]:
    """What `--set FACT=VALUE` says; lists are joined by commas, and mappings are given as FACT.KEY=VALUE.

    Raises:
        InputError: there is no such fact, or its value is not written like this.
    """
    given: dict[str, Any] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        fact, dot, key = path.partition(".")
        if not equals:
            raise InputError(f"--set {setting}: must be FACT=VALUE")
        if fact not in _SETTABLE and fact != "schema":
            raise InputError(f"--set {fact}: no such fact", did_you_mean(fact, _SETTABLE))
        if (fact in _MAPPINGS) != bool(dot and key):
            form = f"{fact}.KEY=VALUE" if fact in _MAPPINGS else f"{fact}=VALUE"
            raise InputError(f"--set {setting}: must be {form}")
        if fact in _MAPPINGS:
            given.setdefault(fact, {})[key] = value
        else:
            given[fact] = tuple(one.strip() for one in value.split(",") if one.strip()) if fact in _LISTS else value
    return given


def make_profile(name: str, findings: Findings, given: Mapping[str, Any]) -> Profile:
    """The profile of what was found; what is given counts more.

    Raises:
        InputError: something is missing without which nothing can be rendered, or a value is not usable.
    """
    facts = {**findings.facts, **given}
    sources = {**findings.sources, **dict.fromkeys(given, GIVEN)}
    missing = [fact for fact in _NEEDED if fact not in facts]
    if missing:
        raise InputError(
            f"{findings.origin} does not tell {', '.join(missing)}, and nothing can be rendered without"
            f"{_reasons(findings)}",
            "give it:" + "".join(f"\n    {_NEEDED[fact]}" for fact in missing),
        )
    if not findings.ports:
        raise InputError(
            f"{findings.origin} has no port_config.ini of a switch model that sonicfab knows{_reasons(findings)}",
            "it is looked for in usr/share/sonic/device or device/*, below PLATFORM/HWSKU",
        )
    values = {"vendor": VENDOR, "port_table": "", "database_version": "", **facts, "name": name, "sources": sources}
    try:
        build = as_facts(Build, {**values, "ports": findings.ports})
    except ValidationError as err:
        first = err.errors()[0]
        fact = ".".join(str(step) for step in first["loc"])
        raise InputError(f"{fact}: {first['msg']}", f"{fact} is from: {sources.get(fact, 'nowhere')}") from err
    _check_values(build, sources)
    unknown = [fact for fact in OPTIONAL if fact not in facts]
    unknown += [
        what for what, there in (("YANG models", findings.yang), ("init_cfg.json", findings.init_cfg)) if not there
    ]
    schema, notes = "", list(findings.notes)
    if findings.yang:
        schema, why = schema_text(findings.yang)
        if not schema:
            notes.append(f"{why}: validation knows no schema of this build")
    told = {fact: one for fact, one in as_plain(Build, build).items() if fact in values or fact == "ports"}
    return Profile(build, told, findings.origin, findings.yang, schema, findings.init_cfg, tuple(unknown), tuple(notes))


def write_profile(profile: Profile, *, replace: bool) -> Path:
    """Put the profile into the data folder, whole or not at all; its folder.

    Raises:
        InputError: it is there already and not to be replaced.
        OutputError: it cannot be written; what was there before is untouched.
    """
    check_name(profile.name, replace=replace)
    builds = learned_folder()
    target = builds / profile.name
    part: Path | None = None
    try:
        builds.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".learning.", dir=builds))  # no build's name begins with a dot
        (part / "yang").mkdir()
        for path, text in _texts(profile).items():
            _write(part / path, text)
        if not profile.yang:
            (part / "yang").rmdir()
        part.chmod(0o755)
        _exchange(part, target)
    except OSError as err:
        raise OutputError(f"cannot write {target}: {err.strerror or err}") from err
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return target


def forget_profile(name: str) -> Path:
    """Remove a learned build; the folder that it was in.

    Raises:
        InputError: it ships with sonicfab, or nothing of that name was learned.
        OutputError: it cannot be removed.
    """
    if name in fact_names("builds"):
        raise InputError(f"{name} ships with sonicfab and stays")
    if name not in learned_names(learned_folder()):
        hint = did_you_mean(name, learned_names(learned_folder())) or "nothing was learned yet"
        raise InputError(f"{name}: no such learned build", hint)
    folder = learned_folder() / name
    try:
        gone = Path(tempfile.mkdtemp(prefix=".forgotten.", dir=folder.parent))
        folder.replace(gone)  # at once for everybody who looks
        shutil.rmtree(gone)
    except OSError as err:
        raise OutputError(f"cannot remove {folder}: {err.strerror or err}") from err
    return folder


def _reasons(findings: Findings) -> str:
    return "".join(f"\n  {note}" for note in findings.notes)


def _check_values(build: Build, sources: Mapping[str, str]) -> None:
    """Values end up in configs and on terminals: none of them may be more than a word or a line."""
    for fact, pattern in _PATTERNS.items():
        value = getattr(build, fact)
        if value and not re.fullmatch(pattern, value):
            raise InputError(f"{fact}: not usable: {value[:60]!a}", f"it is from: {sources.get(fact, 'nowhere')}")
    if not build.identified_by:
        raise InputError("identified_by: must name a key of sonic_version.yml", _NEEDED["identified_by"])
    plain = {fact: [getattr(build, fact)] for fact in ("follows", "debian", "kernel", "python", "redis", "docker")}
    lists = {fact: [*getattr(build, fact)] for fact in _LISTS}
    maps = {fact: [str(word) for pair in getattr(build, fact).items() for word in pair] for fact in _MAPPINGS}
    for fact, words in {**plain, **lists, **maps}.items():
        for word in words:
            quotes = fact in _LISTS and set(word) & set("\"'`$\\")  # they are lines of a shell script
            if quotes or len(word) > 200 or not word.isprintable() or not word.isascii():
                raise InputError(f"{fact}: not usable: {word[:60]!a}", f"it is from: {sources.get(fact, 'nowhere')}")


def _texts(profile: Profile) -> dict[str, str]:
    data = {**profile.told}
    long = {name: data.pop(name) for name in ("sources", "ports")}
    body = "".join(
        yaml.safe_dump(part, sort_keys=False, default_flow_style=flow, width=116)
        for part, flow in ((data, None), ({"sources": long["sources"]}, False), ({"ports": long["ports"]}, None))
    )
    texts = {"build.yml": _HEADER.format(name=profile.name, origin=profile.origin) + body}
    if profile.schema:
        texts["schema.json"] = profile.schema
    if profile.init_cfg:
        texts["init_cfg.json"] = profile.init_cfg
    return {**texts, **{f"yang/{name}": text for name, text in profile.yang.items()}}


def _write(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _exchange(part: Path, target: Path) -> None:
    """Give `part` the name `target`; what had it before is gone then, or back when that fails."""
    if not target.exists():
        part.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=".replaced.", dir=target.parent))
    target.replace(old)
    try:
        part.rename(target)
    except OSError:
        with contextlib.suppress(OSError):
            old.replace(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
