"""Port channels: what teamd, teammgrd and tlm_teamd of SONiC's container `teamd` do.

Follows sonic-swss cfgmgr/teammgr.cpp and tlm_teamd/values_store.cpp. With a kernel that has bonding, a port channel
is a bond that speaks LACP. Without, a bridge of its members with spanning tree stands in for it: one member forwards,
the others wait for it to fail, and nobody speaks LACP, which STATE_DB then does not tell of.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sonicfab.lab.sonic import db

STP = "bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 mcast_snooping 0"
"""The shortest times that the kernel takes, in 1/100 s; what is multicast goes to all members."""
_PREFIX = "PortChannel"
_FORWARDS = ("forwarding", "blocking")
"""Spanning tree holds a member back that is well: it would be selected, and waits."""


def make(config: db.Config) -> None:
    """Make the port channels of CONFIG_DB and put their members into them; what is not there any more goes."""
    links = {link["ifname"]: link for link in _links()}
    wanted = config.get("PORTCHANNEL", {})
    for name in links:
        if name.startswith(_PREFIX) and name not in wanted:
            _ip(f"link del {name}")
    mac = config.get("DEVICE_METADATA", {}).get("localhost", {}).get("mac", "")
    for name, row in wanted.items():
        if name not in links:
            _add(name, row, mac)
    inside = {port: channel for channel, _, port in members(config) if port in links and channel in wanted}
    for port, link in links.items():
        master = link.get("master", "")
        if master.startswith(_PREFIX) and master in links and inside.get(port) != master:
            _ip(f"link set {port} nomaster")
    for port, channel in inside.items():
        if links[port].get("master") != channel:
            _ip(f"link set {port} down\nlink set {port} master {channel}")  # a bond takes what is down


def settings(config: db.Config) -> Iterator[str]:
    """The commands of `ip` that give them their MTU and bring them up or down."""
    for name, row in config.get("PORTCHANNEL", {}).items():
        yield f"link set {name} mtu {row.get('mtu', '9100')}"
        yield f"link set {name} {row.get('admin_status', 'up')}"  # teammgr.h has portmgr.h's `down` for a missing one


def mtus(config: db.Config) -> dict[str, str]:
    """Member -> the MTU of its port channel, which it gets (teammgr.cpp addLagMember)."""
    channels = config.get("PORTCHANNEL", {})
    return {port: channels.get(channel, {}).get("mtu", "9100") for channel, _, port in members(config)}


def remove_all() -> None:
    """What the container does when it stops."""
    for link in _links():
        if link["ifname"].startswith(_PREFIX):
            _ip(f"link del {link['ifname']}")


def refresh() -> None:
    """Write what APPL_DB and STATE_DB say of them, as it is now."""
    links = {link["ifname"]: link for link in _links()}
    appl: list[list[str]] = []
    state: list[list[str]] = []
    for database in ("APPL_DB", "STATE_DB"):
        db.redis("EVAL", _FORGET, "0", "LAG_*", database=db.DATABASES[database])
    for name in (one for one in links if one.startswith(_PREFIX)):
        link = links[name]
        up, oper = "UP" in link["flags"], link.get("operstate") == "UP"
        row = {"admin_status": "up" if up else "down", "oper_status": "up" if oper else "down", "mtu": str(link["mtu"])}
        appl.append(["HSET", f"LAG_TABLE:{name}", *_flat(row)])
        bond = Path(f"/proc/net/bonding/{name}")
        lacp = bonded(bond.read_text(encoding="utf-8")) if bond.exists() else {}
        team = {"state": "ok", "setup.kernel_team_mode_name": link["linkinfo"]["info_kind"]}
        if lacp:
            team |= {"runner.active": "true", "runner.fast_rate": lacp[""].get("fast_rate", "false")}
        state.append(["HSET", f"LAG_TABLE|{name}", *_flat(team)])
        for port in (one for one in links.values() if one.get("master") == name):
            carrier = "LOWER_UP" in port["flags"]
            told = lacp.get(port["ifname"], {})
            kept_back = port.get("linkinfo", {}).get("info_slave_data", {}).get("state") not in _FORWARDS
            enabled = told["runner.selected"] == "true" if told else carrier and not kept_back
            member = f"{name}:{port['ifname']}"
            appl.append(["HSET", f"LAG_MEMBER_TABLE:{member}", "status", "enabled" if enabled else "disabled"])
            fields = {"link.up": "true" if carrier else "false", **told}
            state.append(["HSET", f"LAG_MEMBER_TABLE|{member.replace(':', '|')}", *_flat(fields)])
    db.run(appl, db.DATABASES["APPL_DB"])
    db.run(state, db.DATABASES["STATE_DB"])


def bonded(text: str) -> dict[str, dict[str, str]]:
    """Member -> what tlm_teamd would tell of it, from /proc/net/bonding; "" is the port channel itself."""
    head, *slaves = re.split(r"\n(?=Slave Interface: )", text)
    active = _of(head, r"Aggregator ID: (\d+)")
    found = {"": {"fast_rate": "true" if _of(head, r"LACP rate: (\w+)") == "fast" else "false"}}
    for slave in slaves:
        partner = slave.partition("details partner lacp pdu:")[2]
        system = _of(partner, r"system mac address: (\S+)") or "00:00:00:00:00:00"
        selected = "true" if _of(slave, r"Aggregator ID: (\d+)") == active and "MII Status: up" in slave else "false"
        heard = system != "00:00:00:00:00:00"
        found[_of(slave, r"Slave Interface: (\S+)")] = {
            "runner.selected": selected,
            "runner.aggregator.selected": selected,
            "runner.aggregator.id": _of(slave, r"Aggregator ID: (\d+)"),
            "runner.state": "current" if heard else "defaulted",
            "runner.partner_lacpdu_info.system": system,
            "runner.partner_lacpdu_info.port": _of(partner, r"port number: (\d+)"),
            "runner.partner_lacpdu_info.key": _of(partner, r"oper key: (\d+)"),
        }
    return found


_FORGET = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end"


def _of(text: str, pattern: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def _add(name: str, row: dict[str, Any], mac: str) -> None:
    rate = "fast" if row.get("fast_rate") == "true" else "slow"
    bond = f"type bond mode 802.3ad lacp_rate {rate} miimon 100 min_links {row.get('min_links', '0')}"
    own = f"link add {name} address {mac}" if mac else f"link add {name}"
    if _ip(f"{own} {bond}") and _ip(f"{own} type {STP}"):
        raise RuntimeError(f"the kernel can make {name} neither as bond nor as bridge")


def members(config: db.Config) -> Iterator[tuple[str, str, str]]:
    """(port channel, "|", port) of each member."""
    return (key.partition("|") for key in config.get("PORTCHANNEL_MEMBER", {}))


def _flat(row: dict[str, str]) -> list[str]:
    return [word for pair in row.items() for word in pair]


def _links() -> list[dict[str, Any]]:
    done = subprocess.run(["ip", "-d", "-j", "link", "show"], capture_output=True, text=True, check=False)
    links: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return links


def _ip(lines: str) -> int:
    done = subprocess.run(["ip", "-batch", "-"], input=lines + "\n", capture_output=True, text=True, check=False)
    return done.returncode
