"""Ports that share a speed in the hardware: the topology is refused, unused ones follow, and any config_db is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT, Run
from known import get_build, get_platform
from sonicfab.configdb import Row, Table
from sonicfab.ports import core_of, ports_of, speed_groups
from sonicfab.validate.platform import check_platform_ports

MIXED = """
    - switches: [dc1-leaf3, dc1-leaf4]
      ports: [{tens}]
      speed: 10G
    - switches: [dc1-leaf3, dc1-leaf4]
      ports: [{others}]
      speed: {speed}
"""


def topology(tmp_path: Path, tens: str, others: str, speed: str) -> Path:
    text = (ROOT / "topologies" / "dc-2x4.yml").read_text()
    old = "\n    - switches: [dc1-leaf3, dc1-leaf4]\n      ports: [Ethernet0-7]\n      speed: 10G\n"
    assert old in text
    path = tmp_path / "dc-2x4.yml"
    path.write_text(text.replace(old, MIXED.format(tens=tens, others=others, speed=speed)))
    (tmp_path / "dc-2x4.numbers.yml").write_text((ROOT / "topologies" / "dc-2x4.numbers.yml").read_text())
    return path


def test_the_cores_are_those_that_were_seen() -> None:
    """sonic-buildimage#8703: a speed set on Ethernet0 moves Ethernet1, Ethernet2 and Ethernet5."""
    for build in ("community-202411", "edgecore-202111"):
        groups = speed_groups(get_platform("as7326-56x"), get_build(build))
        assert groups["Ethernet0"] == ("Ethernet0", "Ethernet1", "Ethernet2", "Ethernet5")
        assert len(groups) == 48, "the 100G ports have a core each"
        assert {len(group) for group in groups.values()} == {4}
        assert speed_groups(get_platform("as7726-32x"), get_build(build)) == {}
    assert core_of((4,), 4) == 0
    assert core_of((5,), 4) == 1
    assert core_of((4, 5), 4) is None
    assert core_of((4,), 0) is None, "not known"


@pytest.mark.parametrize("speed", ["25G", "1G"])
def test_one_core_at_two_speeds_is_refused_with_its_place(speed: str, sonicfab: Run, tmp_path: Path) -> None:
    path = topology(tmp_path, "Ethernet0-1", "Ethernet2-3", speed)
    done = sonicfab("validate", "-i", ROOT / "inventories" / "dc-2x4.yml", "-t", path)
    assert done.returncode == 2
    line = next(number for number, one in enumerate(path.read_text().splitlines(), 1) if f"speed: {speed}" in one) - 1
    said = f"dc-2x4.yml:{line - 1}:7: error: dc1-leaf3:Ethernet2 at {speed} and Ethernet0 at 10G share one speed"
    assert said in done.stderr, done.stderr
    assert "give Ethernet0, Ethernet1, Ethernet2, Ethernet5 one speed" in done.stderr


def test_unused_ports_of_a_core_follow_those_in_use(sonicfab: Run, tmp_path: Path) -> None:
    """The default speed of one that is down would move the others when orchagent sets it."""
    path = topology(tmp_path, "Ethernet0-1", "Ethernet3", "1G")
    done = sonicfab("render", "-i", ROOT / "inventories" / "dc-2x4.yml", "-t", path, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    ports = json.loads((tmp_path / "out" / "dc-2x4" / "dc1-leaf3" / "config_db.json").read_text())["PORT"]
    speeds = {name: (ports[name]["speed"], ports[name]["admin_status"]) for name in ports}
    assert speeds["Ethernet2"] == speeds["Ethernet5"] == ("10000", "down")
    assert speeds["Ethernet4"] == speeds["Ethernet6"] == speeds["Ethernet8"] == ("1000", "down")
    assert speeds["Ethernet7"] == ("25000", "down"), "of a core that nobody uses"


def told(ports: Table, platform: str = "as7326-56x", build: str = "community-202411") -> list[tuple[str, str, str]]:
    table = ports_of(get_platform(platform), get_build(build))
    whole: dict[str, Row] = {}
    for name, row in ports.items():
        lanes = ",".join(map(str, table[name].lanes)) if name in table else ""
        whole[name] = {"lanes": lanes, "alias": "", "index": "", **row}
    found = check_platform_ports(whole, get_build(build), get_platform(platform))
    return [(one.severity, one.place, one.message) for one in found if one.code != "SF-205"]


def test_mixed_speeds_in_any_config_db() -> None:
    up = {"admin_status": "up"}
    mixed: Table = {"Ethernet0": {"speed": "10000", **up}, "Ethernet5": {"speed": "25000", **up}}
    said = "speed is 25000; Ethernet0, which shares one with it, has 10000"
    assert told(mixed) == [("error", "PORT|Ethernet5 speed", said)]
    down: Table = {"Ethernet0": {"speed": "25000"}, "Ethernet5": {"speed": "10000", **up}}
    said = "speed is 25000, though it is down; Ethernet5, which shares one with it, has 10000"
    assert told(down) == [("warning", "PORT|Ethernet0 speed", said)]
    assert told({"Ethernet0": {"speed": "10000", **up}, "Ethernet3": {"speed": "25000", **up}}) == []
    parts: Table = {
        "Ethernet0": {"lanes": "1,2", "speed": "50000", **up},
        "Ethernet2": {"lanes": "3,4", "speed": "25000", **up},
    }
    said = "speed is 25000; Ethernet0, which shares one with it, has 50000"
    assert told(parts, "as7726-32x") == [("error", "PORT|Ethernet2 speed", said)], "parts of a port have its core"


def test_more_than_its_lanes_can_do() -> None:
    row = {"lanes": "1", "speed": "100000", "admin_status": "up"}
    said = "speed is 100000 Mb/s; 1 lane can do 25000"
    assert told({"Ethernet0": row}, "as7726-32x") == [("error", "PORT|Ethernet0 speed", said)]
    assert told({"Ethernet0": {"lanes": "1,2", "speed": "50000"}}, "as7726-32x") == []
    assert told({"Ethernet0": {"speed": "100000"}}, "as7726-32x") == []


def test_an_index_is_of_one_transceiver() -> None:
    ports: Table = {"Ethernet0": {"speed": "25000", "index": "1"}, "Ethernet1": {"speed": "25000", "index": "1"}}
    said = "index 1 is that of Ethernet0, too; the image has 2"
    assert told(ports) == [("error", "PORT|Ethernet1 index", said)]
    parts: Table = {
        "Ethernet0": {"lanes": "1", "speed": "25000", "index": "1"},
        "Ethernet1": {"lanes": "2", "speed": "25000", "index": "1"},
    }
    assert told(parts, "as7726-32x") == [], "four parts of a port have one cage"
