"""VLANs: what vlanmgrd of sonic-swss makes of VLAN and VLAN_MEMBER (cfgmgr/vlanmgr.cpp).

SONiC has one bridge that knows VLANs, and an interface of each VLAN on it; so has a lab where the kernel can do that
(`bridge`). Where not, there is a bridge for each VLAN, called as the interface, with the access ports in it. Ports that
carry tags are then read and written by the program `tagger`, which hands the frames of each VLAN to its bridge.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from os import kill
from pathlib import Path
from typing import Any

from sonicfab.lab.sonic import bridge, db, paths

_PREFIX = "Vlan"
_FORGET = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"
_TAGS = paths.STATE / "tagger.json"
_PID = paths.STATE / "tagger.pid"
_OURS = re.compile(r"(Vlan|[cdtu])\d+(\.\S+)?")
"""The devices that are made here: bridges, what keeps them up, and where tagged frames go in and out."""


def make(config: db.Config) -> None:
    """Make the VLANs of CONFIG_DB and put their members into them; what is not there any more goes."""
    links = {link["ifname"]: link for link in _links()}
    vlans = {int(name[4:]) for name in config.get("VLAN", {}) if name[4:].isdigit()}
    if not vlans and not any(_OURS.fullmatch(name) for name in links):
        return
    members = _members(config, vlans, links.keys())
    mac = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("mac", "")
    stood_in = any(_OURS.fullmatch(name) and not name.startswith(_PREFIX) for name in links)
    if stood_in or any(_is_bridge(links[port]) for port in members) or not bridge.make(links, vlans, members, mac):
        _stand_in(links, vlans, members, mac)
    _tell(config, vlans, members)


def _stand_in(links: bridge.Links, vlans: set[int], members: bridge.Members, mac: str) -> None:
    """The same on a kernel whose bridges do not know of VLANs."""
    access = {port: vlan for port, some in members.items() for vlan, _ in some if not _is_trunk(some, links[port])}
    trunk = {port: some for port, some in members.items() if port not in access}
    tags = [(port, vlan, tagged, _device(vlan, port)) for port, some in trunk.items() for vlan, tagged in some]
    wanted = {name for vlan in vlans for name in (f"{_PREFIX}{vlan}", f"c{vlan}")} | {f"t{one}" for *_, one in tags}
    gone = [name for name in links if _OURS.fullmatch(name) and name[0] not in "du" and name not in wanted]
    lines = [f"link del {name}" for name in gone]
    lines += [f"link set {port} nomaster" for port in _strays(links, access)]
    for vlan in sorted(vlans):
        if f"{_PREFIX}{vlan}" not in links:
            lines += _bridge(vlan, mac)
    for _, vlan, _, device in tags:
        if f"t{device}" not in links:
            lines.append(f"link add t{device} type veth peer name u{device}")
            lines += [f"link set {end}{device} up" for end in "tu"]
        lines.append(f"link set t{device} master {_PREFIX}{vlan}")
    lines += [f"link set {port} master {_PREFIX}{vlan}" for port, vlan in access.items()]
    bridge.batch("ip", lines)
    _tag(
        [{"port": port, "vlan": vlan, "tagged": tagged, "device": f"u{device}"} for port, vlan, tagged, device in tags]
    )


def settings(config: db.Config) -> Iterator[str]:
    """The commands of `ip` that give the interfaces of VLANs their MTU and bring them up or down; their proxy ARP."""
    for name, row in config.get("VLAN", {}).items():
        yield f"link set {name} mtu {row.get('mtu', '9100')}"  # vlanmgr.cpp DEFAULT_MTU_STR
        yield f"link set {name} {row.get('admin_status', 'up')}"
    for key, row in config.get("VLAN_INTERFACE", {}).items():
        # intfmgr.cpp setIntfProxyArp
        switch = Path(f"/proc/sys/net/ipv4/conf/{key}/proxy_arp_pvlan")
        with suppress(OSError):
            switch.write_text("1" if row.get("proxy_arp") == "enabled" else "0", encoding="utf-8")


def remove_all() -> None:
    """What is left of them while swss is down."""
    _tag([])
    bridge.remove({link["ifname"]: link for link in _links()})
    lines = [f"link del {link['ifname']}" for link in _links() if re.fullmatch(r"Vlan\d+", link["ifname"])]
    lines += [f"link del {link['ifname']}" for link in _links() if re.fullmatch(r"[ct]\d+(\.\S+)?", link["ifname"])]
    bridge.batch("ip", lines)
    with suppress(RuntimeError):  # where the database is what stops, its rows have gone with it
        for table in ("VLAN_TABLE:*", "VLAN_MEMBER_TABLE:*"):
            db.redis("EVAL", _FORGET, "0", table, database=db.DATABASES["APPL_DB"])


def _members(config: db.Config, vlans: set[int], ports: Iterable[str]) -> bridge.Members:
    found: dict[str, list[tuple[int, bool]]] = {}
    for key, row in sorted(config.get("VLAN_MEMBER", {}).items()):
        name, _, port = key.partition("|")
        if port in ports and name[4:].isdigit() and int(name[4:]) in vlans:
            found.setdefault(port, []).append((int(name[4:]), row.get("tagging_mode") == "tagged"))
    return found


def _is_trunk(some: list[tuple[int, bool]], link: Mapping[str, Any]) -> bool:
    return len(some) > 1 or some[0][1] or _is_bridge(link)


def _is_bridge(link: Mapping[str, Any]) -> bool:
    """One that stands in for a port channel: it cannot be a port of another bridge."""
    return bool(link.get("linkinfo", {}).get("info_kind") == "bridge")


def _device(vlan: int, port: str) -> str:
    """An interface has 15 characters at most."""
    return f"{vlan}.{port.replace('Ethernet', '').replace('PortChannel', 'p')}"


def _strays(links: bridge.Links, access: dict[str, int]) -> Iterator[str]:
    for name, link in links.items():
        master = link.get("master", "")
        port = name.startswith(("Ethernet", "PortChannel")) and master.startswith(_PREFIX)
        if port and master != f"{_PREFIX}{access.get(name)}":
            yield name


def _bridge(vlan: int, mac: str) -> list[str]:
    """A VLAN's bridge, and a port of it that is always up: vlanmgrd has a `dummy` for that."""
    name = f"{_PREFIX}{vlan}"
    return [
        f"link add {name}{f' address {mac}' if mac else ''} type bridge mcast_snooping 0",
        f"link add c{vlan} type veth peer name d{vlan}",
        *(f"link set {end}{vlan} up" for end in "cd"),
        f"link set c{vlan} master {name}",
    ]


