"""What CONFIG_DB says of interfaces, made true in the kernel: the part of swss, hostcfgd and interfaces-config.

Follows sonic-swss cfgmgr/{portmgr,intfmgr}.cpp and sonic-buildimage files/image_config/interfaces/interfaces.j2.
There is no ASIC: what the kernel forwards is what the switch forwards.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from ipaddress import ip_interface
from pathlib import Path
from typing import Any

from sonicfab.lab.sonic import channels, db, paths, vlans

_MGMT, _MGMT_TABLE = "mgmt", "5000"
"""The management VRF and its routing table: interfaces.j2 (202305 to 202505; 6000 in later builds)."""


def apply(config: db.Config, *, ports_up: bool = True) -> None:
    """Make ports, addresses, Loopback0, eth0 and the host name what CONFIG_DB says.

    With `ports_up` false, no port is up yet.
    """
    if (paths.STATE / "teamd.since").exists():
        channels.make(config)
    vlans.make(config)
    _management_vrf(config)
    links = {link["ifname"]: link for link in json.loads(_ip("-j", "addr", "show") or "[]")}
    commands: list[str] = []
    if config.get("LOOPBACK_INTERFACE") and "Loopback0" not in links:
        _make_loopback("Loopback0")
        commands.append("link set Loopback0 up")
    wanted = _addresses(config)
    for name, link in links.items():
        commands += _address_changes(name, link, wanted.get(name, set()))
    for name in sorted(wanted.keys() - links.keys()):
        if name == "Loopback0":
            commands += [f"addr add {address} dev {name}" for address in sorted(wanted[name])]
    of_members = channels.mtus(config)
    for name, port in config.get("PORT", {}).items():
        if name in links:
            mtu = of_members.get(name) or port.get("mtu", "9100")  # portmgr.h: DEFAULT_MTU_STR
            commands.append(f"link set {name} mtu {mtu}")
            commands.append(f"link set {name} {port.get('admin_status', 'down') if ports_up else 'down'}")
    commands += channels.settings(config)
    commands += vlans.settings(config)
    commands.append("link set eth0 up")
    commands += _management(config)
    _ip("-force", "-batch", "-", stdin="\n".join(commands))
    hostname = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("hostname")
    if hostname:
        subprocess.run(["hostname", hostname], check=False)
        Path("/etc/hostname").write_text(f"{hostname}\n", encoding="utf-8")


def stop() -> None:
    """What the data plane looks like while swss is down: every port without link and without address."""
    vlans.remove_all()
    channels.remove_all()
    ports = [path.name for path in Path("/sys/class/net").glob("Ethernet*")]
    commands = [f"link set {name} down" for name in ports] + [f"addr flush dev {name}" for name in ports]
    if Path("/sys/class/net/Loopback0").exists():
        commands.append("addr flush dev Loopback0")
    _ip("-force", "-batch", "-", stdin="\n".join(commands))


def _addresses(config: db.Config) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    tables = ("INTERFACE", "PORTCHANNEL_INTERFACE", "VLAN_INTERFACE", "LOOPBACK_INTERFACE", "MGMT_INTERFACE")
    for table in tables:
        for key in config.get(table, {}):
            name, _, address = key.partition("|")
            if address:
                wanted.setdefault(name, set()).add(str(ip_interface(address)))
    return wanted


def _address_changes(name: str, link: dict[str, Any], wanted: set[str]) -> Iterable[str]:
    if not name.startswith(("Ethernet", "PortChannel", "Vlan", "Loopback")) and name != "eth0":
        return
    have = {
        str(ip_interface(f"{one['local']}/{one['prefixlen']}"))
        for one in link.get("addr_info", [])
        if one.get("scope") != "link"
    }
    for address in sorted(have - wanted):
        yield f"addr del {address} dev {name}"
    for address in sorted(wanted - have):
        # the management network is in a VRF of its own, or in its table where the kernel has none: its route must not
        # be in the main table, where the fabric's routes are
        yield f"addr add {address} dev {name}{' noprefixroute' if name == 'eth0' else ''}"


def _management(config: db.Config) -> Iterable[str]:
    for key, row in config.get("MGMT_INTERFACE", {}).items():
        name, _, address = key.partition("|")
        if address:
            yield f"route replace {ip_interface(address).network} dev {name} table {_MGMT_TABLE}"
            if "gwaddr" in row:
                yield f"route replace default via {row['gwaddr']} dev {name} table {_MGMT_TABLE}"


def _management_vrf(config: db.Config) -> None:
    """The VRF with eth0 in it, or not, as interfaces.j2 has it; nothing where the kernel has no VRFs."""
    wanted = config.get("MGMT_VRF_CONFIG", {}).get("vrf_global", {}).get("mgmtVrfEnabled") == "true"
    if wanted == Path(f"/sys/class/net/{_MGMT}").exists():
        return
    lines = [f"link add {_MGMT} type vrf table {_MGMT_TABLE}", f"link set {_MGMT} up", f"link set eth0 master {_MGMT}"]
    # what NTP and the like take for their loopback
    lines += ["link add lo-m type dummy", f"link set lo-m master {_MGMT} up", "addr add 127.0.0.1/16 dev lo-m"]
    _ip("-batch", "-", stdin="\n".join(lines if wanted else [f"link del {_MGMT}", "link del lo-m"]))


def _make_loopback(name: str) -> None:
    # a kernel without the dummy driver does as well with a bridge that has no members
    for kind in ("dummy", "bridge"):
        done = subprocess.run(["ip", "link", "add", name, "type", kind], capture_output=True, check=False)
        if done.returncode == 0:
            return
    raise RuntimeError(f"the kernel can make {name} neither as dummy nor as bridge")


def _ip(*arguments: str, stdin: str | None = None) -> str:
    return subprocess.run(
        ["ip", *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
    ).stdout
