"""The image builds and switch models that tests take by name: those that ship, and those learned until now."""

from __future__ import annotations

from collections.abc import Sequence

from sonicfab.builds import Build
from sonicfab.catalog import Catalog
from sonicfab.configdb import ConfigDb
from sonicfab.plan.types import FabricPlan
from sonicfab.platforms import Platform
from sonicfab.render import Renderer, SwitchConfig, template_folders
from sonicfab.validate.findings import Finding
from sonicfab.validate.frr import check_frr
from sonicfab.validate.run import Subject
from sonicfab.validate.subjects import hwsku_of

CATALOG = Catalog.load()
PLATFORMS = tuple(CATALOG.platforms.values())


def get_build(name: str) -> Build:
    """The build of that name; a KeyError says that it is not known."""
    return (CATALOG if name in CATALOG.builds else Catalog.load()).builds[name]  # which is learned anew


def get_platform(name: str) -> Platform:
    """The model of that name; a KeyError says that it is not known."""
    return CATALOG.platforms[name]


def build_names() -> tuple[str, ...]:
    """All builds that are known."""
    return tuple(Catalog.load().builds)


def platform_names() -> tuple[str, ...]:
    """All models that are known."""
    return tuple(CATALOG.platforms)


def small_inventory(*names: str, defaults: str = "", leaf: str = "as7326-56x") -> str:
    """An inventory of switches by names such as `spine1` and `leaf2`; `defaults` are more lines of those."""
    text = f"defaults:\n  image_build: community-202411\n  management: {{gateway: 192.0.2.1}}\n{defaults}devices:\n"
    for name in names:
        role, number = name[:-1], int(name[-1])
        kind, tier = ("as7726-32x", 1) if role == "spine" else (leaf, 2)
        address = f"management: {{address: 192.0.2.{tier}{number}/24}}"
        text += f'  {name}: {{role: {role}, platform: {kind}, mac: "02:00:5e:{tier}0:0{number}:00", {address}}}\n'
    return text


def rendered_config(plan: FabricPlan, name: str, secret: str = "x") -> SwitchConfig:
    """What the templates that ship make of a switch; each of its secrets is that word."""
    return Renderer(template_folders(), lambda *_: secret).render(plan, plan.switches[name])


def nothing_wrong_in_frr(plan: FabricPlan, *names: str) -> None:
    for name in names:
        config = rendered_config(plan, name)
        _, found = check_frr(config.frr, config.config_db, plan.switches[name].build)
        assert [one for one in found if one.code != "SF-409"] == []  # the password stands in frr.conf


def subject(
    build: str, tables: ConfigDb | None = None, frr: str | None = None, read: Sequence[Finding] = ()
) -> Subject:
    """What `validate` is given of one config: its model is that of its HWSKU."""
    return Subject("s", get_build(build), CATALOG.platform_of(hwsku_of(tables or {})), tables, frr, read=tuple(read))
