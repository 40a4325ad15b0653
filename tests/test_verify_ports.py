"""What verify makes of ports whose ASIC has them otherwise than planned, and of ports that are not split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sonicfab.access import Feature
from sonicfab.fabric import Fabric, read_fabric
from sonicfab.lab.access import PROVIDES
from sonicfab.switch.state.ports import SonicPort
from sonicfab.verify.results import Problem
from test_golden import open_example
from test_ports import INVENTORY, LEAF, topology
from verify_world import World

LEAF1, SPINE1 = "dc1-leaf1", "dc1-spine1"


def world_with_asics(fabric: Fabric) -> World:
    world = World(fabric, PROVIDES | {Feature.ASIC})
    for name, box in world.boxes.items():
        box.asic = {
            port.name: SonicPort(str(port.speed), port.fec or "none", "on" if port.autoneg else "off")
            for port in world.plan.switches[name].ports
        }
    return world


def test_a_healthy_fabric_with_asics_has_no_findings() -> None:
    results, findings = world_with_asics(open_example("dc-2x4")).verified()
    assert findings == []
    assert any("Mb/s" in one.expected for one in results if one.check == "interface")


@pytest.mark.parametrize(
    ("field", "value", "said", "mend"),
    [
        ("fec", "none", "dc1-leaf1:Ethernet72 has FEC none, and dc1-spine1:Ethernet0 has FEC rs", "fec Ethernet72 rs"),
        ("speed", "40000", "Ethernet72 has 40000 Mb/s, and dc1-spine1:Ethernet0 has 100000", "speed Ethernet72 100000"),
        ("autoneg", "on", "Ethernet72 has negotiation on, and", "autoneg Ethernet72 disabled"),
    ],
)
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "with link"])
def test_two_ends_that_differ_are_one_finding(field: str, value: str, said: str, mend: str, dark: bool) -> None:
    """The end that is not as planned is the guilty one, whether the link is up or not."""
    world = world_with_asics(open_example("dc-2x4"))
    ports = world.boxes[LEAF1].asic
    ports["Ethernet72"] = replace(ports["Ethernet72"], **{field: value})
    if dark:
        for name, port in ((LEAF1, "Ethernet72"), (SPINE1, "Ethernet0")):
            world.change_port(name, port, oper_up=False)
        world.session_down(LEAF1, SPINE1)
    results, findings = world.verified()
    if field == "autoneg" and not dark:
        assert findings == [], "nobody asks for it, and the link is up"
        return
    assert [(one.code, one.where) for one in findings] == [(f"{field}-differs", ("dc1-leaf1:Ethernet72",))]
    assert said in findings[0].cause
    assert findings[0].mend == f"on dc1-leaf1: sudo config interface {mend}"
    assert {id(one) for one in results if one.status == "failed"} == {id(one) for one in findings[0].failed}


def test_a_drift_is_put_right_by_a_push() -> None:
    world = world_with_asics(open_example("dc-2x4"))
    ports = world.boxes[LEAF1].asic
    ports["Ethernet72"] = replace(ports["Ethernet72"], fec="none")
    world.boxes[LEAF1].config_db["PORT"]["Ethernet72"]["fec"] = "none"
    (finding,) = world.verified()[1]
    assert finding.evidence == ("drift of dc1-leaf1: ~ PORT|Ethernet72 fec: rs -> none",)
    assert "push" in finding.mend


def test_a_port_that_is_not_split_is_told_as_that(tmp_path: Path) -> None:
    text = f"  - {{switches: {LEAF}, ports: Ethernet48, breakout: 4x25G}}\n"
    text += f"  - {{switches: {LEAF}, ports: Ethernet49, use: bgp}}\n"
    world = World(read_fabric(INVENTORY, topology(tmp_path, text)).plan())
    state = world.zebra(LEAF)
    left = {name: one for name, one in state.interfaces.items() if name not in ("Ethernet49", "Ethernet50")}
    world.boxes[LEAF].zebra = replace(state, interfaces=left)
    (finding,) = world.verified()[1]
    assert finding.code == "breakout-missing"
    assert finding.cause == f"{LEAF}:Ethernet49 is not there: Ethernet48 is not split into 4 parts"
    assert finding.mend == f"on {LEAF}: sudo config reload -y"
    assert [one.problem for one in finding.failed] == [Problem.MISSING]
