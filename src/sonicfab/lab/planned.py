"""The lab of a plan: its switches with their real identity, ports and cables."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sonicfab.builds import DEBIAN_RELEASES, Build, Frrcfgd
from sonicfab.errors import InputError
from sonicfab.hints import first_of
from sonicfab.lab.container import container_files
from sonicfab.lab.debian import Tree, nearest
from sonicfab.lab.initcfg import init_cfg_text
from sonicfab.lab.spec import SWSS_READY_AFTER, LabHost, LabSpec, LabSwitch
from sonicfab.ownership import record
from sonicfab.ownership.record import Record
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.platforms import Platform
from sonicfab.ports import ports_of
from sonicfab.render import planned_of
from sonicfab.schema.facts import schema_of


def lab_spec(
    plan: FabricPlan,
    name: str,
    swss_ready_after: float = SWSS_READY_AFTER,
    yang: Path | None = None,
    hosts: tuple[LabHost, ...] = (),
    configs: Mapping[str, Mapping[str, str]] | None = None,
) -> LabSpec:
    """The lab of a fabric.

    `yang` is a folder with YANG models for all switches, whatever their build brings; `configs` is what switches
    have stored instead of nothing: switch -> config_db.json and frr.conf -> text.
    """
    links = tuple(cable for link in plan.links for cable in link.cables)
    platforms = dict.fromkeys(one.platform for one in plan.switches.values())
    switches = tuple(_switch(one, platforms, yang, (configs or {}).get(one.name, {})) for one in plan.switches.values())
    bundled = any(one.port_channels for one in plan.switches.values())
    return LabSpec(name, plan.name, switches, links, swss_ready_after, hosts, port_channels=bundled)


def on_trees(spec: LabSpec, plan: FabricPlan, trees: Collection[Tree]) -> LabSpec:
    """The lab whose switches run the FRR that is nearest to their build's."""
    switches = []
    for one in spec.switches:
        build = plan.switches[one.name].build.frr
        tree = nearest(build, trees)
        switches.append(replace(one, tree=str(tree.root or ""), frr=tree.frr, kept=_kept(tree.frr, build)))
    return replace(spec, switches=tuple(switches))


def _kept(frr: str, build: str) -> tuple[str, ...]:
    """The tables whose interfaces zebra is told of, so that it does not free them when they go.

    zebra 10.3 ends when an interface goes that it sends router advertisements on, as for BGP unnumbered: its timer
    keeps the pointer (FRRouting/frr, 10.3: zebra/interface.c if_down(); mended by deb8476f63 and d019ad4938 in 10.4),
    unless its config names the interface. A switch's port never goes, as one of a lab does whose cable is pulled; a
    port channel goes with teamd, and a build with that FRR has the fault (data/builds/community-202505.yml).
    """
    if not frr.startswith("10.3"):
        return ()
    return ("PORT",) if build.startswith("10.3") else ("PORT", "PORTCHANNEL")


_STORED = {
    "config_db.json": "files/etc/sonic/config_db.json",
    "frr.conf": "files/etc/sonic/frr/frr.conf",
    record.FILE: f"files/etc/sonic/sonicfab/{record.FILE}",
}


def stored_configs(plan: FabricPlan, folder: Path) -> dict[str, dict[str, str]]:
    """What `sonicfab render` or `lab save` wrote, of every switch.

    Raises:
        InputError: the folder lacks a switch, or a file cannot be read.
    """
    below = folder if any((folder / name).is_dir() for name in plan.switches) else folder / plan.name
    lacking = [name for name in plan.switches if not (below / name / "config_db.json").exists()]
    if lacking:
        message = f"--from {folder}: no config_db.json of {first_of(lacking)}"
        raise InputError(message, "`sonicfab render` and `sonicfab lab save` write such folders")
    found: dict[str, dict[str, str]] = {}
    for name in plan.switches:
        files = (below / name / file for file in _STORED)
        try:
            found[name] = {file.name: file.read_text(encoding="utf-8") for file in files if file.exists()}
            tables = json.loads(found[name]["config_db.json"])
        except (OSError, ValueError) as err:
            raise InputError(f"--from: {below / name} cannot be read: {err}") from err
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise InputError(f"--from: {below / name / 'config_db.json'} is no CONFIG_DB: tables of rows")
        if (below / "plan.json").exists():  # what was rendered is ours, as if it had been pushed
            planned = planned_of(plan.switches[name], tables)
            found[name][record.FILE] = Record.of(tables, found[name].get("frr.conf"), planned).dumps()
    return found


def _switch(
    switch: SwitchPlan, platforms: Collection[Platform], yang: Path | None, stored: Mapping[str, str]
) -> LabSwitch:
    platform, build = switch.platform, switch.build
    models = yang or build.yang
    return LabSwitch(
        name=switch.name,
        mac=switch.mac,
        serial=switch.serial,
        platform=platform.platform,
        hwsku=platform.hwsku,
        asic=platform.asic,
        build=build.name,
        sonic_version=_sonic_version(build, platform.asic),
        database_version=build.database_version,
        routing_config_mode=build.routing_config_mode,
        bfd_needs_mgmt_framework=build.bfd_needs_mgmt_framework,
        # those that are split as the ports they are parts of, too: a config that has them whole can still be loaded
        ports=tuple({**ports_of(platform, build), **switch.table}),
        image={
            **container_files(build, platform.hwsku, platforms),
            "files/etc/sonic/init_cfg.json": init_cfg_text(build),
            **{_STORED[name]: text for name, text in stored.items()},
        },
        frrcfgd=_frrcfgd(build),
        yang=str(models.resolve()) if models else "",
        yang_tables=tuple(sorted(schema_of(build) or ())),
    )


def _frrcfgd(build: Build) -> dict[str, Any]:
    daemon = build.frrcfgd or Frrcfgd()
    return {
        "active": [daemon.active, "true"],
        "numbered": daemon.numbered_prefixes,
        "broken": daemon.broken,
        "start_lines": list(build.frr_start_lines),
    }


def _sonic_version(build: Build, asic: str) -> str:
    """/etc/sonic/sonic_version.yml: the keys that tell the build are true, the others say that this is a lab."""
    releases = {name: number for number, name in DEBIAN_RELEASES.items()}
    values = {
        "build_version": f"{build.name}.sonicfab-lab",
        "debian_version": releases.get(build.debian, build.debian),
        "kernel_version": f"{build.kernel}-amd64" if build.kernel else "sonicfab-lab",
        "asic_type": asic,
        "commit_id": "sonicfab-lab",
        "build_date": "sonicfab-lab",
        "build_number": "0",
        "built_by": "sonicfab-lab",
        "sonic_os_version": releases.get(build.debian, "12"),
        **build.identified_by,
    }
    return "".join(f"{key}: '{value}'\n" for key, value in values.items())
