"""Options that single sessions have: of neighbours without a group, or beside what their group says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sonicfab.adopt.links import Finder
from sonicfab.adopt.seen import see
from sonicfab.adopt.source import read_folders
from sonicfab.adopt.whole import Given, adopt
from sonicfab.catalog import Catalog
from sonicfab.endpoint import Endpoint
from sonicfab.fabric import open_fabric
from sonicfab.yamltext import compose, value
from test_adopt import GOLDEN

SPINE, LEAF1, LEAF2 = "st01-sw100g-r01-u36", "st01-sw25g-r01-u34", "st01-sw25g-r01-u35"
ALONE = """\
 neighbor {0} interface remote-as external
 neighbor {0} description by hand
 neighbor {0} timers 1 3
 neighbor {0} bfd
"""


def by_hand(name: str, frr: str) -> str:
    """The session of spine and leaf 2 without a group, that of spine and leaf 1 with timers of its own."""
    port, group = {SPINE: ("Ethernet112", "LEAF"), LEAF1: ("", ""), LEAF2: ("Ethernet72", "SPINE")}[name]
    lines = []
    for line in frr.splitlines():
        if port and line == f" neighbor {port} interface peer-group {group}":
            lines.append(ALONE.format(port).rstrip())
        elif not (port and line.startswith(f" neighbor {port} description")):
            lines.append(line)
        if line.split()[:2] in (["neighbor", "Ethernet116"], ["neighbor", "Ethernet76"]) and " interface " in line:
            lines.append(f" neighbor {line.split()[1]} timers 2 6")
        if port and line == f"  neighbor {group} activate":
            lines += [f"  neighbor {port} {what}" for what in ("activate", "route-map A in", "route-map A out")]
    return "\n".join([*lines, "route-map A permit 10", "exit", ""])


def test_the_link_says_what_its_session_has_otherwise(tmp_path: Path) -> None:
    """So that the plan, and with it verify, asks for what is there; a push changes nothing."""
    found = [replace(one, frr=by_hand(one.name, one.frr)) for one in read_folders([GOLDEN / "spine-leaf-1x2"])]
    result = adopt(found, Catalog.load(), Given())
    assert result.unchanged, result.changes
    topology = value(compose(result.files["topology.yml"]))
    said = {str(one["link"]): one["bgp"] for one in topology["links"]}  # type: ignore[index]
    assert said == {
        f"{SPINE}:Ethernet112 - {LEAF2}:Ethernet72": {"keepalive": "1", "hold": "3", "bfd": "true"},
        f"{SPINE}:Ethernet116 - {LEAF1}:Ethernet76": {"keepalive": "2", "hold": "6"},
    }
    for file, text in result.files.items():
        (tmp_path / file).write_text(text)
    plan = open_fabric(tmp_path / "inventory.yml", tmp_path / "topology.yml").plan
    options = {one.interface: one.options for one in plan.switches[SPINE].fabric_sessions}
    assert {port: (one.keepalive, one.hold, one.bfd) for port, one in options.items()} == {
        "Ethernet112": (1, 3, True),
        "Ethernet116": (2, 6, False),
    }


@pytest.mark.parametrize(("far", "linked"), [("10.20.0.1/31", True), ("10.20.0.0/31", False)])
def test_two_ports_with_the_same_address_are_not_the_ends_of_a_cable(far: str, *, linked: bool) -> None:
    """A config that was copied says nothing of who is at the other end."""
    given = {LEAF1: "10.20.0.0/31", LEAF2: far}
    found = []
    for one in read_folders([GOLDEN / "spine-leaf-1x2"]):
        rows = dict(one.config_db["INTERFACE"])
        if one.name in given:
            rows |= {"Ethernet20": {}, f"Ethernet20|{given[one.name]}": {}}
        found.append(replace(one, config_db={**one.config_db, "INTERFACE": rows}))
    links = Finder(see(found, Catalog.load(), {})).find().found
    ends = {Endpoint(LEAF1, "Ethernet20"), Endpoint(LEAF2, "Ethernet20")}
    assert any(set(link.ends) == ends for link in links) == linked
