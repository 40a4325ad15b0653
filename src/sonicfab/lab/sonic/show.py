"""The command `show`, as far as people and sonicfab use it here.

Follows sonic-utilities show/{main,platform,vlan}.py and scripts/intfutil of 202411.
"""

from __future__ import annotations

import sys

from sonicfab.lab.sonic import cfggen, db, marks, texts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(arguments: list[str]) -> int:
    """The program."""
    words = [word for word in arguments if not word.startswith("-")]
    as_json = "--json" in arguments
    if words == ["platform", "summary"]:
        return _platform_summary(as_json=as_json)
    if words == ["version"]:
        return _version()
    if words == ["runningconfiguration", "all"]:
        return _runningconfiguration()
    if words[:2] == ["interfaces", "status"]:
        return _interfaces_status(words[2:])
    if words == ["interfaces", "portchannel"]:
        from sonicfab.lab.sonic import portchannel

        return portchannel.show()
    if words == ["vlan", "brief"]:
        from sonicfab.lab.sonic import vlans

        print(vlans.brief(db.read()))
        return 0
    if words[:2] in (["ip", "bgp"], ["ipv6", "bgp"], ["ip", "route"], ["ipv6", "route"]):
        # the real command formats the summary itself; the facts are FRR's either way
        return _run("vtysh", "-c", f"show {' '.join(words)}")
    if words == ["lldp", "neighbors"]:
        return _run("docker", "exec", "lldp", "lldpctl")
    print(f"show {' '.join(arguments)}: this lab switch does not do that", file=sys.stderr)
    return 2


def _run(*command: str) -> int:
    import subprocess  # here, for it takes longer to load than most questions to answer

    return subprocess.run(command, check=False).returncode


def _platform() -> dict[str, Any]:
    facts = texts.loads(texts.read(marks.LAB))
    metadata = db.read().get("DEVICE_METADATA", {}).get("localhost", {})
    return {
        "platform": cfggen.platform_info()["DEVICE_METADATA"]["localhost"]["platform"],
        "hwsku": metadata.get("hwsku", "N/A"),
        "asic_type": facts["asic"],
        "asic_count": 1,
        "serial": facts["serial"] or "N/A",
        "model": "N/A",
        "revision": "N/A",
    }


def _platform_summary(*, as_json: bool) -> int:
    platform = _platform()
    if as_json:
        print(texts.dumps(platform))
        return 0
    names = ("Platform", "HwSKU", "ASIC", "ASIC Count", "Serial Number", "Model Number", "Hardware Revision")
    for name, value in zip(names, platform.values(), strict=True):
        print(f"{name}: {value}")
    return 0


def _version() -> int:
    from sonicfab.lab.sonic import paths

    pairs = (line.split(": ", 1) for line in paths.SONIC_VERSION.read_text(encoding="utf-8").splitlines())
    version = {key: value.strip("'\"") for key, value in pairs}
    print(f"\nSONiC Software Version: SONiC.{version['build_version']}")
    print(f"SONiC OS Version: {version['sonic_os_version']}")
    print(f"Distribution: Debian {version['debian_version']}")
    print(f"Kernel: {version['kernel_version']}")
    print(f"Build commit: {version['commit_id']}")
    print(f"Build date: {version['build_date']}")
    print(f"Built by: {version['built_by']}\n")
    return _platform_summary(as_json=False)


def _runningconfiguration() -> int:
    """CONFIG_DB plus the text of FRR under the key bgpraw, as on all builds."""
    import subprocess

    frr = subprocess.run(["vtysh", "-c", "show running-config"], capture_output=True, text=True, check=False)
    print(texts.dumps({**db.read(), "bgpraw": frr.stdout}))
    return 0


def _interfaces_status(only: list[str]) -> int:
    from pathlib import Path

    ports = db.read().get("PORT", {})
    names = sorted(ports, key=lambda name: int("".join(filter(str.isdigit, name)) or 0))
    header = ("Interface", "Lanes", "Speed", "MTU", "FEC", "Alias", "Oper", "Admin")
    rows = [header]
    for name in names:
        if only and name not in only:
            continue
        port = ports[name]
        speed = int(port.get("speed", 0))
        state = Path(f"/sys/class/net/{name}/operstate")
        oper = state.read_text(encoding="utf-8").strip() if state.exists() else "down"
        text = f"{speed // 1000}G" if speed >= 1000 else str(speed)
        values = (name, port.get("lanes", ""), text, port.get("mtu", ""), port.get("fec", "N/A"))
        rows.append((*values, port.get("alias", ""), oper, port.get("admin_status", "down")))
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    rows.insert(1, tuple("-" * width for width in widths))  # type: ignore[arg-type]
    for row in rows:
        print("  ".join(value.rjust(width) for value, width in zip(row, widths, strict=True)))
    return 0