def _tag(tags: list[dict[str, Any]]) -> None:
    """Have the tagger do that, and nothing else."""
    text = json.dumps(tags)
    running = _TAGS.read_text(encoding="utf-8") if _TAGS.exists() else "[]"
    if text == running and (not tags or _runs()):
        return
    with suppress(OSError, ValueError):
        kill(int(_PID.read_text(encoding="utf-8")), signal.SIGTERM)
    _PID.unlink(missing_ok=True)
    _TAGS.write_text(text, encoding="utf-8")
    if tags:
        log = Path("/var/log/tagger.log").open("ab")  # noqa: SIM115 - the program keeps it
        command = [sys.executable, "-S", "-s", "-E", str(Path(sys.argv[0]).with_name("run.py")), "sonic-vlan-tagger"]
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        _PID.write_text(str(started.pid), encoding="utf-8")


def _runs() -> bool:
    try:
        kill(int(_PID.read_text(encoding="utf-8")), 0)
    except (OSError, ValueError):
        return False
    return True


def _tell(config: db.Config, vlans: set[int], members: bridge.Members) -> None:
    """APPL_DB as vlanmgrd writes it."""
    appl = db.DATABASES["APPL_DB"]
    for table in ("VLAN_TABLE:*", "VLAN_MEMBER_TABLE:*"):
        db.redis("EVAL", _FORGET, "0", table, database=appl)
    rows: list[list[str]] = []
    for vlan in vlans:
        row = config["VLAN"][f"{_PREFIX}{vlan}"]
        fields = ["admin_status", row.get("admin_status", "up"), "mtu", row.get("mtu", "9100")]
        rows.append(["HSET", f"VLAN_TABLE:{_PREFIX}{vlan}", *fields])
    for port, some in members.items():
        for vlan, tagged in some:
            mode = "tagged" if tagged else "untagged"
            rows.append(["HSET", f"VLAN_MEMBER_TABLE:{_PREFIX}{vlan}:{port}", "tagging_mode", mode])
    db.run(rows, appl)


def _links() -> list[dict[str, Any]]:
    done = subprocess.run(["ip", "-d", "-j", "link", "show"], capture_output=True, text=True, check=False)
    links: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return links


_COLUMNS = ("VLAN ID", "IP Address", "Ports", "Port Tagging", "Proxy ARP")


def brief(config: db.Config) -> str:
    """`show vlan brief`: what CONFIG_DB says, whatever has become of it (sonic-utilities show/vlan.py VlanBrief).

    The column of DHCP relays comes from a plugin of the container dhcp_relay, which a lab has not.
    """
    rows = []
    for name in sorted(config.get("VLAN", {}), key=db.natural):
        interface = config.get("VLAN_INTERFACE", {})
        inside = sorted((key for key in config.get("VLAN_MEMBER", {}) if key.startswith(f"{name}|")), key=db.natural)
        cells = (
            [name.removeprefix(_PREFIX)],
            sorted(key.partition("|")[2] for key in interface if key.startswith(f"{name}|")),
            [key.partition("|")[2] for key in inside],
            [config["VLAN_MEMBER"][key].get("tagging_mode", "") for key in inside],
            [interface.get(name, {}).get("proxy_arp", "disabled")],
        )
        height = max(map(len, cells))
        rows.append([[*cell, *[""] * (height - len(cell))] for cell in cells])
    # python-tabulate, "grid": a heading is two narrower than its column at the least (MIN_PADDING)
    widths = [
        max(len(head) + 2, *(len(line) for row in rows for line in row[at])) if rows else len(head) + 2
        for at, head in enumerate(_COLUMNS)
    ]

    def line(cells: Iterable[str]) -> str:
        number, *others = zip(cells, widths, strict=True)  # numbers stand to the right, with their heading
        texts = [number[0].rjust(number[1]), *(cell.ljust(width) for cell, width in others)]
        return f"| {' | '.join(texts)} |"

    rule = "+".join(["", *("-" * (width + 2) for width in widths), ""])
    out = [rule, line(_COLUMNS), rule.replace("-", "=")]
    for row in rows:
        out += [*map(line, zip(*row, strict=True)), rule]
    return "\n".join(out)
