"""The commands `config portchannel ...` and `show interfaces portchannel`.

Follows sonic-utilities config/main.py and show/interfaces/portchannel.py (202305 to 202605).
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from sonicfab.lab.sonic import channels, db

_HEAD = """\
Flags: A - active, I - inactive, Up - up, Dw - Down, N/A - not available,
       S - selected, D - deselected, * - not synced"""


def add_commands(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Its commands, among those of `config`."""
    commands.add_parser("portchannel", usage="[OPTIONS] COMMAND [ARGS]...").add_argument("words", nargs="+")


def run(options: argparse.Namespace) -> int:
    """The command; what it refuses ends with 2."""
    words = options.words
    if words[0] == "member" and words[1:2] in (["add"], ["del"]) and len(words) == 4:
        wrong = _member(words[1], words[2], words[3])
    elif words[0] in ("add", "del") and len(words) == 2:
        wrong = _channel(words[0], words[1])
    else:
        wrong = f'No such command "{" ".join(words)}".'
    if wrong:
        print(f"Usage: config portchannel {' '.join(words[:2])} [OPTIONS]\n\nError: {wrong}", file=sys.stderr)
    return 2 if wrong else 0


def _channel(action: str, name: str) -> str:
    config = db.read()
    there = name in config.get("PORTCHANNEL", {})
    if not re.fullmatch(r"PortChannel[0-9]{1,4}", name):
        return f"{name} is invalid!, name should have prefix 'PortChannel' and suffix '<0-9999>'"
    if action == "add":
        row = {"admin_status": "up", "mtu": "9100", "lacp_key": "auto", "fast_rate": "false", "min_links": "1"}
        db.merge({"PORTCHANNEL": {name: row}})
        return f"{name} already exists!" if there else ""
    if not there:
        return f"{name} is not present."
    if any(key.startswith(f"{name}|") for key in config.get("PORTCHANNEL_MEMBER", {})):
        return f"Error: Portchannel {name} contains members. Remove members before deleting Portchannel!"
    db.merge({"PORTCHANNEL": {name: None}})
    return ""


def _member(action: str, name: str, port: str) -> str:
    config = db.read()
    members = {port: channel for channel, _, port in channels.members(config)}
    if port not in config.get("PORT", {}):
        return "Interface name is invalid. Please enter a valid interface name!!"
    if name not in config.get("PORTCHANNEL", {}):
        return f"{name} is not present."
    if action == "add":
        if wrong := _refused(config, members, name, port):
            return wrong
    elif members.get(port) != name:
        return f"{port} is not a member of portchannel {name}"
    db.merge({"PORTCHANNEL_MEMBER": {f"{name}|{port}": {} if action == "add" else None}})
    return ""


def _refused(config: db.Config, members: dict[str, str], name: str, port: str) -> str:
    if port in config.get("INTERFACE", {}):
        return f" {port} has ip address configured"
    if port in members:
        return f"{port} Interface is already member of {members[port]} "
    ports = config["PORT"]
    if any(ports[one].get("speed") != ports[port].get("speed") for one, channel in members.items() if channel == name):
        return f"Port speed of {port} is different than the other members of the portchannel {name}"
    mtu = config["PORTCHANNEL"][name].get("mtu")
    if mtu and ports[port].get("mtu") and mtu != ports[port]["mtu"]:
        return f"Port MTU of {port} is different than the {name} MTU size"
    return ""


def show() -> int:
    """`show interfaces portchannel`."""
    channels.refresh()
    appl, state = (db.rows(database, "LAG_*") for database in ("APPL_DB", "STATE_DB"))
    rows = []
    for name in sorted(db.read().get("PORTCHANNEL", {}), key=lambda one: int(re.sub(r"\D", "", one))):
        team = state.get(f"LAG_TABLE|{name}", {})
        oper = appl.get(f"LAG_TABLE:{name}", {}).get("oper_status", "")
        protocol = f"LACP({'A' if team.get('runner.active') == 'true' else 'I'})" if team else "N/A"
        protocol += {"up": "(Up)", "down": "(Dw)"}.get(oper, "(N/A)") if team else ""
        ports = []
        for key, member in state.items():
            if key.startswith(f"LAG_MEMBER_TABLE|{name}|"):
                port = key.rpartition("|")[2]
                selected = member.get("runner.aggregator.selected") == "true"
                synced = (appl.get(f"LAG_MEMBER_TABLE:{name}:{port}", {}).get("status") == "enabled") == selected
                ports.append(f"{port}({'S' if selected else 'D'}{'' if synced else '*'})")
        rows.append(f"{name.removeprefix('PortChannel'):>5}  {name:<15}  {protocol:<12}  {' '.join(ports)}")
    print("\n".join([_HEAD, "  No.  Team Dev         Protocol      Ports", *rows]))
    return 0
