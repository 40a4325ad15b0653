"""Image builds as facts: what each SONiC image does differently; a build is a file, not a version test.

Those that ship are in data/builds/; what `sonicfab builds learn` made of a site's own images is in the user's data
folder and counts just the same. data/build_facts.yml says what each fact means to an operator, and where it is from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar, Literal

from sonicfab.datafiles import STRICT, as_facts, read_facts
from sonicfab.frr import frrcfgd

DEFAULT_BUILD = "community-202411"

DEBIAN_RELEASES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie"}
"""debian_version of sonic_version.yml begins with one of these numbers; a build has the code name."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")

ReloadCheck = Literal["never", "golden files", "always", ""]


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that a build is known to do wrong.

    Attributes:
        platforms: the switch models it concerns; none: all.
        rows: the config_db that it concerns, when all of these are in it: TABLE[|KEY][ FIELD[=VALUE]], KEY may be `*`.
        mend: what to do about it; "" when nothing but another build helps.
    """

    __pydantic_config__: ClassVar = STRICT

    what: str
    consequence: str
    source: str
    platforms: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Frrcfgd:
    """How frrcfgd of a build makes FRR's config of CONFIG_DB (sonic-buildimage src/sonic-frr-mgmt-framework).

    Attributes:
        mode: the docker_routing_config_mode in which it does; the framework that it is of is asked for, too.
        broken: why it cannot make that of a fabric; "" when it can.
        active: what the field admin_status says where a family, or a neighbour, is on.
        numbered_prefixes: the rows of PREFIX are numbered, and may deny; without, their order is nobody's.
        beside_models: rows that it reads, and that the YANG models of the build do not allow: TABLE[ FIELD].
    """

    __pydantic_config__: ClassVar = STRICT

    mode: str = ""
    broken: str = ""
    active: Literal["up", "true"] = "up"
    numbered_prefixes: bool = False
    beside_models: tuple[str, ...] = ()

    @property
    def inactive(self) -> str:
        """The opposite of `active`."""
        return "down" if self.active == "up" else "false"

    def makes(self, config: frrcfgd.Config) -> str:
        """What FRR starts from with a config_db, as far as BGP is concerned.

        Raises:
            FrrcfgdError: a template fails on it.
        """
        return frrcfgd.frr_conf(config, active=(self.active, "true"), numbered=self.numbered_prefixes)

    def __str__(self) -> str:
        """In words."""
        return "no" if self.broken else f"yes, in the mode {self.mode}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One image build. "" or () where a fact is not known.

    Attributes:
        name: as inventories write it, e.g. community-202411.
        vendor: who builds the image.
        follows: the build that one upgrades from; builds of a vendor form a chain.
        port_table: which port table of a platform this build has.
        identified_by: keys and values of /etc/sonic/sonic_version.yml that tell this build.
        frr: version of FRR in its bgp container.
        debian, kernel, python, redis, docker: code name or version on the host.
        database_version: VERSIONS|DATABASE of a config_db that needs no migration.
        routing_config_mode: the docker_routing_config_mode that keeps our frr.conf.
        frr_start_lines: what the bgp container's start script would append to frr.conf.
        fpm_module: the FPM module that zebra loads.
        frr_daemons: FRR's daemons that always run.
        frr_telnet_daemons: those of them that listen for telnet on 127.0.0.1.
        unsuppress_map_is_policy: for RFC 8212, an unsuppress-map counts as a policy towards the neighbour.
        bfd_needs_mgmt_framework: bfdd starts only with frr_mgmt_framework_config "true".
        static_bfd: staticd takes `bfd` with a static route.
        bgp_daemon: what configures BGP from config_db unless frr_mgmt_framework_config is "true".
        frrcfgd: how that daemon makes FRR's config of CONFIG_DB in the mode `unified`; None where nobody knows.
        anycast_gateway: swss reads SAG|GLOBAL and static_anycast_gateway of VLAN_INTERFACE.
        ntp_daemon: ntpd or chrony.
        reload_checks_yang: when `config reload FILE` checks the file against the YANG models before it stops anything.
        port_defaults: fields that the migrator adds to every row of PORT, with their values.
        schema: name of the built-in schema facts; "" when no models of this build are known.
        nearest_schema: facts of the models that come nearest to this build's; `schema` where that is known.
        platform_modules: `modules` of a platform -> whether the image carries them; one that is not there is not known.
        unfit_platforms: switch model -> why the build cannot work on it although the image carries its modules.
        defects: what is known to be wrong, whatever the model; `ports.defects_on` has that of models, too.
        sources: fact -> where it is from, where that is not what build_facts.yml says.
        ports: HWSKU -> port -> row of its port table; only of learned builds.
        yang: the folder with its YANG models; only of learned builds that have them.
    """

    __pydantic_config__: ClassVar = STRICT

    name: str
    vendor: str
    follows: str = ""
    port_table: str
    identified_by: Mapping[str, str]
    frr: str = ""
    debian: str = ""
    kernel: str = ""
    python: str = ""
    redis: str = ""
    docker: str = ""
    database_version: str
    routing_config_mode: str
    frr_start_lines: tuple[str, ...]
    fpm_module: str = ""
    frr_daemons: tuple[str, ...] = ()
    frr_telnet_daemons: tuple[str, ...] = ()
    unsuppress_map_is_policy: bool = False
    bfd_needs_mgmt_framework: bool
    static_bfd: bool = False
    bgp_daemon: str = ""
    frrcfgd: Frrcfgd | None = None
    anycast_gateway: bool = False
    ntp_daemon: str = ""
    reload_checks_yang: ReloadCheck = ""
    port_defaults: Mapping[str, str] = field(default_factory=dict)
    schema: str = ""
    nearest_schema: str = ""
    platform_modules: Mapping[str, bool] = field(default_factory=dict)
    unfit_platforms: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    yang: Path | None = None

    def __hash__(self) -> int:
        return hash(self.name)  # no two builds share one

    def __post_init__(self) -> None:
        object.__setattr__(self, "nearest_schema", self.nearest_schema or self.schema)

    @property
    def acknowledges_routes(self) -> bool:
        """True when zebra is told that the ASIC has a route, so that BGP can wait for it.

        It runs with --asic-offload=notify_on_offload where this module is, and only there: sonic-buildimage 202411 to
        202605, dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2.
        """
        return self.fpm_module == "dplane_fpm_sonic"

    def is_told_by(self, sonic_version: Mapping[str, str]) -> bool:
        """True when a switch whose sonic_version.yml says this runs this build."""
        return all(sonic_version.get(key) == value for key, value in self.identified_by.items())

    def source(self, fact: str) -> str:
        """Where a fact is from; "" when nobody has said."""
        if fact in self.sources:
            return self.sources[fact]
        text = fact_texts().get(fact)
        branch = self.identified_by.get("branch", "")
        return text.source.format(branch=branch) if text and self.vendor == "community" and branch else ""


@dataclass(frozen=True, slots=True)
class FactText:
    """What a fact of a build means: a title, what follows for an operator when it changes, the source.

    `good` and `bad`: value in words (yes, no, not known; * is any other) -> what speaks for a build or against it.
    """

    __pydantic_config__: ClassVar = STRICT

    title: str
    consequence: str
    source: str
    good: Mapping[str, str] = field(default_factory=dict)
    bad: Mapping[str, str] = field(default_factory=dict)


def is_build_name(name: str) -> bool:
    """True for letters, digits, and inner dots, underscores and hyphens, at most 63."""
    return bool(_NAME.fullmatch(name))


@cache
def fact_texts() -> Mapping[str, FactText]:
    """Fact -> what it means."""
    return as_facts(dict[str, dict[str, FactText]], read_facts("", "build_facts"))["facts"]
