"""Image builds as facts: what each SONiC image does differently; a build is a file, not a version test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

from pydantic import BaseModel, ConfigDict

from sonicfab.datafiles import fact_names, read_facts

DEFAULT_BUILD = "community-202411"


@dataclass(frozen=True, slots=True)
class Build:
    """One image build; each fact's source stands beside it in data/builds/.

    Attributes:
        name: as inventories write it, e.g. community-202411.
        vendor: who builds the image.
        port_table: which port table of a platform this build has.
        identified_by: keys and values of /etc/sonic/sonic_version.yml that tell this build.
        frr: version of FRR in its bgp container.
        debian: code name of the host's Debian.
        database_version: VERSIONS|DATABASE of a config_db that needs no migration.
        routing_config_mode: the docker_routing_config_mode that keeps our frr.conf.
        frr_start_lines: what the bgp container's start script would append to frr.conf.
        fpm_module: the FPM module that zebra loads.
        bfd_needs_mgmt_framework: bfdd starts only with frr_mgmt_framework_config "true".
        unfit_platforms: switch model -> why the build cannot work on it.
    """

    name: str
    vendor: str
    port_table: str
    identified_by: Mapping[str, str]
    frr: str
    debian: str
    database_version: str
    routing_config_mode: str
    frr_start_lines: tuple[str, ...]
    fpm_module: str
    bfd_needs_mgmt_framework: bool
    unfit_platforms: Mapping[str, str]

    def is_told_by(self, sonic_version: Mapping[str, str]) -> bool:
        """True when a switch whose sonic_version.yml says this runs this build."""
        return all(sonic_version.get(key) == value for key, value in self.identified_by.items())


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    vendor: str
    port_table: str
    identified_by: dict[str, str]
    frr: str
    debian: str
    database_version: str
    routing_config_mode: str
    frr_start_lines: tuple[str, ...]
    fpm_module: str
    bfd_needs_mgmt_framework: bool
    unfit_platforms: dict[str, str] = {}


def build_names() -> tuple[str, ...]:
    """The builds that are known."""
    return fact_names("builds")


@cache
def get_build(name: str) -> Build:
    """The image build of that name.

    Raises:
        KeyError: it is not known.
    """
    data = read_facts("builds", name, _File)
    return Build(**{field.name: getattr(data, field.name) for field in fields(Build)})
