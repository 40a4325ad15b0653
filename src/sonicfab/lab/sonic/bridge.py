"""VLANs on a kernel that knows them: one bridge for all, and an interface of each VLAN on it.

Follows sonic-swss cfgmgr/vlanmgr.cpp (202305 to 202605), which makes just these devices.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

BRIDGE, _KEEPER = "Bridge", "dummy"
Links = Mapping[str, Mapping[str, Any]]
"""Interface -> what `ip -d -j link show` tells of it."""
Members = Mapping[str, list[tuple[int, bool]]]
"""Port -> the VLANs that it is in, and whether tagged."""


def make(links: Links, vlans: set[int], members: Members, mac: str) -> bool:
    """Make these VLANs with these members, and no others; false, with nothing made, where the kernel cannot."""
    own = f"address {mac} " if mac else ""
    if BRIDGE not in links and not _begin(own):
        return False
    names = {f"Vlan{vlan}" for vlan in vlans}
    lines = [f"link del {name}" for name in links if name.startswith("Vlan") and name not in names]
    for vlan in sorted(vlans):
        if f"Vlan{vlan}" not in links:
            lines.append(f"link add link {BRIDGE} up name Vlan{vlan} {own}type vlan id {vlan}")
    for name, link in links.items():
        if name in members and link.get("master") != BRIDGE:
            lines.append(f"link set {name} master {BRIDGE}")
        elif link.get("master") == BRIDGE and name not in members and name != _KEEPER:
            lines.append(f"link set {name} nomaster")
    batch("ip", lines)
    wanted = {port: {vlan: not tagged for vlan, tagged in some} for port, some in members.items()}
    batch("bridge", _memberships({BRIDGE: dict.fromkeys(vlans, False), **wanted}))
    for vlan in vlans:
        with suppress(OSError):
            Path(f"/proc/sys/net/ipv4/conf/Vlan{vlan}/arp_evict_nocarrier").write_text("0", encoding="utf-8")
    return True


def remove(links: Links) -> None:
    """All of it, as vlanmgrd does when it starts."""
    if BRIDGE in links:
        gone = [name for name in links if name.startswith("Vlan")]
        batch("ip", [f"link del {name}" for name in (*gone, _KEEPER, BRIDGE)])


def _begin(own: str) -> bool:
    """The bridge without VLANs, and a port of it that is always up.

    A kernel that does not know of VLANs takes the option and does not tell it afterwards.
    """
    lines = [
        # no port is in VLAN 1, which vlanmgrd takes from each; and an ASIC floods what is multicast
        f"link add {BRIDGE} {own}type bridge vlan_filtering 1 vlan_default_pvid 0 mcast_snooping 0",
        f"link set {BRIDGE} mtu 9100",  # set afterwards it stays, however small that of a port is
        f"link add link {BRIDGE} name Vlan type vlan id 1",
        "link del Vlan",
        f"link add {_KEEPER} master {BRIDGE} type dummy",
        f"link set {_KEEPER} up",
        f"link set {BRIDGE} up type bridge no_linklocal_learn 1",
    ]
    done = subprocess.run(
        ["ip", "-batch", "-"], input="\n".join([*lines, ""]), capture_output=True, text=True, check=False
    )
    told = subprocess.run(["ip", "-d", "-j", "link", "show", BRIDGE], capture_output=True, text=True, check=False)
    for link in json.loads(told.stdout or "[]"):
        if done.returncode == 0 and link["linkinfo"]["info_data"].get("vlan_filtering") == 1:
            return True
    batch("ip", [f"link del {name}" for name in ("Vlan", _KEEPER, BRIDGE)])
    return False


def _memberships(wanted: Mapping[str, Mapping[int, bool]]) -> Iterator[str]:
    """The commands of `bridge` after which these are in these VLANs: true where untagged."""
    told = subprocess.run(["bridge", "-j", "vlan", "show"], capture_output=True, text=True, check=False)
    have = {
        one["ifname"]: {row["vlan"]: "PVID" in row.get("flags", ()) for row in one["vlans"]}
        for one in json.loads(told.stdout or "[]")
    }
    for port, some in wanted.items():
        place, there = f"dev {port}{' self' if port == BRIDGE else ''}", have.get(port, {})
        yield from (f"vlan del vid {vlan} {place}" for vlan in there.keys() - some.keys())
        for vlan, untagged in some.items():
            if there.get(vlan) != untagged:
                yield f"vlan add vid {vlan} {place}{' pvid untagged' if untagged else ''}"


def batch(program: str, lines: Iterable[str]) -> None:
    """Commands of `ip` or `bridge` in one process; a refused one, as of a device that has gone, stops none after it."""
    text = "\n".join([*lines, ""])
    subprocess.run([program, "-force", "-batch", "-"], input=text, capture_output=True, text=True, check=False)
