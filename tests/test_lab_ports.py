"""A port is split on running switches: the push chooses a reload, hosts are behind the parts, and it is whole again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Run
from known import small_inventory
from labs import booted, needs_lab, rendered

pytestmark = needs_lab

INVENTORY = small_inventory("spine1", "leaf1", leaf="as5835-54x")
TOPOLOGY = """\
name: split
asn: {spine: 65500, leaf: 65401-65499}
loopbacks: {ipv4: 10.0.0.0/24}
bgp: {connect_retry: 1}
hosts: {prefixes: {ipv4: 10.1.0.0/24}}
links:
"""
WHOLE = """\
  - spine1:Ethernet8 - leaf1:Ethernet60
ports:
  - {switches: leaf1, ports: Ethernet0, use: bgp}
"""
SPLIT = """\
  - spine1:Ethernet8 - leaf1:Ethernet60
  - spine1:Ethernet1 - leaf1:Ethernet49
ports:
  - {switches: spine1, ports: Ethernet0, breakout: 4x25G, fec: fc}
  - {switches: leaf1, ports: Ethernet48, breakout: 4x25G, fec: fc}
  - {switches: leaf1, ports: Ethernet50, use: bgp, mtu: 1500, description: storage}
"""


def files(folder: Path, rest: str) -> list[str]:
    folder.mkdir()
    (folder / "inventory.yml").write_text(INVENTORY)
    (folder / "topology.yml").write_text(TOPOLOGY + rest)
    return ["-i", str(folder / "inventory.yml"), "-t", str(folder / "topology.yml")]


def test_a_port_is_split_and_whole_again(sonicfab: Run, tmp_path: Path) -> None:
    whole, split = files(tmp_path / "whole", WHOLE), files(tmp_path / "split", SPLIT)
    rendered(sonicfab, tmp_path / "out", files=whole)
    rendered(sonicfab, tmp_path / "other", files=split)

    def pushed(with_files: list[str]) -> dict[str, Any]:
        done = sonicfab("push", *with_files, "--lab", "--yes", "--format", "json")
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    with booted(sonicfab, "split", "", "--from", tmp_path / "out", files=split) as lab:
        result = pushed(split)
        assert {one["way"] for one in result["switches"]} == {"reload"}, result
        done = lab.verify(60)
        assert done.returncode == 0, done.stdout
        assert "leaf1:Ethernet49" in sonicfab("ports", "spine1", *split, "--format", "json").stdout
        row = lab.config_db("leaf1")["PORT"]
        assert (row["Ethernet48"]["lanes"], row["Ethernet50"]["description"]) == ("37", "storage")
        again = pushed(whole)
        assert {one["way"] for one in again["switches"]} == {"reload"}
        row = lab.config_db("leaf1")["PORT"]
        assert row["Ethernet48"]["lanes"] == "37,38,39,40"
        assert "Ethernet49" not in row
