"""What a lab is made of: the plan's switches with their real identity, ports and cables."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from sonicfab.builds import Build, get_build
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.platforms import get_platform
from sonicfab.ports import ports_of

SWSS_READY_AFTER = 10.0
"""Seconds after a reload until `config reload` is not refused any more; on a switch it is 120."""


@dataclass(frozen=True, slots=True)
class LabSwitch:
    """One switch; `port_config` is the text of its port_config.ini, `ports` are the names in it.

    `routing_config_mode` is the docker_routing_config_mode in which its image keeps frr.conf.
    """

    name: str
    mac: str
    serial: str
    platform: str
    hwsku: str
    asic: str
    build: str
    sonic_version: str
    database_version: str
    routing_config_mode: str
    frr_start_lines: tuple[str, ...]
    ports: tuple[str, ...]
    port_config: str


@dataclass(frozen=True, slots=True)
class LabSpec:
    """A lab: its switches, and its cables as (switch, port, switch, port)."""

    name: str
    fabric: str
    switches: tuple[LabSwitch, ...]
    links: tuple[tuple[str, str, str, str], ...]
    swss_ready_after: float = SWSS_READY_AFTER

    def dumps(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def loads(cls, text: str) -> LabSpec:
        """From what `dumps` wrote."""
        data: dict[str, Any] = json.loads(text)
        switches = [
            LabSwitch(**{**one, "ports": tuple(one["ports"]), "frr_start_lines": tuple(one["frr_start_lines"])})
            for one in data.pop("switches")
        ]
        links = [(a, a_port, b, b_port) for a, a_port, b, b_port in data.pop("links")]
        return cls(switches=tuple(switches), links=tuple(links), **data)


def lab_spec(plan: FabricPlan, name: str, swss_ready_after: float = SWSS_READY_AFTER) -> LabSpec:
    """The lab of a fabric."""
    links = tuple((*link.a, *link.b) for link in plan.links)
    switches = tuple(_switch(one) for one in plan.switches.values())
    return LabSpec(name, plan.name, switches, links, swss_ready_after)


def _switch(switch: SwitchPlan) -> LabSwitch:
    platform, build = get_platform(switch.platform), get_build(switch.build)
    ports = ports_of(switch.platform, switch.build)
    rows = [
        f"{port.name} {','.join(map(str, port.lanes))} {port.alias} {port.index} {port.speed}"
        for port in ports.values()
    ]
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
        frr_start_lines=build.frr_start_lines,
        ports=tuple(ports),
        port_config="\n".join(["# name lanes alias index speed", *rows, ""]),
    )


def _sonic_version(build: Build, asic: str) -> str:
    """/etc/sonic/sonic_version.yml: the keys that tell the build are true, the others say that this is a lab."""
    values = {
        "build_version": f"{build.name}.sonicfab-lab",
        "debian_version": build.debian,
        "kernel_version": "sonicfab-lab",
        "asic_type": asic,
        "commit_id": "sonicfab-lab",
        "build_date": "sonicfab-lab",
        "build_number": "0",
        "built_by": "sonicfab-lab",
        "sonic_os_version": "12",
        **build.identified_by,
    }
    return "".join(f"{key}: '{value}'\n" for key, value in values.items())
