"""The plan and the numbers as files for people: plan.json in the build folder, the numbers file in git."""

from __future__ import annotations

import json
from typing import Any

from sonicfab.configdb import natural_key
from sonicfab.model.numbers import Numbers
from sonicfab.plan.types import FabricPlan, LinkPlan, LoopbackPools, Loopbacks, PortPlan, SwitchPlan

FORMAT_VERSION = 1

_HEADER = """\
# Numbers of the fabric {fabric}, allotted by sonicfab from the pools of its topology.
#
# Keep this file in git beside the topology: it is what leaves every number where it is when switches or links
# come, go, change places or names. `sonicfab render` adds what is new and moves to `freed` what is gone; a number
# may also be changed by hand. A switch is told by its MAC; the end of a link that is named first has the lower
# address; numbers in `freed` are handed out last.
"""


def plan_text(plan: FabricPlan) -> str:
    """The plan as JSON.

    How to log in is left out: it says nothing about the fabric, and differs from one operator to the next.
    """
    value = {
        "format_version": FORMAT_VERSION,
        "fabric": plan.name,
        "underlay": plan.underlay,
        "mtu": plan.mtu,
        "loopbacks": _pair(plan.loopbacks),
        "bgp": {name: getattr(plan.bgp, name) for name in plan.bgp.__slots__},
        "hosts": {
            "ipv4": [str(network) for network in plan.hosts.ipv4],
            "ipv6": [str(network) for network in plan.hosts.ipv6],
            "max_prefixes": plan.hosts.max_prefixes,
        },
        "links": [
            {
                "link": link.name,
                "speed": link.speed,
                "mtu": link.mtu,
                **_pair(link),
                **({"members": [f"{a} - {b}" for a, b in link.members]} if link.members else {}),
            }
            for link in plan.links
        ],
        "switches": {name: _switch(one) for name, one in plan.switches.items()},
    }
    return _indented(value, 4) + "\n"


def _indented(value: Any, levels: int, indent: str = "") -> str:  # noqa: ANN401 - any JSON
    """JSON with a line for each port, session and link: what is more than `levels` deep stays on its line."""
    if levels == 0 or not value or not isinstance(value, (dict, list)):
        return json.dumps(value)
    inner = indent + "  "
    if isinstance(value, dict):
        rows = [f"{inner}{json.dumps(key)}: {_indented(item, levels - 1, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    rows = [f"{inner}{json.dumps(item)}" for item in value]
    return "[\n" + ",\n".join(rows) + f"\n{indent}]"


def _switch(switch: SwitchPlan) -> dict[str, Any]:
    return {
        "role": switch.role,
        "platform": switch.platform.name,
        "image_build": switch.build.name,
        "mac": switch.mac,
        "serial": switch.serial or None,
        "management": {
            "address": str(switch.management.address),
            "gateway": str(switch.management.gateway),
            "vrf": bool(switch.management.vrf),
        },
        "asn": switch.asn,
        "loopbacks": _pair(switch.loopbacks),
        "ports": {
            port.name: {**_port(port), "addresses": _addresses(switch, port.name)}
            for port in switch.ports
            if port.use != "unused"
        },
        **({"port_channels": _port_channels(switch)} if switch.port_channels else {}),
        "sessions": [
            {
                "peer": session.peer,
                "group": group.name,
                "port": session.interface,
                "switch": session.far.switch or None,
                "remote_asn": session.remote_asn,
                "families": list(session.families),
            }
            for group, session in switch.sessions
        ],
    }


def _pair(of: Loopbacks | LoopbackPools | LinkPlan) -> dict[str, str | None]:
    """Its addresses, or networks, by IP version."""
    return {"ipv4": str(of.ipv4) if of.ipv4 else None, "ipv6": str(of.ipv6) if of.ipv6 else None}


def _port(port: PortPlan) -> dict[str, Any]:
    return {
        "alias": port.alias,
        "use": port.use,
        "far_end": str(port.far) or None,
        "speed": port.speed,
        "fec": port.fec or None,
        "mtu": port.mtu,
    }


def _port_channels(switch: SwitchPlan) -> dict[str, Any]:
    return {
        one.name: {
            "members": list(one.members),
            "far_end": str(one.far) or None,
            "mtu": one.mtu,
            "fast_rate": one.fast_rate,
            "min_links": one.min_links or None,
            "fallback": one.fallback,
            "admin_status": one.admin_status,
            "addresses": _addresses(switch, one.name),
        }
        for one in switch.port_channels
    }


def _addresses(switch: SwitchPlan, name: str) -> list[str]:
    interface = switch.interfaces.get(name)
    return [str(address) for address in interface.addresses] if interface else []


def numbers_text(fabric: str, numbers: Numbers) -> str:
    """The numbers file; "" when there is nothing to keep."""
    freed = {name: getattr(numbers.freed, name) for name in type(numbers.freed).model_fields}
    if not numbers.switches and not numbers.links and not any(freed.values()):
        return ""
    lines = [_HEADER.format(fabric=fabric)]
    for section, rows in (("switches", numbers.switches), ("links", numbers.links)):
        if rows:
            lines.append(f"{section}:")
            lines += [f"  {name}: {{{_row(rows[name])}}}" for name in sorted(rows, key=natural_key)]
    if any(freed.values()):
        lines.append("freed:")
        lines += [f"  {name}: [{', '.join(map(_scalar, values))}]" for name, values in freed.items() if values]
    return "\n".join(lines) + "\n"


def _row(row: object) -> str:
    values = {name: getattr(row, name, None) for name in ("mac", "asn", "ipv4", "ipv6")}
    return ", ".join(f"{name}: {_scalar(value)}" for name, value in values.items() if value is not None)


def _scalar(value: object) -> str:
    # "fd00::" ends like a YAML key, and YAML 1.1 takes some MAC addresses for numbers of base 60
    text = str(value)
    return f'"{text}"' if ":" in text else text
