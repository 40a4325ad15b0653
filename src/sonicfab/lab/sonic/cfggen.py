"""sonic-cfggen, as far as it matters here.

-j FILE, -d, -H, -k SKU, -v VAR, --var-json VAR, --print-data, --preset t1, --write-to-db, -t TEMPLATE,FILE.

Follows sonic-buildimage src/sonic-config-engine/{sonic-cfggen,config_samples.py,portconfig.py}.
"""

from __future__ import annotations

import os
import sys

from sonicfab.lab.sonic import db, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_MACHINE_CONF = "/host/machine.conf"
_DEVICE = "/usr/share/sonic/device"
_SHORT = {"-j": "json", "-d": "from-db", "-H": "platform-info", "-k": "hwsku", "-v": "var", "-t": "template"}
_ALONE = {"from-db", "platform-info", "print-data", "write-to-db"}
_WITH_VALUE = {"json", "hwsku", "var", "var-json", "preset", "template"}


class _WrongError(Exception):
    """The arguments are none."""


def main(arguments: list[str]) -> int:
    """The program; a file that is no JSON ends in a traceback and exit code 1, as in the original."""
    try:
        given = _options(arguments)
    except _WrongError as err:
        print(f"sonic-cfggen: error: {err}", file=sys.stderr)
        return 2
    data: dict[str, Any] = {}
    if "platform-info" in given:
        deep_update(data, platform_info())
    if hwsku := given.get("hwsku", [""])[-1]:
        ports = port_table(hwsku)
        deep_update(data, {"DEVICE_METADATA": {"localhost": {"hwsku": hwsku}}, "PORT": ports})
    for file in given.get("json", ()):
        deep_update(data, texts.loads(texts.read(file)))
    if "from-db" in given:
        deep_update(data, db.read())
    if "preset" in given:
        data = t1_preset(data)
    if "write-to-db" in given:
        db.merge(data)
    for template in given.get("template", ()):
        source, _, target = template.partition(",")
        with open(target, "w", encoding="utf-8") as made:  # noqa: PTH123 - see texts
            made.write(_template(source.rpartition("/")[2], data))
    if "print-data" in given:
        print(texts.dumps(data))
    for path in given.get("var", ()):
        print(_variable(data, path))
    for table in given.get("var-json", ()):
        if table in data:
            print(texts.dumps(data[table]))
    return 0


def _options(arguments: list[str]) -> dict[str, list[str]]:
    """Option -> what it was given, each time."""
    given: dict[str, list[str]] = {}
    words = iter(arguments)
    for word in words:
        name, sign, value = word[2:].partition("=") if word[:2] == "--" else (_SHORT.get(word[:2], ""), "", word[2:])
        if name in _WITH_VALUE and not (sign or value):
            value = next(words, "")
        if name not in _ALONE | _WITH_VALUE or bool(sign or value) != (name in _WITH_VALUE):
            raise _WrongError(f"this lab switch does not do that: {' '.join(arguments)}")
        given.setdefault(name, []).append(value)
    if set(given.get("preset", ())) - {"t1"}:
        raise _WrongError(f"this lab switch does not do that: {' '.join(arguments)}")
    return given


def _template(name: str, data: Mapping[str, Any]) -> str:
    """What a template of the bgp container makes; those that are not here fail, as any that is not there does."""
    from sonicfab.lab.sonic import bgpcfg, frrcfgd  # here, for most runs make no file

    metadata = data.get("DEVICE_METADATA", {}).get("localhost", {})
    if name == "gen_frr.conf.j2" and metadata.get("frr_mgmt_framework_config") == "true":
        return frrcfgd.frr_conf(data)
    made = {
        "gen_bgpd.conf.j2": bgpcfg.base_config(metadata),
        "gen_frr.conf.j2": bgpcfg.base_config(metadata),
        "gen_staticd.conf.j2": "",
        "zebra.conf.j2": "",
    }
    return made[name]


def deep_update(target: dict[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested mappings; values of `source` win."""
    for key, value in source.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            deep_update(target[key], value)
        else:
            target[key] = value
    return target


def platform() -> str:
    """The platform that ONIE has noted."""
    lines = texts.read(_MACHINE_CONF).splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["onie_platform"]


def default_sku() -> str:
    """The HWSKU of a factory reset."""
    return texts.read(f"{_DEVICE}/{platform()}/default_sku").split()[0]


def platform_info() -> dict[str, Any]:
    """What -H adds: the platform of /host/machine.conf and the MAC address of eth0."""
    mac = texts.read("/sys/class/net/eth0/address").strip()
    return {"DEVICE_METADATA": {"localhost": {"platform": platform(), "mac": mac}}}


def port_table(hwsku: str) -> dict[str, dict[str, str]]:
    """PORT as port_config.ini of the HWSKU has it; no ports for a HWSKU that the platform does not have."""
    file = f"{_DEVICE}/{platform()}/{hwsku}/port_config.ini"
    if not os.path.exists(file):  # noqa: PTH110 - see texts
        return {}
    rows = [line for line in texts.read(file).splitlines() if line.strip()]
    columns = rows[0].lstrip("# ").split()
    ports: dict[str, dict[str, str]] = {}
    for row in rows[1:]:
        values = dict(zip(columns, row.split(), strict=True))
        ports[values.pop("name")] = values
    return ports


def t1_preset(data: dict[str, Any]) -> dict[str, Any]:
    """The factory default of both Edgecore models (default_sku says t1): an address and a neighbour on every port.

    config_samples.py generate_t1_sample_config().
    """
    data["FLEX_COUNTER_TABLE"] = {"ACL": {"FLEX_COUNTER_STATUS": "disable", "POLL_INTERVAL": "10000"}}
    data["DEVICE_METADATA"]["localhost"].update(hostname="sonic", type="LeafRouter", bgp_asn="65100")
    data["LOOPBACK_INTERFACE"] = {"Loopback0": {}, "Loopback0|10.1.0.1/32": {}}
    data["DEVICE_NEIGHBOR"] = {}
    interfaces: dict[str, Any] = {}
    neighbors: dict[str, Any] = {}
    ports = sorted(data["PORT"], key=lambda name: int("".join(filter(str.isdigit, name))))
    half = len(ports) // 2
    for count, port in enumerate(ports):
        data["PORT"][port].update(admin_status="up", mtu="9100")
        local, peer = (f"10.0.{number // 256}.{number % 256}" for number in (2 * count, 2 * count + 1))
        interfaces[port] = {}
        interfaces[f"{port}|{local}/31"] = {}
        neighbors[peer] = {
            "rrclient": "0",
            "name": f"ARISTA{1 + count % half:02d}{'T2' if count < half else 'T0'}",
            "local_addr": local,
            "nhopself": "0",
            "holdtime": "180",
            "asn": str(65200 if count < half else 64001 + count - half),
            "keepalive": "60",
        }
    data["INTERFACE"], data["BGP_NEIGHBOR"] = interfaces, neighbors
    return data


def _variable(data: Mapping[str, Any], path: str) -> str:
    """A dotted variable; one that is not there is an empty line and no error."""
    value: Any = data
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            return ""
        value = value[step]
    return str(value)
